"""A scene's words as the networks take them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Engine
from runtime.errors import BundleError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class EncodedText:
    """`context` (1, N, D) for the denoiser, `embedding` (E,) for finding sounds where the encoder gives one; `cut`
    tokens at the end did not fit and were left out."""

    context: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None
    cut: int


def open_tokenizer(path: Path) -> "Tokenizer":
    """The tokenizer in a bundle's file. Raises BundleError when it is not one."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        # tokenizers raises plain Exception for a file it cannot use.
        raise BundleError(f"{path} to be a tokenizer", f"it is not: {error}",
                          "check the bundle with `moviefactory models verify`") from error


def tokenise(text: str, tokenizer: "Tokenizer", length: int) -> tuple[list[int], int]:
    """The token ids of `text`, at most `length`, and how many were cut off. The marks that the tokenizer puts around
    a text stay; nothing is padded."""
    tokenizer.no_truncation()
    tokens = _unpadded(text, tokenizer)
    cut = max(0, len(tokens) - length)
    if cut:
        tokenizer.enable_truncation(max_length=length)
        tokens = _unpadded(text, tokenizer)
    return tokens, cut


def encode_text(text: str, tokenizer: "Tokenizer", encoder: Engine, length: int) -> EncodedText:
    """Run the text encoder on `text`, padded or cut to `length` tokens."""
    padding = (tokenizer.padding or {}).get("pad_id", 0)
    ids, cut = tokenise(text, tokenizer, length)
    tokens = np.full((1, length), padding, np.int64)
    tokens[0, :len(ids)] = ids
    mask = (np.arange(length) < len(ids)).astype(np.int64)[None]
    outputs = encoder.run({"tokens": tokens, "mask": mask})
    embedding = outputs["embedding"][0].astype(np.float32, copy=False) if "embedding" in outputs else None
    return EncodedText(outputs["context"].astype(np.float32, copy=False), embedding, cut)


def _unpadded(text: str, tokenizer: "Tokenizer") -> list[int]:
    """Padding is left out, not turned off: a tokenizer that has been told not to pad no longer knows with what."""
    encoded = tokenizer.encode(text)
    return [token for token, real in zip(encoded.ids, encoded.attention_mask, strict=True) if real]
