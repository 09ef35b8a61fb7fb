"""ONNX Runtime: the adapter that runs everywhere, and on NVIDIA GPUs with the `cuda` extra."""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from runtime.backends import cuda_driver
from runtime.backends.engine import Array, CheckedEngine, Target, failure, said
from runtime.backends.onnx_file import read_interface
from runtime.errors import BackendError

Provider = Literal["CPU", "CUDA"]


def load() -> Any:
    """The onnxruntime module, silenced. Import it through here only.

    Official builds send usage data: since 1.29 on Linux and macOS too, from the moment of the import, with a device
    identifier written to the home folder. The variable stops all of that but must be set first; the call stops the
    trace events of Windows builds (onnxruntime, docs/Privacy.md). Raises BackendError when it cannot be imported.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
    except ModuleNotFoundError as error:
        raise BackendError("ONNX Runtime", "it is not installed", "run `pip install onnxruntime`") from error
    except (ImportError, OSError, AttributeError) as error:
        # Removing one of onnxruntime and onnxruntime-gpu takes files of the other along: the shell that is left has
        # no attributes.
        raise BackendError("a working ONNX Runtime", f"the installed one does not load: {said(error)}",
                           "remove onnxruntime and onnxruntime-gpu, then install one of them") from error
    return onnxruntime


@dataclass(frozen=True)
class Kept:
    """An output that stayed where it was computed. Its memory is the session's, which must not go before it."""

    value: Any
    dtype: np.dtype[Any]
    session: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """As of any array."""
        return tuple(self.value.shape())


class OnnxRuntimeEngine(CheckedEngine):
    """A graph in ONNX Runtime. Precision is what the graph says."""

    own = Kept

    def __init__(self, graph: Path, provider: Provider = "CPU", threads: int | None = None, *, exact: bool = False
                 ) -> None:
        """Open `graph` on `provider`; `threads` None lets the library use all cores, `exact` forbids TF32.

        Raises BackendError when the library, the provider or the graph does not work. ONNX Runtime itself falls back
        to the CPU with only a log line, which is refused here.
        """
        interface = read_interface(graph)
        library = load()
        wanted = f"{provider}ExecutionProvider"
        if wanted not in library.get_available_providers():
            raise BackendError(f"an ONNX Runtime with {provider}", f"the installed one has no {provider}",
                               'run `pip install "onnxruntime-gpu[cuda,cudnn]"` in an environment of its own')
        if provider == "CUDA":
            with contextlib.redirect_stdout(sys.stderr):  # where it complains is for events alone
                library.preload_dlls()  # CUDA and cuDNN from their pip packages
        options = library.SessionOptions()
        options.log_severity_level = 3  # errors only: the rest reaches users as noise
        # Weights stored as int8 are to save space on disk: unpack them once, not at every run.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        if interface.data_files:
            # Of large networks the arena keeps what a run took, and what is planned for the next comes on top: the
            # full denoiser takes 23 GB with it and 19 without, at the same speed.
            options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            asked = (wanted, {"use_tf32": "0"}) if exact and provider == "CUDA" else wanted
            session = library.InferenceSession(str(graph), options, providers=[asked])
        except Exception as error:  # the library's exceptions share no other base
            raise failure(error, f"ONNX Runtime {library.__version__} to open {graph}",
                          "check the bundle with `moviefactory models verify`, or try another --backend") from error
        if session.get_providers()[0] != wanted:
            raise BackendError(f"ONNX Runtime to use {provider}", "it fell back to the CPU without a word",
                               "check the NVIDIA driver, or ask for `--backend cpu`")
        place = f"CUDA ({cuda_driver.card()})" if provider == "CUDA" else provider
        super().__init__(interface.inputs, interface.outputs, f"ONNX Runtime {library.__version__} on {place}")
        self._session: Any = session
        self._place = provider.lower()

    def _infer(self, feeds: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
        binding = self._session.io_binding()
        for name, feed in feeds.items():
            if isinstance(feed, np.ndarray):
                binding.bind_cpu_input(name, feed)
            else:
                binding.bind_ortvalue_input(name, feed.value)
        for name, target in targets.items():
            if target is None or isinstance(target, str):
                binding.bind_output(name, "cpu" if target is None else self._place)
            else:
                binding.bind_output(name, "cpu", 0, target.dtype, target.shape, target.ctypes.data)
        self._session.run_with_iobinding(binding)
        results = dict(zip(targets, binding.get_outputs(), strict=True))
        given: dict[str, Any] = {}
        for spec in self.outputs:
            target, value = targets[spec.name], results[spec.name]
            if isinstance(target, str):
                given[spec.name] = Kept(value, np.dtype(spec.dtype), self._session)
            else:
                given[spec.name] = value.numpy() if target is None else target
        return given

    def _held(self, array: Array) -> Any:
        value = load().OrtValue.ortvalue_from_numpy(array, self._place, 0)
        return Kept(value, array.dtype, self._session)

    def _free(self) -> None:
        self._session = None
