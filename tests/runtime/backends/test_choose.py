"""Which library runs a graph, and what is said when none can."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from runtime.backends import BACKENDS, onnx_runtime, open_engine, probe, resolve
from runtime.backends.engine import said
from runtime.backends.onnx_runtime import OnnxRuntimeEngine
from runtime.backends.openvino_cpu import OpenVinoEngine
from runtime.backends.probe import ABS
from runtime.errors import BackendError
from tests import tiny_graphs

ROOT = Path(__file__).parents[3]


def without(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """As if these were not installed."""
    for library in libraries:
        monkeypatch.setitem(sys.modules, library, None)


def on(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)


@pytest.mark.parametrize("machine", ["x86_64", "AMD64"])
def test_auto_is_openvino_on_x86(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, machine)
    assert resolve() == "openvino"
    without(monkeypatch, "openvino")
    assert resolve() == "cpu"


def test_auto_is_onnxruntime_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "arm64")
    assert resolve() == "cpu"
    without(monkeypatch, "onnxruntime")
    assert resolve() == "openvino"


@pytest.mark.parametrize(("machine", "package"), [("x86_64", "openvino"), ("aarch64", "onnxruntime")])
def test_nothing_installed_names_the_pip_line(machine: str, package: str, monkeypatch: pytest.MonkeyPatch,
                                              tmp_path: Path) -> None:
    on(monkeypatch, machine)
    without(monkeypatch, "openvino", "onnxruntime")
    with pytest.raises(BackendError, match=f"neither OpenVINO nor ONNX Runtime .+; run `pip install {package}"):
        open_engine(tmp_path / "graph.onnx")
    assert not any(report.available for report in probe())


@pytest.mark.parametrize(("backend", "library"), [("openvino", "openvino"), ("cpu", "onnxruntime")])
def test_asked_for_but_missing_names_the_pip_line(backend: str, library: str, monkeypatch: pytest.MonkeyPatch,
                                                  tmp_path: Path) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    without(monkeypatch, library)
    with pytest.raises(BackendError, match=f"it is not installed; run `pip install {library}`"):
        open_engine(graph, backend)


def test_unknown_backend_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=f"a backend: {', '.join(BACKENDS)}, but 'metal' was asked for"):
        open_engine(tmp_path / "graph.onnx", "metal")
    assert BACKENDS[0] == "auto"


def test_engine_is_the_one_asked_for_and_says_so(tmp_path: Path) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    with open_engine(graph, "cpu") as engine:
        assert isinstance(engine, OnnxRuntimeEngine)
        assert engine.device.startswith("ONNX Runtime 1.")
        assert engine.device.endswith(" on CPU")
    with open_engine(graph, "openvino") as engine, open_engine(graph, "openvino", exact=True) as exact:
        assert isinstance(engine, OpenVinoEngine)
        assert engine.device.startswith("OpenVINO 20")
        assert engine.device.split(" on CPU ")[1] in ("(bf16)", "(f32)")
        assert exact.device.endswith(" on CPU (f32)")


def test_bfloat16_is_used_where_the_processor_has_it(tmp_path: Path) -> None:
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text("utf-8") if cpuinfo.exists() else ""
    if "avx512_bf16" not in flags and "amx_bf16" not in flags:
        pytest.skip("this processor has no bfloat16, or does not tell")
    with open_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), "openvino") as engine:
        assert engine.device.endswith("(bf16)")


def test_cuda_needs_the_library_that_has_it(tmp_path: Path) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    cuda = next(report for report in probe() if report.name == "cuda")
    if cuda.available:
        assert " on CUDA (" in str(cuda.device)
    else:
        with pytest.raises(BackendError, match="CUDA"):
            open_engine(graph, "cuda")


def test_cuda_never_falls_back_to_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    library = onnx_runtime.load()
    real, asked = library.InferenceSession, list[object]()

    def falling_back(path: str, options: object, providers: list[object]) -> object:
        asked.extend(providers)
        return real(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(library, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(library, "preload_dlls", lambda: sys.stdout.write("Failed to load libcudnn.so.9"))
    monkeypatch.setattr(library, "InferenceSession", falling_back)
    for exact in (False, True):
        with pytest.raises(BackendError, match="expected ONNX Runtime to use CUDA, but it fell back to the CPU"):
            open_engine(graph, "cuda", exact=exact)
    assert asked == ["CUDAExecutionProvider", ("CUDAExecutionProvider", {"use_tf32": "0"})]
    out, err = capsys.readouterr()
    assert out == "", "that is for events"
    assert "libcudnn" in err


@pytest.mark.parametrize("backend", ["cpu", "openvino"])
def test_graphs_a_library_cannot_open_are_refused_with_its_words(backend: str, tmp_path: Path) -> None:
    g = helper.make_graph([helper.make_node("Conjure", ["x"], ["y"])], "g",
                          [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])])
    path = tmp_path / "graph.onnx"
    path.write_bytes(helper.make_model(g, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
                     .SerializeToString())
    with pytest.raises(BackendError, match=r"to open .*graph.onnx, but it failed: .*Conjure") as caught:
        open_engine(path, backend)
    assert "\n" not in str(caught.value)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BackendError, match="damaged"):
        open_engine(path, backend)


@pytest.mark.parametrize(("library", "shell", "backend"), [
    ("openvino", "", "openvino"), ("openvino", "raise ImportError('libtbb.so.12: cannot open')", "auto"),
    ("onnxruntime", "", "cpu"), ("onnxruntime", "raise OSError('DLL load failed')", "cpu")])
def test_broken_installations_are_refused_not_replaced(library: str, shell: str, backend: str,
                                                       tmp_path: Path) -> None:
    (tmp_path / library).mkdir()
    (tmp_path / library / "__init__.py").write_text(shell, "utf-8")
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    code = ("import pathlib, platform, sys\nfrom runtime.backends import open_engine\n"
            "from runtime.errors import BackendError\nplatform.machine = lambda: 'x86_64'\n"
            "try: open_engine(pathlib.Path(sys.argv[1]), sys.argv[2])\nexcept BackendError as error: print(error)")
    result = subprocess.run([sys.executable, "-c", code, str(graph), backend], text=True, capture_output=True,
                            check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert "the installed one does not load: " in result.stdout
    assert result.stdout.count("\n") == 1


def test_probe_tries_each_backend() -> None:
    reports = {report.name: report for report in probe()}
    assert list(reports) == ["openvino", "cpu", "cuda", "tensorrt_rtx", "tensorrt"]
    assert reports["openvino"].available
    assert reports["cpu"].available
    assert reports["cpu"].version
    assert str(reports["cpu"].version) in str(reports["cpu"].device)
    for report in reports.values():
        assert report.available == (report.why_not is None)
    assert reports["tensorrt"].why_not == 'it is not installed; run `pip install "moviefactory[tensorrt]"`'


def test_probe_graph_is_a_checked_model() -> None:
    onnx.checker.check_model(ABS, full_check=True)


def test_said_is_one_line_that_tells() -> None:
    text = ("Exception from src/core.cpp:84:\nCheck 'false' failed at src/frontend.cpp:47:\nLoading input model\n"
            "Path '../w.bin' is outside\n\n")
    assert said(RuntimeError(text)) == "Loading input model Path '../w.bin' is outside"
    assert said(RuntimeError("")) == "RuntimeError"
    assert len(said(RuntimeError("x" * 5000))) == 300
