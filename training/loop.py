"""The one training loop: a generator that yields progress, checkpoints often and resumes exactly.

Progress is counted in clips (or pictures), never in steps, so a batch size changes no schedule. Every random number of
a step is derived from (seed, clips seen), so a run that was cut off goes on as if nothing had happened.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

Batch = Mapping[str, Tensor]
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How a stage is trained.

    `clips` is the whole length; the rate warms up over `warmup` clips, stays, and falls linearly to zero over the last
    `decay` share. `ema` is the longest averaging horizon (decay 0.999 = 1000 steps), warmed up so that a short run
    does not sample its own initial noise.
    """

    clips: int
    batch: int
    rate: float = 3e-4
    warmup: int = 2000
    decay: float = 0.25
    ema: float = 0.999
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    seed: int = 0

    def rate_at(self, seen: int) -> float:
        """Learning rate after `seen` clips."""
        falling = (self.clips - seen) / max(1.0, self.decay * self.clips)
        return self.rate * max(0.0, min(1.0, (seen + self.batch) / max(1, self.warmup), falling))


class Job(Protocol):
    """What a stage is: a network, its data by index, and a loss."""

    name: str
    model: nn.Module

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Batches of `count` items from item number `start` on, for ever; item k is always the same."""
        ...

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """The loss to go down, and figures worth printing."""
        ...


@dataclass(frozen=True)
class Progress:
    """One line of news: clips seen of all, losses averaged since the last news, clips a second."""

    name: str
    seen: int
    clips: int
    loss: float
    figures: dict[str, float] = field(default_factory=dict)
    speed: float = 0.0

    def line(self) -> str:
        """One status line."""
        extra = " ".join(f"{key} {value:.4g}" for key, value in self.figures.items())
        return (f"{self.name}: {self.seen:>9,}/{self.clips:,} clips  loss {self.loss:.5f}  {extra}  "
                f"{self.speed:.1f} clips/s")


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def layout() -> torch.memory_format:
    """How feature maps lie in memory: channels last on a GPU; on the CPU that halves the speed of group norms."""
    return torch.channels_last if device().type == "cuda" else torch.contiguous_format


def laid_out(model: M) -> M:
    """The model as the device likes it: 2-D kernels in `layout()`, and on the CPU attention in plain matrix products.

    Fused attention's backward pass on the CPU took a third of the time of a whole training step.
    """
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout())
    if device().type == "cpu":
        for module in model.modules():
            if isinstance(module, Attention):
                module.set_processor(AttnProcessor())
    return model


class Trainer:
    """A job on its way: network, optimizer, running average, and how far it has come."""

    def __init__(self, job: Job, schedule: Schedule, folder: Path) -> None:
        self.job, self.schedule, self.folder = job, schedule, folder
        self.device = device()
        job.model.to(self.device)
        self.weights = {name: p for name, p in job.model.named_parameters() if p.requires_grad}
        matrices = [p for p in self.weights.values() if p.ndim > 1]
        others = [p for p in self.weights.values() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=schedule.rate, betas=(0.9, 0.99), fused=True)
        self.average = {name: p.detach().clone() for name, p in self.weights.items()}
        self.seen = 0
        self.steps = 0
        self.seconds = 0.0
        self.stopping = False

    def start_from(self, tensors: Mapping[str, Tensor], seen: int) -> None:
        """Go on from averaged weights alone, where the run's own state was lost.

        Layers that only serve training (what a planner is asked with) are kept nowhere: they begin anew. A ValueError
        if `tensors` hold nothing of this network.
        """
        known = self.weights.keys() & tensors.keys()
        if not known:
            raise ValueError(f"the kept weights of {self.job.name} hold none of what it trains: they are another's")
        with torch.no_grad():
            for name in known:
                self.weights[name].copy_(tensors[name])
                self.average[name].copy_(tensors[name])
        self.seen = min(seen, self.schedule.clips)
        self.steps = self.seen // self.schedule.batch

    def run(self, minutes: float | None = None, save_every: float = 180.0) -> Iterator[Progress]:
        """Train until the schedule's end, for `minutes`, or until `stopping` is set; saves at the end as well.

        Yields about every 15 seconds.
        """
        began = told = saved = time.monotonic()
        since, total, figures = 0, 0.0, dict[str, float]()
        steps = 0
        for batch in self.job.batches(self.seen, self.schedule.batch):
            if self.stopping or self.seen >= self.schedule.clips or (
                    minutes and time.monotonic() - began > 60 * minutes):
                break
            loss, news = self.step(batch)
            steps += 1
            since += self.schedule.batch
            total += loss
            for key, value in news.items():
                figures[key] = figures.get(key, 0.0) + value
            now = time.monotonic()
            if now - told > 15:
                yield Progress(self.job.name, self.seen, self.schedule.clips, total / steps,
                               {key: value / steps for key, value in figures.items()}, since / (now - told))
                self.seconds += now - told
                told, since, total, steps, figures = now, 0, 0.0, 0, {}
            if now - saved > save_every:
                self.save()
                saved = time.monotonic()
        self.seconds += time.monotonic() - told
        self.save()

    def step(self, batch: Batch) -> tuple[float, dict[str, float]]:
        """One optimizer step; loss and figures."""
        generator = torch.Generator(self.device).manual_seed((self.schedule.seed << 40) + self.seen)
        moved = {key: value.to(self.device, non_blocking=True) for key, value in batch.items()}
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate_at(self.seen)
        with torch.autocast(self.device.type, torch.bfloat16):
            loss, figures = self.job.loss(moved, generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), self.schedule.clip_norm)
        self.optimizer.step()
        self.seen += self.schedule.batch
        self.steps += 1
        keep = min(self.schedule.ema, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.weights.values()), 1 - keep)
        return float(loss.detach()), figures

    def save(self) -> None:
        """Write everything needed to go on, atomically."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"weights/{name}": p.detach() for name, p in self.weights.items()}
        tensors |= {f"average/{name}": p for name, p in self.average.items()}
        names = list(self.weights)
        order = [p for group in self.optimizer.param_groups for p in group["params"]]
        place = {id(p): name for name, p in zip(names, self.weights.values(), strict=True)}
        for parameter in order:
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer/{key}/{place[id(parameter)]}"] = value
        temporary = self.folder / "state.tmp"
        save_file({key: value.contiguous().cpu() for key, value in tensors.items()}, temporary,
                  {"progress": json.dumps({"seen": self.seen, "steps": self.steps, "seconds": self.seconds,
                                           "schedule": asdict(self.schedule), "job": self.job.name})})
        os.replace(temporary, self.folder / "state.safetensors")

    def resume(self) -> bool:
        """Go on from `folder` if a run was saved there. The schedule's length may be changed between runs."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        progress = _metadata(path)
        if progress["job"] != self.job.name:
            raise ValueError(f"{path} holds a run of {progress['job']}, not of {self.job.name}")
        tensors = load_file(path, device=str(self.device))
        with torch.no_grad():
            for name, parameter in self.weights.items():
                parameter.copy_(tensors[f"weights/{name}"])
                self.average[name].copy_(tensors[f"average/{name}"])
        for name, parameter in self.weights.items():
            state = {key.split("/", 2)[1]: value for key, value in tensors.items()
                     if key.startswith("optimizer/") and key.split("/", 2)[2] == name}
            if state:
                state["step"] = state["step"].cpu() if self.device.type == "cpu" else state["step"]
                self.optimizer.state[parameter] = state
        self.seen, self.steps, self.seconds = progress["seen"], progress["steps"], progress["seconds"]
        return True


def _metadata(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        progress: dict[str, Any] = json.loads(file.metadata()["progress"])
    return progress
