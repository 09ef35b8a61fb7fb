"""Digests of files."""

import functools
import hashlib
import os
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_sha256(path: Path, status: os.stat_result | None = None) -> str:
    """`file_sha256`, computed once per process and file, and again when its size, time or place on the disk changes.

    `status` is the file's, where the caller has it. Raises OSError.
    """
    found = path.stat() if status is None else status
    return _sha256(path, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size)


@functools.lru_cache(maxsize=1024)
def _sha256(path: Path, *_stamp: int) -> str:
    return file_sha256(path)
