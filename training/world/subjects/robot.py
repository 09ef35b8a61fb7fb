"""A robot: square head with glowing eyes and an aerial, square body, stiff limbs that swing a little, as toys do."""

import math

import skia

from training.world.brush import fill, mix, stroke
from training.world.parts import Subject
from training.world.subjects.machine_parts import (
    METAL,
    Leg,
    Tones,
    accent,
    box,
    disc,
    lamp,
    panel,
    sleeve,
    stride,
    tones,
)

HALF_LEG = 0.16
HIP, SHOULDER = 0.17, 0.29
"""How far hips and shoulders are from the middle: limbs have cells of their own, beside each other and the body."""
JOINT = mix(METAL, "#20242e", 0.55)
SWING, BEND, ARMS = 0.2, 0.45, 0.24
"""How far legs swing, knees bend and arms swing, in radians: so little that no leg ever covers the other."""


def leg(canvas: skia.Canvas, hip: tuple[float, float], pose: Leg, tone: Tones) -> None:
    """Thigh, shin and a flat foot."""
    knee, ankle = pose.knee(hip, HALF_LEG), pose.ankle(hip, HALF_LEG)
    canvas.drawLine(*hip, *knee, stroke(JOINT, 0.12))
    canvas.drawLine(*knee, *ankle, stroke(tone.base, 0.14))
    panel(canvas, (ankle[0] - 0.09, ankle[1] - 0.07, ankle[0] + 0.13, ankle[1] + 0.06), 0.04, tone, 0.02)


def arm(canvas: skia.Canvas, shoulder: tuple[float, float], angle: float, tone: Tones) -> None:
    """A straight sleeve that hangs from the shoulder, a round hand of metal."""
    hand = (shoulder[0] + 0.25 * math.sin(angle), shoulder[1] + 0.25 * math.cos(angle))
    canvas.drawPath(disc(*hand, 0.15), fill(JOINT))
    wrist = (shoulder[0] + 0.19 * math.sin(angle), shoulder[1] + 0.19 * math.cos(angle))
    sleeve(canvas, (shoulder, wrist), 0.14, tone)


def head(canvas: skia.Canvas, tone: Tones) -> None:
    """The head looks right: the face plate sits forward."""
    canvas.drawLine(0.0, -0.84, 0.0, -0.94, stroke(JOINT, 0.035))
    canvas.drawPath(box(-0.06, -0.66, 0.08, -0.54), fill(JOINT))
    panel(canvas, (-0.19, -0.88, 0.22, -0.61), 0.05, tone)
    canvas.drawPath(box(-0.06, -0.82, 0.24, -0.67, 0.05), fill("#1c2430"))


def raised(phase: float) -> float:
    """How far the walking body stands above its place in the sketch."""
    return 0.32 - HALF_LEG * max(leg.drop for leg in stride(phase, SWING, BEND))


def lights(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Two bright eyes and the blinking aerial."""
    blink = 0.75 + 0.25 * math.sin(4 * math.pi * phase)
    canvas.save()
    canvas.translate(0.0, raised(phase))
    lamp(canvas, disc(0.0, -0.96, 0.09), mix("#7a2a20", "#ff6a3c", blink), 0.1)
    for x in (0.03, 0.16):
        lamp(canvas, disc(x, -0.745, 0.085), "#8ff3ff", 0.09)
    canvas.restore()


def draw(canvas: skia.Canvas, colour: str, phase: float) -> None:
    """Paint the robot walking: the standing foot stays on the ground, the body rises and falls over it."""
    tone = tones(colour)
    far = Tones(tone.dark, tone.dark, tone.dark, tone.deep, tone.deep)
    near_leg, far_leg = stride(phase, SWING, BEND)
    swing = ARMS * math.sin(2 * math.pi * phase)
    sleeves = tones(accent(colour))
    canvas.save()
    canvas.translate(0.0, raised(phase))
    # Arms in the colour of the trim: of the body's own they would be lost beside it, of bare metal before houses.
    arm(canvas, (SHOULDER, -0.53), swing, Tones(sleeves.dark, sleeves.dark, sleeves.dark, sleeves.deep, sleeves.deep))
    leg(canvas, (HIP, -0.38), far_leg, far)
    leg(canvas, (-HIP, -0.38), near_leg, tone)
    panel(canvas, (-0.23, -0.6, 0.23, -0.29), 0.05, tone)
    canvas.drawPath(box(-0.02, -0.52, 0.14, -0.39, 0.03), fill(accent(colour)))
    head(canvas, tone)
    arm(canvas, (-SHOULDER, -0.53), -swing, sleeves)
    canvas.restore()


SUBJECT = Subject(
    name="robot",
    nouns=("robot",),
    draw=draw,
    aspect=0.74,
    height=0.54,
    tempo=0.75,
    speed=0.3,
    places=("ground",),
    settings=("city", "moon", "desert", "meadow", "forest", "coast road", "canyon", "snow mountains"),
    verbs={"ground": ("walking", "marching", "striding", "strolling")},
    colours=("red", "blue", "yellow", "green", "white", "orange", "purple", "silver"),
    colour="silver",
    lights=lights,
)
