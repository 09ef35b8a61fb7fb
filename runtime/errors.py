"""Errors a user can meet.

Each says in one line what was expected, what came and what to do; the command line prints that line and
exits with the class's code. Nothing below this tree is meant to reach a user as a traceback.

    MovieFactoryError      1   the base; catch it to catch all
    ├── UsageError         2   a request that cannot be carried out as asked
    ├── ScriptError        3   a screenplay that cannot be used, or the server that should have written it
    ├── BundleError        4   a model bundle that is missing, damaged or of another version
    ├── BackendError       5   no way to run a graph on this machine, or the run failed
    │   └── OutOfMemory    5   the machine, or its GPU, has not that much memory left
    ├── FilmFolderError    6   a film folder that is in use, holds another request or was damaged
    ├── StorageError       7   a disk that is full, read-only or gone
    ├── SoundError         8   a sound library that cannot be read
    └── Cancelled        130   stopped on request; everything finished so far is kept
"""

import os


class MovieFactoryError(Exception):
    """Base of every error a user can meet: what was expected, what came, what to do."""

    code = "error"
    exit_code = 1

    def __init__(self, expected: str, got: str, fix: str) -> None:
        self.expected, self.got, self.fix = expected, got, fix
        super().__init__(expected, got, fix)

    def __str__(self) -> str:
        return f"expected {self.expected}, but {self.got}; {self.fix}"


class UsageError(MovieFactoryError):
    """A request that cannot be carried out as asked."""

    code, exit_code = "usage", 2


class ScriptError(MovieFactoryError):
    """A screenplay that cannot be used, or a script server that did not deliver one."""

    code, exit_code = "script", 3


class BundleError(MovieFactoryError):
    """A model bundle that is missing, damaged, unsafe or of another version."""

    code, exit_code = "bundle", 4


class BackendError(MovieFactoryError):
    """No way to run a graph on this machine, or the run failed."""

    code, exit_code = "backend", 5


class OutOfMemory(BackendError):
    """The machine, or its GPU, has not that much memory left."""

    code = "out-of-memory"

    def __init__(self, expected: str, got: str,
                 fix: str = "close other programs, or choose a smaller --size or another --backend") -> None:
        super().__init__(expected, got, fix)


class FilmFolderError(MovieFactoryError):
    """A film folder that is in use, holds another request or was damaged."""

    code, exit_code = "film-folder", 6


class StorageError(MovieFactoryError):
    """A disk that is full, read-only or gone."""

    code, exit_code = "storage", 7


class SoundError(MovieFactoryError):
    """A sound library that cannot be read."""

    code, exit_code = "sound", 8


class Cancelled(MovieFactoryError):
    """Stopped on request; everything finished so far is kept."""

    code, exit_code = "cancelled", 130


def unforeseen(error: Exception, fix: str) -> MovieFactoryError:
    """What is said of an error that nobody turned into one of ours: a path that the system refuses, else a defect, for
    which `fix` says what to do."""
    if isinstance(error, OSError) and isinstance(error.filename, str | bytes):
        return StorageError(f"to use {os.fsdecode(error.filename)}", (error.strerror or "it cannot be").lower(),
                            "check the path, and what may be read and written there")
    return MovieFactoryError("no such thing", f"{type(error).__name__} came{_said(error)}", fix)


def _said(error: Exception) -> str:
    """A library's first line, and the next where the first but announces it: behind a colon, 200 characters at most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1])
    return f": {text if len(text) <= 200 else text[:199] + '…'}" if text else ""
