"""Drawing helpers shared by the settings: sky, cut-paper layers, clouds, water, trees, roads.

A layer lives on its own endless line: what stands at layer position p is drawn at x = p - view.x * depth. Shapes are
placed by whole cells or grid points of that line, never by the frame's edges, so scenery neither ends nor shimmers
while the camera travels. Everything is drawn `MARGIN` beyond the frame for cameras that zoom or tilt a little.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import skia

from training.world.brush import fill, glow, gradient, mix, noise, oval, rgb, ridge, shade, to_hex
from training.world.parts import Light, View

MARGIN = 0.15
BOTTOM = 1.0 + MARGIN

Point = tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """One sheet of cut paper: parallax `depth`, mean crest `base` (y), crest swing `height`, `scale` frame heights to
    a hill, `salt` that tells the layer from others of the same clip, `roughness` octaves.
    """

    depth: float
    base: float
    height: float
    scale: float
    salt: int
    roughness: int = 2


# ---------------------------------------------------------------------------------------------- colour


@lru_cache(maxsize=4096)
def lit(colour: str, light: Light) -> str:
    """`colour` as scenery shows it in this light: pulled further than subjects are, so that they stand out."""
    product = to_hex(*(a * b for a, b in zip(rgb(colour), rgb(light.tint), strict=True)))
    return mix(colour, mix(product, light.tint, 0.35), min(0.85, 1.9 * light.tint_strength))


@lru_cache(maxsize=4096)
def far(colour: str, light: Light, distance: float) -> str:
    """`colour` lit and then faded into the haze: distance 0 (here) to 1 (lost)."""
    return mix(lit(colour, light), light.haze, distance)


def rim(colour: str, light: Light, share: float = 0.4) -> str:
    """The edge of `colour` (already lit) that catches the light of the horizon."""
    return mix(colour, light.sky[2], share * (1 - 0.35 * light.dark))


def shaded(canvas: skia.Canvas, area: skia.Path, ys: Sequence[float], colours: Sequence[str]) -> None:
    """Fill `area` with a vertical gradient: `colours` at the heights `ys`, ascending."""
    _bands(canvas, area, ys, [(*rgb(colour), 1.0) for colour in colours])


def veiled(canvas: skia.Canvas, area: skia.Path, ys: Sequence[float], colour: str, alphas: Sequence[float]) -> None:
    """Lay one colour over `area`, its opacity running through `alphas` at the heights `ys`, ascending."""
    _bands(canvas, area, ys, [(*rgb(colour), alpha) for alpha in alphas])


def _bands(canvas: skia.Canvas, area: skia.Path, ys: Sequence[float],
           tones: Sequence[Sequence[float]]) -> None:
    # A gradient shader on the CPU costs a hundred times a flat fill. Flat bands one 8-bit step apart look the same;
    # they are not anti-aliased, so that each pixel belongs to exactly one.
    bounds = area.getBounds()
    canvas.save()
    canvas.clipPath(area, True)
    paint = skia.Paint()
    edges, colours = [bounds.top()], [tones[0]]
    for (y, tone), (next_y, next_tone) in pairwise(zip(ys, tones, strict=True)):
        steps = max(1, round(255 * max(abs(b - a) for a, b in zip(tone, next_tone, strict=True))))
        for step in range(steps):
            share = (step + 0.5) / steps
            edges.append(y + (next_y - y) * step / steps)
            colours.append([a + (b - a) * share for a, b in zip(tone, next_tone, strict=True)])
    edges += [ys[-1], bounds.bottom()]
    colours.append(tones[-1])
    for (top, bottom), colour in zip(pairwise(edges), colours, strict=True):
        if top < bounds.bottom() and bottom > bounds.top():
            paint.setColor4f(skia.Color4f(*colour))
            canvas.drawRect(skia.Rect.MakeLTRB(bounds.left(), top, bounds.right(), bottom), paint)
    canvas.restore()


# ---------------------------------------------------------------------------------------------- layers


def cells(view: View, depth: float, width: float, reach: float = 0.0) -> Iterator[tuple[int, float]]:
    """The cells of a layer in sight: (number, x of the left edge). `reach` is how far drawings leave their cell."""
    offset = view.x * depth
    first = math.floor((offset - view.half - MARGIN - reach) / width)
    last = math.floor((offset + view.half + MARGIN + reach) / width)
    for index in range(first, last + 1):
        yield index, index * width - offset


def drifting(view: View, speed: float) -> View:
    """The view of a layer that moves by itself, `speed` frame heights a second to the left."""
    return replace(view, x=view.x + speed * view.time)


def band(view: View, top: float, bottom: float = BOTTOM) -> skia.Path:
    """A strip across the whole frame."""
    path = skia.Path()
    path.addRect(skia.Rect.MakeLTRB(-view.half - MARGIN, top, view.half + MARGIN, bottom))
    return path


def crest(view: View, layer: Layer) -> list[Point]:
    """The upper edge of a layer, left to right."""
    step = 0.125 * layer.scale
    seed = view.seed + layer.salt
    return [(x, layer.base - layer.height * ridge(0.125 * index, seed, layer.roughness))
            for index, x in cells(view, layer.depth, step, step)]


def under(points: Sequence[Point], drop: float = 0.0) -> skia.Path:
    """The closed, rounded path of everything below `points`, moved down by `drop`."""
    path = skia.Path()
    path.moveTo(points[0][0], BOTTOM)
    path.lineTo(points[0][0], points[0][1] + drop)
    for (x, y), (next_x, next_y) in pairwise(points[1:]):
        path.quadTo(x, y + drop, (x + next_x) / 2, (y + next_y) / 2 + drop)
    path.lineTo(points[-1][0], points[-1][1] + drop)
    path.lineTo(points[-1][0], BOTTOM)
    path.close()
    return path


def hills(canvas: skia.Canvas, view: View, layer: Layer, colours: tuple[str, str, str]) -> None:
    """A rolling sheet in three tones: rim of light, top, foot."""
    rim, top, foot = colours
    points = crest(view, layer)
    canvas.drawPath(under(points), fill(rim))
    high = layer.base - layer.height
    shaded(canvas, under(points, 0.012), (high, high + 0.35), (top, foot))


# ---------------------------------------------------------------------------------------------- sky


def sky(canvas: skia.Canvas, view: View, light: Light, horizon: float) -> None:
    """Gradient, stars, sun or moon, and a ceiling of cloud in wet weather."""
    shaded(canvas, band(view, -MARGIN, horizon + MARGIN), (0, 0.55 * horizon, horizon), light.sky)
    if light.dark > 0.35 and light.weather == "clear":
        stars(canvas, view, (light.dark - 0.3) / 0.7, horizon)
    disc(canvas, view, light, horizon)
    if light.weather in ("rain", "storm", "snow"):
        ceiling(canvas, view, light)


def stars(canvas: skia.Canvas, view: View, alpha: float, horizon: float) -> None:
    """Fixed stars, thinning out towards `horizon`."""
    count = round(46 * view.half)
    for index in range(count):
        x = (2 * (index + noise(view.seed + 3, 2 * index)) / count - 1) * (view.half + MARGIN / 2)
        y = noise(view.seed + 3, 2 * index + 1) ** 1.4 * horizon
        size = 0.004 + 0.005 * noise(view.seed + 4, index)
        twinkle = 0.75 + 0.25 * math.sin(3 * view.time + index)
        canvas.drawCircle(x, y, size, fill("#ffffff", alpha * twinkle * (1 - 0.7 * y / horizon)))


def place_of_sun(view: View, light: Light, horizon: float) -> Point:
    """Where the sun or moon stands: left or right of the middle by seed, low at dawn and sunset."""
    side = 1 if noise(view.seed + 5, 1) > 0.5 else -1
    x = side * view.half * (0.42 + 0.22 * noise(view.seed + 5, 2))
    low = {"dawn": 0.13, "sunset": 0.1}.get(light.time)
    return x, horizon - low if low is not None else 0.18


def disc(canvas: skia.Canvas, view: View, light: Light, horizon: float) -> None:
    """The sun with its glow, a crescent moon at night, nothing behind heavy clouds."""
    if light.weather in ("rain", "storm"):
        return
    x, y = place_of_sun(view, light, horizon)
    if light.time == "night":
        canvas.drawCircle(x, y, 0.3, glow((x, y), 0.3, light.sun, 0.25))
        whole, bite = skia.Path(), skia.Path()
        whole.addCircle(x, y, 0.07)
        bite.addCircle(x + 0.032, y - 0.018, 0.058)
        canvas.drawPath(skia.Op(whole, bite, skia.PathOp.kDifference_PathOp), fill(light.sun))
        return
    radius = {"sunset": 0.105, "dawn": 0.08}.get(light.time, 0.062)
    strength = 0.75 if light.weather == "clear" else 0.4
    halo = mix(light.sun, "#ffffff", 0.7) if light.time == "day" else light.sun
    canvas.drawCircle(x, y, 5 * radius, glow((x, y), 5 * radius, halo, strength))
    canvas.drawCircle(x, y, radius, fill(light.sun))


def puffs(x: float, y: float, width: float, seed: int) -> skia.Path:
    """A flat-bottomed cloud about `width` wide whose underside lies at `y`."""
    path = skia.Path()
    path.addRoundRect(skia.Rect.MakeLTRB(x - width / 2, y - 0.16 * width, x + width / 2, y), 0.08 * width, 0.08 * width)
    for part, (along, size) in enumerate(((-0.27, 0.13), (-0.06, 0.2), (0.17, 0.16), (0.33, 0.1))):
        radius = width * size * (0.8 + 0.4 * noise(seed, part))
        path.addCircle(x + along * width, y - max(radius, 0.08 * width + 0.45 * radius), radius)
    return path


def clouds(canvas: skia.Canvas, view: View, light: Light, layer: Layer) -> None:
    """Single clouds drifting in a clear sky; `layer.scale` is the spacing, base and height the y range."""
    if light.weather != "clear":
        return
    top = mix(light.sky[2], "#ffffff", 0.75 * (1 - light.dark))
    if light.time == "sunset":
        top = "#ff9d76"
    low = mix(light.sky[1], top, 0.45)
    seed = view.seed + layer.salt
    for index, left in cells(drifting(view, 0.025 / layer.depth), layer.depth, layer.scale, 0.4):
        if noise(seed, 3 * index) < 0.3:
            continue
        y = layer.base - layer.height * noise(seed, 3 * index + 1)
        width = layer.scale * (0.5 + 0.35 * noise(seed, 3 * index + 2))
        x = left + layer.scale * (0.3 + 0.4 * noise(seed + 1, index))
        canvas.drawPath(puffs(x, y, width, seed + index), gradient((0, y - 0.3 * width), (0, y), (top, low)))


def bank(view: View, layer: Layer) -> skia.Path:
    """The upper side of a continuous sea of clouds: everything below a row of round heads."""
    path = skia.Path()
    path.addPath(band(view, layer.base))
    seed = view.seed + layer.salt
    for index, left in cells(view, layer.depth, layer.scale, layer.scale):
        radius = layer.scale * (0.55 + 0.4 * noise(seed, 2 * index))
        rise = layer.height * (2 * noise(seed, 2 * index + 1) - 1)
        path.addOval(oval(left + 0.5 * layer.scale, layer.base - rise, 2.3 * radius, 1.7 * radius))
    return path


def ceiling(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Heavy clouds hanging from the top of the frame."""
    dark = mix(light.sky[0], "#10141c", 0.35 if light.weather == "storm" else 0.12)
    canvas.save()
    canvas.scale(1, -1)
    for number, (base, scale) in enumerate(((-0.13, 0.3), (-0.03, 0.26))):
        layer = Layer(depth=0.1 + 0.05 * number, base=base, height=0.03, scale=scale, salt=71 + number)
        tone = mix(dark, light.sky[1], 0.45 - 0.45 * number)
        canvas.drawPath(bank(drifting(view, 0.03 / layer.depth), layer), fill(tone))
    canvas.restore()


