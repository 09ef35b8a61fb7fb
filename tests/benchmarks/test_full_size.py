"""What the processes of the full-size benchmark say of themselves."""

import sys

from benchmarks.full_size import cost


def test_a_process_says_what_it_took_or_why_it_ended() -> None:
    told = cost("told", [sys.executable, "-c", "print('on the way'); print('{\"mb\": 1.5}')"])
    assert told["mb"] == 1.5
    assert told["peak_mib"] > 1
    assert "failed" not in told
    assert "ZeroDivisionError" in cost("wrong", [sys.executable, "-c", "1 / 0"])["failed"]
    killed = cost("killed", [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
    assert killed["failed"] == "ended with -9"
