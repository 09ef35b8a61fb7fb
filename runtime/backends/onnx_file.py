"""What an ONNX file says of itself, read without the onnx package.

Only the few fields needed are decoded (onnx.proto3 of the ONNX project); weights are stepped over, so a large file
costs no more than a small one. Every backend gets its interface from here: OpenVINO forgets the names of free axes
and reads opsets it does not know as if it did, TensorRT reports damage only in a log.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from runtime.backends.engine import TensorSpec
from runtime.errors import BackendError

NEWEST_OPSET: Final = 23
"""The newest operator set the backends are tested with. Exports use 18 unless a newer operator earns its place."""

_DTYPES: Final = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
                  10: "float16", 11: "float64", 12: "uint32", 13: "uint64"}
_FOREIGN: Final = {8: "text", 14: "complex64", 15: "complex128", 16: "bfloat16"}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class GraphInterface:
    """A graph's inputs and outputs in order, its operator set, and the files beside it that hold weights."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    opset: int
    data_files: tuple[str, ...]


class _Field(NamedTuple):
    """One protobuf field: a number in `value`, or bytes from `start` to `end`."""

    number: int
    value: int
    start: int
    end: int


def read_interface(path: Path) -> GraphInterface:
    """Read the interface of the graph at `path`.

    Raises BackendError when the file is missing, damaged, no ONNX model, of a newer operator set, or has inputs or
    outputs of a type numpy does not know.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _model(data, path)
    except OSError as error:
        raise BackendError(f"a model graph at {path}", f"it cannot be read: {error.strerror or error}",
                           "fetch or export the bundle again") from error
    except (ValueError, IndexError) as error:  # an empty file cannot be mapped: that is a ValueError too
        raise BackendError(f"{path} to be an ONNX model", f"it is damaged or something else: {error}",
                           "fetch or export the bundle again") from error


def _model(data: mmap.mmap, path: Path) -> GraphInterface:
    graph, opset = None, 0
    for field in _fields(data, 0, len(data)):
        if field.number == 7:
            graph = field
        elif field.number == 8:
            domain, version = "", 0
            for part in _fields(data, field.start, field.end):
                domain = _text(data, part) if part.number == 1 else domain
                version = part.value if part.number == 2 else version
            opset = version if domain in ("", "ai.onnx") else opset
    if graph is None or opset == 0:
        raise ValueError("it holds no graph")
    if opset > NEWEST_OPSET:
        raise BackendError(f"{path} to use ONNX operator set {NEWEST_OPSET} or older", f"it uses {opset}",
                           "export it with an older operator set, or use a newer MovieFactory")
    inputs: list[_Field] = []
    outputs: list[_Field] = []
    weights: set[str] = set()
    files: dict[str, None] = {}  # in order, each once
    for field in _fields(data, graph.start, graph.end):
        if field.number == 5:
            name, file = _initializer(data, field)
            weights.add(name)
            files.update({file: None} if file else {})
        elif field.number in (11, 12):
            (inputs if field.number == 11 else outputs).append(field)
    specs = tuple(_tensor(data, field, path) for field in inputs)
    return GraphInterface(tuple(spec for spec in specs if spec.name not in weights),
                          tuple(_tensor(data, field, path) for field in outputs), opset, tuple(files))


def _initializer(data: mmap.mmap, field: _Field) -> tuple[str, str]:
    """A weight's name and the file that holds it ('' when it is inside)."""
    name, file = "", ""
    for part in _fields(data, field.start, field.end):
        if part.number == 8:
            name = _text(data, part)
        elif part.number == 13:
            entry = {item.number: _text(data, item) for item in _fields(data, part.start, part.end)}
            file = entry.get(2, "") if entry.get(1) == "location" else file
    return name, file


def _tensor(data: mmap.mmap, field: _Field, path: Path) -> TensorSpec:
    """A ValueInfoProto: name, then type.tensor_type.{elem_type, shape}."""
    parts = {part.number: part for part in _fields(data, field.start, field.end)}
    if not {1, 2} <= parts.keys():
        raise ValueError("an input or output has no name or type")
    name = _text(data, parts[1])
    kinds = {part.number: part for part in _fields(data, parts[2].start, parts[2].end)}
    tensor = {part.number: part for part in _fields(data, kinds[1].start, kinds[1].end)} if 1 in kinds else {}
    if not {1, 2} <= tensor.keys():
        raise BackendError(f"'{name}' in {path} to be a tensor with a shape", "it is not",
                           "export the graph with shapes for all inputs and outputs")
    code = tensor[1].value
    if code not in _DTYPES:
        raise BackendError(f"'{name}' in {path} to be of a type numpy knows",
                           f"it is {_FOREIGN.get(code, f'ONNX type {code}')}",
                           "export the graph with float32 inputs and outputs")
    axes = [dim for dim in _fields(data, tensor[2].start, tensor[2].end) if dim.number == 1]
    return TensorSpec(name, _DTYPES[code], tuple(_axis(data, dim, f"{name}.{n}") for n, dim in enumerate(axes)))


def _axis(data: mmap.mmap, dim: _Field, nameless: str) -> int | str:
    for part in _fields(data, dim.start, dim.end):
        if part.number == 1 and part.value < 2**63:
            return part.value
        if part.number == 2:
            return _text(data, part) or nameless
    return nameless


def _text(data: mmap.mmap, field: _Field) -> str:
    return data[field.start:field.end].decode()


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[_Field]:
    """The fields of the protobuf message between two offsets; ValueError where the bytes are no such message."""
    while start < end:
        key, start = _varint(data, start, end)
        number, kind = key >> 3, key & 7
        value, size = 0, 0
        if kind == _VARINT:
            value, start = _varint(data, start, end)
        elif kind == _BYTES:
            size, start = _varint(data, start, end)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"byte {start} starts nothing known")
        if number == 0 or start + size > end:
            raise ValueError(f"it ends or breaks off at byte {end}")
        yield _Field(number, value, start, start + size)
        start += size


def _varint(data: mmap.mmap, start: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if start >= end:
            raise ValueError(f"it breaks off at byte {end}")
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise ValueError(f"byte {start} is no number")
