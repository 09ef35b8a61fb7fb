"""Skia helpers shared by every subject and setting: colours, shading, simple shapes.

Units: one frame height is 1.0; x grows to the right, y grows **down**. Nothing here knows pixels, so the same
drawing serves 320x320 stills, 768x320 films and 3072x1280 targets of the upscaler.
"""

import colorsys
import functools
import math
from collections.abc import Sequence

import skia

# Named colours of the world, tuned to sit well together under every light.
PALETTE: dict[str, str] = {
    "red": "#d8322f",
    "orange": "#ef8122",
    "yellow": "#f6c62d",
    "green": "#3f9b4f",
    "teal": "#1f9c98",
    "blue": "#2f6fd0",
    "purple": "#7e4bb0",
    "pink": "#ea7fa8",
    "white": "#f4f1ea",
    "black": "#2b2b33",
    "grey": "#8b919b",
    "brown": "#7b4f2f",
    "silver": "#c3cad3",
    "golden": "#e0a92e",
}


@functools.cache
def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green, blue in 0..1 of `#rrggbb` or of a name in `PALETTE`."""
    text = PALETTE.get(colour, colour).lstrip("#")
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def to_hex(red: float, green: float, blue: float) -> str:
    """`#rrggbb` of red, green, blue in 0..1 (clipped)."""
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, v))):02x}" for v in (red, green, blue))


@functools.lru_cache(maxsize=16384)
def mix(first: str, second: str, share: float) -> str:
    """`first` blended towards `second`: share 0 gives first, 1 gives second."""
    a, b = rgb(first), rgb(second)
    return to_hex(*(x + (y - x) * share for x, y in zip(a, b, strict=True)))


@functools.lru_cache(maxsize=16384)
def shade(colour: str, amount: float) -> str:
    """Lighter (amount > 0, up to 1) or darker (amount < 0, down to -1), a little warmer or cooler with it."""
    hue, light, saturation = colorsys.rgb_to_hls(*rgb(colour))
    light = light + (1 - light) * amount if amount > 0 else light * (1 + amount)
    return to_hex(*colorsys.hls_to_rgb(hue, light, saturation))


def fill(colour: str, alpha: float = 1.0) -> skia.Paint:
    """An anti-aliased fill."""
    return skia.Paint(AntiAlias=True, Color4f=skia.Color4f(*rgb(colour), alpha))


def stroke(colour: str, width: float, alpha: float = 1.0) -> skia.Paint:
    """An anti-aliased round-capped line of `width` frame heights (or subject units inside a subject)."""
    return skia.Paint(
        AntiAlias=True,
        Color4f=skia.Color4f(*rgb(colour), alpha),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def gradient(start: tuple[float, float], end: tuple[float, float], colours: Sequence[str],
             stops: Sequence[float] | None = None) -> skia.Paint:
    """A fill shaded linearly from `start` to `end` through `colours`."""
    shader = skia.GradientShader.MakeLinear(
        points=[skia.Point(*start), skia.Point(*end)],
        colors=[skia.Color4f(*rgb(c), 1.0).toColor() for c in colours],
        positions=list(stops) if stops is not None else None,
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


def glow(centre: tuple[float, float], radius: float, colour: str, alpha: float = 1.0) -> skia.Paint:
    """A radial fill that fades from `colour` at the centre to nothing at `radius`."""
    red, green, blue = rgb(colour)
    shader = skia.GradientShader.MakeRadial(
        center=skia.Point(*centre),
        radius=radius,
        colors=[skia.Color4f(red, green, blue, alpha).toColor(), skia.Color4f(red, green, blue, 0.0).toColor()],
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


def polygon(points: Sequence[tuple[float, float]]) -> skia.Path:
    """A closed path through `points`."""
    path = skia.Path()
    path.addPoly([skia.Point(x, y) for x, y in points], True)
    return path


def smooth(points: Sequence[tuple[float, float]], closed: bool = True) -> skia.Path:
    """A rounded path whose corners are `points` (quadratic curves through the middles of the edges)."""
    path = skia.Path()
    count = len(points)
    middle = [((points[i][0] + points[(i + 1) % count][0]) / 2, (points[i][1] + points[(i + 1) % count][1]) / 2)
              for i in range(count)]
    if closed:
        path.moveTo(*middle[-1])
        for i in range(count):
            path.quadTo(*points[i], *middle[i])
        path.close()
    else:
        path.moveTo(*points[0])
        for i in range(1, count - 1):
            path.quadTo(*points[i], *middle[i])
        path.lineTo(*points[-1])
    return path


def oval(x: float, y: float, width: float, height: float) -> skia.Rect:
    """The box of an ellipse centred at (x, y)."""
    return skia.Rect.MakeXYWH(x - width / 2, y - height / 2, width, height)


def noise(seed: int, index: int) -> float:
    """A fixed number in 0..1 for (seed, index): scenery must not move from frame to frame."""
    value = (seed * 374761393 + index * 668265263) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((value ^ (value >> 16)) & 0xFFFFFF) / 0xFFFFFF


def ridge(x: float, seed: int, roughness: int = 3) -> float:
    """A smooth landscape profile: about -1..1, continuous in x, the same for ever for one seed."""
    total, scale = 0.0, 1.0
    for octave in range(roughness):
        position = x / scale
        left = math.floor(position)
        step = position - left
        ease = step * step * (3 - 2 * step)
        a, b = noise(seed + 17 * octave, left), noise(seed + 17 * octave, left + 1)
        total += (2 * (a + (b - a) * ease) - 1) * scale
        scale *= 0.45
    return total / 1.6
