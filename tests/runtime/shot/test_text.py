"""Words to tokens to vectors, and how much of a long text was left out."""

from pathlib import Path

import numpy as np
import pytest
import tokenizers

from runtime.backends.choose import open_engine
from runtime.errors import BundleError
from runtime.shot.text import encode_text, open_tokenizer, tokenise
from tests.tiny_graphs import TinySizes, text_encoder, tokenizer

SIZES = TinySizes(tokens=8)


def marked(path: Path) -> Path:
    """A word tokenizer that puts [CLS] and [SEP] around the text, pads with 3 and truncates by itself at 4."""
    vocabulary = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "a": 4, "red": 5, "car": 6}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    made.enable_padding(pad_id=3, pad_token="[PAD]", length=6)
    made.enable_truncation(4)
    made.save(str(path))
    return path


@pytest.mark.parametrize(("text", "ids", "cut"), [
    ("a red car", [1, 4, 5, 6, 2], 0),
    ("a red car a red car a red car", [1, 4, 5, 6, 4, 5, 6, 2], 3),
    ("", [1, 2], 0),
    ("🚗 машина", [1, 0, 0, 2], 0),
])
def test_tokens(tmp_path: Path, text: str, ids: list[int], cut: int) -> None:
    opened = open_tokenizer(marked(tmp_path / "tokenizer.json"))
    for _ in range(2):  # a long text before must not shorten the next
        assert tokenise(text, opened, 8) == (ids, cut)
        tokenise("a " * 50, opened, 8)


def test_encode(tmp_path: Path) -> None:
    opened = open_tokenizer(tokenizer(tmp_path / "tokenizer.json"))
    with open_engine(text_encoder(tmp_path / "text.onnx", SIZES), "cpu", 1) as encoder:
        short = encode_text("car", opened, encoder, 8)
        ids = opened.encode("car").ids
        feeds = {"tokens": np.array([[*ids, 0, 0, 0, 0, 0]]), "mask": np.array([[1, 1, 1, 0, 0, 0, 0, 0]])}
        expected = encoder.run(feeds)
        long = encode_text("car and airplane", opened, encoder, 8)
        same = encode_text("car and ", opened, encoder, 8)
    assert short.cut == 0
    assert short.context.shape == (1, 8, SIZES.context)
    assert short.embedding is not None
    assert short.embedding.shape == (SIZES.embedding,)
    np.testing.assert_array_equal(short.context, expected["context"])
    np.testing.assert_array_equal(short.embedding, expected["embedding"][0])
    assert long.cut == len("airplane")
    np.testing.assert_array_equal(long.context, same.context)


def test_the_padding_id_is_the_tokenizers_own(tmp_path: Path) -> None:
    with open_engine(text_encoder(tmp_path / "text.onnx", SIZES), "cpu", 1) as encoder:
        opened = open_tokenizer(marked(tmp_path / "t.json"))
        feeds = {"tokens": np.array([[1, 4, 5, 2, 3, 3, 3, 3]]), "mask": np.array([[1, 1, 1, 1, 0, 0, 0, 0]])}
        expected = encoder.run(feeds)["context"]
        for _ in range(2):  # nor does it forget it
            np.testing.assert_array_equal(encode_text("a red", opened, encoder, 8).context, expected)
            assert (opened.padding or {})["pad_id"] == 3


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff\xfe"])
def test_files_that_are_no_tokenizer(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=r"tokenizer\.json to be a tokenizer"):
        open_tokenizer(path)
