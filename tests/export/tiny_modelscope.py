"""Text-to-video pipelines, real but tiny, with random weights: ModelScope's, and Stable Diffusion 2 to insert into."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    TextToVideoSDPipeline,
    UNet2DConditionModel,
    UNet3DConditionModel,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from export.networks import Frame
from tests.export.tiny_networks import filled

TOKENS: Final = 12
FRAMES: Final = 3
FRAME: Final = Frame(72, 40)
"""9x5 cells, which do not halve evenly."""
BETAS: Final = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000}


def pipeline(folder: Path, pad: str = "!", **scheduler: Any) -> TextToVideoSDPipeline:
    """The pipeline; `folder` is for the tokenizer's files. `scheduler` replaces what its scheduler is made with."""
    return TextToVideoSDPipeline(unet=unet(), **_around(folder, pad, **scheduler))


def unet() -> UNet3DConditionModel:
    """Its denoiser."""
    torch.manual_seed(0)
    return filled(UNet3DConditionModel(
        sample_size=8, block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=16, attention_head_dim=4,
        layers_per_block=1, down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D")))


def vae() -> AutoencoderKL:
    """The autoencoder of both pipelines, out of torch's own chance."""
    return filled(AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4))


def stable_diffusion(folder: Path) -> StableDiffusionPipeline:
    """Stable Diffusion 2, whose levels have heads of the same size rather than the same number of them."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8, block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=16, attention_head_dim=(2, 4),
        layers_per_block=2, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), use_linear_projection=True)
    return StableDiffusionPipeline(unet=filled(unet), safety_checker=None, feature_extractor=None,
                                   requires_safety_checker=False, **_around(folder, "!"))


def _around(folder: Path, pad: str, **scheduler: Any) -> dict[str, Any]:
    """What a pipeline has beside its unet."""
    autoencoder = vae()
    words = tokenizer(folder, pad)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=TOKENS, hidden_act="gelu", projection_dim=16,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id))
    return {"vae": autoencoder, "text_encoder": filled(text), "tokenizer": words,
            "scheduler": DDIMScheduler(**{**BETAS, "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1,
                                          **scheduler})}


def tokenizer(folder: Path, pad: str = "!") -> CLIPTokenizer:
    """CLIP's tokenizer with all bytes, a few words, and `pad` for padding, by way of the files it comes in."""
    letters = sorted(ByteLevel.alphabet())
    merges = ["r e", "re d</w>", "c a", "ca r</w>", "c o", "co a", "coa s", "coas t</w>"]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *(pair.replace(" ", "") for pair in merges),
             "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, "pad_token": pad, "do_lower_case": True,
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}), "utf-8")
    return CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
