"""Draws a clip: puts the actors into the setting and moves the camera.

Positions are in frame heights; x is 0 in the middle of the frame. `draw` gives pictures at any size, so one clip
serves stills, films and the upscaler's targets.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import skia
from numpy.typing import NDArray

from training.world.brush import mix, rgb
from training.world.clip import Actor, Clip
from training.world.light import light
from training.world.parts import Light, View
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS
from training.world.weather import weather

FPS: Final = 8
Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the frame."""

_CLOSE, _FAR, _TILT = 1.45, 0.72, 1.3
_TINT_LIMIT = 0.26


@dataclass(frozen=True)
class Role:
    """How one actor moves: x and y of its foot at the middle of the clip, velocities in frame heights a second."""

    actor: Actor
    x: float
    y: float
    vx: float
    vy: float
    height: float
    heading: int


@dataclass(frozen=True)
class Frame:
    """One drawn picture, (H, W, 3), and where its actors are."""

    picture: Picture
    boxes: tuple[Box, ...]


def draw(clip: Clip, frames: int, width: int, height: int, start: float = 0.0) -> Iterator[Frame]:
    """`frames` pictures of `clip` at 8 a second, the first at `start` seconds; two seconds are its natural length."""
    half = width / height / 2
    roles = stage(clip, half)
    for number in range(frames):
        yield _frame(clip, roles, start + number / FPS, (width, height))


def stage(clip: Clip, half: float) -> tuple[Role, ...]:
    """Where everyone stands and how they move, for a frame `half` frame heights wide on each side."""
    rng = random.Random(f"stage/{clip.seed}")
    size = _FAR if clip.camera == "wide" else 1.0
    room = half * (1.7 if len(clip.actors) == 1 else 0.92)
    roles = []
    for index, actor in enumerate(clip.actors):
        subject, setting = SUBJECTS[actor.subject], SETTINGS[clip.setting]
        height = min(subject.height * size * rng.uniform(0.92, 1.12), room / subject.aspect)
        level = setting.levels[actor.place]
        if isinstance(level, tuple):
            share = rng.uniform(0.0, 1.0) if len(clip.actors) == 1 else (0.15, 0.85)[index]
            y = level[0] + (level[1] - level[0]) * share + height / 2
        else:
            y = level + (0.0 if len(clip.actors) == 1 else (0.035, -0.02)[index])
        x, vx, heading = _move(clip, index, half, rng)
        climb = subject.climb if actor.place in ("air", "space") else 0.0
        # One second of climbing is left after the middle of the clip: start low enough to stay in the frame.
        y = max(y, height * 0.92 + climb)
        roles.append(Role(actor, x, y, vx * subject.speed, -climb, height, heading))
    return tuple(roles)


def _move(clip: Clip, index: int, half: float, rng: random.Random) -> tuple[float, float, int]:
    """x at the middle of the clip, velocity relative to the ground in units of the subject's speed, heading."""
    heading = clip.heading
    if len(clip.actors) == 1:
        return rng.uniform(-0.12, 0.12) * half, heading, heading
    side = -1 if index == 0 else 1
    spread = half * rng.uniform(0.42, 0.5)
    if clip.relation == "meeting":
        return side * spread * 1.05, -0.35 * side, -side
    if clip.relation == "chasing":
        return side * spread * heading, heading, heading
    if clip.relation == "passing":
        still = index == 1
        return side * spread * 0.8 * heading, heading * (0.7 if still else 1.3), heading
    return side * spread, heading, heading


def _frame(clip: Clip, roles: tuple[Role, ...], time: float, size: tuple[int, int]) -> Frame:
    width, height = size
    half = width / height / 2
    moment = time - 1.0
    travel = _camera_travel(clip, roles, moment)
    sun = light(clip.time, clip.weather)
    view = View(half=half, x=travel, time=time, seed=clip.seed)
    placed = [(role, role.x + role.vx * moment - travel, role.y + role.vy * moment) for role in roles]
    zoom, focus = _lens(clip, placed, time, half)

    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.scale(height, height)
    canvas.translate(half, 0)
    canvas.save()
    canvas.translate(0, 0.5)
    canvas.scale(zoom, zoom)
    canvas.translate(-focus[0], -focus[1])
    setting = SETTINGS[clip.setting]
    setting.back(canvas, view, sun)
    boxes = []
    for role, x, y in sorted(placed, key=lambda item: item[2]):
        boxes.append(_actor(canvas, role, (x, y), time, sun))
    setting.front(canvas, view, sun)
    canvas.restore()
    weather(canvas, view, sun)
    picture = surface.toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)[:, :, :3]
    return Frame(np.ascontiguousarray(picture), tuple(_seen(box, zoom, focus, half) for box in boxes))


