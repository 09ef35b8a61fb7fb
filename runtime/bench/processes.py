"""Runs the processes that are measured, and watches them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from runtime import errors
from runtime.backends.peak import Peak
from runtime.bench.figures import Cost, Row
from runtime.bench.request import IDEA, SEED, BenchRequest
from runtime.bench.watch import Watch
from runtime.errors import BackendError, MovieFactoryError


@dataclass(frozen=True)
class Found:
    """What one process measured."""

    rows: tuple[Row, ...]
    peaks: tuple[Peak, ...]


@dataclass(frozen=True)
class FilmFound:
    """What one whole film took: seconds in all and of each stage; `film_seconds` is how long it runs."""

    seconds: float
    film_seconds: float
    stages: Mapping[str, float]
    cost: Cost


def child_command() -> tuple[str, ...]:
    """How to start a measured process. A frozen app, whose `sys.executable` is itself, has to use its own."""
    return (sys.executable, "-m", "runtime.bench.child")


def measure(kind: str, request: BenchRequest, watch: Watch, command: Sequence[str] = (),
            environment: Mapping[str, str] | None = None) -> Found:
    """Measure `kind` (build, cold or a scope) in a fresh process, with `environment` added to this one's.

    Raises what stopped the process: its MovieFactoryError, or BackendError when it died without a word.
    """
    with (tempfile.TemporaryFile("w+") as complaints,
          running(command or child_command(), complaints, environment) as process):
        assert process.stdin is not None
        assert process.stdout is not None
        costs: dict[str, Cost] = {}
        write_line(process.stdin, json.dumps({"kind": kind, **request.to_dict()}))
        for line in process.stdout:
            news: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if "begin" in news:
                watch.start(process.pid)
                write_line(process.stdin)
            elif "end" in news:
                costs[news["end"]] = watch.stop()
                write_line(process.stdin)
            elif "error" in news:
                raise told_error(**news["error"])
            elif "rows" in news:
                return Found(tuple(_row(row, costs) for row in news["rows"]),
                             tuple(Peak(**peak) for peak in news["peaks"]))
        raise died(process.wait(), complaints)


def make_film(request: BenchRequest, out: Path, cache: Path, watch: Watch) -> FilmFound:
    """Run the whole `make` command for the film `out`, with compiled engines kept in `cache`.

    Raises what stopped the command.
    """
    words = ["--scenes", str(request.scenes), "--seed", str(SEED), "--backend", request.backend, "--events", "json"]
    words += [word for path in request.models for word in ("--model", str(path.absolute()))]
    words += [] if request.size is None else ["--size", f"{request.size[0]}x{request.size[1]}"]
    words += [] if request.steps is None else ["--steps", str(request.steps)]
    command = (sys.executable, "-m", "runtime", "make", IDEA, "-o", str(out), *words)
    with tempfile.TemporaryFile("w+") as complaints:
        started, clock = time.time(), time.perf_counter()
        with running(command, complaints, {"MOVIEFACTORY_CACHE": str(cache)}) as process:
            assert process.stdout is not None
            watch.start(process.pid)
            events = [json.loads(line) for line in process.stdout if line.startswith("{")]
            cost = watch.stop()
            code = process.wait()
            seconds = time.perf_counter() - clock
        last = events[-1] if events else {}
        if last.get("type") == "Failed":
            raise told_error(last["code"], last["expected"], last["got"], last["fix"])
        if last.get("type") != "FilmDone":
            raise died(code, complaints)
    return FilmFound(seconds, last["seconds"], _stages(events, started), cost)


def _stages(events: Sequence[Mapping[str, Any]], started: float) -> dict[str, float]:
    """Seconds of each stage, from its start to the next one's; 'start' is what passes before the first."""
    spent: dict[str, float] = {}
    now, since = "start", started
    for event in events:
        if event["type"] in ("StageStarted", "FilmDone"):
            spent[now] = spent.get(now, 0.0) + max(0.0, event["time"] - since)
            now, since = event.get("stage", "end"), event["time"]
    return spent


@contextmanager
def running(command: Sequence[str], complaints: IO[str],
             environment: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A process that does not outlive the block, with pipes to talk to it; `complaints` gets its stderr."""
    process = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
                               text=True, encoding="utf-8", env={**os.environ, **(environment or {})})
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdout:
            yield process
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):  # what it did not read is lost with it
            process.stdin.close()


def write_line(stream: IO[str], line: str = "") -> None:
    """Tell a process something; one that is gone is noticed by the end of what it says."""
    with suppress(OSError):
        stream.write(line + "\n")
        stream.flush()


def _row(data: dict[str, Any], costs: Mapping[str, Cost]) -> Row:
    return Row(**{**data, "values": tuple(data["values"]), "cost": costs.get(data["name"])})


def told_error(code: str, expected: str, got: str, fix: str) -> MovieFactoryError:
    """The error that a process told of."""
    kinds = {kind.code: kind for kind in vars(errors).values()
             if isinstance(kind, type) and issubclass(kind, MovieFactoryError)}
    return kinds.get(code, MovieFactoryError)(expected, got, fix)


def died(code: int, complaints: IO[str]) -> BackendError:
    """The error for a process that ended with `code` before it had answered; names the last line it wrote."""
    complaints.seek(0)
    last = next((line.strip() for line in reversed(complaints.readlines()) if line.strip()), "it said nothing")
    return BackendError("the measured process to finish", f"it ended with code {code}: {last[:300]}",
                        "close other programs and try again, or choose another --backend")
