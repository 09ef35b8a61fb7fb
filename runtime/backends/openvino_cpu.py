"""OpenVINO on the CPU: several times quicker than ONNX Runtime where the CPU multiplies in bfloat16."""

import functools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from runtime.backends.engine import Array, CheckedEngine, Target, failure, said
from runtime.backends.onnx_file import read_interface
from runtime.errors import BackendError


def load() -> Any:
    """The openvino module, silenced. Import it through here only.

    On import OpenVINO looks up an analytics host and writes to the home folder, unless its telemetry package cannot
    be imported. Raises BackendError when it cannot be imported.
    """
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    try:
        import openvino

        openvino.Core  # noqa: B018 - a half-removed package imports as an empty shell
    except ModuleNotFoundError as error:
        raise BackendError("OpenVINO", "it is not installed", "run `pip install openvino`") from error
    except (ImportError, OSError, AttributeError) as error:
        raise BackendError("a working OpenVINO", f"the installed one does not load: {said(error)}",
                           "run `pip install --force-reinstall openvino`, or ask for `--backend cpu`") from error
    return openvino


@functools.cache
def core() -> Any:
    """The process's one `openvino.Core`, never given back. Raises BackendError as `load` does.

    Each brings its thread a stack for signal handlers and, when it goes, puts back the one it found there. Two that go
    in the order they came leave a stack that is no more, and the next Ctrl-C ends Python with a segmentation fault.
    """
    return load().Core()


def version(library: Any) -> str:
    """'2026.4.1' of '2026.4.1-22982-…'."""
    return str(library.get_version()).split("-", maxsplit=1)[0]


class OpenVinoEngine(CheckedEngine):
    """A graph in OpenVINO, compiled for fixed shapes.

    A graph with free axes is compiled at its first run for the shapes fed, and again whenever they change: fixed
    shapes are several times quicker, and callers change shapes rarely.
    """

    def __init__(self, graph: Path, threads: int | None = None, exact: bool = False,
                 cache: Path | None = None) -> None:
        """Open `graph`.

        Inference is in bfloat16 where the CPU has instructions for it, else (or with `exact`) in the graph's own
        precision; with `exact` nothing is rounded for speed besides. `threads` None lets the library use all cores;
        compiled graphs are kept in the folder `cache`.
        Raises BackendError when the library or the graph does not work.
        """
        interface = read_interface(graph)
        library = load()
        self._library, self._graph = library, graph
        self._compiled: Any = None
        self._request: Any = None
        self._shapes: dict[str, tuple[int, ...]] = {}
        try:
            self._core = core()
            brain = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") and not exact
            self._settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY",
                                              "INFERENCE_PRECISION_HINT": "bf16" if brain else "f32"}
            if exact:
                # Where weights are bytes it makes bytes of what they are multiplied with too, four per cent off.
                self._settings["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = 0
            if threads is not None:
                self._settings["INFERENCE_NUM_THREADS"] = threads
            if cache is not None:
                self._settings["CACHE_DIR"] = str(cache)
            self._model: Any = self._core.read_model(graph)
        except Exception as error:
            raise self._refusal(error) from error
        super().__init__(interface.inputs, interface.outputs, self._name(self._settings["INFERENCE_PRECISION_HINT"]))
        if all(isinstance(size, int) for spec in interface.inputs for size in spec.shape):
            self._compile()
            self._model = None  # its weights would be held twice

    def _infer(self, feeds: dict[str, Array], targets: dict[str, Target]) -> dict[str, Any]:
        shapes = {name: array.shape for name, array in feeds.items()}
        if self._model is not None and shapes != self._shapes:
            self._model.reshape({name: list(shape) for name, shape in shapes.items()})
            self._compile()
            self._shapes = shapes
        # A request remembers the arrays it wrote to last time, so one that allocates by itself must be new.
        alone = any(target is None for target in targets.values())
        request = self._compiled.create_infer_request() if alone else self._request
        tensor = self._library.Tensor
        for name, array in feeds.items():
            # A tensor can only share memory it could write to.
            request.set_tensor(name, tensor(array, shared_memory=bool(array.flags.writeable)))
        for name, target in targets.items():
            if target is not None:
                request.set_tensor(name, tensor(target, shared_memory=True))
        request.infer()
        return {name: request.get_tensor(name).data.copy() if target is None else target
                for name, target in targets.items()}

    def _compile(self) -> None:
        try:
            self._compiled = self._core.compile_model(self._model, "CPU", self._settings)
            self._request = self._compiled.create_infer_request()
        except Exception as error:
            raise self._refusal(error) from error
        self.device = self._name(self._compiled.get_property("INFERENCE_PRECISION_HINT").to_string())

    def _refusal(self, error: Exception) -> BackendError:
        return failure(error, f"OpenVINO {version(self._library)} to open {self._graph}",
                       "check the bundle with `moviefactory models verify`, or try another --backend")

    def _name(self, precision: str) -> str:
        return f"OpenVINO {version(self._library)} on CPU ({precision})"

    def _free(self) -> None:
        self._request = self._compiled = self._model = None
