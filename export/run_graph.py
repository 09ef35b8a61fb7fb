"""A graph given feeds, here or in a process of its own: what a large one takes of memory goes back with its process."""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.convert import LARGEST_FILE
from export.errors import ExportError
from runtime.backends import Array, Engine, open_engine, read_interface
from runtime.backends.engine import CheckedEngine, Target


@dataclass(frozen=True)
class Way:
    """A backend, whether it is held to the graph's own precision, and whether it only matters where it uses bf16."""

    backend: str
    exact: bool = False
    only_bf16: bool = False


def run(graph: Path, way: Way, feeds: Sequence[Mapping[str, Array]]) -> tuple[str, list[dict[str, Array]]] | None:
    """The device and the graph's outputs for each of `feeds`; None where `way` does not matter here."""
    with open_engine(graph, way.backend, exact=way.exact) as engine:
        if way.only_bf16 and "bf16" not in engine.device:
            return None
        return engine.device, [engine.run(feed) for feed in feeds]


def run_apart(graph: Path, way: Way, feeds: Sequence[Mapping[str, Array]]
              ) -> tuple[str, list[dict[str, Array]]] | None:
    """`run` in a fresh process. Raises ExportError when the system ends that for want of memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(run, graph, way, feeds).result()
        except BrokenProcessPool as error:
            raise ExportError(f"memory to run {graph.name} on the backend {way.backend}",
                              "the process was ended, most likely for want of it",
                              "close other programs, or export fewer --frames or a smaller --frame") from error


class ApartEngine(CheckedEngine):
    """A graph that has a fresh process for each run: of two large ones, which do not fit at once, neither waits in
    memory for the other."""

    def __init__(self, graph: Path, way: Way) -> None:
        interface = read_interface(graph)
        super().__init__(interface.inputs, interface.outputs, f"{way.backend}, in a process of its own")
        self._graph, self._way = graph, way

    def _infer(self, feeds: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
        found = run_apart(self._graph, self._way, [feeds])
        assert found is not None
        self.device, (made,) = found
        for name, target in targets.items():
            if isinstance(target, np.ndarray):
                target[...] = made[name]
                made[name] = target
        return made

    def _free(self) -> None:
        """Nothing is left of a run."""


def opened(graph: Path, way: Way) -> Engine:
    """The graph, in processes of its own if it is large. Raises BackendError."""
    if stored_bytes(graph) > LARGEST_FILE:
        return ApartEngine(graph, way)
    return open_engine(graph, way.backend, exact=way.exact)


def stored_bytes(path: Path) -> int:
    """What a graph and the weights it reads from beside it take on the disk."""
    return sum(file.stat().st_size for file in (path, *map(path.with_name, read_interface(path).data_files)))
