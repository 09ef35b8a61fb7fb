"""What every bundle is put together from: roles, each with its graphs and what the manifest says of it besides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.card import closeness
from export.compare import Comparison
from export.graphs import export
from export.run_graph import stored_bytes
from export.spec import NetworkSpec, Precision
from export.step import add_step
from runtime.bundle import Bundle


@dataclass(frozen=True)
class Part:
    """One role: its networks, and what the manifest says of it beside its graphs."""

    specs: tuple[NetworkSpec, ...]
    table: Mapping[str, Any]


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
