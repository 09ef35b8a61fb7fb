"""The starter's networks as the app sees them: what goes in and out, and with what they are tried."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.layers import for_inference, rebuild
from export.spec import Form, NetworkSpec, Tolerance
from runtime.backends import Array, TensorSpec
from runtime.shot.controls import PER_FRAME, SKETCH
from runtime.shot.guidance import DEEP, PAIR
from training.models.autoencoder import Autoencoder
from training.models.denoiser import Controls, Denoiser, DenoiserConfig
from training.models.text_encoder import TextEncoder
from training.models.upscaler import BackwardStep, CleanStep, FlowStep, ForwardStep, Upscaler, positions

Feed = dict[str, Array]
PREDICTED: Final = ("prediction", "time_waves")
"""What every denoiser gives."""
LAYOUT: Final = (SKETCH, "places")
"""What the layout of a clip is made to."""
REFRESH: Final = 3
"""Steps that deep features serve, as in most of DeepCache's own measurements."""


LOUD: Final = 3.0
"""The size of latents in a feed that looks for overflow."""
OUTSPOKEN: Final = (33.0, -28.0)
"""And two channels of its text's first token: the states of CLIP's ViT-L/14 have such whatever the text, thirty times
as large as the others."""


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
    """A denoiser for one clip, or for a pair of them. Its time's waves are an output for OpenVINO alone.

    In bf16 it rounds whatever does not lead to an output: a time of 937.3 becomes 936 before its sine is taken, and
    the prediction is off by a tenth. What leads straight to an output stays in fp32.
    """

    def __init__(self, denoiser: Denoiser, one_text: bool, clips: int = 1) -> None:
        super().__init__()
        self.denoiser = for_inference(denoiser, one_text, clips)
        self.waves = self.denoiser.unet.time_proj
        self.denoiser.unet.time_proj = nn.Identity()
        # Layouts have a graph of their own.
        self.denoiser.planner = self.denoiser.sketch = None


class DenoiserGraph(_ClipGraph):
    """The same text and time for all frames of a clip."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, sketch: Tensor | None = None
                ) -> tuple[Tensor, Tensor]:
        """latents (B, C, T, h, w), time (B,) in 0..1000, context (B, N, D), domain (B,) and, where clips have a layout,
        sketch (B, SKETCHED, T, h, w) -> prediction, time waves."""
        waves = self.waves(time)
        return self.denoiser(latents, waves, context, domain, Controls(sketch=sketch)), waves


class DeepGraph(_ClipGraph):
    """As `DenoiserGraph`, and gives what its inner levels did: see `Denoiser.with_deep`."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, sketch: Tensor | None = None
                ) -> tuple[Tensor, Tensor, Tensor]:
        """As `DenoiserGraph` -> prediction, time waves, deep (T, C, h, w)."""
        waves = self.waves(time)
        prediction, deep = self.denoiser.with_deep(latents, waves, context, domain, Controls(sketch=sketch))
        return prediction, waves, deep


class ShallowGraph(_ClipGraph):
    """The outermost level alone: see `Denoiser.shallow`."""

    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor, *given: Tensor
                ) -> tuple[Tensor, Tensor]:
        """As `DenoiserGraph`, and last deep (T, C, h, w) of a step before."""
        (*sketch, deep), waves = given, self.waves(time)
        controls = Controls(sketch=sketch[0] if sketch else None)
        return self.denoiser.shallow(latents, waves, context, domain, deep, controls), waves


