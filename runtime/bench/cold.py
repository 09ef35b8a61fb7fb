"""What it costs to begin: each figure once, in a process that has done nothing yet."""

import time

from runtime.bench.talk import Talk


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
    from runtime.bundle.manifest import needed

    work = open_work(BenchRequest.from_dict(dict(asked)), talk)
    scope = work.request.scope
    roles = ["denoiser"] if scope == "step" else list(work.line_up.bundles)
    opened: dict[str, float] = {}
    with work.engines:
        with talk.window("cold.load"):
            for role in roles:
                start = time.perf_counter()
                parts = needed(work.line_up.bundle(role).role(role), work.engines.on_gpu)
                for part in parts:
                    work.engines.get(role, part)
                if parts:
                    opened[role] = time.perf_counter() - start
        denoiser = work.timed("denoiser")
        evaluate = evaluation(work, denoiser)
        with talk.window("cold.first_step"):
            start = time.perf_counter()
            evaluate()
            first = time.perf_counter() - start
        engine = denoiser.device
        loaded = work.ran_on()
    rows = [Row(name="cold.import", scope=scope, phase="cold", engine=engine, values=(imported,)),
            Row(name="cold.load", scope=scope, phase="cold", engine=loaded, values=(sum(opened.values()),),
                parts=opened),
            Row(name="cold.first_step", scope=scope, phase="cold", engine=engine, values=(first,), unit="steps")]
    tell(work, map(Measured, rows), peaks=False)
