"""The starter's networks as the app sees them: what goes in and out, and with what they are tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.layers import for_inference
from export.spec import Form, NetworkSpec, Tolerance
from runtime.backends import Array, TensorSpec
from runtime.shot.guidance import DEEP, PAIR
from training.models.autoencoder import Autoencoder
from training.models.denoiser import Controls, Denoiser, DenoiserConfig
from training.models.text_encoder import TextEncoder
from training.models.upscaler import BackwardStep, CleanStep, FlowStep, ForwardStep, Upscaler, positions

Feed = dict[str, Array]
PREDICTED: Final = ("prediction", "time_waves")
"""What every denoiser gives."""
PLACES: Final = "places"
"""What one with a layout gives besides."""
REFRESH: Final = 3
"""Steps that deep features serve, as in most of DeepCache's own measurements."""
LAID_OUT: Final = Tolerance(int8=4e-2, bfloat16=6e-2)
"""How far a denoiser with a layout may be away: a sketch sees waves as short as a thirtieth of a frame, for which a
place that is rounded by a pixel is another. OpenVINO is 3.3e-2 away in f32, where it makes bytes of what products are
given (onnxruntime: 3e-4), and 7.0e-2 in bf16."""


@dataclass(frozen=True)
class Frame:
    """The denoiser's picture size in pixels."""

    width: int = 768
    height: int = 320

    def cells(self, ratio: int) -> tuple[int, int]:
        """(height, width) of its latents."""
        return self.height // ratio, self.width // ratio


