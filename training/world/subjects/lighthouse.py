"""A banded lighthouse on its rock, with a lamp whose beam sweeps round."""

import itertools
import math

import skia

from training.world.brush import fill, glow, gradient, mix, polygon
from training.world.parts import Subject
from training.world.subjects.animal_parts import Tones, tones

LAMP = (0.0, -0.835)
FOOT, NECK = -0.09, -0.74  # heights of the tower's ends
ROCK = ((-0.37, 0.0), (-0.31, -0.065), (-0.24, -0.08), (-0.19, -0.115), (0.16, -0.115), (0.24, -0.07), (0.30, -0.055),
        (0.37, 0.0))


def half_width(y: float) -> float:
    """Half the tower's width at height `y`: it tapers."""
    share = (y - FOOT) / (NECK - FOOT)
    return 0.185 - 0.075 * share


def beam(canvas: skia.Canvas, turn: float) -> None:
    """The beam turns about the tower: long to the side, short when it points at us or away."""
    reach = 0.62 * math.cos(turn)
    if abs(reach) < 0.06:
        return
    spread = 0.13
    shader = skia.GradientShader.MakeLinear(
        points=[skia.Point(*LAMP), skia.Point(reach, LAMP[1])],
        colors=[skia.Color4f(1.0, 0.97, 0.74, 0.95).toColor(), skia.Color4f(1.0, 0.97, 0.74, 0.0).toColor()],
    )
    canvas.drawPath(polygon(((0, LAMP[1] - 0.035), (reach, LAMP[1] - spread), (reach, LAMP[1] + spread),
                             (0, LAMP[1] + 0.035))), skia.Paint(AntiAlias=True, Shader=shader))


def across(left: str, middle: str, right: str) -> skia.Paint:
    """Round shading of the tower: light from the left."""
    return gradient((-0.19, 0), (0.19, 0), (left, middle, right), (0, 0.45, 1))


def tower(canvas: skia.Canvas, coat: Tones, band: Tones) -> None:
    """Five bands, the wide ones in the lighthouse's own colour."""
    cuts = (FOOT, -0.27, -0.34, -0.51, -0.57, NECK)
    for i, (low, high) in enumerate(itertools.pairwise(cuts)):
        tone = coat if i % 2 == 0 else band
        low_half, high_half = half_width(low), half_width(high)
        canvas.drawPath(polygon(((-low_half, low), (-high_half, high), (high_half, high), (low_half, low))),
                        across(tone.light, tone.base, tone.dark))


def lantern(canvas: skia.Canvas, coat: Tones) -> None:
    """Gallery, glass room and domed roof."""
    iron = fill("#2a2c37")
    canvas.drawRect(skia.Rect.MakeLTRB(-0.165, NECK - 0.035, 0.165, NECK), iron)
    canvas.drawRect(skia.Rect.MakeLTRB(-0.085, -0.90, 0.085, NECK - 0.03), fill("#fff0b0"))
    canvas.drawRect(skia.Rect.MakeLTRB(-0.095, -0.91, -0.065, NECK - 0.03), iron)
    canvas.drawRect(skia.Rect.MakeLTRB(0.065, -0.91, 0.095, NECK - 0.03), iron)
    canvas.drawPath(polygon(((-0.13, -0.895), (-0.05, -0.975), (0.05, -0.975), (0.13, -0.895))),
                    across(coat.light, coat.base, coat.dark))
    canvas.drawRect(skia.Rect.MakeLTRB(-0.022, -1.0, 0.022, -0.97), iron)


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """The lamp, which flares when its beam meets the eye, and the beam."""
    turn = 2 * math.pi * phase
    flash = max(0.0, math.sin(turn)) ** 3
    canvas.drawRect(skia.Rect.MakeLTRB(-0.065, -0.895, 0.065, NECK - 0.03), fill("#fff0b0"))
    canvas.drawCircle(*LAMP, 0.22, glow(LAMP, 0.15 + 0.07 * flash, "#fff3bd", 0.5 + 0.5 * flash))
    beam(canvas, turn)


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the lighthouse by day; `lights` are its own."""
    coat = tones(colour)
    band = tones("#c3d2e2" if colour == "white" else "white")
    canvas.drawPath(polygon(ROCK), gradient((0, -0.115), (0, 0), ("#8a7f78", "#5a5254", "#37343d"), (0, 0.45, 1)))
    tower(canvas, coat, band)
    canvas.drawPath(polygon(((-0.055, -0.10), (-0.055, -0.185), (0.0, -0.215), (0.055, -0.185), (0.055, -0.10))),
                    fill("#3a2f33"))
    canvas.drawCircle(0, -0.655, 0.034, fill(mix("#2a2c37", "#ffd873", 0.85)))
    lantern(canvas, coat)


SUBJECT = Subject(
    name="lighthouse",
    nouns=("lighthouse",),
    draw=draw,
    aspect=1.2,
    height=0.55,
    tempo=0.5,
    speed=0.0,
    places=("ground", "water"),
    settings=("coast road", "open sea", "snow mountains", "desert", "meadow", "canyon"),
    verbs={"ground": ("standing", "shining", "flashing", "glowing"), "water": ("standing", "shining", "flashing")},
    colours=("red", "blue", "white", "black", "yellow"),
    colour="red",
    lights=lights,
)
