"""What there is to say of a network before it is exported."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from runtime.backends import Array, TensorSpec

if TYPE_CHECKING:
    from torch import nn

Precision: TypeAlias = Literal["fp32", "fp16", "int8", "fp16-typed", "bf16-typed"]
"""The first three are how weights are stored: as they are, as halves, or (large ones) as bytes with a scale for every
output channel; the graph computes in fp32 or in whatever its backend prefers. The typed ones compute in half precision,
as GPUs like it (see `export.typed`)."""
TYPED: Final[frozenset[Precision]] = frozenset({"fp16-typed", "bf16-typed"})

Form: TypeAlias = Literal["clip", "pair", "controls", "cached"]
"""What a denoiser's graph takes: one clip, two at once (guidance in one run, twice the memory), or one clip with things
said for each of its frames. Cached: one clip, and a second graph of the outermost level alone for the steps between."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far a graph's outputs may be from the network's in fp32: |difference| / |output|, Euclidean norms.

    One limit per precision, for backends that compute as the graph says, and `bfloat16` for those that compute in bf16
    what the graph computes in more.
    """

    fp32: float = 1e-4
    fp16: float = 2e-3
    int8: float = 3e-2
    fp16_typed: float = 1e-2
    bf16_typed: float = 4e-2
    bfloat16: float = 3e-2

    def limit(self, precision: Precision, brain: bool) -> float:
        """The limit for a graph in `precision`; `brain`: on a backend that computes in bf16.

        What storing weights costs and what bf16 does have nothing to do with each other: squares add up. A typed graph
        is rounded once whoever rounds it, so the larger limit does.
        """
        own: float = getattr(self, precision.replace("-", "_"))
        if not brain:
            return own
        return max(own, self.bfloat16) if precision in TYPED else math.hypot(own, self.bfloat16)


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """One network to export: `module` takes `inputs` in order and gives a tensor, or a tuple of them, for `outputs`.

    Axes of `inputs` that are names stay free in the graph. `feeds` are samples; the first one is traced, so its free
    axes must be larger than 1. `exact` forbids backends to compute in less than the graph says, `typed` allows a graph
    that says less than fp32; `single` names the inputs that must not lose a bit whatever the rest is computed in.
    """

    name: str
    module: "nn.Module"
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[str, ...]
    feeds: tuple[Mapping[str, Array], ...]
    tolerance: Tolerance
    exact: bool = False
    typed: bool = True
    single: tuple[str, ...] = ()

    def limit(self, precision: Precision, brain: bool) -> float:
        """As `Tolerance.limit`; a network not to be `typed` is in fp32 where the others are typed."""
        return self.tolerance.limit("fp32" if precision in TYPED and not self.typed else precision, brain)
