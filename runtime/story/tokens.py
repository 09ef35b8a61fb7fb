"""The idea as words, and which of them the lexicon knows."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from runtime.story.english import DETERMINERS, is_adjective, singular, vocabulary
from runtime.story.places import SETTINGS, TIME_WORDS, WEATHER_WORDS
from runtime.story.subjects import KINDS

What = Literal["subject", "setting", "time", "weather"]
_Entry = tuple[What, str, bool]

_WORD: Final = re.compile(r"""[^\W_][^\s.,;:!?()\[\]{}"“”«»„…—–/\\|<>*#=+~^`_&、。，！？「」]*""")
_LONGEST: Final = 4
_VERB_TOO: Final = vocabulary("cook fly drive race duck bear ram swallow ship express guide hide play drift wood track "
                             "ray square seal deep plain field water stars clouds waves robin express bat port "
                             "pilot")
"""Words of the lexicon that are often something else: believed only after an article or an adjective."""
_NOUN_FOLLOWS: Final = vocabulary("a an the his her my its their our this that of in on under over above two three")
_ONE: Final = vocabulary("a an one each every")


@dataclass(frozen=True)
class Token:
    """A word as typed, in lower case, and the punctuation right before it."""

    text: str
    low: str
    gap: str


@dataclass(frozen=True)
class Match:
    """Tokens `start` to `end` (exclusive) name something: `what` it is, its `value` in that table, singular or not."""

    start: int
    end: int
    what: What
    value: str
    word: str
    plural: bool = False


def tokens(idea: str) -> list[Token]:
    """The words of `idea`; emoji become the words of their Unicode name."""
    text = "".join(_spelled(char) for char in idea)
    if text.isupper():
        text = text.lower()
    found: list[Token] = []
    end = 0
    for match in _WORD.finditer(text):
        word = match.group().rstrip("'’-")
        gap = "" if not found else text[end:match.start()].strip()
        found.append(Token(word, word.lower().replace("’", "'"), gap))
        end = match.end()
    return found


def matches(words: list[Token]) -> list[Match]:
    """Everything in `words` that the lexicon knows, longest first, left to right, without overlaps."""
    table = _table()
    found: list[Match] = []
    index = 0
    while index < len(words):
        match = next((hit for size in range(min(_LONGEST, len(words) - index), 0, -1)
                      if (hit := _match(words, index, size, table, found))), None)
        if match:
            found.append(match)
        index = match.end if match else index + 1
    return found


def _match(words: list[Token], start: int, size: int, table: Mapping[str, _Entry], before: list[Match]
           ) -> Match | None:
    part = words[start:start + size]
    if any(token.gap for token in part[1:]):
        return None
    phrase = " ".join(token.low for token in part).replace("-", " ")
    entry = table.get(phrase)
    if entry is None or (phrase in _VERB_TOO and not _named(words, start)):
        return None
    what, value, many = entry
    ends = many or (what == "setting" and phrase.endswith("s"))
    if ends and _is_verb(words, start, phrase, before):
        return None
    return Match(start, start + size, what, value, phrase, many)


def _named(words: list[Token], start: int) -> bool:
    if not start or words[start].gap:
        return False
    word = words[start - 1].low
    return word in _NOUN_FOLLOWS or is_adjective(word)


def _is_verb(words: list[Token], start: int, phrase: str, before: list[Match]) -> bool:
    """Whether what looks like a plural says what the one right before it does (`a chef cooks`, `a gardener waters`)."""
    if not before or before[-1].end != start or words[start].gap or before[-1].what != "subject" or before[-1].plural:
        return False
    first = before[-1].start
    nouns = {index for match in before for index in range(match.start, match.end)}
    while first > 0 and not words[first].gap and (first - 1 in nouns or is_adjective(words[first - 1].low)):
        first -= 1
    opens = words[first - 1].low if first > 0 and not words[first].gap else ""
    return opens in _ONE or (opens in DETERMINERS and singular(phrase) in _VERB_TOO)


@functools.cache
def _table() -> Mapping[str, _Entry]:
    table: dict[str, _Entry] = {}
    for word, weather in WEATHER_WORDS.items():
        table[word] = ("weather", weather, False)
    for word, time in TIME_WORDS.items():
        table[word] = ("time", time, False)
    for name, setting in SETTINGS.items():
        for word in setting.words:
            table[word.replace("-", " ")] = ("setting", name, False)
    for name, kind in KINDS.items():
        for noun in kind.nouns.split(", "):
            word = noun.replace("-", " ")
            table.setdefault(kind.many(noun).replace("-", " "), ("subject", name, True))
            table[word] = ("subject", name, False)
    return table


def _spelled(char: str) -> str:
    if unicodedata.category(char) == "Sk":  # the skin tones of emoji, and stray accents
        return " "
    if unicodedata.category(char) != "So":
        return char
    name = unicodedata.name(char, "").lower().removesuffix(" face").replace("-", " ")
    return f" {name} " if name and not name.startswith("regional indicator") else " "
