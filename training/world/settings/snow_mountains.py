"""Snow mountains: slate triangular peaks capped and streaked with snow, firs on a snowfield."""

import skia

from training.world.brush import fill, mix, noise, polygon
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, Layer, cells, clouds, conifer, far, hills, lit, rim, sky, still_water

HORIZON = 0.66


def peak(canvas: skia.Canvas, top: tuple[float, float], size: tuple[float, float], tones: tuple[str, str, str]) -> None:
    """A mountain `size` (half width, height): a sunlit and a shaded face, a cap of snow on both."""
    (x, y), (half, height) = top, size
    snow, sunny, shady = tones
    left, right, foot = x - half, x + half, y + height
    ridge = x - 0.1 * half
    canvas.drawPath(polygon([(x, y), (right, foot), (right, BOTTOM), (left, BOTTOM), (left, foot)]), fill(sunny))
    canvas.drawPath(polygon([
        (x, y), (right, foot), (right, BOTTOM), (ridge, BOTTOM), (ridge, foot),
        (x + 0.12 * half, y + 0.62 * height), (x - 0.06 * half, y + 0.4 * height), (x + 0.08 * half, y + 0.2 * height),
    ]), fill(shady))
    canvas.drawPath(polygon([
        (x, y), (x + 0.4 * half, y + 0.4 * height), (x + 0.24 * half, y + 0.36 * height),
        (x + 0.14 * half, y + 0.52 * height), (x, y + 0.38 * height), (x - 0.14 * half, y + 0.56 * height),
        (x - 0.26 * half, y + 0.38 * height), (x - 0.42 * half, y + 0.42 * height),
    ]), fill(snow))


def range_of_peaks(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """A row of mountains; every second one steps forward and is lower."""
    # Slate far darker than any sky by day: bodies of its colour left their snow floating in it.
    distance = 0.4 - 0.9 * layer.depth
    snow = mix("#fbfdff", far("#fbfdff", light, 0.6 * distance), 0.8)
    tones = (snow, far("#66789a", light, distance), far("#47577a", light, distance))
    seed = view.seed + layer.salt
    found = list(cells(view, layer.depth, layer.scale, layer.scale))
    for parity in (0, 1):
        for index, left in found:
            if index % 2 == parity:
                height = layer.height * (0.75 + 0.25 * noise(seed, 2 * index)) * (1.0 - 0.3 * parity)
                x = left + layer.scale * (0.35 + 0.3 * noise(seed, 2 * index + 1))
                peak(canvas, (x, layer.base - height), (0.85 * layer.scale, height), tones)


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, two ranges, a fir wood, a lake, the snowfield."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.05, base=0.22, height=0.12, scale=1.0, salt=1))
    range_of_peaks(canvas, view, light, Layer(depth=0.1, base=0.66, height=0.42, scale=0.5, salt=31))
    range_of_peaks(canvas, view, light, Layer(depth=0.25, base=0.76, height=0.42, scale=0.75, salt=32))
    snow, shaded = lit("#f4f9ff", light), lit("#a9c6ea", light)
    layer = Layer(depth=0.5, base=0.71, height=0.02, scale=0.8, salt=33)
    hills(canvas, view, layer, (snow, mix(snow, shaded, 0.6), shaded))
    trees = (far("#3f7d6e", light, 0.12), far("#235548", light, 0.1))
    for index, left in cells(view, 0.5, 0.17, 0.15):
        if noise(view.seed + 34, index) > 0.3:
            conifer(canvas, left, 0.745, 0.12 + 0.1 * noise(view.seed + 35, index), trees)
    still_water(canvas, view, light, (0.75, 0.825), (far("#6fa9da", light, 0.1), lit("#2a6cab", light)))
    layer = Layer(depth=0.95, base=0.832, height=0.015, scale=0.9, salt=36, roughness=1)
    hills(canvas, view, layer, (rim(snow, light, 0.5), snow, shaded))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A bank of snow in blue shade."""
    layer = Layer(depth=1.3, base=0.965, height=0.02, scale=0.6, salt=37, roughness=1)
    hills(canvas, view, layer, (lit("#f4f9ff", light), lit("#b4cdee", light), lit("#7fa6d8", light)))


SETTING = Setting(
    name="snow mountains",
    phrases=("in snow mountains", "in the snowy mountains", "below white peaks"),
    back=back,
    front=front,
    levels={"ground": 0.9, "water": 0.8, "air": (0.2, 0.45)},
    weathers=("clear", "snow", "storm", "fog"),
    across=("through snow mountains", "across snowy mountains", "crossing snow mountains"),
    elsewhere={"air": ("over snow mountains", "above snow mountains", "over white peaks", "across snowy mountains"),
               "water": ("in snow mountains", "on a lake in snow mountains", "on a mountain lake")},
)
