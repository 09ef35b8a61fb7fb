"""What `bench` is asked for, and whether that can be measured at all."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from runtime.backends import resolve
from runtime.bench.figures import SCOPES, Scope
from runtime.bundle import LineUp, open_bundle
from runtime.errors import BundleError, UsageError
from runtime.film.decisions import Settings
from runtime.film.setup import line_up_for, set_up, solver_table

PROMPT: Final = "a red car and an airplane race along a sunny coast"
IDEA: Final = "a race between a car and an airplane"
"""What a scene and a film are about."""
SEED: Final = 1

REPEATS: Final[dict[Scope, int]] = {"step": 20, "stage": 5, "scene": 3, "film": 1}
"""How often each row is measured when nobody says: the longer it takes, the fewer."""


@dataclass(frozen=True, kw_only=True)
class BenchRequest:
    """One benchmark. `scope` says how far: each takes in those before it.

    `repeat` None stands for `REPEATS`; `warmup` runs come before and are not counted; each cold figure is taken in
    `processes` fresh processes. `size`, `steps` and `models` are a film's; `scenes` is the length of the whole film.
    """

    scope: Scope = "stage"
    models: tuple[Path, ...] = ()
    backend: str = "auto"
    size: tuple[int, int] | None = None
    steps: int | None = None
    scenes: int = 2
    repeat: int | None = None
    warmup: int = 1
    processes: int = 3

    def repeats(self, scope: Scope) -> int:
        """How often a row of `scope` is measured."""
        return REPEATS[scope] if self.repeat is None else self.repeat

    def covers(self, scope: Scope) -> bool:
        """Whether `scope` is to be measured."""
        return SCOPES.index(scope) <= SCOPES.index(self.scope)

    @property
    def settings(self) -> Settings:
        """As a film's settings."""
        return Settings(size=self.size, steps=self.steps, backend=self.backend)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, for the processes that are measured."""
        return {**dataclasses.asdict(self), "models": [str(path.absolute()) for path in self.models]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """`to_dict`'s form, read."""
        size = data["size"]
        return cls(**{**data, "models": tuple(map(Path, data["models"])), "size": size and (size[0], size[1])})


def check_request(request: BenchRequest) -> LineUp:
    """The line-up to measure. Raises UsageError, BackendError or BundleError for what cannot be measured."""
    if request.scope not in SCOPES:
        raise UsageError(f"a scope: {', '.join(SCOPES)}", f"'{request.scope}' was asked for", "choose one of these")
    for name, value, least in (("repeat", request.repeat, 1), ("warmup", request.warmup, 0),
                               ("processes", request.processes, 1), ("scenes", request.scenes, 1),
                               ("steps", request.steps, 1)):
        if value is not None and value < least:
            raise UsageError(f"--{name} to be {least} or more", f"{value} was given", "choose a larger number")
    resolve(request.backend)
    line_up = measured_line_up(request.models, request.scope)
    if request.scope == "step":
        solver_table(request.settings, line_up)
    else:
        set_up(request.settings, line_up)
    return line_up


def measured_line_up(models: Sequence[Path], scope: Scope) -> LineUp:
    """The bundles that are measured. A step needs a denoiser only, and never the starter's in another's name."""
    if scope != "step" or not models:
        return line_up_for(models)
    bundles = [open_bundle(path) for path in models]
    if not any("denoiser" in bundle.roles for bundle in bundles):
        filled = ", ".join(dict.fromkeys(role for bundle in bundles for role in bundle.roles))
        raise BundleError("a bundle with a denoiser, to measure a step", f"the one that was named fills only {filled}",
                          "name one that has a denoiser, or leave --model away to measure the starter")
    return LineUp.of(*bundles)
