"""A sailing boat: one tall mainsail, a jib, a round hull, a pennant in the wind."""

import math

import skia

from training.world.brush import fill, gradient, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import Tones, accent, outline, solid, tones

HULL = outline((-0.48, -0.2), [
    (-0.1, -0.15, 0.25, -0.17, 0.56, -0.26),
    (0.5, -0.08, 0.4, 0.06, 0.24, 0.08),
    (-0.34, 0.08),
    (-0.44, 0.04, -0.47, -0.08, -0.48, -0.2),
])


def sails(canvas: skia.Canvas, tone: Tones, trim: str, phase: float) -> None:
    """The mainsail behind the mast and the jib before it, filling and easing with the wind."""
    belly = 0.05 + 0.03 * math.sin(2 * math.pi * phase)
    main = outline((0.015, -0.92), [
        (-0.26 - belly, -0.7, -0.4 - belly, -0.44, -0.44, -0.25),
        (-0.24, -0.25 + belly, 0.015, -0.24),
    ])
    jib = outline((0.05, -0.86), [(0.3 + belly, -0.6, 0.46, -0.3), (0.26, -0.25 + belly, 0.09, -0.25),
                                  (0.15 + belly, -0.55, 0.05, -0.86)])
    canvas.drawPath(main, gradient((-0.45, 0), (0.0, 0), (tone.dark, tone.base, tone.light), (0.0, 0.45, 1.0)))
    canvas.save()
    canvas.clipPath(main, True)
    canvas.drawPath(outline((-0.7, -0.52), [(0.1, -0.48), (0.1, -0.4), (-0.7, -0.43)]), fill(trim))
    canvas.restore()
    canvas.drawPath(jib, gradient((0.05, 0), (0.45, 0), (trim, trim, tone.rim)))


def pennant(canvas: skia.Canvas, tone: Tones, phase: float) -> None:
    """A flag at the masthead, streaming back in a travelling wave."""
    wave = [0.025 * math.sin(2 * math.pi * (2 * phase + i / 3)) * (i / 3) for i in range(4)]
    flag = outline((0.02, -1.0), [
        (-0.07, -1.0 + wave[1], -0.15, -0.98 + wave[2], -0.24, -0.95 + wave[3]),
        (-0.15, -0.91 + wave[2], -0.07, -0.9 + wave[1], 0.02, -0.9),
    ])
    canvas.drawPath(flag, fill(tone.deep))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the boat rocking on the waterline, the waterline at its foot."""
    tone = tones(colour)
    trim = accent(colour)
    rock = math.sin(2 * math.pi * phase)
    canvas.save()
    canvas.clipRect(skia.Rect.MakeLTRB(-0.9, -1.2, 0.9, 0.03))
    canvas.rotate(4.0 * rock)
    canvas.drawLine(0.02, -0.98, 0.02, -0.2, stroke("#6b4a2e", 0.035))
    pennant(canvas, tone, phase)
    sails(canvas, tone, trim, phase)
    solid(canvas, HULL, tone, 0.05)
    canvas.clipPath(HULL, True)
    canvas.drawRect(skia.Rect.MakeLTRB(-0.6, -0.07, 0.6, 0.1), fill(tone.deep))
    canvas.restore()


SUBJECT = Subject(
    name="sailing boat",
    nouns=("sailing boat", "sailboat"),
    draw=draw,
    aspect=1.16,
    height=0.5,
    tempo=0.5,
    speed=0.4,
    places=("water",),
    settings=("open sea", "coast road", "canyon", "snow mountains"),
    verbs={"water": ("sailing", "gliding", "cruising", "rocking")},
    colours=("red", "blue", "yellow", "green", "white", "black", "orange", "purple"),
    colour="white",
    bob=0.03,
)
