"""A bundle on disk."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from runtime.backends import read_interface
from runtime.bundle import manifest
from runtime.bundle.check import check, read_json
from runtime.bundle.files import check_file, safe_path
from runtime.bundle.manifest import ROLES, FileEntry, GraphEntry, Manifest, Role, manifest_from
from runtime.errors import BundleError

MANIFEST: Final = "bundle.json"


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: its manifest was checked, its files not yet.

    `digest` is the SHA-256 of the manifest's canonical JSON, which holds every file's digest; `digests` the same of
    each role's part, so that what does not use a role need not be remade when only that role changes.
    """

    folder: Path
    manifest: Manifest
    digest: str
    digests: dict[str, str]

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles it fills."""
        return tuple(self.digests)

    def role(self, role: str) -> Role:
        """What the manifest says of `role`. Raises BundleError when the bundle does not fill it."""
        if role not in self.digests:
            raise BundleError(f"the bundle {self.folder} to fill the role {role}",
                              f"it fills only {', '.join(self.roles)}", "choose another bundle for this role")
        value: Role = getattr(self.manifest, role)
        return value

    def graph(self, role: str, part: str = "graph") -> GraphEntry:
        """A role's graph; `part` names which of the upscaler's. Raises BundleError when there is none."""
        parts = manifest.graphs(self.role(role))
        if part not in parts:
            raise BundleError(f"a graph '{part}' of the {role}", f"it has {', '.join(parts) or 'none'}",
                              "ask for one of these")
        return parts[part]

    def path(self, inside: str) -> Path:
        """The path of a file or folder of the bundle. Raises BundleError when it would lead out of it."""
        return safe_path(self.folder, inside)

    def check(self, entry: FileEntry) -> Path:
        """The path of a file after it was compared with the manifest, once per process. Raises BundleError."""
        return check_file(self.folder, entry)

    def check_graph(self, graph: GraphEntry) -> Path:
        """`check` for a graph and the files that hold its weights, all of which the manifest must list."""
        for entry in graph.data:
            self.check(entry)
        path = self.check(graph.file)
        beside = PurePosixPath(graph.file.file).parent
        read = {(beside / name).as_posix() for name in read_interface(path).data_files}
        if unlisted := sorted(read - {entry.file for entry in graph.data}):
            raise BundleError(f"{self.folder / MANIFEST} to list every file that {graph.file.file} reads",
                              f"{unlisted[0]} is not listed", "export the bundle again")
        return path

    def files(self) -> tuple[FileEntry, ...]:
        """Every file the manifest lists, each once."""
        return tuple(dict.fromkeys(entry for role in self.roles for entry in manifest.files(self.role(role))))

    def checked(self) -> Iterator[FileEntry]:
        """Check every file, yielding each that is as it should be. Raises BundleError at the first that is not."""
        for entry in self.files():
            self.check(entry)
            yield entry
        for role in self.roles:
            for graph in manifest.graphs(self.role(role)).values():
                self.check_graph(graph)

    def verify(self) -> None:
        """Check every file. Raises BundleError at the first that is missing, truncated or altered."""
        for _ in self.checked():
            pass


def open_bundle(folder: Path) -> Bundle:
    """Open the bundle in `folder` (its `bundle.json` will do too).

    Raises BundleError saying what is wrong with the manifest, or which path or link in it leads out of the folder.
    """
    try:
        folder = folder.parent if folder.name == MANIFEST and folder.is_file() else folder
        folder = folder.resolve()
        path = folder / MANIFEST
        there, parent = path.is_file(), folder.is_dir()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise BundleError(f"a model bundle in {folder}",
                          f"the folder cannot be read: {getattr(error, 'strerror', None) or error}",
                          "check the path and its permissions") from error
    if not there:
        raise BundleError(f"a model bundle with a {MANIFEST} in {folder}",
                          "there is none" if parent else "there is no such folder", "check the path")
    data = read_json(safe_path(folder, MANIFEST))
    check(data, str(path))
    bundle = Bundle(folder, manifest_from(data), digest(data),
                    {role: digest(data["roles"][role]) for role in ROLES if role in data["roles"]})
    for entry in bundle.files():
        bundle.path(entry.file)
    if bundle.manifest.sounds:
        bundle.path(bundle.manifest.sounds.folder)
    return bundle


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON of `data`: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
