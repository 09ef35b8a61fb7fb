"""A propeller airplane: stout nose with a turning propeller, long swept wing, tall tail fin."""

import math

import skia

from training.world.brush import fill, gradient, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import TYRE, accent, disc, glass, outline, solid, tones

FUSELAGE = outline((0.92, -0.5), [
    (0.92, -0.68, 0.72, -0.76, 0.4, -0.76),
    (-0.2, -0.76, -0.7, -0.68, -1.1, -0.56),
    (-1.12, -0.5, -1.08, -0.46, -1.0, -0.44),
    (-0.6, -0.3, 0.0, -0.22, 0.46, -0.24),
    (0.78, -0.26, 0.92, -0.36, 0.92, -0.5),
])
FIN = outline((-0.62, -0.66), [(-0.8, -0.72, -0.92, -0.98, -1.0, -1.0), (-1.18, -1.0), (-1.12, -0.5)])
FAR_WING = outline((0.72, -0.66), [(0.6, -0.88, 0.5, -1.0, 0.36, -1.0), (0.2, -1.0, 0.2, -0.9, 0.24, -0.66)])
NEAR_WING = outline((0.54, -0.44), [
    (0.4, -0.3, 0.02, -0.05, -0.2, 0.0),
    (-0.4, 0.04, -0.58, 0.0, -0.54, -0.08),
    (-0.48, -0.2, -0.32, -0.34, -0.24, -0.46),
])
TAILPLANE = outline((-0.72, -0.52), [(-1.06, -0.36), (-1.2, -0.38), (-1.06, -0.54)])
CANOPY = outline((0.46, -0.72), [(0.38, -0.86, 0.28, -0.93, 0.1, -0.93), (-0.1, -0.93, -0.22, -0.84, -0.3, -0.7)])


def propeller(canvas: skia.Canvas, phase: float) -> None:
    """Three blades turning in a pale disc seen aslant: they stretch and fold as they go round."""
    canvas.drawPath(disc(1.0, -0.5, 0.36, 0.92), fill("#ffffff", 0.32))
    for blade in range(3):
        angle = 2 * math.pi * (phase + blade / 3)
        tip = (1.0 + 0.13 * math.cos(angle), -0.5 + 0.41 * math.sin(angle))
        canvas.drawLine(1.0, -0.5, *tip, stroke(TYRE, 0.12))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the airplane."""
    tone = tones(colour)
    trim = accent(colour)
    canvas.drawPath(FAR_WING, fill(tone.deep))
    solid(canvas, FIN, tone)
    glass(canvas, CANOPY)
    propeller(canvas, phase)
    solid(canvas, FUSELAGE, tone)
    canvas.save()
    canvas.clipPath(FUSELAGE, True)
    canvas.drawPath(outline((0.7, -0.9), [(0.8, -0.9), (0.8, 0.0), (0.7, 0.0)]), fill(trim))
    canvas.drawPath(outline((-0.62, -0.9), [(-0.5, -0.9), (-0.5, 0.0), (-0.62, 0.0)]), fill(trim))
    canvas.restore()
    canvas.drawPath(disc(0.97, -0.5, 0.2, 0.2), fill(trim))
    canvas.drawPath(TAILPLANE, fill(tone.dark))
    canvas.drawPath(NEAR_WING, fill(tone.rim))
    canvas.save()
    canvas.clipPath(NEAR_WING, True)
    canvas.translate(-0.05, 0.0)
    canvas.drawPath(NEAR_WING, gradient((0.3, -0.4), (-0.4, 0), (tone.light, tone.dark)))
    canvas.restore()


SUBJECT = Subject(
    name="airplane",
    nouns=("airplane", "plane"),
    draw=draw,
    aspect=2.4,
    height=0.42,
    tempo=1.0,
    speed=0.8,
    places=("air",),
    settings=("above the clouds", "open sea", "desert", "snow mountains", "city", "meadow", "canyon", "coast road"),
    verbs={"air": ("flying", "gliding", "soaring", "cruising")},
    colours=("red", "blue", "yellow", "green", "white", "black", "orange", "purple"),
    colour="white",
    bob=0.05,
)
