"""Counted operations, against torch's FlopCounterMode and by hand; the peak they are compared with."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from runtime.backends import open_engine, read_interface
from runtime.backends.arithmetic import count_flops
from runtime.backends.peak import PRODUCTS, _products, measure_peak
from runtime.errors import BackendError
from tests.tiny_graphs import GraphBuilder

FLOAT = TensorProto.FLOAT


def test_operations_are_those_torch_counts(tmp_path: Path) -> None:
    """Plain, strided, grouped and transposed convolutions, linear layers, and products of two tensors."""
    g = GraphBuilder(0)
    x = g.add("Conv", g.input("x", FLOAT, 2, 6, 12, 16), g.weight(8, 6, 3, 3), pads=[1] * 4, strides=[2, 1])
    x = g.add("Conv", x, g.weight(12, 4, 3, 5), group=2, pads=[0, 2, 0, 2], dilations=[2, 1])
    x = g.add("ConvTranspose", x, g.weight(12, 5, 2, 2), strides=[2, 2])
    x = g.add("ConvTranspose", g.add("Concat", x, x, axis=1), g.weight(10, 3, 3, 3), group=2, pads=[1] * 4)
    y = g.add("Gemm", g.input("y", FLOAT, 7, 24), g.weight(9, 24), g.weight(9), transB=1)
    left = g.add("Reshape", g.add("MatMul", y, g.weight(9, 20)), g.constant(np.array([1, 4, 7, 5])))
    scores = g.add("MatMul", left, g.add("Transpose", left, perm=[0, 1, 3, 2]))
    g.output("a", x, FLOAT, 2, 6, 4, 32)
    g.output("b", g.add("MatMul", g.add("Softmax", scores), left), FLOAT, 1, 4, 7, 5)
    path = g.save(tmp_path / "graph.onnx")

    with FlopCounterMode(display=False) as counter:
        p = functional.conv2d(torch.zeros(2, 6, 12, 16), torch.zeros(8, 6, 3, 3), padding=1, stride=(2, 1))
        p = functional.conv2d(p, torch.zeros(12, 4, 3, 5), groups=2, padding=(0, 2), dilation=(2, 1))
        p = functional.conv_transpose2d(p, torch.zeros(12, 5, 2, 2), stride=2)
        p = functional.conv_transpose2d(torch.cat([p, p], 1), torch.zeros(10, 3, 3, 3), groups=2, padding=1)
        q = functional.linear(torch.zeros(7, 24), torch.zeros(9, 24), torch.zeros(9))
        r = (q @ torch.zeros(9, 20)).reshape(1, 4, 7, 5)
        _ = (r @ r.mT).softmax(-1) @ r
    assert p.shape == (2, 6, 4, 32)
    assert count_flops(path, {}) == counter.get_total_flops()


def test_free_axes_take_the_sizes_of_the_feeds(tmp_path: Path) -> None:
    g = GraphBuilder(0)
    g.output("y", g.add("MatMul", g.input("x", FLOAT, "batch", 3), g.weight(3, 5)), FLOAT, "batch", 5)
    path = g.save(tmp_path / "graph.onnx")
    assert count_flops(path, {"x": (4, 3)}) == 2 * 4 * 3 * 5
    assert count_flops(path, {"x": (1, 3)}) == 2 * 3 * 5


def test_what_cannot_be_counted_is_not(tmp_path: Path) -> None:
    g = GraphBuilder(0)
    x = g.input("x", FLOAT, 4, 3)
    g.output("y", g.add("Einsum", x, g.weight(3, 5), equation="ij,jk->ik"), FLOAT, 4, 5)
    assert count_flops(g.save(tmp_path / "einsum.onnx"), {}) is None
    g = GraphBuilder(0)
    found = g.add("Transpose", g.add("NonZero", g.input("x", FLOAT, 3, 4)), perm=[1, 0])
    g.output("y", g.add("MatMul", g.add("Cast", found, to=FLOAT), g.weight(2, 5)), FLOAT, "found", 5)
    assert count_flops(g.save(tmp_path / "nonzero.onnx"), {}) is None
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    with pytest.raises(BackendError, match=r"to read broken\.onnx"):
        count_flops(tmp_path / "broken.onnx", {})


@pytest.mark.parametrize(("backend", "exact"), [("cpu", False), ("openvino", True)])
def test_the_peak_names_its_engine(backend: str, exact: bool) -> None:
    peak = measure_peak(backend, exact=exact, size=64, seconds=0.0)
    assert peak.tflops > 0
    assert peak.engine.endswith("(f32)" if exact else "on CPU")
    assert peak.work.startswith("2 matrix products of 64 x 64 x 64")


def test_the_peaks_graph_is_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "products.onnx"
    weight = np.random.default_rng(1).standard_normal((8, 8), np.float32) / np.float32(3)
    path.write_bytes(_products(weight))
    onnx.checker.check_model(path, full_check=True)
    assert read_interface(path).opset == 18
    x = np.random.default_rng(2).standard_normal((8, 8), np.float32)
    with open_engine(path, "cpu") as engine:
        made = engine.run({"x": x})["y"]
    np.testing.assert_allclose(made, x @ np.linalg.matrix_power(weight, PRODUCTS), rtol=1e-4, atol=1e-5)
    assert count_flops(path, {}) == PRODUCTS * 2 * 8**3
