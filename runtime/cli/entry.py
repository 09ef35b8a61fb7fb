"""Where the command begins and ends: every way out is one line and a documented exit code."""

import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Final

from runtime.cli.options import PROGRAM, parse
from runtime.errors import Cancelled, MovieFactoryError, unforeseen

DEBUG: Final = "MOVIEFACTORY_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's) and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter is no reason to stop
    try:
        with _terminable():
            options = parse(argv)
            code: int = options.run(options)
    except MovieFactoryError as error:
        code = error.exit_code
        _say(f"{PROGRAM}: {error}")
    except KeyboardInterrupt as interrupt:
        code = Cancelled.exit_code
        _say(f"{PROGRAM}: stopped" + "".join(f"; {advice}" for advice in interrupt.args))
    except BrokenPipeError:
        code = 0  # who read our output has enough
    except Exception as error:  # noqa: BLE001 - a defect, but the user gets a line, not our stack
        refusal = unforeseen(error, f"please report it, with what {DEBUG}=1 shows")
        code = refusal.exit_code
        _say(f"{PROGRAM}: {refusal}")
        if os.environ.get(DEBUG):
            traceback.print_exc()
    _flush()
    return code


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Being told to terminate ends like Ctrl-C: in order, with what is finished kept."""
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        print(" ".join(line.splitlines()), file=sys.stderr)  # noqa: T201 - this is the command line


def _flush() -> None:
    """Flush stdout now; if nobody reads it, point it nowhere so that Python does not complain at exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
