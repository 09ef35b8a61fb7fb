"""Networks as graph files that are known to agree with them."""

import ctypes
import gc
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from export.compare import Comparison, compare, references
from export.convert import LARGEST_FILE, onnx_from
from export.spec import NetworkSpec, Precision
from export.typed import typed
from runtime.backends import Array


def export(specs: Sequence[NetworkSpec], out: Path, precision: Precision) -> dict[str, tuple[Comparison, ...]]:
    """Write each network into the folder `out`, as NAME.onnx, if all graphs agree with their networks; how close each
    file came.

    Large networks are empty afterwards: all are traced and asked before the first graph is run, so that backends have
    their memory. Raises ExportError for the first graph that differs; then `out` is as it was before.
    """
    drafts = out / "drafts"
    shutil.rmtree(drafts, ignore_errors=True)
    try:
        expected = [_drafted(spec, drafts, precision) for spec in specs]
        _let_go([spec.module for spec in specs])
        found = {f"{spec.name}.onnx": compare(spec, drafts / f"{spec.name}.onnx", precision, known)
                 for spec, known in zip(specs, expected, strict=True)}
        for name in found:
            (out / f"{name}.data").unlink(missing_ok=True)
        for file in drafts.iterdir():
            os.replace(file, out / file.name)
    finally:
        shutil.rmtree(drafts, ignore_errors=True)
    return found


def _drafted(spec: NetworkSpec, drafts: Path, precision: Precision) -> list[dict[str, Array]]:
    """Write the graph; what the network gives for each of the spec's feeds."""
    traced = typed(spec, precision)
    onnx_from(traced, drafts / f"{spec.name}.onnx", precision)
    if traced is not spec:
        _empty(traced.module)
    return references(spec)


def _let_go(networks: Sequence[nn.Module]) -> None:
    """Free what large networks hold."""
    large = [network for network in networks if sum(tensor.nbytes for tensor in _tensors(network)) > LARGEST_FILE]
    for network in large:
        _empty(network)
    if large:
        # A traced program holds its weights in circles, and what is free glibc keeps: 4 GB after the full denoiser.
        gc.collect()
        if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
            library.malloc_trim(0)


def _empty(network: nn.Module) -> None:
    """Not `to("meta")`, which makes other parameters: rules of onnxscript remember the last graph and its own."""
    for tensor in _tensors(network):
        tensor.data = tensor.new_empty(0)


def _tensors(network: nn.Module) -> list[Tensor]:
    return list(network.state_dict(keep_vars=True).values())
