"""Writing `bundle.json`: sizes, digests and interfaces are read from the files themselves."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.backends import TensorSpec, read_interface
from runtime.bundle.check import SCHEMA, check
from runtime.bundle.files import describe_file, safe_path
from runtime.bundle.folder import MANIFEST, Bundle, open_bundle
from runtime.bundle.manifest import ENCODER, OF_DENOISER
from runtime.errors import BundleError, StorageError


def write_manifest(folder: Path, data: Mapping[str, Any]) -> Bundle:
    """Write `folder`'s manifest and open the bundle.

    `data` is the manifest without what the files say themselves: of a file or graph only `file` is needed (`exact`
    and `max_tokens` where they apply), of sounds only `folder`. Raises BundleError when a file is not there or the
    result is no valid manifest, StorageError when it cannot be written; the old manifest stays until the new is whole.
    """
    roles = {role: _described(folder, role, table) for role, table in data["roles"].items()}
    whole = {"schema": SCHEMA, **data, "roles": roles}
    check(whole, str(folder / MANIFEST))
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    draft = folder / f".{MANIFEST}.new"
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / MANIFEST)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(f"to write {folder / MANIFEST}", error.strerror or str(error),
                           "check the disk's space and permissions") from error
    return open_bundle(folder)


def _described(folder: Path, role: str, table: Mapping[str, Any]) -> dict[str, Any]:
    described = dict(table)
    for single in ("graph", ENCODER, *OF_DENOISER):
        if single in table:
            described[single] = _graph(folder, table[single])
    if "graphs" in table:
        described["graphs"] = {part: _graph(folder, graph) for part, graph in table["graphs"].items()}
    if "tokenizer" in table:
        described["tokenizer"] = {**table["tokenizer"], **_file(folder, table["tokenizer"]["file"])}
    if role == "sounds":
        described["files"] = _all_files(folder, table["folder"])
    return described


def _graph(folder: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    inside = table["file"]
    interface = read_interface(safe_path(folder, inside))
    beside = Path(inside).parent
    data = [_file(folder, (beside / name).as_posix()) for name in interface.data_files]
    return {**table, **_file(folder, inside), **({"data": data} if data else {}),
            "inputs": _tensors(interface.inputs), "outputs": _tensors(interface.outputs)}


def _tensors(specs: tuple[TensorSpec, ...]) -> dict[str, Any]:
    return {spec.name: {"dtype": spec.dtype, "shape": list(spec.shape)} for spec in specs}


def _file(folder: Path, inside: str) -> dict[str, Any]:
    return dataclasses.asdict(describe_file(folder, inside))


def _all_files(folder: Path, inside: str) -> list[dict[str, Any]]:
    root = safe_path(folder, inside)
    if not root.is_dir():
        raise BundleError(f"the folder {root} to be described", "it is not there", "write it before the manifest")
    return [_file(folder, path.relative_to(folder).as_posix()) for path in sorted(root.rglob("*"))
            if not path.is_dir()]
