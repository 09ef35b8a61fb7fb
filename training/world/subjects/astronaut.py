"""An astronaut: great round helmet with a golden visor, puffy suit, a pack on the back."""

import math

import skia

from training.world.brush import fill, gradient, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import Leg, Tones, accent, box, disc, panel, sleeve, solid, stride, tones

HALF_LEG = 0.15
GLOVE = "#4a5261"


def leg(canvas: skia.Canvas, hip: tuple[float, float], pose: Leg, tone: Tones) -> None:
    """A padded leg and a heavy boot."""
    knee, ankle = pose.knee(hip, HALF_LEG), pose.ankle(hip, HALF_LEG)
    canvas.drawLine(*hip, *knee, stroke(tone.base, 0.15))
    canvas.drawLine(*knee, *ankle, stroke(tone.dark, 0.13))
    canvas.drawPath(box(ankle[0] - 0.075, ankle[1] - 0.04, ankle[0] + 0.12, ankle[1] + 0.06, 0.04), fill(GLOVE))


def arm(canvas: skia.Canvas, shoulder: tuple[float, float], angle: float, tone: Tones) -> None:
    """A padded arm, bent, with a glove."""
    elbow = (shoulder[0] + 0.13 * math.sin(angle), shoulder[1] + 0.13 * math.cos(angle))
    hand = (elbow[0] + 0.12 * math.sin(angle + 0.8), elbow[1] + 0.12 * math.cos(angle + 0.8))
    sleeve(canvas, (shoulder, elbow, hand), 0.11, tone)
    canvas.drawPath(disc(*hand, 0.105), fill(GLOVE))


def helmet(canvas: skia.Canvas, tone: Tones) -> None:
    """The helmet faces right; the visor mirrors a golden sky."""
    solid(canvas, disc(0.03, -0.81, 0.38), tone, 0.035)
    visor = disc(0.095, -0.8, 0.25, 0.23)
    canvas.drawPath(visor, gradient((0, -0.92), (0, -0.68), ("#ffe39a", "#e08a2c", "#5b2f3a")))
    canvas.drawPath(disc(0.14, -0.85, 0.07, 0.05), fill("#fffbe6"))


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the astronaut in a slow, wide step, arms out for balance."""
    tone = tones(colour)
    far = Tones(tone.dark, tone.dark, tone.dark, tone.deep, tone.deep)
    pack = Tones(tone.base, tone.dark, tone.dark, tone.deep, tone.deep)
    near_leg, far_leg = stride(phase, 0.55, 0.9)
    hip = -0.06 - HALF_LEG * max(near_leg.drop, far_leg.drop)
    swing = 0.6 * math.sin(2 * math.pi * phase)
    canvas.save()
    canvas.translate(0.0, hip + 0.36)
    arm(canvas, (0.1, -0.56), 0.25 + swing, far)
    leg(canvas, (0.06, -0.36), far_leg, far)
    panel(canvas, (-0.31, -0.74, -0.06, -0.34), 0.06, pack)
    leg(canvas, (-0.03, -0.36), near_leg, tone)
    solid(canvas, box(-0.18, -0.66, 0.17, -0.28, 0.1), tone, 0.0)
    canvas.drawPath(box(-0.17, -0.37, 0.16, -0.325), fill(accent(colour)))
    canvas.drawPath(box(0.01, -0.55, 0.14, -0.45, 0.02), fill(accent(colour)))
    helmet(canvas, tone)
    arm(canvas, (-0.1, -0.55), 0.1 - swing, tone)
    canvas.restore()


SUBJECT = Subject(
    name="astronaut",
    nouns=("astronaut", "spaceman"),
    draw=draw,
    aspect=0.76,
    height=0.54,
    tempo=1.0,
    speed=0.25,
    places=("ground", "space"),
    settings=("moon", "space", "desert", "city", "snow mountains", "canyon", "meadow", "forest"),
    verbs={
        "ground": ("walking", "striding", "exploring", "marching"),
        "space": ("floating", "drifting", "hovering", "flying"),
    },
    colours=("white", "orange", "red", "blue", "yellow", "green", "purple"),
    colour="white",
    bob=0.02,
)
