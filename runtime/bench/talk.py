"""How a measured process speaks with the one that watches it: JSON lines out, one empty line back for each.

Before and after each window of work the process says so and waits, so that the other can look at memory and energy
counters at exactly these moments.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from runtime.errors import MovieFactoryError


class Talk:
    """The measured process's end."""

    def __init__(self, asked: TextIO | None = None, told: TextIO | None = None) -> None:
        self._asked, self._told = asked or sys.stdin, told or sys.stdout

    def request(self) -> dict[str, Any]:
        """What is to be measured: the first line that comes."""
        request: dict[str, Any] = json.loads(self._asked.readline())
        return request

    @contextlib.contextmanager
    def window(self, name: str) -> Iterator[None]:
        """What happens inside is what the row `name` costs."""
        self._agree(begin=name)
        yield
        self._agree(end=name)

    def say(self, **news: Any) -> None:
        """Tell something that needs no answer."""
        self._told.write(json.dumps(news) + "\n")
        self._told.flush()

    def fail(self, error: MovieFactoryError) -> None:
        """Tell why there is no answer."""
        self.say(error={"code": error.code, "expected": error.expected, "got": error.got, "fix": error.fix})

    def _agree(self, **news: Any) -> None:
        self.say(**news)
        if not self._asked.readline():
            raise SystemExit(1)  # nobody watches any more
