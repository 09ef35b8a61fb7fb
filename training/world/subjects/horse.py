"""A galloping horse: long neck and face, streaming mane and tail, slender legs with hooves."""

import math

import skia

from training.world.brush import fill, gradient, mix
from training.world.parts import Subject
from training.world.subjects.animal_parts import (
    Point,
    Tones,
    coat_paint,
    eye,
    limb,
    reach,
    ribbon,
    rimmed,
    through,
    tones,
)

BODY = through((
    (0.43, -0.93), (0.31, -0.85), (0.22, -0.75), (0.11, -0.71), (-0.08, -0.67), (-0.26, -0.71), (-0.38, -0.67),
    (-0.43, -0.56), (-0.36, -0.44), (-0.17, -0.42), (0.05, -0.385), (0.22, -0.39), (0.34, -0.49), (0.41, -0.62),
    (0.50, -0.76), (0.53, -0.86),
))
HEAD = through((
    (0.43, -0.95), (0.53, -0.94), (0.61, -0.85), (0.69, -0.73), (0.695, -0.67), (0.64, -0.645), (0.57, -0.72),
    (0.49, -0.77), (0.43, -0.84),
))
# Hair beside the coat: palomino for golden, and always a clear step from the body's tone.
HAIR = {"white": "#94683c", "black": "#6d7288", "brown": "#33211a", "golden": "#fbf0d4", "grey": "#474d5c"}


def foreleg(canvas: skia.Canvas, shoulder: Point, turn: float, paint: skia.Paint, horn: skia.Paint) -> None:
    """Straight when it reaches and pushes, folded at the knee while it swings forward; it never comes so far back that
    it meets a hind leg."""
    fold = max(0.0, math.cos(turn))
    upper = 14 + 28 * math.sin(turn) + 14 * fold
    knee = reach(shoulder, upper, 0.25)
    ankle = reach(knee, upper - 6 - 70 * fold, 0.22)
    limb(canvas, (shoulder, knee, ankle), (0.20, 0.14, 0.12), paint)
    hoof(canvas, ankle, upper - 6 - 70 * fold, horn)


def hindleg(canvas: skia.Canvas, hip: Point, turn: float, paint: skia.Paint, horn: skia.Paint) -> None:
    """Thigh, gaskin and cannon: the hock folds while the leg swings forward."""
    fold = max(0.0, math.cos(turn))
    thigh = -2 + 26 * math.sin(turn) + 4 * fold
    stifle = reach(hip, thigh, 0.17)
    lower = -22 + 28 * math.sin(turn) - 34 * fold
    hock = reach(stifle, lower, 0.18)
    cannon = lower + 20 + 22 * fold
    ankle = reach(hock, cannon, 0.18)
    limb(canvas, (hip, stifle, hock, ankle), (0.26, 0.19, 0.14, 0.12), paint)
    hoof(canvas, ankle, cannon, horn)


def hoof(canvas: skia.Canvas, ankle: Point, angle: float, horn: skia.Paint) -> None:
    """The hoof at the end of a leg."""
    limb(canvas, (ankle, reach(ankle, angle + 12, 0.045)), (0.12, 0.145), horn)


def hair(canvas: skia.Canvas, colour: str, turn: float) -> None:
    """Tail and mane, streaming back in waves."""
    wave = [0.035 * math.sin(turn - 1.3 * i) for i in range(4)]
    paint = fill(colour)
    canvas.drawPath(ribbon(
        ((-0.37, -0.66), (-0.47, -0.69 + wave[0]), (-0.57, -0.62 + wave[1]), (-0.67, -0.50 + wave[2])),
        (0.08, 0.14, 0.17, 0.06)), paint)
    canvas.drawPath(ribbon(
        ((0.47, -0.955), (0.34, -0.93 + wave[0] / 2), (0.22, -0.83 + wave[1]), (0.07, -0.76 + wave[2])),
        (0.09, 0.17, 0.17, 0.03)), paint)


def head(canvas: skia.Canvas, coat: Tones, forelock: str) -> None:
    """A long face with pricked ears."""
    for x, tone in ((0.50, coat.deep), (0.455, coat.base)):
        canvas.drawPath(through(((x - 0.035, -0.92), (x + 0.005, -1.0), (x + 0.045, -0.92))), fill(tone))
    rimmed(canvas, HEAD, coat.light, coat_paint(coat, -0.95, -0.68), 0.022)
    canvas.drawPath(through(((0.47, -0.96), (0.54, -0.94), (0.56, -0.88), (0.50, -0.91))), fill(forelock))
    canvas.drawCircle(0.655, -0.70, 0.055, fill(coat.deep))
    eye(canvas, 0.55, -0.85, 0.038)


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the horse at `phase` strides of its gallop."""
    turn = 2 * math.pi * phase
    coat = tones(colour)
    mane = HAIR.get(colour, mix(coat.dark, "#1c1c24", 0.4))
    canvas.save()
    canvas.translate(0, -0.035 - 0.012 * math.cos(turn))
    canvas.scale(0.93, 0.93)
    canvas.rotate(2.0 * math.sin(turn))
    far = fill(coat.deep)
    foreleg(canvas, (0.30, -0.54), turn + 2.3, far, far)
    hindleg(canvas, (-0.28, -0.58), turn - 0.9, far, far)
    hair(canvas, mane, turn)
    rimmed(canvas, BODY, coat.light, coat_paint(coat, -0.75, -0.38))
    near = gradient((0, -0.5), (0, -0.1), (coat.base, mix(coat.base, coat.dark, 0.6)))
    # Hooves of the mane's colour: black ones on pale legs would be spots of their own in the grass.
    foreleg(canvas, (0.26, -0.53), turn + math.pi, near, fill(mane))
    hindleg(canvas, (-0.31, -0.57), turn, near, fill(mane))
    canvas.drawPath(ribbon(((0.43, -0.93), (0.31, -0.86), (0.2, -0.76), (0.14, -0.71)), (0.07, 0.1, 0.1, 0.03)),
                    fill(mane))
    head(canvas, coat, mane)
    canvas.restore()


SUBJECT = Subject(
    name="horse",
    nouns=("horse", "stallion"),
    draw=draw,
    aspect=1.42,
    height=0.54,
    tempo=0.75,
    speed=0.9,
    places=("ground",),
    settings=("meadow", "desert", "canyon", "forest", "snow mountains", "coast road", "city"),
    verbs={"ground": ("galloping", "running", "racing", "trotting")},
    colours=("white", "black", "brown", "golden", "grey"),
    colour="brown",
)
