"""City: layers of towers whose windows light up after dark, a street with lamps."""

import skia

from training.world.brush import fill, glow, gradient, mix, noise
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, Layer, band, cells, clouds, far, lit, road, shaded, sky

HORIZON = 0.75
WALLS = ("#5f7fa8", "#a8705c", "#7a6f9c", "#4f8a8f", "#b08a62")


def far_towers(canvas: skia.Canvas, view: View, light: Light, layer: Layer, distance: float) -> None:
    """A skyline as one flat silhouette."""
    path = skia.Path()
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, layer.scale):
        top = layer.base - layer.height * (0.35 + 0.65 * noise(seed, index))
        path.addRect(skia.Rect.MakeLTRB(left - 0.01, top, left + layer.scale * 0.82, HORIZON + 0.05))
        if noise(seed + 1, index) > 0.65:
            middle = left + 0.4 * layer.scale
            path.addRect(skia.Rect.MakeLTRB(middle - 0.25 * layer.scale, top - 0.05, middle + 0.25 * layer.scale, top))
            path.addRect(skia.Rect.MakeLTRB(middle - 0.008, top - 0.12, middle + 0.008, top))
    tone = mix(far("#4a5f86", light, distance), light.sky[1], 0.4)
    shaded(canvas, path, (layer.base - layer.height, HORIZON), (tone, mix(tone, light.haze, 0.55)))


def tower(canvas: skia.Canvas, view: View, light: Light, box: skia.Rect, index: int) -> None:
    """One block: lit wall, shaded side, a grid of large windows."""
    wall = far(WALLS[int(len(WALLS) * noise(view.seed + 43, index)) % len(WALLS)], light, 0.12)
    canvas.drawRect(box, gradient((0, box.top()), (0, box.bottom()), (mix(wall, "#ffffff", 0.12), wall)))
    side = box.right() - 0.22 * box.width()
    canvas.drawRect(skia.Rect.MakeLTRB(side, box.top(), box.right(), box.bottom()), fill(mix(wall, "#10182c", 0.35)))
    canvas.drawRect(skia.Rect.MakeLTRB(box.left(), box.top(), box.right(), box.top() + 0.014),
                    fill(mix(wall, light.sky[2], 0.5)))
    shining, dull = skia.Path(), skia.Path()
    columns = 2 if box.width() < 0.25 else 3
    pitch = (side - box.left()) / columns
    for row in range(int((box.height() - 0.03) / 0.075)):
        for column in range(columns):
            x, y = box.left() + (column + 0.22) * pitch, box.top() + 0.04 + 0.075 * row
            on = noise(view.seed + 44 + 7 * column, 31 * index + row * row) < 0.62
            (shining if on else dull).addRect(skia.Rect.MakeXYWH(x, y, 0.56 * pitch, 0.042))
    lamp = min(1.0, 1.4 * light.dark)
    canvas.drawPath(dull, fill(mix(wall, "#0d1730", 0.3)))
    canvas.drawPath(shining, fill(mix(mix(wall, "#e4f4ff", 0.45), "#ffd770", lamp)))


def lamps(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Street lamps behind the road, shining after dark."""
    post = lit("#2c3444", light)
    for _, x in cells(view, 0.9, 0.85, 0.2):
        canvas.drawRect(skia.Rect.MakeLTRB(x - 0.008, 0.5, x + 0.008, 0.8), fill(post))
        canvas.drawRoundRect(skia.Rect.MakeLTRB(x - 0.008, 0.492, x + 0.1, 0.51), 0.009, 0.009, fill(post))
        bulb = (x + 0.085, 0.52)
        if light.dark > 0.3:
            canvas.drawCircle(*bulb, 0.17, glow(bulb, 0.17, "#ffdf8a", 0.6 * light.dark))
        shine = fill(mix(post, "#fff0b8", 0.4 + 0.6 * light.dark))
        canvas.drawOval(skia.Rect.MakeLTRB(x + 0.05, 0.505, x + 0.12, 0.533), shine)


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, two hazy skylines, a row of towers, pavement, lamps, the street."""
    sky(canvas, view, light, HORIZON)
    clouds(canvas, view, light, Layer(depth=0.04, base=0.26, height=0.12, scale=1.1, salt=1))
    far_towers(canvas, view, light, Layer(depth=0.1, base=HORIZON, height=0.6, scale=0.14, salt=41), 0.62)
    far_towers(canvas, view, light, Layer(depth=0.22, base=HORIZON, height=0.48, scale=0.2, salt=42), 0.38)
    for index, left in cells(view, 0.45, 0.36, 0.36):
        top = 0.2 + 0.36 * noise(view.seed + 45, index)
        width = 0.21 + 0.09 * noise(view.seed + 46, index)
        tower(canvas, view, light, skia.Rect.MakeLTRB(left, top, left + width, 0.79), index)
    # The pavement reaches under the street, so that no seam shows at its edges.
    canvas.drawPath(band(view, 0.765), fill(lit("#b0aba3", light)))
    lamps(canvas, view, light)
    road(canvas, view, light, 0.81, 0.965)


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """The near kerb."""
    kerb = lit("#b9b4ac", light)
    canvas.drawPath(band(view, 0.965, BOTTOM), fill(mix(kerb, "#ffffff", 0.15)))
    for _, x in cells(view, 1.1, 0.5):
        canvas.drawRect(skia.Rect.MakeLTRB(x, 0.98, x + 0.48, BOTTOM), fill(mix(kerb, "#30343c", 0.25)))


SETTING = Setting(
    name="city",
    phrases=("in the city", "in a city", "among city towers", "in a big city", "on a city street"),
    back=back,
    front=front,
    levels={"ground": 0.89, "air": (0.2, 0.45)},
    weathers=("clear", "rain", "storm", "snow", "fog"),
    across=("through a city", "across the city", "along a city street", "crossing a city"),
    elsewhere={"air": ("over a city", "above the city", "through a city", "between city towers")},
)
