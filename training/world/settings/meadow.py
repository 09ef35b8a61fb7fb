"""Meadow: bright green rolling hills, round trees far off, flowers near by."""

import math

import skia

from training.world.brush import fill, noise, polygon, shade
from training.world.parts import Light, Setting, View
from training.world.scenery import Layer, cells, clouds, crest, far, hills, lit, rim, round_tree, sky, under

HORIZON = 0.62
PETALS = ("#ff5f6d", "#ffffff", "#ffd23f", "#b87be0")


def flower(canvas: skia.Canvas, centre: tuple[float, float], size: float, colours: tuple[str, str]) -> None:
    """Five round petals and a heart."""
    x, y = centre
    petals = skia.Path()
    for part in range(5):
        angle = math.tau * part / 5 - math.pi / 2
        petals.addCircle(x + 0.62 * size * math.cos(angle), y + 0.62 * size * math.sin(angle), 0.5 * size)
    canvas.drawPath(petals, fill(colours[0]))
    canvas.drawCircle(x, y, 0.4 * size, fill(colours[1]))


def flowers(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """Flowers strewn over a strip `layer.height` high; `layer.scale` is their spacing."""
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, 0.05):
        tone = PETALS[int(4 * noise(seed, 3 * index)) % 4]
        heart = "#ffb52e" if tone != "#ffd23f" else "#e0702a"
        y = layer.base + layer.height * (noise(seed, 3 * index + 1) - 0.5)
        x = left + 0.6 * layer.scale * noise(seed, 3 * index + 2) + 0.004 * math.sin(2 * view.time + index)
        flower(canvas, (x, y), 0.02 * layer.depth, (lit(tone, light), lit(heart, light)))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, three rows of hills with trees, the near grass with flowers."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.06, base=0.36, height=0.22, scale=0.75, salt=1))
    for depth, base, swing, scale, tone, distance in (
        (0.12, 0.57, 0.11, 0.6, "#55ad62", 0.3), (0.28, 0.66, 0.09, 0.8, "#58b64a", 0.1),
    ):
        green = far(tone, light, distance)
        layer = Layer(depth=depth, base=base, height=swing, scale=scale, salt=round(100 * depth), roughness=1)
        hills(canvas, view, layer, (rim(green, light), green, shade(green, -0.18)))
    crown = (far("#4f9f45", light, 0.15), far("#2f7440", light, 0.15), far("#6b4a30", light, 0.15))
    for index, left in cells(view, 0.4, 0.8, 0.3):
        x = left + 0.5 * noise(view.seed + 51, index)
        round_tree(canvas, x, 0.735, 0.17 + 0.06 * noise(view.seed + 52, index), crown)
    for depth, base, tone in ((0.45, 0.735, "#72c043"), (0.85, 0.8, "#84cf46")):
        green = lit(tone, light)
        layer = Layer(depth=depth, base=base, height=0.035, scale=0.9, salt=round(100 * depth), roughness=1)
        hills(canvas, view, layer, (rim(green, light), green, shade(green, -0.25)))
    flowers(canvas, view, light, Layer(depth=0.7, base=0.83, height=0.03, scale=0.14, salt=53))
    flowers(canvas, view, light, Layer(depth=1.0, base=0.93, height=0.05, scale=0.16, salt=54))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Swaying tufts of grass and large flowers along the lower edge."""
    green = lit("#3f8f3a", light)
    for index, left in cells(view, 1.25, 0.12, 0.1):
        sway = 0.012 * math.sin(2.1 * view.time + 0.9 * index)
        high = 0.925 + 0.03 * noise(view.seed + 55, index)
        canvas.drawPath(polygon([(left - 0.02, 1.05), (left - 0.035 + sway, high + 0.02), (left + 0.02, 0.99),
                                 (left + 0.02 + sway, high), (left + 0.055, 0.99), (left + 0.085 + sway, high + 0.025),
                                 (left + 0.09, 1.05)]), fill(green))
    ground = crest(view, Layer(depth=1.25, base=0.985, height=0.006, scale=0.3, salt=56, roughness=1))
    canvas.drawPath(under(ground), fill(green))
    flowers(canvas, view, light, Layer(depth=1.25, base=0.97, height=0.03, scale=0.33, salt=57))


SETTING = Setting(
    name="meadow",
    phrases=("in a meadow", "in a green meadow", "among meadow flowers", "in green hills"),
    back=back,
    front=front,
    levels={"ground": 0.88, "air": (0.2, 0.42)},
    weathers=("clear", "rain", "fog"),
    across=("across a meadow", "through a flowering meadow", "crossing a green meadow"),
    elsewhere={"air": ("over a meadow", "above a green meadow", "over green hills", "across a meadow")},
)
