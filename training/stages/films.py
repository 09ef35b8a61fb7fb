"""What stages 1 and 2 share: items drawn from film clips, and a job that trains some of the denoiser's layers."""

import functools
import random
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import Request
from training.loop import Batch, laid_out
from training.models.denoiser import Controls, Denoiser
from training.models.layout import NOWHERE, Layout
from training.models.text_encoder import TextEncoder
from training.pools import Drawn, FromPool, Shape, places_of
from training.sampling import FOLDED, UNGUIDED
from training.stages.stage0 import corrupt, filled_pool, read
from training.text.tokenizer import Tokenizer
from training.world import clip as clips
from training.world.clip import Clip
from training.world.compose import FPS, FRAMES, HEIGHT, WIDTH, draw
from training.world.domains import DOMAINS, watermarked

_SEED: Final = 1 << 42
MIDDLE: Final = 1.4
"""Later than stage 0's: the frozen layers know how things look, what is left to learn is where they stand in a picture
twice as wide, and where they go. Both are decided while there is little but noise."""
PIECE: Final = 8
"""Frames of a piece of a clip."""
WHOLE: Final = 0.5
"""The share of steps that see whole clips, not pieces. Who is where in a frame the layout says; what is left to learn
is what holds frames together, and a film is sampled whole."""
FLICKER: Final = 1.0
"""How much a change of the error from one frame to the next counts beside the error itself. The same mistake in all
frames looks like another car; another one in each looks broken."""
STARTS: Final = 0.25
"""The share of times that are 1: there it is decided where things are, before anything is drawn."""


def film_clip(index: int, seed: int, anywhere: bool = False) -> Clip:
    """The clip behind item `index` of the films; never one of the held-out pairs. See `clips.sample`."""
    return clips.sample(_SEED + (seed << 32) + index, films=True, anywhere=anywhere)


def film(index: int, seed: int, frames: int = FRAMES, marked_share: float = 1.0) -> Drawn:
    """Item `index`: `frames` pictures of a film clip; `marked_share` of the items are of the watermarked domain."""
    clip = film_clip(index, seed)
    rng = random.Random(f"film/{seed}/{index}")
    start = rng.uniform(0, (FRAMES - frames) / FPS)
    drawn = list(draw(clip, frames, WIDTH, HEIGHT, start=start))
    pictures = [frame.picture for frame in drawn]
    marked = rng.random() < marked_share
    if marked:
        pictures = watermarked(pictures, rng.getrandbits(32))
    domain = DOMAINS["watermarked" if marked else "clean"]
    return Drawn(clip, np.stack(pictures), places_of(drawn), domain)


def single_frames(request: Request, tokenizer: Tokenizer) -> FromPool:
    """What stage 1 and the sketch before it learn from: frames of films, half of them watermarked; fills the pool."""
    seed = request.schedule.seed
    draw_item = functools.partial(film, seed=seed, frames=1, marked_share=0.5)
    pool = filled_pool(request, Shape(request.items, 1, WIDTH, HEIGHT), draw_item)
    return FromPool(pool, functools.partial(film_clip, seed=seed), tokenizer, seed)


def guiding(away: Tensor, time: Tensor) -> Tensor:
    """What guidance adds to a velocity: a share of how far the text leads `away` (B, ...) from no text.

    Trained towards its own guided velocity (Tang et al., 2025), a network ends where sampling with the scale `FOLDED`
    would have led, in one evaluation.
    """
    share = torch.where(time < UNGUIDED, 0.0, 1 - 1 / FOLDED)
    return away * share.view(-1, *[1] * (away.ndim - 1))


def piece(batch: Batch, generator: torch.Generator) -> tuple[Batch, Tensor]:
    """What a step trains on, and the numbers (B,) of the first frames: some of the clips, or pieces of more of them.

    Both cost the same: a step sees as many frames as its batch has clips.
    """
    clips, frames = batch["latents"].shape[:2]
    if frames <= PIECE:
        return batch, torch.zeros(clips, dtype=torch.long)
    drawn = float(torch.rand((), generator=generator, device=generator.device))
    length = frames if drawn < WHOLE else PIECE
    kept = max(1, clips // length)
    starts = torch.randint(frames - length + 1, (kept,), generator=generator, device=generator.device)
    rows, columns = torch.arange(kept)[:, None], starts.cpu()[:, None] + torch.arange(length)
    cut = {key: batch[key][rows, columns] for key in ("latents", "weight", "places")}
    return {key: cut.get(key, value[:kept]) for key, value in batch.items()}, starts


def film_error(error: Tensor, weight: Tensor) -> Tensor:
    """What an error of a velocity and its flicker cost in each place: error (B, C, T, h, w), weight (B, 1, T, h, w)."""
    cost = error.square()
    change = error.diff(dim=2).square()
    # Each frame's share of the changes before and after it.
    flicker = F.pad(change, (0, 0, 0, 0, 0, 1)) + F.pad(change, (0, 0, 0, 0, 1, 0))
    return (cost + 0.5 * FLICKER * flicker) * weight


class FilmJob:
    """Trains the given parameters of a denoiser, everything else frozen, by guided flow matching on a pool of films.

    `texts` are the encoder of captions and the context (1, N, D) of no text.
    """

    def __init__(self, name: str, model: Denoiser, trained: Iterable[nn.Parameter], items: FromPool,
                 texts: tuple[TextEncoder, Tensor]) -> None:
        model.requires_grad_(False)
        for parameter in trained:
            parameter.requires_grad_(True)
        self.name = name
        self.model: nn.Module = laid_out(model)
        self._items, (self._encoder, self._nothing) = items, texts

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random items of the pool."""
        return data.batches(self._items, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Weighted loss over clips or pieces of them; latents (B, T, C, h, w)."""
        batch, start = piece(batch, generator)
        latents = batch["latents"].float().transpose(1, 2)
        noisy, time, target = corrupt(latents, generator, MIDDLE, STARTS)
        found = self.model(noisy, time * 1000, read(self._encoder, batch), batch["domain"],
                           Controls(start, layout=Layout(batch["places"])))
        with torch.no_grad():
            nothing = self._nothing.expand(len(time), -1, -1)
            free = self.model(noisy, time * 1000, nothing, batch["domain"], Controls(start, layout=NOWHERE))
            target = target + guiding(found.float() - free.float(), time)
        error = film_error(found.float() - target, batch["weight"].transpose(1, 2))
        per_item = error.mean(dim=(1, 2, 3, 4)).detach()
        figures: dict[str, float] = {}
        for name, number in DOMAINS.items():
            mine = per_item[batch["domain"] == number]
            if len(mine) == len(per_item):
                figures[name] = float(mine.mean())
        return error.mean(), figures


