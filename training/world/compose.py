"""Draws a clip: puts the actors into the setting and moves the camera.

Positions are in frame heights; x is 0 in the middle of the frame. `draw` gives pictures at any size, so one clip
serves stills, films and the upscaler's targets.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import skia
from numpy.typing import NDArray

from training.world.actors import Box, actor
from training.world.clip import Clip
from training.world.light import light
from training.world.parts import View
from training.world.settings import SETTINGS
from training.world.staging import CLOSE, PACES, TILT, Role, stage
from training.world.weather import weather

FPS: Final = 8
WIDTH, HEIGHT, FRAMES = 768, 320, 16
"""A film clip: its size in pixels and its length."""

Picture = NDArray[np.uint8]
Window = tuple[int, int, int, int]
"""Left, top, width, height of a part of the frame, in pixels."""


class Seen(NamedTuple):
    """How an actor is seen in a frame: the box of the whole of it, in shares of the frame, which may reach beyond; how
    far its own motion (wheels, legs, wings) has turned, as a cosine and a sine; whether it heads to the right (1) or to
    the left (-1)."""

    left: float
    top: float
    right: float
    bottom: float
    cosine: float
    sine: float
    heading: float


class Scenery(NamedTuple):
    """What of the scenery is seen: the box of what fills the frame of a camera that neither moves nor zooms, in shares
    of the frame; how far the camera has `travelled`, in halves of a frame's width: what is as near as the actors has
    shifted so far to the left, the sky has not."""

    left: float
    top: float
    right: float
    bottom: float
    travelled: float


@dataclass(frozen=True)
class Frame:
    """One drawn picture, (H, W, 3), its actors, in the order of the clip, and its scenery."""

    picture: Picture
    actors: tuple[Seen, ...]
    scenery: Scenery


def draw(clip: Clip, frames: int, width: int, height: int, start: float = 0.0, window: Window | None = None
         ) -> Iterator[Frame]:
    """`frames` pictures of `clip` at 8 a second, the first at `start` seconds; two seconds are its natural length.
    A clip without actors shows the scenery alone.

    With a `window` only that part of the width x height frame is drawn: what a crop would be, but for rounding in the
    smoothing of edges, and far cheaper.
    """
    roles = stage(clip, width / height / 2)
    for number in range(frames):
        yield _frame(clip, roles, start + number / FPS, (width, height), window or (0, 0, width, height))


def trace(clip: Clip, numbers: Iterable[int], width: int, height: int) -> Iterator[Frame]:
    """`draw`'s frames of these numbers, without the cost of drawing what is around actors: pictures are not whole."""
    roles = stage(clip, width / height / 2)
    for number in numbers:
        yield _frame(clip, roles, number / FPS, (width, height), None)


def _frame(clip: Clip, roles: tuple[Role, ...], time: float, size: tuple[int, int], window: Window | None) -> Frame:
    """One frame; without a `window` only its actors are right."""
    scenery, window = window is not None, window or (0, 0, 1, 1)
    width, height = size
    half = width / height / 2
    moment = time - 1.0
    travel = clip.heading * PACES[clip.camera].camera * moment
    sun = light(clip.time, clip.weather)
    # One scenery a setting: no caption says which is meant, and a small network that has seen two draws a bit of both.
    view = View(half=half, x=travel, time=time, seed=0)
    placed = [(role, role.x + role.vx * moment - travel, role.y + role.vy * moment) for role in roles]
    zoom, focus = _lens(clip, placed, time, half)

    surface = skia.Surface(*window[2:])
    canvas = surface.getCanvas()
    canvas.translate(-window[0], -window[1])
    canvas.scale(height, height)
    canvas.translate(half, 0)
    canvas.save()
    canvas.translate(0, 0.5)
    canvas.scale(zoom, zoom)
    canvas.translate(-focus[0], -focus[1])
    setting = SETTINGS[clip.setting]
    if scenery:
        setting.back(canvas, view, sun)
    if scenery and clip.weather == "fog":
        # Fog lies in the distance: those whom the film is about stand out from it.
        weather(canvas, view, sun)
    boxes = {}
    for role, x, y in sorted(placed, key=lambda item: item[2]):
        boxes[role] = actor(canvas, role, (x, y), time, sun)
    if scenery:
        setting.front(canvas, view, sun)
    canvas.restore()
    if scenery and clip.weather != "fog":
        weather(canvas, view, sun)
    picture = surface.toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)[:, :, :3]
    actors = tuple(_seen(role, boxes[role], time, zoom, focus, half) for role in roles)
    left, right = (((side * half - focus[0]) * zoom + half) / (2 * half) for side in (-1, 1))
    top, bottom = ((level - focus[1]) * zoom + 0.5 for level in (0, 1))
    return Frame(np.ascontiguousarray(picture), actors, Scenery(left, top, right, bottom, travel / half))


def _lens(clip: Clip, placed: list[tuple[Role, float, float]], time: float, half: float
          ) -> tuple[float, tuple[float, float]]:
    """Zoom, and the point of the scene that is in the middle of the frame; what is painted always fills the frame."""
    sides = [x + side * role.width / 2 for role, x, _ in placed for side in (-1, 1)] or [0.0]
    heights = [level for role, _, y in placed for level in (y - role.height, y)] or [0.5]
    top, bottom = min(heights), max(heights)
    middle_x, middle_y = (min(sides) + max(sides)) / 2, (top + bottom) / 2
    ease = min(1.0, max(0.0, time / 2.0))
    ease = ease * ease * (3 - 2 * ease)
    close = CLOSE[max(1, len(placed))]
    match clip.camera:
        case "zoom in": zoom = 1.0 + (close - 1.0) * ease
        case "zoom out": zoom = close - (close - 1.0) * ease
        case "close-up": zoom = close
        case "tilt": zoom = TILT[max(1, len(placed))]
        case _: zoom = 1.0
    margin_x, margin_y = half * (1 - 1 / zoom), 0.5 * (1 - 1 / zoom)
    middle_x = min(margin_x, max(-margin_x, middle_x))
    if clip.camera == "tilt":
        return zoom, (middle_x, _tilted(clip.upward, (top, bottom), zoom, ease))
    return zoom, (middle_x, min(0.5 + margin_y, max(0.5 - margin_y, middle_y)))


def _tilted(upward: bool, body: tuple[float, float], zoom: float, ease: float) -> float:
    """y of the middle of a tilting frame: from beyond the actors' feet or heads until they stand well in it."""
    reach = 0.5 / zoom
    # Scenery is painted a little beyond the frame, so a tilt has room even below the ground.
    lowest, highest = 1.07 - reach, reach - 0.08
    here = min(1.0 - reach, max(reach, (body[0] + body[1]) / 2))
    start = min(lowest, here + 0.2) if upward else max(highest, here - 0.2)
    return start + (here - start) * ease


def _seen(role: Role, box: Box, time: float, zoom: float, focus: tuple[float, float], half: float) -> Seen:
    left, right = (((x - focus[0]) * zoom + half) / (2 * half) for x in (box[0], box[2]))
    top, bottom = ((y - focus[1]) * zoom + 0.5 for y in (box[1], box[3]))
    turn = 2 * math.pi * role.turned(time)
    return Seen(left, top, right, bottom, math.cos(turn), math.sin(turn), role.heading)
