"""The paper's two kinds of film: one clean, one rich in motion but poor in picture and watermarked."""

import random
from collections.abc import Sequence
from typing import Final

import numpy as np
import skia

from training.world.brush import fill, polygon
from training.world.clip import Domain
from training.world.compose import Picture

DOMAINS: Final[dict[Domain, int]] = {"watermarked": 0, "clean": 1}
"""Domain ids as the network sees them."""

_ALPHA = 0.5


def watermarked(pictures: Sequence[Picture], seed: int) -> list[Picture]:
    """The same frames (H, W, 3) as a stock-footage preview: softened, washed out, grainy, with a mark in the middle."""
    rng = random.Random(f"degrade/{seed}")
    height, width = pictures[0].shape[:2]
    softness, grain, grey, lift = 0.55, rng.uniform(1.0, 3.0), 0.2, 9.0
    noise = np.random.default_rng(seed)
    mark = _mark(width, height)
    result = []
    for picture in pictures:
        small = _scaled(picture, round(width * softness), round(height * softness))
        value = _scaled(small, width, height).astype(np.float32)
        value += grey * (value.mean(axis=2, keepdims=True) - value)
        value = lift + value * (1 - lift / 255) + noise.normal(0, grain, (height, width, 1)).astype(np.float32)
        value += mark[..., 3:] * _ALPHA * (mark[..., :3] * 255 - value)
        result.append(np.clip(value, 0, 255).astype(np.uint8))
    return result


def _scaled(picture: Picture, width: int, height: int) -> Picture:
    image = skia.Image.fromarray(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]),
                                 colorType=skia.ColorType.kRGBA_8888_ColorType)
    options = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    image = image.resize(width, height, options)
    return np.ascontiguousarray(image.toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)[:, :, :3])


def _mark(width: int, height: int) -> np.ndarray:
    """The watermark as RGBA in 0..1: a disc with a play sign between two bars of block letters."""
    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.clear(skia.Color4f(0, 0, 0, 0))
    canvas.translate(width / 2, height / 2)
    canvas.scale(height, height)
    canvas.drawCircle(0, 0, 0.1, fill("#ffffff"))
    cut = fill("#000000")
    cut.setBlendMode(skia.BlendMode.kClear)
    canvas.drawPath(polygon([(-0.035, -0.055), (-0.035, 0.055), (0.06, 0.0)]), cut)
    for side in (-1, 1):
        for letter in range(3):
            x = side * (0.17 + 0.1 * letter)
            canvas.drawRect(skia.Rect.MakeXYWH(x - 0.035, -0.05, 0.07, 0.1), fill("#ffffff"))
            hole = skia.Rect.MakeXYWH(x - 0.012, -0.05 + 0.04 * ((letter + side) % 2), 0.024, 0.06)
            canvas.drawRect(hole, cut)
    mark: np.ndarray = surface.toarray(colorType=skia.ColorType.kRGBA_8888_ColorType).astype(np.float32) / 255
    return mark
