"""Open sea: nothing but sky and rows of waves, towering in a storm."""

import skia

from training.world.brush import fill, mix
from training.world.parts import Light, Setting, View
from training.world.scenery import Layer, band, clouds, far, mirrored, sky, waves

HORIZON = 0.47
ROWS = ((0.15, 0.5, 0.2), (0.28, 0.55, 0.28), (0.45, 0.61, 0.38), (0.7, 0.69, 0.52))
FRONT = (1.1, 0.8, 0.7)


def row(canvas: skia.Canvas, view: View, light: Light, number: int) -> None:
    """Row 0 (far) .. 4 (before the subjects) of the waves."""
    depth, base, scale = (*ROWS, FRONT)[number]
    storm = light.weather == "storm"
    height = (0.1 if storm else 0.05) * (0.35 + 0.65 * depth)
    if storm and number == len(ROWS):
        height *= 0.7
    distance = 0.45 * (1 - min(1.0, depth))
    foam, face, foot = (
        ("#e6eff0", "#5b8791", "#16303d") if storm else ("#e2f7fa", "#35a0d0", "#0b4a90")
    )
    tones = (mix(mix(foam, far(foam, light, distance), 0.7), light.sky[2], 0.3),
             mirrored(far(face, light, distance), light, 0.8 - 0.4 * min(1.0, depth)),
             mirrored(far(foot, light, 0.6 * distance), light, 0.4 - 0.4 * min(1.0, depth)))
    layer = Layer(depth=depth, base=base, height=height, scale=scale, salt=3 * number)
    waves(canvas, view, layer, 0.95 if storm else 0.6, tones)


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, the level horizon, four rows of waves."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.06, base=0.33, height=0.2, scale=0.9, salt=1))
    distant = mirrored(far("#2b8fc4", light, 0.5), light, 1.0)
    canvas.drawPath(band(view, HORIZON), fill(distant))
    for number in range(len(ROWS)):
        row(canvas, view, light, number)


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """The wave before the subjects, which hides the foot of a hull."""
    row(canvas, view, light, len(ROWS))


SETTING = Setting(
    name="open sea",
    phrases=("on the open sea", "at sea", "on the wide ocean", "on the waves"),
    back=back,
    front=front,
    levels={"water": 0.76, "air": (0.2, 0.4)},
    weathers=("clear", "rain", "storm", "fog"),
    across=("across the open sea", "crossing the open sea"),
    elsewhere={"air": ("over the open sea", "above the open sea", "over the ocean", "above the waves")},
)
