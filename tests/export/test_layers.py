"""The quick forms of layers compute what the layers do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.activations import GEGLU
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from export.compare import references, relative_error
from export.convert import onnx_from
from export.layers import ClipAttention, SplitGeglu, for_inference
from export.networks import DenoiserGraph, LayoutGraph, denoiser, specs
from export.spec import NetworkSpec, Precision, Tolerance
from runtime.backends import open_engine
from tests.export import tiny_networks as tiny


def test_the_copy_for_inference_predicts_the_same_and_the_original_is_left_alone() -> None:
    network = tiny.denoiser()
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 4, 4, 2, 4, generator=generator)
    context = torch.randn(1, 8, 16, generator=generator)
    feeds = latents, torch.tensor([937.3]), context, torch.tensor([1])
    with torch.no_grad():
        before = network(*feeds)
        quick = for_inference(network)(*feeds)
        sketch, places = LayoutGraph(network, (2, 4))(context)
        graph, waves = DenoiserGraph(network, one_text=True)(*feeds, sketch)
        after = network(*feeds)
        assert network.planner is not None
        np.testing.assert_allclose(places.numpy(), network.planner(context).places.numpy(), rtol=1e-4, atol=1e-6)
    assert torch.equal(before, after)
    for other in (quick, graph):
        np.testing.assert_allclose(other.numpy(), before.numpy(), rtol=1e-4, atol=1e-5)
    # DDPM's waves, cosine first (Ho et al. 2020, after Vaswani et al. 2017): the slowest has wavelength 2 pi 10000.
    frequencies = 10_000.0 ** (-np.arange(8) / 8)
    np.testing.assert_allclose(waves[0, :8].numpy(), np.cos(np.float32(937.3) * frequencies), atol=1e-4)


def test_every_part_of_the_context_reaches_the_prediction() -> None:
    network = for_inference(tiny.denoiser())
    feeds = torch.zeros(1, 4, 4, 2, 4), torch.tensor([500.0]), torch.ones(1, 8, 16), torch.tensor([0])
    with torch.no_grad():
        plain = network(*feeds)
        for token in range(8):
            changed = feeds[2].clone()
            changed[0, token] = -1.0
            assert not torch.allclose(network(feeds[0], feeds[1], changed, feeds[3]), plain)


def test_each_clip_of_a_pair_reads_its_own_text() -> None:
    network = tiny.denoiser()
    generator = torch.Generator().manual_seed(0)
    latents, context = (torch.randn(2, *shape, generator=generator) for shape in ((4, 4, 2, 4), (8, 16)))
    feeds = latents, torch.tensor([937.3, 20.0]), context, torch.tensor([1, 0])
    with torch.no_grad():
        expected = network(*feeds)
        found = for_inference(network, clips=2)(*feeds)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-4, atol=1e-5)


def test_a_split_gate_is_the_joined_one() -> None:
    torch.manual_seed(0)
    joined = GEGLU(6, 10)
    value = torch.randn(3, 5, 6)
    with torch.no_grad():
        np.testing.assert_allclose(SplitGeglu(joined)(value).numpy(), joined(value).numpy(), atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_graph_gives_the_same_however_often_it_runs(precision: Precision, tmp_path: Path) -> None:
    """OpenVINO in fp32 wrote over what it computes only once, where the weights of that were bytes."""
    network = tiny.denoiser()
    _, spec = denoiser(network, (4, 8), 8)
    onnx_from(spec, tmp_path / "denoiser.onnx", precision)
    for backend in ("cpu", "openvino"):
        with open_engine(tmp_path / "denoiser.onnx", backend, exact=True) as engine:
            first, *others = [engine.run(spec.feeds[0]) for _ in range(4)]
        for name in spec.outputs:
            for other in others:
                np.testing.assert_allclose(other[name], first[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("askers", [2, 3, 4])
@pytest.mark.parametrize("text", [0, 32])
def test_however_many_ask_attention_is_right_in_half_precision(askers: int, text: int, tmp_path: Path) -> None:
    """OpenVINO's own fused attention is not for three, by a third in bf16."""
    torch.manual_seed(0)
    attention = Attention(96, heads=3, dim_head=32, cross_attention_dim=96 if text else None)
    attention.set_processor(ClipAttention())

    class Asked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention, self.before = attention, nn.Linear(96, 96)

        def forward(self, x: Tensor, context: Tensor) -> Tensor:
            found: Tensor = self.attention(self.before(x), context if text else None) + 0 * context.sum()
            return found

    draw = np.random.default_rng(0)
    feed = {"x": draw.standard_normal((1, askers, 96), np.float32),
            "context": draw.standard_normal((1, text or 1, 96), np.float32)}
    spec = NetworkSpec(name="asked", module=Asked(), inputs=specs(feed), outputs=("mixed",), feeds=(feed,),
                       tolerance=Tolerance())
    onnx_from(spec, tmp_path / "asked.onnx")
    expected = references(spec)[0]["mixed"]
    with open_engine(tmp_path / "asked.onnx", "openvino") as engine:
        assert relative_error(engine.run(feed)["mixed"], expected) < 0.02
