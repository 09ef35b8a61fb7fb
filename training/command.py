"""What the stages' command lines share: where to write, how long to train, how to go on."""

import argparse
import dataclasses
import os
import shlex
import signal
from pathlib import Path

import torch

from training.loop import Job, Schedule, Trainer, device
from training.models import weights


@dataclasses.dataclass(frozen=True)
class Request:
    """A parsed command line. `minutes` None trains to the schedule's end; `command` remakes the weights elsewhere."""

    out: Path
    weights: Path
    minutes: float | None
    items: int
    schedule: Schedule
    command: str = ""


def parse(name: str, schedule: Schedule, arguments: list[str]) -> Request:
    """`--out`, `--weights`, `--minutes`, and the schedule's numbers as options."""
    parser = argparse.ArgumentParser(prog=f"python -m training {name}")
    parser.add_argument("--out", type=Path, default=Path("runs") / name,
                        help="folder of this run; resumed if there is one")
    parser.add_argument("--weights", type=Path, default=Path("training/weights"),
                        help="folder of finished stages: read for earlier ones, written for this one")
    parser.add_argument("--minutes", type=float, help="stop after this long and save; run again to go on")
    parser.add_argument("--items", type=int, default=20_000, help="size of the pool of latents, where there is one")
    parser.add_argument("--clips", type=int, default=schedule.clips)
    parser.add_argument("--batch", type=int, default=schedule.batch)
    parser.add_argument("--rate", type=float, default=schedule.rate)
    parser.add_argument("--seed", type=int, default=schedule.seed)
    found = parser.parse_args(arguments)
    numbers = {key: getattr(found, key) for key in ("clips", "batch", "rate", "seed")}
    # Where a run lies and where it was interrupted is somebody's own affair, and cards show the command.
    told = [f"--{key}={value}" for key, value in {"items": found.items, **numbers}.items()
            if value != parser.get_default(key)]
    return Request(found.out, found.weights, found.minutes, found.items, dataclasses.replace(schedule, **numbers),
                   shlex.join(["python", "-m", "training", name, *told]))


def facts(trainer: Trainer, request: Request) -> dict[str, object]:
    """What a model card tells of a stage: how much it saw, for how long, on what, and how to do it again."""
    return {"clips": trainer.seen, "seed": trainer.schedule.seed, "minutes": round(trainer.seconds / 60, 1),
            "machine": machine(), "command": request.command}


def machine() -> str:
    """What a stage runs on, for model cards."""
    where = torch.cuda.get_device_name() if device().type == "cuda" else f"{os.cpu_count()} CPU cores"
    return f"{where}, torch {torch.__version__}"


def train(job: Job, request: Request) -> Trainer:
    """Resume or begin, print progress, save. Ctrl-C and SIGTERM save as well, and end the program."""
    torch.backends.cuda.matmul.allow_tf32 = True
    trainer = Trainer(job, request.schedule, request.out)
    if trainer.resume():
        print(f"{job.name}: going on at {trainer.seen:,} clips", flush=True)
    elif (request.weights / f"{job.name}.json").exists():
        tensors, told = weights.load(request.weights, job.name)
        trainer.start_from(tensors, told["clips"])
        print(f"{job.name}: going on from the kept weights at {trainer.seen:,} clips; the optimizer starts afresh")
    def stop(*_: object) -> None:
        trainer.stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    for progress in trainer.run(request.minutes):
        print(progress.line(), flush=True)
    for number, handler in before.items():
        signal.signal(number, handler)
    if trainer.stopping:
        raise SystemExit(f"{job.name}: stopped and saved at {trainer.seen:,} clips; the same command goes on")
    return trainer
