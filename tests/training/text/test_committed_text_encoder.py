"""The weights in the tree, against the teacher."""

import json
from pathlib import Path

import pytest

import training
from training.models.text_encoder import FACTS, WEIGHTS, TextEncoder, load_text_encoder
from training.text.evaluate import SYNONYMS, evaluate, pooled, wrong_synonyms
from training.text.teacher import Teacher, packaged_teacher
from training.text.tokenizer import Tokenizer

FOLDER = Path(training.__file__).parent / "weights"


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return load_text_encoder(FOLDER)


def test_words_the_film_world_never_used_fall_to_the_right_subject(encoder: TextEncoder) -> None:
    tokenizer = Tokenizer(packaged_teacher())
    words = [*SYNONYMS, *(word for group in SYNONYMS.values() for word in group)]
    for states in pooled(encoder, tokenizer, words):
        wrong = dict(wrong_synonyms(states))
        assert len(wrong) <= 8, wrong
        assert not {"automobile", "jet", "ship", "android", "pony", "locomotive"} & set(wrong)


def test_it_speaks_the_teachers_language(encoder: TextEncoder) -> None:
    figures = evaluate(encoder, Teacher(packaged_teacher()), Tokenizer(packaged_teacher()))
    assert figures["captions_cosine"] >= 0.9
    assert figures["sounds_cosine"] >= 0.9
    assert figures["ideas_cosine"] >= 0.87
    assert figures["colour_binding"] >= 0.95
    written = json.loads((FOLDER / FACTS).read_text(encoding="utf-8"))["figures"]
    assert figures == pytest.approx(written, abs=5e-3)


def test_it_is_small() -> None:
    assert (FOLDER / WEIGHTS).stat().st_size < 10_000_000
