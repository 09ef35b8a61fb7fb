"""The process that builds one engine: `python -m runtime.backends.tensorrt_child`, a request as JSON on its input.

A build takes many seconds between two chances to stop it and gigabytes that are not all given back, hence a process
of its own. It prints one JSON object a line: `{"phase": ..., "done": ..., "total": ...}` while it works, at last
`{"bytes": ...}`, `{"error": ...}` or `{"storage": ...}`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from runtime.backends import tensorrt_library
from runtime.backends.engine import said
from runtime.backends.onnx_file import read_interface
from runtime.errors import MovieFactoryError


class _Failure(Exception):
    """What the library could not do, in one line."""


def main() -> int:
    """Build what is asked for on stdin; 0 when the engine is written."""
    request = json.load(sys.stdin)
    try:
        size = _build(request)
    except (MovieFactoryError, _Failure) as error:
        _say(error=str(error))
        return 1
    except OSError as error:
        _say(storage=f"{request['plan']} cannot be written: {(error.strerror or str(error)).lower()}")
        return 1
    except Exception as error:  # noqa: BLE001 - bindings raise whatever they like, and its reason must not be lost
        _say(error=said(error))
        return 1
    _say(bytes=size)
    return 0


def _build(request: dict[str, Any]) -> int:
    graph = Path(request["graph"])
    interface = read_interface(graph)
    library = tensorrt_library.load(request["library"])
    log = tensorrt_library.listener(request["library"])
    builder = library.Builder(log)
    network = builder.create_network(0)
    parser = library.OnnxParser(network, log)
    _say(phase="reading the graph", done=0, total=1)
    if not parser.parse_from_file(str(graph)):
        raise _Failure(_refusal(parser) or tensorrt_library.reason(log.messages))
    _fix_axes(network, {spec.name: spec.shape for spec in interface.inputs}, request["axes"])
    config = builder.create_builder_config()
    _aim(library, config, request["targets"])
    if request["exact"]:
        config.clear_flag(library.BuilderFlag.TF32)
    config.progress_monitor = _monitor(library)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise _Failure(tensorrt_library.reason(log.messages))
    _say(phase="writing the engine", done=0, total=1)
    with Path(request["plan"]).open("wb") as file:
        file.write(plan)
        file.flush()
        os.fsync(file.fileno())
    return int(plan.nbytes)


def _refusal(parser: Any) -> str:
    """The operator the parser did not take; empty when something else was wrong."""
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        if error.node_operator():
            return f"operator {error.node_operator()}: {said(RuntimeError(error.desc()))}"
    return ""


def _fix_axes(network: Any, shapes: dict[str, tuple[int | str, ...]], axes: dict[str, int]) -> None:
    """Give every free axis the size asked for: engines of one shape are quicker and need no profile."""
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        if missing := [size for size in shapes[tensor.name] if isinstance(size, str) and size not in axes]:
            raise _Failure(f"the free axis {missing[0]} of {tensor.name} was given no size")
        tensor.shape = [axes[size] if isinstance(size, str) else size for size in shapes[tensor.name]]


def _aim(library: Any, config: Any, targets: list[str]) -> None:
    """Build for these GPU generations only; none named means all the library's default covers."""
    if not targets:
        return
    if not hasattr(config, "num_compute_capabilities"):
        raise _Failure("only TensorRT-RTX builds for GPUs that are not in this machine")
    known = [name for name in library.ComputeCapability.__members__ if name.startswith("SM")]
    if unknown := [name for name in targets if name.upper() not in known]:
        raise _Failure(f"{unknown[0]} is no target; there are {', '.join(known).lower()}")
    config.num_compute_capabilities = len(targets)
    for index, name in enumerate(targets):
        config.set_compute_capability(getattr(library.ComputeCapability, name.upper()), index)


def _monitor(library: Any) -> Any:
    class Monitor(library.IProgressMonitor):  # type: ignore[misc]
        """Tells of the outermost phases; the steps in them say little about time. Ends the build when who asked for it
        is gone."""

        def __init__(self) -> None:
            library.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}
            self._asker = os.getppid()

        def phase_start(self, name: str, parent: str | None, steps: int) -> None:
            if not parent:
                self._steps[name] = steps
                _say(phase=name, done=0, total=steps)

        def step_complete(self, name: str, step: int) -> bool:
            if os.getppid() != self._asker:
                return False
            if name in self._steps:
                _say(phase=name, done=step + 1, total=self._steps[name])
            return True

        def phase_finish(self, name: str) -> None:
            self._steps.pop(name, None)

    return Monitor()


def _say(**news: Any) -> None:
    print(json.dumps(news), flush=True)  # noqa: T201 - this is the protocol


if __name__ == "__main__":
    sys.exit(main())
