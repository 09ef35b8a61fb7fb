"""Graphs are written when they agree with their networks, and large networks are gone before their graphs run."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from export.compare import Comparison, compare
from export.errors import ExportError
from export.graphs import export
from export.spec import NetworkSpec, Precision, Tolerance
from runtime.backends import TensorSpec, read_interface
from tests.export.tiny_layers import layers


@pytest.fixture(scope="module")
def spec() -> NetworkSpec:
    return layers()


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
        export((bad,), tmp_path, "fp32")
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"the one before")
    with pytest.raises(ExportError):
        export((bad,), tmp_path, "fp32")
    assert [file.name for file in tmp_path.iterdir()] == ["bad.onnx"]
    assert path.read_bytes() == b"the one before"


def test_large_weights_lie_beside_the_graph(spec: NetworkSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "layers.onnx"
    monkeypatch.setattr("export.convert.LARGEST_FILE", 1000)
    found = export((spec,), tmp_path, "fp16")[path.name]
    assert {item.device.split()[0] for item in found} == {"ONNX", "OpenVINO"}
    assert read_interface(path).data_files == ("layers.onnx.data",)
    assert {file.name for file in tmp_path.iterdir()} == {"layers.onnx", "layers.onnx.data"}
    compare(spec, path, "fp16")
    monkeypatch.undo()
    export((spec,), tmp_path, "fp16")
    assert [file.name for file in tmp_path.iterdir()] == ["layers.onnx"]


@pytest.mark.parametrize("precision", ["fp32", "fp16-typed"])
def test_large_networks_make_room_for_the_backends(spec: NetworkSpec, precision: Precision, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(spec, module=copy.deepcopy(spec.module))
    other = replace(one, name="other")
    # Whoever else holds the parameters, as the exporter's rules do.
    held = list(one.module.parameters())
    export((one, other), tmp_path, precision)
    assert all(parameter.nbytes for parameter in held)
    monkeypatch.setattr("export.graphs.LARGEST_FILE", 1000)
    left: list[int] = []

    def counted(*given: Any) -> tuple[Comparison, ...]:
        left.append(sum(parameter.untyped_storage().nbytes() for parameter in held))
        return compare(*given)

    monkeypatch.setattr("export.graphs.compare", counted)
    assert set(export((one, other), tmp_path, precision)) == {"layers.onnx", "other.onnx"}
    assert left == [0, 0]
    compare(spec, tmp_path / "layers.onnx", precision)
