"""The denoiser of ModelScope text-to-video (Wang et al. 2023) and its kin: diffusers' `UNet3DConditionModel`."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from torch import Tensor, nn

from export.layers import rebuild
from export.networks import LOUD, cached_graphs, normal, one_graph, outspoken
from export.spec import Form, NetworkSpec, Tolerance
from runtime.shot.guidance import PAIR

BFLOAT16: Final = 8e-2
"""How far a denoiser may be away in bf16. Random ones of two to four levels are 1.3e-2 to 5.2e-2 away in torch's own
bf16; a time rounded with the rest, which this is to find, cost the starter 1e-1."""


class _ClipGraph(nn.Module):
    """A `UNet3DConditionModel` for one clip, or for a pair of them; it has no domains. The time's waves are as in
    `networks.DenoiserGraph`.

    The walk through the blocks is written out: it is cut in two for DeepCache.
    """

    def __init__(self, unet: nn.Module, clips: int = 1) -> None:
        super().__init__()
        self.unet: Any = rebuild(unet, clips=clips)

    def _enter(self, latents: Tensor, time: Tensor, context: Tensor) -> "_Walk":
        """Down through the first block, its sampler included."""
        unet, frames = self.unet, latents.shape[2]
        waves = unet.time_proj(time)
        # Rounded, where the rest is in half precision, only now that they are waves: as diffusers does it.
        known = {"temb": _for_frames(unet.time_embedding(waves.to(latents.dtype)), frames), "num_frames": frames}
        told = {**known, "encoder_hidden_states": _for_frames(context, frames)}
        states = unet.conv_in(latents.transpose(1, 2).flatten(0, 1))
        states = unet.transformer_in(states, num_frames=frames, return_dict=False)[0]
        first = unet.down_blocks[0]
        below, fresh = first(states, **(told if _reads(first) else known))
        count = len(unet.up_blocks[-1].resnets)
        skips = (states, *fresh)
        return _Walk(below, skips[:count], skips[count:], waves, known, told)

    def _inner(self, walk: "_Walk") -> Tensor:
        """From there down and up again to the last block."""
        unet, states, skips = self.unet, walk.below, walk.inner
        for block in unet.down_blocks[1:]:
            states, fresh = block(states, **(walk.told if _reads(block) else walk.known))
            skips += fresh
        states = unet.mid_block(states, **walk.told)
        for block in unet.up_blocks[:-1]:
            count = len(block.resnets)
            taken, skips = skips[-count:], skips[:-count]
            # The next block's skips say how large it is: sizes need not halve evenly.
            size = tuple((skips or walk.outer)[-1].shape[2:])
            states = block(states, res_hidden_states_tuple=taken, upsample_size=size,
                           **(walk.told if _reads(block) else walk.known))
        return states

    def _leave(self, states: Tensor, walk: "_Walk") -> Tensor:
        """Through the last block."""
        unet, block = self.unet, self.unet.up_blocks[-1]
        states = block(states, res_hidden_states_tuple=walk.outer, upsample_size=None,
                       **(walk.told if _reads(block) else walk.known))
        states = unet.conv_out(unet.conv_act(unet.conv_norm_out(states)))
        return states.unflatten(0, (-1, walk.known["num_frames"])).transpose(1, 2)


@dataclass(frozen=True)
class _Walk:
    """Where a walk is after the first block: `outer` are the last block's skips, `inner` those of the others."""

    below: Tensor
    outer: tuple[Tensor, ...]
    inner: tuple[Tensor, ...]
    waves: Tensor
    known: dict[str, Any]
    told: dict[str, Any]


class DenoiserGraph(_ClipGraph):
    """The whole network."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor) -> tuple[Tensor, Tensor]:
        """latents (B, C, T, h, w), time (B,) in 0..1000, context (B, N, D), domain (B,) -> prediction, time waves."""
        walk = self._enter(latents, time, context)
        return self._leave(self._inner(walk), walk), walk.waves


class DeepGraph(_ClipGraph):
    """The whole network, and what its inner levels gave to the outermost."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor
                ) -> tuple[Tensor, Tensor, Tensor]:
        """As `DenoiserGraph` -> prediction, time waves, deep (T, C, h, w)."""
        walk = self._enter(latents, time, context)
        deep = self._inner(walk)
        return self._leave(deep, walk), walk.waves, deep


class ShallowGraph(_ClipGraph):
    """The outermost level alone."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, deep: Tensor
                ) -> tuple[Tensor, Tensor]:
        """As `DenoiserGraph`, with deep (T, C, h, w) of a step before."""
        walk = self._enter(latents, time, context)
        return self._leave(deep, walk), walk.waves


def denoiser(unet: Any, shape: tuple[int, int, int], tokens: int, form: Form = "clip") -> tuple[NetworkSpec, ...]:
    """latents, time, context, domain -> prediction, and the time's waves. `unet` itself is rebuilt, not copied.

    `shape` is (frames, height, width) of the latents, `tokens` the length of a text; `form` is clip, pair or cached.
    """
    config, draw = unet.config, np.random.default_rng(0)
    clips = PAIR if form == "pair" else 1
    feeds = [
        {"latents": normal(draw, clips, config.in_channels, *shape) * np.float32(scale),
         "time": np.full(clips, time, np.float32), "context": normal(draw, clips, tokens, config.cross_attention_dim),
         "domain": np.zeros(clips, np.int64)} for scale, time in ((1.0, 937.0), (LOUD, 59.0))]
    feeds[-1]["context"] = outspoken(feeds[-1]["context"])
    if form == "cached":
        found = cached_graphs(DeepGraph(unet), ShallowGraph(unet), feeds)
    else:
        found = one_graph(DenoiserGraph(unet, clips), feeds)
    return far(found)


def far(specs: Iterable[NetworkSpec]) -> tuple[NetworkSpec, ...]:
    """The networks of a denoiser as large as this one, which bf16 takes further away."""
    return tuple(dataclasses.replace(spec, tolerance=Tolerance(bfloat16=BFLOAT16, bf16_typed=BFLOAT16))
                 for spec in specs)


def _reads(block: Any) -> bool:
    """Whether a block takes the text."""
    return bool(getattr(block, "has_cross_attention", False))


def _for_frames(value: Tensor, frames: int) -> Tensor:
    """A row for each frame of each clip; one of a single clip does for all of its frames."""
    return value if len(value) == 1 else value.repeat_interleave(frames, 0)
