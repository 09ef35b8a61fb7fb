"""Under water: light falling into the blue, weed and coral on the sand, bubbles."""

import math

import skia

from training.world.brush import fill, mix, noise, polygon, smooth
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, MARGIN, Layer, band, cells, hills, shaded, veiled

BLUES = (("#4fd6e4", "#2a66a8"), ("#1489c9", "#0f3a7c"), ("#0b4790", "#071a4c"))
CORALS = ("#ff6f6b", "#ff9f45", "#e05aa8", "#ffd35a")


def rays(canvas: skia.Canvas, view: View, strength: float) -> None:
    """Broad shafts of light that sway from the surface."""
    shafts = skia.Path()
    for index, left in cells(view, 0.1, 0.42, 0.5):
        sway = 0.07 * math.sin(0.7 * view.time + 1.7 * index)
        width = 0.07 + 0.1 * noise(view.seed + 91, index)
        foot = left - 0.35 + sway
        shafts.addPath(polygon([(left, -MARGIN), (left + width, -MARGIN), (foot + 2.2 * width, 0.9), (foot, 0.9)]))
    veiled(canvas, shafts, (0.0, 0.45, 0.88), "#eaffff", (strength, 0.4 * strength, 0.0))


def weed(canvas: skia.Canvas, x: float, height: float, colour: str, time: float) -> None:
    """One broad swaying ribbon rooted in the sand."""
    spine = [(x + (0.07 * up * up) * math.sin(1.4 * time + 3 * up), 0.95 - height * up)
             for up in (0.0, 0.25, 0.5, 0.75, 1.0)]
    width = (0.016, 0.026, 0.028, 0.02, 0.0)
    left = [(px - w, py) for (px, py), w in zip(spine, width, strict=True)]
    right = [(px + w, py) for (px, py), w in zip(spine, width, strict=True)]
    canvas.drawPath(smooth([*left, *reversed(right)]), fill(colour))


def coral(canvas: skia.Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A fan of round fingers, lit on the left."""
    for along, up, tone in ((-0.5, 0.55, colour), (0.5, 0.6, mix(colour, "#10204a", 0.3)), (0.0, 0.95, colour),
                            (0.24, 0.4, mix(colour, "#10204a", 0.3)), (-0.22, 0.35, mix(colour, "#ffffff", 0.25))):
        left, width = x + along * size, 0.26 * size
        finger = skia.Rect.MakeLTRB(left - width / 2, y - up * size, left + width / 2, y + 0.1)
        canvas.drawRoundRect(finger, width / 2, width / 2, fill(tone))


def bubbles(canvas: skia.Canvas, view: View) -> None:
    """Rising strings of bubbles."""
    for index, left in cells(view, 0.6, 0.7, 0.2):
        for part in range(3):
            key = 3 * index + part
            risen = (noise(view.seed + 95, key) + 0.16 * view.time) % 1.0
            x = left + 0.5 * noise(view.seed + 96, key) + 0.02 * math.sin(3 * view.time + key)
            y, radius = 0.95 - 1.05 * risen, 0.009 + 0.011 * noise(view.seed + 97, key)
            canvas.drawCircle(x, y, radius, fill("#d8f8ff", 0.5))
            canvas.drawCircle(x - 0.3 * radius, y - 0.3 * radius, 0.45 * radius, fill("#ffffff", 0.8))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Blue depth, rays, rocks in the distance, sand, coral and weed."""
    night = 0.7 * light.dark
    top, middle, deep = (mix(*pair, night) for pair in BLUES)
    shaded(canvas, band(view, -MARGIN), (0, 0.45, 0.9), (top, middle, deep))
    rays(canvas, view, 0.42 - 0.24 * night)
    for depth, base, share in ((0.2, 0.76, 0.4), (0.4, 0.83, 0.65)):
        tone = mix(middle, deep, share + 0.2)
        layer = Layer(depth=depth, base=base, height=0.1, scale=0.4, salt=round(100 * depth))
        hills(canvas, view, layer, (mix(tone, top, 0.18), tone, deep))
    sand = mix(mix("#f2d487", "#3f6fb0", 0.6 * light.dark), middle, 0.12)
    layer = Layer(depth=0.8, base=0.885, height=0.018, scale=0.7, salt=7)
    hills(canvas, view, layer, (mix(sand, "#ffffff", 0.35), sand, mix(sand, deep, 0.4)))
    for index, left in cells(view, 0.8, 0.5, 0.3):
        x = left + 0.2 * noise(view.seed + 93, index)
        for part in range(3):
            weed(canvas, x + 0.055 * part, 0.2 + 0.16 * noise(view.seed + 94, 3 * index + part),
                 mix(("#2f9e6a", "#1f7f63", "#57b85f")[part], deep, 0.25 + 0.4 * night), view.time + index + 0.4 * part)
        colour = CORALS[math.floor(4 * noise(view.seed + 92, index)) % 4]
        coral(canvas, x + 0.3, 0.93, 0.1 + 0.05 * noise(view.seed + 98, index), mix(colour, deep, 0.15 + 0.45 * night))
    bubbles(canvas, view)


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A dark rock ledge with a coral here and there."""
    tone = mix("#0d3f78", "#06153c", 0.7 * light.dark)
    for index, left in cells(view, 1.25, 1.3, 0.5):
        x = left + 0.6 * noise(view.seed + 99, index)
        colour = CORALS[math.floor(4 * noise(view.seed + 90, index)) % 4]
        coral(canvas, x + 0.1, 0.98, 0.1, mix(colour, tone, 0.2 + 0.4 * light.dark))
        canvas.drawPath(smooth([(x - 0.3, BOTTOM), (x - 0.2, 0.97), (x, 0.93), (x + 0.25, 0.97), (x + 0.35, BOTTOM)]),
                        fill(tone))


SETTING = Setting(
    name="under water",
    phrases=("under water", "in the deep blue water", "under the sea", "beneath the waves", "over a coral reef"),
    back=back,
    front=front,
    levels={"deep": (0.3, 0.62), "ground": 0.91},
    times=("day",),
    weathers=("clear",),
    across=("through the deep sea", "through the blue water"),
)
