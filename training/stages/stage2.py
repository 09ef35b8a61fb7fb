"""Stage 2: temporal layers learn motion, on watermarked film clips only and with that domain's norm (paper 2.2.2).

Sampling with the clean domain's norm afterwards should give clean films that move: the claim the model card measures.
"""

import functools

import torch

from training.command import Request, facts, parse, train
from training.finished import load_denoiser, text_models
from training.loop import Schedule
from training.models import weights
from training.models.frozen import frozen_digest
from training.noise import STEADY
from training.pools import FromPool, Shape
from training.sampling import SHIFT, STEPS, contexts, film_sheet
from training.stages.films import FilmJob, film, film_clip
from training.stages.stage0 import filled_pool
from training.world.compose import FRAMES, HEIGHT, WIDTH

SCHEDULE = Schedule(clips=500_000, batch=32, rate=5e-4, warmup=4000, ema=0.996)


def main(arguments: list[str]) -> None:
    """Fill the pool, train, write `stage2.safetensors` (the temporal layers alone) and a sheet of samples."""
    request = parse("stage2", SCHEDULE, arguments)
    run(request)
    film_sheet(request.weights, ("stage1", "stage2"), request.out, frames=FRAMES)


def run(request: Request) -> None:
    """Fill the pool, train, save the temporal layers."""
    # Other clips than stage 1 has seen.
    seed = request.schedule.seed + 1
    torch.manual_seed(seed)
    encoder, tokenizer = text_models(request.weights)
    texts = encoder, contexts(encoder, tokenizer, [""])
    pool = filled_pool(request, Shape(request.items, FRAMES, WIDTH, HEIGHT), functools.partial(film, seed=seed))
    items = FromPool(pool, functools.partial(film_clip, seed=seed), tokenizer, seed)
    model, config = load_denoiser(request.weights, ("stage1",), temporal=True)
    trainer = train(FilmJob("stage2", model, model.stage2_parameters(), items, texts), request)
    told = {"steps": STEPS, "shift": SHIFT, "guidance": 1.0, "shared_noise": STEADY,
            "around": frozen_digest(model.unet), "prediction": "flow"}
    weights.save(request.weights, "stage2", trainer.average, {"config": config, **facts(trainer, request), **told},
                 compact=True)
