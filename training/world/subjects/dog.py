"""A running dog: low body, short muzzle, floppy ear, red collar, curled tail."""

import math

import skia

from training.world.brush import fill, gradient, mix, stroke
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
    (0.30, -0.66), (0.12, -0.62), (-0.12, -0.58), (-0.34, -0.60), (-0.46, -0.53), (-0.46, -0.42), (-0.34, -0.36),
    (-0.10, -0.33), (0.14, -0.26), (0.30, -0.28), (0.39, -0.40), (0.43, -0.54), (0.38, -0.64),
))
HEAD = through((
    (0.26, -0.80), (0.33, -0.93), (0.45, -0.95), (0.54, -0.88), (0.63, -0.83), (0.695, -0.78), (0.70, -0.68),
    (0.62, -0.625), (0.48, -0.60), (0.33, -0.64),
))
MUZZLE = through(((0.53, -0.79), (0.64, -0.80), (0.70, -0.74), (0.69, -0.665), (0.60, -0.63), (0.51, -0.68)))
# Ears: the accent that keeps dogs apart from everything else that runs.
EAR = {"white": "#b98a5c", "black": "#14141b", "brown": "#3c2418", "golden": "#a4661d", "grey": "#454b58"}
COLLAR = "#e23b36"


def foreleg(canvas: skia.Canvas, shoulder: Point, turn: float, paint: skia.Paint, paw: skia.Paint) -> None:
    """Reaches straight, folds back at the elbow while it swings forward."""
    fold = max(0.0, math.cos(turn))
    upper = 13 + 31 * math.sin(turn)
    elbow = reach(shoulder, upper, 0.20)
    ankle = reach(elbow, upper - 8 - 65 * fold, 0.17)
    limb(canvas, (shoulder, elbow, ankle), (0.20, 0.15, 0.13), paint)
    limb(canvas, (ankle, reach(ankle, upper + 60 - 65 * fold, 0.04)), (0.135, 0.135), paw)


def hindleg(canvas: skia.Canvas, hip: Point, turn: float, paint: skia.Paint, paw: skia.Paint) -> None:
    """A strong thigh, then a hock that bends backward."""
    fold = max(0.0, math.cos(turn))
    thigh = 27 * math.sin(turn)
    knee = reach(hip, thigh, 0.17)
    lower = -18 + 30 * math.sin(turn) - 38 * fold
    ankle = reach(knee, lower, 0.22)
    limb(canvas, (hip, knee, ankle), (0.27, 0.19, 0.13), paint)
    limb(canvas, (ankle, reach(ankle, lower + 85, 0.05)), (0.135, 0.135), paw)


def head(canvas: skia.Canvas, coat: Tones, ear: str, turn: float) -> None:
    """A round head with a short pale muzzle, a black nose, a happy mouth and a flapping ear."""
    rimmed(canvas, HEAD, coat.light, coat_paint(coat, -0.95, -0.60), 0.024)
    canvas.drawPath(MUZZLE, fill(mix(coat.light, "#fff4e2", 0.45)))
    canvas.drawOval(skia.Rect.MakeXYWH(0.63, -0.845, 0.11, 0.09), fill("#17151b"))
    eye(canvas, 0.515, -0.825, 0.055)
    flap = 0.06 * math.sin(turn + 0.6)
    canvas.drawPath(through((
        (0.30, -0.92), (0.38, -0.96), (0.43, -0.88), (0.40 - flap / 2, -0.74 - flap), (0.31 - flap, -0.62 - flap),
        (0.22 - flap, -0.66 - flap), (0.23 - flap / 2, -0.80))), fill(ear))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the dog at `phase` bounds of its run."""
    turn = 2 * math.pi * phase
    coat = tones(colour)
    ear = EAR.get(colour, mix(coat.dark, "#1c1c24", 0.4))
    canvas.save()
    canvas.translate(0, -0.04 - 0.02 * math.cos(turn))
    canvas.scale(0.95, 0.95)
    canvas.rotate(3.0 * math.sin(turn))
    far, paw = fill(coat.deep), fill(mix(coat.light, "#fff4e2", 0.5))
    foreleg(canvas, (0.32, -0.40), turn + 2.4, far, far)
    hindleg(canvas, (-0.30, -0.44), turn - 0.8, far, far)
    wag = 0.05 * math.sin(2 * turn)
    tail = ((-0.38, -0.53), (-0.53, -0.60), (-0.63 - wag / 2, -0.74), (-0.60 - wag, -0.89), (-0.48 - wag, -0.92))
    canvas.drawPath(ribbon(tail, (0.13, 0.13, 0.12, 0.11, 0.05)), fill(coat.base))
    canvas.drawPath(ribbon(tail[3:], (0.11, 0.06)), paw)
    rimmed(canvas, BODY, coat.light, coat_paint(coat, -0.66, -0.28))
    near = gradient((0, -0.42), (0, -0.05), (coat.base, mix(coat.base, coat.dark, 0.6)))
    foreleg(canvas, (0.27, -0.39), turn + math.pi, near, paw)
    hindleg(canvas, (-0.33, -0.43), turn, near, paw)
    canvas.drawLine(0.27, -0.63, 0.43, -0.56, stroke(COLLAR, 0.075))
    head(canvas, coat, ear, turn)
    canvas.restore()


SUBJECT = Subject(
    name="dog",
    nouns=("dog", "hound"),
    draw=draw,
    aspect=1.5,
    height=0.46,
    tempo=0.75,
    speed=0.7,
    places=("ground",),
    settings=("meadow", "desert", "canyon", "forest", "snow mountains", "coast road", "city", "moon"),
    verbs={"ground": ("running", "bounding", "racing", "dashing")},
    colours=("white", "black", "brown", "golden", "grey"),
    colour="brown",
)