def _camera_travel(clip: Clip, roles: tuple[Role, ...], moment: float) -> float:
    """How far the camera has gone to the right of where it is at the middle of the clip."""
    lead = sum(role.vx for role in roles) / len(roles)
    pace = SETTINGS[clip.setting].camera_speed
    match clip.camera:
        case "static" | "wide":
            # A fast subject would leave a fixed frame within the two seconds: let it cross, not vanish.
            return (lead - math.copysign(min(abs(lead), 0.55), lead)) * moment
        case "pan":
            return clip.heading * 0.5 * pace * moment
        case _:
            return lead * 0.92 * moment


def _lens(clip: Clip, placed: list[tuple[Role, float, float]], time: float, half: float
          ) -> tuple[float, tuple[float, float]]:
    """Zoom, and the point of the scene that is in the middle of the frame; what is painted always fills the frame."""
    middle_x = sum(x for _, x, _ in placed) / len(placed)
    middle_y = sum(y - role.height / 2 for role, _, y in placed) / len(placed)
    ease = min(1.0, max(0.0, time / 2.0))
    ease = ease * ease * (3 - 2 * ease)
    close = 1.0 + (_CLOSE - 1.0) * (1.0 if len(placed) == 1 else 0.35)
    match clip.camera:
        case "zoom in": zoom = 1.0 + (close - 1.0) * ease
        case "zoom out": zoom = close - (close - 1.0) * ease
        case "close-up": zoom = close
        case "tilt": zoom = _TILT
        case _: zoom = 1.0
    margin_x, margin_y = half * (1 - 1 / zoom), 0.5 * (1 - 1 / zoom)
    if clip.camera == "tilt":
        middle_y = 0.5 - margin_y + 2 * margin_y * ease
    return zoom, (min(margin_x, max(-margin_x, middle_x)), min(0.5 + margin_y, max(0.5 - margin_y, middle_y)))


def _actor(canvas: skia.Canvas, role: Role, foot: tuple[float, float], time: float, sun: Light) -> Box:
    subject = SUBJECTS[role.actor.subject]
    phase = time * subject.tempo
    bob = subject.bob * math.sin(2 * math.pi * (0.5 * time + (role.x % 1.0)))
    x, y = foot[0], foot[1] + bob * role.height
    wide = subject.aspect * role.height
    canvas.save()
    canvas.translate(x, y)
    canvas.scale(role.height * role.heading, role.height)
    # The light pulls every colour of the subject towards its own: things belong to the hour they are seen in.
    paint = skia.Paint(ColorFilter=_tint(sun))
    bounds = skia.Rect.MakeXYWH(-subject.aspect, -1.6, 2 * subject.aspect, 2.2)
    canvas.saveLayer(bounds, paint)
    subject.draw(canvas, role.actor.colour or subject.colour, phase)
    canvas.restore()
    canvas.restore()
    return x - wide / 2, y - role.height, x + wide / 2, y


def _tint(sun: Light) -> skia.ColorFilter:
    # Capped: a subject that the night swallows cannot be learned, nor seen by the one who watches.
    share = min(_TINT_LIMIT, sun.tint_strength)
    red, green, blue = rgb(mix("#ffffff", sun.tint, share))
    return skia.ColorFilters.Matrix([red, 0, 0, 0, 0, 0, green, 0, 0, 0, 0, 0, blue, 0, 0, 0, 0, 0, 1, 0])


def _seen(box: Box, zoom: float, focus: tuple[float, float], half: float) -> Box:
    left, top, right, bottom = box
    across = [((x - focus[0]) * zoom + half) / (2 * half) for x in (left, right)]
    down = [(y - focus[1]) * zoom + 0.5 for y in (top, bottom)]
    clip = [min(1.0, max(0.0, value)) for value in (across[0], down[0], across[1], down[1])]
    return clip[0], clip[1], clip[2], clip[3]
