"""Training text without a corpus: sentences drawn from word lists, the same ones for the same seed and chunk.

Six kinds: film captions, two-subject captions, film ideas, sound descriptions, phrases of arbitrary vocabulary
words, and single words. The arbitrary ones keep the embedding table useful far from the film world.
"""

import random
import re
from collections.abc import Callable, Sequence

from training.text import words

# The share of each kind of sentence, in the order of `Corpus.kinds`.
SHARES = (0.30, 0.17, 0.17, 0.14, 0.16, 0.06)
# The share of texts that go on with a second sentence: without them the later positions would stay untrained.
LONG = 0.12


class Corpus:
    """Draws sentences; `vocabulary` holds the whole words that arbitrary phrases are made of."""

    def __init__(self, vocabulary: Sequence[str], seed: int) -> None:
        # Length 3 and up, plain letters: names, verbs, common words, but no pieces, digits or foreign letters.
        self.vocabulary = [word for word in vocabulary if re.fullmatch(r"[a-z]{3,}", word)]
        self.seed = seed

    def chunk(self, index: int, size: int) -> list[str]:
        """Return chunk `index` of the endless text: `size` sentences, the same at every call."""
        draw = _Draw(random.Random(f"{self.seed}/{index}"), self.vocabulary)
        kinds: tuple[Callable[[], str], ...] = (
            draw.caption,
            draw.pair,
            draw.idea,
            draw.sound,
            draw.phrase,
            draw.word,
        )
        drawn = draw.random.choices(kinds, SHARES, k=size)
        return [kind() if draw.random.random() >= LONG else f"{kind()}. {draw.idea()}" for kind in drawn]


class _Draw:
    def __init__(self, source: random.Random, vocabulary: Sequence[str]) -> None:
        self.random = source
        self.vocabulary = vocabulary

    def caption(self) -> str:
        parts = [self._subject(), self._maybe(0.75, words.MOTIONS), self._maybe(0.85, self._place)]
        parts += [self._maybe(0.45, words.TIMES), self._maybe(0.3, words.WEATHER)]
        if self.random.random() < 0.15:
            parts = [self._subject(), self.random.choice(words.VERBS), *parts[2:]]
        return self._with_camera(" ".join(part for part in parts if part))

    def pair(self) -> str:
        link = self.random.choice((words.RELATING, words.RELATING, words.RELATIONS, ("and", "with", "and")))
        parts = [self._subject(), self.random.choice(link), self._subject()]
        parts += [self._maybe(0.35, words.MOTIONS), self._maybe(0.6, self._place), self._maybe(0.3, words.TIMES)]
        return self._with_camera(" ".join(part for part in parts if part))

    def idea(self) -> str:
        text = self._filled(self.random.choice(words.IDEA_PATTERNS))
        choice = self.random.random()
        if choice < 0.15:
            return text.capitalize() + self.random.choice(".!?")
        if choice < 0.25:
            return f"{self.random.choice(words.TONES)} {self.random.choice(('movie', 'film', 'story'))}: {text}"
        return text

    def sound(self) -> str:
        choice = self.random.random()
        if choice < 0.35:
            noun = self.random.choice(words.MUSIC)
            tones = self.random.sample(words.TONES, self.random.choice((1, 1, 2)))
            ending = self._maybe(0.3, ("for a film", "with drums", "at a slow tempo", "in minor"))
            return " ".join([*tones, noun, ending]).rstrip()
        parts = [self.random.choice(words.SOUND_SOURCES), self._maybe(0.7, words.SOUND_ACTIONS)]
        parts.append(self._maybe(0.3, self._place))
        text = " ".join(part for part in parts if part)
        if choice < 0.5:
            text += f" and {self.random.choice(words.SOUND_SOURCES)} {self.random.choice(words.SOUND_ACTIONS)}"
        return self.random.choice(("", "", "", "sound of ", "the sound of ", "noise of ")) + text

    def phrase(self) -> str:
        return self._filled(self.random.choice(words.PHRASE_PATTERNS))

    def word(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(self.vocabulary)
        lists = (words.SUBJECTS, words.PLACES, words.COLOURS, words.SOUND_SOURCES, words.MOTIONS, words.ADJECTIVES)
        return self.random.choice(self.random.choice(lists))

    def _maybe(self, chance: float, source: Sequence[str] | Callable[[], str]) -> str:
        if self.random.random() >= chance:
            return ""
        return source() if callable(source) else self.random.choice(source)

    def _subject(self) -> str:
        """Return a noun with an article and up to two adjectives: 'a small red car'."""
        described = [self._maybe(0.3, words.ADJECTIVES), self._maybe(0.55, words.COLOURS), self._noun()]
        text = " ".join(part for part in described if part)
        choice = self.random.random()
        if choice < 0.72:
            return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
        return f"the {text}" if choice < 0.85 else text

    def _noun(self) -> str:
        if self.random.random() < 0.08:
            return self.random.choice(self.vocabulary)
        group = self.random.choices((words.VEHICLES, words.ANIMALS, words.PEOPLE, words.THINGS), (5, 5, 3, 3))[0]
        return self.random.choice(group)

    def _place(self) -> str:
        place = self.random.choice(words.PLACES)
        if place.startswith(("above", "under ")):
            return place
        adjective = self._maybe(0.2, words.ADJECTIVES)
        article = self.random.choice(("the", "the", "a", ""))
        return " ".join(part for part in (self.random.choice(words.PREPOSITIONS), article, adjective, place) if part)

    def _with_camera(self, text: str) -> str:
        choice = self.random.random()
        if choice < 0.12:
            return f"{self.random.choice(words.CAMERA)} of {text}"
        if choice < 0.3:
            return f"{text}, {self.random.choice(words.CAMERA)}"
        return text

    def _filled(self, pattern: str) -> str:
        """Replace each slot of a pattern, drawing anew for every occurrence."""
        slots: dict[str, Callable[[], str]] = {
            "a": self._subject,
            "b": self._subject,
            "s": self._noun,
            "p": lambda: f"the {self.random.choice(words.PLACES)}",
            "w": lambda: self.random.choice(words.PREPOSITIONS),
            "v": lambda: self.random.choice(words.MOTIONS),
            "y": lambda: self.random.choice(words.VERBS),
            "r": lambda: self.random.choice(words.RELATING),
            "j": lambda: self.random.choice(words.ADJECTIVES),
            "x": lambda: self.random.choice(self.vocabulary),
        }
        return re.sub(r"\{(\w)\}", lambda match: slots[match[1]](), pattern)
