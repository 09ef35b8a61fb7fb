"""`moviefactory bench`."""

import argparse
import contextlib
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runtime.errors import UsageError

if TYPE_CHECKING:
    from runtime.bench.figures import Row
    from runtime.bench.run import Report

CHART: Final = ".svg"

BUSY: Final = 0.25
"""The share of the cores that others may use before a benchmark without a word about it."""


def run_bench(options: argparse.Namespace) -> int:
    """Measure this machine."""
    from runtime.bench.request import BenchRequest
    from runtime.bench.run import bench

    outputs = [path for path in (options.json, options.chart) if path is not None]
    _check_outputs(options.json, options.chart)
    request = BenchRequest(scope=options.scope, models=tuple(options.model), backend=options.backend,
                           size=options.size, steps=options.steps, scenes=options.scenes, repeat=options.repeat,
                           warmup=options.warmup, processes=options.processes)
    report = _follow(bench(request), options.quiet)
    _write(report, options.json, options.chart)
    if not options.quiet:
        _show(report)
        for path in outputs:
            sys.stdout.write(f"written to {path}\n")
    return 0


def _check_outputs(*paths: Path | None) -> None:
    """Raise UsageError or StorageError now, not after the measuring, when a file cannot be written."""
    from runtime.media.files import check_writable

    json_file, chart_file = paths
    if chart_file is not None and chart_file.suffix.lower() != CHART:
        raise UsageError(f"a chart's name to end in {CHART}", f"{chart_file.name!r} was given", "choose another name")
    if json_file is not None and chart_file is not None and json_file.absolute() == chart_file.absolute():
        raise UsageError("two files for --json and --chart", f"both are {json_file}", "choose another name for one")
    for path in filter(None, paths):
        check_writable(path)


def _follow(work: "Generator[str, None, Report]", quiet: bool) -> "Report":
    """The report, with what is being measured said on a terminal meanwhile."""
    from rich.console import Console

    from runtime.generators import finish

    console = Console(stderr=True, highlight=False)
    shown = console.status("starting") if console.is_terminal and not quiet else contextlib.nullcontext()
    with shown as status, contextlib.closing(work):
        return finish(work, lambda words: status.update(f"measuring: {words}") if status is not None else None)


def _write(report: "Report", json_file: Path | None, chart_file: Path | None) -> None:
    from runtime.bench.chart import chart
    from runtime.bench.report import to_json
    from runtime.media.files import replacing

    for path, text in ((json_file, to_json), (chart_file, chart)):
        if path is not None:
            with replacing(path) as draft:
                draft.write_text(text(report), encoding="utf-8", newline="\n")


def _show(report: "Report") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    bundles = {bundle.digest: bundle.manifest for bundle in report.line_up.bundles.values()}
    facts = report.environment
    lines = [f"MovieFactory {facts['moviefactory_version']} on {report.device}, {facts['cpu_usable']} cores, "
             f"{facts['platform']}",
             "models: " + ", ".join(f"{manifest.name} {manifest.version}" for manifest in bundles.values())]
    lines += [f"{engine}: " + ", ".join(names) for engine, names in _engines(report).items()]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print(_table(report))
    load, cores = facts["load_average"], facts["cpu_usable"] or 1
    if load is not None and load > BUSY * cores:
        console.print(f"note: other programs wanted {load:g} of {cores} cores just before: on a quiet machine it is "
                      "faster", markup=False, soft_wrap=True)
    for peak in report.peaks:
        console.print(f"peak here, {peak.engine}: {peak.tflops:.3g} TFLOP/s ({peak.work})", markup=False,
                      soft_wrap=True)


def _engines(report: "Report") -> dict[str, list[str]]:
    """Which rows each engine ran."""
    from runtime.bench.words import said

    ran: dict[str, list[str]] = {}
    for row in report.rows:
        ran.setdefault(row.engine, []).append(said(row))
    return ran


def _table(report: "Report") -> Any:
    """One line a row; a dash for what nobody could measure."""
    from rich.table import Table

    energy = any(_joules(row) is not None for row in report.rows)
    video = any(_video_memory(row) is not None for row in report.rows)
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    columns = ["p50", "p90", "p99", "runs", "memory", *(["VRAM"] if video else []), *(["energy"] if energy else []),
               "TFLOP/s", "of peak"]
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    phase = ""
    for row in report.rows:
        if row.phase != phase:
            phase = row.phase
            table.add_row(phase, style="bold")
        table.add_row(*_cells(row, report, energy, video))
    return table


def _cells(row: "Row", report: "Report", energy: bool, video: bool) -> list[str]:
    from runtime.bench.figures import percentile
    from runtime.bench.words import duration, is_part, said

    times = [duration(percentile(row.values, percent)) for percent in (50, 90, 99)]
    sizes = [row.cost.ram if row.cost else None, *([_video_memory(row)] if video else [])]
    memory = ["-" if size is None else f"{size / 1e6:.0f} MB" for size in sizes]
    joules, percent = _joules(row), report.percent_of_peak(row)
    spent = ["-" if joules is None else f"{joules:.3g} J"] if energy else []
    return [("    " if is_part(row) else "  ") + said(row), *times, str(len(row.values)), *memory, *spent,
            "-" if row.tflops is None else f"{row.tflops:.3f}", "-" if percent is None else f"{percent:.0f} %"]


def _video_memory(row: "Row") -> int | None:
    """Of these processes where the driver tells, else of all."""
    if row.cost is None:
        return None
    return row.cost.vram if row.cost.own_vram is None else row.cost.own_vram


def _joules(row: "Row") -> float | None:
    """What a run used, of what is counted here."""
    if row.cost is None:
        return None
    counted = [value for value in (row.cost.cpu, row.cost.dram, row.cost.gpu) if value is not None]
    return sum(counted) / len(row.values) if counted else None
