"""Which sound fits a sentence: words and meaning, fused.

A lexical ranking (BM25 over tags, caption, synonyms and file name) and a ranking by text embedding (cosine, exact,
through usearch) are joined by reciprocal rank fusion (Cormack, Clarke and Buettcher 2009), because their scores have
no common scale. A sound that neither ranking finds convincing is not offered: no sound is better than a wrong one.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.sound.library import Kind, Library, Sound
from runtime.sound.words import Bm25, terms

Vectors = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors, (n, dim) float32."""

RANK_SHIFT: Final = 60
LEXICAL_FLOOR: Final = 0.5
"""Least BM25, in units of a word that only one sound has."""
COVERAGE_FLOOR: Final = 0.5
"""Of a query that names a sound in one or two words more than this share must be met, weighed by how telling the words
are: a lion's roar is not a rocket's. For n words above two it is 1 / n."""
COSINE_FLOOR: Final = 0.5
"""Least cosine for a sound whose words do not fit by themselves."""
COSINE_VETO: Final = 0.15
"""Below this cosine a shared word is another word with the same letters: who leaves the moon rustles no leaves."""


@dataclass(frozen=True)
class Hit:
    """A sound that fits. `score` orders hits; `lexical` (BM25) and `cosine` (None without an encoder) say why;
    `matched` are the query's stems found in the sound's words; `fits` is False for what is below both floors."""

    sound: Sound
    score: float
    lexical: float
    cosine: float | None
    matched: frozenset[str]
    fits: bool


class _Shelf:
    """The sounds of one kind with their words and vectors."""

    def __init__(self, sounds: tuple[Sound, ...], embed: Embed | None) -> None:
        self.sounds = sounds
        self.documents = [_bag(sound) for sound in sounds]
        self.lexical = Bm25(self.documents)
        self.vectors: Vectors | None = None
        if embed is not None and sounds:
            self.vectors = np.ascontiguousarray(embed([_sentence(sound) for sound in sounds]), dtype=np.float32)


class Search:
    """Search in one library. Kinds never compete with each other.

    `embed` is the runtime's text encoder; with None only words count. Embeddings of the library are made once per
    kind, when it is first searched.
    """

    def __init__(self, library: Library, embed: Embed | None = None) -> None:
        self.library = library
        self._embed = embed
        self._shelves: dict[Kind, _Shelf] = {}

    def find(self, text: str, kind: Kind, count: int = 5, *, sentence: bool = False) -> list[Hit]:
        """The best `count` sounds for `text` that fit it, best first; empty when none does.

        `text` names one sound; with `sentence` it describes a scene, most of whose words are not heard.
        """
        return [hit for hit in self.rank(text, kind, sentence=sentence) if hit.fits][:count]

    def rank(self, text: str, kind: Kind, *, sentence: bool = False) -> list[Hit]:
        """Every sound of `kind` with its scores, best first; ties keep library order."""
        if kind not in self._shelves:
            self._shelves[kind] = _Shelf(self.library.of_kind(kind), self._embed)
        shelf = self._shelves[kind]
        if not shelf.sounds:
            return []
        query = set(terms(text))
        lexical = [shelf.lexical.score(index, query) for index in range(len(shelf.sounds))]
        by_words = sorted((index for index, score in enumerate(lexical) if score > 0),
                          key=lambda index: -lexical[index])
        cosine = self._cosine(shelf, text) if text.strip() else None
        by_meaning = sorted(range(len(cosine)), key=lambda index: -cosine[index]) if cosine else []
        fused = [0.0] * len(shelf.sounds)
        for ranking in (by_words, by_meaning):
            for rank, index in enumerate(ranking, 1):
                fused[index] += 1 / (RANK_SHIFT + rank)
        hits = [Hit(sound, fused[index], lexical[index], cosine[index] if cosine else None,
                    frozenset(query & shelf.documents[index].keys()),
                    _fits(_meets(shelf, index, query, 0.0 if sentence else COVERAGE_FLOOR),
                          cosine[index] if cosine else None))
                for index, sound in enumerate(shelf.sounds)]
        return sorted(hits, key=lambda hit: -hit.score)

    def _cosine(self, shelf: _Shelf, text: str) -> list[float] | None:
        if self._embed is None or shelf.vectors is None:
            return None
        from usearch.compiled import MetricKind
        from usearch.index import search

        query = np.ascontiguousarray(self._embed([text]), dtype=np.float32)
        found = search(shelf.vectors, query, len(shelf.sounds), MetricKind.Cos, exact=True)
        cosine = [0.0] * len(shelf.sounds)
        for key, distance in zip(found.keys.ravel().tolist(), found.distances.ravel().tolist(), strict=True):
            cosine[key] = 1.0 - distance
        return cosine


def _fits(by_words: bool, cosine: float | None) -> bool:
    return by_words if cosine is None else cosine >= (COSINE_VETO if by_words else COSINE_FLOOR)


def _meets(shelf: _Shelf, index: int, query: set[str], coverage: float) -> bool:
    """Whether the words alone make this sound fit."""
    if not query or shelf.lexical.score(index, query) < LEXICAL_FLOOR * shelf.lexical.idf(""):
        return False
    asked = sum(shelf.lexical.idf(term) for term in sorted(query))
    met = sum(shelf.lexical.idf(term) for term in sorted(query & shelf.documents[index].keys()))
    return met > asked * min(coverage, 1 / len(query))


def _bag(sound: Sound) -> dict[str, float]:
    """Term weights: a tag is a deliberate choice and counts twice; a mood is music's tag."""
    bag: Counter[str] = Counter()
    for text in (*sound.tags, *sound.moods):
        bag.update(terms(text) * 2)
    for text in (sound.caption, *sound.synonyms, str(PurePosixPath(sound.id).with_suffix(""))):
        bag.update(terms(text))
    return dict(bag)


def _sentence(sound: Sound) -> str:
    words = ", ".join((*sound.tags, *sound.moods))
    return f"{sound.caption}: {words}" if words else sound.caption
