"""The planner: from a film's caption to where its actors are in each frame.

Trained on the boxes of film clips, which need not be painted for that. None of the held-out pairs is among them.
"""

import functools
import random
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import Request, facts, parse, train
from training.finished import text_models
from training.loop import Batch, Schedule, device
from training.models import weights
from training.models.denoiser import DenoiserConfig
from training.models.layout import Planner
from training.models.text_encoder import TextEncoder
from training.pools import boxes_of
from training.stages.films import film_clip
from training.stages.stage0 import read
from training.text.tokenizer import Tokenizer
from training.world.captions import caption
from training.world.compose import FRAMES, HEIGHT, WIDTH, trace

SCHEDULE = Schedule(clips=60_000, batch=64, rate=1e-3, warmup=2000, ema=0.99)
LOOKS: Final = 4
"""Frames of a clip whose boxes are compared: a path has no more to it than these tell (`layout.BENDS`)."""
WITHOUT = 0.05
"""The share of items without a text: then nobody is there."""
THERE = 0.1
"""What deciding who is there counts, against where: the loss of a box is in frames."""
HELD = 512


def looks(frames: int) -> list[int]:
    """The numbers of those frames, from the first to the last."""
    return torch.linspace(0, frames - 1, min(LOOKS, frames)).round().int().tolist()


def item(index: int, tokenizer: Tokenizer, seed: int, frames: int = FRAMES) -> data.Item:
    """Item `index`: tokens and mask (N,) of a caption, boxes (LOOKS, ACTORS, 4)."""
    clip = film_clip(index, seed)
    rng = random.Random(f"planner/{seed}/{index}")
    told = rng.random() >= WITHOUT
    boxes = boxes_of(list(trace(clip, looks(frames), WIDTH, HEIGHT)))
    tokens, mask = tokenizer([caption(clip, rng.getrandbits(30)) if told else ""])
    return {"tokens": torch.from_numpy(tokens[0]), "mask": torch.from_numpy(mask[0]),
            "boxes": torch.from_numpy(boxes if told else np.zeros_like(boxes))}


class PlannerJob:
    """Trains the planner on freshly staged clips."""

    name = "planner"

    def __init__(self, model: Planner, texts: tuple[TextEncoder, Tokenizer], seed: int) -> None:
        self.model: nn.Module = model
        self._planner, (self._encoder, self._tokenizer), self._seed = model, texts, seed

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Fresh items."""
        draw = functools.partial(item, tokenizer=self._tokenizer, seed=self._seed, frames=len(self._planner.powers))
        return data.batches(draw, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """How far the sides of boxes are away, and how surely it is known who is there."""
        boxes, scores = self._planner.plan(read(self._encoder, batch))
        boxes = boxes[:, looks(boxes.shape[1])]
        there = _there(batch["boxes"])
        away = ((boxes.float().clamp(0, 1) - batch["boxes"]).abs().mean(dim=(1, 3)) * there).sum() / there.sum().clamp(
            min=1)
        # Clamped boxes have no slope beyond the edge: what lies out there is pulled back.
        beyond = (boxes.float() - boxes.float().clamp(-0.2, 1.2)).abs().mean()
        known = F.binary_cross_entropy_with_logits(scores.float(), there)
        return away + beyond + THERE * known, {"away": float(away.detach()), "known": float(known.detach())}


def _there(boxes: Tensor) -> Tensor:
    """(B, ACTORS) 1 for those with a box in any frame."""
    return (boxes[..., 2:] > boxes[..., :2]).all(-1).any(1).float()


@torch.no_grad()
def judged(planner: Planner, texts: tuple[TextEncoder, Tokenizer], count: int = HELD) -> dict[str, float]:
    """On held-out clips: how often it is right who is there, and how much boxes overlap (intersection over union)."""
    encoder, tokenizer = texts
    batch = next(data.batches(functools.partial(item, tokenizer=tokenizer, seed=0, frames=len(planner.powers)),
                              data.HELD, count))
    found = planner(read(encoder, {key: value.to(device()) for key, value in batch.items()})).float().cpu()
    found = found[:, looks(found.shape[1])]
    there = _there(batch["boxes"]).bool()
    low, high = torch.maximum(found, batch["boxes"])[..., :2], torch.minimum(found, batch["boxes"])[..., 2:]
    shared = (high - low).clamp(min=0).prod(-1)
    areas = sum((boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1) for boxes in (found, batch["boxes"]))
    overlap = (shared / (areas - shared).clamp(min=1e-6)).mean(1)[there]
    return {"there": round(float((_there(found).bool() == there).float().mean()), 4),
            "overlap": round(float(overlap.mean()), 4)}


def main(arguments: list[str]) -> None:
    """Train, measure on held-out clips, write `planner.safetensors`."""
    run(parse("planner", SCHEDULE, arguments), DenoiserConfig())


def run(request: Request, config: DenoiserConfig) -> None:
    """As `main`."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    texts = text_models(request.weights)
    model = Planner(config.context, config.frames)
    trainer = train(PlannerJob(model, texts, seed), request)
    model.load_state_dict(trainer.average)
    figures = judged(model.eval(), texts, min(HELD, 8 * request.schedule.batch))
    weights.save(request.weights, "planner", {f"planner.{name}": value for name, value in trainer.average.items()},
                 {**facts(trainer, request), "figures": figures}, compact=True)
    print(f"planner: {figures}", flush=True)
