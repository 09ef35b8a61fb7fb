"""The denoiser of ModelScope text-to-video (Wang et al. 2023) and its kin: diffusers' `UNet3DConditionModel`."""

from typing import Any, Final

import numpy as np
from torch import Tensor, nn

from export.layers import rebuild
from export.networks import normal, specs
from export.spec import NetworkSpec, Tolerance

BFLOAT16: Final = 8e-2
"""How far a denoiser may be away in bf16. Random ones of two to four levels are 1.3e-2 to 5.2e-2 away in torch's own
bf16; a time rounded with the rest, which this is to find, cost the starter 1e-1."""


class DenoiserGraph(nn.Module):
    """A `UNet3DConditionModel` for one clip; it has no domains. Its second output is as in `networks.DenoiserGraph`.

    The walk through the blocks is written out: the model's own repeats the text for every frame.
    """

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        self.unet: Any = rebuild(unet)

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor) -> tuple[Tensor, Tensor]:
        """latents (1, C, T, h, w), time (1,) in 0..1000, context (1, N, D), domain (1,) -> prediction, time waves."""
        unet, frames = self.unet, latents.shape[2]
        waves = unet.time_proj(time)
        known = {"temb": unet.time_embedding(waves), "num_frames": frames}
        told = {**known, "encoder_hidden_states": context}
        states = unet.conv_in(latents[0].transpose(0, 1))
        states = unet.transformer_in(states, num_frames=frames, return_dict=False)[0]
        skips = (states,)
        for block in unet.down_blocks:
            states, fresh = block(states, **(told if _reads(block) else known))
            skips += fresh
        states = unet.mid_block(states, **told)
        for block in unet.up_blocks:
            count = len(block.resnets)
            taken, skips = skips[-count:], skips[:-count]
            # The next block's skips say how large it is: sizes need not halve evenly.
            size = tuple(skips[-1].shape[2:]) if skips else None
            states = block(states, res_hidden_states_tuple=taken, upsample_size=size,
                           **(told if _reads(block) else known))
        states = unet.conv_out(unet.conv_act(unet.conv_norm_out(states)))
        return states.transpose(0, 1)[None], waves


def denoiser(unet: Any, frames: int, cells: tuple[int, int], tokens: int) -> NetworkSpec:
    """latents, time, context, domain -> prediction, and the time's waves. `unet` itself is rebuilt, not copied.

    `cells` is (height, width) of the latents, `tokens` the length of a text.
    """
    config, draw = unet.config, np.random.default_rng(0)
    feeds = [
        {"latents": normal(draw, 1, config.in_channels, frames, *cells) * np.float32(scale),
         "time": np.array([time], np.float32), "context": normal(draw, 1, tokens, config.cross_attention_dim),
         "domain": np.zeros(1, np.int64)} for scale, time in ((1.0, 937.0), (0.8, 59.0))]
    return NetworkSpec(name="denoiser", module=DenoiserGraph(unet), inputs=specs(feeds[0]),
                       outputs=("prediction", "time_waves"), feeds=tuple(feeds), tolerance=Tolerance(bfloat16=BFLOAT16),
                       single=("time",))


def _reads(block: Any) -> bool:
    """Whether a block takes the text."""
    return bool(getattr(block, "has_cross_attention", False))
