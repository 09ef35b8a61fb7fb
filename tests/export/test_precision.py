"""Weights stored as halves and bytes: what becomes of each kind, and that the graph still computes the same."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.convert import put_in
from export.precision import Apart, quantise, store
from export.spec import Precision
from runtime.backends import open_engine

Array = npt.NDArray[Any]
DRAW = np.random.default_rng(0)
WEIGHTS = {
    "table": DRAW.standard_normal((500, 16), np.float32),
    "turned": DRAW.standard_normal((80, 16), np.float32),
    "plain": DRAW.standard_normal((80, 64), np.float32),
    "gemm": DRAW.standard_normal((72, 64), np.float32),
    "kernel": DRAW.standard_normal((9, 8, 8, 8), np.float32),
    "bias": DRAW.standard_normal(9, np.float32),
    "shift": DRAW.standard_normal((40, 72), np.float32),
}


def model() -> onnx.ModelProto:
    """Every way a weight is used: looked up, turned and multiplied, multiplied, by Gemm, convolved, added."""
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["words"]),
        helper.make_node("Transpose", ["turned"], ["turned_back"], perm=[1, 0]),
        helper.make_node("MatMul", ["words", "turned_back"], ["wide"]),
        helper.make_node("MatMul", ["wide", "plain"], ["narrow"]),
        helper.make_node("Gemm", ["narrow", "gemm"], ["rows"], transB=1),
        helper.make_node("Add", ["rows", "shift"], ["shifted"]),
        helper.make_node("Reshape", ["shifted", "shape"], ["map"]),
        helper.make_node("Conv", ["map", "kernel", "bias"], ["y"]),
    ]
    weights = [numpy_helper.from_array(value, name) for name, value in WEIGHTS.items()]
    weights.append(numpy_helper.from_array(np.array([1, 8, 18, 20], np.int64), "shape"))
    graph = helper.make_graph(nodes, "all", [helper.make_tensor_value_info("tokens", TensorProto.INT64, [40])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 9, 11, 13])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def stored(graph: onnx.ModelProto, precision: Precision, data: Path | None = None) -> Apart:
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    store(graph, precision, weights)
    for tensor in graph.graph.initializer:
        tensor.ClearField("raw_data")
    put_in(graph, weights, data)
    return weights


def run(graph: onnx.ModelProto, folder: Path) -> Array:
    path = folder / "graph.onnx"
    onnx.save(graph, path)
    onnx.checker.check_model(path, full_check=True)
    with open_engine(path, "cpu") as engine:
        return engine.run({"tokens": np.arange(0, 400, 10, dtype=np.int64)})["y"]


@pytest.mark.parametrize(("precision", "limit"), [("fp32", 1e-6), ("fp16", 1e-3), ("int8", 2e-2)])
def test_the_graph_computes_the_same(precision: Precision, limit: float, tmp_path: Path) -> None:
    graph = model()
    expected = run(graph, tmp_path)
    stored(graph, precision)
    found = run(graph, tmp_path)
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert error < limit
    assert precision == "fp32" or error > 0.0


def kinds(graph: onnx.ModelProto) -> dict[str, str]:
    return {tensor.name: TensorProto.DataType.Name(tensor.data_type) for tensor in graph.graph.initializer}


def behind(graph: onnx.ModelProto, name: str) -> list[Array]:
    """What the weight `name` is made of."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    maker = next(node for node in graph.graph.node if name in node.output)
    return [found[part] for part in maker.input]


def test_large_weights_become_bytes_with_a_scale_per_output_channel() -> None:
    graph = model()
    stored(graph, "int8")
    for name, channels in (("table", 500), ("plain", 64), ("gemm", 72), ("kernel", 9)):
        quantised, scale = behind(graph, name)
        assert quantised.dtype == np.int8
        assert scale.size == channels
        assert name not in kinds(graph)
    # Smaller than a scale is worth, and no weight of anything: halves. Tiny: as it was.
    assert [part.dtype for part in behind(graph, "turned_back")] == [np.float16]
    assert [part.dtype for part in behind(graph, "shift")] == [np.float16]
    assert kinds(graph)["bias"] == "FLOAT"
    assert len(graph.SerializeToString()) < 0.4 * len(model().SerializeToString())


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_weights_outside_are_the_same(precision: Precision, tmp_path: Path) -> None:
    whole, parted = model(), model()
    stored(whole, precision)
    weights = stored(parted, precision, tmp_path / "graph.onnx.data")
    assert "turned" not in weights, "only what is still used"
    onnx.save(parted, tmp_path / "graph.onnx")
    outside = [tensor for tensor in parted.graph.initializer if tensor.external_data]
    assert outside
    assert not any(tensor.raw_data for tensor in outside)
    loaded = onnx.load(tmp_path / "graph.onnx")
    for ours, theirs in zip(loaded.graph.initializer, whole.graph.initializer, strict=True):
        assert (ours.name, ours.data_type, ours.dims) == (theirs.name, theirs.data_type, theirs.dims)
        np.testing.assert_array_equal(numpy_helper.to_array(ours), numpy_helper.to_array(theirs))
    assert parted.graph.node == whole.graph.node


def test_halves_take_half() -> None:
    graph = model()
    stored(graph, "fp16")
    assert all(behind(graph, name)[0].dtype == np.float16 for name in ("table", "plain", "gemm", "kernel", "shift"))
    assert len(graph.SerializeToString()) < 0.6 * len(model().SerializeToString())


def test_numbers_beyond_half_precision_stay() -> None:
    graph = model()
    large = numpy_helper.from_array(WEIGHTS["shift"] * 1e6, "shift")
    graph.graph.initializer.remove(next(tensor for tensor in graph.graph.initializer if tensor.name == "shift"))
    graph.graph.initializer.append(large)
    stored(graph, "fp16")
    assert kinds(graph)["shift"] == "FLOAT"


def test_a_weight_used_in_two_ways_is_not_quantised() -> None:
    graph = model()
    graph.graph.node.append(helper.make_node("Add", ["plain", "plain"], ["twice"]))
    graph.graph.output.append(helper.make_tensor_value_info("twice", TensorProto.FLOAT, [80, 64]))
    stored(graph, "int8")
    assert [part.dtype for part in behind(graph, "plain")] == [np.float16]


@pytest.mark.parametrize("axis", [0, 1])
def test_bytes_are_within_half_a_step_and_use_the_whole_range(axis: int) -> None:
    values = DRAW.standard_normal((6, 7), np.float32) * np.float32(3.0)
    values[2], values[:, 2] = 0.0, 0.0
    quantised, scale = quantise(values, axis)
    steps = scale[:, None] if axis == 0 else scale[None]
    assert np.abs(quantised * steps - values).max() <= 0.5001 * scale.max()
    largest = np.abs(quantised).max(axis=1 - axis)
    assert set(np.delete(largest, 2)) == {127}
    assert largest[2] == 0
