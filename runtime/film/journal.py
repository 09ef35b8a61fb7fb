"""The numbered record of what happened to a film: one JSON object a line in `events.jsonl`, never rewritten."""

import contextlib
import json
import time
from pathlib import Path
from typing import IO, Any, Final

from runtime import events
from runtime.errors import MovieFactoryError, StorageError
from runtime.events import Event, Failed
from runtime.media.files import writing

_TAIL: Final = 1 << 16


class Journal:
    """Numbers events and writes them down; `copy` gets each line too, for as long as it takes them.

    Before `open`, events carry the number 0 and go to `copy` only: nothing may be written to a folder that is not ours.
    """

    def __init__(self, copy: IO[str] | None = None) -> None:
        self._copy = copy
        self._file: IO[bytes] | None = None
        self._path = Path()
        self._number = 0

    def open(self, path: Path) -> None:
        """Go on after the last whole line of `path`. Raises StorageError."""
        with writing(path):
            self._file = path.open("ab+", buffering=0)
            self._number = _repair(self._file)
        self._path = path

    def record(self, event: Event) -> Event:
        """Write `event` down and give it back. Raises StorageError."""
        self._number += self._file is not None
        line = json.dumps(events.to_dict(event, self._number, time.time())) + "\n"
        if self._file is not None:
            with writing(self._path):
                self._file.write(line.encode())
        if self._copy is not None:
            try:
                self._copy.write(line)
                self._copy.flush()
            except (OSError, ValueError):  # ValueError: closed on our side
                self._copy = None
        return event

    def failed(self, error: MovieFactoryError) -> Event:
        """Record that the film stopped; if even that cannot be written, the event is all there is."""
        event = Failed(code=error.code, expected=error.expected, got=error.got, fix=error.fix)
        with contextlib.suppress(StorageError):
            self.record(event)
        return event

    def close(self) -> None:
        """Close the file; `copy` is the caller's."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _repair(file: IO[bytes]) -> int:
    """Cut off a line that a crash left unfinished and give the number of the last whole one."""
    size = file.seek(0, 2)
    start = max(0, size - _TAIL)
    file.seek(start)
    tail = file.read()
    whole = tail[:tail.rfind(b"\n") + 1]
    file.truncate(start + len(whole))
    for line in reversed(whole.splitlines()):
        number = _number(line)
        if number is not None:
            return number
    return 0


def _number(line: bytes) -> int | None:
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    number = data.get("n") if isinstance(data, dict) else None
    return number if isinstance(number, int) else None
