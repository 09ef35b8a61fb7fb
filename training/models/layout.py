"""Who is to be where in each frame, before which scenery: read from the text by a small network, drawn as a sketch that
inserted layers see.

From a caption alone a small denoiser has to guess out of noise where things are, how far legs and wheels have turned,
and which words are whose; in each frame it guesses something else. Laying a clip out first is what LLM-grounded video
diffusion does with a large language model (Lian et al., 2024), telling every box its own words what GLIGEN does (Li et
al., 2023). Here a network of half a million weights has learned it from drawn clips, whose layout is known.
"""

import math
from typing import Final, NamedTuple

import torch
from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor, nn
from torch.nn import functional as F

ACTORS: Final = 2
SCENERY: Final = ACTORS
"""The row of a layout that tells where the scenery is, after those of the actors: its box is what a camera that stands
still sees, and may reach beyond the frame."""
ROWS: Final = ACTORS + 1
PLACE: Final = 7
"""Numbers that tell where an actor is in a frame, and how: left, top, right, bottom, 0 to 1 of the frame; the cosine
and sine of how far its own motion has turned (wheels, legs, wings); 1 if it heads to the right, -1 to the left."""
WHO: Final = 24
"""Numbers that tell who it is."""
WIDTH, HEAD, LAYERS = 96, 32, 2
BENDS: Final = 4
"""Coefficients of a path in time. A travelling actor's is a line, a zoom eases in and out with the third power."""
SKETCHED: Final = 64
"""Channels of a sketch."""
_INNER: Final = 192
_MOOD: Final = 32
_WAVES: Final = (1, 2, 4, 8, 16)
"""Half waves across an actor."""
_WIDE_WAVES: Final = (*_WAVES, 32)
"""Half waves across the scenery."""
_MARGIN: Final = 0.15
"""How far a sketch goes beyond an actor's box, in shares of it: shadows, wakes and flames do."""


class Layout(NamedTuple):
    """Actors of clips in the order in which their captions name them, then the scenery: where (B, T, ROWS, PLACE), zero
    for what is not there, and who (B, ACTORS, WHO), None for what the text says."""

    places: Tensor
    who: Tensor | None = None


class Plan(NamedTuple):
    """What a planner says before it is made definite: `there` (B, ROWS) above 0 for those who are, boxes (B, T, ROWS,
    4), `turns` (B, T, ROWS) in cycles, heading (B, ROWS) above 0 to the right, who (B, ACTORS, WHO)."""

    there: Tensor
    boxes: Tensor
    turns: Tensor
    heading: Tensor
    who: Tensor

    def layout(self) -> Layout:
        """Made definite; zeros for those who are not there."""
        turns = (2 * math.pi) * self.turns[..., None]
        heading = self.heading.sign()[:, None, :, None].expand_as(turns)
        boxes = torch.cat([self.boxes[:, :, :ACTORS].clamp(0, 1), self.boxes[:, :, ACTORS:]], dim=2)
        places = torch.cat([boxes, turns.cos(), turns.sin(), heading], dim=-1)
        there = (self.there > 0).to(places.dtype)
        return Layout(places * there[:, None, :, None], self.who)


