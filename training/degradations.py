"""What stands between the upscaler's inputs and clean pictures: the faults of a small autoencoder, made at random.

The scheme is RealBasicVSR's (Chan et al. 2022, section 4; Real-ESRGAN's second order): a chain of degradations applied
twice, whose strengths wander slowly from frame to frame. The degradations themselves are those of latents that are
decoded, not of video that is transmitted: softness, ringing, blocks of 8 and 16 pixels, wobbling edges, colour noise.
"""

import math
import random
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

_BLUR = 5
"""Reach of the blur kernels, in pixels."""


@dataclass
class Walk:
    """A strength that wanders between `low` and `high`, by at most `step` of that range a frame."""

    low: float
    high: float
    value: float
    step: float = 0.1

    def next(self, rng: random.Random) -> float:
        """The value for the next frame."""
        reach = self.step * (self.high - self.low)
        self.value = min(self.high, max(self.low, self.value + rng.uniform(-reach, reach)))
        return self.value


@dataclass(frozen=True)
class Chain:
    """One pass of degradations.

    `sigmas` are a blur's two standard deviations in pixels and `angle` its turn; `scale` the size at which the picture
    is kept in between; `ringing` the overshoot at edges; `wobble` how far edges are displaced, in pixels; `colour` and
    `grain` standard deviations of smooth and of single-pixel noise; `loss` the quantisation of block coefficients.
    """

    sigmas: tuple[Walk, Walk]
    angle: Walk
    scale: Walk
    ringing: Walk
    wobble: Walk
    colour: Walk
    grain: Walk
    loss: Walk
    block: int


def degraded(frames: Tensor, seed: str) -> Tensor:
    """`frames` (T, 3, H, W) in 0..1 with the faults that belong to `seed`; H and W are multiples of 16."""
    rng = random.Random(seed)
    generator = torch.Generator().manual_seed(rng.getrandbits(60))
    chains = [_chain(rng, 1.0)] + ([_chain(rng, 0.5)] if rng.random() < 0.6 else [])
    for chain in chains:
        frames = _pass(frames, chain, rng, generator)
    return frames.clamp(0, 1)


def _chain(rng: random.Random, strength: float) -> Chain:
    """Strengths at the first frame, milder for a second pass."""

    def walk(low: float, high: float) -> Walk:
        # The square puts more items at the mild end, where an autoencoder that has learned well is.
        return Walk(low, low + (high - low) * strength, low + (high - low) * strength * rng.random() ** 2)

    scale = walk(0.0, 0.5)
    return Chain(sigmas=(walk(0.2, 2.0), walk(0.2, 2.0)), angle=Walk(0.0, math.pi, rng.uniform(0, math.pi)),
                 scale=Walk(1 - scale.high, 1.0, 1 - scale.value), ringing=walk(0.0, 0.8), wobble=walk(0.0, 1.2),
                 colour=walk(0.0, 0.03), grain=walk(0.0, 0.02), loss=walk(0.0, 0.12), block=rng.choice((8, 16)))


def _pass(frames: Tensor, chain: Chain, rng: random.Random, generator: torch.Generator) -> Tensor:
    """One pass over all frames; its noise is partly the same in each of them, as that of decoded latents is."""
    height, width = frames.shape[-2:]
    held = _smooth_noise(5, height, width, generator)
    result = []
    for frame in frames:
        sigmas = (chain.sigmas[0].next(rng), chain.sigmas[1].next(rng))
        value = blurred(frame, sigmas, chain.angle.next(rng))
        value = ringing(value, chain.ringing.next(rng))
        value = rescaled(value, chain.scale.next(rng))
        held = 0.8 * held + 0.6 * _smooth_noise(5, height, width, generator)
        value = wobbled(value, chain.wobble.next(rng) * held[:2])
        value = value + chain.colour.next(rng) * held[2:]
        value = value + chain.grain.next(rng) * torch.randn(value.shape, generator=generator)
        result.append(blocked(value, chain.block, chain.loss.next(rng)))
    return torch.stack(result)


