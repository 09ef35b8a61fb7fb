"""A hot-air balloon: striped envelope, basket on ropes, the burner breathing fire."""

import math

import skia

from training.world.brush import fill, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import accent, box, flame, outline, solid, tones

ENVELOPE = outline((-0.11, -0.28), [
    (-0.18, -0.4, -0.39, -0.48, -0.39, -0.66),
    (-0.39, -0.88, -0.22, -1.0, 0.0, -1.0),
    (0.22, -1.0, 0.39, -0.88, 0.39, -0.66),
    (0.39, -0.48, 0.18, -0.4, 0.11, -0.28),
])


def gore(left: float, right: float) -> skia.Path:
    """The stretch of the envelope between two meridians; -1 and 1 are its edges."""
    wide, narrow = 0.5, 0.11
    return outline((narrow * left, -0.28), [
        (wide * left, -0.5, wide * left, -0.96, 0.0, -1.0),
        (wide * right, -0.96, wide * right, -0.5, narrow * right, -0.28),
    ])


def sway(canvas: skia.Canvas, phase: float) -> None:
    """Swing the canvas with the envelope."""
    canvas.translate(0.0, -0.6)
    canvas.rotate(4.0 * math.sin(2 * math.pi * phase))
    canvas.translate(0.0, 0.6)


def trail(canvas: skia.Canvas, phase: float) -> None:
    """Swing the canvas further with the basket, which follows a little later."""
    canvas.translate(0.0, -0.3)
    canvas.rotate(5.0 * math.sin(2 * math.pi * phase - 0.9))
    canvas.translate(0.0, 0.3)


def basket(canvas: skia.Canvas) -> None:
    """Ropes and basket."""
    for x in (-0.09, 0.09):
        canvas.drawLine(x, -0.31, x, -0.13, stroke("#4a3524", 0.026))
    solid(canvas, box(-0.12, -0.17, 0.12, 0.0, 0.04), tones("#9a6435"), 0.0)
    canvas.drawPath(box(-0.14, -0.18, 0.14, -0.13, 0.02), fill("#d9a766"))


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """The burner's flame, from the basket up into the mouth of the envelope."""
    canvas.save()
    sway(canvas, phase)
    trail(canvas, phase)
    canvas.translate(0.0, -0.17)
    canvas.rotate(90)
    flame(canvas, 0.15 * (1 + 0.35 * math.sin(4 * math.pi * phase)), 0.11, 4 * phase)
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the balloon swinging gently, the basket a little behind the envelope."""
    tone = tones(colour)
    canvas.save()
    sway(canvas, phase)
    canvas.save()
    trail(canvas, phase)
    basket(canvas)
    canvas.restore()
    solid(canvas, ENVELOPE, tone, 0.03)
    canvas.save()
    canvas.clipPath(ENVELOPE, True)
    canvas.drawPath(gore(-1.3, -0.86), fill(tone.dark, 0.8))
    for left, right in ((-0.62, -0.3), (0.3, 0.62)):
        canvas.drawPath(gore(left, right), fill(accent(colour)))
    canvas.restore()
    canvas.drawPath(outline((-0.15, -0.34), [(0.15, -0.34), (0.11, -0.27), (-0.11, -0.27)]), fill(tone.deep))
    canvas.restore()


SUBJECT = Subject(
    name="balloon",
    nouns=("hot-air balloon", "balloon"),
    draw=draw,
    aspect=0.8,
    height=0.5,
    tempo=0.5,
    speed=0.22,
    places=("air",),
    settings=("desert", "above the clouds", "meadow", "canyon", "snow mountains", "open sea", "city", "forest",
              "coast road"),
    verbs={"air": ("floating", "drifting", "rising", "hovering")},
    colours=("red", "blue", "yellow", "green", "white", "orange", "purple", "pink"),
    colour="orange",
    bob=0.05,
    climb=0.05,
    lights=lights,
)
