"""Does a graph compute what its network does? Same feeds through torch and every backend that is installed."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from export.convert import LARGEST_FILE
from export.errors import ExportError
from export.run_graph import Way, run, run_apart, stored_bytes
from export.spec import NetworkSpec, Precision
from runtime.backends import Array


@dataclass(frozen=True)
class Comparison:
    """The worst error of one output on one backend over all feeds, and what was allowed."""

    device: str
    output: str
    error: float
    limit: float


def compare(spec: NetworkSpec, path: Path, precision: Precision, expected: list[dict[str, Array]] | None = None
            ) -> tuple[Comparison, ...]:
    """Run `spec`'s feeds through its network in fp32, unless `expected` says what it gives, and through the graph at
    `path` on every backend.

    Raises ExportError for the first output that is not finite, of another shape or dtype, or outside its tolerance.
    """
    expected = expected or references(spec)
    found: list[Comparison] = []
    # Once more at the end: a graph must not remember what it was given.
    feeds = (*spec.feeds, spec.feeds[0])
    for way in ways(spec.exact, precision):
        result = (run_apart if stored_bytes(path) > LARGEST_FILE else run)(path, way, feeds)
        if result is None:
            continue
        device, given = result
        limit = spec.limit(precision, "bf16" in device)
        for name in spec.outputs:
            worst = max(relative_error(ours[name], theirs[name])
                        for ours, theirs in zip(given, (*expected, expected[0]), strict=True))
            if not worst <= limit:
                raise ExportError(f"{name} of {spec.name} ({precision}) on {device} within {limit:.1e} of torch",
                                  f"it is {worst:.1e} away", "do not use this graph; look for the layer that differs")
            found.append(Comparison(device, name, worst, limit))
    if not found:
        raise ExportError("a backend to compare with", "none is installed",
                          'run `pip install "moviefactory[cpu,openvino]"`')
    return tuple(found)


def relative_error(ours: Array, theirs: Array) -> float:
    """|ours - theirs| / |theirs|; infinite for another shape or dtype and where either is not finite.

    Of whole numbers, pictures for instance, a difference of 1 is rounding and not counted.
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype or not (
            np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return float("inf")
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    if np.issubdtype(theirs.dtype, np.integer):
        difference = np.maximum(difference - 1.0, 0.0)
    return float(np.linalg.norm(difference) / max(float(np.linalg.norm(theirs.astype(np.float64))), 1e-12))


def references(spec: NetworkSpec) -> list[dict[str, Array]]:
    """What the network gives for each of `spec`'s feeds, in fp32."""
    network, found = spec.module.eval(), []
    for feed in spec.feeds:
        with torch.no_grad():
            given = network(*(torch.from_numpy(feed[tensor.name].copy()) for tensor in spec.inputs))
        outputs = given if isinstance(given, tuple) else (given,)
        found.append({name: value.numpy() for name, value in zip(spec.outputs, outputs, strict=True)})
    return found


def ways(exact: bool, precision: Precision) -> Iterator[Way]:
    """Every backend that can: as films use it, and where that means bf16, in fp32 too.

    ONNX Runtime has no convolution in bf16 for the CPU.
    """
    if find_spec("onnxruntime") is not None and precision != "bf16-typed":
        yield Way("cpu")
    if find_spec("openvino") is not None:
        yield Way("openvino", exact=True)
        if not exact:
            yield Way("openvino", only_bf16=True)
