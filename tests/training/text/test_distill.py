"""The distillation, with a tiny teacher of the real kind (a BERT and a WordPiece tokenizer)."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer as WordPiece
from tokenizers import models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from training.models.text_encoder import TextConfig, TextEncoder
from training.text import words
from training.text.distill import OFFSETS, Progress, Pupil, Run, Settings
from training.text.teacher import Teacher, first_student, word_states
from training.text.tokenizer import Tokenizer

SETTINGS = Settings(seed=3, batch=8, chunk=32, sentences=96, warmup=32)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a sentence encoder: config.json, model.safetensors, tokenizer.json."""
    folder = tmp_path_factory.mktemp("teacher")
    known = sorted({word for phrase in words.VEHICLES + words.PLACES + words.COLOURS for word in phrase.split()})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "and", *known])}
    wordpiece = WordPiece(models.WordPiece(vocabulary, unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer(lowercase=True)
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    wordpiece.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    wordpiece.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    # Large weights, so that a random teacher says different things of different words.
    sizes = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.5,
    )
    BertModel(sizes).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def config(teacher: Path) -> TextConfig:
    size = len(Tokenizer(teacher).vocabulary())
    return TextConfig(vocabulary=size, factor=8, width=16, layers=1, heads=2, tokens=16, embedding=24)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in run.pupil.state_dict().items()}


def test_a_resumed_run_ends_with_the_same_bits(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    whole = Run(tmp_path / "whole", SETTINGS, config, teacher)
    first = weights(whole)
    assert [progress.seen for progress in whole] == [32, 64, 96]

    next(iter(Run(tmp_path / "parts", SETTINGS, config, teacher)))
    torch.manual_seed(99)
    # What the command line asks for on the second start must not bend the run already begun.
    rest = Run(tmp_path / "parts", replace(SETTINGS, sentences=32, rate=1.0), config, teacher)
    assert rest.seen == 32
    assert [progress.seen for progress in rest] == [64, 96]

    ended, again = weights(whole), weights(rest)
    assert all(torch.equal(ended[name], again[name]) for name in ended)
    assert not torch.equal(first["encoder.widen.weight"], ended["encoder.widen.weight"])
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["checkpoint-0000000096"]


def test_a_half_written_checkpoint_is_not_taken_up(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    next(iter(Run(tmp_path, SETTINGS, config, teacher)))
    (tmp_path / "checkpoint-0000000064.partial").mkdir()
    assert Run(tmp_path, SETTINGS, config, teacher).seen == 32


def test_a_finished_run_stays_finished(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    once = replace(SETTINGS, sentences=32)
    assert len(list(Run(tmp_path, once, config, teacher))) == 1
    assert list(Run(tmp_path, once, config, teacher)) == []


def test_minutes_become_a_number_of_sentences(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    run = Run(tmp_path, replace(SETTINGS, sentences=0, minutes=1e-9), config, teacher)
    assert [(progress.seen, progress.planned) for progress in run] == [(32, 32)]


def test_the_student_learns(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    longer = Settings(seed=1, batch=16, chunk=256, sentences=256 * 12, warmup=256, rate=5e-3, bfloat16=False)
    steps: list[Progress] = list(Run(tmp_path, longer, config, teacher))
    for name in ("token", "middle", "sentence", "nearness", "neighbours"):
        assert steps[-1].losses[name] < 0.9 * steps[0].losses[name], name


def test_neighbours_are_named_from_the_right_side(teacher: Path, config: TextConfig) -> None:
    """With states that spell out the tokens two back, one back and one on, only the fitting heads see no loss."""
    torch.manual_seed(0)
    pupil = Pupil(TextEncoder(config))
    tokens, mask = torch.tensor([[2, 7, 8, 9, 3, 0]]), torch.tensor([[1, 1, 1, 1, 1, 0]])
    words = torch.eye(config.vocabulary)[:, : config.factor]
    words[9], words[8], words[7], words[3] = words[1], words[4], words[5], words[6]
    with torch.no_grad():
        pupil.encoder.table.weight.copy_(words)
    spelled = torch.cat([torch.roll(words[tokens], -offset, 1) for offset in OFFSETS], -1)
    for place, head in enumerate(pupil.neighbours):
        head.weight = torch.nn.Parameter(torch.zeros(config.factor, 3 * config.factor))
        with torch.no_grad():
            head.get_parameter("weight")[:, place * config.factor : (place + 1) * config.factor] = 50 * torch.eye(
                config.factor
            )
            head.get_parameter("bias").zero_()
    right = pupil.neighbour_loss(spelled, tokens, mask)
    wrong = pupil.neighbour_loss(spelled.flip(-1), tokens, mask)
    assert right < 1e-3
    assert wrong > 1


def test_the_rate_rises_then_falls(teacher: Path, config: TextConfig, tmp_path: Path) -> None:
    run = Run(tmp_path, replace(SETTINGS, sentences=1000, warmup=100), config, teacher)
    rates = []
    for seen in (0, 50, 100, 500, 999):
        run._set_rate(seen)
        rates.append(run.optimizer.param_groups[0]["lr"])
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] > rates[3] > rates[4] > 0
    assert rates[4] < 0.02 * SETTINGS.rate


def test_the_first_student_keeps_the_teachers_neighbours(teacher: Path, config: TextConfig) -> None:
    states = word_states(Teacher(teacher), Tokenizer(teacher))
    assert states.shape == (config.vocabulary, 24)
    coordinates = first_student(replace(config, factor=24), states).table.weight.detach()
    wanted, have = torch.cdist(states - states.mean(0), states - states.mean(0)), torch.cdist(coordinates, coordinates)
    torch.testing.assert_close(have / have.max(), wanted / wanted.max(), atol=1e-3, rtol=1e-3)
