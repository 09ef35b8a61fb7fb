"""What it costs to begin: each figure once, in a process that has done nothing yet."""

import time
from typing import TYPE_CHECKING

from runtime.bench.talk import Talk

if TYPE_CHECKING:
    from runtime.bench.work import Work


def measure_cold(asked: dict[str, object], talk: Talk) -> None:
    """Time the imports, the opening of every engine of the scope and the first evaluation of the denoiser.

    The files may lie in the system's cache: only an administrator can empty it.
    """
    start = time.perf_counter()
    with talk.window("cold.import"):
        # Here and not above: these imports are what is timed. They are also what a film needs.
        import runtime.film  # noqa: F401
        from runtime.backends.choose import load_library

        load_library(str(asked["backend"]))
        imported = time.perf_counter() - start
    from runtime.bench.figures import Row
    from runtime.bench.request import BenchRequest
    from runtime.bench.work import Measured, evaluation, open_work, tell

    work = open_work(BenchRequest.from_dict(dict(asked)), talk)
    scope, roles = work.request.scope, _roles(work)
    opened: dict[str, float] = {}
    with work.engines:
        with talk.window("cold.load"):
            for role in roles:
                start = time.perf_counter()
                if work.opened(role):
                    opened[role] = time.perf_counter() - start
        denoiser, evaluate = evaluation(work)
        with talk.window("cold.first_step"):
            start = time.perf_counter()
            evaluate()
            first = time.perf_counter() - start
        engine = denoiser.device
        loaded = work.ran_on()
    rows = [Row(name="cold.import", scope=scope, phase="cold", engine=engine, values=(imported,),
                host=True),
            Row(name="cold.load", scope=scope, phase="cold", engine=loaded, values=(sum(opened.values()),),
                parts=opened),
            Row(name="cold.first_step", scope=scope, phase="cold", engine=engine, values=(first,), unit="steps")]
    tell(work, map(Measured, rows), peaks=False)


def measure_build(asked: dict[str, object], talk: Talk) -> None:
    """Time the building of every engine of the scope: what a first film waits for. That there are none yet is for `run`
    to see to, which starts this process."""
    from runtime.backends import built_by, prepare_engine
    from runtime.bench.figures import Row
    from runtime.bench.request import BenchRequest
    from runtime.bench.work import Measured, open_work, tell
    from runtime.generators import finish

    work = open_work(BenchRequest.from_dict(dict(asked)), talk)
    built: dict[str, float] = {}
    with talk.window("cold.build"):
        for role, graph, exact in work.line_up.graphs(work.engines.on_gpu):
            if role in _roles(work):
                start = time.perf_counter()
                finish(prepare_engine(graph, work.request.backend, exact=exact))
                built[role] = built.get(role, 0.0) + time.perf_counter() - start
    row = Row(name="cold.build", scope=work.request.scope, phase="cold", engine=built_by(work.request.backend),
              values=(sum(built.values()),), parts=built, host=True)
    tell(work, [Measured(row)], peaks=False)


def _roles(work: "Work") -> list[str]:
    return ["denoiser"] if work.request.scope == "step" else list(work.line_up.bundles)
