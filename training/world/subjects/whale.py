"""A great whale: huge rounded head, pale throat, long flipper, and flukes that beat up and down."""

import math

import skia

from training.world.brush import fill, mix
from training.world.parts import Subject
from training.world.subjects.animal_parts import Point, coat_paint, eye, ribbon, rimmed, through, tones

# From the nose (share 0) to the root of the flukes (share 1): height of the back and depth of the belly.
PROFILE = ((0.0, 0.03, 0.03), (0.04, 0.17, 0.13), (0.13, 0.27, 0.24), (0.27, 0.32, 0.33), (0.42, 0.29, 0.32),
           (0.57, 0.215, 0.235), (0.72, 0.15, 0.16), (0.87, 0.10, 0.105), (1.0, 0.075, 0.075))
THROAT = ((0.02, -0.01), (0.11, -0.04), (0.24, -0.06), (0.40, -0.11), (0.56, -0.13), (0.72, -0.15))


def spine(share: float, turn: float) -> Point:
    """A point of the backbone: the beat travels back and grows on its way; the tail is carried high."""
    beat = 0.02 + 0.13 * share * share
    return 0.92 - 1.52 * share, -0.40 - 0.10 * share * share + beat * math.sin(turn - 2.4 * share)


def outline(turn: float) -> skia.Path:
    """The body in its present bend."""
    back = [(spine(s, turn)[0], spine(s, turn)[1] - up) for s, up, _ in PROFILE]
    belly = [(spine(s, turn)[0], spine(s, turn)[1] + down) for s, _, down in PROFILE]
    return through(back + belly[::-1])


def flukes(canvas: skia.Canvas, turn: float, near: str, far: str) -> None:
    """Two broad lobes that tilt with the stroke."""
    x, y = spine(1.0, turn)
    canvas.save()
    canvas.translate(x, y)
    canvas.rotate(14 + 12 * math.sin(turn - 3.4))
    canvas.drawPath(through(((0.14, 0.0), (0.08, -0.14), (0.0, -0.28), (-0.18, -0.36), (-0.33, -0.33),
                             (-0.24, -0.17), (-0.18, 0.0), (0.0, 0.05))), fill(far))
    canvas.drawPath(through(((0.14, -0.06), (-0.05, -0.06), (-0.22, -0.02), (-0.34, 0.09), (-0.36, 0.23),
                             (-0.20, 0.22), (-0.04, 0.20), (0.07, 0.13), (0.14, 0.06))), fill(near))
    canvas.restore()


def throat(canvas: skia.Canvas, body: skia.Path, turn: float, pale: str, groove: str) -> None:
    """The pale grooved underside, from the chin to the middle of the belly."""
    upper = [(spine(s, turn)[0], spine(s, turn)[1] - level) for s, level in THROAT]
    lower = [(x + 0.03, 0.1) for x, _ in upper]
    canvas.save()
    canvas.clipPath(body, True)
    canvas.drawPath(through([(1.0, upper[0][1]), *upper, *lower[::-1]]), fill(pale))
    for fall in (0.085, 0.17):
        line = [(x, y + fall * (0.4 + 0.6 * i / 5)) for i, (x, y) in enumerate(upper)]
        canvas.drawPath(ribbon(line, (0.02, 0.028, 0.03, 0.03, 0.03, 0.01)), fill(groove))
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the whale at `phase` beats of its flukes."""
    turn = 2 * math.pi * phase
    canvas.save()
    canvas.translate(0.03, -0.025)
    canvas.scale(0.94, 0.94)
    skin = tones(colour)
    pale = mix(skin.base, "#f6f3ea", 0.72) if colour != "white" else "#b9c6d8"
    beat = 0.05 * math.sin(turn + 0.6)
    canvas.drawPath(ribbon(((0.42, -0.20), (0.30, -0.08 - beat / 2), (0.18, -0.04 - beat)), (0.13, 0.12, 0.03)),
                    fill(skin.deep))
    # Dark flukes: pale ones fade into the water.
    flukes(canvas, turn, skin.dark, skin.deep)
    body = outline(turn)
    rimmed(canvas, body, skin.light, coat_paint(skin, -0.74, -0.12), 0.034)
    throat(canvas, body, turn, pale, mix(pale, skin.base, 0.45))
    canvas.drawPath(ribbon(((0.40, -0.30), (0.29, -0.20 + beat / 2), (0.14, -0.10 + beat), (0.0, -0.06 + 1.4 * beat)),
                           (0.10, 0.155, 0.14, 0.03)), fill(skin.deep if colour == "white" else skin.dark))
    x, y = spine(0.2, turn)
    eye(canvas, x, y - 0.02, 0.06)
    canvas.restore()


SUBJECT = Subject(
    name="whale",
    nouns=("whale",),
    draw=draw,
    aspect=1.9,
    height=0.56,
    tempo=0.5,
    speed=0.35,
    places=("deep", "water", "air", "space"),
    settings=("under water", "open sea", "coast road", "above the clouds", "space"),
    verbs={
        "deep": ("swimming", "gliding", "diving", "cruising"),
        "water": ("leaping", "surfacing", "swimming", "breaching"),
        "air": ("flying", "floating", "gliding", "drifting"),
        "space": ("floating", "drifting", "gliding", "swimming"),
    },
    colours=("blue", "grey", "white", "black", "purple"),
    colour="blue",
    bob=0.03,
    leap=0.15,
)
