"""Coast road: turquoise sea, chalk-topped cliffs, asphalt with a dashed line."""

import skia

from training.world.brush import fill, noise, polygon
from training.world.parts import Light, Setting, View
from training.world.scenery import (
    BOTTOM,
    Layer,
    band,
    cells,
    clouds,
    crest,
    far,
    flat_sea,
    lit,
    road,
    shaded,
    sky,
    under,
)

HORIZON = 0.45


def headlands(canvas: skia.Canvas, view: View, light: Light, depth: float, size: float) -> None:
    """Cliffs that run out into the sea: grass on top, pale rock below, a shaded face to the right."""
    distance = 0.5 - 1.2 * depth
    grass, rock, shadow = (far(c, light, distance) for c in ("#5f9f4a", "#efc48a", "#a8714c"))
    foot = HORIZON + 0.05 + 0.14 * depth
    for index, left in cells(view, depth, 1.5 * size, size):
        start = left + 0.5 * size * noise(view.seed + 11, index)
        high = foot - size * (0.24 + 0.12 * noise(view.seed + 12, index))
        face = start + 0.55 * size
        end = start + 0.85 * size
        canvas.drawPath(polygon([(start - 0.15 * size, foot), (start, high + 0.04), (face, high), (end, foot)]),
                        fill(rock))
        canvas.drawPath(polygon([(face, high), (face + 0.14 * size, high + 0.1 * size), (end, foot),
                                 (face - 0.05 * size, foot)]), fill(shadow))
        canvas.drawPath(polygon([(start - 0.05 * size, high + 0.1 * size), (start, high + 0.025),
                                 (start + 0.2 * size, high), (face, high - 0.015), (face + 0.02, high + 0.02),
                                 (start + 0.25 * size, high + 0.05)]), fill(grass))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, sea with headlands, the cliff's edge, the road."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.06, base=0.3, height=0.2, scale=0.8, salt=1))
    flat_sea(canvas, view, light, HORIZON, (far("#4cc3cf", light, 0.25), lit("#0f9aa8", light)))
    headlands(canvas, view, light, 0.1, 0.5)
    headlands(canvas, view, light, 0.28, 0.72)
    edge = crest(view, Layer(depth=0.75, base=0.715, height=0.02, scale=0.3, salt=2))
    canvas.drawPath(under(edge), fill(lit("#8cc152", light)))
    shaded(canvas, under(edge, 0.03), (0.73, 0.78), (lit("#d9b98a", light), lit("#b78d62", light)))
    road(canvas, view, light, 0.77, 0.955)
    canvas.drawPath(band(view, 0.955, BOTTOM), fill(lit("#c9a878", light)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A low verge of grass, with white kerb stones."""
    for _, x in cells(view, 1.25, 0.6):
        canvas.drawRoundRect(skia.Rect.MakeXYWH(x, 0.925, 0.05, 0.1), 0.012, 0.012, fill(lit("#f6f0e2", light)))
        canvas.drawRect(skia.Rect.MakeXYWH(x, 0.945, 0.05, 0.018), fill(lit("#d8322f", light)))
    verge = crest(view, Layer(depth=1.25, base=0.978, height=0.012, scale=0.16, salt=3))
    canvas.drawPath(under(verge), fill(lit("#5f9f3f", light)))


SETTING = Setting(
    name="coast road",
    phrases=("on a coast road", "along the coast road", "on a road by the sea", "on a seaside road"),
    back=back,
    front=front,
    levels={"ground": 0.86, "water": 0.62, "air": (0.2, 0.45)},
    weathers=("clear", "rain", "storm", "fog"),
    verge=0.768,
    across=("along a coast road", "crossing a coast road"),
    elsewhere={"air": ("over a coast road", "above a coast road", "along a coast road", "above the sea cliffs"),
               "water": ("off a coast road", "along a coast road", "off the coast", "by a road along the sea")},
)
