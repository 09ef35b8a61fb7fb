"""How much arithmetic a graph is: the floating-point operations of its convolutions and matrix products.

A multiply-add counts as two operations and everything else as none, as torch's FlopCounterMode and most papers count.
An ONNX file does not state the sizes of its inner tensors; OpenVINO's reader works them out, whichever library then
runs the graph.
"""

import math
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from runtime.backends.engine import said
from runtime.backends.openvino_cpu import core
from runtime.errors import BackendError

UNSEEN: Final = frozenset({
    "BinaryConvolution", "DeformableConvolution", "Einsum", "GRUCell", "GRUSequence", "If", "LSTMCell", "LSTMSequence",
    "Loop", "RNNCell", "RNNSequence", "ScaledDotProductAttention", "TensorIterator"})
"""Operators with products inside that are not counted here: with one of them the sum would be too small."""


def count_flops(graph: Path, shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """Operations of one run of the ONNX file `graph` whose inputs have `shapes`.

    None where nobody can say: OpenVINO is not installed, the graph holds one of `UNSEEN`, or a size is known only
    when it runs. Raises BackendError for a graph that cannot be read.
    """
    if find_spec("openvino") is None:
        return None
    library = core()
    try:
        model = library.read_model(graph)
        if model.is_dynamic():
            model.reshape({name: list(shape) for name, shape in shapes.items()})
        nodes = model.get_ordered_ops()
        if any(node.get_type_name() in UNSEEN for node in nodes):
            return None
        counts = [_node_flops(node) for node in nodes]
    except Exception as error:  # the library's exceptions share no other base
        raise BackendError(f"OpenVINO to read {graph.name}", f"it failed: {said(error)}",
                           "check the bundle with `moviefactory models verify`") from error
    return None if None in counts else sum(count for count in counts if count is not None)


def _node_flops(node: Any) -> int | None:
    """Operations of one node; None when its sizes are not known."""
    kind = node.get_type_name()
    if kind not in ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData",
                    "MatMul"):
        return 0
    partial = [node.input(0).get_partial_shape(), node.input(1).get_partial_shape(),
               node.output(0).get_partial_shape()]
    if not all(shape.is_static for shape in partial):
        return None
    data, weights, result = (tuple(shape.to_shape()) for shape in partial)
    if kind == "MatMul":
        inner = data[-2] if node.get_attributes()["transpose_a"] and len(data) > 1 else data[-1]
        return int(2 * math.prod(result) * inner)
    # Behind the channels of one side lie those of the other and the kernel; groups come first of all.
    taps = math.prod(weights[2 if kind.startswith("Group") else 1:])
    # A transposed convolution sends each input through its taps, another gathers each output from them.
    places = data if kind.endswith("BackpropData") else result
    return int(2 * math.prod(places) * taps)
