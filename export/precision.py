"""How a graph's weights are stored. What it computes in stays as it is."""

from collections import defaultdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from export.spec import Precision

LEAST_INT8: Final = 4096
"""Smaller weights are not worth a scale."""
LEAST_HALF: Final = 256
"""Smaller constants stay: the few that are no weights (frequencies, sizes) are among them and need every bit."""

Weights = npt.NDArray[np.float32]
Apart = dict[str, npt.NDArray[Any]]
"""Values of a graph's initialisers by name, outside of it: what a message holds is copied with it, and freed only with
all of it."""


def store(model: onnx.ModelProto, precision: Precision, weights: Apart) -> None:
    """Rewrite the initialisers of `model` (operator set 18), and `weights`, which has their values, in place.

    fp16: a half-precision initialiser with a Cast behind it. int8: the weights of convolutions, products and tables
    are bytes, symmetric about zero, with one scale per output channel (per row of a table), a DequantizeLinear behind
    them; the rest as fp16. Tables too are dequantised whole, not the rows looked up: TensorRT takes bytes only so.
    """
    graph = model.graph
    _fold_transposes(graph, weights)
    if precision not in ("fp16", "int8"):
        return
    uses = _uses(graph)
    kept, added = [], _Added(weights)
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            kept.append(tensor)
            continue
        values = weights[tensor.name]
        axis = _output_axis(values, uses[tensor.name]) if precision == "int8" and values.size >= LEAST_INT8 else None
        if axis is not None:
            added.bytes(tensor.name, values, axis)
        elif values.size >= LEAST_HALF and np.abs(values).max() < np.finfo(np.float16).max:
            added.halves(tensor.name, values)
        else:
            kept.append(tensor)
            continue
        del weights[tensor.name]
    replace_items(graph.initializer, [*kept, *added.tensors])
    replace_items(graph.node, [*added.nodes, *graph.node])


def stands_for(name: str, values: npt.NDArray[Any]) -> Any:
    """An initialiser that says what `values` are, without them."""
    return onnx.TensorProto(name=name, dims=values.shape, data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
                            data_location=onnx.TensorProto.EXTERNAL)


class _Added:
    """The initialisers and nodes that take the place of weights."""

    def __init__(self, weights: Apart) -> None:
        self._weights = weights
        self.tensors: list[Any] = []
        self.nodes: list[Any] = []

    def halves(self, name: str, values: Weights) -> None:
        self.nodes.append(helper.make_node("Cast", [self._tensor(values.astype(np.float16))], [name],
                                           to=onnx.TensorProto.FLOAT))

    def bytes(self, name: str, values: Weights, axis: int) -> None:
        parts = [self._tensor(part) for part in quantise(values, axis)]
        self.nodes.append(helper.make_node("DequantizeLinear", parts, [name], axis=axis))

    def _tensor(self, values: npt.NDArray[Any]) -> str:
        # Numbered: what comes out of the node is named, and names would be longer than many a scale.
        name = f"stored.{len(self.tensors)}"
        self._weights[name] = values
        self.tensors.append(stands_for(name, values))
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


def _fold_transposes(graph: Any, weights: Apart) -> None:
    """Turn weights once here rather than at every load: linear layers come out of the exporter transposed."""
    for node in [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in weights]:
        order = next((list(item.ints) for item in node.attribute if item.name == "perm"), None)
        name, values = node.output[0], np.ascontiguousarray(weights[node.input[0]].transpose(order))
        weights[name] = values
        graph.initializer.append(stands_for(name, values))
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for number, tensor in reversed(list(enumerate(graph.initializer))):
        if tensor.name not in used:
            del weights[tensor.name]
            del graph.initializer[number]


def replace_items(field: Any, items: list[Any]) -> None:
    """Give a repeated protobuf field new items."""
    copies = [type(item).FromString(item.SerializeToString()) for item in items]
    del field[:]
    field.extend(copies)
