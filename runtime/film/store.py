"""Artefacts: files that are made, never edited, each named by the hash of all that it depends on.

Beside each lies a record: size and checksum, by which a damaged file is noticed and made again, what it was made from,
and on what it was computed (recorded, not hashed: another backend is no reason to start over).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from runtime.digest import file_sha256
from runtime.errors import StorageError
from runtime.media.files import PART, replacing, writing

Kind = Literal["text", "latents", "frames", "clip", "cues", "mix", "film"]

SUFFIXES: Final[Mapping[Kind, str]] = {"text": ".npy", "latents": ".npy", "frames": ".mkv", "clip": ".mp4",
                                       "cues": ".json", "mix": ".flac", "film": ".mp4"}

RECIPES: Final[Mapping[Kind, int]] = {"text": 1, "latents": 1, "frames": 1, "clip": 1, "cues": 1, "mix": 1, "film": 1}
"""Raised when the code makes another file of the same inputs."""


@dataclass(frozen=True)
class Artefact:
    """A file to be: its kind and everything that decides its contents, as JSON values."""

    kind: Kind
    inputs: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The hash it is named by, 32 hex digits."""
        recipe = {"kind": self.kind, "recipe": RECIPES[self.kind], "inputs": self.inputs}
        text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Store:
    """The artefacts of one film folder, in one subfolder per kind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: set[Path] = set()

    def path(self, artefact: Artefact) -> Path:
        """Where it lies or will lie."""
        return self._folder / artefact.kind / (artefact.key + SUFFIXES[artefact.kind])

    def has(self, artefact: Artefact) -> bool:
        """Whether it is there and whole; checked once per process."""
        path = self.path(artefact)
        if path in self._whole and path.is_file():
            return True
        whole = self.matches(artefact, path)
        self._whole |= {path} if whole else set()
        return whole

    def matches(self, artefact: Artefact, path: Path) -> bool:
        """Whether `path`, wherever it lies, holds exactly what was recorded for the artefact."""
        try:
            record = json.loads(self._record(artefact).read_bytes())
            if not isinstance(record, dict) or path.stat().st_size != record.get("bytes"):
                return False
            return file_sha256(path) == record.get("sha256")
        except (OSError, ValueError):
            return False

    def prepare(self, artefact: Artefact) -> Path:
        """The path to write it to, in a folder that is there. Raises StorageError."""
        path = self.path(artefact)
        with writing(path):
            path.parent.mkdir(exist_ok=True)
        return path

    def keep(self, artefact: Artefact, made_by: Mapping[str, str]) -> None:
        """Record that it is finished; `made_by` says what computed it (role -> device). Raises StorageError."""
        path = self.path(artefact)
        with writing(path):
            record = {"bytes": path.stat().st_size, "sha256": file_sha256(path), "made_by": dict(made_by),
                      "inputs": dict(artefact.inputs)}
        write_text(self._record(artefact), json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        self._whole.add(path)

    def sweep(self) -> None:
        """Delete what a crash left unfinished. Raises StorageError."""
        for path in self._folder.glob(f"**/.*{PART}"):
            with writing(path):
                path.unlink(missing_ok=True)

    def _record(self, artefact: Artefact) -> Path:
        # Never .json itself: the cue sheet of the same key ends so.
        return self._folder / artefact.kind / f"{artefact.key}.record"


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all. Raises StorageError."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def read_text(path: Path, fix: str) -> str:
    """Read a small file. Raises StorageError that advises `fix`."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StorageError(f"to read {path}", f"{reason or error}", fix) from error
