"""The upscaler: published sizes and names, an independent reading of the network, its four steps, and its stage."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from training import data
from training.loop import Schedule, Trainer
from training.models.autoencoder import Autoencoder, AutoencoderConfig
from training.models.upscaler import (
    PUBLISHED,
    BackwardStep,
    CleanStep,
    FlowStep,
    ForwardStep,
    Upscaler,
    UpscalerConfig,
    positions,
    published_tensors,
    sample,
    warp,
)
from training.stages import upscaler as stage
from training.world import clip as clips
from training.world.compose import draw

PLAIN = UpscalerConfig(channels=6, cleaning_blocks=2, propagation_blocks=2, tail=(5, 4), flow_levels=3,
                       flow_widths=(6, 5, 4, 3), flow_shrink=1)
THIN = UpscalerConfig(channels=6, cleaning_blocks=1, propagation_blocks=1, tail=(8,), flow_levels=2,
                      flow_widths=(4, 4, 4, 4), flow_shrink=2)


def network(config: UpscalerConfig) -> Upscaler:
    torch.manual_seed(1)
    made = Upscaler(config).eval().requires_grad_(False)
    # Untrained it would clean nothing, see no motion and enlarge plainly; here it must do all three.
    for name, parameter in made.named_parameters():
        if ".basic_module.4.conv." in name:
            parameter.normal_(0, 0.3 if parameter.ndim > 1 else 1)
        elif name.startswith(("image_cleaning.1.", "basicvsr.conv_last.")):
            parameter.normal_(0, 0.1)
    return made


def film(height: int = 33, width: int = 40, count: int = 3) -> Tensor:
    return torch.rand(2, count, 3, height, width, generator=torch.Generator().manual_seed(3))


def test_published_sizes_have_the_published_parameters() -> None:
    with torch.device("meta"):
        made = Upscaler(PUBLISHED)
    assert sum(parameter.numel() for parameter in made.parameters()) == 6_294_834
    assert len(made.state_dict()) == 320
    assert sum(parameter.numel() for parameter in made.image_cleaning.parameters()) == 1_480_643
    assert sum(parameter.numel() for parameter in made.basicvsr.spynet.parameters()) == 1_440_300


def test_published_names() -> None:
    with torch.device("meta"):
        names = Upscaler(PUBLISHED).state_dict().keys()
    blocks = r"main\.(0|2\.\d+\.conv[12])"
    known = re.compile(
        r"basicvsr\.spynet\.(mean|std)|("
        r"basicvsr\.spynet\.basic_module\.[0-5]\.basic_module\.[0-4]\.conv|"
        rf"basicvsr\.(backward|forward)_resblocks\.{blocks}|"
        r"basicvsr\.(fusion|upsample[12]\.upsample_conv|conv_hr|conv_last)|"
        rf"image_cleaning\.(0\.{blocks}|1))\.(weight|bias)")
    assert [name for name in names if not known.fullmatch(name)] == []


def test_starter_is_small() -> None:
    made = Upscaler(UpscalerConfig())
    assert 250_000 < sum(parameter.numel() for parameter in made.parameters()) < 800_000
    assert not any("enlarging" in name for name in made.state_dict())


class Reading:
    """RealBasicVSR read off the paper and its tensors' names, function by function, one frame at a time."""

    def __init__(self, tensors: dict[str, Tensor], config: UpscalerConfig) -> None:
        self.tensors, self.config = tensors, config

    def conv(self, name: str, value: Tensor) -> Tensor:
        weight = self.tensors[f"{name}.weight"]
        return F.conv2d(value, weight, self.tensors[f"{name}.bias"], padding=weight.shape[-1] // 2)

    def blocks(self, name: str, value: Tensor, count: int) -> Tensor:
        value = F.leaky_relu(self.conv(f"{name}.main.0", value), 0.1)
        for block in range(count):
            inner = torch.relu(self.conv(f"{name}.main.2.{block}.conv1", value))
            value = value + self.conv(f"{name}.main.2.{block}.conv2", inner)
        return value

    def warp(self, picture: Tensor, flow: Tensor, border: bool) -> Tensor:
        """Bilinear reading by hand: four neighbours and their weights."""
        height, width = picture.shape[-2:]
        x = flow[:, 0] + torch.arange(width)
        y = flow[:, 1] + torch.arange(height)[:, None]
        if border:
            x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
        result = torch.zeros_like(picture)
        for across in (x.floor(), x.floor() + 1):
            for down in (y.floor(), y.floor() + 1):
                share = (1 - (x - across).abs()) * (1 - (y - down).abs())
                inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
                index = down.clamp(0, height - 1).long() * width + across.clamp(0, width - 1).long()
                read = picture.flatten(2).gather(2, index.flatten(1)[:, None].expand(-1, picture.shape[1], -1))
                result += read.view_as(picture) * (share * inside)[:, None]
        return result

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[-2:]
        count = self.config.flow_levels
        step = 2 ** (count - 1)
        size = ((height + step - 1) // step * step, (width + step - 1) // step * step)
        mean, std = self.tensors["basicvsr.spynet.mean"], self.tensors["basicvsr.spynet.std"]
        levels = [[(F.interpolate(frame, size, mode="bilinear") - mean) / std] for frame in (first, second)]
        for frames in levels:
            for _ in range(count - 1):
                frames.insert(0, F.avg_pool2d(frames[0], 2))
        flow = torch.zeros(first.shape[0], 2, size[0] // step, size[1] // step)
        for level in range(count):
            if level:
                flow = F.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True) * 2
            value = torch.cat([levels[0][level], self.warp(levels[1][level], flow, border=True), flow], dim=1)
            for number in range(5):
                value = self.conv(f"basicvsr.spynet.basic_module.{level}.basic_module.{number}.conv", value)
                value = torch.relu(value) if number < 4 else value
            flow = flow + value
        flow = F.interpolate(flow, (height, width), mode="bilinear")
        return flow * torch.tensor([width / size[1], height / size[0]]).view(1, 2, 1, 1)

    def run(self, frames: Tensor) -> Tensor:
        count = frames.shape[1]
        clean = [frames[:, t] + self.conv("image_cleaning.1", self.blocks("image_cleaning.0", frames[:, t],
                                                                          self.config.cleaning_blocks))
                 for t in range(count)]
        nothing = torch.zeros(frames.shape[0], self.config.channels, *frames.shape[-2:])
        directions = []
        for name, order in (("backward", list(range(count))[::-1]), ("forward", list(range(count)))):
            found = {order[0]: self.step(name, clean[order[0]], nothing)}
            for before, now in pairwise(order):
                moved = self.warp(found[before], self.flow(clean[now], clean[before]), border=False)
                found[now] = self.step(name, clean[now], moved)
            directions.append(found)
        return torch.stack([self.draw(clean[t], directions[0][t], directions[1][t]) for t in range(count)], dim=1)

    def step(self, name: str, frame: Tensor, moved: Tensor) -> Tensor:
        return self.blocks(f"basicvsr.{name}_resblocks", torch.cat([frame, moved], dim=1),
                           self.config.propagation_blocks)

    def draw(self, frame: Tensor, backward: Tensor, forward: Tensor) -> Tensor:
        value = F.leaky_relu(self.conv("basicvsr.fusion", torch.cat([backward, forward], dim=1)), 0.1)
        for name in ("upsample1", "upsample2"):
            value = F.leaky_relu(F.pixel_shuffle(self.conv(f"basicvsr.{name}.upsample_conv", value), 2), 0.1)
        value = self.conv("basicvsr.conv_last", F.leaky_relu(self.conv("basicvsr.conv_hr", value), 0.1))
        return value + F.interpolate(frame, scale_factor=4, mode="bilinear")


@pytest.mark.parametrize("count", [1, 3])
def test_same_as_an_independent_reading(count: int) -> None:
    made, frames = network(PLAIN), film(count=count)
    if count > 1:
        assert made(frames).ahead.abs().mean() > 0.5
    torch.testing.assert_close(made(frames).pictures, Reading(made.state_dict(), PLAIN).run(frames),
                               rtol=0, atol=1e-4)


@pytest.mark.parametrize("config", [PLAIN, THIN])
def test_untrained_it_enlarges_bilinearly(config: UpscalerConfig) -> None:
    frames = film(17, 24)
    done = Upscaler(config)(frames)
    plain = F.interpolate(frames.flatten(0, 1), scale_factor=4, mode="bilinear").unflatten(0, (2, 3))
    assert torch.equal(done.cleaned, frames)
    assert float(done.ahead.detach().abs().max()) == 0
    torch.testing.assert_close(done.pictures, plain, rtol=0, atol=1e-5)


@pytest.mark.parametrize("config", [PLAIN, THIN])
def test_steps_equal_the_whole_clip(config: UpscalerConfig) -> None:
    made, frames = network(config), film(20, 28, count=4)
    clean, flow, backward, forward = CleanStep(made), FlowStep(made), BackwardStep(made), ForwardStep(made)
    cleaned = [clean(frames[:, t]) for t in range(4)]
    nothing, still = torch.zeros(2, config.channels, 20, 28), torch.zeros(2, 20, 28, 2)
    features, feature, where = [], nothing, still
    for t in (3, 2, 1, 0):
        where = flow(cleaned[t], cleaned[t + 1]) if t < 3 else still
        feature = backward(cleaned[t], feature, where)
        features.append(feature)
    whole, feature = made(frames).pictures, nothing
    for t in range(4):
        where = flow(cleaned[t], cleaned[t - 1]) if t else still
        plain = made.forward_step(cleaned[t], feature, warp_of(where), features[-1])[1]
        feature, picture = forward(cleaned[t], feature, where, features.pop())
        assert picture.dtype == torch.uint8
        assert picture.shape == (2, 80, 112, 3)
        torch.testing.assert_close(plain, whole[:, t], rtol=0, atol=2e-5)
        exact = whole[:, t].clamp(0, 1).permute(0, 2, 3, 1) * 255
        assert float((picture - exact).abs().max()) <= 0.501


def warp_of(where: Tensor) -> Tensor:
    """Positions back to a flow in pixels."""
    height, width = where.shape[1:3]
    x = (where[..., 0] + 1) * (width - 1) / 2 - torch.arange(width)
    y = (where[..., 1] + 1) * (height - 1) / 2 - torch.arange(height)[:, None]
    return torch.stack([x, y], dim=1)


def test_warp_of_whole_pixels() -> None:
    picture = torch.rand(1, 2, 9, 12)
    flow = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 9, 12)
    moved = warp(picture, flow)
    torch.testing.assert_close(moved[..., 1:, :-2], picture[..., :-1, 2:], rtol=0, atol=1e-5)
    assert float(moved[..., 0, :].abs().max()) < 1e-5
    assert float(moved[..., -2:].abs().max()) < 1e-5
    torch.testing.assert_close(warp(picture, flow, "border")[..., 1:, -1], picture[..., :-1, -1], rtol=0, atol=1e-5)


def test_positions_stay_in_single_precision() -> None:
    flow = torch.full((1, 2, 4, 768), 0.3, dtype=torch.bfloat16)
    where = positions(flow)
    assert where.dtype == torch.float32
    steps = torch.diff(where[0, 0, :, 0]) * 767 / 2
    torch.testing.assert_close(steps, torch.ones(767), rtol=0, atol=1e-3)
    assert sample(torch.rand(1, 3, 4, 768, dtype=torch.bfloat16), where).dtype == torch.bfloat16


def test_cleaning_passes() -> None:
    once, twice = (network(UpscalerConfig(channels=6, cleaning_passes=n)) for n in (1, 2))
    twice.load_state_dict(once.state_dict())
    frame = film()[:, 0]
    torch.testing.assert_close(twice.clean(frame), once.clean(once.clean(frame)), rtol=0, atol=0)


def test_published_tensors_prefers_the_average() -> None:
    names = ("basicvsr.conv_hr.bias", "image_cleaning.1.bias")
    bare = {name: torch.zeros(1) for name in names}
    plain = {f"generator.{name}": torch.ones(1) for name in names}
    average = {f"generator_ema.{name}": torch.full((1,), 2.0) for name in names}
    other = {"discriminator.conv.weight": torch.zeros(1), "step_counter": torch.zeros(1)}
    for checkpoint, value in ((bare, 0.0), (plain | other, 1.0), (plain | average | other, 2.0)):
        found = published_tensors(checkpoint)
        assert set(found) == set(names)
        assert all(float(tensor) == value for tensor in found.values())
    with pytest.raises(ValueError, match="RealBasicVSR"):
        published_tensors(other)


def test_window_is_a_crop() -> None:
    clip = clips.sample(5, films=False)
    whole = next(iter(draw(clip, 1, 384, 160, 0.7))).picture
    part = next(iter(draw(clip, 1, 384, 160, 0.7, (96, 32, 128, 64)))).picture
    away = np.abs(whole[32:96, 96:224].astype(int) - part)
    # Paths cut off at another border are smoothed a little differently.
    assert part.shape == (64, 128, 3)
    assert float((away > 2).mean()) < 0.02


def test_items_are_pure_and_fit_together() -> None:
    first, again = stage.item(data.HELD + 1, 4, rebuilt=True), stage.item(data.HELD + 1, 4, rebuilt=True)
    for key, value in first.items():
        assert torch.equal(value, again[key]), key
    assert bool(first["rebuilt"])
    x, y = first["corner"].tolist()
    assert x % 16 == y % 16 == 0
    crop = first["drawn"][..., y : y + stage.CROP, x : x + stage.CROP]
    small = F.avg_pool2d(first["target"], 4)
    assert float((crop - small).abs().mean()) < 0.01
    made_up = stage.item(data.HELD + 2, 4, rebuilt=True)
    assert not bool(made_up["rebuilt"])
    away = (made_up["degraded"] - F.avg_pool2d(made_up["target"], 4)).abs().mean()
    assert 0.001 < float(away) < 0.1


def batch(job: stage.UpscalerJob) -> dict[str, Tensor]:
    items = [stage.item(index, 0, job.rebuilder is not None) for index in (0, 1)]
    return {key: torch.stack([one[key] for one in items]) for key in items[0]}


def test_every_second_input_goes_through_the_autoencoder() -> None:
    torch.manual_seed(0)
    config = AutoencoderConfig(latent_channels=4)
    job = stage.UpscalerJob(THIN, 0, stage.Rebuilder(Autoencoder(config).eval()))
    given = batch(job)
    inputs = job.inputs(given, torch.Generator().manual_seed(1))
    assert torch.equal(inputs[0], given["degraded"][0])
    assert not torch.equal(inputs[1], given["degraded"][1])
    assert torch.equal(inputs, job.inputs(given, torch.Generator().manual_seed(1)))
    assert not torch.equal(inputs, job.inputs(given, torch.Generator().manual_seed(2)))


def test_training_learns_and_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    def trainer() -> Trainer:
        torch.manual_seed(2)
        return Trainer(stage.UpscalerJob(THIN), Schedule(clips=1000, batch=2, warmup=24, rate=2e-3), tmp_path)

    straight = trainer()
    given = batch(stage.UpscalerJob(THIN))
    losses = [straight.step(given)[0] for _ in range(16)]
    assert losses[-1] < losses[0]
    last = straight.weights["basicvsr.spynet.basic_module.1.basic_module.4.conv.weight"]
    assert float(last.detach().abs().max()) > 0  # the flow learns as well

    cut = trainer()
    for _ in range(12):
        cut.step(given)
    cut.save()
    resumed = trainer()
    assert resumed.resume()
    assert [resumed.step(given)[0] for _ in range(4)] == pytest.approx(losses[12:], rel=1e-4)
