"""A seabird on broad dark-tipped wings: the elbow leads, the tip follows."""

import math

import skia

from training.world.brush import fill, gradient, mix, polygon
from training.world.parts import Subject
from training.world.subjects.animal_parts import Point, Tones, coat_paint, eye, rimmed, through, tones

BODY = through((
    (0.585, -0.53), (0.54, -0.615), (0.44, -0.645), (0.33, -0.60), (0.14, -0.56), (-0.16, -0.50), (-0.40, -0.43),
    (-0.41, -0.37), (-0.14, -0.30), (0.12, -0.285), (0.33, -0.35), (0.49, -0.45),
))
TAIL = polygon(((-0.28, -0.47), (-0.65, -0.48), (-0.59, -0.39), (-0.65, -0.30), (-0.28, -0.35)))
# The flat wing: (share of the span, distance behind the root's leading edge), leading edge first; and its dark tip.
PLANFORM = ((0.0, 0.0), (0.2, -0.05), (0.4, -0.05), (0.7, 0.10), (0.9, 0.30), (1.0, 0.50), (0.88, 0.47), (0.7, 0.42),
            (0.4, 0.38), (0.2, 0.40), (0.0, 0.44))
TIP = ((0.70, 0.10), (0.9, 0.30), (1.0, 0.50), (0.88, 0.47), (0.70, 0.42), (0.68, 0.26))
ELBOW = 0.4
BEAK = polygon(((0.55, -0.59), (0.73, -0.50), (0.55, -0.47)))


def wing(canvas: skia.Canvas, turn: float, toward: float, paint: skia.Paint, tip_colour: str) -> None:
    """One wing. `toward` is +1 for the near wing, -1 for the far one: the camera looks a little from above."""
    size = 1.0 if toward > 0 else 0.9
    x, y = (0.24, -0.45) if toward > 0 else (0.31, -0.49)

    def lifted(beat: float) -> float:
        """Rise of the wing per unit of span at `beat`; it lingers at both ends of the stroke, where it reads best."""
        lift = math.radians(13 + 44 * math.tanh(1.6 * math.sin(beat)))
        return 0.66 * math.sin(lift) - toward * 0.17 * math.cos(lift)

    def place(span: float, chord: float) -> Point:
        """Where a point of the flat wing is now: the hand beyond the elbow follows the arm."""
        rise = min(span, ELBOW) * lifted(turn) + max(0.0, span - ELBOW) * lifted(turn - 0.7)
        return x - size * chord, y - size * rise + 0.10 * chord

    for part, tone in ((PLANFORM, paint), (TIP, fill(tip_colour))):
        path = through([place(*point) for point in part])
        canvas.drawPath(path, tone)
        # The edge of a wing has some thickness, so that it does not vanish when it is seen edge on.
        tone.setStyle(skia.Paint.kStroke_Style)
        tone.setStrokeWidth(0.025)
        canvas.drawPath(path, tone)


def head(canvas: skia.Canvas, coat: Tones, colour: str) -> None:
    """A hooked orange beak and a dark eye."""
    canvas.drawPath(BEAK, fill("#f28a1e" if colour != "yellow" else "#e0501f"))
    rimmed(canvas, BODY, coat.light, coat_paint(coat, -0.64, -0.26), 0.03)
    eye(canvas, 0.485, -0.555, 0.032)


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the bird at `phase` wing beats."""
    turn = 2 * math.pi * phase
    coat = tones(colour)
    tip = {"white": "#2b2d38", "black": "#8d93a8"}.get(colour, mix(coat.deep, "#1c1c24", 0.15))
    canvas.save()
    canvas.translate(0, -0.035 + 0.025 * math.sin(turn + 0.5))
    canvas.scale(0.97, 0.97)
    wing(canvas, turn, -1.0, fill(coat.dark), tip)
    canvas.drawPath(TAIL, fill(mix(coat.base, coat.dark, 0.7)))
    head(canvas, coat, colour)
    wing(canvas, turn, 1.0, gradient((0.34, 0), (-0.2, 0), (coat.base, mix(coat.base, coat.dark, 0.45), coat.dark),
                                     (0, 0.3, 1)), tip)
    canvas.restore()


SUBJECT = Subject(
    name="bird",
    nouns=("bird", "seabird"),
    draw=draw,
    aspect=1.45,
    height=0.46,
    tempo=1.0,
    speed=0.6,
    places=("air",),
    settings=("above the clouds", "open sea", "coast road", "snow mountains", "meadow", "forest", "city", "canyon",
              "desert"),
    verbs={"air": ("flying", "soaring", "gliding", "flapping")},
    colours=("white", "black", "red", "blue", "yellow"),
    colour="white",
    bob=0.02,
)
