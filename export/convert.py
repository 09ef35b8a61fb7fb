"""A network as an ONNX file."""

import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import onnx
import torch

from export.errors import ExportError
from export.precision import store
from export.spec import NetworkSpec, Precision

OPSET: Final = 18
OPSET_BFLOAT16: Final = 22
"""The first in which convolutions take bfloat16."""
LARGEST_FILE: Final = 2_000_000_000
"""A protobuf message ends at 2 GiB: larger weights go into a file beside the graph."""


def onnx_from(spec: NetworkSpec, path: Path, precision: Precision = "fp32") -> None:
    """Trace `spec` and write it to `path`: `trace`, then `save`, but never with the weights in memory twice."""
    _write(trace(spec), path, precision)


def trace(spec: NetworkSpec) -> onnx.ModelProto:
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
    model: onnx.ModelProto = program.model_proto
    if foreign := {node.domain for node in model.graph.node} - {"", "ai.onnx"}:
        raise ExportError(f"{spec.name} to need standard ONNX operators only", f"it uses {', '.join(foreign)}",
                          "write its layers with plain operations")
    _tidy(model)
    return model


def save(model: onnx.ModelProto, path: Path, precision: Precision) -> None:
    """Write a traced graph with its weights stored as `precision`; those beyond 2 GB go into `path`.data."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    _write(copied, path, precision)


def _write(model: onnx.ModelProto, path: Path, precision: Precision) -> None:
    store(model, precision)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    onnx.save(model, path, save_as_external_data=size > LARGEST_FILE, location=f"{path.name}.data")
    onnx.checker.check_model(path, full_check=True)


def _opset(module: torch.nn.Module) -> int:
    brain = any(tensor.dtype == torch.bfloat16 for tensor in module.state_dict().values())
    return OPSET_BFLOAT16 if brain else OPSET


def _tidy(model: onnx.ModelProto) -> None:
    """Leave out what only helps to debug the exporter: source positions, stack traces, inner shapes."""
    graph = model.graph
    for item in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        item.doc_string = ""
        del item.metadata_props[:]
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
