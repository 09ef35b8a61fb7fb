"""A sports car: long bonnet, low roof, two big spoked wheels."""

import math

import skia

from training.world.brush import fill
from training.world.parts import Subject
from training.world.subjects.machine_parts import TYRE, accent, box, disc, glass, lamp, outline, solid, tones, wheel

BODY = outline((-1.16, -0.2), [
    (-1.2, -0.3, -1.2, -0.48, -1.17, -0.7),
    (-1.0, -0.72),
    (-0.8, -0.92, -0.56, -1.0, -0.26, -1.0),
    (0.04, -1.0, 0.22, -0.88, 0.42, -0.69),
    (0.82, -0.66, 1.12, -0.56, 1.19, -0.38),
    (1.22, -0.28, 1.2, -0.2, 1.14, -0.18),
])
CABIN = outline((-0.74, -0.68), [
    (-0.62, -0.84, -0.5, -0.9, -0.26, -0.9),
    (-0.02, -0.9, 0.12, -0.82, 0.25, -0.68),
])
WHEELS = ((-0.7, -0.25), (0.72, -0.25))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the car; the body rocks a little on its wheels."""
    tone = tones(colour)
    canvas.drawPath(box(-1.05, -0.3, 1.05, -0.13, 0.05), fill(TYRE))
    canvas.save()
    canvas.translate(0, 0.012 * math.sin(4 * math.pi * phase))
    canvas.drawPath(box(-1.2, -0.84, -0.86, -0.76, 0.03), fill(tone.deep))
    canvas.drawPath(box(-1.08, -0.8, -1.0, -0.66), fill(tone.deep))
    solid(canvas, BODY, tone)
    glass(canvas, CABIN)
    canvas.drawPath(box(-0.38, -0.92, -0.27, -0.66), fill(tone.base))
    canvas.save()
    canvas.clipPath(BODY, True)
    for centre in WHEELS:
        canvas.drawCircle(*centre, 0.31, fill(tone.deep))
    canvas.drawPath(box(-0.42, -0.34, 0.42, -0.24, 0.04), fill(accent(colour)))
    canvas.restore()
    canvas.restore()
    for centre in WHEELS:
        wheel(canvas, centre, 0.25, phase)


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Headlight and tail light."""
    canvas.save()
    canvas.translate(0, 0.012 * math.sin(4 * math.pi * phase))
    lamp(canvas, disc(1.07, -0.5, 0.2, 0.11), "#fff6c8", 0.24)
    lamp(canvas, box(-1.2, -0.64, -1.08, -0.5, 0.03), "#ff5a3c", 0.16)
    canvas.restore()


SUBJECT = Subject(
    name="car",
    nouns=("car", "sports car"),
    draw=draw,
    aspect=2.44,
    height=0.4,
    tempo=1.0,
    speed=0.9,
    places=("ground",),
    settings=("coast road", "desert", "snow mountains", "city", "meadow", "forest", "canyon", "moon"),
    verbs={"ground": ("driving", "racing", "speeding", "rolling")},
    colours=("red", "blue", "yellow", "green", "white", "black", "orange", "purple"),
    colour="red",
    lights=lights,
)
