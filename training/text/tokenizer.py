"""The uncased WordPiece tokenizer that teacher and student share, cut or padded to 32 tokens."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer as WordPiece

from runtime.errors import BundleError

TOKENS = 32


class Tokenizer:
    """Texts to int64 arrays; [CLS] first, [SEP] last, id 0 as padding.

    Args:
        path: a `tokenizer.json`, or the folder that holds one.
        length: N, the number of positions of every row.
    """

    def __init__(self, path: Path, length: int = TOKENS) -> None:
        file = path / "tokenizer.json" if path.is_dir() else path
        if not file.is_file():
            raise BundleError(f"a tokenizer at {file}", "there is none", "check the path")
        self.length = length
        self._wordpiece = WordPiece.from_file(str(file))
        # The file carries the teacher's own settings (128 tokens): replace both.
        self._wordpiece.enable_truncation(length)
        self._wordpiece.enable_padding(length=length)

    def __call__(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return `tokens` and `mask`, both int64 of shape (B, length); mask is 1 on real tokens, 0 on padding."""
        encodings = self._wordpiece.encode_batch(list(texts))
        tokens = np.array([encoding.ids for encoding in encodings], np.int64).reshape(-1, self.length)
        mask = np.array([encoding.attention_mask for encoding in encodings], np.int64).reshape(-1, self.length)
        return tokens, mask

    def vocabulary(self) -> list[str]:
        """Every token by id."""
        by_id = {number: word for word, number in self._wordpiece.get_vocab().items()}
        return [by_id[number] for number in range(len(by_id))]

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self._wordpiece.get_vocab_size()

    def edges(self) -> tuple[int, int]:
        """Return the ids that open and close every text: [CLS] and [SEP]."""
        start, end = self._wordpiece.encode("").ids[:2]
        return start, end
