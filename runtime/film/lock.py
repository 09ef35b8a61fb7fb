"""One process writes in a film folder.

The operating system holds the lock and lets go of it when the process ends, however that happens: a dead process's
lock needs no breaking and its pid cannot be mistaken for another's. The file says who it is, for people.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime import filelock
from runtime.errors import FilmFolderError, StorageError
from runtime.media.files import writing


class Lock:
    """The lock of one folder, held while the context lasts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> Self:
        """Take it. Raises FilmFolderError naming the process that has it, StorageError when none can be taken."""
        with writing(self._path):
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(handle, self._path)
            with writing(self._path):
                os.ftruncate(handle, 0)
                os.lseek(handle, 0, os.SEEK_SET)
                os.write(handle, f"{os.getpid()}\n".encode())
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        # The file stays: deleting it would let two processes lock two files of the same name.
        if self._handle is not None:
            filelock.release(self._handle)
            os.close(self._handle)
            self._handle = None


def holder(path: Path) -> int | None:
    """The pid of the process that holds the lock file `path`; None when nobody does."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        filelock.take(handle)
    except OSError:
        return _pid(handle)
    else:
        filelock.release(handle)
        return None
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        filelock.take(handle)
    except OSError as error:
        if error.errno not in filelock.BUSY:
            raise StorageError(f"to lock {path}", f"this disk cannot lock files: {error.strerror or error}",
                               "make the film on a local disk with -o or --film") from error
        pid = _pid(handle)
        who = f"process {pid}" if pid else "another process"
        raise FilmFolderError(f"the film folder {path.parent} to be free", f"{who} is working in it",
                              f"wait for it, stop it by creating {path.parent / 'cancel'}, or choose another --film"
                              ) from error


def _pid(handle: int) -> int | None:
    """0 is never a pid: None when the file does not say."""
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, 32).strip()
    return int(text) if text.isdigit() else None
