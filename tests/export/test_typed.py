"""Networks in half precision: close to themselves in fp32, and finite where plain half precision is not."""

import copy
import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel
from transformers.models.clip.modeling_clip import CLIPAttention

from export import modelscope_networks, networks, pipeline_networks
from export.compare import compare, references
from export.convert import onnx_from
from export.errors import ExportError
from export.run_graph import Way
from export.run_graph import run as run_graph
from export.spec import Form, NetworkSpec, Precision
from export.typed import TYPES, typed
from runtime.backends import build_ahead, read_interface
from runtime.generators import finish
from tests.export import tiny_modelscope
from tests.export import tiny_networks as tiny
from tests.export.test_networks import FORMS, SPECS
from training.models.denoiser import Controls

ELEMENTS = {"fp16-typed": onnx.TensorProto.FLOAT16, "bf16-typed": onnx.TensorProto.BFLOAT16}


@pytest.mark.parametrize(("name", "precision"), [
    *itertools.product(SPECS, TYPES), *(pytest.param(form, "fp16-typed", marks=pytest.mark.proof) for form in FORMS)])
def test_the_graph_is_typed_and_computes_what_the_network_does(name: str, precision: Precision, tmp_path: Path) -> None:
    plain = (SPECS | FORMS)[name]
    spec = typed(plain, precision)
    path = tmp_path / f"{name}.onnx"
    onnx_from(spec, path, precision)
    found = compare(plain, path, precision)
    assert {item.output for item in found} == set(spec.outputs)
    assert read_interface(path).inputs == plain.inputs, "seen from outside nothing has changed"
    kinds = {tensor.name: tensor.data_type for tensor in onnx.load(path).graph.initializer}
    large = {kind for name, kind in kinds.items() if kind != onnx.TensorProto.INT64 and "norm" not in name}
    assert (ELEMENTS[precision] in large) == spec.typed


@pytest.mark.parametrize(("form", "precision"), [
    ("clip", "fp16-typed"),  # `test_modelscope` has bf16, by the command
    *(pytest.param(form, precision, marks=pytest.mark.proof) for form, precision in (
        ("clip", "bf16-typed"), *itertools.product(("pair", "cached"), TYPES)))])
def test_so_are_the_graphs_of_modelscope(form: Form, precision: Precision, tmp_path: Path) -> None:
    shape = (tiny_modelscope.FRAMES, *tiny_modelscope.FRAME.cells(8))
    for plain in modelscope_networks.denoiser(tiny_modelscope.unet(), shape, tiny_modelscope.TOKENS, form):
        path = tmp_path / f"{plain.name}.onnx"
        onnx_from(typed(plain, precision), path, precision)
        assert {item.output for item in compare(plain, path, precision)} == set(plain.outputs)
        assert read_interface(path).inputs == plain.inputs
        assert weight_kinds(path) == {ELEMENTS[precision]}


def weight_kinds(path: Path) -> set[int]:
    """What the matrices and kernels of a graph are in."""
    return {tensor.data_type for tensor in onnx.load(path).graph.initializer
            if len(tensor.dims) > 1 and max(tensor.dims) < np.prod(tensor.dims)}


