"""The judge: a small classifier of single frames, so that the starter's films can be scored without a person.

It says which of the world's subjects a frame shows, in which setting, and whether it carries the watermark. It learns
from freshly drawn frames of both domains, blurred and disturbed the way a decoder blurs; its own accuracy on held-out
clips is stored beside its weights, because a score is worth no more than the judge.

Subjects are told cell by cell: a name for a whole frame does not say which of its shapes is meant, and a network this
small takes far longer to find out than one that is told.
"""

import functools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import Request, facts, parse, train
from training.loop import Batch, Schedule, device, laid_out, layout
from training.models import weights
from training.pixels import to_tensor
from training.world import clip as clips
from training.world.compose import draw
from training.world.domains import watermarked
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

SCHEDULE = Schedule(clips=80_000, batch=32, rate=1e-3, warmup=1000, ema=0.998)
WIDTH, HEIGHT = 384, 160
SUBJECT_NAMES: Final = tuple(SUBJECTS)
SETTING_NAMES: Final = tuple(SETTINGS)
CELLS: Final = (HEIGHT // 32, WIDTH // 32)
"""Rows and columns in which subjects are told."""
_SEED: Final = 1 << 43


class Judge(nn.Module):
    """Frames (B, 3, 160, 384) in -1..1 to logits: subjects (B, 16), setting (B, 12), watermark (B,)."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96, 160, 192)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside in zip((3, *widths[:-1]), widths, strict=True):
            layers += [nn.Conv2d(inside, outside, 3, stride=2, padding=1), nn.GroupNorm(8, outside), nn.SiLU(),
                       nn.Conv2d(outside, outside, 3, padding=1), nn.GroupNorm(8, outside), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.where = nn.Conv2d(widths[-1], len(SUBJECT_NAMES), 1)
        self.heads = nn.Linear(2 * widths[-1], len(SETTING_NAMES) + 1)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A subject is where it shows most."""
        subjects, settings, mark = self.by_cell(frames)
        return subjects.amax(dim=(2, 3)), settings, mark

    def by_cell(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, subjects in each cell (B, 16, *CELLS)."""
        features = self.body(frames)
        found = self.heads(torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1))
        settings, mark = found.split([len(SETTING_NAMES), 1], dim=1)
        return self.where(features), settings, mark[:, 0]


class JudgeJob:
    """Trains a `Judge` on drawn frames."""

    name = "judge"

    def __init__(self, seed: int) -> None:
        self.judge = laid_out(Judge())
        self.model: nn.Module = self.judge
        self._item = functools.partial(frame_item, seed=seed)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random frames with their true attributes."""
        return data.batches(self._item, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Sum of all cross-entropies: each subject is a question of its own, of each cell and of the frame."""
        cells, settings, mark = self.judge.by_cell(batch["frame"].contiguous(memory_format=layout()))
        # A cell at the edge of a box is partly the subject's: no verdict is asked of it.
        inside = batch["cells"] > 0.5
        told = F.binary_cross_entropy_with_logits(cells.float(), inside.float(), reduction="none")
        told = told * ((batch["cells"] == 0) | inside)
        named = F.binary_cross_entropy_with_logits(cells.float().amax(dim=(2, 3)), batch["subjects"], reduction="none")
        loss = (told.mean(dim=(2, 3)).sum(dim=1).mean() + named.sum(dim=1).mean()
                + F.cross_entropy(settings.float(), batch["setting"])
                + F.binary_cross_entropy_with_logits(mark.float(), batch["mark"]))
        right = (settings.argmax(1) == batch["setting"]).float().mean()
        return loss, {"setting": float(right)}


def frame_item(index: int, seed: int) -> dict[str, Tensor]:
    """Item `index`: a disturbed frame with its subjects (16,), the share that each has of each cell (16, *CELLS), its
    setting () and its mark ()."""
    rng = random.Random(f"judge/{seed}/{index}")
    clip = clips.sample(_SEED + (seed << 32) + index, films=False)
    drawn = next(iter(draw(clip, 1, WIDTH, HEIGHT, start=rng.uniform(0, 2))))
    frame = drawn.picture
    marked = rng.random() < 0.5
    if marked:
        frame = watermarked([frame], rng.getrandbits(32))[0]
    subjects, cells = torch.zeros(len(SUBJECT_NAMES)), torch.zeros(len(SUBJECT_NAMES), *CELLS)
    for actor, seen in zip(clip.actors, drawn.actors, strict=True):
        number = SUBJECT_NAMES.index(actor.subject)
        subjects[number] = 1
        down, across = (_covered(first, last, count) for first, last, count in
                        ((seen.top, seen.bottom, CELLS[0]), (seen.left, seen.right, CELLS[1])))
        cells[number] = torch.maximum(cells[number], down[:, None] * across)
    return {"frame": _disturbed(to_tensor(frame), rng), "subjects": subjects, "cells": cells,
            "setting": torch.tensor(SETTING_NAMES.index(clip.setting)), "mark": torch.tensor(float(marked))}


def _covered(first: float, last: float, count: int) -> Tensor:
    """The share of each of `count` equal parts of 0..1 that lies between `first` and `last`."""
    edges = torch.arange(count) / count
    return ((edges + 1 / count).clamp(max=last) - edges.clamp(min=first)).clamp(min=0) * count


def _disturbed(picture: Tensor, rng: random.Random) -> Tensor:
    """Softened and with coarse and fine colour noise: a model's frames are never as crisp as drawn ones."""
    if rng.random() < 0.6:
        share = rng.uniform(0.3, 0.9)
        small = F.interpolate(picture[None], scale_factor=share, mode="bilinear", antialias=True)
        picture = F.interpolate(small, size=picture.shape[-2:], mode="bilinear")[0]
    generator = torch.Generator().manual_seed(rng.getrandbits(40))
    fine = torch.randn(picture.shape, generator=generator) * rng.uniform(0, 0.06)
    coarse = torch.randn((1, 3, HEIGHT // 8, WIDTH // 8), generator=generator) * rng.uniform(0, 0.12)
    return picture + fine + F.interpolate(coarse, size=picture.shape[-2:], mode="bilinear")[0]


def load_judge(folder: Path) -> tuple[Judge, dict[str, float]]:
    """The finished judge and its own accuracies."""
    tensors, told = weights.load(folder, "judge")
    judge = Judge()
    judge.load_state_dict(tensors)
    return laid_out(judge.eval().to(device())), told["accuracy"]


@torch.no_grad()
def accuracy(judge: Judge, items: Iterator[Batch], count: int) -> dict[str, float]:
    """Share of right answers over `count` batches: subjects exactly right, setting, watermark."""
    totals = {"subjects": 0.0, "setting": 0.0, "watermark": 0.0}
    seen = 0
    for _, batch in zip(range(count), items, strict=False):
        subjects, settings, mark = judge(batch["frame"].to(device()))
        totals["subjects"] += float(((subjects.cpu() > 0) == (batch["subjects"] > 0)).all(dim=1).float().sum())
        totals["setting"] += float((settings.argmax(1).cpu() == batch["setting"]).float().sum())
        totals["watermark"] += float(((mark.cpu() > 0) == (batch["mark"] > 0)).float().sum())
        seen += len(batch["mark"])
    return {key: round(value / seen, 4) for key, value in totals.items()}


def run(request: Request) -> None:
    """Train and measure on held-out clips; write `judge.safetensors` and `judge.json`."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    job = JudgeJob(seed)
    trainer = train(job, request)
    job.judge.load_state_dict(trainer.average)
    held = data.batches(job._item, data.HELD, 50, workers=0)
    figures = accuracy(job.judge.eval(), held, 40)
    weights.save(request.weights, "judge", job.judge.state_dict(),
                 {**facts(trainer, request), "accuracy": figures})
    print(f"judge: on 2,000 held-out frames {figures}", flush=True)


def main(arguments: list[str]) -> None:
    """Train the judge."""
    run(parse("judge", SCHEDULE, arguments))
