"""A network as an ONNX file."""

import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import onnx
import onnx_ir as ir
import torch

from export.errors import ExportError
from export.precision import LEAST_APART, Apart, store
from export.spec import NetworkSpec, Precision

OPSET: Final = 18
OPSET_BFLOAT16: Final = 22
"""The first in which convolutions take bfloat16."""
LARGEST_FILE: Final = 2_000_000_000
"""A protobuf message ends at 2 GiB: larger weights go into a file beside the graph."""
PAGE: Final = 4096


def onnx_from(spec: NetworkSpec, path: Path, precision: Precision = "fp32") -> None:
    """Trace `spec` and write it to `path` with its weights stored as `precision`, beyond 2 GB in a file `path`.data.

    Large weights stay the network's own until they are written: the full denoiser's are 6 GB in fp32.
    """
    program = _program(spec)
    weights = _set_apart(program.model)
    model = _checked(program.model_proto, spec)
    store(model, precision, weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = sum(values.nbytes for values in weights.values()) + model.ByteSize()
    _give_back(model, weights, path.with_name(f"{path.name}.data") if size > LARGEST_FILE else None)
    onnx.save(model, path)
    onnx.checker.check_model(path, full_check=True)


def trace(spec: NetworkSpec) -> onnx.ModelProto:
    """`spec` as a graph: standard operators of set 18 only (22 with bfloat16), shapes fixed but for free axes.

    Raises ExportError when the network uses something ONNX has no standard operator for.
    """
    return _checked(_program(spec).model_proto, spec)


def _program(spec: NetworkSpec) -> Any:
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
    return program


def _checked(model: onnx.ModelProto, spec: NetworkSpec) -> onnx.ModelProto:
    """`model` without what is not needed, if it has no operators but ONNX's own."""
    if foreign := {node.domain for node in model.graph.node} - {"", "ai.onnx"}:
        raise ExportError(f"{spec.name} to need standard ONNX operators only", f"it uses {', '.join(foreign)}",
                          "write its layers with plain operations")
    _tidy(model)
    return model


def _set_apart(model: ir.Model) -> Apart:
    """Take large weights out of a traced graph, which is left with something that stands for them."""
    weights: Apart = {}
    for name, value in model.graph.initializers.items():
        held = value.const_value
        if name and held is not None and held.nbytes >= LEAST_APART:
            values = weights[name] = held.numpy()
            value.const_value = ir.ExternalTensor("", 0, held.nbytes, held.dtype, shape=ir.Shape(values.shape),
                                                  name=name)
    return weights


def _give_back(model: onnx.ModelProto, weights: Apart, data: Path | None) -> None:
    """Put weights that were kept apart into `model`, or into the file `data` beside it."""
    with data.open("wb") if data else nullcontext() as file:
        for tensor in model.graph.initializer:
            if tensor.name not in weights:
                continue
            values = weights.pop(tensor.name)
            del tensor.external_data[:]
            if file is None:
                tensor.ClearField("data_location")
                tensor.raw_data = values.tobytes()
                continue
            # Where a page of memory begins, so that it can be mapped.
            file.seek(-(-file.tell() // PAGE) * PAGE)
            told = {"location": data.name if data else "", "offset": file.tell(), "length": values.nbytes}
            for key, value in told.items():
                tensor.external_data.add(key=key, value=str(value))
            file.write(values.tobytes())


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
