"""`moviefactory models build`: TensorRT engines ahead of time."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import StorageError

if TYPE_CHECKING:
    from runtime.backends import Phase
    from runtime.backends.tensorrt_library import Name


def run_models_build(options: argparse.Namespace) -> int:
    """Build the engine of every graph that is not in the cache yet. Raises StorageError when they do not all fit."""
    from runtime.backends.engine_cache import LIMIT_BYTES, cache_folder
    from runtime.film import line_up_for

    line_up = line_up_for(options.model, with_sounds=False)
    folder = cache_folder()
    plans: list[Path] = []
    for _, graph, exact in line_up.graphs(on_gpu=True):
        # One engine for each: a film looks for its own card's.
        for target in options.target or [None]:
            plans.append(_build(graph, options.backend, () if target is None else (target,), exact))
    if gone := [plan for plan in plans if not plan.exists()]:
        raise StorageError(f"all {len(plans)} engines to be kept in {folder}",
                           f"{len(gone)} of them had to go again: it holds {LIMIT_BYTES / 2**30:.0f} GiB",
                           "name fewer models or targets at once")
    sys.stdout.write(f"all engines are in {folder}\n")
    return 0


def _build(graph: Path, library: "Name", targets: tuple[str, ...], exact: bool) -> Path:
    from runtime.backends import build_ahead
    from runtime.generators import finish

    started, told = time.monotonic(), ""
    name = " for ".join((graph.name, *targets))

    def tell(phase: "Phase") -> None:
        nonlocal told
        if phase.name != told:
            told = phase.name
            sys.stderr.write(f"{name}: {told}\n")
            sys.stderr.flush()

    plan = finish(build_ahead(graph, library, targets, exact=exact), tell)
    how = f"built in {time.monotonic() - started:.0f} s" if told else "there already"
    sys.stdout.write(f"{name}: {plan.stat().st_size / 1e6:.1f} MB, {how}\n")
    sys.stdout.flush()
    return plan
