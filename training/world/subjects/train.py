"""A steam train: engine with boiler, funnel and cab, its coach behind, steam streaming back."""

import math

import skia

from training.world.brush import fill, gradient, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import (
    TYRE,
    Tones,
    accent,
    box,
    disc,
    glass,
    lamp,
    outline,
    panel,
    tones,
    wheel,
)

FUNNEL = outline((1.14, -0.6), [(1.1, -0.82), (1.04, -0.86), (1.04, -0.92), (1.4, -0.92), (1.4, -0.86),
                                (1.34, -0.82), (1.3, -0.6)])
BUFFER = outline((1.44, -0.3), [(1.52, -0.3), (1.68, -0.02), (1.3, -0.02)])
DRIVERS = ((0.22, -0.2), (0.66, -0.2), (1.1, -0.2))


def steam(canvas: skia.Canvas, phase: float) -> None:
    """A plume from the funnel: puffs swell as they drift back over the train, shaded below, white above."""
    for drop, colour in ((0.05, "#aeb6c6"), (0.0, "#fbfbf8")):
        for puff in range(7):
            age = (phase + puff / 7) % 1.0
            size = (0.18 + 0.19 * age) * min(1.0, 4 * (1 - age))
            lift = 0.06 * math.sin(2 * math.pi * age)
            canvas.drawPath(disc(1.2 - 2.2 * age, drop - 0.88 - lift, 1.7 * size, size), fill(colour))


def coach(canvas: skia.Canvas, tone: Tones, trim: str) -> None:
    """The coach behind the engine."""
    canvas.drawPath(box(-1.6, -0.3, -0.42, -0.13, 0.02), fill(TYRE))
    canvas.drawPath(box(-1.66, -0.8, -0.4, -0.68, 0.05), fill(tone.deep))
    panel(canvas, (-1.62, -0.72, -0.44, -0.22), 0.04, tone)
    for left in (-1.5, -1.13, -0.76):
        glass(canvas, box(left, -0.63, left + 0.23, -0.44, 0.03))
    canvas.drawPath(box(-1.62, -0.35, -0.44, -0.29), fill(trim))


def engine(canvas: skia.Canvas, tone: Tones, trim: str) -> None:
    """Boiler, bands, funnel and cab."""
    canvas.drawPath(BUFFER, fill(tone.deep))
    canvas.drawPath(box(-0.36, -0.32, 1.5, -0.16, 0.03), fill(tone.deep))
    canvas.drawPath(FUNNEL, gradient((1.04, 0), (1.4, 0), (tone.dark, tone.base, tone.deep)))
    canvas.drawPath(disc(0.66, -0.72, 0.26, 0.24), fill(tone.dark))
    panel(canvas, (0.1, -0.72, 1.46, -0.26), 0.1, tone, 0.06)
    for left in (0.36, 0.92):
        canvas.drawPath(box(left, -0.72, left + 0.07, -0.26), fill(trim))
    canvas.drawPath(box(1.34, -0.7, 1.5, -0.28, 0.05), fill(tone.deep))
    panel(canvas, (-0.34, -0.88, 0.16, -0.22), 0.03, tone)
    glass(canvas, box(-0.23, -0.76, 0.05, -0.54, 0.03))
    canvas.drawPath(box(-0.42, -0.95, 0.24, -0.84, 0.05), fill(tone.deep))


def driver(canvas: skia.Canvas, centre: tuple[float, float], tone: Tones) -> None:
    """A driving wheel without spokes: the rod that goes round before it tells its turning."""
    canvas.drawCircle(*centre, 0.2, fill(TYRE))
    canvas.drawCircle(*centre, 0.145, fill(tone.deep))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the train; the coupling rod goes round with the driving wheels."""
    tone = tones(colour)
    trim = accent(colour)
    steam(canvas, phase)
    canvas.drawLine(-0.5, -0.24, -0.2, -0.24, stroke(TYRE, 0.07))
    coach(canvas, tone, trim)
    engine(canvas, tone, trim)
    for x in (-1.32, -0.72):
        wheel(canvas, (x, -0.14), 0.14, phase)
    for centre in DRIVERS:
        driver(canvas, centre, tone)
    turn = 2 * math.pi * phase
    crank = (0.1 * math.cos(turn), 0.1 * math.sin(turn))
    canvas.drawLine(DRIVERS[0][0] + crank[0], -0.2 + crank[1], DRIVERS[2][0] + crank[0], -0.2 + crank[1],
                    stroke("#f4f6f8", 0.085))


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """The engine's lamp."""
    lamp(canvas, disc(1.5, -0.52, 0.14, 0.18), "#ffe9a0", 0.26)


SUBJECT = Subject(
    name="train",
    nouns=("train", "steam train", "express train"),
    draw=draw,
    aspect=3.36,
    height=0.38,
    tempo=1.0,
    speed=0.7,
    places=("ground",),
    settings=("snow mountains", "desert", "city", "meadow", "forest", "canyon", "coast road"),
    verbs={"ground": ("steaming", "rolling", "rushing", "travelling", "thundering")},
    colours=("red", "blue", "green", "black", "yellow", "orange", "purple", "white"),
    colour="green",
    lights=lights,
)
