"""An engine that notes how long it takes."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runtime.backends import Array, Engine, TensorSpec
from runtime.backends.engine import Feed


@dataclass(frozen=True)
class Use:
    """How often a graph ran, and the shapes it was fed."""

    graph: Path
    shapes: Mapping[str, tuple[int, ...]]
    runs: int


class Timed:
    """An `Engine` around another, whose graph lies at `path`. `seconds` holds one entry per run since `forget`."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self.seconds: list[float] = []
        self._shapes: dict[str, tuple[int, ...]] = {}

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """See `Engine.inputs`."""
        return self._engine.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """See `Engine.outputs`."""
        return self._engine.outputs

    @property
    def device(self) -> str:
        """See `Engine.device`."""
        return self._engine.device

    def run(self, feeds: Mapping[str, Feed], out: Mapping[str, Array] | None = None,
            keep: Collection[str] = ()) -> dict[str, Array]:
        """See `Engine.run`."""
        start = time.perf_counter()
        outputs = self._engine.run(feeds, out, keep)
        self.seconds.append(time.perf_counter() - start)
        self._shapes = {name: tuple(feed.shape) for name, feed in feeds.items() if hasattr(feed, "shape")}
        return outputs

    def hold(self, feeds: Mapping[str, Feed]) -> dict[str, Any]:
        """See `Engine.hold`."""
        return self._engine.hold(feeds)

    def forget(self) -> None:
        """Drop what was noted so far."""
        self.seconds.clear()

    def use(self) -> Use:
        """The runs that were noted, with the shapes of the last."""
        return Use(self._path, self._shapes, len(self.seconds))

    def close(self) -> None:
        """See `Engine.close`."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
