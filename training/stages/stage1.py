"""Stage 1: the inserted pairs learn wide pictures of both domains; the text-to-image UNet stays as it was.

Single frames of film clips at 768x320, half of them watermarked; the domain's own norm explains which (paper 2.2.1).
"""

import torch

from training.command import Request, facts, parse, train
from training.finished import load_denoiser, text_models
from training.loop import Schedule
from training.models import weights
from training.models.frozen import frozen_digest
from training.sampling import contexts, film_sheet
from training.stages.films import FilmJob, single_frames
from training.world.subjects import SUBJECTS

SCHEDULE = Schedule(clips=600_000, batch=16, rate=5e-4, warmup=2000, ema=0.996)


def main(arguments: list[str]) -> None:
    """Fill the pool, train, write `stage1.safetensors` (inserted layers, layout's sketch) and a sheet of samples."""
    request = parse("stage1", SCHEDULE, arguments)
    run(request)
    film_sheet(request.weights, ("stage1",), request.out, frames=1)


def run(request: Request) -> None:
    """Fill the pool, train, save what was trained."""
    torch.manual_seed(request.schedule.seed)
    encoder, tokenizer = text_models(request.weights)
    texts = encoder, contexts(encoder, tokenizer, [""])
    items = single_frames(request, tokenizer)
    model, config = load_denoiser(request.weights, ("sketch",), temporal=False)
    trainer = train(FilmJob("stage1", model, model.stage1_parameters(), items, texts), request)
    told = {"subjects": {name: one.nouns for name, one in SUBJECTS.items()}, "around": frozen_digest(model.unet),
            "prediction": "flow"}
    weights.save(request.weights, "stage1", trainer.average, {"config": config, **told, **facts(trainer, request)},
                 compact=True)
