"""A film folder: where its parts lie, whose it is, and what others ask of who works in it."""

import contextlib
import shlex
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from runtime.errors import Cancelled, FilmFolderError
from runtime.events import Event, Paused, Resumed
from runtime.film.lock import Lock
from runtime.film.request import DECISIONS
from runtime.film.store import Store
from runtime.media.files import writing

EVENTS: Final = "events.jsonl"
LOCK: Final = "lock"
PAUSE: Final = "pause"
CANCEL: Final = "cancel"
PREVIEWS: Final = "previews"

_POLL_SECONDS: Final = 0.1


class FilmFolder:
    """A folder that this process holds while the context lasts.

    Anyone may create the file `pause` (work stops between two steps until it is deleted) or `cancel` (work ends).
    Both are withdrawn when work begins: they were meant for a run that is over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.decisions = path / DECISIONS
        self.events = path / EVENTS
        self.place = path.resolve()  # what events name: their reader may be in another folder
        self.store = Store(self.place)
        self._held = ExitStack()

    @classmethod
    def new(cls, path: Path) -> Self:
        """A folder for a film, made if it is not there. Raises FilmFolderError for a folder of something else."""
        with writing(path / LOCK):
            if path.exists() and not path.is_dir():
                raise FilmFolderError(f"a film folder at {path}", "it is a file", "choose another -o or --film")
            path.mkdir(parents=True, exist_ok=True)
            strangers = sorted(entry.name for entry in path.iterdir()
                               if entry.name not in (EVENTS, LOCK, PAUSE, CANCEL) and not entry.name.startswith("."))
        if strangers and not (path / DECISIONS).exists():
            raise FilmFolderError(f"{path} to be empty or a film folder",
                                  f"it holds other things ({strangers[0]!r} among them)",
                                  "choose another -o or --film")
        return cls(path)

    @classmethod
    def existing(cls, path: Path) -> Self:
        """The folder of a film that was begun. Raises FilmFolderError when there is none."""
        if not (path / DECISIONS).is_file():
            got = f"there is no {DECISIONS} in it" if path.is_dir() else "there is no such folder"
            raise FilmFolderError(f"a film folder at {path}", got,
                                  'name the .film folder beside the film, or begin with `moviefactory make "IDEA"`')
        return cls(path)

    def __enter__(self) -> Self:
        """Take the folder. Raises FilmFolderError when another process has it, StorageError when nobody can."""
        with contextlib.ExitStack() as held:
            held.enter_context(Lock(self.path / LOCK))
            for name in (PAUSE, CANCEL):
                with writing(self.path / name):
                    (self.path / name).unlink(missing_ok=True)
            self.store.sweep()
            self._held = held.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._held.close()

    def preview(self, name: str) -> Path:
        """Where a preview picture goes. Raises StorageError when its folder cannot be made."""
        path = self.place / PREVIEWS / f"{name}.jpg"
        with writing(path):
            path.parent.mkdir(exist_ok=True)
        return path

    def obey(self) -> Generator[Event, None, None]:
        """Wait while a pause is asked for. Raises Cancelled when the end is."""
        self._stop_if_cancelled()
        if not (self.path / PAUSE).exists():
            return
        yield Paused()
        while (self.path / PAUSE).exists():
            self._stop_if_cancelled()
            time.sleep(_POLL_SECONDS)
        yield Resumed()

    def _stop_if_cancelled(self) -> None:
        request = self.path / CANCEL
        if request.exists():
            with writing(request):
                request.unlink(missing_ok=True)
            raise cancelled(self.path, "a cancel request came")


def cancelled(path: Path, got: str) -> Cancelled:
    """The error for work that was stopped on request."""
    return Cancelled("to finish the film", got,
                     f"everything finished so far is kept: go on with `{go_on(path)}`")


def go_on(path: Path) -> str:
    """The command that goes on with the film in `path`."""
    return f"moviefactory render {shlex.quote(str(path))}"
