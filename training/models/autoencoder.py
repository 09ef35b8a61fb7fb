"""The picture autoencoder: diffusers' AutoencoderKL behind a 2x2 pixel unshuffle.

The unshuffle moves the costly full-resolution layers to half resolution, so that three further halvings give ratio 16
at a price a CPU can pay. `AutoencoderKL` itself is unchanged; full size uses it with `patch=1` and SD2's widths.
"""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """Widths from the outside in; every step from one to the next halves the picture. Ratio = patch * 2^(levels-1)."""

    latent_channels: int = 16
    patch: int = 2
    widths: tuple[int, ...] = (32, 64, 96, 128)
    layers: int = 1
    groups: int = 16

    @property
    def ratio(self) -> int:
        """Pixels per latent cell, each way."""
        return self.patch * 2 ** (len(self.widths) - 1)


class Autoencoder(nn.Module):
    """Pictures (B, 3, H, W) in -1..1 to latents (B, C, H/ratio, W/ratio) and back."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        channels = 3 * config.patch**2
        levels = len(config.widths)
        self.kl = AutoencoderKL(
            in_channels=channels, out_channels=channels, latent_channels=config.latent_channels,
            block_out_channels=config.widths, layers_per_block=config.layers, norm_num_groups=config.groups,
            down_block_types=("DownEncoderBlock2D",) * levels, up_block_types=("UpDecoderBlock2D",) * levels,
            mid_block_add_attention=False, sample_size=64)
        with torch.no_grad():
            # Start almost noiseless: at unit variance the decoder learns to ignore the latents' colour for ever.
            self.kl.quant_conv.bias[config.latent_channels :] = -6.0

    def moments(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents, unnormalised."""
        folded = F.pixel_unshuffle(pictures, self.config.patch)
        mean, logvar = self.kl.quant_conv(self.kl.encoder(folded)).chunk(2, dim=1)
        return mean, logvar.clamp(-30, 20)

    def encode(self, pictures: Tensor) -> Tensor:
        """The latents' mean, unnormalised."""
        return self.moments(pictures)[0]

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures in about -1..1 from unnormalised latents."""
        folded = self.kl.decoder(self.kl.post_quant_conv(latents))
        return F.pixel_shuffle(folded, self.config.patch)

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(pictures))


@torch.no_grad()
def latent_statistics(model: Autoencoder, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each latent channel over `pictures`: the bundle's normalisation."""
    latents = model.encode(pictures).float()
    return latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
