"""Graphs in, numbers out: one protocol over every library that can run an ONNX graph. Knows nothing of diffusion."""

from runtime.backends.choose import BACKENDS, open_engine, resolve
from runtime.backends.engine import Array, Engine, TensorSpec
from runtime.backends.onnx_file import GraphInterface, read_interface
from runtime.backends.probe import BackendReport, probe

__all__ = ["BACKENDS", "Array", "BackendReport", "Engine", "GraphInterface", "TensorSpec", "open_engine", "probe",
           "read_interface", "resolve"]
