"""A whole benchmark, from the first cold start to the last film."""

import dataclasses
import statistics
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from runtime.backends import GPU_BACKENDS, needs_building, resolve
from runtime.backends.cuda_driver import card
from runtime.backends.peak import Peak
from runtime.bench.energy import Nvidia, Rapl
from runtime.bench.figures import SCOPES, Cost, Row
from runtime.bench.machine import environment, processor
from runtime.bench.processes import FilmFound, Found, make_film, measure
from runtime.bench.request import BenchRequest, check_request
from runtime.bench.watch import Watch
from runtime.bundle import LineUp

_WORDS: Final = {"step": "one step of the denoiser", "stage": "stage by stage", "scene": "whole scenes"}


@dataclass(frozen=True)
class Report:
    """All that was measured and on what. `device` names the chip that ran the engines, `environment` the machine."""

    request: BenchRequest
    line_up: LineUp
    device: str
    environment: dict[str, Any]
    rows: tuple[Row, ...]
    peaks: tuple[Peak, ...]

    def peak(self, engine: str) -> Peak | None:
        """The machine's own measured peak on `engine`."""
        return next((peak for peak in self.peaks if peak.engine == engine), None)

    def percent_of_peak(self, row: Row) -> float | None:
        """How much of the peak a row reaches; None where either is unknown."""
        peak = self.peak(row.engine)
        return None if peak is None or row.tflops is None else 100 * row.tflops / peak.tflops


def bench(request: BenchRequest) -> Generator[str, None, Report]:
    """Measure what is asked for, yielding in words what comes next. Close the generator to stop.

    Raises UsageError, BackendError or BundleError before anything is measured where that is impossible, later what
    stopped a measured process.
    """
    line_up = check_request(request)
    request = dataclasses.replace(request, backend=resolve(request.backend))
    on_gpu = request.backend in GPU_BACKENDS
    # Engines use the first GPU, whatever others there are.
    device = card() if on_gpu else processor()
    gpu = Nvidia.open() if on_gpu else None
    about = environment(gpu, device if on_gpu else "")
    found: list[Found] = []
    with closing(Watch(Rapl(), gpu)) as watch, tempfile.TemporaryDirectory(prefix="moviefactory-") as place:
        # Built for this benchmark, and found by all of its processes: nobody's own cache decides what is measured.
        own = {"MOVIEFACTORY_CACHE": place} if needs_building(request.backend) else None
        if own:
            yield "building engines, as if there were none"
            found.append(measure("build", request, watch, environment=own))
            yield "the first start with them"
            found.append(_fresh(measure("cold", request, watch, environment=own)))
        for number in range(1, request.processes + 1):
            yield f"cold start {number} of {request.processes}"
            found.append(measure("cold", request, watch, environment=own))
        rows = _together(row for process in found for row in process.rows)
        for scope in SCOPES[:3]:
            if request.covers(scope):
                yield _WORDS[scope]
                found.append(measure(scope, request, watch, environment=own))
                rows += found[-1].rows
        if request.covers("film"):
            loaded = next(row.engine for row in rows if row.name == "cold.load")
            rows += yield from _films(request, watch, loaded)
    return Report(request, line_up, device, about, tuple(rows), tuple(peak for process in found
                                                                     for peak in process.peaks))


def _fresh(found: Found) -> Found:
    """The rows of a first start: libraries compile kernels of new engines when they open and run them, and keep them
    for the next."""
    return Found(tuple(dataclasses.replace(row, name=f"{row.name}_new") for row in found.rows
                       if row.name != "cold.import"), found.peaks)


def _films(request: BenchRequest, watch: Watch, engine: str) -> Generator[str, None, list[Row]]:
    """The whole command: with nothing there, with compiled engines there, and for a film that is finished."""
    with tempfile.TemporaryDirectory(prefix="moviefactory-") as place:
        folder, cache = Path(place), Path(place) / "cache"
        length = "1 scene" if request.scenes == 1 else f"{request.scenes} scenes"
        yield f"a film of {length}, nothing cached"
        rows = [_film_row("film.first", [make_film(request, folder / "0.mp4", cache, watch)], engine)]
        later: list[FilmFound] = []
        for number in range(1, request.repeats("film") + 1):
            yield f"a film of {length}, {number} of {request.repeats('film')}"
            later.append(make_film(request, folder / f"{number}.mp4", cache, watch))
        rows.append(_film_row("film.cached", later, engine))
        yield "a film that is finished"
        rows.append(_film_row("film.again", [make_film(request, folder / "0.mp4", cache, watch)], engine))
    return rows


def _film_row(name: str, films: Sequence[FilmFound], engine: str) -> Row:
    stages = dict.fromkeys(stage for film in films for stage in film.stages)
    parts = {stage: statistics.fmean(film.stages.get(stage, 0.0) for film in films) for stage in stages}
    return Row(name=name, scope="film", phase="cold", engine=engine, values=tuple(film.seconds for film in films),
               volume=films[0].film_seconds, unit="seconds of film", parts=parts,
               cost=_sum([film.cost for film in films]))


def _together(rows: Iterable[Row]) -> list[Row]:
    """Rows of one name from several processes as one."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.name, []).append(row)
    return [dataclasses.replace(
        group[0], values=tuple(value for row in group for value in row.values),
        parts={part: statistics.fmean(row.parts[part] for row in group) for part in group[0].parts},
        cost=_sum([row.cost for row in group if row.cost is not None])) for group in groups.values()]


def _sum(costs: Sequence[Cost]) -> Cost | None:
    """The largest memory and the sum of the energy."""
    if not costs:
        return None
    most = {name: max((value for cost in costs if (value := getattr(cost, name)) is not None), default=None)
            for name in ("ram", "vram", "own_vram")}
    spent = {name: None if None in (values := [getattr(cost, name) for cost in costs]) else sum(values)
             for name in ("cpu", "dram", "gpu")}
    return Cost(**most, **spent)
