"""Canyon: red stratified walls left and right of a gap, a sandy floor."""

import skia

from training.world.brush import fill, mix, noise, polygon
from training.world.parts import Light, Setting, View
from training.world.scenery import (
    BOTTOM,
    Layer,
    band,
    cells,
    clouds,
    crest,
    far,
    hills,
    lit,
    rim,
    shaded,
    sky,
    still_water,
    under,
)

HORIZON = 0.66
STRATA = ("#d9683c", "#b5432c", "#e8895a", "#a03a2c", "#d0573a", "#8c3428")


def wall(canvas: skia.Canvas, view: View, box: tuple[float, float, float, float], tones: tuple[str, ...]) -> None:
    """A mesa (left, top, right, foot) with stepped flanks, cut into level strata, the right side in shade; the
    last tone is its upper rim.
    """
    left, top, right, foot = box
    width, height = right - left, foot - top
    outline = polygon([
        (left - 0.16 * width, BOTTOM), (left - 0.16 * width, foot), (left - 0.07 * width, top + 0.62 * height),
        (left - 0.02 * width, top + 0.6 * height), (left, top + 0.25 * height),
        (left + 0.05 * width, top + 0.22 * height), (left + 0.06 * width, top), (right - 0.08 * width, top),
        (right - 0.06 * width, top + 0.3 * height), (right, top + 0.33 * height),
        (right + 0.03 * width, top + 0.66 * height), (right + 0.1 * width, top + 0.69 * height),
        (right + 0.2 * width, foot), (right + 0.2 * width, BOTTOM),
    ])
    canvas.save()
    canvas.clipPath(outline, True)
    # Strata keep their y from wall to wall, as real ones do.
    thick = 0.085
    for number in range(14):
        y = -0.32 + thick * number
        canvas.drawRect(skia.Rect.MakeLTRB(left - width, y, right + width, y + thick + 0.003),
                        fill(tones[number % len(STRATA)]))
    canvas.drawRect(skia.Rect.MakeLTRB(left - width, top, right + width, top + 0.022), fill(tones[-1]))
    edge = left + 0.66 * width
    canvas.drawPath(polygon([(edge, top), (edge + 0.04 * width, top + 0.4 * height), (edge - 0.02 * width, foot),
                             (edge - 0.02 * width, BOTTOM), (right + width, BOTTOM), (right + width, top)]),
                    fill("#2a1030", 0.35))
    canvas.restore()


def walls(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """A row of mesas with gaps between; `layer.height` is how tall they stand above `layer.base`."""
    distance = 0.62 * (1 - layer.depth) ** 2
    strata = [far(tone, light, distance) for tone in STRATA]
    tones = (*strata, rim(strata[2], light))
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, 0.5 * layer.scale):
        top = layer.base - layer.height * (0.72 + 0.28 * noise(seed, 3 * index))
        start = left + 0.12 * layer.scale * noise(seed, 3 * index + 1)
        end = start + layer.scale * (0.38 + 0.14 * noise(seed, 3 * index + 2))
        wall(canvas, view, (start, top, end, layer.base), tones)


def plateau(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """The far side of the canyon: one long stratified wall with an uneven rim."""
    edge = crest(view, layer)
    tones = [far(tone, light, 0.36) for tone in STRATA]
    canvas.drawPath(under(edge), fill(rim(tones[2], light)))
    canvas.save()
    canvas.clipPath(under(edge, 0.016), True)
    for number in range(6):
        y = 0.4 + 0.075 * number
        canvas.drawPath(band(view, y, y + 0.078), fill(tones[number % len(tones)]))
    canvas.restore()


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, far buttes, great walls, the river, the sandy floor."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.05, base=0.25, height=0.12, scale=0.9, salt=1))
    walls(canvas, view, light, Layer(depth=0.1, base=0.68, height=0.42, scale=0.55, salt=81))
    plateau(canvas, view, light, Layer(depth=0.2, base=0.5, height=0.08, scale=0.5, salt=87))
    walls(canvas, view, light, Layer(depth=0.42, base=0.79, height=0.92, scale=1.05, salt=82))
    sand = lit("#e0935a", light)
    rubble = Layer(depth=0.5, base=0.715, height=0.02, scale=0.22, salt=83)
    hills(canvas, view, rubble, (rim(sand, light, 0.2), mix(sand, "#7a2f28", 0.35), mix(sand, "#7a2f28", 0.5)))
    still_water(canvas, view, light, (0.742, 0.82), (far("#4fbfc0", light, 0.15), lit("#148f9c", light)))
    floor = crest(view, Layer(depth=0.95, base=0.825, height=0.012, scale=0.8, salt=84, roughness=1))
    canvas.drawPath(under(floor), fill(rim(sand, light)))
    shaded(canvas, under(floor, 0.012), (0.82, 1), (sand, lit("#b5643c", light)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Dark red rocks along the lower edge."""
    tone = lit("#6f2a28", light)
    for index, left in cells(view, 1.3, 0.9, 0.3):
        x, size = left + 0.5 * noise(view.seed + 85, index), 0.1 + 0.07 * noise(view.seed + 86, index)
        canvas.drawPath(polygon([(x - size, BOTTOM), (x - 0.85 * size, 0.97), (x - 0.2 * size, 0.93),
                                 (x + 0.5 * size, 0.945), (x + size, BOTTOM)]), fill(tone))
        canvas.drawPath(polygon([(x - 0.85 * size, 0.97), (x - 0.2 * size, 0.93), (x + 0.5 * size, 0.945),
                                 (x, 0.97)]), fill(rim(tone, light, 0.25)))


SETTING = Setting(
    name="canyon",
    phrases=("in a canyon", "between red canyon walls", "in a red canyon", "down in a deep canyon"),
    back=back,
    front=front,
    levels={"ground": 0.9, "water": 0.8, "air": (0.2, 0.45)},
    weathers=("clear", "storm", "fog"),
    across=("through a canyon", "through a red canyon", "crossing a canyon"),
    elsewhere={"air": ("through a canyon", "over a canyon", "above a red canyon", "between red canyon walls"),
               "water": ("in a canyon", "on a river in a canyon", "down a canyon river")},
)
