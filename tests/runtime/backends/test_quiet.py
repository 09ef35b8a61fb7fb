"""Nothing leaves the machine, nothing is written to the home folder, nothing heavy loads early, Ctrl-C still works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny_graphs

ROOT = Path(__file__).parents[3]

RUN = """
import pathlib, sys
import numpy as np
from runtime.backends import open_engine
with open_engine(pathlib.Path(sys.argv[2]), sys.argv[1], 1) as engine:
    feeds = {spec.name: np.zeros(spec.shape, spec.dtype) for spec in engine.inputs}
    engine.run(feeds)
print(engine.device)
"""

INTERRUPTED = """
import gc, os, pathlib, signal, sys
from runtime.backends import open_engine
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
engines = [open_engine(pathlib.Path(graph), sys.argv[1]) for graph in sys.argv[2:]]
while engines:
    engines.pop(0).close()
    gc.collect()
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def run_with_home(home: Path, command: list[str]) -> str:
    """Run in an environment whose home and caches are all below `home`."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("XDG_", "ORT_", "OPENVINO")) and name not in ("CI", "TF_BUILD")}
    result = subprocess.run(command, text=True, capture_output=True, check=True, cwd=ROOT, timeout=120,
                            env={**kept, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)})
    return result.stdout


@pytest.mark.parametrize("backend", ["openvino", "cpu"])
def test_engines_leave_the_home_folder_alone(backend: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    assert " on CPU" in run_with_home(home, [sys.executable, "-c", RUN, backend, str(graph)])
    assert list(home.rglob("*")) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("backend", ["openvino", "cpu"])
def test_engines_open_no_network_socket(backend: str, tmp_path: Path) -> None:
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    try:
        run_with_home(home, ["strace", "-f", "-o", str(trace), "-e", "trace=socket,connect,sendto", sys.executable,
                             "-c", RUN, backend, str(graph)])
    except subprocess.CalledProcessError:
        pytest.skip("this system does not allow tracing")
    assert [line for line in trace.read_text("utf-8").splitlines() if "AF_INET" in line] == []


def test_import_loads_nothing_heavy() -> None:
    code = ("import sys, runtime.backends, runtime.bundle\n"
            "heavy = {'torch', 'openvino', 'onnxruntime', 'openai', 'PySide6', 'onnx', 'jsonschema', 'tensorrt'}\n"
            "print(sorted(heavy & sys.modules.keys()))")
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], text=True, capture_output=True, check=True,
                            cwd=ROOT)
    assert result.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")
@pytest.mark.parametrize("backend", ["openvino", "cpu"])
def test_an_interrupt_arrives_after_engines_have_come_and_gone(backend: str, tmp_path: Path) -> None:
    graphs = [tiny_graphs.clean(tmp_path / "one.onnx"), tiny_graphs.flow(tmp_path / "two.onnx")]
    result = subprocess.run([sys.executable, "-c", INTERRUPTED, backend, *map(str, graphs)], text=True,
                            capture_output=True, check=False, cwd=ROOT, timeout=120)
    assert (result.returncode, result.stdout) == (0, "interrupted\n"), result.stderr
