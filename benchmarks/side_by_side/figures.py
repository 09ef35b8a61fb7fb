"""Who is compared, what came of it, and what that says of the goals. Pure values; loads no torch."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.side_by_side.task import Scope
from runtime.bench.figures import latency, percentile
from runtime.bench.words import duration


@dataclass(frozen=True)
class Contender:
    """`side` is the process that runs it, 'torch' or one of our backends; `way` how torch does."""

    name: str
    side: str
    way: str = "graph"

    @property
    def ours(self) -> bool:
        """Whether the app would run it."""
        return self.side != "torch"


@dataclass(frozen=True)
class Goal:
    """Our fastest is to be `factor` times as fast as the fastest of `ways`."""

    factor: float
    ways: tuple[str, ...]


_TORCH: Final = (Contender("diffusers, eager", "torch", "eager"), Contender("diffusers, eager bf16", "torch", "bf16"),
                 Contender("diffusers, torch.compile", "torch", "compile"))
CONTENDERS: Final[Mapping[str, tuple[Contender, ...]]] = {
    "cpu": (*_TORCH, Contender("diffusers, torch.compile frozen", "torch", "frozen"),
            Contender("MovieFactory, ONNX Runtime", "cpu"), Contender("MovieFactory, OpenVINO", "openvino")),
    "cuda": (*_TORCH, Contender("MovieFactory, ONNX Runtime", "cuda"),
             Contender("MovieFactory, TensorRT-RTX", "tensorrt_rtx"), Contender("MovieFactory, TensorRT", "tensorrt"))}
"""By the device of torch. The first is what the others are compared with, and what is diffusers' comes first."""

GOALS: Final[Mapping[str, tuple[Goal, ...]]] = {
    "cpu": (Goal(3.0, ("eager",)), Goal(1.0, ("eager", "bf16", "compile", "frozen"))),
    "cuda": (Goal(1.8, ("eager", "bf16")), Goal(1.3, ("compile",)))}
"""On a GPU nobody would run fp32: eager is there what is faster."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A contender and what came of it.

    `errors` are relative to the network in fp32 (Euclidean norms) and may be up to `limit`; `first` are the seconds of
    each scope's first run here, in which torch.compile compiles, `values` those of the runs that count. `failed` says
    why there is nothing. `memory` are the resident bytes of its process by then, contenders before it included.
    """

    contender: Contender
    device: str = ""
    failed: str = ""
    limit: float = 0.0
    errors: Mapping[Scope, float] = field(default_factory=dict)
    first: Mapping[Scope, float] = field(default_factory=dict)
    values: Mapping[Scope, tuple[float, ...]] = field(default_factory=dict)
    memory: int | None = None

    def equal(self, scope: Scope) -> bool:
        """Whether it computes what the network does; only then its speed means anything."""
        return not self.failed and self.errors.get(scope, float("inf")) <= self.limit

    def typical(self, scope: Scope) -> float | None:
        """The median in seconds, None where it was not timed."""
        return percentile(self.values[scope], 50) if self.values.get(scope) else None


@dataclass(frozen=True)
class Verdict:
    """What is reached of a goal: our fastest, theirs, and how many times as fast ours is; None where one is missing."""

    goal: Goal
    ours: Entry | None
    theirs: Entry | None
    reached: float | None

    @property
    def met(self) -> bool | None:
        """None where nobody can say."""
        return None if self.reached is None else self.reached >= self.goal.factor

    def __str__(self) -> str:
        wanted = f"goal {self.goal.factor:g}x the fastest of diffusers' {', '.join(self.goal.ways)}"
        if self.reached is None or self.ours is None or self.theirs is None:
            return f"{wanted}: cannot be said, {'ours' if self.ours is None else 'theirs'} was not timed"
        return (f"{wanted}: {'met' if self.met else 'missed'}, {self.reached:.2f}x "
                f"({self.ours.contender.name} against {self.theirs.contender.name})")


