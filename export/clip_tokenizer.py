"""CLIP's tokenizer, from the files of a pipeline to the one file that the app reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from export.diffusers_folder import AGAIN
from export.errors import ExportError

FILES: Final = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
                "added_tokens.json")
"""What a tokenizer may be made of."""
_LONGEST: Final = 4096


@dataclass(frozen=True)
class TokenizerFacts:
    """How many different tokens there are, and how many of them a text is cut or padded to."""

    vocabulary: int
    length: int


def tokenizer_files(place: Path) -> tuple[Path, ...]:
    """The files of the tokenizer in the folder `place`. Raises ExportError when the words are not among them."""
    names = [name for name in FILES if (place / name).is_file()]
    # Without its words transformers makes an empty tokenizer and does not say so.
    for name in () if "tokenizer.json" in names else ("vocab.json", "merges.txt"):
        if name not in names:
            raise ExportError(f"the tokenizer's words in {place / name}", "there is no such file", AGAIN)
    return tuple(place / name for name in names)


def convert_tokenizer(place: Path, out: Path) -> TokenizerFacts:
    """Write the CLIP tokenizer of the folder `place` to `out`, in the form of the tokenizers library.

    It pads with the token the folder names: Stable Diffusion 1 pads with the mark of the end, OpenCLIP's models with
    "!", and the text encoder has learned what it was given.

    Raises ExportError for files that are no such tokenizer, OSError for what the disk refuses.
    """
    from tokenizers import Tokenizer
    from transformers import CLIPTokenizerFast

    tokenizer_files(place)
    try:
        found: Any = CLIPTokenizerFast.from_pretrained(str(place), local_files_only=True)
        made = Tokenizer.from_str(found.backend_tokenizer.to_str())
        length = int(found.model_max_length)
    except Exception as error:  # the libraries raise whatever their parsers do
        why = str(error).strip().splitlines()
        raise ExportError(f"a CLIP tokenizer in {place}", why[0][:200] if why else type(error).__name__, AGAIN
                          ) from error
    if not 1 <= length <= _LONGEST:
        raise ExportError(f"a model_max_length of at most {_LONGEST} tokens in {place / 'tokenizer_config.json'}",
                          "there is none" if length > 10**9 else f"it is {length}", AGAIN)
    made.no_truncation()
    made.enable_padding(pad_id=found.pad_token_id, pad_token=found.pad_token, length=length)
    out.write_text(made.to_str(pretty=True), "utf-8", newline="\n")  # its own `save` raises no OSError
    return TokenizerFacts(made.get_vocab_size(), length)
