"""Graphs in, numbers out: one protocol over every library that can run an ONNX graph. Knows nothing of diffusion."""

from runtime.backends.choose import (
    BACKENDS,
    GPU_BACKENDS,
    built_by,
    needs_building,
    open_engine,
    prepare_engine,
    resolve,
)
from runtime.backends.engine import Array, Engine, TensorSpec
from runtime.backends.onnx_file import GraphInterface, read_interface
from runtime.backends.probe import BackendReport, probe
from runtime.backends.tensorrt_build import Phase
from runtime.backends.tensorrt_engine import build_ahead

__all__ = ["BACKENDS", "GPU_BACKENDS", "Array", "BackendReport", "Engine", "GraphInterface", "Phase", "TensorSpec",
           "build_ahead", "built_by", "needs_building", "open_engine", "prepare_engine", "probe", "read_interface",
           "resolve"]
