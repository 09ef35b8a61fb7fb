"""From ONNX to a TensorRT engine, in a process that can be stopped, with its phases told on the way.

TensorRT-RTX builds anywhere, without a GPU, one engine for every card from Ampere on; TensorRT builds for the card in
the machine.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from runtime.backends.tensorrt_library import TITLES, Name
from runtime.errors import BackendError, StorageError

DRAFT: Final = ".new"
"""Ending of a file under way, which begins with a dot."""


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """What to build: `axes` gives every free axis of the graph its size; `targets` are GPU generations such as
    'sm89' (TensorRT-RTX only; none: all of its default); `card` is the GPU in this machine and its driver, for
    TensorRT, which builds for these only; `exact` forbids rounding to TF32."""

    graph: Path
    library: Name
    axes: Mapping[str, int] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    card: str = ""
    exact: bool = False


@dataclass(frozen=True)
class Phase:
    """`done` of `total` steps of a phase of a build."""

    name: str
    done: int
    total: int


def child_command() -> tuple[str, ...]:
    """How to start the building process. A frozen app, whose `sys.executable` is itself, has to use its own."""
    return (sys.executable, "-m", "runtime.backends.tensorrt_child")


def build(request: BuildRequest, plan: Path, command: Sequence[str] = ()) -> Generator[Phase, None, None]:
    """Write the engine to `plan`, which appears only when it is whole. Close the generator to stop the build.

    Raises BackendError with the library's own reason when it cannot be built, StorageError when there is no place.
    """
    draft = plan.with_name(f".{plan.name}.{os.getpid()}{DRAFT}")
    asked = {"graph": str(request.graph), "library": request.library, "plan": str(draft), "axes": dict(request.axes),
             "targets": list(request.targets), "exact": request.exact}
    with tempfile.TemporaryFile() as last_words:
        try:
            plan.parent.mkdir(parents=True, exist_ok=True)
            process = subprocess.Popen(list(command or child_command()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=last_words, text=True)
        except OSError as error:
            raise StorageError(f"to build an engine in {plan.parent}", error.strerror or str(error),
                               "check the folder and its permissions") from error
        try:
            yield from _listen(process, json.dumps(asked), request, last_words)
            draft.replace(plan)
        finally:
            process.kill()
            process.wait()
            draft.unlink(missing_ok=True)


def _listen(process: subprocess.Popen[str], asked: str, request: BuildRequest, last_words: IO[bytes]
            ) -> Generator[Phase, None, None]:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(asked)
        process.stdin.close()
        for line in process.stdout:
            news = json.loads(line) if line.startswith("{") else {}
            if "phase" in news:
                yield Phase(news["phase"], news["done"], news["total"])
            elif "storage" in news:
                raise StorageError(f"to write an engine of {request.graph.name}", news["storage"],
                                   "free some space, or set MOVIEFACTORY_CACHE to a folder on another disk")
            elif "error" in news:
                raise BackendError(f"{TITLES[request.library]} to build an engine of {request.graph}",
                                   f"it could not: {news['error']}", "choose another --backend")
            elif "bytes" in news:
                return
    code = process.wait()
    killed = code == -signal.SIGKILL if sys.platform != "win32" else False
    why = "its process was killed, most likely for want of memory" if killed else f"its process ended with code {code}"
    last_words.seek(0)
    if not killed and (lines := last_words.read().decode(errors="replace").strip().splitlines()):
        why += f", saying: {lines[-1][:300]}"
    raise BackendError(f"{TITLES[request.library]} to build an engine of {request.graph}", why,
                       "close other programs and try again" if killed else "choose another --backend")
