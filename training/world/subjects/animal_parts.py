"""What animals (and other living shapes) are put together from: tones of a coat, curved outlines, limbs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import skia

from training.world.brush import fill, gradient, mix, rgb, shade

Point = tuple[float, float]


@dataclass(frozen=True)
class Tones:
    """Four tones of one colour: rim light, base, underside, and the far side (deepest)."""

    light: str
    base: str
    dark: str
    deep: str


def tones(colour: str) -> Tones:
    """The tones of a coat. Very light and very dark colours get gentler steps, so that they keep their name."""
    red, green, blue = rgb(colour)
    brightness = 0.3 * red + 0.59 * green + 0.11 * blue
    if brightness > 0.85:
        return Tones("#fffefa", shade(colour, 0.0), mix(colour, "#9fb0c8", 0.55), mix(colour, "#7f92b0", 0.8))
    if brightness < 0.22:
        return Tones(mix(colour, "#8f9ab8", 0.45), shade(colour, 0.0), shade(colour, -0.35), shade(colour, -0.55))
    return Tones(shade(colour, 0.38), shade(colour, 0.0), shade(colour, -0.32), shade(colour, -0.5))


def through(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """A smooth outline that passes through every one of `points` (Catmull-Rom)."""
    count = len(points)
    path = skia.Path()
    path.moveTo(*points[0])
    for i in range(count if closed else count - 1):
        before, start, end, after = (
            points[j % count] if closed else points[min(max(j, 0), count - 1)] for j in range(i - 1, i + 3)
        )
        path.cubicTo(
            start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6,
            end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6,
            *end,
        )
    if closed:
        path.close()
    return path


def ribbon(points: Sequence[Point], widths: Sequence[float]) -> skia.Path:
    """A strip along `points` that is `widths` wide at each of them, with softly rounded ends: tails, necks, manes."""
    last = len(points) - 1
    left: list[Point] = []
    right: list[Point] = []
    for i, ((x, y), width) in enumerate(zip(points, widths, strict=True)):
        (x0, y0), (x1, y1) = points[max(i - 1, 0)], points[min(i + 1, last)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        across = (-(y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2)
        left.append((x + across[0], y + across[1]))
        right.append((x - across[0], y - across[1]))
    return through(left + right[::-1])


def rimmed(canvas: skia.Canvas, path: skia.Path, rim: str, paint: skia.Paint, drop: float = 0.03) -> None:
    """Fill `path` with `paint`, leaving a rim of light `drop` units high along its upper edges."""
    canvas.drawPath(path, fill(rim))
    canvas.save()
    canvas.clipPath(path, True)
    canvas.translate(-drop * 0.3, drop)
    canvas.drawPath(path, paint)
    canvas.restore()


def coat_paint(coat: Tones, top: float, bottom: float) -> skia.Paint:
    """Base colour that turns to the dark tone towards the belly, between the heights `top` and `bottom`."""
    return gradient((0, top), (0, bottom), (coat.base, coat.base, coat.dark), (0, 0.55, 1))


def reach(start: Point, angle: float, length: float) -> Point:
    """The far end of a bone of `length` from `start`; `angle` in degrees from straight down, positive to the front."""
    return start[0] + length * math.sin(math.radians(angle)), start[1] + length * math.cos(math.radians(angle))


def limb(canvas: skia.Canvas, joints: Sequence[Point], widths: Sequence[float], paint: skia.Paint) -> None:
    """Bones from joint to joint with a width at each joint."""
    path = skia.Path()
    for (x0, y0), (x1, y1), wide, narrow in zip(joints, joints[1:], widths, widths[1:], strict=False):
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        dx, dy = -(y1 - y0) / length / 2, (x1 - x0) / length / 2
        path.moveTo(x0 + dx * wide, y0 + dy * wide)
        path.lineTo(x1 + dx * narrow, y1 + dy * narrow)
        path.lineTo(x1 - dx * narrow, y1 - dy * narrow)
        path.lineTo(x0 - dx * wide, y0 - dy * wide)
        path.close()
    for (x, y), width in zip(joints, widths, strict=True):
        # The same sense of rotation as the bones above: overlaps of opposite sense would cancel to holes.
        path.addCircle(x, y, width / 2, skia.PathDirection.kCCW)
    canvas.drawPath(path, paint)


def eye(canvas: skia.Canvas, x: float, y: float, radius: float, ring: str = "#fdfaf0") -> None:
    """A large friendly eye: pale ring, dark pupil, looking ahead."""
    canvas.drawCircle(x, y, radius, fill(ring))
    canvas.drawCircle(x + radius * 0.15, y, radius * 0.68, fill("#1c1c24"))
