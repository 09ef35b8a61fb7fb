"""The picture autoencoder: diffusers' AutoencoderKL behind a 2x2 pixel unshuffle.

The unshuffle moves the costly full-resolution layers to half resolution, so that three further halvings give ratio 16
at a price a CPU can pay. Beside it runs a linear code of each cell (residual autoencoding, Chen et al., 2024, section
3.2): group norms wash out mean colours, and a small network took thousands of pictures to learn them without it.
`AutoencoderKL` itself is unchanged; full size uses it with `patch=1`, SD2's widths and no linear code.
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
    linear_code: bool = True

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
        self.linear = _LinearCode(config.latent_channels, config.ratio) if config.linear_code else None
        if self.linear is not None:
            nn.init.zeros_(self.kl.decoder.conv_out.weight)

    def moments(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents, unnormalised."""
        folded = F.pixel_unshuffle(pictures, self.config.patch)
        mean, logvar = self.kl.quant_conv(self.kl.encoder(folded)).chunk(2, dim=1)
        if self.linear is not None:
            mean = mean + self.linear.encode(pictures)
        return mean, logvar.clamp(-30, 20)

    def encode(self, pictures: Tensor) -> Tensor:
        """The latents' mean, unnormalised."""
        return self.moments(pictures)[0]

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures in about -1..1 from unnormalised latents."""
        folded = self.kl.decoder(self.kl.post_quant_conv(latents))
        pictures = F.pixel_shuffle(folded, self.config.patch)
        return pictures if self.linear is None else pictures + self.linear.decode(latents)

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(pictures))


class _LinearCode(nn.Module):
    """A learned linear transform of each `ratio` x `ratio` cell; at first it keeps the cell's mean colour."""

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        area = ratio * ratio
        self.down = nn.Conv2d(3 * area, channels, 1, bias=False)
        self.up = nn.Conv2d(channels, 3 * area, 1)
        with torch.no_grad():
            colours = torch.eye(3).repeat_interleave(area, dim=1)
            self.down.weight.mul_(0.05)[:3, :, 0, 0] = 2 * colours / area
            self.up.weight.mul_(0.05)[:, :3, 0, 0] = colours.T / 2

    def encode(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, C, H/ratio, W/ratio)."""
        return self.down(F.pixel_unshuffle(pictures, self.ratio))

    def decode(self, latents: Tensor) -> Tensor:
        """The way back."""
        return F.pixel_shuffle(self.up(latents), self.ratio)


@torch.no_grad()
def latent_statistics(model: Autoencoder, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each latent channel over `pictures`: the bundle's normalisation."""
    latents = model.encode(pictures).float()
    return latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
