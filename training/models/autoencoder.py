"""The picture autoencoder: diffusers' AutoencoderKL behind a 2x2 pixel unshuffle.

The unshuffle moves the costly full-resolution layers to half resolution, so that three further halvings give ratio 16
at a price a CPU can pay. Beside it runs a linear code of each cell (residual autoencoding, Chen et al., 2024, section
3.2): group norms wash out mean colours, and a small network took thousands of pictures to learn them without it.
`AutoencoderKL` itself is unchanged; full size uses it with `patch=1`, SD2's widths and no linear code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as F

from training.models import weights

_DECODER: Final = ("kl.decoder.", "kl.post_quant_conv.", "linear.up.")


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

    def decoder_parameters(self) -> Iterator[nn.Parameter]:
        """What `decode` alone depends on."""
        return (parameter for name, parameter in self.named_parameters() if name.startswith(_DECODER))

    def encoder_state(self) -> dict[str, Tensor]:
        """The tensors `encode` depends on: latents of the same ones are the same, whatever decodes them."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith(_DECODER)}


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


def open_autoencoder(folder: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The finished autoencoder, with its retrained decoder if there is one, and its facts (latent mean and std).

    FileNotFoundError when it is not there, ValueError when the decoder was trained for another encoder.
    """
    tensors, told = weights.load(folder, "vae")
    model = Autoencoder(weights.config(AutoencoderConfig, told))
    model.load_state_dict(tensors)
    if (folder / "decoder.safetensors").exists():
        decoder, made_for = weights.load(folder, "decoder")
        if made_for["encoder"] != weights.digest(model.encoder_state()):
            raise ValueError(f"{folder / 'decoder.safetensors'} was trained for another encoder: remove it, or run "
                             "`python -m training decoder` in a fresh folder")
        model.load_state_dict(tensors | decoder)
    return model.eval(), told
