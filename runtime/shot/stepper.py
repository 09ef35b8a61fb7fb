"""Denoising with a step graph: denoiser, guidance and solver in one, the latents staying on the device."""

from collections.abc import Generator
from typing import Any, Final

import numpy as np

from runtime.backends.engine import Array, Engine
from runtime.events import Step
from runtime.shot.controls import SKETCH, fitted
from runtime.shot.denoise import DenoiseRequest, Estimate, Latents, finite
from runtime.shot.guidance import DEEP, Condition, Shallow
from runtime.shot.solvers import SolverTable

STATE: Final = "state"
NEXT: Final = "next_state"
ESTIMATE: Final = "estimate"
ROW: Final = ("time", "input_scale", "matrix")
"""What differs from step to step, of the feeds that are known beforehand."""


def step_feeds(stepper: Engine, table: SolverTable, index: int, told: Condition, noise: Array | None
               ) -> dict[str, Array]:
    """What a step graph is fed at step `index` but its state; `noise` (1, C, T, h, w) where the solver wants any."""
    matrix, belief = table.matrices[index], table.estimate[index]
    last = np.zeros(matrix.shape[1])
    last[0], last[table.rows] = belief
    taken = {spec.name: spec for spec in stepper.inputs}
    rows = np.vstack([matrix, last]).astype(np.float32)
    feeds: dict[str, Array] = {
        "time": np.array([table.time[index]], np.float32), "context": told.context,
        "input_scale": np.array([table.input_scale[index]], np.float32), "domain": np.array([told.domain], np.int64),
        "matrix": rows if "noise" in taken else rows[:, :-1]}
    if told.sketch is not None:
        feeds[SKETCH] = told.sketch
    if "null" in taken:
        if told.null_context is None:
            raise ValueError("guidance needs a null context")
        feeds |= {"null": told.null_context, "scale": np.array([told.scale], np.float32)}
    if "noise" in taken:
        feeds["noise"] = np.zeros([int(size) for size in taken["noise"].shape], np.float32) if noise is None else noise
    return fitted(feeds, stepper)


def held_feeds(stepper: Engine, request: DenoiseRequest) -> list[dict[str, Any]]:
    """What `stepper` is fed at each step but its state and fresh noise, held on its device: the text once for all
    steps, the solver's rows one by one."""
    rows: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    for index in range(request.table.steps):
        feeds = step_feeds(stepper, request.table, index, request.condition, None)
        told = told or stepper.hold({name: value for name, value in feeds.items() if name not in ROW})
        rows.append(told | stepper.hold({name: feeds[name] for name in ROW}))
    return rows


def denoise_stepwise(request: DenoiseRequest, stepper: Engine, shallow: Shallow | None = None
                     ) -> Generator[Step | Estimate | Latents, None, None]:
    """As `denoise.denoise`, with step graphs; only previews and the end are copied from the device."""
    table, last = request.table, request.table.steps - 1
    state: Any = request.start()[:, 0]
    deep: dict[str, Any] = {}
    engines = [stepper] if shallow is None else [stepper, shallow.engine]
    held = [held_feeds(engine, request) for engine in engines]
    for index in range(table.steps):
        shown = request.previews and index < last
        rests = shallow is not None and index % shallow.refresh != 0
        engine, noise = engines[rests], request.fresh_noise(index)
        kept = [spec.name for spec in engine.outputs if spec.name.endswith(DEEP)]
        feeds = held[rests][index] | ({} if noise is None else {"noise": noise}) | (deep if rests else {})
        made = engine.run(feeds | {STATE: state},
                          keep=[*([NEXT] if index < last else []), *([] if shown else [ESTIMATE]), *kept])
        state = made[NEXT]
        deep = {name: made[name] for name in kept} or deep
        yield Step(stage="denoise", done=index + 1, total=table.steps)
        if shown:
            yield Estimate(made[ESTIMATE])
    yield Latents(finite(state[:1], last, stepper))
