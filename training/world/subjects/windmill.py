"""A windmill: tapered tower, rounded cap, four great turning sails."""

import math

import skia

from training.world.brush import fill, gradient, polygon, stroke
from training.world.parts import Subject
from training.world.subjects.animal_parts import Tones, rimmed, through, tones

HUB = (0.0, -0.555)
SAIL = 0.43
WOOD = "#5a3a26"


def tower(canvas: skia.Canvas, coat: Tones) -> None:
    """The tower with its round shading, a door and a window."""
    walls = gradient((-0.28, 0), (0.28, 0), (coat.light, coat.base, coat.dark), (0, 0.4, 1))
    canvas.drawPath(polygon(((-0.28, 0.0), (-0.165, -0.60), (0.165, -0.60), (0.28, 0.0))), walls)
    canvas.drawPath(polygon(((-0.07, 0.0), (-0.07, -0.13), (0.0, -0.18), (0.07, -0.13), (0.07, 0.0))), fill("#3a2a26"))
    canvas.drawCircle(0.0, -0.30, 0.045, fill("#ffdb83"))


def sails(canvas: skia.Canvas, turn: float, cloth: str, fold: str) -> None:
    """Four arms with a broad cloth on one side of each."""
    canvas.save()
    canvas.translate(*HUB)
    canvas.rotate(math.degrees(turn))
    for _ in range(4):
        canvas.drawLine(0, 0, 0, -SAIL, stroke(WOOD, 0.035))
        canvas.drawRect(skia.Rect.MakeLTRB(0.0, -SAIL, 0.115, -0.14), fill(fold))
        canvas.drawRect(skia.Rect.MakeLTRB(0.012, -SAIL + 0.02, 0.095, -0.16), fill(cloth))
        canvas.rotate(90)
    canvas.restore()
    canvas.drawCircle(*HUB, 0.055, fill(WOOD))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the windmill at `phase` turns of its sails."""
    coat = tones(colour)
    tower(canvas, coat)
    cap = through(((-0.20, -0.585), (-0.19, -0.66), (-0.10, -0.745), (0.0, -0.775), (0.10, -0.745), (0.19, -0.66),
                   (0.20, -0.585), (0.0, -0.57)))
    rimmed(canvas, cap, coat.light, fill(coat.dark), 0.035)
    pale = colour == "white"
    sails(canvas, 2 * math.pi * phase, "#b98450" if pale else "#fbf3df", WOOD if pale else "#c9b48e")


SUBJECT = Subject(
    name="windmill",
    nouns=("windmill", "mill"),
    draw=draw,
    aspect=1.0,
    height=0.55,
    tempo=0.25,
    speed=0.0,
    places=("ground",),
    settings=("meadow", "desert", "coast road", "snow mountains", "canyon", "forest"),
    verbs={"ground": ("turning", "spinning", "standing", "whirling")},
    colours=("white", "red", "brown", "blue"),
    colour="white",
)
