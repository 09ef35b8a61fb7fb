"""The networks that both sides run: as diffusers computes them, and as we export them."""

from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from benchmarks.side_by_side.task import SEED, Sampling, Task
from export import networks
from export.layers import rebuild
from export.modelscope_networks import BFLOAT16
from export.networks import Frame, normal, specs
from export.spec import NetworkSpec, Tolerance
from export.starter import assembled
from runtime.errors import UsageError
from training.models.autoencoder import AutoencoderConfig
from training.models.denoiser import Controls, Denoiser, DenoiserConfig
from training.models.text_encoder import TextConfig

M = TypeVar("M", bound=nn.Module)

FULL: Final[dict[str, Any]] = {
    "block_out_channels": (320, 640, 1280, 1280), "cross_attention_dim": 1024, "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True}
"""Stable Diffusion 2.x as published (its `unet/config.json`) where that is not diffusers' default."""
FULL_CELLS: Final = (40, 96)
"""768x320 pixels, eight to a cell."""
FULL_TOKENS: Final = 77


class Clip(nn.Module):
    """A denoiser for one clip with a layout that has been drawn before."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.denoiser = denoiser

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, sketch: Tensor) -> Tensor:
        """As `export.networks.DenoiserGraph` -> prediction (1, C, T, h, w)."""
        prediction: Tensor = self.denoiser(latents, time, context, domain, Controls(sketch=sketch))
        return prediction


class Picture(nn.Module):
    """A text-to-image UNet for one picture, by diffusers' own forward pass."""

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, latents: Tensor, time: Tensor, context: Tensor) -> Tensor:
        """latents (1, C, h, w), time (1,) in 0..1000, context (1, N, D) -> prediction (1, C, h, w)."""
        prediction: Tensor = self.unet(latents, time, context, return_dict=False)[0]
        return prediction


class PictureGraph(nn.Module):
    """The same as we export it. Its second output is as in `export.networks.DenoiserGraph`."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        unet: Any = rebuild(picture.unet)
        unet.get_time_embed = _as_told
        self.unet = unet

    def forward(self, latents: Tensor, time: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """As `Picture.forward` -> prediction, time waves."""
        waves = self.unet.time_proj(time)
        return self.unet(latents, waves, context, return_dict=False)[0], waves


def _as_told(sample: Tensor, timestep: Tensor) -> Tensor:
    return timestep.to(sample.dtype)


def open_network(task: Task) -> tuple[Clip | Picture, Sampling]:
    """The network in fp32 on the CPU, and how the starter samples. The same task gives the same weights everywhere.

    Raises UsageError when the starter's weights are not there.
    """
    torch.manual_seed(SEED)
    if task.network == "full":
        return filled(Picture(UNet2DConditionModel(**FULL))), Sampling()
    if task.weights is None:
        return Clip(filled(Denoiser(DenoiserConfig()))), Sampling()
    try:
        model, facts = assembled(Path(task.weights))
    except FileNotFoundError as error:
        raise UsageError(f"the starter's finished stages in {task.weights}", str(error),
                         "or name another folder with --weights, or take --random: speed does not depend on what "
                         "weights hold") from error
    return Clip(model.requires_grad_(False)), Sampling(**facts)


def network_spec(model: Clip | Picture) -> NetworkSpec:
    """What is exported. A `Picture` is rebuilt for it, not copied: it is too large to have twice."""
    if isinstance(model, Clip):
        cells = Frame().cells(AutoencoderConfig().ratio)
        return networks.denoiser(model.denoiser, cells, TextConfig().tokens)[0]
    return picture_spec(model, FULL_CELLS, FULL_TOKENS)


def picture_spec(picture: Picture, cells: tuple[int, int], tokens: int) -> NetworkSpec:
    """latents, time, context -> prediction, and the time's waves; `cells` is (height, width), `tokens` a text's."""
    config: Any = picture.unet.config
    draw = np.random.default_rng(SEED)
    feed = {"latents": normal(draw, 1, config.in_channels, *cells), "time": np.array([937.0], np.float32),
            "context": normal(draw, 1, tokens, config.cross_attention_dim)}
    return NetworkSpec(name="network", module=PictureGraph(picture), inputs=specs(feed),
                       outputs=("prediction", "time_waves"), feeds=(feed,), tolerance=Tolerance(bfloat16=BFLOAT16),
                       single=("time",))


def filled(model: M) -> M:
    """`model` with a little noise in what starts at zero, so that no layer goes unseen; not to be trained."""
    for parameter in model.requires_grad_(False).parameters():
        if not parameter.any():
            parameter.normal_(0.0, 0.02)
    return model.eval()