class ControlledGraph(_ClipGraph):
    """For one clip, with everything that can be said for each frame of it."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__(denoiser, one_text=False)
        config = denoiser.config
        self._more = [name for name, taken in (("condition", config.conditions), (SKETCH, config.layout)) if taken]

    # Positional arguments are what a graph's inputs are made of.
    def forward(self, latents: Tensor, time: Tensor, context: Tensor, domain: Tensor,
                start: Tensor, bias: Tensor, *more: Tensor) -> tuple[Tensor, Tensor]:
        """As `DenoiserGraph` with time (1, T), context (1, T, N, D), start (1,), bias (T, T) and, where the network
        takes them, condition (1, c, T, h, w) and sketch; see `Controls`.
        """
        waves = self.waves(time[0])
        given = dict(zip(self._more, more, strict=True))
        controls = Controls(start, bias, given.get("condition"), sketch=given.get(SKETCH))
        return self.denoiser(latents, waves, context[0], domain, controls), waves


class LayoutGraph(nn.Module):
    """What a clip's layout is drawn to, once for all steps. Apart from the denoiser for the sake of numbers: its places
    and their waves need fp32, a thirtieth of a frame is another thing when it is rounded by a pixel."""

    def __init__(self, denoiser: Denoiser, size: tuple[int, int], one_text: bool = True) -> None:
        super().__init__()
        drawing = copy.deepcopy(denoiser)
        drawing.unet, drawing.inserts, drawing.temporal = None, nn.ModuleDict(), nn.ModuleDict()
        self.denoiser, self._size = rebuild(drawing, one_text), size

    def forward(self, context: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """context (1, N, D) -> sketch (1, SKETCHED, T, h, w), places (1, T, ROWS, PLACE).

        With start (1,), the number of the first frame, each frame has a text: context (1, T, N, D).
        """
        if start is None:
            return self.denoiser.drawn(context, 0, self._size)
        return self.denoiser.drawn(context[0], start, self._size)


def denoiser(network: Denoiser, cells: tuple[int, int], tokens: int, form: Form = "clip") -> tuple[NetworkSpec, ...]:
    """latents, time, context, domain -> prediction, and the time's waves; see the graph of each form. Where clips have
    a layout, sketch is an input too, and a graph of the layout makes it.

    `cells` is (height, width) of the latents, `tokens` the length of a text.
    """
    config, draw = network.config, np.random.default_rng(0)
    clips = PAIR if form == "pair" else 1
    shape = (clips, config.latent_channels, config.frames, *cells)
    # Times that bf16 cannot hold, from both ends of sampling. The second clip hardly has noise any more, and is loud.
    feeds = [
        {"latents": normal(draw, *shape) * np.float32(scale), "time": np.full(clips, time, np.float32),
         "context": normal(draw, clips, tokens, config.context),
         "domain": np.full(clips, domain % config.domains, np.int64)}
        for scale, time, domain in ((1.0, 937.3, 1), (LOUD, 62.6, 0))]
    if form == "controls":
        feeds = [_controlled(feed, config, draw) for feed in feeds]
    layout = [_laid_out(network, cells, feeds)] if config.layout else []
    feeds[-1]["context"] = outspoken(feeds[-1]["context"])  # not the layout's: it is computed in fp32
    match form:
        case "controls":
            graphs = one_graph(ControlledGraph(network), feeds)
        case "cached":
            graphs = cached_graphs(DeepGraph(network, one_text=True), ShallowGraph(network, one_text=True), feeds)
        case _:
            graphs = one_graph(DenoiserGraph(network, one_text=True, clips=clips), feeds)
    return *graphs, *layout


def outspoken(context: Array) -> Array:
    """A text `context` (..., N, D) whose first token is as loud as CLIP's."""
    loud = context.copy()
    loud[..., 0, :len(OUTSPOKEN)] = OUTSPOKEN
    return loud


def _laid_out(network: Denoiser, cells: tuple[int, int], feeds: list[Feed]) -> NetworkSpec:
    """The layout's graph, of each clip alone; puts what it gives into `feeds`."""
    each_frame = feeds[0]["context"].ndim == PER_FRAME["context"]
    graph = LayoutGraph(network, cells, one_text=not each_frame)
    told: list[Feed] = []
    for feed in feeds:
        first = {"start": feed["start"]} if each_frame else {}
        clips = [{"context": context[None], **first} for context in feed["context"]]
        with torch.no_grad():
            drawn = [graph(*map(torch.from_numpy, clip.values()))[0].numpy() for clip in clips]
        feed[SKETCH] = np.concatenate(drawn)
        told += clips
    # Waves are up to a thirtieth of a frame long: of what stored weights are off, places make a multiple.
    return NetworkSpec(name="denoiser_layout", module=graph, inputs=specs(told[0]), outputs=LAYOUT, feeds=tuple(told),
                       tolerance=Tolerance(fp16=1e-2), exact=True, typed=False)


def one_graph(graph: nn.Module, feeds: list[Feed]) -> tuple[NetworkSpec, ...]:
    """A denoiser of one graph."""
    return (_denoiser("denoiser", graph, feeds, PREDICTED),)


