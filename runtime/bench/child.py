"""The process that is measured: `python -m runtime.bench.child`, a request as JSON on its input.

What it prints is `runtime.bench.talk`'s: windows of work, at last `rows` and `peaks`, or an `error`.
"""

import sys

from runtime.bench.talk import Talk
from runtime.errors import MovieFactoryError


def main() -> int:
    """Measure what is asked for on stdin; 0 when all of it was."""
    talk = Talk()
    request = talk.request()
    kind = request.pop("kind")
    try:
        if kind in ("cold", "build"):
            from runtime.bench.cold import measure_build, measure_cold

            (measure_cold if kind == "cold" else measure_build)(request, talk)
        else:
            from runtime.bench.request import BenchRequest
            from runtime.bench.warm import MEASURES
            from runtime.bench.work import open_work, tell

            work = open_work(BenchRequest.from_dict(request), talk)
            with work.engines:
                measured = MEASURES[kind](work)
            tell(work, measured, peaks=kind == "step")
    except MovieFactoryError as error:
        talk.fail(error)
        return 1
    except KeyboardInterrupt:
        return 1  # who watches got it too, and says so
    return 0


if __name__ == "__main__":
    sys.exit(main())
