"""Who is to be where in each frame: read from the text by a small network, drawn as a sketch that inserted layers see.

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
_MARGIN: Final = 0.15
"""How far a sketch goes beyond an actor's box, in shares of it: shadows, wakes and flames do."""


class Layout(NamedTuple):
    """Actors of clips in the order in which their captions name them: where (B, T, ACTORS, PLACE), zero for one who is
    not there, and who (B, ACTORS, WHO), None for what the text says."""

    places: Tensor
    who: Tensor | None = None


class Plan(NamedTuple):
    """What a planner says before it is made definite: `there` (B, ACTORS) above 0 for those who are, boxes (B, T,
    ACTORS, 4), `turns` (B, T, ACTORS) in cycles, heading (B, ACTORS) above 0 to the right, who (B, ACTORS, WHO)."""

    there: Tensor
    boxes: Tensor
    turns: Tensor
    heading: Tensor
    who: Tensor

    def layout(self) -> Layout:
        """Made definite; zeros for those who are not there."""
        turns = (2 * math.pi) * self.turns[..., None]
        heading = self.heading.sign()[:, None, :, None].expand_as(turns)
        places = torch.cat([self.boxes.clamp(0, 1), turns.cos(), turns.sin(), heading], dim=-1)
        there = (self.there > 0).to(places.dtype)
        return Layout(places * there[:, None, :, None], self.who)


class Planner(nn.Module):
    """Token states of a caption (B, N, D) to the layout of its clip."""

    powers: Tensor

    def __init__(self, context: int, frames: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(ACTORS, WIDTH))
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
        return Plan(there, boxes.transpose(1, 2), turns, heading, torch.tanh(self.who(x)))

    def forward(self, context: Tensor) -> Layout:
        """What is read from the text, made definite."""
        return self.plan(context).layout()


class Sketch(nn.Module):
    """Draws a layout: a cell that an actor covers gets channels that say who that is and what part of it is there.

    It sees waves of the place within the actor, as networks do that hold pictures (Tancik et al., 2020), bent by who
    it is, how far its motion has turned, and what the text says of light and weather. Where two overlap it sees both:
    the one whose feet are lower is in front.
    """

    def __init__(self, context: int) -> None:
        super().__init__()
        self.mood = nn.Linear(context, _MOOD)
        self.actor = nn.Sequential(nn.Linear(WHO + 4 + _MOOD, _INNER), nn.SiLU(), nn.Linear(_INNER, 4 * _INNER))
        self.part = nn.Linear(2 + 4 * len(_WAVES), _INNER)
        self.inner = nn.Linear(_INNER, _INNER)
        self.out = nn.Linear(_INNER, SKETCHED)
        self.overlap = nn.Sequential(nn.Linear(2 * SKETCHED, 2 * SKETCHED), nn.SiLU(),
                                     nn.Linear(2 * SKETCHED, SKETCHED))

    def forward(self, places: Tensor, who: Tensor, context: Tensor, size: tuple[int, int]) -> Tensor:
        """places (N, ACTORS, PLACE), who (N, ACTORS, WHO), context (N, tokens, D) -> (N, SKETCHED, h, w)."""
        rows = places.flatten(0, 1)
        left, top, right, bottom, cosine, sine, heading = (value[:, None] for value in rows.unbind(-1))
        across, u = _covered(left, right, size[1])
        down, v = _covered(top, bottom, size[0])
        u, v = torch.broadcast_tensors((u * heading)[:, None], v[:, :, None])
        waves = torch.stack([u, v, *(wave(k * math.pi * x) for x in (u, v) for k in _WAVES
                                     for wave in (torch.sin, torch.cos))], dim=-1)
        mood = torch.tanh(self.mood(context.mean(1))).repeat_interleave(ACTORS, 0)
        told = torch.cat([who.flatten(0, 1), cosine, sine, right - left, bottom - top, mood], dim=-1)
        # Channels last: on processors layers over the last dimension take half the time of 1x1 convolutions.
        bent = self.actor(told.to(self.part.weight.dtype))[:, None, None].chunk(4, dim=-1)
        inside = (down[:, :, None] * across[:, None])[..., None].to(bent[0].dtype)
        x = F.silu(self.part(waves.to(bent[0].dtype)) * (1 + bent[0]) + bent[1])
        x = F.silu(self.inner(x) * (1 + bent[2]) + bent[3])
        return self._together(self.out(x) * inside, inside, places[:, :, 3]).permute(0, 3, 1, 2)

    def _together(self, x: Tensor, inside: Tensor, feet: Tensor) -> Tensor:
        """Actors drawn apart (N * ACTORS, h, w, SKETCHED) and where they are (N * ACTORS, h, w, 1) as one sketch."""
        first, second = x.unflatten(0, (-1, ACTORS)).unbind(1)
        here, there = inside.unflatten(0, (-1, ACTORS)).unbind(1)
        ahead = (feet[:, 0] >= feet[:, 1])[:, None, None, None]
        ordered = torch.cat([torch.where(ahead, first, second), torch.where(ahead, second, first)], dim=-1)
        return first + second + self.overlap(ordered) * (here * there)


def _covered(first: Tensor, last: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """How much of each cell lies between `first` and `last` (N, 1) and in their margin, and where the cell's middle is,
    -1 at `first` and 1 at `last`."""
    edges = torch.arange(cells, device=first.device, dtype=first.dtype) / cells
    half = ((last - first) / 2).clamp(min=0.5 / cells)
    # Nobody's box has no margin either.
    beyond = _MARGIN * (last - first)
    share = (torch.minimum(last + beyond, edges + 1 / cells) - torch.maximum(first - beyond, edges)) * cells
    place = (edges + 0.5 / cells - (first + last) / 2) / half
    return share.clamp(0, 1), place.clamp(-1 - 2 * _MARGIN, 1 + 2 * _MARGIN)
