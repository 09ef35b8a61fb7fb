"""A big bright fish: round body, two pale bands, flowing fins and a forked tail that sways."""

import math

import skia

from training.world.brush import fill, mix
from training.world.parts import Subject
from training.world.subjects.animal_parts import Point, coat_paint, eye, ribbon, rimmed, through, tones

# Nose (x = 0.72) to tail root (x = -0.40): height of the back and depth of the belly from the spine.
PROFILE = ((0.72, 0.02, 0.02), (0.64, 0.12, 0.11), (0.48, 0.23, 0.22), (0.24, 0.32, 0.31), (-0.04, 0.29, 0.29),
           (-0.26, 0.15, 0.16), (-0.42, 0.075, 0.075))
SPINE = -0.48


def spine(x: float, turn: float) -> float:
    """Height of the spine at `x`: the wave grows towards the tail."""
    behind = max(0.0, 0.45 - x)
    return SPINE + 0.085 * behind * math.sin(turn - 2.2 * behind)


def outline(turn: float) -> skia.Path:
    """The body, bent by the swimming wave."""
    back: list[Point] = [(x, spine(x, turn) - up) for x, up, _ in PROFILE]
    belly: list[Point] = [(x, spine(x, turn) + down) for x, _, down in PROFILE]
    return through(back + belly[::-1])


def tail(canvas: skia.Canvas, turn: float, near: str, far: str) -> None:
    """A forked fan that sweeps from side to side: seen from the side it narrows, widens and changes tone."""
    sway = math.sin(turn - 1.9)
    width = 0.62 + 0.38 * abs(sway)
    x, y, drop = -0.38, spine(-0.40, turn), 0.09 * sway
    points = ((x, y - 0.05), (x - 0.17 * width, y - 0.22 + drop), (x - 0.37 * width, y - 0.35 + drop),
              (x - 0.25 * width, y - 0.02 + drop), (x - 0.37 * width, y + 0.33 + drop),
              (x - 0.17 * width, y + 0.21 + drop), (x, y + 0.05))
    canvas.drawPath(through(points), fill(mix(near, far, 0.5 - 0.5 * sway)))


def fins(canvas: skia.Canvas, turn: float, tone: str) -> None:
    """The fins of back and belly, trailing."""
    trail = 0.03 * math.sin(turn - 1.0)
    canvas.drawPath(through(((0.40, -0.72), (0.24, -0.93), (0.02, -0.975), (-0.22, -0.88 + trail),
                             (-0.27, -0.74 + trail), (-0.16, -0.66), (0.1, -0.7))), fill(tone))
    canvas.drawPath(through(((0.14, -0.22), (0.06, -0.06), (-0.16, -0.015 - trail), (-0.20, -0.13 - trail),
                             (-0.14, -0.28))), fill(tone))


def bands(canvas: skia.Canvas, body: skia.Path, turn: float, tone: str) -> None:
    """Two pale bands across the body."""
    canvas.save()
    canvas.clipPath(body, True)
    for x, width in ((0.30, 0.11), (-0.13, 0.09)):
        y = spine(x, turn)
        canvas.drawPath(ribbon(((x - 0.02, y - 0.42), (x + 0.03, y), (x - 0.02, y + 0.42)), (width, width, width)),
                        fill(tone))
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the fish at `phase` sways of its tail."""
    turn = 2 * math.pi * phase
    skin = tones(colour)
    fin = mix(skin.base, skin.light, 0.45)
    fins(canvas, turn, fin)
    tail(canvas, turn, mix(skin.base, skin.light, 0.6), mix(skin.base, skin.dark, 0.35))
    body = outline(turn)
    rimmed(canvas, body, skin.light, coat_paint(skin, SPINE - 0.32, SPINE + 0.33), 0.04)
    bands(canvas, body, turn, "#fbf6ea")
    beat = 0.09 * math.sin(turn + 0.8)
    canvas.drawPath(through(((0.20, -0.47), (0.12, -0.48), (-0.06, -0.40 + beat), (-0.10, -0.27 + 1.3 * beat),
                             (0.04, -0.29 + beat), (0.18, -0.39))), fill(skin.dark))
    eye(canvas, 0.53, -0.55, 0.062)


SUBJECT = Subject(
    name="fish",
    nouns=("fish",),
    draw=draw,
    aspect=1.5,
    height=0.46,
    tempo=1.0,
    speed=0.45,
    places=("deep", "water", "space"),
    settings=("under water", "open sea", "coast road", "space"),
    verbs={
        "deep": ("swimming", "gliding", "darting", "drifting"),
        "water": ("leaping", "jumping", "splashing"),
        "space": ("swimming", "floating", "gliding"),
    },
    colours=("orange", "blue", "yellow", "red", "green", "purple"),
    colour="orange",
    bob=0.02,
    leap=0.3,
)
