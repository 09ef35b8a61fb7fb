"""A butterfly seen from above and behind, four bright dark-edged wings that open and close."""

import math

import skia

from training.world.brush import fill, gradient, mix, oval, stroke
from training.world.parts import Subject
from training.world.subjects.animal_parts import Tones, through, tones

# One side, in the insect's own frame: head towards -y, wings towards +x.
FORE = through(((0.02, -0.10), (0.12, -0.30), (0.34, -0.46), (0.53, -0.46), (0.55, -0.34), (0.46, -0.14), (0.34, 0.0),
                (0.14, 0.03), (0.02, 0.0)))
HIND = through(((0.02, -0.02), (0.18, -0.03), (0.36, 0.04), (0.43, 0.19), (0.36, 0.34), (0.22, 0.42), (0.11, 0.34),
                (0.04, 0.16)))
EDGE = "#26202e"


def wing(canvas: skia.Canvas, path: skia.Path, centre: tuple[float, float], paint: skia.Paint, edge: str) -> None:
    """A wing with a broad dark border: the same outline, smaller, in colour."""
    canvas.drawPath(path, fill(edge))
    canvas.save()
    canvas.translate(*centre)
    canvas.scale(0.82, 0.82)
    canvas.translate(-centre[0], -centre[1])
    canvas.drawPath(path, paint)
    canvas.restore()


def side(canvas: skia.Canvas, openness: float, lean: float, coat: Tones) -> None:
    """Both wings of one side, `openness` wide (1 flat .. 0.2 folded up)."""
    canvas.save()
    canvas.skew(0, lean)
    canvas.scale(openness, 1.0)
    near = coat.light if openness < 0 else coat.base
    lit = gradient((0.02, 0), (0.5, 0), (coat.base, near, mix(near, coat.light, 0.7)), (0, 0.55, 1))
    shaded = gradient((0.02, 0), (0.45, 0.3), (mix(coat.base, coat.dark, 0.5), coat.base))
    wing(canvas, HIND, (0.16, 0.13), shaded, EDGE)
    wing(canvas, FORE, (0.22, -0.17), lit, EDGE)
    for x, y, radius in ((0.485, -0.40, 0.042), (0.475, -0.29, 0.034), (0.355, 0.26, 0.038)):
        canvas.drawCircle(x, y, radius, fill("#fdf6e6"))
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the butterfly at `phase` wing beats."""
    turn = 2 * math.pi * phase
    coat = tones(colour)
    beat = 0.5 - 0.5 * math.cos(turn)
    canvas.save()
    canvas.translate(-0.08, -0.45 - 0.03 * math.sin(turn + 0.8))
    canvas.rotate(38)
    canvas.scale(0.80, 0.80)
    for bend in (1, -1):
        canvas.drawPath(through(((0.0, -0.22), (0.05 * bend, -0.36), (0.14 * bend, -0.44)), closed=False),
                        stroke(EDGE, 0.03))
        canvas.drawCircle(0.145 * bend, -0.445, 0.028, fill(EDGE))
    side(canvas, -(1.0 - 0.60 * beat), 0.30 * beat, coat)
    side(canvas, 1.0 - 0.44 * beat, -0.42 * beat, coat)
    canvas.drawOval(oval(0, 0.06, 0.085, 0.46), fill(EDGE))
    canvas.drawOval(oval(0, -0.17, 0.11, 0.13), fill("#3b3244"))
    canvas.restore()


SUBJECT = Subject(
    name="butterfly",
    nouns=("butterfly",),
    draw=draw,
    aspect=1.05,
    height=0.5,
    tempo=1.0,
    speed=0.3,
    places=("air",),
    settings=("meadow", "forest", "coast road", "city", "canyon", "desert"),
    verbs={"air": ("fluttering", "flying", "dancing", "floating")},
    colours=("orange", "blue", "yellow", "purple", "pink", "red"),
    colour="orange",
    bob=0.05,
)
