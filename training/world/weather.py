"""Weather drawn over a finished picture: rain, storm, snow, fog. A clear sky adds nothing."""

import math

import skia

from training.world.brush import fill, glow, mix, noise, stroke
from training.world.parts import Light, View
from training.world.scenery import MARGIN, band, veiled


def weather(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Paint `light.weather` over everything; a fixed function of the view, continuous in time and camera."""
    if light.weather == "rain":
        _rain(canvas, view, light, slant=0.16)
    elif light.weather == "storm":
        _storm(canvas, view, light)
    elif light.weather == "snow":
        _snow(canvas, view)
    elif light.weather == "fog":
        _fog(canvas, view, light)


def _across(view: View, position: float) -> float:
    """x in the frame of something on an endless line; it leaves and comes back outside the picture."""
    period = 2 * (view.half + MARGIN)
    return position % period - view.half - MARGIN


def _spread(view: View, index: int, fall: int) -> float:
    """Where a drop or flake starts its `fall`: evenly spread by the golden ratio, then shaken."""
    share = 0.618034 * index + 0.3 * noise(view.seed + 62 + index, fall)
    return 2 * (view.half + MARGIN) * share


def _rain(canvas: skia.Canvas, view: View, light: Light, slant: float) -> None:
    drop = mix("#e6f2ff", light.haze, 0.25 + 0.15 * light.dark)
    for layer, (count, length, width, alpha) in enumerate(((55, 0.09, 0.007, 0.4), (38, 0.17, 0.011, 0.6))):
        path = skia.Path()
        for index in range(round(count * (view.half + MARGIN))):
            key = 4 * index + 997 * layer
            speed = (1.5 + 0.5 * layer) * (0.85 + 0.3 * noise(view.seed + 61, key))
            fallen = noise(view.seed + 61, key + 1) * 1.5 + speed * view.time
            y = fallen % 1.5 - 0.25
            # A new drop starts somewhere else each time it falls.
            start = _spread(view, index, math.floor(fallen / 1.5))
            x = _across(view, start - (0.4 + 0.4 * layer) * view.x - slant * y)
            path.moveTo(x + slant * length, y - length)
            path.lineTo(x, y)
        canvas.drawPath(path, stroke(drop, width, alpha))


def _storm(canvas: skia.Canvas, view: View, light: Light) -> None:
    veiled(canvas, band(view, -MARGIN), (0.0, 0.5, 1.0), "#141a26", (0.4, 0.1, 0.3))
    _rain(canvas, view, light, slant=0.42)
    flash, x = _lightning(view)
    if flash > 0:
        canvas.drawPath(band(view, -MARGIN), fill("#cfdcff", 0.16 * flash))
        canvas.drawCircle(x, 0.02, 0.6, glow((x, 0.02), 0.6, "#e9efff", 0.75 * flash))


def _lightning(view: View) -> tuple[float, float]:
    """Strength 0..1 and x of the sheet lightning: a quick rise and a slow fall, in about half of all 1.4 s spells."""
    spell = math.floor(view.time / 1.4)
    if noise(view.seed + 63, 2 * spell) < 0.45:
        return 0.0, 0.0
    age = view.time - 1.4 * spell - 0.5 * noise(view.seed + 63, 2 * spell + 1)
    x = (2 * noise(view.seed + 64, spell) - 1) * 0.8 * view.half
    if age < 0 or age > 0.7:
        return 0.0, x
    return (age / 0.1 if age < 0.1 else ((0.7 - age) / 0.6) ** 2), x


def _snow(canvas: skia.Canvas, view: View) -> None:
    for index in range(round(85 * (view.half + MARGIN))):
        near = noise(view.seed + 65, 3 * index)
        speed = 0.1 + 0.16 * near
        fallen = noise(view.seed + 65, 3 * index + 1) * 1.2 + speed * view.time
        start = _spread(view, index, math.floor(fallen / 1.2))
        sway = 0.03 * math.sin(1.6 * view.time + 2.1 * index)
        x = _across(view, start + sway - (0.3 + 0.6 * near) * view.x - 0.06 * view.time)
        canvas.drawCircle(x, fallen % 1.2 - 0.1, 0.009 + 0.012 * near * near, fill("#ffffff", 0.65 + 0.3 * near))


def _fog(canvas: skia.Canvas, view: View, light: Light) -> None:
    veil = mix(light.haze, light.sky[2], 0.4)
    veiled(canvas, band(view, -MARGIN), (0.0, 0.33, 0.66, 1.0), veil, (0.08, 0.28, 0.36, 0.2))
    for row, y in enumerate((0.42, 0.64, 0.88)):
        for part in range(2):
            drift = (0.03 + 0.02 * row) * view.time - 0.25 * (row + 1) * view.x
            x = _across(view, 5.0 * noise(view.seed + 67 + row, part) + drift)
            # The veil is as wide as the way round, so it is drawn on both sides of the seam it crosses.
            for copy in (-1, 0, 1):
                _veil(canvas, (x + 2 * copy * (view.half + MARGIN), y), veil)


def _veil(canvas: skia.Canvas, centre: tuple[float, float], colour: str) -> None:
    canvas.save()
    canvas.translate(*centre)
    canvas.scale(5.5, 0.7)
    canvas.drawCircle(0, 0, 0.11, glow((0, 0), 0.11, colour, 0.5))
    canvas.restore()
