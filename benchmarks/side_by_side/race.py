"""The processes of a comparison: a side each, asked for one run at a time, all in turns."""

import dataclasses
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, Self

import numpy as np

from benchmarks.side_by_side.figures import Contender, Entry
from benchmarks.side_by_side.task import Scope, Task
from export.compare import relative_error
from export.spec import Tolerance
from runtime.bench.memory import find_resident
from runtime.bench.processes import died, running, told_error, write_line
from runtime.errors import BackendError, MovieFactoryError

COMMAND: Final = (sys.executable, "-m", "benchmarks.side_by_side.child")
PAUSE: Final = 0.2
"""Seconds between turns: the threads of the library that ran last go on spinning for a moment."""


class Side:
    """One process and what it is asked."""

    def __init__(self, process: "subprocess.Popen[str]", complaints: IO[str]) -> None:
        self._process, self._complaints = process, complaints

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to one question. Raises the MovieFactoryError it told of, BackendError when it died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        write_line(self._process.stdin, json.dumps(question))
        for line in self._process.stdout:
            if line.startswith("{"):  # libraries print too
                answer: dict[str, Any] = json.loads(line)
                if "error" in answer:
                    raise told_error(**answer["error"])
                return answer
        raise died(self._process.wait(), self._complaints)

    def memory(self) -> int | None:
        """Resident bytes of the process and its children."""
        resident = find_resident()
        return resident(self._process.pid) if resident else None


@contextmanager
def opened(task: Task) -> Iterator[Side]:
    """A process that does not outlive the block."""
    # A cache of its own: compiling is part of the first run here, and nothing of it is left behind.
    cache = {"TORCHINDUCTOR_CACHE_DIR": str(Path(task.place) / "inductor")}
    with tempfile.TemporaryFile("w+") as complaints, running(COMMAND, complaints, cache) as process:
        yield Side(process, complaints)


def export(task: Task) -> dict[str, Any]:
    """Write graph and feeds in a process of their own, whose memory is free afterwards: its answer."""
    with opened(task) as side:
        return side.ask(task=dataclasses.asdict(task), side="export")


class Race:
    """All contenders on one device ('cpu' or 'cuda', torch's), each side's process opened when it is first needed.

    `exported` is what `export` answered. Use it as a context manager.
    """

    def __init__(self, task: Task, exported: dict[str, Any], place: str) -> None:
        self._task, self._sampling, self._place = task, exported["sampling"], place
        self._tolerance = Tolerance(**exported["tolerance"])
        self._stack, self._sides = ExitStack(), dict[str, Side]()
        self.tried: dict[str, float] = {}
        """Seconds of each way of using bf16 that torch was tried out with."""

    def admit(self, contender: Contender) -> Entry:
        """Open a contender and let it run each scope once: how far it is from eager fp32 on the CPU."""
        entry = Entry(contender=contender)
        try:
            side = self._side(contender.side)
            told = side.ask(open=contender.way)
            self.tried |= told["tried"]
            # On GPUs libraries round to TF32 or bf16 of their own accord.
            brain = self._place == "cuda" or "bf16" in told["device"]
            precision = "fp32" if contender.side == "torch" else self._task.precision
            entry = dataclasses.replace(entry, device=told["device"],
                                        limit=self._tolerance.limit(precision, brain))
            for scope in self._task.scopes:
                seconds, error = self._compared(side, contender, scope)
                entry = dataclasses.replace(entry, errors={**entry.errors, scope: error},
                                            first={**entry.first, scope: seconds})
            return dataclasses.replace(entry, memory=side.memory())
        except MovieFactoryError as error:
            return dataclasses.replace(entry, failed=str(error))

    def time(self, entries: Sequence[Entry], scope: Scope, rounds: int) -> list[Entry]:
        """Let those that are equal run in turns, A-B-C-A-B-C."""
        found = list(entries)
        for _ in range(rounds):
            for number, entry in enumerate(found):
                if not entry.equal(scope):
                    continue
                time.sleep(PAUSE)
                try:
                    seconds = self._side(entry.contender.side).ask(way=entry.contender.way, scope=scope)["seconds"]
                    values = {**entry.values, scope: (*entry.values.get(scope, ()), seconds)}
                    found[number] = dataclasses.replace(entry, values=values)
                except MovieFactoryError as error:
                    found[number] = dataclasses.replace(entry, failed=str(error), values={})
        return found

    def _side(self, name: str) -> Side:
        if name not in self._sides:
            self._sides[name] = self._stack.enter_context(opened(self._task))
            self._sides[name].ask(task=dataclasses.asdict(self._task), side=name, sampling=self._sampling,
                                  place=self._place)
        return self._sides[name]

    def _compared(self, side: Side, contender: Contender, scope: Scope) -> tuple[float, float]:
        """Seconds and error of one run; that of diffusers, eager in fp32, is what all others are compared with."""
        place = Path(self._task.place)
        reference, out = place / f"reference-{scope}.npy", place / f"out-{scope}.npy"
        seconds: float = side.ask(way=contender.way, scope=scope, out=str(out))["seconds"]
        if not reference.exists():
            if contender.way != "eager":
                raise BackendError("diffusers' own result to compare with", "eager did not run", "see what it said")
            if not np.isfinite(np.load(out)).all():
                raise BackendError("finite numbers from the network in fp32", "others came", "check its weights")
            out.rename(reference)
            return seconds, 0.0
        error = relative_error(np.load(out), np.load(reference))
        return seconds, error if math.isfinite(error) else sys.float_info.max  # JSON has no infinity

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
