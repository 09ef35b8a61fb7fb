"""The starter's networks, real but tiny, with random weights: fresh zeros are filled, so that no layer goes unseen."""

import dataclasses
from pathlib import Path
from typing import TypeVar

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from torch import nn

from export.networks import Frame
from training.models import weights
from training.models.autoencoder import Autoencoder, AutoencoderConfig
from training.models.denoiser import Denoiser, DenoiserConfig
from training.models.text_encoder import TextConfig, TextEncoder, save_text_encoder
from training.models.upscaler import Upscaler, UpscalerConfig

M = TypeVar("M", bound=nn.Module)

FRAME = Frame(64, 32)
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "car", "whale")
TEXT = TextConfig(vocabulary=len(WORDS), factor=8, width=16, layers=1, heads=2, tokens=8, embedding=12)
DENOISER = DenoiserConfig(latent_channels=4, widths=(16, 32), attention=(False, True), head=8, context=16, groups=4,
                          frames=4)
AUTOENCODER = AutoencoderConfig(latent_channels=4)
UPSCALER = UpscalerConfig(channels=8, cleaning_blocks=1, propagation_blocks=1, tail=(8,), flow_levels=2,
                          flow_widths=(4, 4, 4, 4), flow_shrink=1)


def filled(model: M, seed: int = 0) -> M:
    """`model` with noise where it starts at zero."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if not parameter.any():
            parameter.data.normal_(0.0, 0.1, generator=generator)
    return model.eval()


def text_encoder() -> TextEncoder:
    torch.manual_seed(1)
    return filled(TextEncoder(TEXT))


def denoiser(conditions: int = 0) -> Denoiser:
    torch.manual_seed(2)
    network = filled(Denoiser(dataclasses.replace(DENOISER, conditions=conditions)))
    assert network.planner is not None
    # A trained planner is sure of who is there and where it heads: stored in bytes, an unsure one may change its mind.
    network.planner.motion.weight.data[:2] = 0
    network.planner.motion.bias.data[:2] = 1
    return network


def autoencoder() -> Autoencoder:
    torch.manual_seed(3)
    return filled(Autoencoder(AUTOENCODER))


def upscaler() -> Upscaler:
    torch.manual_seed(4)
    return filled(Upscaler(UPSCALER))


def save_all(folder: Path) -> None:
    """A weights folder as the finished stages leave it."""
    save_text_encoder(text_encoder(), folder, {"teacher": "none", "figures": {"captions_cosine": 0.5}})
    tokenizer = Tokenizer(WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))
    weights.save(folder, "vae", autoencoder().state_dict(),
                 {"config": AUTOENCODER, "clips": 60_000, "psnr": 27.5})
    tensors = denoiser().state_dict()
    config = {"config": dataclasses.asdict(DENOISER), "clips": 12}
    stages = {"stage0": ("unet.",), "planner": ("planner.",), "stage1": ("inserts.", "sketch."),
              "stage2": ("temporal.",)}
    noisy = {"shared_noise": 0.5, "shift": 2.0, "guidance": 3.5}
    more: dict[str, dict[str, object]] = {"stage1": {"subjects": {"car": ["car"], "whale": ["whale"]}},
                                          "stage2": {**noisy}}
    for stage, prefixes in stages.items():
        mine = {name: value for name, value in tensors.items() if name.startswith(prefixes)}
        if stage == "stage0":
            mine = {name.removeprefix("unet."): value for name, value in mine.items()}
        weights.save(folder, stage, mine, config | more.get(stage, {}))
    moving = {name: value for name, value in tensors.items() if not name.startswith("unet.")}
    weights.save(folder, "distil", moving, {**config, **noisy, "steps": 4})
    weights.save(folder, "upscaler", upscaler().state_dict(), {"config": UPSCALER, "clips": 3, "psnr": 26.0})
