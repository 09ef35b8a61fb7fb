"""The generated training text: repeatable, filled in, varied."""

import pytest

from training.text import words
from training.text.corpus import Corpus

VOCABULARY = ["[CLS]", "##ing", "1984", "ab", "velvet", "quartz", "kettle", "orbital"]


@pytest.fixture
def corpus() -> Corpus:
    return Corpus(VOCABULARY, seed=5)


def test_a_chunk_is_the_same_at_every_call_and_unlike_the_others(corpus: Corpus) -> None:
    assert corpus.chunk(3, 200) == Corpus(VOCABULARY, seed=5).chunk(3, 200)
    assert corpus.chunk(3, 200) != corpus.chunk(4, 200)
    assert corpus.chunk(3, 200) != Corpus(VOCABULARY, seed=6).chunk(3, 200)


def test_sentences_are_filled_in_and_tidy(corpus: Corpus) -> None:
    for text in corpus.chunk(0, 5000):
        assert text == " ".join(text.split())
        assert not set("{}[]#") & set(text)


def test_only_whole_words_of_the_vocabulary_are_drawn(corpus: Corpus) -> None:
    assert corpus.vocabulary == ["velvet", "quartz", "kettle", "orbital"]


def test_most_sentences_differ(corpus: Corpus) -> None:
    texts = [text for text in corpus.chunk(0, 4000) if len(text.split()) > 3]
    assert len(set(texts)) > 0.95 * len(texts)


def test_every_subject_setting_and_sound_of_the_lists_appears() -> None:
    text = "\n".join(Corpus(VOCABULARY, seed=1).chunk(0, 60000)).lower()
    for group in (words.SUBJECTS, words.PLACES, words.COLOURS, words.MUSIC, words.SOUND_SOURCES, words.CAMERA):
        assert [phrase for phrase in group if phrase.lower() not in text] == []


def test_lists_are_wide_and_hold_words_beside_those_of_the_film_world() -> None:
    assert len(set(words.SUBJECTS)) > 500
    assert {"automobile", "feline", "ship", "jet", "android", "pony"} <= set(words.SUBJECTS)
