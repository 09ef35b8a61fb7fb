"""The two loops over time, against the whole network written in torch as the paper has it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from runtime.backends.choose import open_engine
from runtime.errors import BundleError
from runtime.events import Step
from runtime.shot.pixels import Picture
from runtime.shot.upscale import UpscalerGraphs, upscale
from tests.tiny_graphs import FLOAT, GraphBuilder, TinySizes, backward, clean, flow, forward

HEIGHT, WIDTH, FEATURES = 10, 14, 4
DRAW = np.random.default_rng(0)


def weight(*shape: int) -> Any:
    return (DRAW.standard_normal(shape) * 0.3).astype(np.float32)


CLEAN, FLOW = weight(3, 3, 3, 3) * np.float32(0.2), weight(2, 6, 3, 3)
BACK, FRONT, DRAWN = weight(FEATURES, 3 + FEATURES, 3, 3), weight(FEATURES, 3 + FEATURES, 3, 3), weight(48, 8, 1, 1)


def clip(count: int, height: int = HEIGHT, width: int = WIDTH) -> list[Picture]:
    draw = np.random.default_rng(1)
    return [draw.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


def warp(feature: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
    """mmagic's flow_warp: bilinear, zeros outside, corners aligned."""
    height, width = feature.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([x, y]).float()[None] + moved
    grid = torch.stack([2 * place[:, 0] / (width - 1) - 1, 2 * place[:, 1] / (height - 1) - 1], dim=-1)
    return functional.grid_sample(feature, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


def reference(frames: list[Picture]) -> list[torch.Tensor]:
    """RealBasicVSR over a whole clip at once (Chan et al. 2022, section 3, on BasicVSR): no graphs, no streaming."""
    def conv(value: torch.Tensor, kernel: Any) -> torch.Tensor:
        return functional.conv2d(value, torch.from_numpy(kernel), padding=kernel.shape[-1] // 2)

    low = [torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255 for frame in frames]
    low = [(frame + conv(frame, CLEAN)).clamp(0, 1) for frame in low]
    count = len(low)
    to_next = [3 * torch.tanh(conv(torch.cat([low[i], low[i + 1]], 1), FLOW)) for i in range(count - 1)]
    to_previous = [3 * torch.tanh(conv(torch.cat([low[i + 1], low[i]], 1), FLOW)) for i in range(count - 1)]
    feature = torch.zeros(1, FEATURES, *low[0].shape[2:])
    behind: list[torch.Tensor] = []
    for i in range(count - 1, -1, -1):
        if i < count - 1:  # no warping for the last frame
            feature = warp(feature, to_next[i])
        feature = torch.tanh(conv(torch.cat([low[i], feature], 1), BACK))
        behind.insert(0, feature)
    feature, pictures = torch.zeros_like(feature), []
    for i in range(count):
        if i > 0:  # nor for the first
            feature = warp(feature, to_previous[i - 1])
        feature = torch.tanh(conv(torch.cat([low[i], feature], 1), FRONT))
        detail = functional.pixel_shuffle(conv(torch.cat([behind[i], feature], 1), DRAWN), 4)
        large = functional.interpolate(low[i], scale_factor=4, mode="bilinear", align_corners=False)
        pictures.append((large + 0.1 * torch.tanh(detail)).clamp(0, 1)[0].permute(1, 2, 0))
    return pictures


def positions(g: GraphBuilder, moved: str) -> str:
    """Where to look, (1, H, W, 2), from shifts in pixels, (1, 2, H, W)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    place = g.add("Transpose", g.add("Add", moved, g.constant(np.stack([x, y])[None])), perm=[0, 2, 3, 1])
    scale = np.array([2 / (WIDTH - 1), 2 / (HEIGHT - 1)], np.float32)
    return g.add("Sub", g.add("Mul", place, g.constant(scale)), g.constant(np.float32(1)))


def step(g: GraphBuilder, kernel: Any) -> str:
    frame, feature = g.input("frame", FLOAT, 1, 3, HEIGHT, WIDTH), g.input("feature", FLOAT, 1, FEATURES, HEIGHT, WIDTH)
    moved = g.add("GridSample", feature, g.input("flow", FLOAT, 1, HEIGHT, WIDTH, 2), mode="bilinear",
                  padding_mode="zeros", align_corners=1)
    both = g.add("Concat", frame, moved, axis=1)
    return g.add("Tanh", g.add("Conv", both, g.constant(kernel), pads=[1] * 4))


def graphs(folder: Path) -> UpscalerGraphs:
    """The reference's four parts as graphs."""
    size = (HEIGHT, WIDTH)
    g = GraphBuilder(0)
    frame = g.input("frame", FLOAT, 1, 3, *size)
    residue = g.add("Conv", frame, g.constant(CLEAN), pads=[1] * 4)
    limits = g.constant(np.float32(0)), g.constant(np.float32(1))
    g.output("cleaned", g.add("Clip", g.add("Add", frame, residue), *limits), FLOAT, 1, 3, *size)
    g.save(folder / "clean.onnx")
    g = GraphBuilder(0)
    both = g.add("Concat", g.input("frame", FLOAT, 1, 3, *size), g.input("neighbour", FLOAT, 1, 3, *size), axis=1)
    moved = g.add("Tanh", g.add("Conv", both, g.constant(FLOW), pads=[1] * 4))
    g.output("flow", positions(g, g.add("Mul", moved, g.constant(np.float32(3)))), FLOAT, 1, *size, 2)
    g.save(folder / "flow.onnx")
    g = GraphBuilder(0)
    g.output("backward", step(g, BACK), FLOAT, 1, FEATURES, *size)
    g.save(folder / "backward.onnx")
    g = GraphBuilder(0)
    feature = step(g, FRONT)
    both = g.add("Concat", g.input("backward", FLOAT, 1, FEATURES, *size), feature, axis=1)
    # ONNX's CRD order is torch's pixel_shuffle.
    detail = g.add("DepthToSpace", g.add("Conv", both, g.constant(DRAWN)), blocksize=4, mode="CRD")
    large = g.add("Resize", "frame", "", g.constant(np.array([1, 1, 4, 4], np.float32)), mode="linear",
                  coordinate_transformation_mode="half_pixel")
    picture = g.add("Add", large, g.add("Mul", g.add("Tanh", detail), g.constant(np.float32(0.1))))
    limits = g.constant(np.float32(0)), g.constant(np.float32(1))
    g.output("forward", feature, FLOAT, 1, FEATURES, *size)
    g.output("picture", g.add("Clip", picture, *limits), FLOAT, 1, 3, 4 * HEIGHT, 4 * WIDTH)
    g.save(folder / "forward.onnx")
    return UpscalerGraphs(*(open_engine(folder / f"{name}.onnx", "cpu", 1)
                      for name in ("clean", "flow", "backward", "forward")))


@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_against_the_whole_network(tmp_path: Path, count: int) -> None:
    events = list(upscale(clip(count), graphs(tmp_path)))
    pictures = [event for event in events if not isinstance(event, Step)]
    expected = reference(clip(count))
    assert len(pictures) == count
    for got, wanted in zip(pictures, expected, strict=True):
        assert got.shape == (4 * HEIGHT, 4 * WIDTH, 3)
        assert got.dtype == np.uint8
        np.testing.assert_allclose(got, 255 * wanted.numpy(), atol=0.51)


def test_every_frame_sees_the_whole_clip(tmp_path: Path) -> None:
    """A change in the last frame reaches the first picture, and the other way round."""
    def pictures(frames: list[Picture]) -> list[Picture]:
        return [event for event in upscale(frames, graphs(tmp_path)) if not isinstance(event, Step)]

    base = pictures(clip(4))
    for changed, seen in ((3, 0), (0, 3)):
        frames = clip(4)
        frames[changed] = 255 - frames[changed]
        assert np.any(pictures(frames)[seen] != base[seen])


def test_progress(tmp_path: Path) -> None:
    events = list(upscale(iter(clip(3)), graphs(tmp_path)))
    assert [event for event in events if isinstance(event, Step)] == [
        Step(stage="upscale", done=done, total=6) for done in range(1, 7)]
    assert [isinstance(event, Step) for event in events] == [True] * 3 + [False, True] * 3


def test_closing_and_nothing(tmp_path: Path) -> None:
    assert list(upscale([], graphs(tmp_path))) == []
    work = upscale(clip(3), graphs(tmp_path))
    next(work)
    work.close()
    assert list(work) == []


@pytest.mark.parametrize("uint8", [False, True])
def test_both_forms_of_picture(tmp_path: Path, uint8: bool) -> None:
    sizes = TinySizes(cells_wide=1, cells_high=1, uint8=uint8)
    parts = [open_engine(build(tmp_path / f"{build.__name__}.onnx", sizes), "cpu", 1)
             for build in (clean, flow, backward, forward)]
    pictures = [event for event in upscale(clip(2, 16, 16), UpscalerGraphs(*parts)) if not isinstance(event, Step)]
    assert [picture.shape for picture in pictures] == [(64, 64, 3)] * 2
    assert all(picture.dtype == np.uint8 for picture in pictures)


def test_a_feature_of_unknown_width(tmp_path: Path) -> None:
    working = graphs(tmp_path)
    g = GraphBuilder(0)
    frame = g.input("frame", FLOAT, 1, 3, HEIGHT, WIDTH)
    moved = g.add("Transpose", g.input("flow", FLOAT, 1, HEIGHT, WIDTH, 2), perm=[0, 3, 1, 2])
    feature = g.input("feature", FLOAT, 1, "F", HEIGHT, WIDTH)
    g.output("backward", g.add("Sum", g.add("ReduceMean", g.add("Concat", frame, moved, axis=1)), feature), FLOAT,
             1, "F", HEIGHT, WIDTH)
    odd = open_engine(g.save(tmp_path / "odd.onnx"), "cpu", 1)
    with pytest.raises(BundleError, match="fixed number of channels"):
        list(upscale(clip(2), UpscalerGraphs(working.clean, working.flow, odd, working.forward)))
