"""The denoiser: diffusers' UNet2DConditionModel, frozen after stage 0, with MovieFactory's layers around its own.

Stage 1 inserts a pair before each sampler; stage 2 adds a temporal layer after each frozen spatial one. Skip
connections carry the frozen features only: what the text-to-image network knew is kept whole, the insertions speak to
the samplers. The same module at SD2's widths is the full model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as F

from training.models.inserts import (
    AttentionShape,
    Inserted,
    InsertedResBlock,
    TemporalAttention,
    TemporalResBlock,
    zeroed,
)
from training.models.layout import NOWHERE, SKETCHED, Layout, Planner, Sketch


@dataclass(frozen=True, kw_only=True)
class DenoiserConfig:
    """Shape of the denoiser; defaults are the starter's.

    `attention` says which levels, from the outside in, have spatial transformers. `temporal` is the width of temporal
    layers as a share of the map's own (1 at full size). `insert_at_output` adds one more pair after the last block:
    the starter's first level is so coarse that the watermark could not be drawn, nor left out, further in.
    With `layout` it plans from the text who is where in each frame; that takes clips where this is known, so the full
    model is without. `conditions` channels of the latents' size may be given besides (pictures to go on from, a mask).
    """

    latent_channels: int = 32
    widths: tuple[int, ...] = (96, 128, 224)
    layers: int = 1
    attention: tuple[bool, ...] = (False, True, True)
    head: int = 32
    context: int = 256
    groups: int = 16
    domains: int = 2
    frames: int = 16
    temporal: float = 0.5
    insert_at_output: bool = True
    layout: bool = True
    conditions: int = 0


def stage0_unet(config: DenoiserConfig) -> UNet2DConditionModel:
    """The text-to-image network of stage 0."""
    heads = tuple(width // config.head for width in config.widths)
    down = tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in config.attention)
    up = tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(config.attention))
    return UNet2DConditionModel(
        in_channels=config.latent_channels, out_channels=config.latent_channels, block_out_channels=config.widths,
        layers_per_block=config.layers, down_block_types=down, up_block_types=up, norm_num_groups=config.groups,
        cross_attention_dim=config.context, attention_head_dim=heads, use_linear_projection=True)


@dataclass(frozen=True)
class Controls:
    """What may be said of a clip's frames besides.

    `start` (1,) or (B,) is the number of the first frame, where only a piece of a clip is seen; numbers begin again
    after the clip's last. `bias` (T, T) is added to the scores of temporal attention, a row for each frame that looks
    (-10,000: it does not see that frame; the norm before still spans all frames). `condition` (B, conditions, T, h, w).
    `layout` says who is where, in place of what the network plans; `sketch` (B, SKETCHED, T, h, w) is one that has been
    drawn before (see `Denoiser.drawn`), in place of both.
    """

    start: int | Tensor = 0
    bias: Tensor | None = None
    condition: Tensor | None = None
    layout: Layout | None = None
    sketch: Tensor | None = None


NO_CONTROLS: Final = Controls()


class Denoiser(nn.Module):
    """latents (B, C, T, h, w), time (B,) in 0..1000, context (B, N, D), domain (B,) -> prediction like the latents.

    Time and context may also be each frame's own, (B*T,) and (B*T, N, D), frames of one clip next to each other.
    """

    def __init__(self, config: DenoiserConfig, unet: UNet2DConditionModel | None = None, temporal: bool = True) -> None:
        super().__init__()
        self.config = config
        self.unet = (unet or stage0_unet(config)).requires_grad_(False)
        embedding = config.widths[0] * 4
        shape = AttentionShape(config.head, config.context)
        sketched = SKETCHED if config.layout else 0
        self.inserts = nn.ModuleDict({
            name: Inserted(InsertedResBlock(width, embedding, config.domains, config.groups, sketched),
                           shape.spatial(width, config.groups) if attention else None)
            for name, width, attention in self._places()})
        self.temporal = nn.ModuleDict()
        if temporal:
            for name, width, attention in self._spatial_layers():
                inner = max(config.head, round(width * config.temporal / config.head) * config.head)
                self.temporal[name] = (
                    TemporalAttention(width, config.groups, inner, config.head, config.frames) if attention
                    else TemporalResBlock(width, embedding, config.groups, inner))
        self.planner = Planner(config.context, config.frames) if config.layout else None
        self.sketch = Sketch() if config.layout else None
        self.condition = (zeroed(nn.Conv2d(config.conditions, config.widths[0], 3, padding=1)) if config.conditions
                          else None)

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, controls: Controls = NO_CONTROLS
                ) -> Tensor:
        """One evaluation."""
        return self.with_deep(latents, time, context, domain, controls)[0]

    def with_deep(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor,
                  controls: Controls = NO_CONTROLS) -> tuple[Tensor, Tensor]:
        """One evaluation, and what the inner levels gave to the outermost: (B*T, C, h, w), C the second width."""
        x, skips, state = self._enter(latents, time, context, domain, controls)
        deep = self._inner(x, skips, state)
        return self._leave(deep, skips, state, latents), deep

    def shallow(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor,
                deep: Tensor, controls: Controls = NO_CONTROLS) -> Tensor:
        """The outermost level alone, with what the inner ones gave a step or two before (Ma et al., 2024, "DeepCache:
        Accelerating Diffusion Models for Free", section 3.3): between steps near in time it hardly changes."""
        _, skips, state = self._enter(latents, time, context, domain, controls)
        return self._leave(deep, skips, state, latents)

    def drawn(self, context: Tensor, start: int | Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """The sketch (1, SKETCHED, T, h, w) of the layout that is planned for a clip from its text, context (1, N, D),
        or (T, N, D) where each frame has one, its first frame being number `start`; and the places in it (1, T, ROWS,
        PLACE). The same in every evaluation."""
        assert self.sketch is not None
        places, who = self._layout(context, self._numbers(start, self.config.frames, context.device), None)
        return self.sketch(places, who, size).transpose(0, 1)[None], places[None]

    def stage1_parameters(self) -> Iterator[nn.Parameter]:
        """What stage 1 trains."""
        return chain(self.inserts.parameters(), () if self.sketch is None else self.sketch.parameters())

    def stage2_parameters(self) -> Iterator[nn.Parameter]:
        """What stage 2 trains."""
        return self.temporal.parameters()

    def _enter(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, controls: Controls
               ) -> tuple[Tensor, list[Tensor], "_State"]:
        """Down through the first block, but for its sampler."""
        batch, channels, frames, height, width = latents.shape
        x = latents.permute(0, 2, 1, 3, 4).reshape(batch * frames, channels, height, width)
        unet = self.unet
        # Repeated before the embedding, not after: the same (B*T) batch then gives the frozen UNet's very bits.
        steps = unet.time_proj(_for_frames(time, len(x))).to(x.dtype)
        numbers = self._numbers(controls.start, frames, x.device)
        sketch = self._whole_sketch(context, numbers.expand(batch, -1), controls, (height, width))
        state = _State(unet.time_embedding(steps), _for_frames(context, len(x)), _for_frames(domain, len(x)), numbers,
                       controls.bias, {} if sketch is None else {(height, width): sketch})
        x = unet.conv_in(x)
        if controls.condition is not None:
            assert self.condition is not None
            x = x + self.condition(controls.condition.transpose(1, 2).flatten(0, 1))
        skips = [x]
        return self._down(0, x, skips, state), skips, state

    def _numbers(self, start: int | Tensor, frames: int, where: torch.device) -> Tensor:
        """The numbers (1 or B, T) of frames."""
        first = torch.as_tensor(start, device=where).reshape(-1, 1)
        return (torch.arange(frames, device=where) + first) % self.config.frames

    def _whole_sketch(self, context: Tensor, numbers: Tensor, controls: Controls, size: tuple[int, int]
                      ) -> Tensor | None:
        """The layout of frames `numbers` (B, T) drawn at the size of latents (B*T, SKETCHED, h, w), as given or as
        planned; None for a network without layouts."""
        if controls.sketch is not None:
            return controls.sketch.transpose(1, 2).flatten(0, 1)
        if self.sketch is None:
            return None
        if controls.layout is NOWHERE:
            return context.new_zeros(numbers.numel(), SKETCHED, *size)
        return self.sketch(*self._layout(context, numbers, controls.layout), size)

    def _layout(self, context: Tensor, numbers: Tensor, given: Layout | None) -> tuple[Tensor, Tensor]:
        """Where (B*T, ROWS, PLACE) and who (B*T, ROWS, WHO): as given, or planned from the text for the moments
        `numbers` (B, T)."""
        assert self.planner is not None
        rows = numbers.numel()
        plan: Layout = self.planner(context) if given is None or given.who is None else given
        assert plan.who is not None
        if given is None:
            places = _for_frames(plan.places, rows)[torch.arange(rows, device=context.device), numbers.flatten()]
        else:
            places = given.places.flatten(0, 1)
        return places, _for_frames(plan.who, rows)

    def _inner(self, x: Tensor, skips: list[Tensor], state: "_State") -> Tensor:
        """From the first block's sampler down and up again to the last block; takes the skips that it adds."""
        unet = self.unet
        outer = len(skips)
        for number, block in enumerate(unet.down_blocks):
            if number:
                x = self._down(number, x, skips, state)
            if block.downsamplers is not None:
                x = block.downsamplers[0](self._insert(f"down{number}", x, state))
                skips.append(x)
        x = self._middle(x, state)
        for number, block in enumerate(unet.up_blocks[:-1]):
            x = self._up(number, x, skips, state)
            x = self._insert(f"up{number}", x, state)
            # The next block's skips say how large it is: sizes need not halve evenly.
            size = skips[-1].shape[2:]
            doubled = size == torch.Size(2 * side for side in x.shape[2:])
            x = block.upsamplers[0](x, None if doubled else size)
        assert len(skips) == outer
        return x

    def _leave(self, x: Tensor, skips: list[Tensor], state: "_State", latents: Tensor) -> Tensor:
        """Through the last block to the prediction, shaped like `latents`."""
        unet = self.unet
        x = self._insert("out", self._up(len(unet.up_blocks) - 1, x, skips, state), state)
        x = unet.conv_out(unet.conv_act(unet.conv_norm_out(x)))
        batch, channels, frames, height, width = latents.shape
        return x.reshape(batch, frames, channels, height, width).permute(0, 2, 1, 3, 4)

    def _down(self, number: int, x: Tensor, skips: list[Tensor], state: "_State") -> Tensor:
        """The layers of a down block; each leaves a skip."""
        block = self.unet.down_blocks[number]
        for layer in range(len(block.resnets)):
            x = self._layer(f"down{number}", block, layer, x, state)
            skips.append(x)
        return x

    def _up(self, number: int, x: Tensor, skips: list[Tensor], state: "_State") -> Tensor:
        """The layers of an up block; each takes a skip."""
        block = self.unet.up_blocks[number]
        for layer in range(len(block.resnets)):
            x = self._layer(f"up{number}", block, layer, torch.cat([x, skips.pop()], dim=1), state)
        return x

    def _layer(self, name: str, block: Any, layer: int, x: Tensor, state: "_State") -> Tensor:
        x = block.resnets[layer](x, state.time)
        x = self._over_time(f"{name}_res{layer}", x, state)
        attentions = getattr(block, "attentions", None)
        if attentions:
            x = attentions[layer](x, encoder_hidden_states=state.context, return_dict=False)[0]
            x = self._over_time(f"{name}_attn{layer}", x, state)
        return x

    def _middle(self, x: Tensor, state: "_State") -> Tensor:
        block = self.unet.mid_block
        x = self._over_time("mid_res0", block.resnets[0](x, state.time), state)
        for layer, attention in enumerate(block.attentions):
            x = attention(x, encoder_hidden_states=state.context, return_dict=False)[0]
            x = self._over_time(f"mid_attn{layer}", x, state)
            x = self._over_time(f"mid_res{layer + 1}", block.resnets[layer + 1](x, state.time), state)
        return x

    def _over_time(self, name: str, x: Tensor, state: "_State") -> Tensor:
        if name not in self.temporal:
            return x
        layer = self.temporal[name]
        if isinstance(layer, TemporalAttention):
            return layer(x, state.numbers, state.bias)
        return layer(x, state.time, state.numbers.shape[-1])

    def _insert(self, name: str, x: Tensor, state: "_State") -> Tensor:
        if name not in self.inserts:
            return x
        inserted: Tensor = self.inserts[name](x, state.time, state.context, state.domain, self._sketched(x, state))
        return inserted

    def _sketched(self, x: Tensor, state: "_State") -> Tensor | None:
        """The sketch made as small as `x`: a cell then tells of all that it holds."""
        if not state.sketches:
            return None
        size = x.shape[2], x.shape[3]
        if size not in state.sketches:
            state.sketches[size] = F.adaptive_avg_pool2d(next(iter(state.sketches.values())), size)
        return state.sketches[size]

    def _places(self) -> Iterator[tuple[str, int, bool]]:
        """Name, width and attention of every inserted pair."""
        widths, attention, last = self.config.widths, self.config.attention, len(self.config.widths) - 1
        for level in range(last):
            yield f"down{level}", widths[level], attention[level]
        for level in range(last):
            yield f"up{level}", widths[last - level], attention[last - level]
        if self.config.insert_at_output:
            yield "out", widths[0], False

    def _spatial_layers(self) -> Iterator[tuple[str, int, bool]]:
        """Name, width and kind (True: attention) of every frozen spatial layer."""
        widths, attention, layers = self.config.widths, self.config.attention, self.config.layers
        for side, order, count in (("down", range(len(widths)), layers),
                                   ("up", range(len(widths) - 1, -1, -1), layers + 1)):
            for number, level in enumerate(order):
                for layer in range(count):
                    yield f"{side}{number}_res{layer}", widths[level], False
                    if attention[level]:
                        yield f"{side}{number}_attn{layer}", widths[level], True
        yield "mid_res0", widths[-1], False
        yield "mid_attn0", widths[-1], True
        yield "mid_res1", widths[-1], False


@dataclass(frozen=True)
class _State:
    time: Tensor
    context: Tensor
    domain: Tensor
    numbers: Tensor
    bias: Tensor | None
    sketches: dict[tuple[int, int], Tensor]
    """Of the layout, by size, the whole one first; none for a network without layouts."""


def _for_frames(value: Tensor, rows: int) -> Tensor:
    """One row a clip becomes one a frame; `value` may have one for each of all `rows` frames already."""
    return value.repeat_interleave(rows // len(value), 0)