class Planner(nn.Module):
    """Token states of a caption (B, N, D) to the layout of its clip."""

    powers: Tensor

    def __init__(self, context: int, frames: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(ROWS, WIDTH))
        self.blocks = nn.ModuleList(BasicTransformerBlock(WIDTH, WIDTH // HEAD, HEAD, cross_attention_dim=context)
                                    for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.path = nn.Linear(WIDTH, 4 * BENDS)
        self.motion = nn.Linear(WIDTH, 4)
        self.who = nn.Linear(WIDTH, WHO)
        moments = (torch.arange(frames) + 0.5) * (2 / frames) - 1
        # A constant: it belongs to the code, not to the weights.
        self.register_buffer("powers", moments[:, None] ** torch.arange(BENDS), persistent=False)

    def plan(self, context: Tensor) -> Plan:
        """What is read from the text."""
        x = self.queries.to(context.dtype).expand(len(context), -1, -1)
        for block in self.blocks:
            x = block(x, encoder_hidden_states=context)
        x = self.norm(x)
        powers = self.powers.to(x.dtype)
        across, down, wide, high = (0.5 + 0.25 * (self.path(x).unflatten(-1, (4, BENDS)) @ powers.T)).unbind(2)
        boxes = torch.stack([across - wide / 2, down - high / 2, across + wide / 2, down + high / 2], dim=-1)
        there, heading, tempo, begin = self.motion(x).unbind(-1)
        turns = begin[:, None] + tempo[:, None] * ((powers[:, 1, None] + 1) / 2)
        return Plan(there, boxes.transpose(1, 2), turns, heading, torch.tanh(self.who(x[:, :ACTORS])))

    def forward(self, context: Tensor) -> Layout:
        """What is read from the text, made definite."""
        return self.plan(context).layout()


class Field(nn.Module):
    """Channels of each place of something, as networks do that hold pictures: they see waves of the place (Tancik et
    al., 2020), bent by `told` numbers of what it is."""

    def __init__(self, told: int, waves: tuple[int, ...]) -> None:
        super().__init__()
        self._waves = waves
        self.told = nn.Sequential(nn.Linear(told, _INNER), nn.SiLU(), nn.Linear(_INNER, 4 * _INNER))
        self.place = nn.Linear(2 + 4 * len(waves), _INNER)
        self.inner = nn.Linear(_INNER, _INNER)
        self.out = nn.Linear(_INNER, SKETCHED)

    def forward(self, u: Tensor, v: Tensor, told: Tensor) -> Tensor:
        """Across u (N, w) and down v (N, h), -1 to 1 within it; told (N, told) -> (N, h, w, SKETCHED).

        Channels last: on processors layers over the last dimension take half the time of 1x1 convolutions.
        """
        u, v = torch.broadcast_tensors(u[:, None], v[:, :, None])
        waves = torch.stack([u, v, *(wave(k * math.pi * x) for x in (u, v) for k in self._waves
                                     for wave in (torch.sin, torch.cos))], dim=-1)
        bent = self.told(told.to(self.place.weight.dtype))[:, None, None].chunk(4, dim=-1)
        x = F.silu(self.place(waves.to(bent[0].dtype)) * (1 + bent[0]) + bent[1])
        x = F.silu(self.inner(x) * (1 + bent[2]) + bent[3])
        found: Tensor = self.out(x)
        return found


class Sketch(nn.Module):
    """Draws a layout as a painter does: scenery in the light that the text tells, over it who is behind, over them who is
    in front, whose feet are lower. A cell gets channels that say what part of what is there.
    """

    def __init__(self, context: int) -> None:
        super().__init__()
        self.mood = nn.Linear(context, _MOOD)
        self.scenery = Field(4 + _MOOD, _WIDE_WAVES)
        self.actor = Field(WHO + 4 + _MOOD, _WAVES)
        self.over = nn.Sequential(nn.Linear(2 * SKETCHED, 2 * SKETCHED), nn.SiLU(),
                                  nn.Linear(2 * SKETCHED, SKETCHED))

    def forward(self, places: Tensor, who: Tensor, context: Tensor, size: tuple[int, int]) -> Tensor:
        """places (N, ROWS, PLACE), who (N, ACTORS, WHO), context (N, tokens, D) -> (N, SKETCHED, h, w)."""
        mood = torch.tanh(self.mood(context.mean(1)))
        canvas = self._scenery(places[:, SCENERY], mood, size)
        first, second = (self._actor(places[:, row], who[:, row], mood, size) for row in range(ACTORS))
        ahead = (places[:, 0, 3] >= places[:, 1, 3])[:, None, None, None]
        for front, behind in ((second, first), (first, second)):
            drawn, inside = (torch.where(ahead, a, b) for a, b in zip(front, behind, strict=True))
            canvas = canvas + self.over(torch.cat([canvas, drawn], dim=-1)) * inside
        return canvas.permute(0, 3, 1, 2)

    def _scenery(self, place: Tensor, mood: Tensor, size: tuple[int, int]) -> Tensor:
        """Scenery at `place` (N, PLACE) as (N, h, w, SKETCHED); zeros where there is none."""
        left, top, right, bottom = (value[:, None] for value in place[:, :4].unbind(-1))
        u, v = _within(left, right, size[1]), _within(top, bottom, size[0])
        drawn = self.scenery(u, v, torch.cat([place[:, :4].to(mood.dtype), mood], dim=-1))
        there = ((right > left) & (bottom > top))[..., None, None]
        return drawn * there.to(drawn.dtype)

    def _actor(self, place: Tensor, who: Tensor, mood: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """An actor at `place` (N, PLACE), drawn everywhere (N, h, w, SKETCHED), and how much of each cell it has (N, h,
        w, 1)."""
        left, top, right, bottom, cosine, sine, heading = (value[:, None] for value in place.unbind(-1))
        u, v = (_within(first, last, cells).clamp(-1 - 2 * _MARGIN, 1 + 2 * _MARGIN)
                for first, last, cells in ((left, right, size[1]), (top, bottom, size[0])))
        told = torch.cat([who, cosine, sine, right - left, bottom - top, mood], dim=-1)
        drawn = self.actor(u * heading, v, told)
        inside = _covered(top, bottom, size[0])[:, :, None] * _covered(left, right, size[1])[:, None]
        return drawn, inside[..., None].to(drawn.dtype)


def _within(first: Tensor, last: Tensor, cells: int) -> Tensor:
    """Where the middles of cells are (N, cells), -1 at `first` and 1 at `last` (N, 1)."""
    middles = (torch.arange(cells, device=first.device, dtype=first.dtype) + 0.5) / cells
    return (middles - (first + last) / 2) / ((last - first) / 2).clamp(min=0.5 / cells)


def _covered(first: Tensor, last: Tensor, cells: int) -> Tensor:
    """How much of each cell (N, cells) lies between `first` and `last` (N, 1) and in their margin."""
    edges = torch.arange(cells, device=first.device, dtype=first.dtype) / cells
    # Nobody's box has no margin either.
    beyond = _MARGIN * (last - first)
    share = (torch.minimum(last + beyond, edges + 1 / cells) - torch.maximum(first - beyond, edges)) * cells
    return share.clamp(0, 1)
