"""The tokenizer against the reference implementation, on the teacher's own file."""

from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer

from runtime.errors import BundleError
from training.text.teacher import packaged_teacher
from training.text.tokenizer import Tokenizer

TEXTS = ["a race between a car and an airplane", "Ünïcode, EMOJI 🚗 and\ttabs!", "", "steamboat " * 40, "猫 и кошка"]


def test_agrees_with_the_reference() -> None:
    reference = AutoTokenizer.from_pretrained(str(packaged_teacher()))
    expected = reference(TEXTS, padding="max_length", truncation=True, max_length=32, return_tensors="np")
    tokens, mask = Tokenizer(packaged_teacher())(TEXTS)
    assert tokens.dtype == mask.dtype == np.int64
    assert tokens.shape == mask.shape == (5, 32)
    np.testing.assert_array_equal(tokens, expected["input_ids"])
    np.testing.assert_array_equal(mask, expected["attention_mask"])


def test_edges_and_no_texts() -> None:
    tokenizer = Tokenizer(packaged_teacher())
    assert tokenizer.edges() == (101, 102)
    assert tokenizer.vocabulary()[101] == "[CLS]"
    assert tokenizer([])[0].shape == (0, 32)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="a tokenizer at"):
        Tokenizer(tmp_path)
