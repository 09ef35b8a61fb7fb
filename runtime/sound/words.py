"""Words of a text, and BM25 over them.

Okapi BM25 as in Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), with the never-negative idf
ln(1 + (N - n + 0.5) / (n + 0.5)); plural, -ing, -ed and final -e are dropped so that forms of one word meet.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

K1: Final = 1.2
B: Final = 0.75

_COMMON: Final = (
    "a about above across after again against all along also am an and any are around as at away back be because been "
    "before behind being below beneath beside between both but by can could did do does down during each few for from "
    "further had has have he her here him his how i if in into is it its itself just like more most near next no not "
    "now of off on once one only onto or other our out over own past same she so some such than that the their them "
    "then there these they this those through to too toward towards two until up upon very was we were what when where "
    "which while who whom will with within without you your "
    # What a screenplay says about the camera and the picture is never heard.
    "camera shot scene view close closeup frame wide zoom zooming pan panning tilt tilting tracking static angle lens "
    "foreground background cinematic sound sounds noise noises audio effect loud loudly soft softly "
    # Too common to tell sounds apart; who leaves is not among the leaves.
    "leave leaving quiet quietly big small little tiny large low")
_STOP: Final = frozenset(_COMMON.split())


def stem(word: str) -> str:
    """The common part of a word's forms: waves, wave -> wav; driving, drive -> driv; running -> run; flies -> fly."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[:-len(ending)]
        if word.endswith(ending) and len(rest) > 2 and re.search("[aeiouy]", rest):
            doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def terms(text: str) -> list[str]:
    """The stems of all words of `text` that carry meaning, in order."""
    words = re.findall(r"[^\W_]+", text.lower().replace("'s ", " "))
    return [stem(word) for word in words if word not in _STOP]


class Bm25:
    """Scores of a fixed set of documents; each is a table of term frequencies (which may be fractional weights)."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        self._documents = documents
        self._lengths = [sum(document.values()) for document in documents]
        self._mean = sum(self._lengths) / max(len(documents), 1) or 1.0
        self._holders = Counter(term for document in documents for term in document)

    def idf(self, term: str) -> float:
        """How telling a term is; a term of no document counts as one of a single document."""
        holders = self._holders.get(term, 1)
        return math.log(1 + (max(len(self._documents), holders) - holders + 0.5) / (holders + 0.5))

    def score(self, index: int, query: Iterable[str]) -> float:
        """BM25 of document `index` for the distinct terms of `query`."""
        document, total = self._documents[index], 0.0
        for term in sorted(set(query)):
            frequency = document.get(term, 0.0)
            if frequency:
                damping = K1 * (1 - B + B * self._lengths[index] / self._mean)
                total += self.idf(term) * frequency * (K1 + 1) / (frequency + damping)
        return total
