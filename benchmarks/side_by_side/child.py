"""One process of a comparison: `python -m benchmarks.side_by_side.child`, questions as JSON lines on its input.

The first says what it is: 'export' writes graph and feeds and ends, 'torch' and the names of our backends run what they
are asked to, once for each question. Every answer is one JSON line; what fails is an answer too.
"""

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.side_by_side.task import Sampling, Task, draw_scene, evaluate, read_feeds
from runtime.backends import Engine, open_engine
from runtime.bench.talk import Talk
from runtime.errors import MovieFactoryError


def main() -> int:
    """Answer until nobody asks any more."""
    talk = Talk()
    asked = talk.request()
    task, side = Task(**asked["task"]), asked["side"]
    try:
        if side == "export":
            talk.say(**export(task))
            return 0
        runs = Runs(task, Sampling(**asked["sampling"]), opener(task, side, asked["place"]))
    except MovieFactoryError as error:
        talk.fail(error)
        return 1
    talk.say(ready=True)
    while True:
        question = talk.request()
        try:
            talk.say(**(runs.open(question["open"]) if "open" in question else runs.run(**question)))
        except MovieFactoryError as error:
            talk.fail(error)


def export(task: Task) -> dict[str, Any]:
    """Write the network's graph and the feeds; the answer holds how a scene is sampled and the tolerance."""
    from benchmarks.side_by_side.networks import network_spec, open_network
    from export.convert import onnx_from
    from export.typed import typed

    model, sampling = open_network(task)
    spec = network_spec(model)
    onnx_from(typed(spec, task.precision), task.graph)
    feeds: dict[str, Any] = dict(spec.feeds[0])
    np.savez(task.feeds, **feeds)
    return {"sampling": dataclasses.asdict(sampling), "tolerance": dataclasses.asdict(spec.tolerance)}


def opener(task: Task, side: str, place: str) -> Callable[[str], tuple[Engine, dict[str, float]]]:
    """What opens the engine of a way on this side, and says how long each way took that was tried for it."""
    if side != "torch":
        return lambda _: (open_engine(task.graph, side, task.threads), {})
    from benchmarks.side_by_side.torch_engine import TorchSide

    torch_side = TorchSide(task, place)
    return lambda way: (torch_side.open(way), torch_side.tried)


class Runs:
    """The engines that are open in this process, and a clock around their runs."""

    def __init__(self, task: Task, sampling: Sampling,
                 opener: Callable[[str], tuple[Engine, dict[str, float]]]) -> None:
        self._sampling, self._opener, self._feeds = sampling, opener, read_feeds(task)
        self._engines: dict[str, Engine] = {}

    def open(self, way: str) -> dict[str, Any]:
        """Open an engine: what it runs on, and the seconds of what was tried for it."""
        self._engines[way], tried = self._opener(way)
        return {"device": self._engines[way].device, "tried": tried}

    def run(self, way: str, scope: str, out: str | None = None) -> dict[str, float]:
        """Run once: the seconds. The result is written to the file `out` where one is named."""
        engine = self._engines[way]
        start = time.perf_counter()
        result = evaluate(engine, self._feeds) if scope == "step" else draw_scene(engine, self._feeds, self._sampling)
        seconds = time.perf_counter() - start
        if out is not None:
            np.save(Path(out), result)
        return {"seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