# ---------------------------------------------------------------------------------------------- water


def mirrored(colour: str, light: Light, share: float) -> str:
    """`colour` of water (already lit) with the sky in it: the horizon's colour for `share` 1, the zenith's for 0."""
    strength = {"dawn": 0.5, "sunset": 0.8, "night": 0.2}.get(light.time, 0.1)
    return mix(colour, mix(light.sky[0], light.sky[2], share), strength)


def flat_sea(canvas: skia.Canvas, view: View, light: Light, top: float, colours: tuple[str, str]) -> None:
    """Calm water from the horizon `top` down, far and near colour, with slow glints and the sun's path."""
    distant, near = mirrored(colours[0], light, 0.9), mirrored(colours[1], light, 0.3)
    shaded(canvas, band(view, top), (top, top + 0.3), (distant, near))
    glint = mix(near, light.sky[2], 0.5)
    for row in range(5):
        y = top + 0.02 + 0.035 * row + 0.012 * row * row
        depth = 0.1 + 0.1 * row
        length = 0.1 + 0.06 * row
        for index, left in cells(view, depth, 2.6 * length, length):
            sway = 0.04 * math.sin(1.7 * view.time + 2.4 * index + row)
            x = left + length * (0.5 + noise(view.seed + 31 + row, index)) + sway
            canvas.drawOval(oval(x, y, length * (1.1 + 5 * sway), 0.012 + 0.003 * row), fill(glint, 0.8))
    if light.weather == "clear" and light.time != "day":
        x = place_of_sun(view, light, top)[0]
        for row in range(6):
            width = 0.22 - 0.022 * row + 0.03 * math.sin(2.2 * view.time + 1.9 * row)
            canvas.drawOval(oval(x, top + 0.016 + 0.034 * row, width, 0.016), fill(light.sun, 0.75 - 0.09 * row))