def cached_graphs(whole: nn.Module, shallow: nn.Module, feeds: list[Feed]) -> tuple[NetworkSpec, ...]:
    """A denoiser of two graphs: the whole of it, and its outermost level."""
    draw = np.random.default_rng(1)
    with torch.no_grad():
        given = [whole.eval()(*map(torch.from_numpy, feed.values()))[2].numpy() for feed in feeds]
    # What lies a step back is a little different.
    deep = [{**feed, DEEP: value + np.float32(0.1 * value.std()) * normal(draw, *value.shape)}
            for feed, value in zip(feeds, given, strict=True)]
    return (_denoiser("denoiser", whole, feeds, (*PREDICTED, DEEP)),
            _denoiser("denoiser_shallow", shallow, deep, PREDICTED))


def refreshed(form: Form) -> dict[str, int]:
    """What a manifest says of deep features, where a denoiser's form keeps them."""
    return {"refresh": REFRESH} if form == "cached" else {}


def _denoiser(name: str, graph: nn.Module, feeds: list[Feed], outputs: tuple[str, ...]) -> NetworkSpec:
    return NetworkSpec(name=name, module=graph, inputs=specs(feeds[0]), outputs=outputs, feeds=tuple(feeds),
                       tolerance=Tolerance(), single=("time", "bias"))


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
    """latents -> picture, one frame at a time: four at once were slower. The second feed is loud."""
    picture = torch.from_numpy(_picture(np.random.default_rng(0), frame.height, frame.width)) * 2 - 1
    latents = network.encode(picture).numpy()
    feeds = ({"latents": latents}, {"latents": latents * np.float32(LOUD)})
    return NetworkSpec(name="decoder", module=DecoderGraph(network), inputs=specs(feeds[0]), outputs=("picture",),
                       feeds=feeds, tolerance=Tolerance())


class EncoderGraph(nn.Module):
    """Pictures (B, H, W, 3) uint8 to latents (B, C, h, w): the way back."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, picture: Tensor) -> Tensor:
        """Latents as the autoencoder's own."""
        return self.autoencoder.encode(from_bytes(picture, self.autoencoder.analysis.dtype))


def from_bytes(picture: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) in -1..1. First numbers, then turned: TensorRT turns no bytes."""
    return (picture.float() / 127.5 - 1).permute(0, 3, 1, 2).to(dtype)


def encoder(graph: nn.Module, frame: Frame) -> NetworkSpec:
    """picture -> latents, one frame at a time; `graph` is an autoencoder's `EncoderGraph`."""
    feeds = tuple({"picture": np.rint(_picture(np.random.default_rng(seed), frame.height, frame.width)
                                      .transpose(0, 2, 3, 1) * 255).astype(np.uint8)} for seed in range(2))
    return NetworkSpec(name="decoder_encoder", module=graph, inputs=specs(feeds[0]), outputs=("latents",), feeds=feeds,
                       tolerance=Tolerance())


def upscaler(network: Upscaler, frame: Frame, exact_flow: bool = True) -> tuple[NetworkSpec, ...]:
    """The four graphs of `runtime.shot.upscale`: clean, flow, backward, forward.

    Flows are sought by positions, which bf16 rounds by up to three quarters of a pixel at the right and lower edges;
    with `exact_flow` no backend may.
    """
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
                             feeds=(feed,), tolerance=_positions_within(frame) if name == "flow" else Tolerance(),
                             exact=exact_flow and name == "flow", typed=name != "flow", single=("flow",))
                 for name, module, feed, outputs in parts)


def _positions_within(frame: Frame) -> Tolerance:
    """How far a flow may be from the network's: a part of a pixel along the longer side, everywhere.

    Positions are the frame's own grid and a little motion: a graph that sees none where four pixels of 768x320 move
    everywhere is but 1e-2 away. In pixels, root mean square: the starter's flow, of 12 on average, is 0.09 away in
    int8, 0.18 in bf16 and 0.19 in both; RealBasicVSR's with random weights, of 3, less than 0.001 in fp16 and 0.005 in
    int8.
    """
    grid = math.sqrt(2 / 3)  # the root mean square of positions from -1 to 1
    pixel = 2 / (max(frame.width, frame.height) - 1) / grid
    return Tolerance(fp16=0.1 * pixel, int8=0.2 * pixel, bfloat16=0.25 * pixel)


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
