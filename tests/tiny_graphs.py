"""Tiny ONNX graphs with the real interfaces, and a whole bundle of them: real files for tests, no weights needed.

Deterministic and cheap, but every output depends on every input, so a test notices what is fed wrongly.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tokenizers
from onnx import TensorProto, helper, numpy_helper

from runtime.bundle import Bundle, write_manifest

FLOAT, INT64, UINT8 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8
Axis = int | str


@dataclass(frozen=True)
class TinySizes:
    """All sizes of a tiny bundle; a frame is (cells_wide * ratio) x (cells_high * ratio) pixels."""

    batch: Axis = 1
    channels: int = 2
    cells_wide: int = 3
    cells_high: int = 2
    ratio: int = 16
    frames: int = 16
    tokens: int = 8
    context: int = 4
    embedding: int = 6
    feature: int = 4
    domains: int = 2
    sketch: int = 0
    """Channels of the sketch that its denoiser takes, if it takes any."""
    uint8: bool = False

    @property
    def width(self) -> int:
        """Of a decoded frame, in pixels."""
        return self.cells_wide * self.ratio

    @property
    def height(self) -> int:
        """Of a decoded frame, in pixels."""
        return self.cells_high * self.ratio


class GraphBuilder:
    """An ONNX graph being put together: `add` gives the name of a node's output, `weight` of a constant."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, kind: int, *shape: Axis) -> str:
        """Declare an input."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def weight(self, *shape: int, scale: float = 0.5) -> str:
        """A random weight."""
        return self.constant((self._draw.standard_normal(shape) * scale).astype(np.float32))

    def constant(self, value: Any) -> str:
        """A given weight."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def output(self, name: str, value: str, kind: int, *shape: Axis) -> None:
        """Declare an output that is `value`."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, list(shape)))

    def save(self, path: Path, opset: int = 18) -> Path:
        """Check the graph and write it."""
        graph = helper.make_graph(self._nodes, path.stem, self._inputs, self._outputs, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        onnx.checker.check_model(model, full_check=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(model.SerializeToString())
        return path


def tokenizer(path: Path) -> Path:
    """A tokenizer that knows any text: one token per byte, ids 0 to 256, 0 for padding."""
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"[PAD]": 0, **{letter: number for number, letter in enumerate(letters, 1)}}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.to_str(), "utf-8")
    return path


def text_encoder(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """tokens, mask (B,N) int64 -> context (B,N,D), embedding (B,E) of unit length."""
    g, batch = GraphBuilder(1), sizes.batch
    tokens = g.input("tokens", INT64, batch, sizes.tokens)
    mask = g.add("Cast", g.input("mask", INT64, batch, sizes.tokens), to=FLOAT)
    mask = g.add("Unsqueeze", mask, g.constant(np.array([2])))
    words = g.add("Add", g.add("Gather", g.weight(257, sizes.context, scale=1.0), tokens),
                  g.weight(1, sizes.tokens, sizes.context))
    context = g.add("Mul", words, mask)
    mean = g.add("Div", g.add("ReduceSum", context, g.constant(np.array([1])), keepdims=0),
                 g.add("ReduceSum", mask, g.constant(np.array([1])), keepdims=0))
    states = g.add("MatMul", mean, g.weight(sizes.context, sizes.embedding))
    embedding = g.add("Div", states, g.add("ReduceL2", states, g.constant(np.array([1])), keepdims=1))
    g.output("context", context, FLOAT, batch, sizes.tokens, sizes.context)
    g.output("embedding", embedding, FLOAT, batch, sizes.embedding)
    return g.save(path)


def denoiser(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """latents (B,C,T,h,w), time (B), context (B,N,D), domain (B) int64, perhaps sketch (B,S,T,h,w) -> prediction,
    bounded, shaped like latents."""
    g, batch, channels = GraphBuilder(2), sizes.batch, sizes.channels
    shape = (batch, channels, sizes.frames, sizes.cells_high, sizes.cells_wide)
    latents = g.input("latents", FLOAT, *shape)
    time = g.input("time", FLOAT, batch)
    context = g.input("context", FLOAT, batch, sizes.tokens, sizes.context)
    domain = g.input("domain", INT64, batch)
    per_channel = g.constant(np.array([0, channels, 1, 1, 1]))
    space = g.add("Conv", latents, g.weight(channels, channels, 1, 3, 3), pads=[0, 1, 1, 0, 1, 1])
    frames = g.add("Sub", latents, g.add("ReduceMean", latents, g.constant(np.array([2])), keepdims=1))
    words = g.add("MatMul", g.add("ReduceMean", context, g.constant(np.array([1])), keepdims=0),
                  g.weight(sizes.context, channels, scale=1.0))
    style = g.add("Gather", g.weight(sizes.domains, channels, scale=1.0), domain)
    clock = g.add("MatMul", g.add("Unsqueeze", g.add("Sin", time), g.constant(np.array([1]))), g.weight(1, channels))
    parts = [space, frames, g.add("Reshape", g.add("Sum", words, style, clock), per_channel)]
    if sizes.sketch:
        sketch = g.input("sketch", FLOAT, batch, sizes.sketch, *shape[2:])
        parts.append(g.add("Conv", sketch, g.weight(channels, sizes.sketch, 1, 1, 1)))
    g.output("prediction", g.add("Tanh", g.add("Sum", *parts)), FLOAT, *shape)
    return g.save(path)


def layout(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """context (1,N,D) -> sketch (1,S,T,h,w)."""
    g = GraphBuilder(8)
    shape = (sizes.sketch, sizes.frames, sizes.cells_high, sizes.cells_wide)
    words = g.add("ReduceMean", g.input("context", FLOAT, 1, sizes.tokens, sizes.context), g.constant(np.array([1])),
                  keepdims=0)
    drawn = g.add("MatMul", words, g.weight(sizes.context, int(np.prod(shape)), scale=1.0))
    g.output("sketch", g.add("Reshape", drawn, g.constant(np.array([1, *shape]))), FLOAT, 1, *shape)
    return g.save(path)


def decoder(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """latents (B,C,h,w) -> picture (B,3,H,W) float32 in 0..1, or (B,H,W,3) uint8."""
    g, batch, ratio = GraphBuilder(3), sizes.batch, sizes.ratio
    latents = g.input("latents", FLOAT, batch, sizes.channels, sizes.cells_high, sizes.cells_wide)
    cells = g.add("Conv", latents, g.weight(3 * ratio * ratio, sizes.channels, 1, 1, scale=0.3))
    picture = g.add("Sigmoid", g.add("DepthToSpace", cells, blocksize=ratio))
    _picture(g, picture, sizes, (batch, sizes.height, sizes.width))
    return g.save(path)


def greedy_decoder(path: Path, sizes: TinySizes = TinySizes(batch="B")) -> Path:
    """`decoder` for one frame. From two on it asks for more memory than can be addressed, whatever the machine has."""
    g, ratio = GraphBuilder(3), sizes.ratio
    latents = g.input("latents", FLOAT, sizes.batch, sizes.channels, sizes.cells_high, sizes.cells_wide)
    more = g.add("Sub", g.add("Shape", latents, end=1), g.constant(np.array([1])))
    side = g.add("Add", g.add("Mul", more, g.constant(np.array([1 << 23]))), g.constant(np.array([1])))
    first = g.add("Slice", g.add("Reshape", latents, g.constant(np.array([-1]))), *(
        g.constant(np.array([place])) for place in (0, 1)))
    one = g.constant(np.array([1]))
    column = g.add("Expand", g.add("Reshape", first, g.constant(np.array([1, 1]))), g.add("Concat", side, one, axis=0))
    waste = g.add("MatMul", column, g.add("Transpose", column))
    cells = g.add("Conv", latents, g.weight(3 * ratio * ratio, sizes.channels, 1, 1, scale=0.3))
    picture = g.add("Sigmoid", g.add("DepthToSpace", cells, blocksize=ratio))
    # What was wasted is read and comes to nothing: libraries leave out what nobody reads.
    nothing = g.add("Min", g.add("ReduceMax", g.add("Abs", waste), keepdims=0), g.constant(np.float32(0)))
    _picture(g, g.add("Add", picture, nothing), sizes, (sizes.batch, sizes.height, sizes.width))
    return g.save(path)


def clean(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """frame -> cleaned, both (1,3,H,W) in 0..1."""
    g = GraphBuilder(4)
    frame = g.input("frame", FLOAT, *_frame(sizes, 3))
    residue = g.add("Conv", frame, g.weight(3, 3, 3, 3, scale=0.02), pads=[1] * 4)
    whole = g.add("Clip", g.add("Add", frame, residue), g.constant(np.float32(0)), g.constant(np.float32(1)))
    g.output("cleaned", whole, FLOAT, *_frame(sizes, 3))
    return g.save(path)


def flow(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """frame, neighbour (1,3,H,W) -> flow (1,H,W,2)."""
    g = GraphBuilder(5)
    both = g.add("Concat", g.input("frame", FLOAT, *_frame(sizes, 3)), g.input("neighbour", FLOAT, *_frame(sizes, 3)),
                 axis=1)
    moved = g.add("Tanh", g.add("Conv", both, g.weight(2, 6, 3, 3), pads=[1] * 4))
    g.output("flow", g.add("Transpose", moved, perm=[0, 2, 3, 1]), FLOAT, 1, sizes.height, sizes.width, 2)
    return g.save(path)


def backward(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """frame (1,3,H,W), feature (1,F,H,W), flow (1,H,W,2) -> backward (1,F,H,W)."""
    g = GraphBuilder(6)
    g.output("backward", _propagate(g, sizes), FLOAT, *_frame(sizes, sizes.feature))
    return g.save(path)


def forward(path: Path, sizes: TinySizes = TinySizes()) -> Path:
    """frame, feature, flow, backward -> forward (1,F,H,W) and picture, 4 times as large."""
    g = GraphBuilder(7)
    feature = _propagate(g, sizes)
    both = g.add("Concat", feature, g.input("backward", FLOAT, *_frame(sizes, sizes.feature)), axis=1)
    detail = g.add("DepthToSpace", g.add("Conv", both, g.weight(48, 2 * sizes.feature, 1, 1)), blocksize=4)
    scales = g.constant(np.array([1, 1, 4, 4], np.float32))
    large = g.add("Resize", "frame", "", scales, mode="linear", coordinate_transformation_mode="half_pixel")
    sum_ = g.add("Add", large, g.add("Mul", g.add("Tanh", detail), g.constant(np.float32(0.1))))
    picture = g.add("Clip", sum_, g.constant(np.float32(0)), g.constant(np.float32(1)))
    g.output("forward", feature, FLOAT, *_frame(sizes, sizes.feature))
    _picture(g, picture, sizes, (1, 4 * sizes.height, 4 * sizes.width))
    return g.save(path)


def tiny_manifest(sizes: TinySizes = TinySizes()) -> dict[str, Any]:
    """What `write_manifest` needs for the files that `tiny_bundle` writes: every role except sounds."""
    laid_out = {"layout": {"file": "layout.onnx", "exact": True}} if sizes.sketch else {}
    return {
        "name": "tiny", "version": "1", "title": "Tiny graphs for tests", "licence": "Apache-2.0",
        "sources": [{"name": "random numbers", "licence": "CC0-1.0"}], "required": [],
        "roles": {
            "text_encoder": {"graph": {"file": "text_encoder.onnx"},
                             "tokenizer": {"file": "tokenizer.json", "max_tokens": sizes.tokens}},
            "denoiser": {
                "graph": {"file": "denoiser.onnx"}, **laid_out,
                "latent": {"channels": sizes.channels, "ratio": sizes.ratio,
                           "mean": [0.1 * channel for channel in range(sizes.channels)],
                           "std": [1.0 + 0.5 * channel for channel in range(sizes.channels)]},
                "prediction": "flow", "schedule": {"kind": "flow", "shift": 3.0}, "solver": "euler", "steps": 4,
                "guidance": 1.0, "frames": sizes.frames, "fps": 8, "size": [sizes.width, sizes.height],
                "domains": {"watermarked": 0, "clean": 1}, "default_domain": "clean"},
            "decoder": {"graph": {"file": "decoder.onnx"}},
            "upscaler": {
                "graphs": {"clean": {"file": "upscaler/clean.onnx"},
                           "flow": {"file": "upscaler/flow.onnx", "exact": True},
                           "backward": {"file": "upscaler/backward.onnx"},
                           "forward": {"file": "upscaler/forward.onnx"}},
                "scale": 4, "sizes": [[4 * sizes.width, 4 * sizes.height], [sizes.width, sizes.height]]}}}


def tiny_bundle(folder: Path, sizes: TinySizes = TinySizes()) -> Bundle:
    """Write a whole valid bundle of every role except sounds into `folder`, and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    text_encoder(folder / "text_encoder.onnx", sizes)
    tokenizer(folder / "tokenizer.json")
    denoiser(folder / "denoiser.onnx", sizes)
    if sizes.sketch:
        layout(folder / "layout.onnx", sizes)
    decoder(folder / "decoder.onnx", sizes)
    for build in (clean, flow, backward, forward):
        build(folder / "upscaler" / f"{build.__name__}.onnx", sizes)
    return write_manifest(folder, tiny_manifest(sizes))


def _frame(sizes: TinySizes, channels: int) -> tuple[int, int, int, int]:
    return 1, channels, sizes.height, sizes.width


def _propagate(g: GraphBuilder, sizes: TinySizes) -> str:
    channels = sizes.feature
    parts = (g.input("frame", FLOAT, *_frame(sizes, 3)), g.input("feature", FLOAT, *_frame(sizes, channels)),
             g.add("Transpose", g.input("flow", FLOAT, 1, sizes.height, sizes.width, 2), perm=[0, 3, 1, 2]))
    return g.add("Tanh", g.add("Conv", g.add("Concat", *parts, axis=1), g.weight(channels, channels + 5, 3, 3),
                               pads=[1] * 4))


def _picture(g: GraphBuilder, value: str, sizes: TinySizes, shape: tuple[Axis, int, int]) -> None:
    batch, height, width = shape
    if not sizes.uint8:
        g.output("picture", value, FLOAT, batch, 3, height, width)
        return
    levels = g.add("Round", g.add("Mul", value, g.constant(np.float32(255))))
    g.output("picture", g.add("Cast", g.add("Transpose", levels, perm=[0, 2, 3, 1]), to=UINT8), UINT8,
             batch, height, width, 3)
