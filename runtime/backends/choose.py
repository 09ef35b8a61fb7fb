"""Which library runs a graph."""

import platform
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from runtime.backends import onnx_runtime, openvino_cpu, tensorrt_engine, tensorrt_library
from runtime.backends.engine import Engine
from runtime.backends.onnx_runtime import OnnxRuntimeEngine
from runtime.backends.openvino_cpu import OpenVinoEngine
from runtime.backends.tensorrt_build import Phase
from runtime.backends.tensorrt_engine import TensorRtEngine
from runtime.backends.tensorrt_library import named
from runtime.errors import BackendError

BACKENDS: Final = ("auto", "openvino", "cpu", "cuda", "tensorrt_rtx", "tensorrt")
"""What can be asked for: 'cpu' and 'cuda' are ONNX Runtime."""
GPU_BACKENDS: Final = ("cuda", "tensorrt_rtx", "tensorrt")
"""Those that need a GPU. Never run on hardware: no machine this was built on could. 'auto' leaves them alone."""


def resolve(backend: str = "auto") -> str:
    """The backend that 'auto' means on this machine; any other comes back as it is.

    OpenVINO on x86-64, where it is several times quicker, else ONNX Runtime. Only looks whether a library is
    installed: one that is installed but broken is an error when opened, never a reason to use a slower one silently.
    Raises BackendError for an unknown name, and when nothing is installed.
    """
    if backend not in BACKENDS:
        raise BackendError(f"a backend: {', '.join(BACKENDS)}", f"'{backend}' was asked for",
                           "choose one of these; `moviefactory doctor` shows what this machine can run")
    if backend != "auto":
        return backend
    has_openvino, has_onnxruntime = find_spec("openvino") is not None, find_spec("onnxruntime") is not None
    x86_64 = platform.machine().lower() in ("x86_64", "amd64")
    if has_openvino and (x86_64 or not has_onnxruntime):
        return "openvino"
    if has_onnxruntime:
        return "cpu"
    raise BackendError("a library that runs models", "neither OpenVINO nor ONNX Runtime is installed",
                       f"run `pip install {'openvino' if x86_64 else 'onnxruntime'}`")


def load_library(backend: str = "auto") -> None:
    """Load what `backend` runs on, which opening its first engine does otherwise. Raises BackendError."""
    chosen = resolve(backend)
    if library := named(chosen):
        tensorrt_library.load(library)
    elif chosen == "openvino":
        openvino_cpu.load()
    else:
        onnx_runtime.load()


def open_engine(graph: Path, backend: str = "auto", threads: int | None = None, *, exact: bool = False,
                cache: Path | None = None) -> Engine:
    """Open the ONNX file `graph` with `backend`, one of `BACKENDS`.

    `exact` forbids computing in less precision than the graph says (positions need it); `cache` is a folder where
    backends that compile keep the result. Raises BackendError when the library is missing or cannot open the graph.
    """
    chosen = resolve(backend)
    if chosen == "openvino":
        return OpenVinoEngine(graph, threads, exact, cache)
    if library := named(chosen):
        return TensorRtEngine(graph, library, cache, exact=exact)
    if chosen == "cuda":
        return OnnxRuntimeEngine(graph, "CUDA", threads, exact=exact)
    return OnnxRuntimeEngine(graph, "CPU", threads)


def needs_building(backend: str) -> bool:
    """Whether `backend` opens no graph before it has built an engine of it."""
    return named(resolve(backend)) is not None


def built_by(backend: str) -> str:
    """The library and version that builds engines for `backend`, which `needs_building`. Raises BackendError when it is
    not installed."""
    library = named(resolve(backend))
    if library is None:
        raise ValueError(f"{backend} builds nothing")
    return f"{tensorrt_library.TITLES[library]} {tensorrt_library.version(library)}"


def prepare_engine(graph: Path, backend: str = "auto", cache: Path | None = None, *, exact: bool = False
                   ) -> Generator[Phase, None, None]:
    """Do ahead what takes `open_engine` minutes: TensorRT builds engines. Yields how far that is; close it to stop.

    Raises BackendError and StorageError as `open_engine` would.
    """
    if library := named(resolve(backend)):
        yield from tensorrt_engine.prepare(graph, library, cache, exact=exact)
