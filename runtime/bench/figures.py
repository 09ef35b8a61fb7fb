"""What was measured, as values: durations and what they cost."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Scope = Literal["step", "stage", "scene", "film"]
Phase = Literal["cold", "warm"]

SCOPES: Final[tuple[Scope, ...]] = ("step", "stage", "scene", "film")
"""From the smallest to the largest; each takes in those before it."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one window of work took beside time. None stands for what nobody could measure.

    `ram` is the most resident memory of the process and its children together, `vram` the most memory in use on the
    GPUs and `own_vram` by these processes, all in bytes. `cpu`, `dram` and `gpu` are joules: of the processor
    packages, of the memory, of the GPUs, whoever used them.
    """

    ram: int | None = None
    vram: int | None = None
    own_vram: int | None = None
    cpu: float | None = None
    dram: float | None = None
    gpu: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was timed. `values` are seconds, one per run; each run made `volume` of `unit` (frames, steps).

    `engine` names what ran it, library, version and precision; `flops` are the operations of one run, None where they
    are not known; `cost` is that of all runs together, None where the row is a part of another. `parts` are the
    mean seconds of what a run consists of. `host` says that the processor did it, whatever chip runs the engines.
    """

    name: str
    scope: Scope
    phase: Phase
    engine: str
    values: tuple[float, ...]
    volume: float = 1.0
    unit: str = "runs"
    flops: int | None = None
    cost: Cost | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    host: bool = False

    @property
    def typical(self) -> float:
        """The median, in seconds."""
        return percentile(self.values, 50)

    @property
    def tflops(self) -> float | None:
        """10^12 operations a second at the median."""
        return None if self.flops is None or self.typical <= 0.0 else self.flops / self.typical / 1e12


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between two neighbours in proportion (numpy's default)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def latency(values: Sequence[float]) -> dict[str, Any]:
    """The figures of one row's seconds; `stdev` is the population's."""
    return {"unit": "s", "count": len(values), "total": sum(values), "mean": statistics.fmean(values),
            "stdev": statistics.pstdev(values), **{f"p{percent}": percentile(values, percent)
                                                   for percent in (50, 90, 95, 99)}, "values": list(values)}
