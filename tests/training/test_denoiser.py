"""The denoiser's two promises: fresh insertions change nothing, and training them leaves stage 0's bits alone."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from training.models.denoiser import Controls, Denoiser, DenoiserConfig, stage0_unet
from training.models.inserts import TemporalAttention
from training.models.layout import KNOWN, NOWHERE, Layout

CONFIG = DenoiserConfig(latent_channels=4, widths=(32, 64), attention=(False, True), context=16, groups=16, frames=4)


@pytest.fixture
def unet() -> torch.nn.Module:
    torch.manual_seed(0)
    return stage0_unet(CONFIG).eval()  # type: ignore[no-any-return]


def inputs(frames: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(2, 4, frames, 8, 12, generator=generator)
    return latents, torch.tensor([300.0, 700.0]), torch.randn(2, 5, 16, generator=generator)


def shaken(model: Denoiser) -> Denoiser:
    """Every inserted and temporal tensor random, as after training."""
    generator = torch.Generator().manual_seed(2)
    for name, parameter in model.named_parameters():
        if not name.startswith("unet."):
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.1
    return model


@pytest.fixture
def trained(unet: torch.nn.Module) -> Denoiser:
    """A denoiser that has left the identity in every layer."""
    return shaken(Denoiser(CONFIG, unet)).eval()


@pytest.mark.parametrize("frames", [1, 4])
@pytest.mark.parametrize("domain", [0, 1])
@torch.no_grad()
def test_fresh_insertions_give_the_frozen_networks_very_bits(unet: torch.nn.Module, frames: int, domain: int) -> None:
    latents, time, context = inputs(frames)
    found = Denoiser(CONFIG, unet).eval()(latents, time, context, torch.tensor([domain, domain]))
    flat = latents.transpose(1, 2).flatten(0, 1)
    alone = unet(flat, time.repeat_interleave(frames), context.repeat_interleave(frames, 0)).sample
    assert torch.equal(found.transpose(1, 2).flatten(0, 1), alone)


@torch.no_grad()
def test_every_input_matters_once_trained(trained: Denoiser) -> None:
    latents, time, context = inputs()
    domain = torch.tensor([0, 0])
    last: Any = trained.inserts["out"]
    last.resnet.norm1.alpha[1] = 2.0
    base = trained(latents, time, context, domain)
    assert not torch.allclose(base, trained(latents, time, context, domain + 1), atol=1e-3)
    assert not torch.allclose(base, trained(latents, time + 100, context, domain), atol=1e-3)
    assert not torch.allclose(base, trained(latents, time, -context, domain), atol=1e-3)
    moved = latents.clone()
    moved[:, :, 3] += 1
    first_frame_change = (trained(moved, time, context, domain) - base)[:, :, 0].abs().max()
    assert first_frame_change > 1e-3, "the last frame must reach the first through the temporal layers"


@torch.no_grad()
def test_a_piece_of_a_clip_is_told_where_it_begins(trained: Denoiser) -> None:
    latents, time, context = inputs(2)
    first, second = (trained(latents, time, context, torch.tensor([0, 0]), Controls(start)) for start in (0, 2))
    assert not torch.allclose(first, second, atol=1e-3)
    of_their_own = trained(latents, time, context, torch.tensor([0, 0]), Controls(torch.tensor([0, 2])))
    torch.testing.assert_close(of_their_own, torch.cat([first[:1], second[1:]]))
    assert torch.equal(first, trained(latents, time, context, torch.tensor([0, 0])))


@torch.no_grad()
def test_a_layout_is_planned_from_the_text_unless_it_is_given(unet: torch.nn.Module) -> None:
    model = shaken(Denoiser(CONFIG, unet)).eval()
    latents, time, context = inputs()
    domain = torch.tensor([0, 0])
    assert model.planner is not None
    model.planner.motion.bias.data[0] = 10.0  # everyone is there
    planned = model.planner(context)
    base = model(latents, time, context, domain)
    torch.testing.assert_close(model(latents, time, context, domain, Controls(layout=planned)), base)
    torch.testing.assert_close(model(latents, time, context, domain, Controls(layout=Layout(planned.places))), base)
    moved = planned.places.clone()
    moved[:, 2, :, :4] = torch.tensor([0.0, 0.0, 0.3, 0.5])
    empty = Layout(torch.zeros_like(planned.places))
    torch.testing.assert_close(model(latents, time, context, domain, Controls(layout=NOWHERE)),
                               model(latents, time, context, domain, Controls(layout=empty)))
    changed = (model(latents, time, context, domain, Controls(layout=Layout(moved))) - base).abs()
    changed = changed.amax(dim=(0, 1, 3, 4))
    assert changed[2] > 1e-3
    late = model(latents[:, :, :2], time, context, domain, Controls(torch.tensor([2])))
    torch.testing.assert_close(late, model(latents[:, :, :2], time, context, domain,
                                           Controls(torch.tensor([2]), layout=Layout(planned.places[:, 2:]))))
    without = shaken(Denoiser(replace(CONFIG, layout=False), unet)).eval()
    assert not [name for name, _ in without.named_parameters() if "sketch" in name or "planner" in name]


@torch.no_grad()
def test_each_frame_may_have_a_text_and_a_time_of_its_own(trained: Denoiser) -> None:
    latents, time, context = inputs()
    domain = torch.tensor([0, 1])
    base = trained(latents, time, context, domain)
    times, texts = time.repeat_interleave(4), context.repeat_interleave(4, 0)
    torch.testing.assert_close(trained(latents, times, texts, domain), base)
    times[1], texts[2] = 0.0, -texts[2]
    assert not torch.allclose(trained(latents, times, context, domain), base, atol=1e-3)
    assert not torch.allclose(trained(latents, time, texts, domain), base, atol=1e-3)
    torch.testing.assert_close(trained(latents, times, texts, domain)[1], base[1])


@torch.no_grad()
def test_frames_are_numbered_round_and_round(trained: Denoiser) -> None:
    latents, time, context = inputs()
    found = [trained(latents, time, context, torch.tensor([0, 0]), Controls(start)) for start in
             (0, torch.tensor([4]), 1)]
    assert torch.equal(found[0], found[1])
    assert not torch.allclose(found[0], found[2], atol=1e-3)


@torch.no_grad()
def test_a_bias_hides_frames_from_temporal_attention(trained: Denoiser) -> None:
    latents, time, context = inputs()
    domain = torch.tensor([0, 0])
    base = trained(latents, time, context, domain)
    torch.testing.assert_close(trained(latents, time, context, domain, Controls(bias=torch.zeros(4, 4))), base)
    layer: Any = next(layer for layer in trained.temporal.values() if isinstance(layer, TemporalAttention))
    x, numbers = torch.randn(4, 64, 4, 6), torch.arange(4)[None]
    bias = torch.zeros(4, 4)
    bias[:3, 3] = -1e4
    hidden, seen = (layer(x, numbers, given) for given in (bias, None))
    x[3] = x[3].flip(-1)  # which leaves the norm's mean and deviation as they are
    torch.testing.assert_close(layer(x, numbers, bias)[:3], hidden[:3])
    assert not torch.allclose(layer(x, numbers)[:3], seen[:3], atol=1e-3)


@torch.no_grad()
def test_the_outermost_level_alone_predicts_the_same_from_the_same_deep_features(unet: torch.nn.Module) -> None:
    model = shaken(Denoiser(CONFIG, unet)).eval()
    latents, time, context = inputs()
    told = time, context, torch.tensor([0, 1])
    whole, deep = model.with_deep(latents, *told)
    assert torch.equal(model(latents, *told), whole)
    assert deep.shape == (8, 64, 8, 12)
    assert torch.equal(model.shallow(latents, *told, deep), whole)
    inner = (layer for name, layer in model.unet.named_modules() if name in {"mid_block", "down_blocks.1"})
    for layer in inner:
        layer.register_forward_pre_hook(lambda *_: pytest.fail("the inner levels ran"))
    assert not torch.allclose(model.shallow(latents + 0.1, *told, deep), whole, atol=1e-3)


@torch.no_grad()
def test_conditions_add_nothing_before_they_are_trained(unet: torch.nn.Module) -> None:
    model = Denoiser(replace(CONFIG, conditions=3), unet).eval()
    latents, time, context = inputs()
    domain, condition = torch.tensor([0, 0]), torch.randn(2, 3, 4, 8, 12)
    base = model(latents, time, context, domain)
    assert torch.equal(model(latents, time, context, domain, Controls(condition=condition)), base)
    assert model.condition is not None
    model.condition.weight.data.normal_()
    assert not torch.allclose(model(latents, time, context, domain, Controls(condition=condition)), base, atol=1e-3)


@torch.no_grad()
def test_clips_of_a_batch_do_not_mix(trained: Denoiser) -> None:
    latents, time, context = inputs()
    both = trained(latents, time, context, torch.tensor([0, 1]))
    second = trained(latents[1:], time[1:], context[1:], torch.tensor([1]))
    torch.testing.assert_close(both[1:], second, atol=2e-5, rtol=1e-4)


def test_training_the_insertions_leaves_stage_0_untouched(unet: torch.nn.Module) -> None:
    before = {name: value.clone() for name, value in unet.state_dict().items()}
    model = Denoiser(CONFIG, unet)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    latents, time, context = inputs()
    for _ in range(2):
        model(latents, time, context, torch.tensor([0, 1])).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert all(torch.equal(value, before[name]) for name, value in model.unet.state_dict().items())
    first: Any = model.inserts["down0"]
    assert not torch.equal(first.resnet.norm2.beta[0], first.resnet.norm2.beta[1]), "each domain learns its own norm"


def test_the_full_size_has_insertions_before_each_sampler_and_temporal_layers_after_each_spatial_one() -> None:
    full = DenoiserConfig(latent_channels=4, widths=(320, 640, 1280, 1280), layers=2, head=64, context=1024, groups=32,
                          attention=(True, True, True, False), temporal=1.0, insert_at_output=False, layout=False)
    with torch.device("meta"):
        model = Denoiser(full)
    assert sum(p.numel() for p in model.unet.parameters()) == 865_910_724
    assert len(list(model.unet.state_dict())) == 686
    assert set(model.inserts) == {"down0", "down1", "down2", "up0", "up1", "up2"}
    assert model.inserts["up0"].attention is None, "the lowest up block has no attention to follow"
    kinds = [type(layer).__name__ for layer in model.temporal.values()]
    assert (kinds.count("TemporalResBlock"), kinds.count("TemporalAttention")) == (22, 16)


def test_what_the_stages_train_and_the_frozen_unet_are_all_there_is_to_keep(unet: torch.nn.Module) -> None:
    model = Denoiser(CONFIG, unet)
    kept = {name for name, _ in model.named_parameters()} | {f"planner.{name}" for name in KNOWN}
    assert set(model.state_dict()) == kept
