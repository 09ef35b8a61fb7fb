"""The networks at full size with random weights, and a process that writes their graphs: memory goes back with it."""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import onnx
import torch

from export.spec import NetworkSpec


def denoiser() -> Iterable[NetworkSpec]:
    """MovieFactory at Stable Diffusion 2's widths, 16 frames of 768x320."""
    from diffusers import UNet2DConditionModel

    from benchmarks.side_by_side.networks import FULL, FULL_CELLS, FULL_TOKENS, filled
    from export import networks
    from export.stable_diffusion import shape_of
    from training.models.denoiser import Denoiser, DenoiserConfig

    unet = UNet2DConditionModel(**FULL)
    config = DenoiserConfig(**shape_of(unet.config), temporal=1.0, insert_at_output=False, layout=False)
    return networks.denoiser(filled(Denoiser(config, unet)), FULL_CELLS, FULL_TOKENS)


def modelscope() -> Iterable[NetworkSpec]:
    """ModelScope text-to-video, 16 frames of 256x256."""
    from benchmarks.full_size import make_unet
    from export import modelscope_networks

    return modelscope_networks.denoiser(make_unet(), (16, 32, 32), 77)


def text_encoder() -> Iterable[NetworkSpec]:
    """CLIP-H."""
    from transformers import CLIPTextConfig, CLIPTextModel

    from benchmarks.full_size import TEXT
    from export import pipeline_networks

    return [pipeline_networks.text_encoder(CLIPTextModel(CLIPTextConfig(**TEXT)), 77, TEXT["vocab_size"])]


def autoencoder() -> Iterable[NetworkSpec]:
    """AutoencoderKL, both ways."""
    from diffusers import AutoencoderKL

    from benchmarks.full_size import VAE
    from export import networks, pipeline_networks
    from export.networks import Frame

    network = AutoencoderKL(**VAE)
    return [pipeline_networks.decoder(network, Frame(), 8),
            networks.encoder(pipeline_networks.EncoderGraph(network), Frame())]


def upscaler() -> Iterable[NetworkSpec]:
    """RealBasicVSR as published."""
    from export import networks
    from export.networks import Frame
    from training.models.upscaler import PUBLISHED, Upscaler

    return networks.upscaler(Upscaler(PUBLISHED), Frame())


NETWORKS: Final[dict[str, Callable[[], Iterable[NetworkSpec]]]] = {
    "denoiser": denoiser, "modelscope": modelscope, "text_encoder": text_encoder, "autoencoder": autoencoder,
    "upscaler": upscaler}


def write(name: str, folder: Path) -> None:
    """Trace NETWORKS[name] in half precision, into `folder`; a denoiser becomes a step graph, as GPUs run it, too."""
    from export.convert import onnx_from
    from export.step import NAME, step_graph
    from export.typed import typed
    from runtime.shot.schedule import Schedule
    from runtime.shot.solvers import table

    torch.manual_seed(0)
    for spec in NETWORKS[name]():
        onnx_from(typed(spec, "fp16-typed"), folder / f"{spec.name}.onnx", "fp16-typed")
    if (apart := folder / "denoiser.onnx").exists():
        solver = table("dpmpp_2m", Schedule(kind="scaled_linear"), "epsilon", 25)
        onnx.save(step_graph(onnx.load(apart, load_external_data=False), solver, guide=True), folder / NAME)


def write_apart(name: str, folder: Path) -> None:
    """`write` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(write, name, folder).result()
