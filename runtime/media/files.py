"""Files that are whole or not there: written beside their place, flushed to the disk, then moved in."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av

from runtime.errors import StorageError, UsageError

FULL: Final = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "your share of the disk is used up",
               errno.EFBIG: "it would be larger than the disk allows a file to be"}
FORBIDDEN: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
FREE: Final = "free some space and run it again; what is finished stays"

PART: Final = ".part"
"""Ending of a file under way; one that is left over from a crash can be deleted."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a path in the folder of `path` to write to; move it to `path` when the block ends well, else delete it.

    Raises StorageError, naming `path`, for what the disk or FFmpeg refuses.
    """
    part = path.parent / f".{secrets.token_hex(6)}{PART}"
    try:
        with writing(path):
            yield part
            _flush(part)
            part.replace(path)
            if os.name == "posix":
                _flush(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


@contextmanager
def writing(path: Path, free: str = FREE) -> Iterator[None]:
    """Turn what the disk or FFmpeg refuses while `path` is written into StorageError, which advises `free` when the
    disk is full."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise _refused(path, error, free) from error


def check_writable(path: Path) -> None:
    """Raise UsageError or StorageError now, not after the work, when no file can be put where `path` is to be."""
    if os.path.isdir(path):
        raise UsageError("a file to write to", f"{path} is a folder", "add a file name")
    probe = path.parent / f".{path.name[:40]}.probe{PART}"
    with writing(path):
        probe.touch()
        probe.unlink()


@contextmanager
def reading(path: Path, kind: str, fix: str) -> Iterator[None]:
    """Turn what goes wrong while the `kind` of file at `path` is read into StorageError that advises `fix`."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise unreadable(path, kind, _reason(error), fix) from error


def unreadable(path: Path, kind: str, got: str, fix: str) -> StorageError:
    """The error for a file that is not the `kind` it should be."""
    return StorageError(f"{path} to be {kind}", got, fix)


def _refused(path: Path, error: OSError | av.FFmpegError, free: str) -> StorageError:
    code = error.errno if isinstance(error, OSError) and error.errno is not None else 0
    if code in FULL:
        return StorageError(f"room to write {path}", FULL[code], free)
    if code in FORBIDDEN:
        return StorageError(f"to write {path}", "writing there is not allowed",
                            "choose a folder that is not read-only")
    if code in (errno.ENOENT, errno.ENOTDIR):
        return StorageError(f"to write {path}", f"{path.parent} is not a folder", "create it, or choose another")
    return StorageError(f"to write {path}", _reason(error), "check the disk, then run it again")


def _reason(error: OSError | av.FFmpegError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()


def _flush(path: Path) -> None:
    """Wait until `path` is on the disk. A folder is opened for reading, a file for writing, as Windows wants it."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
