"""Paints one actor into the scene: its body in the light of the hour, its shadow or its wake, and its own lamps."""

import math
from typing import Final

import skia

from training.world.brush import fill, mix, oval, rgb
from training.world.parts import Light, Subject
from training.world.staging import Role
from training.world.subjects import SUBJECTS

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; in the scene in frame heights, in a picture as shares of the frame."""

_TINT_LIMIT: Final = 0.26
_EDGE: Final = 40
"""Pixels to a body's height in the blurred picture of its edge."""

_SWELL: Final = 0.55
"""Leaps a second of those who leap from the water."""


def actor(canvas: skia.Canvas, role: Role, foot: tuple[float, float], time: float, light: Light) -> Box:
    """Paint `role` with its foot at `foot`, `time` seconds into the clip, and say where it is."""
    subject = SUBJECTS[role.actor.subject]
    bob = subject.bob * math.sin(2 * math.pi * (0.5 * time + role.phase))
    x, y = foot[0], foot[1] + bob * role.height
    waterline = foot[1] if role.actor.place == "water" else None
    if role.actor.place == "ground":
        canvas.drawOval(oval(x, y, 0.9 * role.width, 0.035), fill("#10142c", 0.28))
    canvas.save()
    pitch = 0.0
    if waterline is not None:
        canvas.clipRect(skia.Rect.MakeLTRB(x - 9, -9, x + 9, waterline + 0.004), True)
        turn = 2 * math.pi * (_SWELL * time + role.phase)
        y += subject.leap * role.height * (0.4 - math.sin(turn))
        pitch = 60.0 * subject.leap * math.cos(turn)
    canvas.translate(x, y)
    canvas.scale(role.height * role.heading, role.height)
    canvas.translate(0, -0.5)
    canvas.rotate(-pitch)
    canvas.translate(0, 0.5)
    _body(canvas, subject, (role.actor.colour or subject.colour, role.turned(time)), light)
    canvas.restore()
    if waterline is not None:
        _wake(canvas, role, (x, waterline), time, light)
    return x - role.width / 2, y - role.height, x + role.width / 2, y if waterline is None else waterline


def _body(canvas: skia.Canvas, subject: Subject, look: tuple[str, float], light: Light) -> None:
    colour, phase = look
    bounds = skia.Rect.MakeXYWH(-subject.aspect, -1.6, 2 * subject.aspect, 2.2)
    # Every drawing of a subject is a few hundred calls: made once, played twice.
    recorder = skia.PictureRecorder()
    subject.draw(recorder.beginRecording(bounds), colour, phase)
    body = recorder.finishRecordingAsPicture()
    _edge(canvas, body, subject.aspect, light)
    # The light pulls every colour of the subject towards its own: things belong to the hour they are seen in.
    canvas.saveLayer(bounds, skia.Paint(ColorFilter=_tint(light)))
    canvas.drawPicture(body)
    canvas.restore()
    if subject.lights is not None:
        subject.lights(canvas, colour, phase)


def _edge(canvas: skia.Canvas, body: skia.Picture, aspect: float, light: Light) -> None:
    """Layers of cut paper: a soft shadow by day, a soft gleam by night sets the body off from what is behind it."""
    dark = light.dark > 0.3 or light.weather == "storm"
    colour = mix(light.sky[2], "#ffffff", 0.35) if dark else mix(light.sky[0], "#10142c", 0.6)
    # Blurred small and drawn large: a soft edge needs few pixels, and looks the same at any size of frame.
    wide, high = aspect + 0.4, 1.4
    small = skia.Surface(round(_EDGE * wide), round(_EDGE * high))
    sketch = small.getCanvas()
    soft = skia.ImageFilters.Blur(0.03 * _EDGE, 0.03 * _EDGE)
    flat = skia.ColorFilters.Blend(skia.Color4f(*rgb(colour), 1.0).toColor(), skia.BlendMode.kSrcIn)
    sketch.saveLayer(None, skia.Paint(ImageFilter=soft, ColorFilter=flat, Alphaf=0.95 if dark else 0.45))
    sketch.scale(_EDGE, _EDGE)
    sketch.translate(wide / 2, 1.2)
    sketch.drawPicture(body)
    sketch.restore()
    canvas.drawImageRect(small.makeImageSnapshot(), skia.Rect.MakeXYWH(-wide / 2, -1.2, wide, high),
                         skia.SamplingOptions(skia.FilterMode.kLinear))


def _tint(light: Light) -> skia.ColorFilter:
    # Capped: a subject that the night swallows cannot be learned, nor seen by the one who watches.
    share = min(_TINT_LIMIT, light.tint_strength)
    red, green, blue = rgb(mix("#ffffff", light.tint, share))
    return skia.ColorFilters.Matrix([red, 0, 0, 0, 0, 0, green, 0, 0, 0, 0, 0, blue, 0, 0, 0, 0, 0, 1, 0])


def _wake(canvas: skia.Canvas, role: Role, middle: tuple[float, float], time: float, light: Light) -> None:
    """Foam where a body meets the water."""
    x, y = middle
    wide = 0.84 * role.width
    foam = fill(mix(mix("#f2fbff", light.tint, min(0.3, light.tint_strength)), light.sky[2], 0.15), 0.92)
    for part, (along, size) in enumerate(((-0.36, 0.4), (0.02, 0.5), (0.37, 0.36))):
        swell = 1 + 0.12 * math.sin(2.6 * time + 2.0 * part + 6 * role.phase)
        canvas.drawOval(oval(x + along * wide * role.heading, y + 0.004, size * wide * swell, 0.032), foam)
