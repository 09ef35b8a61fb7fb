"""A graph given feeds, here or in a process of its own: what a large one takes of memory goes back with its process."""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from export.errors import ExportError
from runtime.backends import Array, open_engine


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
