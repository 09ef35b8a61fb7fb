"""Noun phrases around the words the lexicon knows, and around those it does not."""

from dataclasses import dataclass
from typing import Final

from runtime.story.english import (
    ADVERBS,
    ARTICLES,
    COLOURS,
    CONJUNCTIONS,
    COUNTS,
    DETERMINERS,
    FOREIGN_ARTICLES,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    is_adjective,
    is_function_word,
    singular,
    vocabulary,
)
from runtime.story.reading import Subject
from runtime.story.tokens import Match, Token

COLLECTIVES: Final = vocabulary("flock school herd pack pair group team swarm fleet army couple family crowd "
                                "dozen bunch hundreds thousands lot lots row line parade")
CLOTHES: Final = vocabulary("hat cap coat dress suit scarf cape boots uniform armour armor jacket shirt helmet "
                            "mask crown sweater raincoat cloak spacesuit glasses kimono gown")
_ENGLISH: Final = vocabulary("a the of and with at on is to between from by for through over while his her its")
_PEOPLE: Final = vocabulary("keeper seller trainer driver mechanic owner captain rider hunter catcher walker tamer "
                            "dealer builder designer maker inspector conductor operator racer lover whisperer chaser "
                            "spotter watcher breeder passenger engineer thief")
"""Who is no car for all that the word car tells more of them."""
_YOUNG: Final = vocabulary("cub pup puppy calf chick baby")
_MOST_ADJECTIVES: Final = 5


@dataclass(frozen=True)
class Phrase:
    """A noun phrase: tokens `start` to `end`, its head beginning at `head`."""

    start: int
    head: int
    end: int
    determiner: str


