"""What the machines and walkers share: tones of one colour, lit solids, wheels, flames and a walking stride.

Units are the subject's own (height 1, y down, heading right); `phase` counts cycles.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import skia

from training.world.brush import fill, glow, gradient, mix, oval, rgb, stroke, to_hex

TYRE = "#1f2028"
METAL = "#b9c2cc"
GLASS = ("#e4f4fa", "#79b4d6")
FLAME = ("#ef5b1e", "#fba52b", "#fff0b0")


@dataclass(frozen=True)
class Tones:
    """One colour in the light: `rim` on top edges, `light` above, `base`, `dark` below, `deep` for what lies behind."""

    rim: str
    light: str
    base: str
    dark: str
    deep: str


@functools.lru_cache(maxsize=64)
def tones(colour: str) -> Tones:
    """Five tones of a palette name or `#rrggbb`: warm colours darken to red, the others to blue, so none goes dull."""
    red, _, blue = rgb(colour)
    shadow = mix("#20285a", "#7c1e14", max(0.0, min(1.0, (red - blue) * 1.4)))
    return Tones(
        rim=mix(colour, "#fffaf0", 0.62),
        light=mix(colour, "#fffaf0", 0.2),
        base=to_hex(*rgb(colour)),
        dark=mix(colour, shadow, 0.3),
        deep=mix(colour, shadow, 0.5),
    )


def accent(colour: str) -> str:
    """A trim that shows on `colour`: cream, or a strong blue where the body itself is pale."""
    return "#2f5fa8" if min(rgb(colour)) > 0.6 else "#fbf3df"


def outline(start: tuple[float, float], segments: Sequence[tuple[float, ...]]) -> skia.Path:
    """A closed path: a segment of 2 numbers is a line, of 4 a quadratic, of 6 a cubic curve."""
    path = skia.Path()
    path.moveTo(*start)
    for segment in segments:
        if len(segment) == 2:
            path.lineTo(*segment)
        elif len(segment) == 4:
            path.quadTo(*segment)
        else:
            path.cubicTo(*segment)
    path.close()
    return path


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> skia.Path:
    """A rectangle with rounded corners."""
    path = skia.Path()
    path.addRoundRect(skia.Rect.MakeLTRB(left, top, right, bottom), radius, radius)
    return path


def disc(x: float, y: float, width: float, height: float | None = None) -> skia.Path:
    """A circle of diameter `width`, or an ellipse."""
    path = skia.Path()
    path.addOval(oval(x, y, width, width if height is None else height))
    return path


def solid(canvas: skia.Canvas, path: skia.Path, tone: Tones, rim: float = 0.035) -> None:
    """Fill a shape as a lit body: a bright edge `rim` thick on top, then light to dark downwards."""
    bounds = path.getBounds()
    top, bottom = bounds.top(), bounds.bottom()
    body = gradient((0, top), (0, bottom), (tone.light, tone.base, tone.base, tone.dark), (0.0, 0.3, 0.6, 1.0))
    if rim <= 0:
        canvas.drawPath(path, body)
        return
    canvas.drawPath(path, fill(tone.rim))
    canvas.save()
    canvas.clipPath(path, True)
    canvas.translate(0, rim)
    canvas.drawPath(path, body)
    canvas.restore()


def panel(canvas: skia.Canvas, sides: tuple[float, float, float, float], radius: float, tone: Tones,
          rim: float = 0.035) -> None:
    """A lit box (left, top, right, bottom), as `solid` but in one stroke of the brush: its top is flat."""
    top, bottom = sides[1], sides[3]
    edge = rim / (bottom - top)
    canvas.drawPath(box(*sides, radius), gradient(
        (0, top), (0, bottom), (tone.rim, tone.rim, tone.light, tone.base, tone.base, tone.dark),
        (0.0, edge, edge + 0.001, 0.3, 0.6, 1.0)))


def glass(canvas: skia.Canvas, path: skia.Path) -> None:
    """Fill a window: pale at the top, sky blue below."""
    bounds = path.getBounds()
    canvas.drawPath(path, gradient((0, bounds.top()), (0, bounds.bottom()), GLASS))


def wheel(canvas: skia.Canvas, centre: tuple[float, float], radius: float, phase: float) -> None:
    """A dark tyre with three broad pale spokes: at 8 frames a second three still turn the right way."""
    canvas.drawCircle(*centre, radius, fill(TYRE))
    canvas.drawCircle(*centre, radius * 0.68, fill(mix(METAL, TYRE, 0.62)))
    for spoke in range(3):
        angle = 2 * math.pi * (phase + spoke / 3)
        end = (centre[0] + math.cos(angle) * radius * 0.56, centre[1] + math.sin(angle) * radius * 0.56)
        canvas.drawLine(*centre, *end, stroke(METAL, radius * 0.26))
    canvas.drawCircle(*centre, radius * 0.2, fill(METAL))


def sleeve(canvas: skia.Canvas, points: Sequence[tuple[float, float]], width: float, tone: Tones) -> None:
    """A limb through `points`, set off from the body behind it by a darker edge."""
    path = skia.Path()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    canvas.drawPath(path, stroke(tone.dark, width + 0.035))
    canvas.drawPath(path, stroke(tone.base, width))


def flicker(phase: float, shift: float = 0.0) -> float:
    """A restless number in -1..1 of two waves a cycle, which a tongue of fire follows."""
    return 0.6 * math.sin(2 * math.pi * (phase + shift)) + 0.4 * math.sin(2 * math.pi * (2 * phase + 1.7 * shift))


def flame(canvas: skia.Canvas, length: float, width: float, phase: float) -> None:
    """A jet of fire from the origin towards -x: three tongues, hot inside, each with a flicker of its own."""
    for index, (colour, long, wide) in enumerate(zip(FLAME, (1.0, 0.74, 0.46), (1.0, 0.68, 0.36), strict=True)):
        reach = length * long * (1 + 0.24 * flicker(phase, 0.13 * index))
        half = width * wide * (0.5 + 0.05 * flicker(phase, 0.4 + 0.2 * index))
        lick = width * 0.16 * flicker(phase, 0.7 + 0.1 * index)
        tongue = outline((0, -half * 0.8), [
            (-reach * 0.3, -half * 1.35, -reach * 0.7, -half * 0.5 + lick, -reach, lick),
            (-reach * 0.7, half * 0.5 + lick, -reach * 0.3, half * 1.35, 0, half * 0.8),
        ])
        canvas.drawPath(tongue, fill(colour))


def lamp(canvas: skia.Canvas, path: skia.Path, colour: str, halo: float = 0.2) -> None:
    """A shining pane or bulb with a soft halo about it."""
    bounds = path.getBounds()
    centre = (bounds.centerX(), bounds.centerY())
    canvas.drawCircle(*centre, halo, glow(centre, halo, colour, 0.5))
    canvas.drawPath(path, fill(colour))


@dataclass(frozen=True)
class Leg:
    """A leg in mid-stride, in subject units: angles in radians from straight down, positive forward."""

    thigh: float
    shin: float
    drop: float

    def knee(self, hip: tuple[float, float], length: float) -> tuple[float, float]:
        """Where the knee is, `length` (half a leg) from the hip."""
        return hip[0] + math.sin(self.thigh) * length, hip[1] + math.cos(self.thigh) * length

    def ankle(self, hip: tuple[float, float], length: float) -> tuple[float, float]:
        """Where the foot hangs, one `length` below the knee."""
        x, y = self.knee(hip, length)
        return x + math.sin(self.shin) * length, y + math.cos(self.shin) * length


def stride(phase: float, swing: float, bend: float) -> tuple[Leg, Leg]:
    """The near and the far leg of a walker; `drop` (0..2) is how far below the hip the foot is, in half legs."""
    legs = []
    for shift in (0.0, 0.5):
        turn = 2 * math.pi * (phase + shift)
        thigh = swing * math.sin(turn)
        shin = thigh - bend * max(0.0, math.cos(turn))
        legs.append(Leg(thigh, shin, math.cos(thigh) + math.cos(shin)))
    return legs[0], legs[1]
