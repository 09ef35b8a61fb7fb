"""Engines for the roles of a line-up: opened late, kept while they are needed, given back on request."""

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.backends import (
    GPU_BACKENDS,
    Engine,
    GraphInterface,
    Phase,
    TensorSpec,
    needs_building,
    open_engine,
    prepare_engine,
    read_interface,
)
from runtime.bundle.line_up import LineUp
from runtime.bundle.manifest import GraphEntry
from runtime.errors import BundleError


class Engines:
    """Lends one engine per graph. Use it as a context manager, or call `close`.

    `backend`, `threads` and `cache` are those of `backends.open_engine`. Engines stay open until they are released;
    once `sparing`, only those of one role are open at a time.
    """

    def __init__(self, line_up: LineUp, backend: str = "auto", threads: int | None = None,
                 cache: Path | None = None) -> None:
        self.line_up = line_up
        self.backend, self.sparing = backend, False
        self._threads, self._cache = threads, cache
        self._open: dict[tuple[str, str], Engine] = {}

    def get(self, role: str, part: str = "graph") -> Engine:
        """The engine of a role's graph, opened if it is not; `part` names which of the upscaler's.

        It stays ours: after `release` it refuses to run. The graph's file is compared with its digest and its manifest
        before it is opened. Raises BundleError for what is wrong with the bundle, BackendError for what the library
        cannot do, OutOfMemory for what does not fit.
        """
        if (role, part) not in self._open:
            bundle = self.line_up.bundle(role)
            graph = bundle.graph(role, part)
            path = bundle.check_graph(graph)
            _check_interface(read_interface(path), graph, bundle.folder)
            if self.sparing:
                self.release(*{other for other, _ in self._open} - {role})
            self._open[role, part] = open_engine(path, self.backend, self._threads, exact=graph.exact,
                                                 cache=self._cache)
        return self._open[role, part]

    @property
    def on_gpu(self) -> bool:
        """Whether graphs run on a GPU, which has memory of its own."""
        return self.backend in GPU_BACKENDS

    def prepare(self) -> Generator[tuple[str, Phase], None, None]:
        """Build whatever engines the backend has to build before it can open graphs: yields role and phase.

        Close it to stop. Raises as `get` does, and StorageError when built engines cannot be kept.
        """
        if not needs_building(self.backend):
            return
        for role, graph, exact in self.line_up.graphs(self.on_gpu):
            for phase in prepare_engine(graph, self.backend, self._cache, exact=exact):
                yield role, phase

    def devices(self) -> dict[str, str]:
        """What runs each role that is open; a role whose graphs run in two ways names both."""
        found: dict[str, dict[str, None]] = {}
        for (role, _), engine in self._open.items():
            found.setdefault(role, {})[engine.device] = None
        return {role: ", ".join(devices) for role, devices in found.items()}

    def release(self, *roles: str) -> None:
        """Close the engines of these roles and free their memory; asking for them again opens them again."""
        for key in [key for key in self._open if key[0] in roles]:
            self._open.pop(key).close()

    def spare_memory(self) -> None:
        """Close all engines, and from now on those of the other roles before one is opened."""
        self.sparing = True
        self.close()

    def close(self) -> None:
        """Close all engines."""
        self.release(*{role for role, _ in self._open})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _check_interface(found: GraphInterface, graph: GraphEntry, folder: Path) -> None:
    """The graph must be what its manifest promises: others have planned by that."""
    for promised, real in ((graph.inputs, found.inputs), (graph.outputs, found.outputs)):
        if _by_name(promised) != _by_name(real):
            raise BundleError(f"{folder / graph.file.file} to have {_shown(promised)}, as the manifest says",
                              f"it has {_shown(real)}", "export the bundle again")


def _by_name(specs: tuple[TensorSpec, ...]) -> dict[str, TensorSpec]:
    return {spec.name: spec for spec in specs}


def _shown(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(f"{spec.name} {spec}" for spec in specs)
