"""What all processes of a comparison are told, and the two runs that are compared. Loads no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from runtime.backends import Array, Engine
from runtime.shot import solvers
from runtime.shot.denoise import DenoiseRequest, Latents, denoise
from runtime.shot.guidance import Condition
from runtime.shot.schedule import Schedule

Network = Literal["starter", "full"]
Scope = Literal["step", "scene"]
"""One evaluation of the denoiser, or all that a scene takes from its noise to its latents."""

SEED: Final = 1
"""Of random weights and of the scene's noise."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """`weights` is the folder of the starter's finished stages, None for random ones; `place` the comparison's own;
    `precision` that of our graph (see `export.spec`)."""

    network: Network
    weights: str | None
    threads: int
    place: str
    precision: Literal["fp32", "bf16-typed"] = "fp32"

    @property
    def graph(self) -> Path:
        """The network as ONNX."""
        return Path(self.place) / f"network.{self.precision}.onnx"

    @property
    def feeds(self) -> Path:
        """What every evaluation is fed."""
        return Path(self.place) / "feeds.npz"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What is compared. The full-size network draws one picture: it has no scenes."""
        return ("step", "scene") if self.network == "starter" else ("step",)


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the starter draws a scene: Euler's steps along a flow (see `export.starter.assembled`)."""

    steps: int = 4
    guidance: float = 1.0
    shift: float = 2.0
    shared_noise: float = 0.5


def read_feeds(task: Task) -> dict[str, Array]:
    """The feeds of one evaluation by name."""
    with np.load(task.feeds) as stored:
        return {name: stored[name] for name in stored.files}


def evaluate(engine: Engine, feeds: dict[str, Array]) -> Array:
    """One evaluation: the prediction, float32, shaped like the latents."""
    return engine.run(feeds)["prediction"]


def draw_scene(engine: Engine, feeds: dict[str, Array], sampling: Sampling) -> Array:
    """A scene's latents (1, C, T, h, w) from seeded noise, by the same table of `runtime.shot` whatever the engine."""
    context = feeds["context"]
    condition = Condition(context=context, domain=int(feeds["domain"][0]), null_context=np.zeros_like(context),
                          scale=sampling.guidance, sketch=feeds["sketch"])
    _, channels, frames, height, width = feeds["latents"].shape
    table = solvers.table("euler", Schedule(kind="flow", shift=sampling.shift), "flow", sampling.steps)
    request = DenoiseRequest(shape=(1, channels, frames, height, width), table=table, seed=SEED, condition=condition,
                             shared_noise=sampling.shared_noise)
    return next(item.array for item in denoise(request, engine) if isinstance(item, Latents))
