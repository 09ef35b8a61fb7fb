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
"""The row of a layout that tells of the scenery, after those of the actors."""
ROWS: Final = ACTORS + 1
PLACE: Final = 7
"""Numbers that tell where an actor is in a frame, and how: left, top, right, bottom of the whole of it, in shares of
the frame, beyond which they may lie; the cosine and sine of how far its own motion has turned (wheels, legs, wings); 1
if it heads to the right, -1 to the left.
Of scenery: the box of what a camera sees that neither moves nor zooms; how far the camera has travelled, in halves of a
frame's width, which shifts what is near."""
WHO: Final = 24
"""Numbers that tell who it is; of scenery, where and in what light."""
WIDTH, HEAD, LAYERS = 96, 32, 2
BENDS: Final = 4
"""Coefficients of a path in time. A travelling actor's is a line, a zoom eases in and out with the third power."""
SKETCHED: Final = 64
"""Channels of a sketch."""
_LAYERS, _TOLD = 2, 64
_ACTORS_INNER, _SCENERY_INNER = 320, 192
"""An actor has more to tell than scenery: legs, wings and wheels in every moment of a motion."""
_WAVES: Final = (1, 2, 4, 8, 16)
"""Half waves across an actor."""
_WIDE_WAVES: Final = (*_WAVES, 32)
"""Half waves across the scenery."""
_DEPTHS: Final = (0.0, 0.1, 0.3, 0.6, 1.0)
"""How far scenery shifts while the camera travels by 1: not at all in the sky, all the way at the actors' feet."""
_MARGIN: Final = 0.15
"""How far a sketch goes beyond an actor's box, in shares of it: shadows, wakes and flames do."""


class Layout(NamedTuple):
    """Actors of clips in the order in which their captions name them, then the scenery: where (B, T, ROWS, PLACE), zero
    for what is not there, and who (B, ROWS, WHO), None for what the text says."""

    places: Tensor
    who: Tensor | None = None


NOWHERE: Final = Layout(torch.zeros(0, 0, ROWS, PLACE))
"""Nobody, and no scenery, in any clip."""


class Plan(NamedTuple):
    """What a planner says before it is made definite: `there` (B, ROWS) above 0 for those who are, boxes (B, T, ROWS,
    4), `turns` (B, T, ROWS) in cycles, the scenery's in half frames that the camera has travelled, heading (B, ROWS)
    above 0 to the right, who (B, ROWS, WHO)."""

    there: Tensor
    boxes: Tensor
    turns: Tensor
    heading: Tensor
    who: Tensor

    def layout(self) -> Layout:
        """Made definite; zeros for those who are not there."""
        turns = (2 * math.pi) * self.turns[:, :, :ACTORS, None]
        heading = self.heading[:, None, :ACTORS, None].sign().expand_as(turns)
        actors = torch.cat([self.boxes[:, :, :ACTORS], turns.cos(), turns.sin(), heading], dim=-1)
        scenery = torch.cat([self.boxes[:, :, ACTORS:], self.turns[:, :, ACTORS:, None]], dim=-1)
        places = torch.cat([actors, F.pad(scenery, (0, PLACE - scenery.shape[-1]))], dim=2)
        there = (self.there > 0).to(places.dtype)
        return Layout(places * there[:, None, :, None], self.who)


KNOWN: Final = ("actors", "sceneries")
"""What a planner may say of actors, and of scenery."""


class Planner(nn.Module):
    """Token states of a caption (B, N, D) to the layout of its clip.

    Once it is trained, `actors` and `sceneries` (K, WHO) hold what it has learned to tell: each kind in each colour,
    each setting in each light. Until then they are empty.
    """

    powers: Tensor
    actors: Tensor
    sceneries: Tensor

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
        for name in KNOWN:
            self.register_buffer(name, torch.zeros(0, WHO))
        self.register_load_state_dict_pre_hook(_take_known)  # type: ignore[no-untyped-call]

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
        layout = self.plan(context).layout()
        assert layout.who is not None
        return layout._replace(who=self.settled(layout.who))

    def settled(self, who: Tensor) -> Tensor:
        """The nearest of what is known to each of `who` (B, ROWS, WHO), as in vector quantisation (van den Oord et al.,
        2017): of a word that may mean two things, a bit of both would be drawn."""
        return torch.cat([_nearest(who[:, :ACTORS], self.actors), _nearest(who[:, ACTORS:], self.sceneries)], dim=1)


def _nearest(found: Tensor, known: Tensor) -> Tensor:
    """found (B, A, WHO), each as the one of known (K, WHO) that is least far away; as it is where none is known."""
    if not len(known):
        return found
    codes = known.to(found.dtype)
    return codes[(codes.square().sum(-1) - 2 * found @ codes.T).argmin(-1)]


