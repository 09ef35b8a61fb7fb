"""The starter's picture autoencoder: a linear code of 16x16 cells, and a network that makes a picture of it again.

The encoder is the Karhunen-Loeve transform of the drawn world, computed, not trained: a trained one of this size
(AutoencoderKL behind a pixel unshuffle, 70 minutes of training) found no better code of 16 numbers (27.3 dB; the
transform alone gives 27.9, and 30.7 with 32 numbers). The decoder is the transform's inverse plus what diffusers'
`DecoderTiny` (the one of TAESD) knows of edges and of the neighbouring cells. The full model uses `AutoencoderKL`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from diffusers.models.autoencoders.vae import DecoderTiny
from torch import Tensor, nn
from torch.nn import functional as F

from training.models import weights

WHITENING: Final = 0.5
"""Latent channels vary as their principal component does to this power: 1 would be as in the picture, where a few
numbers drown all others; 0 gives all the same weight, and loses that what is coarse shows earlier than what is fine."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """`latent_channels` numbers for a cell of `ratio` x `ratio` pixels. The decoder works at `patch` pixels a place,
    with `width` channels and `blocks` residual blocks a level."""

    latent_channels: int = 32
    ratio: int = 16
    patch: int = 4
    width: int = 64
    blocks: int = 3


class Autoencoder(nn.Module):
    """Pictures (B, 3, H, W) in -1..1 to latents (B, C, H/ratio, W/ratio), of mean 0 and mean variance 1, and back."""

    analysis: Tensor
    synthesis: Tensor
    middle: Tensor
    evenness: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        channels, area = config.latent_channels, 3 * config.ratio**2
        levels = (config.ratio // config.patch).bit_length()
        basis = torch.linalg.qr(torch.randn(area, channels))[0]
        self.register_buffer("analysis", basis.T.clone())
        self.register_buffer("synthesis", basis)
        self.register_buffer("middle", torch.zeros(area))
        self.register_buffer("evenness", torch.ones(channels))
        self.decoder = DecoderTiny(channels, 3 * config.patch**2, (config.blocks,) * levels, (config.width,) * levels,
                                   upsampling_scaling_factor=2, act_fn="relu", upsample_fn="nearest")
        last = self.decoder.layers[-1]
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, 0.5)  # DecoderTiny gives 2 x - 1: nothing is added at first

    @torch.no_grad()
    def fit(self, pictures: Tensor) -> None:
        """Take the code from `pictures` (B, 3, H, W) in -1..1: principal components of their cells."""
        cells = F.pixel_unshuffle(pictures, self.config.ratio).movedim(1, -1).flatten(0, 2).double()
        middle = cells.mean(0)
        values, vectors = torch.linalg.eigh((cells - middle).T @ (cells - middle) / len(cells))
        kept, basis = values.flip(0)[: len(self.evenness)].sqrt(), vectors.flip(1)[:, : len(self.evenness)]
        basis = basis * basis.sum(0).sign()  # eigenvectors have no sign of their own
        spread = kept**WHITENING
        spread = spread / spread.square().mean().sqrt()
        self.analysis.copy_((basis / kept * spread).T)
        self.synthesis.copy_(basis * kept / spread)
        self.middle.copy_(middle)
        self.evenness.copy_(1 / spread)

    def encode(self, pictures: Tensor) -> Tensor:
        """The latents of pictures."""
        cells = F.pixel_unshuffle(pictures, self.config.ratio) - self.middle[:, None, None]
        return F.conv2d(cells, self.analysis[:, :, None, None])

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures in about -1..1 from latents."""
        cells = F.conv2d(latents, self.synthesis[:, :, None, None]) + self.middle[:, None, None]
        finer = self.decoder(latents * self.evenness[:, None, None])
        return F.pixel_shuffle(cells, self.config.ratio) + F.pixel_shuffle(finer, self.config.patch)

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(pictures))

    def code(self) -> dict[str, Tensor]:
        """The tensors that make latents: those of the same code are the same, whatever decodes them."""
        return dict(self.named_buffers())


def open_autoencoder(folder: Path) -> Autoencoder:
    """The finished autoencoder. FileNotFoundError when it is not there."""
    tensors, told = weights.load(folder, "vae")
    model = Autoencoder(weights.config(AutoencoderConfig, told))
    model.load_state_dict(tensors)
    return model.eval()
