"""The most arithmetic a backend gets out of this machine: large matrix products, timed like any other graph."""

import itertools
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from runtime.backends.choose import GPU_BACKENDS, open_engine, resolve

SIZE: Final = 2048
SIZE_ON_GPU: Final = 8192
PRODUCTS: Final = 2
"""One after another in one graph, so that handing over the matrix weighs little."""

_LEAST_RUNS: Final = 3


@dataclass(frozen=True)
class Peak:
    """`tflops` is the best of several runs, in 10^12 operations a second; `engine` what ran `work`."""

    engine: str
    tflops: float
    work: str


def measure_peak(backend: str = "auto", *, exact: bool = False, size: int | None = None,
                 seconds: float = 0.5) -> Peak:
    """Multiply matrices of `size` x `size` for about `seconds` on `backend`.

    On the CPU they are float32, computed in the precision the backend prefers (`exact` as in `open_engine`). GPUs
    compute in the types that a graph says: there they are float16, the most that any graph can get, and stay on the
    card. Raises BackendError when the backend does not work.
    """
    on_gpu = resolve(backend) in GPU_BACKENDS
    size = size or (SIZE_ON_GPU if on_gpu else SIZE)
    kind = np.dtype(np.float16 if on_gpu else np.float32)
    draw = np.random.default_rng(0)
    # Divided by the root of the size, the products stay as large as what goes in.
    weight = (draw.standard_normal((size, size), np.float32) / np.float32(math.sqrt(size))).astype(kind)
    feeds = {"x": draw.standard_normal((size, size), np.float32).astype(kind)}
    out, keep = ({}, ["y"]) if on_gpu else ({"y": np.empty((size, size), kind)}, [])
    with tempfile.TemporaryDirectory(prefix="moviefactory-") as folder:
        graph = Path(folder) / "products.onnx"
        graph.write_bytes(_products(weight))
        with open_engine(graph, backend, exact=exact) as engine:
            held = engine.hold(feeds)
            engine.run(held, out, keep)
            spent: list[float] = []
            while len(spent) < _LEAST_RUNS or sum(spent) < seconds:
                start = time.perf_counter()
                engine.run(held, out, keep)
                spent.append(time.perf_counter() - start)
            device = engine.device
    return Peak(device, PRODUCTS * 2 * size**3 / min(spent) / 1e12,
                f"{PRODUCTS} matrix products of {size} x {size} x {size}, {kind.name} in and out")


def _products(weight: npt.NDArray[np.floating[Any]]) -> bytes:
    """An ONNX model, operator set 18: y = x W W ..., written by hand as the app has no onnx package."""
    size, number = len(weight), {"float32": 1, "float16": 10}[weight.dtype.name]
    names = ["x", *(f"x{number}" for number in range(1, PRODUCTS)), "y"]
    nodes = b"".join(_part(1, _text(1, before) + _text(1, "w") + _text(2, after) + _text(4, "MatMul"))
                     for before, after in itertools.pairwise(names))
    initializer = _number(1, size) * 2 + _number(2, number) + _text(8, "w") + _part(9, weight.tobytes())
    shape = _part(2, _part(1, _number(1, size)) * 2)
    kind = _part(2, _part(1, _number(1, number) + shape))
    graph = (nodes + _text(2, "products") + _part(5, initializer) + _part(11, _text(1, "x") + kind)
             + _part(12, _text(1, "y") + kind))
    return _number(1, 8) + _part(7, graph) + _part(8, _text(1, "") + _number(2, 18))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _part(field, value.encode())


def _part(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A protobuf number: seven bits a byte, the lowest first, the top bit set on all but the last."""
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    coded.append(value)
    return bytes(coded)
