"""The comparator lets true graphs pass and refuses every kind of false one."""

import copy
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from export import run_graph
from export.compare import compare, export, relative_error
from export.convert import onnx_from
from export.errors import ExportError
from export.run_graph import Way
from export.spec import NetworkSpec, Precision, Tolerance
from runtime.backends import TensorSpec, read_interface


class Layers(nn.Module):
    """A convolution, a norm and a picture in bytes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(8, 64, 3, padding=1)
        self.norm = nn.GroupNorm(4, 64)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.norm(self.conv(x))
        return y, ((y.clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8)


@pytest.fixture(scope="module")
def spec() -> NetworkSpec:
    feed = {"x": np.random.default_rng(0).standard_normal((2, 8, 6, 5)).astype(np.float32)}
    return NetworkSpec(name="layers", module=Layers(), inputs=(TensorSpec("x", "float32", ("B", 8, 6, 5)),),
                       outputs=("y", "picture"), feeds=(feed, {"x": feed["x"][:1] * 0.1}), tolerance=Tolerance())


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
    assert all(item.limit == (1e-4 if "bf16" not in item.device else 1e-4 + 3e-2) for item in found)


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


class OtherAfterTracing(nn.Module):
    """What the exporter sees is not what runs: stands for any layer that exports wrongly."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if torch.compiler.is_exporting() else x * 3


def test_a_bad_export_leaves_nothing_and_keeps_the_old_graph(tmp_path: Path) -> None:
    feed = {"x": np.ones((2, 3), np.float32)}
    bad = NetworkSpec(name="bad", module=OtherAfterTracing(), inputs=(TensorSpec("x", "float32", (2, 3)),),
                      outputs=("y",), feeds=(feed,), tolerance=Tolerance())
    path = tmp_path / "bad.onnx"
    with pytest.raises(ExportError):
        export(bad, path, "fp32")
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"the one before")
    with pytest.raises(ExportError):
        export(bad, path, "fp32")
    assert [file.name for file in tmp_path.iterdir()] == ["bad.onnx"]
    assert path.read_bytes() == b"the one before"


def test_large_weights_lie_beside_the_graph(spec: NetworkSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "layers.onnx"
    monkeypatch.setattr("export.convert.LARGEST_FILE", 1000)
    found = export(spec, path, "fp16")
    assert {item.device.split()[0] for item in found} == {"ONNX", "OpenVINO"}
    assert read_interface(path).data_files == ("layers.onnx.data",)
    assert {file.name for file in tmp_path.iterdir()} == {"layers.onnx", "layers.onnx.data"}
    compare(spec, path, "fp16")
    monkeypatch.undo()
    export(spec, path, "fp16")
    assert [file.name for file in tmp_path.iterdir()] == ["layers.onnx"]


def test_a_large_network_makes_room_for_the_backends(spec: NetworkSpec, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(spec, module=copy.deepcopy(spec.module))
    # Whoever else holds the parameters, as the exporter's rules do.
    held = list(own.module.parameters())
    export(own, tmp_path / "small.onnx", "fp32", last=True)
    monkeypatch.setattr("export.compare.LARGEST_FILE", 1000)
    export(own, tmp_path / "needed.onnx", "fp32")
    assert all(parameter.nbytes for parameter in held)
    export(own, tmp_path / "large.onnx", "fp32", last=True)
    assert not any(parameter.untyped_storage().nbytes() for parameter in held)
    compare(spec, tmp_path / "large.onnx", "fp32")


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
