"""Space: a great ringed planet before bright mist and stars."""

import skia

from training.world.brush import fill, glow, gradient, mix, noise, oval
from training.world.parts import Light, Setting, View
from training.world.scenery import MARGIN, band, cells, shaded, stars

# Deep space, two mists, planet light and dark, ring; the first by day, the second at night.
DAY = ("#1a1250", "#b03a9c", "#2f7fd0", "#ffc27a", "#a8452f", "#ffe6bd")
NIGHT = ("#070a24", "#1f6f9c", "#4a2f90", "#7fd0c8", "#23508f", "#cdeaf2")


def mist(canvas: skia.Canvas, view: View, colours: tuple[str, str]) -> None:
    """Large soft clouds of colour."""
    for index, left in cells(view, 0.04, 0.9, 0.3):
        y = 0.15 + 0.7 * noise(view.seed + 71, index)
        radius = 0.36 + 0.14 * noise(view.seed + 72, index)
        canvas.drawCircle(left, y, radius, glow((left, y), radius, colours[index % 2], 0.6))


def near_stars(canvas: skia.Canvas, view: View) -> None:
    """Two layers of larger stars that move past."""
    for layer, (depth, size) in enumerate(((0.15, 0.008), (0.4, 0.012))):
        for index, left in cells(view, depth, 0.13):
            y = noise(view.seed + 73 + layer, index)
            canvas.drawCircle(left, y, size * (0.6 + 0.4 * noise(view.seed + 75, index)), fill("#ffffff", 0.9))


def planet(canvas: skia.Canvas, centre: tuple[float, float], radius: float, colours: tuple[str, str, str]) -> None:
    """A banded globe with its night side, and a tilted ring that passes behind and before it."""
    bright, dark, ring = colours
    canvas.save()
    canvas.translate(*centre)
    canvas.drawCircle(0, 0, 1.8 * radius, glow((0, 0), 1.8 * radius, bright, 0.35))
    canvas.rotate(-18)
    hoop = skia.Path()
    hoop.addOval(oval(0, 0, 4.3 * radius, 1.15 * radius))
    hoop.addOval(oval(0, 0, 2.9 * radius, 0.62 * radius))
    hoop.setFillType(skia.PathFillType.kEvenOdd)
    canvas.drawPath(hoop, fill(mix(ring, dark, 0.35)))
    canvas.save()
    globe = skia.Path()
    globe.addCircle(0, 0, radius)
    canvas.clipPath(globe, True)
    canvas.drawPaint(gradient((0, -radius), (0, radius), (mix(bright, "#ffffff", 0.3), bright, mix(bright, dark, 0.5))))
    for y, height in ((-0.5, 0.16), (0.05, 0.24), (0.55, 0.16)):
        canvas.drawRect(skia.Rect.MakeXYWH(-radius, y * radius, 2 * radius, height * radius), fill(dark, 0.5))
    shadow = skia.Path()
    shadow.addCircle(-0.5 * radius, -0.3 * radius, 1.4 * radius)
    shadow.setFillType(skia.PathFillType.kInverseWinding)
    canvas.drawPath(shadow, fill("#0a0a2c", 0.6))
    canvas.restore()
    canvas.clipRect(skia.Rect.MakeLTRB(-3 * radius, 0, 3 * radius, 2 * radius), True)
    canvas.drawPath(hoop, fill(ring))
    canvas.restore()


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Deep blue, mist, stars, the ringed planet and its moon."""
    deep, first, second, bright, dark, ring = NIGHT if light.dark > 0.5 else DAY
    shaded(canvas, band(view, -MARGIN), (0, 0.5, 1), (mix(deep, "#000000", 0.5), deep, mix(deep, first, 0.35)))
    mist(canvas, view, (first, second))
    stars(canvas, view, 1.0, 1.3)
    near_stars(canvas, view)
    side = 1 if noise(view.seed + 70, 0) > 0.5 else -1
    x = side * view.half * (0.48 + 0.12 * noise(view.seed + 70, 1))
    planet(canvas, (x, 0.3 + 0.08 * noise(view.seed + 70, 2)), 0.17, (bright, dark, ring))
    canvas.drawCircle(-side * 0.55 * view.half, 0.17, 0.05, fill(mix(ring, deep, 0.2)))
    canvas.drawCircle(-side * 0.55 * view.half + 0.014, 0.176, 0.04, fill(mix(ring, deep, 0.55)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A few streaking stars nearer than the subjects."""
    for index, left in cells(view, 1.4, 0.9, 0.2):
        y = 0.08 + 0.84 * noise(view.seed + 77, index)
        canvas.drawCircle(left, y, 0.013, fill(mix("#ffffff", light.sun, 0.3), 0.95))


SETTING = Setting(
    name="space",
    phrases=("in space", "among the stars", "in outer space", "past a ringed planet"),
    back=back,
    front=front,
    levels={"space": (0.35, 0.65), "air": (0.35, 0.65)},
    times=("day",),
    weathers=("clear",),
    across=("through space",),
)
