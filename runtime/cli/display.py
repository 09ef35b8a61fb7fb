"""Events for people: a live display on a terminal, plain lines elsewhere."""

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from types import TracebackType
from typing import IO, Any, Self

from runtime.cli.progress import Progress, duration
from runtime.events import Event, FilmDone, FilmStarted, Notice, Paused, Preview, Resumed, SceneDone, StageStarted


class Display(ABC):
    """Shows events while the context lasts."""

    def __init__(self) -> None:
        self._progress = Progress()

    def show(self, event: Event) -> None:
        """Show one event."""
        self._progress.see(event)
        line = self._line(event)
        if line is not None:
            self._say(line)
        self._draw()

    @abstractmethod
    def _say(self, line: str) -> None:
        """Show a line that stays."""

    def _draw(self) -> None:
        """Renew what does not stay."""
        return

    def _line(self, event: Event) -> str | None:
        """What is said for good about an event; None for those that only move the bar."""
        scene = f"scene {event.scene} of {self._progress.scenes}"
        line: str | None = None
        match event:
            case FilmStarted():
                plural = "scene" if event.scenes == 1 else "scenes"
                line = f"“{event.title}”: {event.scenes} {plural}, seed {event.seed}, in {shown(event.folder)}"
            case SceneDone():
                left = self._progress.seconds_left
                rest = f", about {duration(left)} left" if left and not event.cached else ""
                line = f"{scene}: {'there already' if event.cached else 'done'} (take {event.take}){rest}"
            case Preview():
                line = f"{scene}: preview {shown(event.path)}"
            case Notice():
                line = f"note: {event.message}"
            case Paused():
                line = "paused: delete the file 'pause' in the film folder to go on"
            case Resumed():
                line = "going on"
            case FilmDone():
                line = f"{shown(event.path)}: {event.seconds:g} s of film, made in {duration(event.wall_seconds)}"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        return


class Silent(Display):
    """Shows nothing."""

    def _say(self, line: str) -> None:
        return


class Plain(Display):
    """Lines, for files and pipes; goes silent when nobody reads any more."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        super().__init__()
        self._stream: IO[str] | None = stream or sys.stdout

    def _line(self, event: Event) -> str | None:
        return self._progress.words if isinstance(event, StageStarted) else super()._line(event)

    def _say(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


class Live(Display):
    """A bar with the scene, the stage and the time left; what stays scrolls by above it."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar: Any = Bar(TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
                             TextColumn("{task.fields[left]}"),
                             console=Console(highlight=False), transient=True)
        self._task: Any = self._bar.add_task("starting", total=1.0, left="")

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._bar.console.print(line, markup=False, soft_wrap=True)

    def _draw(self) -> None:
        left = self._progress.seconds_left
        self._bar.update(self._task, completed=self._progress.fraction, description=self._progress.words,
                         left=f"about {duration(left)} left" if left else "")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._bar.stop()


def display_for(quiet: bool, events: bool) -> Display:
    """What suits where the output goes; with `events` stdout belongs to the JSON lines."""
    if quiet or events:
        return Silent()
    return Live() if sys.stdout.isatty() else Plain()


def shown(path: str) -> str:
    """A path as short as it can be said from here."""
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if near.startswith(os.pardir) else near
