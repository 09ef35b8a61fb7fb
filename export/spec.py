"""What there is to say of a network before it is exported."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from runtime.backends import Array, TensorSpec

if TYPE_CHECKING:
    from torch import nn

Precision: TypeAlias = Literal["fp32", "fp16", "int8"]
"""How weights are stored: as they are, as halves, or (large ones) as bytes with a scale for every output channel."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far a graph's outputs may be from the network's in fp32: |difference| / |output|, Euclidean norms.

    One limit per way of storing weights, for backends that compute in fp32; `bfloat16` comes on top for those that
    compute in bf16.
    """

    fp32: float = 1e-4
    fp16: float = 2e-3
    int8: float = 3e-2
    bfloat16: float = 3e-2

    def limit(self, precision: Precision, brain: bool) -> float:
        """The limit for weights stored as `precision`; `brain`: on a backend that computes in bf16."""
        stored: float = getattr(self, precision)
        return stored + (self.bfloat16 if brain else 0.0)


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """One network to export: `module` takes `inputs` in order and gives a tensor, or a tuple of them, for `outputs`.

    Axes of `inputs` that are names stay free in the graph. `feeds` are samples; the first one is traced, so its free
    axes must be larger than 1. `exact` forbids backends to compute in less than fp32.
    """

    name: str
    module: "nn.Module"
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[str, ...]
    feeds: tuple[Mapping[str, Array], ...]
    tolerance: Tolerance
    exact: bool = False
