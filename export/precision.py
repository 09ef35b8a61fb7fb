"""How a graph's weights are stored. What it computes in stays as it is."""

from collections import defaultdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from export.spec import Precision

LEAST_INT8: Final = 4096
"""Smaller weights are not worth a scale."""
LEAST_HALF: Final = 256
"""Smaller constants stay: the few that are no weights (frequencies, sizes) are among them and need every bit."""

LEAST_APART: Final = 1024
"""Bytes from which on a tensor is kept apart: what a message holds is copied with it, and freed with all of it only."""

Weights = npt.NDArray[np.float32]
Apart = dict[str, npt.NDArray[Any]]


def store(model: onnx.ModelProto, precision: Precision, apart: Apart | None = None) -> None:
    """Rewrite the initialisers of `model` (operator set 18) in place.

    `apart` holds the values of large ones, by name, where `model` has nothing but their shape and type (`stands_for`);
    it is rewritten too. Without it `model` has and gets them all.

    fp16: a half-precision initialiser with a Cast behind it. int8: the weights of convolutions, products and tables
    are bytes, symmetric about zero, with one scale per output channel (per row of a table), a DequantizeLinear behind
    them; the rest as fp16. Tables too are dequantised whole, not the rows looked up: TensorRT takes bytes only so.
    """
    _fold_transposes(model.graph, apart)
    if precision not in ("fp16", "int8"):
        return
    graph, uses = model.graph, _uses(model.graph)
    kept, added = [], _Added(apart)
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            kept.append(tensor)
            continue
        values = _values(tensor, apart)
        axis = _output_axis(values, uses[tensor.name]) if precision == "int8" and values.size >= LEAST_INT8 else None
        if axis is not None:
            added.bytes(tensor.name, values, axis)
        elif values.size >= LEAST_HALF and np.abs(values).max() < np.finfo(np.float16).max:
            added.halves(tensor.name, values)
        else:
            kept.append(tensor)
    replace_items(graph.initializer, [*kept, *added.tensors])
    replace_items(graph.node, [*added.nodes, *graph.node])
    _forget(graph, apart)


def stands_for(name: str, values: npt.NDArray[Any]) -> Any:
    """An initialiser that says what `values` are, without them."""
    return onnx.TensorProto(name=name, dims=values.shape, data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
                            data_location=onnx.TensorProto.EXTERNAL)


def _tensor(name: str, values: npt.NDArray[Any], apart: Apart | None) -> Any:
    values = np.ascontiguousarray(values)
    if apart is None or values.nbytes < LEAST_APART:
        return numpy_helper.from_array(values, name)
    apart[name] = values
    return stands_for(name, values)


def _values(tensor: Any, apart: Apart | None) -> npt.NDArray[Any]:
    return apart[tensor.name] if apart and tensor.name in apart else numpy_helper.to_array(tensor)


def _forget(graph: Any, apart: Apart | None) -> None:
    """What no initialiser stands for any more need not be in memory."""
    left = {tensor.name for tensor in graph.initializer}
    for name in set(apart or ()) - left:
        assert apart is not None
        del apart[name]


class _Added:
    """The initialisers and nodes that take the place of weights."""

    def __init__(self, apart: Apart | None) -> None:
        self._apart = apart
        self.tensors: list[Any] = []
        self.nodes: list[Any] = []

    def halves(self, name: str, values: Weights) -> None:
        stored = self._tensor(f"{name}.half", values.astype(np.float16))
        self.nodes.append(helper.make_node("Cast", [stored], [name], f"{name}.cast", to=onnx.TensorProto.FLOAT))

    def bytes(self, name: str, values: Weights, axis: int) -> None:
        quantised, scale = quantise(values, axis)
        parts = [self._tensor(f"{name}.bytes", quantised), self._tensor(f"{name}.scale", scale)]
        self.nodes.append(helper.make_node("DequantizeLinear", parts, [name], f"{name}.dequantize", axis=axis))

    def _tensor(self, name: str, values: npt.NDArray[Any]) -> str:
        self.tensors.append(_tensor(name, values, self._apart))
        return name


def quantise(values: Weights, axis: int) -> tuple[npt.NDArray[np.int8], Weights]:
    """Bytes -127..127 shaped like `values`, and the scale (fp32) of each slice along `axis`: values = bytes * scale."""
    others = tuple(n for n in range(values.ndim) if n != axis)
    largest = np.abs(values).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale.reshape(-1)


def _uses(graph: Any) -> dict[str, list[tuple[Any, int]]]:
    """Who reads each tensor, and as which of its inputs."""
    uses: dict[str, list[tuple[Any, int]]] = defaultdict(list)
    for node in graph.node:
        for place, name in enumerate(node.input):
            uses[name].append((node, place))
    return uses


def _output_axis(values: Weights, uses: list[tuple[Any, int]]) -> int | None:
    """The axis of output channels where all readers take `values` as a weight, else None."""
    axes = set()
    for node, place in uses:
        match node.op_type, place:
            case "Conv", 1:
                axes.add(0)
            case "Gemm", 1:
                axes.add(0 if _attribute(node, "transB") else 1)
            case "MatMul", 1 if values.ndim == 2:
                axes.add(1)
            case "Gather", 0 if values.ndim == 2 and not _attribute(node, "axis"):
                axes.add(0)
            case _:
                return None
    kinds = {node.op_type == "Gather" for node, _ in uses}
    return axes.pop() if len(axes) == 1 and len(kinds) == 1 else None


def _attribute(node: Any, name: str) -> int:
    return next((int(item.i) for item in node.attribute if item.name == name), 0)


def _fold_transposes(graph: Any, apart: Apart | None) -> None:
    """Turn weights once here rather than at every load: linear layers come out of the exporter transposed."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    folded = [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in tensors]
    for node in folded:
        order = next((list(item.ints) for item in node.attribute if item.name == "perm"), None)
        values = _values(tensors[node.input[0]], apart).transpose(order)
        graph.initializer.append(_tensor(node.output[0], values, apart))
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for number in reversed([n for n, tensor in enumerate(graph.initializer) if tensor.name not in used]):
        del graph.initializer[number]
    _forget(graph, apart)


def replace_items(field: Any, items: list[Any]) -> None:
    """Give a repeated protobuf field new items."""
    copies = [type(item).FromString(item.SerializeToString()) for item in items]
    del field[:]
    field.extend(copies)