def blurred(frame: Tensor, sigmas: tuple[float, float], angle: float) -> Tensor:
    """`frame` (3, H, W) through a Gaussian with standard deviations `sigmas` in pixels, turned by `angle`."""
    line = torch.arange(-_BLUR, _BLUR + 1).float()
    y, x = torch.meshgrid(line, line, indexing="ij")
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    kernel = torch.exp(-0.5 * ((along / sigmas[0]) ** 2 + (across / sigmas[1]) ** 2))
    kernel = kernel / kernel.sum()
    padded = F.pad(frame[:, None], (_BLUR,) * 4, mode="replicate")
    return F.conv2d(padded, kernel[None, None])[:, 0]


def ringing(frame: Tensor, strength: float) -> Tensor:
    """`frame` (3, H, W) with overshoot on both sides of its edges."""
    return frame + strength * (frame - blurred(frame, (1.5, 1.5), 0.0))


def rescaled(frame: Tensor, scale: float) -> Tensor:
    """`frame` (3, H, W) made smaller by `scale` and as large again, losing what is finer."""
    height, width = frame.shape[-2:]
    size = (max(8, round(height * scale)), max(8, round(width * scale)))
    small = F.interpolate(frame[None], size=size, mode="bilinear", antialias=True)
    return F.interpolate(small, size=(height, width), mode="bicubic")[0]


def wobbled(frame: Tensor, offsets: Tensor) -> Tensor:
    """`frame` (3, H, W) read at places displaced by `offsets` (2, H, W) in pixels, x before y."""
    height, width = frame.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    where = torch.stack([2 * (x + offsets[0]) / (width - 1) - 1, 2 * (y + offsets[1]) / (height - 1) - 1], dim=-1)
    return F.grid_sample(frame[None], where[None], padding_mode="border", align_corners=True)[0]


def blocked(frame: Tensor, block: int, loss: float) -> Tensor:
    """`frame` (3, H, W) with the cosine coefficients of its blocks rounded, the finer and the more colourful coarser.

    `loss` is the rounding step of the coarsest coefficients of brightness; 0 leaves the frame as it is.
    """
    if loss <= 0:
        return frame
    basis, tones = _cosines(block), _tones()
    height, width = frame.shape[-2:]
    value = torch.einsum("tc,chw->thw", tones, frame)
    tiles = value.reshape(3, height // block, block, width // block, block)
    waves = torch.einsum("ui,tyixj,vj->tyuxv", basis, tiles, basis)
    rank = torch.arange(block).float() / block
    # Orthonormal coefficients grow with the block, so that the step does too.
    step = loss * (block / 8) * (1 + 3 * (rank[:, None] + rank[None, :]))
    steps = step[:, None, :] * torch.tensor([1.0, 2.0, 2.0])[:, None, None, None, None]
    waves = torch.round(waves / steps) * steps
    tiles = torch.einsum("ui,tyuxv,vj->tyixj", basis, waves, basis)
    return torch.einsum("ct,thw->chw", torch.linalg.inv(tones), tiles.reshape(3, height, width))


def _smooth_noise(count: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Noise (count, H, W) of unit variance at its nodes, which lie 8 pixels apart."""
    nodes = torch.randn(1, count, height // 8 + 1, width // 8 + 1, generator=generator)
    return F.interpolate(nodes, size=(height, width), mode="bilinear", align_corners=True)[0]


@cache
def _cosines(size: int) -> Tensor:
    """The orthonormal discrete cosine transform, one wave a row."""
    index = torch.arange(size).float()
    waves = torch.cos(math.pi / size * (index[None, :] + 0.5) * index[:, None]) * math.sqrt(2 / size)
    waves[0] /= math.sqrt(2)
    return waves


@cache
def _tones() -> Tensor:
    """Red, green, blue to brightness and two colour differences (BT.601)."""
    return torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
