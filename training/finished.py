"""The networks of finished stages, opened from a weights folder, frozen and on the training device."""

from pathlib import Path
from typing import Final

from diffusers import UNet2DConditionModel

from training.loop import device, laid_out
from training.models import weights
from training.models.autoencoder import Autoencoder, open_autoencoder
from training.models.denoiser import Denoiser, DenoiserConfig, stage0_unet
from training.models.text_encoder import TextEncoder, load_text_encoder
from training.text.tokenizer import Tokenizer

_OF_LAYOUT: Final = ("planner", "sketch")


def text_models(folder: Path) -> tuple[TextEncoder, Tokenizer]:
    """The finished text encoder, frozen, on the training device, and its tokenizer."""
    encoder = load_text_encoder(folder).requires_grad_(False).to(device())
    return encoder, Tokenizer(folder / "tokenizer.json")


def load_autoencoder(folder: Path) -> Autoencoder:
    """The finished autoencoder, frozen."""
    return laid_out(open_autoencoder(folder).requires_grad_(False).to(device()))


def load_unet(folder: Path) -> tuple[UNet2DConditionModel, DenoiserConfig]:
    """The finished text-to-image UNet and the shape of the denoiser around it."""
    tensors, told = weights.load(folder, "stage0")
    config: DenoiserConfig = weights.config(DenoiserConfig, told)
    unet = stage0_unet(config)
    unet.load_state_dict(tensors)
    return unet.eval().requires_grad_(False), config


def load_denoiser(folder: Path, stages: tuple[str, ...], temporal: bool) -> tuple[Denoiser, DenoiserConfig]:
    """The denoiser with frozen stage-0 weights and what the named later stages have learned, in fp32. One with a layout
    has the finished planner too; one without needs no sketch."""
    unet, config = load_unet(folder)
    model = Denoiser(config, unet, temporal=temporal)
    for stage in ("planner", *stages):
        if stage in _OF_LAYOUT and not config.layout:
            continue
        tensors, _ = weights.load(folder, stage)
        missing = model.load_state_dict(tensors, strict=False)
        if missing.unexpected_keys:
            raise ValueError(f"{stage} holds tensors the denoiser does not have: {missing.unexpected_keys[:3]}")
    return model.to(device()), config
