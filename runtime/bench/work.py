"""What every measured process needs: models, engines that keep time, and a clock around runs."""

import dataclasses
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from runtime.backends.arithmetic import count_flops
from runtime.backends.peak import measure_peak
from runtime.bench.figures import Row, Scope
from runtime.bench.request import SEED, BenchRequest, measured_line_up
from runtime.bench.talk import Talk
from runtime.bench.timed import Timed, Use
from runtime.bundle import Engines, LineUp
from runtime.bundle.manifest import needed
from runtime.errors import OutOfMemory
from runtime.film.drawing import condition, denoise_request
from runtime.film.setup import solver_table
from runtime.shot.guidance import guided
from runtime.shot.noise import noise
from runtime.shot.stepper import STATE, held_feeds

T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """A row, and the graphs that ran for all of its values together."""

    row: Row
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True)
class Work:
    """One measured process: what was asked, the models, their engines, and who watches."""

    request: BenchRequest
    line_up: LineUp
    engines: Engines
    talk: Talk

    def timed(self, role: str, part: str = "graph") -> Timed:
        """A role's engine, opened if it is not, that keeps time."""
        bundle = self.line_up.bundle(role)
        graph = bundle.graph(role, part)
        return Timed(self.engines.get(role, part), bundle.path(graph.file.file))

    def opened(self, role: str) -> bool:
        """Open a role's engines, as films do: what does not fit beside the others is opened alone. False where the role
        has none."""
        parts = needed(self.line_up.bundle(role).role(role), self.engines.on_gpu)
        try:
            for part in parts:
                self.engines.get(role, part)
        except (OutOfMemory, MemoryError):
            if self.engines.sparing:
                raise
        else:
            return bool(parts)
        # Out of the except block: until its end the error holds on to what was opened.
        self.engines.spare_memory()
        return self.opened(role)

    def ran_on(self) -> str:
        """The engines that are open, each kind once."""
        return listed(name for devices in self.engines.devices().values() for name in devices.split(", "))

    def measure(self, name: str, scope: Scope, run: Callable[[], T],
                engines: Iterable[Timed] = ()) -> tuple[tuple[float, ...], T]:
        """The seconds of each counted run, and what the last gave. `engines` forget what the warm-up took."""
        for _ in range(self.request.warmup):
            run()
        for engine in engines:
            engine.forget()
        values: list[float] = []
        with self.talk.window(name):
            for _ in range(self.request.repeats(scope)):
                start = time.perf_counter()
                result = run()
                values.append(time.perf_counter() - start)
        return tuple(values), result


def listed(names: Iterable[str]) -> str:
    """Names in order, each once."""
    return ", ".join(dict.fromkeys(names))


def open_work(request: BenchRequest, talk: Talk) -> Work:
    """Models opened, engines not yet."""
    line_up = measured_line_up(request.models, request.scope)
    return Work(request, line_up, Engines(line_up, request.backend), talk)


def tell(work: Work, measured: Iterable[Measured], peaks: bool = True) -> None:
    """Hand over what was measured and, with `peaks`, what the backend can do at most in each precision.

    Counting and the peaks come last: what they load would show in the memory of rows after them.
    """
    rows = [dataclasses.replace(item.row, flops=_flops(item)) for item in measured]
    # Only OpenVINO computes in less precision than graphs say: only there do `exact` graphs have a peak of their own.
    precisions = (False, True) if work.request.backend == "openvino" else (False,)
    found = [measure_peak(work.request.backend, exact=exact) for exact in precisions] if peaks else []
    work.talk.say(rows=[dataclasses.asdict(row) for row in rows],
                  peaks=[dataclasses.asdict(peak) for peak in {peak.engine: peak for peak in found}.values()])


def evaluation(work: Work) -> tuple[Timed, Callable[[], object]]:
    """The denoiser's engine and one evaluation of it, guidance included where it has any, on noise: its work does not
    depend on what it draws. On a GPU it is a step graph's, if there is one, as in films: the solver's step included."""
    facts, table = work.line_up.denoiser, solver_table(work.request.settings, work.line_up)
    part = facts.parts(work.engines.on_gpu)[0]
    denoiser = work.timed("denoiser", part)
    shape = next(spec.shape for spec in denoiser.inputs if spec.name == "context")
    tokens, width = (size if isinstance(size, int) else _tokens(work.line_up) for size in shape[-2:])
    context, null = (noise(SEED, (1, tokens, width), stream) for stream in (1, 2))
    request = denoise_request(facts, table, SEED, condition(facts, context, null))
    if part == "step":
        feeds = held_feeds(denoiser, request)[0] | denoiser.hold({STATE: request.start()[:, 0]})
        return denoiser, lambda: denoiser.run(feeds, keep=[spec.name for spec in denoiser.outputs])
    predict, latent, moment = guided(denoiser, request.condition), request.start()[0], float(table.time[0])
    return denoiser, lambda: predict(latent, moment)


def _flops(measured: Measured) -> int | None:
    """Operations of one run of a row; None when those of a graph are unknown, or no graph ran."""
    counts = [(count_flops(use.graph, use.shapes), use.runs) for use in measured.uses if use.runs]
    if not counts or any(flops is None for flops, _ in counts):
        return None
    return sum((flops or 0) * runs for flops, runs in counts) // len(measured.row.values)


def _tokens(line_up: LineUp) -> int:
    """The length of a text where the denoiser takes any: the text encoder's, else CLIP's."""
    return line_up.text_encoder.max_tokens if "text_encoder" in line_up.bundles else 77
