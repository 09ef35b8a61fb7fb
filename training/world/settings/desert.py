"""Desert: long orange dunes with one lit and one shaded side, now and then a tall cactus."""

import skia

from training.world.brush import fill, noise, shade
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, Layer, cells, clouds, crest, far, lit, rim, shaded, sky, under

HORIZON = 0.6


def dune(canvas: skia.Canvas, peak: tuple[float, float], size: tuple[float, float], tones: tuple[str, str]) -> None:
    """A dune `size` (half width, height): a lit windward back and a shaded lee side that meet in a curved edge."""
    (x, y), (half, height) = peak, size
    foot = y + height
    path = skia.Path()
    path.moveTo(x - half, foot)
    path.cubicTo(x - 0.55 * half, foot - 0.15 * height, x - 0.25 * half, y + 0.05 * height, x, y)
    path.cubicTo(x + 0.3 * half, y + 0.3 * height, x + 0.6 * half, foot - 0.1 * height, x + half, foot)
    path.lineTo(x + half, BOTTOM)
    path.lineTo(x - half, BOTTOM)
    path.close()
    shaded(canvas, path, (y, foot + 0.08), (shade(tones[0], 0.15), tones[0]))
    lee = skia.Path()
    lee.moveTo(x, y)
    lee.cubicTo(x + 0.3 * half, y + 0.3 * height, x + 0.6 * half, foot - 0.1 * height, x + half, foot)
    lee.cubicTo(x + 0.55 * half, foot + 0.02, x + 0.2 * half, foot, x - 0.12 * half, foot + 0.01)
    lee.cubicTo(x + 0.1 * half, y + 0.75 * height, x - 0.08 * half, y + 0.4 * height, x, y)
    lee.close()
    canvas.drawPath(lee, fill(tones[1]))


def dunes(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """A row of dunes with the floor they stand on."""
    distance = 0.36 * (1 - layer.depth) ** 1.5
    sand, lee = far("#f0993f", light, distance), far("#b5532a", light, distance)
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, layer.scale):
        height = layer.height * (0.6 + 0.4 * noise(seed, 2 * index))
        x = left + layer.scale * (0.35 + 0.3 * noise(seed, 2 * index + 1))
        dune(canvas, (x, layer.base - height), (0.95 * layer.scale, height), (sand, lee))


def cactus(canvas: skia.Canvas, x: float, y: float, height: float, tones: tuple[str, str]) -> None:
    """A saguaro: one column, two raised arms, light on the left."""
    width = 0.2 * height
    parts = ((0.0, 1.0, 0.0), (-0.27, 0.72, 0.36), (0.27, 0.82, 0.46))
    for along, top, bottom in parts:
        left = x + along * height
        arm = skia.Rect.MakeLTRB(left - width / 2, y - top * height, left + width / 2, y - bottom * height + 0.02)
        canvas.drawRoundRect(arm, width / 2, width / 2, fill(tones[1]))
        if along:
            low = y - bottom * height
            inner, outer = min(x, left - width / 2), max(x, left + width / 2)
            joint = skia.Rect.MakeLTRB(inner, low - 0.12 * height, outer, low + 0.02)
            canvas.drawRoundRect(joint, 0.07 * height, 0.07 * height, fill(tones[1]))
    canvas.drawRoundRect(skia.Rect.MakeLTRB(x - width / 2, y - height, x, y), width / 2, width / 2, fill(tones[0]))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, three rows of dunes, cacti, the near floor."""
    sky(canvas, view, light, HORIZON)
    if light.weather != "clear":
        clouds(canvas, view, light, Layer(depth=0.06, base=0.3, height=0.15, scale=0.9, salt=1))
    dunes(canvas, view, light, Layer(depth=0.15, base=0.68, height=0.22, scale=0.8, salt=21))
    dunes(canvas, view, light, Layer(depth=0.4, base=0.8, height=0.25, scale=1.25, salt=22))
    tones = (far("#5b9a50", light, 0.1), far("#2f6b45", light, 0.1))
    for index, left in cells(view, 0.55, 1.25, 0.2):
        x, height = left + 0.9 * noise(view.seed + 24, index), 0.22 + 0.07 * noise(view.seed + 25, index)
        cactus(canvas, x, 0.83, height, tones)
    floor = crest(view, Layer(depth=0.9, base=0.815, height=0.02, scale=1.0, salt=23, roughness=1))
    sand = lit("#f2ac58", light)
    canvas.drawPath(under(floor), fill(rim(sand, light)))
    shaded(canvas, under(floor, 0.012), (0.8, 1), (sand, lit("#d07a34", light)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """A low drift of shaded sand."""
    drift = crest(view, Layer(depth=1.3, base=0.97, height=0.02, scale=0.7, salt=26, roughness=1))
    sand = lit("#c26a30", light)
    canvas.drawPath(under(drift), fill(rim(sand, light, 0.25)))
    canvas.drawPath(under(drift, 0.012), fill(sand))


SETTING = Setting(
    name="desert",
    phrases=("in the desert", "in a desert", "among sand dunes", "in the hot desert"),
    back=back,
    front=front,
    levels={"ground": 0.88, "air": (0.2, 0.45)},
    weathers=("clear", "storm"),
    across=("across a desert", "through the desert", "crossing a desert"),
    elsewhere={"air": ("over a desert", "above the desert", "over sand dunes", "across the desert")},
)
