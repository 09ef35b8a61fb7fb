"""The sketch of a layout: before stage 1 it learns alone what it can.

A sketch that already tells, cell by cell, what latents are there leaves stage 1 to learn edges and what is seldom.
Alone it learns at ten times stage 1's pace.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from training import data
from training.command import Request, facts, parse, train
from training.finished import load_denoiser, text_models
from training.loop import Batch, Schedule
from training.models import weights
from training.models.layout import SCENERY, SKETCHED, Planner, Sketch
from training.models.text_encoder import TextEncoder
from training.pools import FromPool
from training.stages.films import single_frames
from training.stages.stage0 import read
from training.world.domains import DOMAINS

SCHEDULE = Schedule(clips=150_000, batch=16, rate=4e-3, warmup=2000, ema=0.998)
"""Small batches: after as many pictures with 64 it tells of what is in boxes 46 % of the variance, with 16 56 %."""


class Guessing(nn.Module):
    """A sketch, and a layer that guesses latents from it."""

    def __init__(self, sketch: Sketch, channels: int) -> None:
        super().__init__()
        self.sketch, self.guess = sketch, nn.Conv2d(SKETCHED, channels, 3, padding=1)


class SketchJob:
    """Trains a sketch to tell latents, who is there being read by the finished planner."""

    name = "sketch"

    def __init__(self, model: Guessing, planner: Planner, items: FromPool, encoder: TextEncoder) -> None:
        self.model: nn.Module = model
        self._guessing, self._planner, self._items, self._encoder = model, planner, items, encoder

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random items of the pool."""
        return data.batches(self._items, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Squared error of the guess where there is a layout, weighted as later, on clean pictures only: a watermark is
        no part of a layout, it comes and goes with the domain."""
        latents, places, weight = (batch[name][:, 0] for name in ("latents", "places", "weight"))
        wanted = (batch["domain"] == DOMAINS["clean"]) & (places[:, SCENERY] != 0).any(-1)
        with torch.no_grad():
            who = self._planner(read(self._encoder, batch)).who
        latents, places, weight, who = (value[wanted] for value in (latents.float(), places, weight, who))
        sketch = self._guessing.sketch(places, who, (latents.shape[2], latents.shape[3]))
        error = (self._guessing.guess(sketch).float() - latents).square().mean(1, keepdim=True) * weight
        return error.sum() / weight.sum().clamp(min=1), {}


def main(arguments: list[str]) -> None:
    """Fill the pool, train, write `sketch.safetensors`."""
    run(parse("sketch", SCHEDULE, arguments))


def run(request: Request) -> None:
    """As `main`. The pool is the one of stage 1: its folder may be copied."""
    torch.manual_seed(request.schedule.seed)
    encoder, tokenizer = text_models(request.weights)
    items = single_frames(request, tokenizer)
    denoiser, config = load_denoiser(request.weights, (), temporal=False)
    assert denoiser.planner is not None
    assert denoiser.sketch is not None
    denoiser.requires_grad_(False)
    model = Guessing(denoiser.sketch.requires_grad_(True), config.latent_channels)
    trainer = train(SketchJob(model, denoiser.planner, items, encoder), request)
    learned = {name: value for name, value in trainer.average.items() if name.startswith("sketch.")}
    weights.save(request.weights, "sketch", learned, {"config": config, **facts(trainer, request)}, compact=True)
