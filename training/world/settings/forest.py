"""Forest: tall straight trunks in rows, a roof of leaves, shafts of green light."""

import math

import skia

from training.world.brush import fill, mix, noise, oval, polygon
from training.world.parts import Light, Setting, View
from training.world.scenery import MARGIN, Layer, band, bank, cells, far, hills, lit, shaded, veiled

GROUND = 0.8


def air(light: Light) -> tuple[str, str, str]:
    """The green air between the trees: roof, middle, glow above the ground."""
    glow = {"dawn": "#f4e2b0", "day": "#dff0a4", "sunset": "#ffb866", "night": "#5f86b0"}[light.time]
    grey = {"clear": 0.0, "fog": 0.55}.get(light.weather, 0.4)
    roof, middle = lit("#4f8f5a", light), lit("#8fc27a", light)
    return mix(roof, light.haze, grey), mix(middle, light.haze, grey), mix(glow, light.haze, grey)


def trunks(canvas: skia.Canvas, view: View, layer: Layer, tones: tuple[str, str]) -> None:
    """A row of trunks from root to roof: bark lit on the left, shaded on the right. `layer.height` is the width."""
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, 0.3):
        half = 0.5 * layer.height * (0.75 + 0.5 * noise(seed, 2 * index))
        x = left + 0.55 * layer.scale * noise(seed, 2 * index + 1)
        foot, root = layer.base, 0.7 * half
        canvas.drawPath(polygon([(x - 0.8 * half, -MARGIN), (x + 0.8 * half, -MARGIN), (x + half, foot - 0.08),
                                 (x + half + root, foot + 0.02), (x - half - root, foot + 0.02),
                                 (x - half, foot - 0.08)]), fill(tones[0]))
        canvas.drawPath(polygon([(x + 0.15 * half, -MARGIN), (x + 0.8 * half, -MARGIN), (x + half, foot - 0.08),
                                 (x + half + root, foot + 0.02), (x + 0.1 * half, foot + 0.02)]), fill(tones[1]))


def roof(canvas: skia.Canvas, view: View, layer: Layer, colour: str) -> None:
    """Leaves hanging from the top of the frame; base is measured from the top."""
    canvas.save()
    canvas.scale(1, -1)
    canvas.drawPath(bank(view, layer), fill(colour))
    canvas.restore()


def shafts(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Slanting light between the trunks."""
    if light.weather not in ("clear", "fog"):
        return
    strength = 0.45 - 0.25 * light.dark
    foot = GROUND + 0.05
    beams = skia.Path()
    for index, left in cells(view, 0.3, 0.55, 0.6):
        width = 0.09 + 0.07 * noise(view.seed + 61, index) + 0.015 * math.sin(0.9 * view.time + 2 * index)
        beams.addPath(polygon([(left, 0), (left + width, 0), (left + width - 0.4, foot), (left - 0.5, foot)]))
    veiled(canvas, beams, (0, 0.5 * foot, foot), light.sun, (strength, 0.6 * strength, 0.0))


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Green air, three rows of trunks under two roofs of leaves, mossy ground."""
    tones = air(light)
    shaded(canvas, band(view, -MARGIN), (0, 0.5 * GROUND, GROUND), tones)
    pale, middle = mix(tones[1], lit("#3d5f46", light), 0.5), lit("#5a5a3c", light)
    trunks(canvas, view, Layer(0.15, 0.76, 0.06, 0.19, 1), (mix(pale, tones[2], 0.15), pale))
    bush = lit("#3f8040", light)
    hills(canvas, view, Layer(0.3, 0.755, 0.02, 0.25, 2), (tones[1], mix(tones[1], bush, 0.6), bush))
    trunks(canvas, view, Layer(0.35, 0.8, 0.09, 0.42, 3), (mix(middle, tones[1], 0.3), mix(middle, "#1d2a22", 0.25)))
    roof(canvas, view, Layer(0.35, -0.1, 0.03, 0.17, 4), lit("#3f8a44", light))
    shafts(canvas, view, light)
    bark = lit("#8a5a38", light)
    trunks(canvas, view, Layer(0.7, 0.84, 0.15, 1.05, 5), (bark, mix(bark, "#1a1420", 0.5)))
    roof(canvas, view, Layer(0.7, -0.02, 0.03, 0.2, 6), lit("#24632f", light))
    moss = lit("#5c9a3c", light)
    layer = Layer(0.95, 0.81, 0.015, 0.6, 7)
    hills(canvas, view, layer, (mix(moss, tones[2], 0.45), moss, lit("#2c5a2c", light)))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Ferns: dark leaves fanned along the lower edge."""
    dark, tip = lit("#1d4d2a", light), far("#2f7038", light, 0.0)
    for index, left in cells(view, 1.3, 0.42, 0.3):
        x = left + 0.2 * noise(view.seed + 62, index)
        for leaf in (-2, -1, 0, 1, 2):
            canvas.save()
            canvas.translate(x, 1.04)
            canvas.rotate(26 * leaf + 3 * math.sin(1.5 * view.time + index))
            canvas.drawOval(oval(0, -0.07, 0.045, 0.14), fill(tip if leaf % 2 else dark))
            canvas.restore()


SETTING = Setting(
    name="forest",
    phrases=("in the forest", "in a forest", "between tall trees", "deep in the woods"),
    back=back,
    front=front,
    levels={"ground": 0.88, "air": (0.3, 0.5)},
    weathers=("clear", "rain", "fog"),
    across=("through a forest", "through the green forest", "crossing a forest"),
    elsewhere={"air": ("through a forest", "over a forest path", "between tall trees", "in the forest")},
)
