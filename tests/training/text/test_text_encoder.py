"""The encoder as a network: shapes, padding, units, files, and what ONNX makes of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from runtime.errors import BundleError
from training.models.text_encoder import TextConfig, TextEncoder, load_text_encoder, masked_mean, save_text_encoder

TINY = TextConfig(vocabulary=50, factor=6, width=16, layers=2, heads=4, tokens=8, embedding=12)


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(0)
    network = TextEncoder(TINY).eval()
    with torch.no_grad():
        for block in network.blocks:
            # Scores far enough apart for attention, and thus a wrong mask, to show.
            block.get_submodule("attention.qkv").get_parameter("weight").mul_(8)
    return network


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.tensor([[1, 7, 9, 2, 0, 0, 0, 0], [1, 4, 5, 6, 8, 11, 12, 2], [1, 2, 0, 0, 0, 0, 0, 0]])
    return tokens, (tokens > 0).long()


def test_shapes_and_units(encoder: TextEncoder) -> None:
    tokens, mask = batch()
    context, embedding = encoder(tokens, mask)
    assert context.shape == (3, 8, 16)
    assert embedding.shape == (3, 12)
    torch.testing.assert_close(embedding.norm(dim=-1), torch.ones(3))
    real = context[mask.bool()]
    torch.testing.assert_close(real.mean(-1), torch.zeros(len(real)), atol=1e-5, rtol=0)
    torch.testing.assert_close(real.var(-1, correction=0), torch.ones(len(real)), atol=1e-3, rtol=0)


def test_padding_is_zero_and_changes_nothing(encoder: TextEncoder) -> None:
    tokens, mask = batch()
    context, embedding = encoder(tokens, mask)
    assert not context[mask == 0].any()
    short, short_embedding = encoder(tokens[:1, :4], mask[:1, :4])
    torch.testing.assert_close(context[:1, :4], short, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(embedding[:1], short_embedding, atol=1e-5, rtol=1e-5)
    other = torch.where(mask == 1, tokens, 33)
    torch.testing.assert_close(encoder(other, mask)[0], context)


def test_a_neighbour_and_its_place_change_a_state(encoder: TextEncoder) -> None:
    white_black = torch.tensor([[1, 20, 21, 22, 23, 2]])
    black_white = torch.tensor([[1, 22, 21, 20, 23, 2]])
    mask = torch.ones_like(white_black)
    difference = (encoder(white_black, mask)[0] - encoder(black_white, mask)[0])[0, 2]
    assert difference.abs().max() > 1e-3


def test_masked_mean_is_the_mean_of_the_real_tokens() -> None:
    states, mask = torch.arange(12.0).reshape(1, 4, 3), torch.tensor([[1, 1, 0, 0]])
    torch.testing.assert_close(masked_mean(states, mask), torch.tensor([[1.5, 2.5, 3.5]]))


def test_saved_weights_come_back_in_half_precision(encoder: TextEncoder, tmp_path: Path) -> None:
    save_text_encoder(encoder, tmp_path, {"seed": 3})
    loaded = load_text_encoder(tmp_path)
    assert loaded.config == TINY
    assert not loaded.training
    for name, value in encoder.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().float())


def test_missing_or_ill_fitting_weights_are_named(encoder: TextEncoder, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"text_encoder\.safetensors"):
        load_text_encoder(tmp_path)
    save_text_encoder(encoder, tmp_path, {})
    facts = tmp_path / "text_encoder.json"
    wrong = json.loads(facts.read_text(encoding="utf-8"))
    wrong["config"]["width"] = 32
    facts.write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(BundleError, match="weights that fit"):
        load_text_encoder(tmp_path)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch's exporter, about itself
def test_exports_to_onnx(encoder: TextEncoder, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    tokens, mask = batch()
    path = tmp_path / "text.onnx"
    names = (["tokens", "mask"], ["context", "embedding"])
    program = torch.onnx.export(
        encoder, (tokens, mask), input_names=names[0], output_names=names[1], dynamo=True, verbose=False
    )
    assert program is not None
    program.save(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(names[1], {"tokens": tokens.numpy(), "mask": mask.numpy()})
    with torch.no_grad():
        expected = encoder(tokens, mask)
    for have, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(have, want.numpy(), atol=1e-5)