def _take_known(planner: Planner, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """How much is known is the training's to say: take any number, or none."""
    for name in KNOWN:
        given = state.setdefault(f"{prefix}{name}", getattr(planner, name))
        setattr(planner, name, torch.empty_like(given))


class Field(nn.Module):
    """Channels of each place of something, as networks do that hold pictures: they see waves of the place (Tancik et
    al., 2020), bent by `told` numbers of what it is. Across it may be seen at several depths. `inner` is its width."""

    def __init__(self, told: int, depths: int, waves: tuple[int, ...], inner: int) -> None:
        super().__init__()
        self._waves = waves
        seen = 1 + 2 * len(waves)
        self.across, self.down = nn.Linear(depths * seen, inner), nn.Linear(seen, inner, bias=False)
        self.inner = nn.ModuleList(nn.Linear(inner, inner) for _ in range(_LAYERS))
        self.told = nn.Sequential(nn.Linear(told, _TOLD), nn.SiLU(), nn.Linear(_TOLD, 2 * (1 + _LAYERS) * inner))
        self.out = nn.Linear(inner, SKETCHED)

    def forward(self, u: Tensor, v: Tensor, told: Tensor) -> Tensor:
        """Across u (N, w, depths) and down v (N, h, 1), -1 to 1 within it; told (N, told) -> (N, h, w, SKETCHED).

        Channels last: on processors layers over the last dimension take half the time of 1x1 convolutions.
        """
        bends = self.told(told)[:, None, None].chunk(2 * (1 + len(self.inner)), dim=-1)
        x = self.across(self._seen(u))[:, None] + self.down(self._seen(v))[:, :, None]
        for number, (scale, shift) in enumerate(zip(bends[::2], bends[1::2], strict=True)):
            x = F.silu((self.inner[number - 1](x) if number else x) * (1 + scale) + shift)
        found: Tensor = self.out(x)
        return found

    def _seen(self, place: Tensor) -> Tensor:
        """Waves of places (N, cells, depths), where numbers are still exact: (N, cells, depths * seen)."""
        waves = [wave(k * math.pi * place) for k in self._waves for wave in (torch.sin, torch.cos)]
        return torch.cat([place, *waves], dim=-1).to(self.out.weight.dtype)


class Sketch(nn.Module):
    """Draws a layout as a painter does: scenery, over it who is behind, over them who is in front, whose feet are
    lower. A cell gets channels that say what part of what is there, and in what light.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scenery = Field(WHO + 5, len(_DEPTHS), _WIDE_WAVES, _SCENERY_INNER)
        self.actor = Field(2 * WHO + 4, 1, _WAVES, _ACTORS_INNER)
        self.over = nn.Sequential(nn.Linear(2 * SKETCHED, 2 * SKETCHED), nn.SiLU(),
                                  nn.Linear(2 * SKETCHED, SKETCHED))

    def forward(self, places: Tensor, who: Tensor, size: tuple[int, int]) -> Tensor:
        """places (N, ROWS, PLACE), who (N, ROWS, WHO) -> (N, SKETCHED, h, w)."""
        canvas = self._scenery(places[:, SCENERY], who[:, SCENERY], size)
        first, second = (self._actor(places[:, row], who[:, (row, SCENERY)].flatten(1), size) for row in range(ACTORS))
        ahead = (places[:, 0, 3] >= places[:, 1, 3])[:, None, None, None]
        for front, behind in ((second, first), (first, second)):
            drawn, inside = (torch.where(ahead, a, b) for a, b in zip(front, behind, strict=True))
            canvas = canvas + self.over(torch.cat([canvas, drawn], dim=-1)) * inside
        return canvas.permute(0, 3, 1, 2)

    def _scenery(self, place: Tensor, who: Tensor, size: tuple[int, int]) -> Tensor:
        """Scenery at `place` (N, PLACE) as (N, h, w, SKETCHED); zeros where there is none."""
        left, top, right, bottom, travelled = (value[:, None] for value in place[:, :5].unbind(-1))
        # Shifted one by one, not times a constant of depths: few operations, and none in half precision.
        u = torch.stack([_within(left, right, size[1]) + depth * travelled for depth in _DEPTHS], dim=-1)
        told = torch.cat([who, place[:, :5].to(who.dtype)], dim=-1)
        drawn = self.scenery(u, _within(top, bottom, size[0])[..., None], told)
        there = ((right > left) & (bottom > top))[..., None, None]
        return drawn * there.to(drawn.dtype)

    def _actor(self, place: Tensor, who: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """An actor at `place` (N, PLACE), drawn everywhere (N, h, w, SKETCHED), and how much of each cell it has (N, h,
        w, 1). `who` (N, 2 * WHO) is who, and in what light."""
        left, top, right, bottom, cosine, sine, heading = (value[:, None] for value in place.unbind(-1))
        u, v = (_within(first, last, cells).clamp(-1 - 2 * _MARGIN, 1 + 2 * _MARGIN)[..., None]
                for first, last, cells in ((left, right, size[1]), (top, bottom, size[0])))
        told = torch.cat([who, torch.cat([cosine, sine, right - left, bottom - top], -1).to(who.dtype)], -1)
        drawn = self.actor(u * heading[..., None], v, told)
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
