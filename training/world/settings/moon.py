"""The moon: grey craters under a black sky in which the Earth hangs."""

import skia

from training.world.brush import fill, glow, gradient, mix, noise, oval, polygon
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, MARGIN, Layer, band, cells, hills, shaded, stars

GROUND = 0.7


def earth(canvas: skia.Canvas, x: float, y: float, radius: float) -> None:
    """The blue planet: sea, land, cloud and the shadow of its night side."""
    canvas.drawCircle(x, y, 1.7 * radius, glow((x, y), 1.7 * radius, "#6fb6ff", 0.45))
    canvas.save()
    disc = skia.Path()
    disc.addCircle(x, y, radius)
    canvas.clipPath(disc, True)
    canvas.drawPaint(gradient((x - radius, y), (x + radius, y), ("#4aa8f0", "#1c5fc0")))
    for along, up, width, height in ((-0.45, -0.35, 0.8, 0.6), (-0.2, 0.45, 0.5, 0.75), (0.55, -0.1, 0.5, 0.9)):
        canvas.drawOval(oval(x + along * radius, y + up * radius, width * radius, height * radius), fill("#4fb35a"))
    for along, up, width in ((-0.5, 0.05, 0.9), (0.35, -0.6, 0.8), (0.3, 0.55, 0.7)):
        canvas.drawOval(oval(x + along * radius, y + up * radius, width * radius, 0.16 * radius), fill("#ffffff", 0.9))
    night = skia.Path()
    night.addCircle(x - 0.45 * radius, y - 0.25 * radius, 1.35 * radius)
    night.setFillType(skia.PathFillType.kInverseWinding)
    canvas.drawPath(night, fill("#04081c", 0.75))
    canvas.restore()


def craters(canvas: skia.Canvas, view: View, tones: tuple[str, str, str]) -> None:
    """Shallow bowls in three rows: bright far rim, dark bowl, lit floor."""
    rim, bowl, floor = tones
    for row, (depth, y, width) in enumerate(((0.5, 0.745, 0.2), (0.75, 0.81, 0.3), (1.05, 0.945, 0.46))):
        for index, left in cells(view, depth, 1.7 * width, width):
            size = width * (0.65 + 0.35 * noise(view.seed + 81 + row, index))
            x = left + 0.6 * width * noise(view.seed + 84 + row, index)
            canvas.drawOval(oval(x, y, size, 0.24 * size), fill(rim))
            canvas.drawOval(oval(x, y + 0.012, size * 0.94, 0.2 * size), fill(bowl))
            canvas.drawOval(oval(x + 0.06 * size, y + 0.02 + 0.02 * size, size * 0.7, 0.11 * size), fill(floor))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Black sky, stars, Earth, two ranges of hills, the plain with its craters."""
    night = light.dark > 0.5
    dust = "#7f8aa8" if night else "#c4c5c9"
    deep = "#080b1c" if night else "#05060b"
    shaded(canvas, band(view, -MARGIN, GROUND), (0, GROUND), (deep, mix(deep, dust, 0.12)))
    stars(canvas, view, 1.0, 1.2)
    side = 1 if noise(view.seed + 80, 0) > 0.5 else -1
    earth(canvas, side * view.half * (0.5 + 0.12 * noise(view.seed + 80, 1)), 0.24, 0.15)
    for depth, base, shade in ((0.12, 0.63, 0.62), (0.3, 0.68, 0.4)):
        tone = mix(dust, deep, shade)
        layer = Layer(depth=depth, base=base, height=0.07, scale=0.35, salt=round(100 * depth))
        hills(canvas, view, layer, (mix(tone, "#ffffff", 0.35), tone, mix(tone, deep, 0.3)))
    shaded(canvas, band(view, GROUND), (GROUND, 1), (mix(dust, "#ffffff", 0.15), mix(dust, deep, 0.25)))
    craters(canvas, view, (mix(dust, "#ffffff", 0.55), mix(dust, deep, 0.5), mix(dust, deep, 0.22)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A few dark boulders at the lower edge."""
    tone = "#3a4058" if light.dark > 0.5 else "#5d5e66"
    for index, left in cells(view, 1.3, 1.1, 0.3):
        x = left + 0.6 * noise(view.seed + 88, index)
        size = 0.1 + 0.08 * noise(view.seed + 89, index)
        canvas.drawPath(polygon([(x - size, BOTTOM), (x - 0.9 * size, 0.985), (x - 0.3 * size, 0.95),
                                 (x + 0.4 * size, 0.96), (x + size, BOTTOM)]), fill(tone))
        canvas.drawPath(polygon([(x - 0.9 * size, 0.985), (x - 0.3 * size, 0.95), (x + 0.4 * size, 0.96),
                                 (x, 0.985)]), fill(mix(tone, "#ffffff", 0.35)))


SETTING = Setting(
    name="moon",
    phrases=("on the moon", "on the grey moon", "on the surface of the moon", "among moon craters"),
    back=back,
    front=front,
    levels={"ground": 0.86, "space": (0.25, 0.5), "air": (0.25, 0.5)},
    times=("day",),
    weathers=("clear",),
    across=("across the moon", "crossing the moon"),
    elsewhere=dict.fromkeys(("air", "space"), ("above the moon", "over the moon", "away from the moon",
                                               "leaving the moon")),
)
