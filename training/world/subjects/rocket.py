"""A rocket: pointed body with a round window, swept fins, and a great flame; it climbs as it goes."""

import skia

from training.world.brush import fill, mix
from training.world.parts import Subject
from training.world.subjects.machine_parts import METAL, accent, box, disc, flame, glass, outline, solid, tones

CLIMB = -28.0
HULL = outline((-0.46, -0.2), [
    (-0.22, -0.36, 0.16, -0.36, 0.46, -0.26),
    (0.72, -0.18, 0.94, -0.09, 1.1, 0.0),
    (0.94, 0.09, 0.72, 0.18, 0.46, 0.26),
    (0.16, 0.36, -0.22, 0.36, -0.46, 0.2),
])
NOSE = outline((0.58, -0.5), [(1.2, -0.5), (1.2, 0.5), (0.58, 0.5), (0.68, 0.0, 0.58, -0.5)])
TOP_FIN = outline((0.0, -0.24), [(-0.2, -0.44, -0.46, -0.5, -0.7, -0.46), (-0.54, -0.36, -0.5, -0.24, -0.46, -0.14)])
LOW_FIN = outline((0.0, 0.24), [(-0.2, 0.44, -0.46, 0.5, -0.7, 0.46), (-0.54, 0.36, -0.5, 0.24, -0.46, 0.14)])
MID_FIN = outline((-0.06, 0.02), [(-0.3, -0.03, -0.5, -0.04, -0.7, 0.0), (-0.5, 0.14, -0.3, 0.13, -0.06, 0.06)])


def aim(canvas: skia.Canvas) -> None:
    """Turn the canvas so that the rocket's axis is x."""
    canvas.translate(0.0, -0.5)
    canvas.rotate(CLIMB)
    canvas.scale(0.75, 0.75)
    canvas.translate(0.12, 0.0)


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """The flame."""
    canvas.save()
    aim(canvas)
    canvas.translate(-0.56, 0.0)
    flame(canvas, 0.8, 0.4, phase)
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the rocket about the middle of its box, nose up to the right."""
    tone = tones(colour)
    trim = accent(colour)
    canvas.save()
    aim(canvas)
    solid(canvas, TOP_FIN, tone)
    canvas.drawPath(LOW_FIN, fill(tone.dark))
    canvas.drawPath(box(-0.56, -0.15, -0.42, 0.15, 0.03), fill(mix(METAL, "#20242e", 0.5)))
    solid(canvas, HULL, tone, 0.05)
    canvas.save()
    canvas.clipPath(HULL, True)
    canvas.drawPath(NOSE, fill(tone.deep))
    canvas.drawPath(box(-0.3, -0.5, -0.2, 0.5), fill(trim))
    canvas.restore()
    canvas.drawPath(MID_FIN, fill(tone.deep))
    canvas.drawPath(disc(0.24, -0.04, 0.33), fill(trim))
    glass(canvas, disc(0.24, -0.04, 0.22))
    canvas.restore()


SUBJECT = Subject(
    name="rocket",
    nouns=("rocket", "rocket ship"),
    draw=draw,
    aspect=1.8,
    height=0.48,
    tempo=1.0,
    speed=0.8,
    places=("air", "space"),
    settings=("moon", "space", "above the clouds", "city", "desert", "canyon"),
    verbs={
        "air": ("flying", "climbing", "blasting off", "launching", "soaring"),
        "space": ("flying", "zooming", "racing", "speeding", "blasting"),
    },
    colours=("red", "blue", "yellow", "green", "white", "black", "orange", "purple"),
    colour="red",
    bob=0.02,
    climb=0.2,
    lights=lights,
)
