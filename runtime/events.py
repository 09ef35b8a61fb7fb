"""What happens while a film is made, as small frozen values.

Every face (terminal, desktop app, log file, another program) consumes the same stream. `shot` and `sound` yield
events without a scene number; `film` fills it in, numbers the events and appends them to `events.jsonl`.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final, Literal

VERSION: Final = 1

Stage = Literal["script", "text", "denoise", "decode", "upscale", "encode", "sound", "mix", "join", "build"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. `scene` counts from 1; None means the film as a whole."""

    scene: int | None = None


@dataclass(frozen=True, kw_only=True)
class FilmStarted(Event):
    """The request is understood and the folder is ours; `engines` names role -> what runs it."""

    title: str
    scenes: int
    seed: int
    folder: str
    engines: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StageStarted(Event):
    """A stage of work began."""

    stage: Stage


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """`done` of `total` steps of a stage are finished."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Preview(Event):
    """A picture of the scene under way; `path` is a file."""

    path: str


@dataclass(frozen=True, kw_only=True)
class SceneDone(Event):
    """A scene's clip is on disk; `cached` when it was there already."""

    path: str
    take: int
    cached: bool


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something the user should know that stops nothing (a slower backend, a word nobody taught the model)."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """A pause request was found; work goes on when it is withdrawn."""


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """The pause request was withdrawn."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The film stopped: what was expected, what came, what to do. What is finished stays."""

    code: str
    expected: str
    got: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class FilmDone(Event):
    """The film is on disk. `seconds` is its running time, `wall_seconds` what this run took."""

    path: str
    seconds: float
    wall_seconds: float


def to_dict(event: Event, number: int, time: float) -> dict[str, Any]:
    """The line written for `event`: type, version, sequence number, seconds since the epoch, then its fields."""
    return {"type": type(event).__name__, "v": VERSION, "n": number, "time": round(time, 3),
            **dataclasses.asdict(event)}