def still_water(canvas: skia.Canvas, view: View, light: Light, sides: tuple[float, float],
                colours: tuple[str, str]) -> None:
    """A lake or river between the shores at `sides` (far y, near y): far and near colour, a bright far edge, glints."""
    top, bottom = sides
    distant, near = mirrored(colours[0], light, 0.9), mirrored(colours[1], light, 0.3)
    shaded(canvas, band(view, top, bottom + 0.03), (top, bottom), (distant, near))
    glint = fill(mix(near, light.sky[2], 0.55), 0.85)
    for row in range(3):
        y = top + (0.2 + 0.3 * row) * (bottom - top)
        depth, length = 0.55 + 0.15 * row, 0.12 + 0.06 * row
        for index, left in cells(view, depth, 2.4 * length, length):
            sway = 0.04 * math.sin(1.7 * view.time + 2.4 * index + row)
            x = left + length * (0.5 + noise(view.seed + 41 + row, index)) + sway
            canvas.drawOval(oval(x, y, length * (1.1 + 5 * sway), 0.013), glint)


def wave(view: View, layer: Layer, cycles: float, sharp: float) -> float:
    """Height (y) of a row of waves at layer position `cycles` * `layer.scale`; `sharp` 0 (round) .. 1 (peaked)."""
    angle = math.tau * cycles - 1.5 * view.time
    peaked = 1 - 2 * abs(math.sin(0.5 * angle - math.pi / 4))
    slow = math.sin(0.37 * math.tau * cycles + 0.8 * view.time + 2.0 * layer.salt + view.seed % 7)
    swell = math.sin(angle)
    return layer.base - layer.height * (0.65 * (swell + sharp * (peaked - swell)) + 0.35 * slow)


