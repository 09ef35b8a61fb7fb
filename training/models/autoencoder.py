"""The starter's picture autoencoder: a linear code of 16x16 cells, computed rather than trained.

The encoder is the Karhunen-Loeve transform of the drawn world: a trained one of this size (AutoencoderKL behind a
pixel unshuffle, 70 minutes of training) found no better code of 16 numbers (27.3 dB; the transform alone gives 27.9,
and 30.7 with 32 numbers). The decoder is the best linear estimate of a cell from its own numbers and its neighbours',
given that sampling leaves noise on them (Wiener, 1949): 0.4 dB above the transform's inverse on clean latents, 1 dB on
noisy ones, and fewer seams. What edges look like is the upscaler's to know: a `DecoderTiny` beside the inverse learned
nothing of it in 14 minutes. The full model uses `AutoencoderKL`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.models import weights

WHITENING: Final = 0.5
"""Latent channels vary as their principal component does to this power: 1 would be as in the picture, where a few
numbers drown all others; 0 gives all the same weight, and loses that what is coarse shows earlier than what is fine."""
NOISE: Final = 0.15
"""Standard deviation of the noise that the decoder expects on latents, whose mean variance is 1."""
REACH: Final = 3
"""Cells along a side of what the decoder sees of each cell's neighbourhood."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """`latent_channels` numbers for a cell of `ratio` x `ratio` pixels."""

    latent_channels: int = 32
    ratio: int = 16


class Autoencoder(nn.Module):
    """Pictures (B, 3, H, W) in -1..1 to latents (B, C, H/ratio, W/ratio), of mean 0 and mean variance 1, and back."""

    analysis: Tensor
    middle: Tensor
    synthesis: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        channels, area = config.latent_channels, 3 * config.ratio**2
        basis = torch.linalg.qr(torch.randn(area, channels))[0]
        alone = torch.zeros(area, channels, REACH, REACH)
        alone[:, :, REACH // 2, REACH // 2] = basis
        self.register_buffer("analysis", basis.T.clone())
        self.register_buffer("middle", torch.zeros(area))
        self.register_buffer("synthesis", alone)

    def fit(self, pictures: Tensor) -> None:
        """Take code and decoder from `pictures` (B, 3, H, W) in -1..1."""
        self.fit_code(pictures)
        self.fit_decoder(pictures)

    @torch.no_grad()
    def fit_code(self, pictures: Tensor) -> None:
        """Take the code from `pictures`: principal components of their cells."""
        cells = F.pixel_unshuffle(pictures, self.config.ratio).movedim(1, -1).flatten(0, 2).double()
        middle = cells.mean(0)
        values, vectors = torch.linalg.eigh((cells - middle).T @ (cells - middle) / len(cells))
        channels = self.config.latent_channels
        kept, basis = values.flip(0)[:channels].sqrt(), vectors.flip(1)[:, :channels]
        basis = basis * basis.sum(0).sign()  # eigenvectors have no sign of their own
        spread = kept**WHITENING
        self.analysis.copy_((basis / kept * spread / spread.square().mean().sqrt()).T)
        self.middle.copy_(middle)

    @torch.no_grad()
    def fit_decoder(self, pictures: Tensor) -> None:
        """Take the decoder from `pictures`: least squares from neighbourhoods of noisy latents to cells."""
        seen = self.config.latent_channels * REACH**2
        own = torch.zeros(seen, seen, dtype=torch.double)
        cross = torch.zeros(seen, len(self.middle), dtype=torch.double)
        count, edge = 0, REACH // 2
        for part in pictures.split(64):
            around = F.unfold(self.encode(part), REACH).movedim(1, -1).flatten(0, 1).double()
            cells = F.pixel_unshuffle(part, self.config.ratio)[..., edge:-edge, edge:-edge]
            aims = (cells - self.middle[:, None, None]).movedim(1, -1).flatten(0, 2).double()
            own += around.T @ around
            cross += around.T @ aims
            count += len(around)
        noise = count * NOISE**2 * torch.eye(seen, dtype=torch.double)
        found = torch.linalg.solve(own + noise, cross).T
        self.synthesis.copy_(found.reshape(self.synthesis.shape))

    def encode(self, pictures: Tensor) -> Tensor:
        """The latents of pictures."""
        cells = F.pixel_unshuffle(pictures, self.config.ratio) - self.middle[:, None, None]
        return F.conv2d(cells, self.analysis[:, :, None, None])

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures in about -1..1 from latents. Beyond the picture's edge its outermost cells go on."""
        around = F.pad(latents, (REACH // 2,) * 4, mode="replicate")
        return F.pixel_shuffle(F.conv2d(around, self.synthesis, self.middle), self.config.ratio)

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(pictures))

    def code(self) -> dict[str, Tensor]:
        """The tensors that make latents: those of the same code are the same, whatever decodes them."""
        return {"analysis": self.analysis, "middle": self.middle}


def open_autoencoder(folder: Path) -> Autoencoder:
    """The finished autoencoder. FileNotFoundError when it is not there."""
    tensors, told = weights.load(folder, "vae")
    model = Autoencoder(weights.config(AutoencoderConfig, told))
    model.load_state_dict(tensors)
    return model.eval()