def text_encoder(encoder: TextEncoder) -> NetworkSpec:
    """tokens, mask (B, N) int64 -> context (B, N, D), embedding (B, E); any number of texts at once."""
    config, draw = encoder.config, np.random.default_rng(0)
    feeds = []
    for lengths in ((5, config.tokens, 2), (config.tokens // 2,)):
        mask = (np.arange(config.tokens) < np.array(lengths)[:, None]).astype(np.int64)
        tokens = draw.integers(0, config.vocabulary, mask.shape) * mask
        feeds.append({"tokens": tokens, "mask": mask})
    shape = ("B", config.tokens)
    return NetworkSpec(
        name="text_encoder", module=encoder, inputs=(TensorSpec("tokens", "int64", shape),
                                                     TensorSpec("mask", "int64", shape)),
        outputs=("context", "embedding"), feeds=tuple(feeds), tolerance=Tolerance())


class _ClipGraph(nn.Module):
    """A denoiser for one clip, or for a pair of them. Its outputs beside the prediction are there for OpenVINO alone.

    In bf16 it rounds whatever does not lead to an output: a time of 937.3 becomes 936 before its sine is taken, and
    the prediction is off by a tenth; a layout would tremble. What leads straight to an output stays in fp32.
    """

    def __init__(self, denoiser: Denoiser, one_text: bool, clips: int = 1) -> None:
        super().__init__()
        self.denoiser = for_inference(denoiser, one_text, clips)
        self.waves = self.denoiser.unet.time_proj
        self.denoiser.unet.time_proj = nn.Identity()

    def _laid_out(self, context: Tensor) -> tuple[Controls, tuple[Tensor, ...]]:
        """The clip's layout, where the denoiser plans one, and its places as an output (B, T, ACTORS, PLACE)."""
        if self.denoiser.planner is None:
            return Controls(), ()
        layout = self.denoiser.planner(context)
        return Controls(layout=layout), (layout.places,)


class DenoiserGraph(_ClipGraph):
    """The same text and time for all frames of a clip."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor) -> tuple[Tensor, ...]:
        """latents (B, C, T, h, w), time (B,) in 0..1000, context (B, N, D), domain (B,) -> prediction, time waves, and
        places (B, T, ACTORS, PLACE) where there is a layout."""
        waves, (controls, places) = self.waves(time), self._laid_out(context)
        return self.denoiser(latents, waves, context, domain, controls), waves, *places


class DeepGraph(_ClipGraph):
    """As `DenoiserGraph`, and gives what its inner levels did: see `Denoiser.with_deep`."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor) -> tuple[Tensor, ...]:
        """As `DenoiserGraph` -> prediction, time waves, deep (T, C, h, w), places."""
        waves, (controls, places) = self.waves(time), self._laid_out(context)
        prediction, deep = self.denoiser.with_deep(latents, waves, context, domain, controls)
        return prediction, waves, deep, *places


class ShallowGraph(_ClipGraph):
    """The outermost level alone: see `Denoiser.shallow`."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, deep: Tensor
                ) -> tuple[Tensor, ...]:
        """As `DenoiserGraph`, with deep (T, C, h, w) of a step before."""
        waves, (controls, places) = self.waves(time), self._laid_out(context)
        return self.denoiser.shallow(latents, waves, context, domain, deep, controls), waves, *places


class ControlledGraph(_ClipGraph):
    """For one clip, with everything that can be said for each frame of it."""

    # Positional arguments are what a graph's inputs are made of.
    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor,  # noqa: PLR0913, PLR0917
                start: Tensor, bias: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `DenoiserGraph` with time (1, T), context (1, T, N, D), start (1,), bias (T, T) and, where the network
        takes it, condition (1, c, T, h, w); see `Controls`.
        """
        waves = self.waves(time[0])
        return self.denoiser(latents, waves, context[0], domain, Controls(start, bias, condition)), waves


def denoiser(network: Denoiser, cells: tuple[int, int], tokens: int, form: Form = "clip") -> tuple[NetworkSpec, ...]:
    """latents, time, context, domain -> prediction, and the time's waves; see the graph of each form.

    `cells` is (height, width) of the latents, `tokens` the length of a text.
    """
    config, draw = network.config, np.random.default_rng(0)
    clips = PAIR if form == "pair" else 1
    shape = (clips, config.latent_channels, config.frames, *cells)
    # Times that bf16 cannot hold, from both ends of sampling; the last feed is a clip that hardly has noise any more.
    feeds = [
        {"latents": normal(draw, *shape) * np.float32(scale), "time": np.full(clips, time, np.float32),
         "context": normal(draw, clips, tokens, config.context),
         "domain": np.full(clips, domain % config.domains, np.int64)}
        for scale, time, domain in ((1.0, 937.3, 1), (0.8, 62.6, 0))]
    places = (PLACES,) if config.layout else ()
    match form:
        case "controls":
            return one_graph(ControlledGraph(network, one_text=False), [_controlled(feed, config, draw)
                                                                       for feed in feeds])
        case "cached":
            return cached_graphs(DeepGraph(network, one_text=True), ShallowGraph(network, one_text=True), feeds, places)
        case _:
            return one_graph(DenoiserGraph(network, one_text=True, clips=clips), feeds, places)


def one_graph(graph: nn.Module, feeds: list[Feed], more: tuple[str, ...] = ()) -> tuple[NetworkSpec, ...]:
    """A denoiser of one graph; `more` are its last outputs."""
    return (_denoiser("denoiser", graph, feeds, (*PREDICTED, *more)),)


def cached_graphs(whole: nn.Module, shallow: nn.Module, feeds: list[Feed], more: tuple[str, ...] = ()
                  ) -> tuple[NetworkSpec, ...]:
    """A denoiser of two graphs: the whole of it, and its outermost level; `more` are the last outputs of both."""
    draw = np.random.default_rng(1)
    with torch.no_grad():
        given = [whole.eval()(*map(torch.from_numpy, feed.values()))[2].numpy() for feed in feeds]
    # What lies a step back is a little different.
    deep = [{**feed, DEEP: value + np.float32(0.1 * value.std()) * normal(draw, *value.shape)}
            for feed, value in zip(feeds, given, strict=True)]
    return (_denoiser("denoiser", whole, feeds, (*PREDICTED, DEEP, *more)),
            _denoiser("denoiser_shallow", shallow, deep, (*PREDICTED, *more)))


def refreshed(form: Form) -> dict[str, int]:
    """What a manifest says of deep features, where a denoiser's form keeps them."""
    return {"refresh": REFRESH} if form == "cached" else {}


def _denoiser(name: str, graph: nn.Module, feeds: list[Feed], outputs: tuple[str, ...]) -> NetworkSpec:
    return NetworkSpec(name=name, module=graph, inputs=specs(feeds[0]), outputs=outputs, feeds=tuple(feeds),
                       tolerance=LAID_OUT if PLACES in outputs else Tolerance(), single=("time", "bias"))


def _controlled(feed: Feed, config: DenoiserConfig, draw: np.random.Generator) -> Feed:
    """The feed with every frame told something else, the last one hidden from the first."""
    frames = config.frames
    told = {**feed, "time": feed["time"] * np.linspace(0.9, 1, frames, dtype=np.float32)[None],
            "context": feed["context"][:, None] + 0.1 * normal(draw, 1, frames, *feed["context"].shape[1:]),
            "start": np.array([3], np.int64), "bias": normal(draw, frames, frames)}
    told["bias"][0, -1] = -1e4
    if config.conditions:
        told["condition"] = normal(draw, 1, config.conditions, *feed["latents"].shape[2:])
    return told


class DecoderGraph(nn.Module):
    """Latents (B, C, h, w) to pictures (B, H, W, 3) uint8."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        """`latents` of the autoencoder."""
        return to_bytes(self.autoencoder.decode(latents))


def to_bytes(picture: Tensor) -> Tensor:
    """(B, 3, H, W) in -1..1 to (B, H, W, 3) uint8.

    Adding a half and cutting off rounds; clamped first, for a cast out of range is undefined.
    """
    return ((picture.float().clamp(-1, 1) + 1) * 127.5 + 0.5).permute(0, 2, 3, 1).to(torch.uint8)


def decoder(network: Autoencoder, frame: Frame) -> NetworkSpec:
    """latents -> picture, one frame at a time: four at once were slower."""
    picture = torch.from_numpy(_picture(np.random.default_rng(0), frame.height, frame.width)) * 2 - 1
    feeds = ({"latents": network.encode(picture).numpy()},)
    return NetworkSpec(name="decoder", module=DecoderGraph(network), inputs=specs(feeds[0]), outputs=("picture",),
                       feeds=feeds, tolerance=Tolerance())


def upscaler(network: Upscaler, frame: Frame) -> tuple[NetworkSpec, ...]:
    """The four graphs of `runtime.shot.upscale`: clean, flow, backward, forward."""
    draw = np.random.default_rng(0)
    size = (frame.height, frame.width)
    first, second = (_picture(draw, *size) for _ in range(2))
    feature = normal(draw, 1, network.config.channels, *size)
    # Some pixels of motion, more of it at the right and lower edges, where positions are largest.
    moved = torch.from_numpy(_smooth(draw, 2, *size) * 8)
    flow = positions(moved).numpy()
    step = {"frame": first, "feature": feature, "flow": flow}
    parts: tuple[tuple[str, nn.Module, Feed, tuple[str, ...]], ...] = (
        ("clean", CleanStep(network), {"frame": first}, ("cleaned",)),
        ("flow", FlowStep(network), {"frame": first, "neighbour": second}, ("flow",)),
        ("backward", BackwardStep(network), step, ("backward",)),
        ("forward", ForwardStep(network), {**step, "backward": feature[:, ::-1].copy()}, ("forward", "picture")))
    return tuple(NetworkSpec(name=f"upscaler_{name}", module=module, inputs=specs(feed), outputs=outputs,
                             feeds=(feed,), tolerance=Tolerance(), exact=name == "flow", single=("flow",))
                 for name, module, feed, outputs in parts)


def specs(feed: Mapping[str, Array]) -> tuple[TensorSpec, ...]:
    """The inputs that a feed fits, every axis fixed."""
    return tuple(TensorSpec(name, value.dtype.name, value.shape) for name, value in feed.items())


def normal(draw: np.random.Generator, *shape: int) -> Array:
    """Unit noise, float32."""
    return draw.standard_normal(shape, np.float32)


def _smooth(draw: np.random.Generator, channels: int, height: int, width: int) -> Array:
    """Unit noise on a coarse grid, blown up: (1, channels, height, width)."""
    coarse = torch.from_numpy(normal(draw, 1, channels, max(2, height // 16), max(2, width // 16)))
    grown: Array = F.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False).numpy()
    return grown


def _picture(draw: np.random.Generator, height: int, width: int) -> Array:
    """Soft shapes and a little grain, 0 to 1: (1, 3, height, width)."""
    picture = 0.5 + 0.25 * _smooth(draw, 3, height, width) + 0.03 * normal(draw, 1, 3, height, width)
    return np.clip(picture, 0.0, 1.0).astype(np.float32)