def waves(canvas: skia.Canvas, view: View, layer: Layer, sharp: float, colours: tuple[str, str, str]) -> None:
    """One travelling row of waves: foam on the crests, then face and foot."""
    foam, face, foot = colours
    step = layer.scale / 12
    points = [(x, wave(view, layer, index / 12, sharp)) for index, x in cells(view, layer.depth, step, step)]
    high = layer.base - layer.height
    canvas.drawPath(under(points), fill(mix(face, foam, 0.45)))
    shaded(canvas, under(points, 0.012), (high, high + 0.06 + 0.2 * layer.depth), (face, foot))
    # Crests stand a quarter cycle into each swell and travel with it.
    shift = 0.25 + 1.5 * view.time / math.tau
    travelling = replace(view, x=view.x - shift * layer.scale / layer.depth)
    caps = skia.Path()
    for index, x in cells(travelling, layer.depth, layer.scale, layer.scale):
        caps.addOval(oval(x, wave(view, layer, index + shift, sharp) + 0.012, 0.34 * layer.scale, 0.014 + 0.01 * sharp))
    canvas.drawPath(caps, fill(foam))


# ---------------------------------------------------------------------------------------------- ground


def conifer(canvas: skia.Canvas, x: float, y: float, height: float, colours: tuple[str, str]) -> None:
    """A fir tree of three tiers, lit from the left: light and shaded side."""
    for side, colour in ((-1, colours[0]), (1, colours[1])):
        path = skia.Path()
        path.moveTo(x, y - height)
        for tier in (1, 2, 3):
            path.lineTo(x + side * height * 0.13 * tier * 0.8, y - height * (1 - 0.3 * tier))
            path.lineTo(x + side * height * 0.05 * tier, y - height * (1.03 - 0.3 * tier))
        path.lineTo(x, y - height * 0.1)
        path.close()
        canvas.drawPath(path, fill(colour))
    canvas.drawRect(skia.Rect.MakeLTRB(x - 0.03 * height, y - 0.14 * height, x + 0.03 * height, y), fill(colours[1]))


def round_tree(canvas: skia.Canvas, x: float, y: float, height: float, colours: tuple[str, str, str]) -> None:
    """A broad-leaved tree: light crown, shaded crown, trunk."""
    light_side, dark_side, trunk = colours
    canvas.drawRect(skia.Rect.MakeLTRB(x - 0.05 * height, y - 0.4 * height, x + 0.05 * height, y), fill(trunk))
    canvas.drawCircle(x, y - 0.64 * height, 0.36 * height, fill(dark_side))
    canvas.drawCircle(x - 0.07 * height, y - 0.7 * height, 0.27 * height, fill(light_side))


def road(canvas: skia.Canvas, view: View, light: Light, top: float, bottom: float) -> None:
    """Asphalt seen from the side, with pale edges and a dashed middle line that passes at the subject's speed."""
    asphalt = lit("#555a66", light)
    shaded(canvas, band(view, top, bottom), (top, bottom), (shade(asphalt, 0.12), asphalt))
    paint = fill(lit("#f3ead2", light))
    canvas.drawPath(band(view, top, top + 0.012), paint)
    middle = top + 0.58 * (bottom - top)
    for _, x in cells(view, 1.0, 0.36):
        dash = [(x, middle), (x + 0.17, middle), (x + 0.155, middle + 0.02), (x - 0.02, middle + 0.02)]
        path = skia.Path()
        path.addPoly([skia.Point(*corner) for corner in dash], True)
        canvas.drawPath(path, paint)
