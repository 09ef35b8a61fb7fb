"""What both writers are asked for, checked before any work begins."""

import math
from typing import Final

from runtime.errors import ScriptError, UsageError
from runtime.screenplay import MAX_SCENES

MAX_IDEA: Final = 2000
"""Longest idea in characters: a paragraph is fine, a novel is not an idea."""


def check(idea: str, scenes: int, seconds: float) -> None:
    """Raise ScriptError for an idea nobody can film, UsageError for an impossible number of scenes or length."""
    if not any(char.isprintable() and not char.isspace() for char in idea):
        raise ScriptError("a sentence to make a film of", "the idea is empty",
                          'say what happens, for example "a race between a car and an airplane"')
    if len(idea) > MAX_IDEA:
        raise ScriptError(f"an idea of at most {MAX_IDEA} characters", f"this one has {len(idea)}",
                          "shorten it to what happens, to whom and where")
    try:
        idea.encode()
    except UnicodeEncodeError as error:
        raise ScriptError("an idea that is text", f"character {error.start + 1} of it is not valid Unicode",
                          "type the idea again, or check the encoding of the file or terminal it came from") from error
    if not 1 <= scenes <= MAX_SCENES:
        raise UsageError(f"1 to {MAX_SCENES} scenes", f"{scenes} were asked for", "ask for a number in that range")
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError("scenes that last longer than 0 seconds", f"{seconds} was asked for",
                         "ask for a length such as 2")