def judge(goal: Goal, entries: Iterable[Entry], scope: Scope) -> Verdict:
    """Compare medians."""
    every = list(entries)
    ours = fastest((entry for entry in every if entry.contender.ours), scope)
    theirs = fastest((entry for entry in every if entry.contender.way in goal.ways), scope)
    return Verdict(goal, ours, theirs, None if ours is None or theirs is None else ratio(ours, theirs, scope))


def fastest(entries: Iterable[Entry], scope: Scope) -> Entry | None:
    """The one of the smallest median among those that were timed."""
    timed = [(seconds, number, entry) for number, entry in enumerate(entries)
             if (seconds := entry.typical(scope)) is not None]
    return min(timed)[2] if timed else None


def ratio(entry: Entry, against: Entry | None, scope: Scope) -> float | None:
    """How many times as fast as `against` an entry is."""
    mine = entry.typical(scope)
    other = None if against is None else against.typical(scope)
    return None if mine is None or other is None else other / mine


def closeness(entry: Entry, scope: Scope) -> str:
    """One line on equivalence."""
    if entry.failed:
        return f"{entry.contender.name}: failed: {entry.failed}"
    verdict = "equal" if entry.equal(scope) else "DIFFERS, not timed"
    return (f"{entry.contender.name}: {entry.errors[scope]:.1e} away (limit {entry.limit:.1e}): {verdict}; "
            f"{entry.device}")


def table(entries: Sequence[Entry], scope: Scope) -> str:
    """The figures of one scope, a line each: median, least, and how many times as fast as eager and torch's best."""
    eager, best = entries[0], fastest((entry for entry in entries if not entry.contender.ours), scope)
    lines = [f"{'':34} {'p50':>10} {'min':>10} {'x eager':>8} {'x torch':>8}"]
    for entry in entries:
        seconds = entry.typical(scope)
        if seconds is None:
            reason = entry.failed or f"{entry.errors[scope]:.1e} away from the network"
            lines.append(f"{entry.contender.name:34} {'failed' if entry.failed else 'differs'}: {reason}")
            continue
        ratios = "".join(f" {f'{found:.2f}' if found else '-':>8}" for found in
                         (ratio(entry, eager, scope), ratio(entry, best, scope)))
        lines.append(f"{entry.contender.name:34} {duration(seconds):>10} {duration(min(entry.values[scope])):>10}"
                     f"{ratios}  {entry.device}")
    return "\n".join(lines)


def to_dict(entries: Sequence[Entry], goals: Iterable[Goal], scopes: Iterable[Scope]) -> dict[str, Any]:
    """All of it as JSON values; raw seconds included."""
    found: dict[str, Any] = {"contenders": [_entry(entry) for entry in entries]}
    for scope in scopes:
        eager, best = entries[0], fastest((entry for entry in entries if not entry.contender.ours), scope)
        found[scope] = {
            "times_as_fast": {entry.contender.name: {"as_eager": ratio(entry, eager, scope),
                                                     "as_best_torch": ratio(entry, best, scope)} for entry in entries},
            "best_torch": best.contender.name if best else None,
            "goals": [_verdict(judge(goal, entries, scope)) for goal in goals]}
    return found


def _entry(entry: Entry) -> dict[str, Any]:
    plain = {**dataclasses.asdict(entry.contender), "device": entry.device or None, "failed": entry.failed or None}
    scopes = {scope: {"error": error, "equal": entry.equal(scope), "first_seconds": entry.first[scope],
                      "latency": _latency(entry.values.get(scope, ()))} for scope, error in entry.errors.items()}
    memory = None if entry.memory is None else round(entry.memory / 1e6)
    return {**plain, "limit": entry.limit, "process_ram_mb": memory, "scopes": scopes}


def _latency(values: Sequence[float]) -> dict[str, Any] | None:
    return {**latency(values), "min": min(values)} if values else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"factor": verdict.goal.factor, "against": verdict.goal.ways, "reached": verdict.reached,
            "met": verdict.met, "ours": verdict.ours and verdict.ours.contender.name,
            "theirs": verdict.theirs and verdict.theirs.contender.name}