class Reader:
    """The words of one idea, what the lexicon knows of them, and which were used up."""

    def __init__(self, words: list[Token], found: list[Match]) -> None:
        self.words, self.found = words, found
        self.english = any(token.low in _ENGLISH for token in words)
        self.used = [False] * len(words)
        self.known = {index: match for match in found for index in range(match.start, match.end)}

    def low(self, index: int) -> str:
        """Word `index` in lower case, "" outside the idea."""
        return self.words[index].low if 0 <= index < len(self.words) else ""

    def text(self, start: int, end: int) -> str:
        """Words as typed, but a capital that only opens the sentence is dropped."""
        return " ".join(self._typed(index) for index in range(start, end))

    def use(self, start: int, end: int) -> None:
        """Mark words as spoken for."""
        for index in range(max(start, 0), min(end, len(self.words))):
            self.used[index] = True

    def before(self, head: int, end: int) -> Phrase:
        """The noun phrase that ends with the known words `head` to `end`: adjectives and determiner to the left."""
        start = head
        while start > 0 and head - start < _MOST_ADJECTIVES and self._modifies(start - 1):
            start -= 1
            if self.low(start) == "and":
                start -= 1
        determiner = ""
        foreign = not self.english and self.low(start - 1) in FOREIGN_ARTICLES
        if start > 0 and not self.words[start].gap and (self.low(start - 1) in DETERMINERS or foreign):
            start -= 1
            determiner = self.text(start, start + 1) if foreign else self.low(start)
            return Phrase(start, start + 1, end, determiner)
        if self.low(start - 1) == "of" and self.low(start - 2) in COLLECTIVES and self.low(start - 3) in ARTICLES:
            return Phrase(start - 3, start, end, self.text(start - 3, start))
        return Phrase(start, start, end, "")

    def subject(self, phrase: Phrase, match: Match) -> Subject:
        """The subject a noun phrase around `match` names, with what follows it (`with a red scarf`)."""
        end = self._extended(phrase, match)
        after_end = self._after(end)
        unknown = any(not is_adjective(self.low(index)) for index in range(phrase.head, match.start))
        verbatim = not self.english and (phrase.determiner.lower() in FOREIGN_ARTICLES - DETERMINERS or unknown)
        extended = end > match.end and self._is_name_part(match.end)
        named = extended and self.words[match.start].text[:1].isupper()
        many = match.plural or phrase.determiner in COUNTS or " of" in phrase.determiner
        determiner = phrase.determiner
        if not determiner and not (many or verbatim or named):
            determiner = "a"
        adjectives = tuple(self.text(index, index + 1) for index in range(phrase.head, match.start))
        self.use(phrase.start, after_end)
        last = self.low(end - 1)
        kind = match.value if end == match.end or extended or last in _YOUNG else (
            "person" if last in _PEOPLE else "thing")
        noun, after = self.text(match.start, end), self.text(end, after_end)
        return Subject(kind, determiner, adjectives, noun, after, many, verbatim)

    def free(self, start: int) -> Phrase | None:
        """The noun phrase of unlisted words that a determiner at `start` opens, if there is one."""
        end = start + 1
        while end < len(self.words) and end - start <= _MOST_ADJECTIVES and self._goes_on(start, end):
            end += 1
        head = end - 1
        while head > start + 1 and not is_adjective(self.low(head - 1)):
            head -= 1
        if head <= start or is_adjective(self.low(head)):
            return None
        return Phrase(start, start + 1, end, self.low(start))

    def _typed(self, index: int) -> str:
        token = self.words[index]
        opens = index == 0 or any(mark in token.gap for mark in ".!?")
        grammar = token.low in DETERMINERS or is_adjective(token.low) or is_function_word(token.low)
        shouted = len(token.text) > 1 and token.text.isupper()
        plain = (grammar or index in self.known) and not shouted
        return token.low if opens and plain and self.english else token.text

    def _modifies(self, index: int) -> bool:
        """Whether word `index` describes the word after it."""
        token, following = self.words[index], self.words[index + 1]
        if self.used[index]:
            return False
        if following.gap:
            return following.gap == "," and is_adjective(token.low) and is_adjective(following.low)
        previous = self.low(index - 1) if index > 0 and not token.gap else ""
        if token.low == "and":
            return index > 0 and is_adjective(previous) and is_adjective(following.low)
        grammar = (DETERMINERS, PREPOSITIONS, CONJUNCTIONS, PRONOUNS, frozenset() if self.english else FOREIGN_ARTICLES)
        if any(token.low in group for group in grammar):
            return False
        if is_adjective(token.low) or previous in DETERMINERS or token.low.endswith("'s"):
            return True
        # "a girl feeds ducks": what she does, not what they are.
        does = bool(previous) and self.english and singular(token.low) != token.low
        verb = does or token.low in VERBS or token.low in ADVERBS or token.low.endswith(("ing", "ed"))
        match = self.known.get(index)
        listed = match and (match.plural or match.what == "weather")
        return is_adjective(previous) if verb else not listed

    def _extended(self, phrase: Phrase, match: Match) -> int:
        """Where the noun ends when an unlisted noun follows the listed one (`car mechanic`)."""
        index = match.end
        while self._is_name_part(index):
            index += 1
        if index > match.end:
            return index
        if index >= len(self.words) or match.plural or not self.english or index in self.known or self.words[index].gap:
            return index
        word = self.low(index)
        inflected = word.endswith("s") or (len(word) > 4 and word.endswith(("ing", "ed")))
        ends = is_function_word(word) or is_adjective(word) or word in DETERMINERS or inflected
        following = self.low(index + 1)
        last = (index + 1 == len(self.words) or bool(self.words[index + 1].gap) or following in PREPOSITIONS
                or following in CONJUNCTIONS or following in VERBS or self._shows(index + 1))
        return index if ends or not last or not phrase.determiner else index + 1

    def _shows(self, index: int) -> bool:
        """Whether word `index` has the form of a verb that goes on (`a fish seller shouts at a gull`)."""
        word = self.low(index)
        return word.endswith("s") and not word.endswith("ss") and index + 1 < len(self.words) and not (
            index in self.known or self.words[index + 1].gap)

    def _is_name_part(self, index: int) -> bool:
        """Whether word `index` goes on with a name that a listed noun began (`Captain Ahab`)."""
        if index >= len(self.words) or self.words[index].gap or index in self.known or not self.english:
            return False
        token = self.words[index]
        return token.text[:1].isupper() and not is_function_word(token.low) and token.low not in DETERMINERS

    def _after(self, end: int) -> int:
        """Where the attribute ends that follows a noun: `with ...`, `named ...`, `made of ...`, `in a ... coat`."""
        if end >= len(self.words) or self.words[end].gap or self.used[end]:
            return end
        word = self.low(end)
        if word in {"named", "called"} and end + 1 < len(self.words):
            return end + 3 if self._is_name_part(end + 2) else end + 2
        if word == "made" and self.low(end + 1) == "of" and end + 2 < len(self.words):
            return end + 3
        if word not in {"with", "in", "wearing"}:
            return end
        stop = end + 1
        while stop < len(self.words) and stop - end <= 5 and self._describes(stop, end):
            stop += 1
        known = any(index in self.known and self.known[index].what != "weather" for index in range(end, stop))
        dressed = word == "with" or any(self.low(index) in CLOTHES for index in range(end, stop))
        return end if known or stop == end + 1 or not dressed else stop

    def _describes(self, index: int, start: int) -> bool:
        token = self.words[index]
        if token.gap or self.used[index]:
            return False
        if token.low in DETERMINERS:
            return index == start + 1
        if token.low == "and":
            return self.low(index - 1) in COLOURS and self.low(index + 1) in COLOURS
        return is_adjective(token.low) or not (is_function_word(token.low) or token.low.endswith("ing"))

    def _goes_on(self, start: int, index: int) -> bool:
        """Whether an unlisted noun phrase that began at `start` takes in word `index`."""
        token = self.words[index]
        first = index == start + 1
        if self.used[index] or (token.gap and not (token.gap == "," and is_adjective(token.low) and not first)):
            return False
        if token.low in DETERMINERS or token.low in PREPOSITIONS or token.low in CONJUNCTIONS or token.low in PRONOUNS:
            return False
        if first or is_adjective(token.low):
            return True
        if is_function_word(token.low):
            return False
        after_noun = not is_adjective(self.low(index - 1))
        if after_noun and token.low.endswith(("ing", "ed")):
            return False
        one = self.low(start) in {"a", "an", "one", "another", "each", "every"}
        return not (one and after_noun and token.low.endswith("s") and not token.low.endswith(("ss", "us", "is")))
