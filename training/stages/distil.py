"""Few-step distillation: four evaluations a scene.

The teacher is stage 2's model with the clean domain's norm, guidance folded in. Its many-step trajectories
are cut at four knots, and the student learns each piece's mean velocity in one evaluation (piecewise rectified flow,
Yan et al., 2024). The student's text-to-image layers stay those of stage 0: only inserted and temporal layers move.
No film is needed, only captions, and those are of the kind stages 1 and 2 saw.

Stills come first (`distil_stills`): how to draw in four evaluations is learned by the inserted layers from single
pictures, sixteen for the price of one film; what is left for the films is motion (AnimateLCM, Wang et al., 2024,
section 4.1, decouples the two likewise).
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from training import data
from training.command import Request, facts, parse, train
from training.finished import load_denoiser
from training.loop import Batch, Schedule, device, laid_out
from training.models import weights
from training.models.denoiser import Denoiser
from training.models.frozen import frozen_digest
from training.noise import STEADY, unit_noise
from training.sampling import SHIFT, STEPS, Prompted, contexts, film_sheet, integrate, times
from training.stages.films import film_clip
from training.world.captions import caption
from training.world.compose import FRAMES, HEIGHT, WIDTH
from training.world.domains import DOMAINS

SCHEDULE = Schedule(clips=40_000, batch=4, rate=1e-4, warmup=400, ema=0.998, decay=0.5)
STILLS = "distil_stills"
SUBSTEPS: Final = 3


_SAVED: Final = 16
"""Films between two notes of how far the teacher has come."""


@dataclass(frozen=True)
class Trajectories:
    """Latents at the knots of the teacher's way, (items, knots, C, T, h, w) fp16, and the captions they show."""

    latents: np.ndarray
    captions: tuple[str, ...]


class DistilJob:
    """Trains inserted and temporal layers to jump from knot to knot."""

    def __init__(self, name: str, model: Denoiser, trajectories: Trajectories, prompted: Prompted, seed: int) -> None:
        self.name = name
        model.requires_grad_(False)
        for parameter in itertools.chain(model.stage1_parameters(), model.stage2_parameters()):
            parameter.requires_grad_(True)
        self.model: nn.Module = laid_out(model)
        self._found, self._prompted, self._seed = trajectories, prompted, seed
        self._knots = times(STEPS, SHIFT)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random pieces of random trajectories."""
        return data.batches(self._item, start, count, workers=0)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Squared error of the mean velocity."""
        texts = [self._found.captions[k] for k in batch["item"].tolist()]
        context = contexts(self._prompted.encoder, self._prompted.tokenizer, texts)
        domain = torch.full((len(texts),), DOMAINS["clean"], device=context.device)
        velocity = self.model(batch["here"].float(), batch["time"] * 1000, context, domain)
        return (velocity.float() - batch["velocity"].float()).square().mean(), {}

    def _item(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self._seed, index))
        number, piece = int(rng.integers(len(self._found.captions))), int(rng.integers(STEPS))
        here, there = (self._found.latents[number, k].astype(np.float32) for k in (piece, piece + 1))
        velocity = (there - here) / (self._knots[piece + 1] - self._knots[piece])
        return {"here": torch.from_numpy(here), "velocity": torch.from_numpy(velocity),
                "time": torch.tensor(self._knots[piece]), "item": torch.tensor(number)}


def teach(request: Request, prompted: Prompted, teacher: Denoiser, frames: int) -> Trajectories:
    """Run the teacher for `frames` frames to the captions of `request.items` clips; what is there already is kept."""
    folder, items, seed, batch = request.out, request.items, request.schedule.seed, request.schedule.batch
    folder.mkdir(parents=True, exist_ok=True)
    shape = (items, STEPS + 1, *prompted.size_of(frames))
    path, marker = folder / "trajectories.npy", folder / "filled.json"
    origin = weights.digest(teacher.state_dict())
    fresh: dict[str, Any] = {"films": 0, "teacher": origin}
    kept = json.loads(marker.read_text()) if marker.exists() else fresh
    if kept["teacher"] != origin:
        raise ValueError(f"{folder} holds the films of another teacher: remove the folder")
    done: int = kept["films"]
    mode: Any = "r+" if path.exists() else "w+"
    found = np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=None if path.exists() else shape)
    captions = tuple(caption(film_clip(k, seed + 7), k) for k in range(items))
    knots = times(STEPS, SHIFT)
    fine = [here + (there - here) * k / SUBSTEPS for here, there in itertools.pairwise(knots) for k in range(SUBSTEPS)]
    fine.append(knots[-1])
    velocity = prompted.velocity(teacher, DOMAINS["clean"])
    while done < items:
        few = range(done, min(done + batch, items))
        noise = torch.cat([unit_noise((1, *shape[2:]), torch.Generator().manual_seed(seed * 10**7 + k), STEADY)
                           for k in few]).to(device())
        pair = prompted.contexts([captions[k] for k in few])
        states = integrate(velocity, noise, pair, fine, order=2)
        for knot, state in enumerate(itertools.islice(states, 0, None, SUBSTEPS)):
            found[few.start : few.stop, knot] = state.half().cpu().numpy()
        done = few.stop
        if done == items or done // _SAVED > few.start // _SAVED:
            found.flush()
            marker.write_text(json.dumps({"films": done, "teacher": origin}))
            print(f"teacher: {done}/{items} films", flush=True)
    return Trajectories(found, captions)


def main(arguments: list[str]) -> None:
    """Run the teacher, train the student, write `distil.safetensors` and a sheet of four-step samples."""
    request = parse("distil", SCHEDULE, arguments)
    run(request)
    film_sheet(request.weights, ("distil",), request.out, frames=FRAMES)


def run(request: Request, name: str = "distil", frames: int = FRAMES) -> None:
    """Run the teacher, train the student, save its inserted layers and, unless it draws stills, its temporal ones.

    The student of films starts from that of stills, if there is one.
    """
    seed, films = request.schedule.seed, frames > 1
    torch.manual_seed(seed)
    prompted = Prompted(request.weights, (WIDTH, HEIGHT))
    stages = ("stage1", "stage2") if films else ("stage1",)
    model, config = load_denoiser(request.weights, stages, temporal=films)
    trajectories = teach(request, prompted, laid_out(model.eval()), frames)
    if films and (request.weights / f"{STILLS}.safetensors").exists():
        model, config = load_denoiser(request.weights, (*stages, STILLS), temporal=True)
    trainer = train(DistilJob(name, model, trajectories, prompted, seed), request)
    told = {"steps": STEPS, "shift": SHIFT, "guidance": 1.0, "shared_noise": STEADY,
            "around": frozen_digest(model.unet), "prediction": "flow", "trajectories": request.items}
    weights.save(request.weights, name, trainer.average, {"config": config, **facts(trainer, request), **told},
                 compact=True)
