"""What was understood of an idea, as data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from runtime.story.english import ARTICLES, COLOURS, MATERIALS, article, is_adjective

Role = Literal["at", "from", "to"]

MAX_WORDS: Final = 10
"""Longest description in words: it stands in every scene, and the picture model reads about 24."""
MAX_CHARS: Final = 80


@dataclass(frozen=True)
class Subject:
    """Someone or something the idea names, in the user's words: determiner, adjectives, noun, what follows it."""

    kind: str
    determiner: str
    adjectives: tuple[str, ...]
    noun: str
    after: str = ""
    plural: bool = False
    verbatim: bool = False
    colour: str = ""

    @property
    def bare(self) -> str:
        """The description without its determiner: `small red robot with a scarf`."""
        split = len(self.adjectives)
        while split and not is_adjective(self.adjectives[split - 1].lower()):
            split -= 1  # a colour comes before what is nearly part of the noun (`a blue rescue helicopter`)
        words = [*self.adjectives[:split], *self.colour.split(), *self.adjectives[split:], *self.noun.split()]
        while len(" ".join(words)) > MAX_CHARS and len(words) > 1:
            del words[0]
        words = words[-MAX_WORDS:]
        room = MAX_WORDS - len(words)
        after = self.after if len(self.after.split()) <= room else ""
        return " ".join([*words, *([after] if after else [])])[:MAX_CHARS].rstrip()

    @property
    def description(self) -> str:
        """What every one of its scenes says: `a small red robot with a scarf`."""
        if self.determiner in ARTICLES and not self.verbatim:
            return f"{article(self.bare)} {self.bare}"
        return f"{self.determiner} {self.bare}" if self.determiner else self.bare

    @property
    def short(self) -> str:
        """Its name, or adjectives and noun alone: for titles and lists."""
        if self.after.startswith(("named ", "called ")):
            return self.after.split(" ", 1)[1][:MAX_CHARS]
        return " ".join([*self.adjectives[-2:], self.noun])[:MAX_CHARS]

    @property
    def looks(self) -> bool:
        """Whether the user said what it looks like, so that no colour is to be added."""
        words = {part for word in (*self.adjectives, self.after) for part in word.lower().replace("-", " ").split()}
        return bool(words & (COLOURS | MATERIALS))


@dataclass(frozen=True)
class Spot:
    """A place the idea names: the setting it belongs to ("" for one nobody listed), the user's words for it."""

    setting: str
    phrase: str
    preposition: str = ""
    word: str = ""
    role: Role = "at"


@dataclass(frozen=True)
class Reading:
    """An idea, read. `times` and `weather` are (name, how the user said it); `action` is "" when none was named."""

    cast: tuple[Subject, ...]
    goal: str = ""
    goal_subject: Subject | None = None
    spots: tuple[Spot, ...] = ()
    times: tuple[tuple[str, str], ...] = ()
    weather: tuple[str, str] = ("", "")
    action: str = ""
    tone: str = ""
    words: Sequence[str] = field(default=())