@pytest.mark.parametrize("precision", TYPES)
def test_tensorrt_builds_an_engine_of_it(precision: Precision, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")
    path = tmp_path / "denoiser.onnx"
    onnx_from(typed(SPECS["denoiser"], precision), path, precision)
    assert finish(build_ahead(path, "tensorrt_rtx", cache=tmp_path)).stat().st_size > 100_000


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_how_weights_are_stored_leaves_the_network_alone(precision: Precision) -> None:
    assert typed(SPECS["denoiser"], precision) is SPECS["denoiser"]


def test_large_attention_scores_do_not_overflow(tmp_path: Path) -> None:
    network = tiny.denoiser()
    for part in network.modules():
        if isinstance(part, Attention):
            part.to_q.weight.data *= 1000  # scores beyond 65,504, as Stable Diffusion 2 has them
            part.to_k.weight.data *= 1000
    spec, _ = networks.denoiser(network, tiny.FRAME.cells(16), tiny.TEXT.tokens)
    path = tmp_path / "denoiser.onnx"
    onnx_from(typed(spec, "fp16-typed"), path, "fp16-typed")
    # Such a softmax takes one and drops the rest: how close the result is says little, whether it is a number all.
    _, made = run_graph(path, Way("cpu"), spec.feeds) or ("", [])
    assert len(made) == len(spec.feeds)
    assert all(np.isfinite(one["prediction"]).all() for one in made)
    plain = Plain(copy.deepcopy(network).half())
    for part in plain.modules():
        if isinstance(part, Attention):
            part.set_processor(AttnProcessor())  # the fused one sums up in fp32 on some devices
    assert not torch.isfinite(run(spec, plain)).all()


def test_what_does_overflow_in_a_graph_is_found(tmp_path: Path) -> None:
    network = tiny.denoiser()
    network.unet.conv_in.weight.data *= 3e6  # what the first layer says passes 65,504; the norms after it bring it back
    spec, _ = networks.denoiser(network, tiny.FRAME.cells(16), tiny.TEXT.tokens)
    assert all(np.isfinite(made["prediction"]).all() for made in references(spec))
    onnx_from(typed(spec, "fp16-typed"), tmp_path / "denoiser.onnx", "fp16-typed")
    with pytest.raises(ExportError, match=r"prediction of denoiser \(fp16-typed\) on .+, but it is inf away"):
        compare(spec, tmp_path / "denoiser.onnx", "fp16-typed")


@pytest.mark.proof
def test_only_the_loud_feed_finds_what_overflows_where_words_are_loud(tmp_path: Path) -> None:
    network = tiny.denoiser()
    for part in network.modules():
        if isinstance(part, Attention) and part.is_cross_attention:
            part.to_v.weight.data *= 1e4  # a word of size 1 gives some 40,000, one of 33 a million
    spec, _ = networks.denoiser(network, tiny.FRAME.cells(16), tiny.TEXT.tokens)
    path = tmp_path / "denoiser.onnx"
    onnx_from(typed(spec, "fp16-typed"), path, "fp16-typed")
    with pytest.raises(ExportError, match=r"on .+, but it is inf away"):
        compare(spec, path, "fp16-typed")
    ordinary = dataclasses.replace(spec, feeds=spec.feeds[:1])
    assert compare(ordinary, path, "fp16-typed")


def test_only_loud_latents_find_what_overflows_in_a_decoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = tiny_modelscope.vae()
    spec = pipeline_networks.decoder(network, tiny_modelscope.FRAME, 8)
    with torch.no_grad():
        largest = network.post_quant_conv(torch.from_numpy(spec.feeds[0]["latents"])).abs().max()
        network.post_quant_conv.weight *= 40_000 / largest  # the norms after it bring it back
        network.post_quant_conv.bias *= 40_000 / largest
    path = tmp_path / "decoder.onnx"
    onnx_from(typed(spec, "fp16-typed"), path, "fp16-typed")
    with pytest.raises(ExportError, match=r"picture of decoder \(fp16-typed\) on .+ of torch, but it is"):
        compare(spec, path, "fp16-typed")
    assert compare(dataclasses.replace(spec, feeds=spec.feeds[:1]), path, "fp16-typed")


def test_nor_do_those_of_a_clip_text_encoder(tmp_path: Path) -> None:
    config = CLIPTextConfig(vocab_size=40, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
                            num_attention_heads=2, max_position_embeddings=6, hidden_act="gelu")
    torch.manual_seed(0)
    encoder = CLIPTextModel(config).eval()
    for part in encoder.modules():
        if isinstance(part, CLIPAttention):
            part.q_proj.weight.data *= 20_000
            part.k_proj.weight.data *= 20_000
    spec = pipeline_networks.text_encoder(encoder, 6, 40)
    made = run(spec, typed(spec, "fp16-typed").module)
    assert torch.isfinite(made).all()
    plain = copy.deepcopy(spec.module).half()
    for part in plain.modules():
        if isinstance(part, CLIPAttention):
            part.config._attn_implementation = "eager"
    assert not torch.isfinite(run(spec, plain)).all()


@pytest.mark.parametrize("precision", TYPES)
def test_a_clip_text_encoder_in_half_precision_says_the_same(precision: Precision, tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = CLIPTextModel(CLIPTextConfig(
        vocab_size=40, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=12, hidden_act="gelu")).eval()
    spec = pipeline_networks.text_encoder(encoder, 12, 40)
    onnx_from(typed(spec, precision), tmp_path / "text_encoder.onnx", precision)
    assert compare(spec, tmp_path / "text_encoder.onnx", precision)


class Plain(nn.Module):
    """A denoiser in half precision throughout."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, latents: Any, time: Any, context: Any, domain: Any, sketch: Any) -> Any:
        return self.network(latents.half(), time, context.half(), domain, Controls(sketch=sketch.half()))


def run(spec: NetworkSpec, module: nn.Module) -> Any:
    with torch.no_grad():
        made = module(*(torch.from_numpy(spec.feeds[0][tensor.name]) for tensor in spec.inputs))
    return made[0] if isinstance(made, tuple) else made
