"""Work that says how far it is and gives a result in the end: generators, run to their end."""

from collections.abc import Callable, Generator
from typing import TypeVar

News = TypeVar("News")
Result = TypeVar("Result")


def finish(work: Generator[News, None, Result], tell: Callable[[News], object] = lambda _: None) -> Result:
    """Run `work` to its end, pass on its news, and give what it returns."""
    while True:
        try:
            news = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        tell(news)
