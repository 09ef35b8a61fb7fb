"""A network as an ONNX file."""

import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple

import onnx
import onnx_ir as ir
import torch

from export.errors import ExportError
from export.precision import Apart, store
from export.spec import NetworkSpec, Precision

OPSET: Final = 18
OPSET_BFLOAT16: Final = 22
"""The first in which convolutions take bfloat16."""
LARGEST_FILE: Final = 2_000_000_000
"""A protobuf message ends at 2 GiB: larger weights go into a file beside the graph."""
LEAST_OUTSIDE: Final = 1024
"""Bytes: what is smaller stays in the graph, where sizes of shapes can be read."""
PAGE: Final = 4096


class Traced(NamedTuple):
    """A graph whose initialisers say what its weights are, and the weights, which stay the network's own memory: the
    full denoiser's are 6 GB."""

    model: onnx.ModelProto
    weights: Apart


def onnx_from(spec: NetworkSpec, path: Path, precision: Precision = "fp32") -> None:
    """Trace `spec` and write it to `path`: `trace`, then `save`."""
    save(trace(spec), path, precision)


def trace(spec: NetworkSpec) -> Traced:
    """`spec` as a graph: standard operators of set 18 only (22 with bfloat16), shapes fixed but for free axes.

    Raises ExportError when the network uses something ONNX has no standard operator for.
    """
    feeds = [torch.from_numpy(spec.feeds[0][tensor.name].copy()) for tensor in spec.inputs]
    names = list(inspect.signature(spec.module.forward).parameters)
    free = {size: torch.export.Dim(size) for tensor in spec.inputs for size in tensor.shape if isinstance(size, str)}
    # A network's last arguments may be optional.
    shapes = {name: {axis: free[size] for axis, size in enumerate(tensor.shape) if isinstance(size, str)}
              for name, tensor in zip(names, spec.inputs, strict=False)}
    with torch.no_grad(), _quiet():
        program = torch.onnx.export(
            spec.module.eval(), tuple(feeds), dynamo=True, opset_version=_opset(spec.module), verbose=False,
            input_names=[tensor.name for tensor in spec.inputs], output_names=list(spec.outputs),
            dynamic_shapes=shapes if free else None)
    if program is None:
        raise ExportError(f"{spec.name} to be traced", "the exporter gave nothing", "look at its log")
    weights = _take_out(program.model)
    model: onnx.ModelProto = program.model_proto
    if foreign := {node.domain for node in model.graph.node} - {"", "ai.onnx"}:
        raise ExportError(f"{spec.name} to need standard ONNX operators only", f"it uses {', '.join(foreign)}",
                          "write its layers with plain operations")
    _tidy(model)
    return Traced(model, weights)


def save(traced: Traced, path: Path, precision: Precision) -> None:
    """Write a traced graph with its weights stored as `precision`; those beyond 2 GB go into `path`.data."""
    model, weights = onnx.ModelProto(), dict(traced.weights)
    model.CopyFrom(traced.model)
    store(model, precision, weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    large = sum(values.nbytes for values in weights.values()) > LARGEST_FILE
    put_in(model, weights, path.with_name(f"{path.name}.data") if large else None)
    onnx.save(model, path)
    onnx.checker.check_model(path, full_check=True)


def put_in(model: onnx.ModelProto, weights: Apart, data: Path | None) -> None:
    """Give the initialisers of `model` their values, or a place of them in the file `data`, written beside it."""
    with data.open("wb") if data else nullcontext() as file:
        for tensor in model.graph.initializer:
            values = weights[tensor.name]
            del tensor.external_data[:]
            tensor.data_location = onnx.TensorProto.EXTERNAL
            if data is None or file is None or values.nbytes < LEAST_OUTSIDE:
                tensor.ClearField("data_location")
                tensor.raw_data = values.tobytes()
                continue
            # Where a page of memory begins, so that it can be mapped.
            file.seek(-(-file.tell() // PAGE) * PAGE)
            for key, value in (("location", data.name), ("offset", file.tell()), ("length", values.nbytes)):
                tensor.external_data.add(key=key, value=str(value))
            file.write(values.tobytes())


def _take_out(model: ir.Model) -> Apart:
    """The weights of a traced graph, which is left with something that stands for them."""
    weights: Apart = {}
    for name, value in model.graph.initializers.items():
        held = value.const_value
        assert held is not None
        values = weights[name] = held.numpy()
        value.const_value = ir.ExternalTensor("", 0, values.nbytes, held.dtype, shape=ir.Shape(values.shape), name=name)
    return weights


def _opset(module: torch.nn.Module) -> int:
    brain = any(tensor.dtype == torch.bfloat16 for tensor in module.state_dict().values())
    return OPSET_BFLOAT16 if brain else OPSET


def _tidy(model: onnx.ModelProto) -> None:
    """Leave out what only helps to debug the exporter: source positions, stack traces, inner shapes, names of nodes
    (whatever they give has one)."""
    graph = model.graph
    for item in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        item.doc_string = ""
        del item.metadata_props[:]
    for node in graph.node:
        node.name = ""
    del graph.value_info[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Tracing warns of the exporter's own affairs, none of which a caller can change."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
