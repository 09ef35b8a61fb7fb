"""The files of a bundle: inside its folder, without links, and as the manifest says."""

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Final

from runtime.bundle.manifest import FileEntry
from runtime.digest import file_sha256, known_sha256
from runtime.errors import BundleError

_AGAIN: Final = "fetch or export the bundle again"


def safe_path(folder: Path, inside: str) -> Path:
    """Where `inside` lies in `folder`. Raises BundleError for a path that climbs out or goes through a link.

    What is not there yet passes; `check_file` says that it is missing.
    """
    pure = PurePosixPath(inside)
    if (pure.is_absolute() or ".." in pure.parts or not pure.parts or pure.as_posix() != inside
            or "\\" in inside or ":" in inside or not inside.isprintable()):
        raise BundleError(f"a file inside the bundle {folder}", f"the path {inside!r} leads elsewhere",
                          "do not use this bundle, unless you trust who made it and correct the path")
    path = folder / pure
    # Comparing real paths sees links and Windows junctions at every level, whether or not they lead out.
    if os.path.normcase(os.path.realpath(path)) != os.path.normcase(os.path.join(os.path.realpath(folder), pure)):
        raise BundleError(f"{path} to be a file or folder of the bundle itself", "it is or lies behind a link",
                          "replace the link by what it points to")
    return path


def check_file(folder: Path, entry: FileEntry) -> Path:
    """The path of a file that is there and holds what the manifest says.

    The digest is computed once per process and file, and again when its size, time or place on the disk changes.
    Raises BundleError saying whether the file is missing, truncated or altered.
    """
    path = safe_path(folder, entry.file)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BundleError(f"{path} to be a file", "it is something else", _AGAIN)
        if status.st_size != entry.bytes:
            kind = "truncated" if status.st_size < entry.bytes else "longer"
            raise BundleError(f"{path} to have {entry.bytes} bytes", f"it is {kind}: {status.st_size} bytes", _AGAIN)
        found = known_sha256(path, status)
    except FileNotFoundError as error:
        raise BundleError(f"the bundle's file {path}", "it is missing", _AGAIN) from error
    except OSError as error:
        raise BundleError(f"the bundle's file {path}", f"it cannot be read: {error.strerror or error}",
                          "check the disk and the file's permissions") from error
    if found != entry.sha256:
        raise BundleError(f"{path} to be the file that was published (SHA-256 {entry.sha256[:12]}…)",
                          f"it was altered ({found[:12]}…)", _AGAIN)
    return path


def describe_file(folder: Path, inside: str) -> FileEntry:
    """The entry of a file that is there, for a manifest being written. Raises BundleError when it is not."""
    path = safe_path(folder, inside)
    if not path.is_file():
        raise BundleError(f"the file {path} to be described", "it is not there", "write it before the manifest")
    return FileEntry(inside, file_sha256(path), path.stat().st_size)
