"""Where a bundle is put: it takes the place of an older one whole, or nothing is lost."""

import glob
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from export.errors import ExportError
from runtime.bundle import MANIFEST, open_bundle
from runtime.errors import BundleError, StorageError
from runtime.media.files import writing

_CARD: Final = "MODEL_CARD.md"
_NEW, _OLD = ".new", ".old"
"""Endings of a bundle that is being written, which may be deleted when nobody writes it any more, and of a whole one
that is just being replaced."""
_LEFT: Final = re.compile(r"([^.]*)\.(\d{1,9})(\.new|\.old)")
"""Machine, process and ending: what such names have behind the bundle's."""
_HERE: Final = platform.node().partition(".")[0]
_DAY: Final = 86_400.0
_FREE: Final = "free some space and run it again; what was there before is as it was"
_ELSEWHERE: Final = "remove that folder, or choose another --out"


@contextmanager
def fresh_folder(out: Path, name: str = "", keep: str = "") -> Iterator[Path]:
    """A folder to write a bundle into; it becomes `out` when all went well, and vanishes when not.

    `name` is what the bundle will be called, where that is known already. The folder called `keep`, if `out` has one,
    is in it from the start. Raises ExportError, before anything is done, when `out` is where a disk begins, holds a
    bundle of another name or anything that is no bundle's, and StorageError for what the disk refuses. A whole bundle
    that cannot take its place stays, and the error says where.
    """
    out = Path(os.path.realpath(out))  # behind a link the older bundle would stay, and the new one have no place
    with writing(out, _FREE):
        _tidy(out)
        _check_place(out, name, keep)
        draft = out.with_name(f".{out.name}.{_HERE}.{os.getpid()}{_NEW}")
        draft.mkdir(parents=True)
        try:
            if keep and (out / keep).is_dir():
                shutil.copytree(out / keep, draft / keep, copy_function=_copy)
            yield draft
            made = open_bundle(draft)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        try:
            _check_place(out, made.manifest.name, keep)
            check_roles(out, made.roles)
            _move_in(draft, out)
        except ExportError as error:
            raise ExportError(error.expected, error.got, f"{error.fix}; {_lies(draft)}") from error
        except OSError as error:
            raise StorageError(f"to put the new bundle in {out}", (error.strerror or str(error)).lower(),
                               f"find out why; {_lies(draft)}") from error


def check_roles(out: Path, roles: Collection[str]) -> None:
    """Raise ExportError when the bundle in `out`, if there is one, fills a role that is not among `roles`."""
    lost = [role for role in open_bundle(out).roles if role not in roles] if (out / MANIFEST).exists() else []
    if lost:
        raise ExportError(f"a bundle that fills all roles of the one in {out}", f"it would lack {', '.join(lost)}",
                          _ELSEWHERE)


def _check_place(out: Path, name: str, keep: str) -> None:
    """Raise ExportError when something in `out` would be lost that the bundle `name` is no newer one of."""
    if os.path.ismount(out):
        raise ExportError("a folder that can be replaced", f"{out} is where a disk begins",
                          "choose a folder inside it with --out")
    own: set[str] = set()
    if (out / MANIFEST).exists():
        try:
            old = open_bundle(out)
        except BundleError as error:
            raise ExportError(f"an older bundle in {out}, to replace it", "what it holds cannot be told: expected "
                              f"{error.expected}, but {error.got}", _ELSEWHERE) from error
        if name and name != old.manifest.name:
            raise ExportError(f"no bundle in {out} or an older '{name}'", f"there is '{old.manifest.name}'",
                              _ELSEWHERE)
        own = {MANIFEST, _CARD, *(entry.file for entry in old.files())}
        own |= {folder.as_posix() for file in own for folder in PurePosixPath(file).parents}
    elif out.exists() and not out.is_dir():
        raise ExportError("a folder for the bundle", f"{out} is a file", "choose another --out")
    for path in out.rglob("*"):
        inside = path.relative_to(out)
        if inside.parts[0] != keep and inside.as_posix() not in own:
            raise ExportError(f"{out} to be empty, or an older bundle and nothing else", f"it holds {inside}",
                              "move that away, or choose another --out")


def _move_in(draft: Path, out: Path) -> None:
    """Put the whole bundle `draft` in the place of `out`, and then delete what was there. Raises OSError when that
    fails; what was there is then there again, or has the ending of what is being replaced."""
    old = draft.with_suffix(_OLD)
    try:
        if out.exists():
            out.replace(old)
        draft.replace(out)
    except BaseException:
        if old.exists() and not out.exists():
            old.replace(out)
        raise
    if old.exists():
        old.replace(draft)  # whoever ends us from here on, it may be deleted
        shutil.rmtree(draft, ignore_errors=True)
        if draft.exists():
            print(f"left: {draft} (of the bundle before; it cannot be deleted)", flush=True)


def _lies(draft: Path) -> str:
    old = draft.with_suffix(_OLD)
    where = f"the new one is whole in {draft}, until the next export"
    return f"{where}; the one before is in {old}" if old.exists() else where


def _tidy(out: Path) -> None:
    """Delete what exports to `out` that were killed had written; a bundle they were just replacing comes back."""
    for left in out.parent.glob(f".{glob.escape(out.name)}.*"):
        told = _LEFT.fullmatch(left.name.removeprefix(f".{out.name}."))
        if told is None or not _dead(left, told[1], int(told[2])):
            continue
        if told[3] == _NEW:
            shutil.rmtree(left, ignore_errors=True)
        elif not out.exists():
            left.replace(out)


def _dead(left: Path, machine: str, process: int) -> bool:
    """Whether nobody writes to `left` any more: a process of this machine can be asked for, on another, or where
    asking might end it (Windows), a day is enough."""
    if machine == _HERE and process == os.getpid():
        return True
    if machine == _HERE and sys.platform != "win32":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
    with suppress(FileNotFoundError):
        return time.time() - left.stat().st_mtime > _DAY
    return False


def _copy(source: str, to: str) -> None:
    """`shutil.copy2`; `copytree` would go on after an OSError and then name every file."""
    with writing(Path(to), _FREE):
        shutil.copy2(source, to)
