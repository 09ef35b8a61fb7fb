"""How far a film is, worked out from its events."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from runtime.events import Event, FilmStarted, SceneDone, Stage, StageStarted, Step

WORDS: Final[Mapping[Stage, str]] = {
    "script": "writing the script", "text": "reading the script", "denoise": "drawing", "decode": "decoding",
    "upscale": "enlarging", "encode": "encoding", "sound": "choosing sounds", "mix": "mixing the sound",
    "join": "joining", "build": "building engines for this GPU"}

# Shares of a scene's work, roughly as measured; a wrong share bends the bar, not the film.
_BEFORE: Final[Mapping[Stage, float]] = {"denoise": 0.0, "decode": 0.35, "upscale": 0.45, "encode": 0.45}
_SHARE: Final[Mapping[Stage, float]] = {"denoise": 0.35, "decode": 0.1, "upscale": 0.55, "encode": 0.55}
_SCENES: Final = 0.95


class Progress:
    """Feed it events with `see`; ask it how far things are. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._start = clock, clock()
        self.scenes = 0
        self._finished = 0
        self._there_before = 0
        self._part = 0.0
        self.stage: Stage | None = None
        self.scene: int | None = None

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, FilmStarted):
            self.scenes, self._start = event.scenes, self._clock()
        elif isinstance(event, SceneDone):
            self._finished += 1
            self._there_before += event.cached
            self._part, self.stage = 0.0, None
        elif isinstance(event, StageStarted | Step):
            self.stage, self.scene = event.stage, event.scene
            done = event.done / max(1, event.total) if isinstance(event, Step) else 0.0
            if event.stage in _SHARE:
                self._part = _BEFORE[event.stage] + _SHARE[event.stage] * done

    @property
    def fraction(self) -> float:
        """0 to 1."""
        if not self.scenes:
            return 0.0
        return min(1.0, _SCENES * (self._finished + self._part) / self.scenes)

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None while nobody can know."""
        before = _SCENES * self._there_before / self.scenes if self.scenes else 0.0
        made = self.fraction - before
        return None if made <= 0.0 else (self._clock() - self._start) * (1.0 - self.fraction) / made

    @property
    def words(self) -> str:
        """What is going on: 'scene 3 of 10: drawing'."""
        doing = WORDS[self.stage] if self.stage else "working"
        return f"scene {self.scene} of {self.scenes}: {doing}" if self.scene else doing


def duration(seconds: float) -> str:
    """'45 s', '3 min', '2 h 5 min'."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
