"""Engines that were built are kept, and built again when anything they depend on has changed.

An engine's name is the digest of all that: the graph with its weights, the library and its exact version, the sizes
of free axes, the GPUs it is for. Nothing ever has to be invalidated: what is stale is not found, and goes when room is
needed. An engine that does not load all the same is forgotten and built once more.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from runtime import filelock
from runtime.backends import jit_cache
from runtime.backends.onnx_file import read_interface
from runtime.backends.tensorrt_build import DRAFT, BuildRequest, Phase, build
from runtime.backends.tensorrt_library import version
from runtime.digest import known_sha256
from runtime.errors import BackendError, StorageError

LIMIT_BYTES: Final = 20 * 2**30
_DAY: Final = 86_400.0


def cache_folder() -> Path:
    """Where engines are kept: `MOVIEFACTORY_CACHE`, else the user's cache folder of this system."""
    if chosen := os.environ.get("MOVIEFACTORY_CACHE"):
        return Path(chosen) / "engines"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "moviefactory" / "engines"


def engine_key(request: BuildRequest) -> str:
    """The name of the engine of `request`. Raises BackendError when the graph, weights of it or the library is not
    there."""
    interface = read_interface(request.graph)
    digest = hashlib.sha256()
    for name in (request.graph.name, *sorted(interface.data_files)):
        path = request.graph.parent / name
        try:
            digest.update(bytes.fromhex(known_sha256(path)))
        except OSError as error:
            raise BackendError(f"the weights {path} of {request.graph.name}",
                               f"they cannot be read: {error.strerror or error}",
                               "fetch or export the bundle again") from error
    free = {size for spec in interface.inputs for size in spec.shape if isinstance(size, str)}
    facts = {"library": request.library, "version": version(request.library), "targets": sorted(request.targets),
             "card": request.card, "exact": request.exact,
             "axes": {name: size for name, size in sorted(request.axes.items()) if name in free}}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()


def has(request: BuildRequest, folder: Path) -> bool:
    """Whether the engine of `request` is built."""
    return _plan(request, folder).exists()


def engine_for(request: BuildRequest, folder: Path, limit: int = LIMIT_BYTES) -> Generator[Phase, None, Path]:
    """The engine's file, built first if there is none; yields the phases of that. Close it to stop.

    One process builds, others that want the same wait for it. Engines that were used longest ago go when all of them
    take more than `limit` bytes. Raises BackendError and StorageError as `build` does.
    """
    plan = _plan(request, folder)
    with _lock(plan.with_suffix(".lock")) as waiting:
        yield from waiting
        if not plan.exists():
            for draft in folder.glob(f".{plan.name}.*{DRAFT}"):  # of a process that was killed: the lock is ours
                draft.unlink(missing_ok=True)
            yield from build(request, plan)
    os.utime(plan)
    prune(folder, limit, keep=plan)
    return plan


def forget(plan: Path) -> None:
    """Remove an engine that does not load, and what was compiled of it: it is built again when it is wanted again."""
    for file in (*_compiled(plan), plan):
        with suppress(OSError):
            file.unlink()


def prune(folder: Path, limit: int, keep: Path | None = None) -> None:
    """Remove engines, the one used longest ago first, until they take at most `limit` bytes; `keep` stays.

    What was compiled of an engine (see `jit_cache`) counts with it and goes with it. So do drafts that nobody has
    written to for a day.
    """
    for draft in folder.glob(f".*{DRAFT}"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _DAY:
                draft.unlink()
    plans = []
    for plan in folder.glob("*.plan"):
        with suppress(OSError):  # another process may have removed it just now
            size = sum(file.stat().st_size for file in (plan, *_compiled(plan)))
            plans.append((plan.stat().st_mtime, size, plan))
    total = sum(size for _, size, _ in plans)
    for _, size, plan in sorted(plans):
        if total <= limit:
            return
        if plan != keep:
            with suppress(OSError):  # on Windows one that is in use stays
                for file in (*_compiled(plan), plan):
                    file.unlink()
                plan.with_suffix(".lock").unlink()
            total -= size


def _plan(request: BuildRequest, folder: Path) -> Path:
    return folder / f"{engine_key(request)}.plan"


def _compiled(plan: Path) -> list[Path]:
    return list(plan.parent.glob(f"{plan.stem}.*{jit_cache.SUFFIX}"))


@contextmanager
def _lock(path: Path) -> Iterator[Iterator[Phase]]:
    """The lock on one engine: go through what it gives, which ends when it is ours."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageError(f"to keep engines in {path.parent}", error.strerror or str(error),
                           "set MOVIEFACTORY_CACHE to a folder that can be written") from error
    try:
        yield _taken(handle, path)
    finally:
        os.close(handle)  # which lets go of the lock


def _taken(handle: int, path: Path) -> Iterator[Phase]:
    while True:
        try:
            filelock.take(handle)
        except OSError as error:
            if error.errno not in filelock.BUSY:
                raise StorageError(f"to lock {path}", f"this disk cannot lock files: {error.strerror or error}",
                                   "set MOVIEFACTORY_CACHE to a folder on a local disk") from error
            yield Phase("waiting for another process that builds this engine", 0, 1)
            time.sleep(0.2)
        else:
            return
