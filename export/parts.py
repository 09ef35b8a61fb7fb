"""What every bundle is put together from: roles, each with its graphs and what the manifest says of it besides."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.card import closeness
from export.compare import Comparison
from export.errors import ExportError
from export.graphs import export
from export.run_graph import stored_bytes
from export.spec import NetworkSpec, Precision
from export.step import add_step
from runtime.bundle import MANIFEST, Bundle
from runtime.media.files import writing


@dataclass(frozen=True)
class Part:
    """One role: its networks, and what the manifest says of it beside its graphs."""

    specs: tuple[NetworkSpec, ...]
    table: Mapping[str, Any]


@contextmanager
def fresh_folder(out: Path, keep: str = "") -> Iterator[Path]:
    """A folder to write a bundle into; it becomes `out` when all went well, and vanishes when not.

    The folder called `keep`, if `out` has one, is in it from the start. Raises ExportError, before anything is done,
    when `out` holds something that is no bundle, and StorageError for what the disk refuses.
    """
    out = Path(os.path.realpath(out))  # behind a link the older bundle would stay, and the new one have no place
    if out.exists() and not (out / MANIFEST).exists() and (
            not out.is_dir() or any(entry.name != keep for entry in out.iterdir())):
        raise ExportError("an empty folder, or an older bundle to replace", f"{out} is something else",
                          "choose another --out")
    draft = out.with_name(f".{out.name}.new")
    with writing(out):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            if keep and (out / keep).is_dir():
                shutil.copytree(out / keep, draft / keep)
            yield draft
            shutil.rmtree(out, ignore_errors=True)
            draft.replace(out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_graphs(role: str, part: Part, out: Path, precision: Precision
                 ) -> tuple[dict[str, Any], dict[str, tuple[Comparison, ...]]]:
    """Export the part's networks into `out`: the role's table for the manifest, and how close each graph came.

    Raises ExportError for a graph that does not compute what its network does.
    """
    comparisons = export(part.specs, out, precision)
    _say(comparisons, out)
    return {**_graphs(role, part.specs), **part.table}, comparisons


def write_step(bundle: Bundle, precision: Precision) -> tuple[Bundle, dict[str, tuple[Comparison, ...]]]:
    """`step.add_step`, and says how close the graphs came."""
    bundle, found = add_step(bundle, precision)
    _say(found, bundle.folder)
    return bundle, found


def _say(comparisons: Mapping[str, tuple[Comparison, ...]], out: Path) -> None:
    for name, found in comparisons.items():
        print(f"{name}: {stored_bytes(out / name) / 1e6:.1f} MB, {closeness(found)}", flush=True)


def _graphs(role: str, specs: Iterable[NetworkSpec]) -> dict[str, Any]:
    entries = {spec.name.removeprefix(f"{role}_"): {"file": f"{spec.name}.onnx", "exact": spec.exact} for spec in specs}
    return {"graph": entries.pop(role), **entries} if role in entries else {"graphs": entries}
