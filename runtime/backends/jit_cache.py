"""What TensorRT-RTX compiles when an engine is first used, kept beside the engine for the next time.

Its engines are portable: kernels for the very GPU are made when a graph first runs, which takes seconds, for large
networks half a minute. The library checks itself whether what was kept fits this GPU, driver and version; what does
not is replaced. Nothing here may stop a film: without it, one only waits longer. Never run on hardware.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from runtime.backends.tensorrt_build import DRAFT

SUFFIX: Final = ".jit"


class JitCache:
    """The kernels of one engine on one kind of GPU; made by `of`, saved by `save`."""

    def __init__(self, config: Any, kernels: Any, path: Path) -> None:
        self.config, self._kernels, self._path = config, kernels, path
        self._known = b""
        with suppress(Exception):  # bindings raise whatever they like
            kept = path.read_bytes()
            if kernels.deserialize(kept):
                self._known = kept

    @classmethod
    def of(cls, engine: Any, plan: Path, capability: str) -> Self | None:
        """For an engine of TensorRT-RTX (TensorRT compiles nothing when it runs); None when the library has no cache.

        `config` is what an execution context is created with.
        """
        config = engine.create_runtime_config()
        kernels = None if config is None else config.create_runtime_cache()
        if kernels is None or not config.set_runtime_cache(kernels):
            return None
        return cls(config, kernels, plan.with_suffix(f".{capability}{SUFFIX}"))

    def save(self) -> None:
        """Write what has been compiled since, if anything was; the file appears whole or not at all."""
        made = b""
        with suppress(Exception):
            found = self._kernels.serialize()
            made = b"" if found is None else bytes(found)
        if not made or made == self._known:
            return
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}{DRAFT}")
        try:
            draft.write_bytes(made)
            draft.replace(self._path)
            self._known = made
        except OSError:  # a full disk, or on Windows another process that reads it
            with suppress(OSError):
                draft.unlink(missing_ok=True)
