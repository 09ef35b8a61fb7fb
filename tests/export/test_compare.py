"""The comparator lets true graphs pass and refuses every kind of false one."""

import math
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from export import run_graph
from export.compare import compare, relative_error
from export.convert import onnx_from
from export.errors import ExportError
from export.modelscope_networks import BFLOAT16
from export.run_graph import Way
from export.spec import TYPED, NetworkSpec, Precision, Tolerance
from runtime.backends import read_interface
from tests.export.tiny_layers import layers


@pytest.fixture(scope="module")
def spec() -> NetworkSpec:
    return layers()


@pytest.fixture(scope="module")
def graph(spec: NetworkSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "layers.onnx"
    onnx_from(spec, path)
    return path


def test_a_true_graph_passes_on_every_backend(spec: NetworkSpec, graph: Path) -> None:
    found = compare(spec, graph, "fp32")
    devices = {item.device.split()[0] for item in found}
    assert devices == {"ONNX", "OpenVINO"}
    assert {item.output for item in found} == {"y", "picture"}
    assert all(item.error <= item.limit for item in found)
    assert all(item.limit == (1e-4 if "bf16" not in item.device else math.hypot(1e-4, 3e-2)) for item in found)


def test_the_file_says_what_the_spec_said_and_nothing_of_how_it_was_made(spec: NetworkSpec, graph: Path) -> None:
    interface = read_interface(graph)
    assert interface.inputs == spec.inputs
    assert [(out.name, out.dtype, out.shape) for out in interface.outputs] == [
        ("y", "float32", ("B", 64, 6, 5)), ("picture", "uint8", ("B", 64, 6, 5))]
    assert interface.opset == 18
    assert {node.domain for node in onnx.load(graph).graph.node} == {""}
    assert b".py" not in graph.read_bytes()


def test_the_same_network_gives_the_same_file(spec: NetworkSpec, graph: Path, tmp_path: Path) -> None:
    onnx_from(spec, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == graph.read_bytes()


def corrupted(graph: Path, path: Path, change: Any) -> Path:
    model = onnx.load(graph)
    for tensor in model.graph.initializer:
        if tensor.name.endswith("conv.weight"):
            values = numpy_helper.to_array(tensor).copy()
            change(values)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
            onnx.save(model, path)
            return path
    raise AssertionError("the graph has no such weight")


def one_wrong_kernel(values: Any) -> None:
    values[0] *= -1.0


def not_a_number(values: Any) -> None:
    values[0, 0, 0, 0] = np.nan


@pytest.mark.parametrize("change", [one_wrong_kernel, not_a_number])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_damaged_graph_is_refused(spec: NetworkSpec, graph: Path, tmp_path: Path, change: Any,
                                    precision: Precision) -> None:
    path = corrupted(graph, tmp_path / "bad.onnx", change)
    with pytest.raises(ExportError, match=r"y of layers \(\w+\) on ONNX Runtime .* within .* of torch, but it is"):
        compare(spec, path, precision)


def killed(*_: object) -> None:
    """What the system does to a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_large_graph_is_run_in_processes_of_its_own(spec: NetworkSpec, graph: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    here = compare(spec, graph, "fp32")
    monkeypatch.setattr("export.compare.LARGEST_FILE", 1000)
    monkeypatch.setattr("export.compare.run", None)
    assert compare(spec, graph, "fp32") == here


def test_a_process_that_the_system_ends_is_one_line(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_graph, "run", killed)
    with pytest.raises(ExportError, match=r"memory to run .* on the backend cpu, but the process was ended"):
        run_graph.run_apart(graph, Way("cpu"), ())


def test_what_bf16_costs_is_not_added_to_what_it_costs_already() -> None:
    found = Tolerance()
    assert [found.limit(stored, brain=True) for stored in ("fp32", "fp16", "int8")] == [
        pytest.approx(math.hypot(getattr(found, stored), 3e-2)) for stored in ("fp32", "fp16", "int8")]
    assert (found.limit("fp16-typed", brain=True), found.limit("bf16-typed", brain=True)) == (3e-2, 4e-2)
    assert found.limit("fp16-typed", brain=False) == 1e-2
    # A time that is rounded with the rest is off by a tenth: whatever denoisers are stored in, that is to be found.
    far = Tolerance(bfloat16=BFLOAT16, bf16_typed=BFLOAT16)
    assert all(far.limit(precision, brain=True) < 0.1 for precision in get_args(Precision))


def test_a_network_that_is_never_typed_is_held_to_what_fp32_can(spec: NetworkSpec) -> None:
    plain = replace(spec, typed=False)
    for precision in TYPED:
        assert plain.limit(precision, brain=False) == plain.limit("fp32", brain=False) == 1e-4
        assert plain.limit(precision, brain=True) < spec.limit("int8", brain=True)
        assert spec.limit(precision, brain=False) > 1e-4
    assert plain.limit("int8", brain=False) == spec.limit("int8", brain=False)


def test_relative_error() -> None:
    ones = np.ones((3, 4), np.float32)
    assert relative_error(ones, ones) == 0.0
    assert relative_error(ones * np.float32(1.01), ones) == pytest.approx(0.01, rel=1e-4)
    assert relative_error(ones[:2], ones) == float("inf")
    assert relative_error(ones.astype(np.float64), ones) == float("inf")
    assert relative_error(np.where(ones > 0, np.inf, ones).astype(np.float32), ones) == float("inf")
    assert relative_error(ones, np.where(ones > 0, np.nan, ones).astype(np.float32)) == float("inf")
    picture = np.full((4, 4, 3), 100, np.uint8)
    assert relative_error(picture + np.uint8(1), picture) == 0.0
    assert relative_error(picture + np.uint8(3), picture) == pytest.approx(0.02)
    # Bytes do not wrap around.
    assert relative_error(np.array([0], np.uint8), np.array([255], np.uint8)) == pytest.approx(254 / 255)
