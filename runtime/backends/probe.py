"""What this machine can run, for `moviefactory doctor`: each backend is tried with a graph of one operator."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from runtime.backends.choose import open_engine
from runtime.errors import BackendError

ABS: Final = bytes.fromhex(
    "08083a340a0b0a0178120179220341627312036162735a0f0a0178120a0a08080112040a020802620f0a0179120a0a08"
    "080112040a02080242040a001012")
"""An ONNX model, operator set 18: y = |x| for x float32 (2)."""


@dataclass(frozen=True)
class BackendReport:
    """One backend: whether a graph ran on it, on what, and if not, why not."""

    name: str
    available: bool
    version: str | None
    device: str | None
    why_not: str | None


def probe() -> list[BackendReport]:
    """Try every backend; those that `--backend` takes come first. Never raises for one that does not work."""
    with tempfile.TemporaryDirectory(prefix="moviefactory-") as folder:
        graph = Path(folder) / "probe.onnx"
        graph.write_bytes(ABS)
        tried = [_try("openvino", ("openvino",), graph), _try("cpu", ("onnxruntime", "onnxruntime-gpu"), graph),
                 _try("cuda", ("onnxruntime-gpu",), graph)]
    return [*tried, _without_adapter("tensorrt", "TensorRT"), _without_adapter("tensorrt_rtx", "TensorRT-RTX")]


def _try(backend: str, packages: tuple[str, ...], graph: Path) -> BackendReport:
    version = next(filter(None, map(_version, packages)), None)
    try:
        with open_engine(graph, backend) as engine:
            result = engine.run({"x": np.array([-3.0, 2.0], np.float32)})["y"]
            device = engine.device
    except BackendError as error:
        return BackendReport(backend, False, version, None, f"{error.got}; {error.fix}")
    if not np.array_equal(result, np.array([3.0, 2.0], np.float32)):
        return BackendReport(backend, False, version, device, f"it computed {result.tolist()} for |-3|, |2|")
    return BackendReport(backend, True, version, device, None)


def _without_adapter(package: str, title: str) -> BackendReport:
    version = _version(package.replace("_", "-"))
    return BackendReport(package, False, version, None, f"this version of MovieFactory has no {title} adapter")


def _version(package: str) -> str | None:
    import importlib.metadata  # slow to load, and only this needs it

    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
