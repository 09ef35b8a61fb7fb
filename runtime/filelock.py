"""Locks the operating system holds: they end with the process, however that ends, so none has to be broken."""

import errno
import os
import sys
from typing import Final

BUSY: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
"""The error numbers of `take` when another process has the lock; others mean that this disk cannot lock."""

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked: lock a byte far behind any text.
    _PLACE = 1 << 30

    def take(handle: int) -> None:
        """Lock the open file, or raise OSError (one of `BUSY` when another has it)."""
        os.lseek(handle, _PLACE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def release(handle: int) -> None:
        """Let go of the open file."""
        os.lseek(handle, _PLACE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def take(handle: int) -> None:
        """Lock the open file, or raise OSError (one of `BUSY` when another has it)."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(handle: int) -> None:
        """Let go of the open file."""
        fcntl.flock(handle, fcntl.LOCK_UN)
