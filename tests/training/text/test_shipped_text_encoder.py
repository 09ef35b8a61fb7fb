"""The text encoder of the embedded bundle, against its teacher."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from runtime.bundle import Engines, LineUp, find
from training.text.evaluate import SYNONYMS, evaluate, pooled, wrong_synonyms
from training.text.teacher import Teacher, packaged_teacher
from training.text.tokenizer import Tokenizer


class Shipped(nn.Module):
    """The bundle's graph, called like the network it was exported from."""

    def __init__(self, engines: Engines) -> None:
        super().__init__()
        self._engine = engines.get("text_encoder")

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        made = self._engine.run({"tokens": tokens.numpy(), "mask": mask.numpy()})
        return torch.from_numpy(made["context"]), torch.from_numpy(made["embedding"])


@pytest.fixture(scope="module")
def encoder() -> Iterator[nn.Module]:
    with Engines(LineUp.of(find()), "cpu") as engines:
        yield Shipped(engines)


def test_words_the_film_world_never_used_fall_to_the_right_subject(encoder: nn.Module) -> None:
    tokenizer = Tokenizer(packaged_teacher())
    words = [*SYNONYMS, *(word for group in SYNONYMS.values() for word in group)]
    for states in pooled(encoder, tokenizer, words):
        wrong = dict(wrong_synonyms(states))
        assert len(wrong) <= 8, wrong
        assert not {"automobile", "jet", "ship", "android", "pony", "locomotive"} & set(wrong)


def test_it_speaks_the_teachers_language(encoder: nn.Module) -> None:
    figures = evaluate(encoder, Teacher(packaged_teacher()), Tokenizer(packaged_teacher()))
    assert figures["captions_cosine"] >= 0.9
    assert figures["sounds_cosine"] >= 0.9
    assert figures["ideas_cosine"] >= 0.87
    assert figures["colour_binding"] >= 0.95
