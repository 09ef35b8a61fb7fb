"""What this machine can run, for `moviefactory doctor`: each backend is tried with a graph of one operator."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from runtime.backends.choose import open_engine
from runtime.backends.engine import said
from runtime.backends.installed import installed
from runtime.backends.tensorrt_library import Name, packages
from runtime.errors import MovieFactoryError

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
        return [_try("openvino", ("openvino",), graph), _try("cpu", ("onnxruntime", "onnxruntime-gpu"), graph),
                _try("cuda", ("onnxruntime-gpu",), graph), _try_tensorrt("tensorrt_rtx", graph),
                _try_tensorrt("tensorrt", graph)]


def _try(backend: str, packages: tuple[str, ...], graph: Path) -> BackendReport:
    version = next(filter(None, (installed(name.replace("_", "-")) for name in packages)), None)
    try:
        with open_engine(graph, backend, cache=graph.parent) as engine:
            result = engine.run({"x": np.array([-3.0, 2.0], np.float32)})["y"]
            device = engine.device
    except MovieFactoryError as error:
        return BackendReport(backend, False, version, None, f"{error.got}; {error.fix}")
    except Exception as error:  # noqa: BLE001 - who asks what is wrong shall not be stopped by it
        return BackendReport(backend, False, version, None, f"it failed: {said(error)}")
    if not np.array_equal(result, np.array([3.0, 2.0], np.float32)):
        return BackendReport(backend, False, version, device, f"it computed {result.tolist()} for |-3|, |2|")
    return BackendReport(backend, True, version, device, None)


def _try_tensorrt(library: Name, graph: Path) -> BackendReport:
    """Building even this engine takes seconds: without a GPU that is not begun. Without one TensorRT-RTX still builds
    engines for other machines."""
    report = _try(library, packages(library), graph)
    if report.version and not report.available and library == "tensorrt_rtx":
        return replace(report, why_not=f"{report.why_not}; `moviefactory models build` works without a GPU")
    return report

