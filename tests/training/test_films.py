"""Pieces of clips, as stages that train on films see them."""

import torch

from training.sampling import FOLDED
from training.stages.films import FLICKER, PIECE, WHOLE, film_error, guiding, piece

FRAMES, CLIPS = 16, 32
NUMBERS = torch.arange(CLIPS * FRAMES).reshape(CLIPS, FRAMES, 1, 1, 1)
BATCH = {"latents": NUMBERS.half(), "weight": NUMBERS, "places": NUMBERS, "domain": torch.arange(CLIPS)}


def test_a_step_sees_whole_clips_or_pieces_of_more_of_them() -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = dict.fromkeys((PIECE, FRAMES), 0)
    seen: dict[int, set[int]] = {length: set() for length in lengths}
    with torch.autocast("cpu", torch.bfloat16):
        for _ in range(400):
            found, starts = piece(BATCH, generator)
            clips, length = found["latents"].shape[:2]
            assert clips * length == CLIPS
            lengths[length] += 1
            seen[length] |= set(starts.tolist())
            expected = starts[:, None] + torch.arange(length) + FRAMES * torch.arange(clips)[:, None]
            assert torch.equal(found["weight"].flatten(1), expected)
            assert torch.equal(found["latents"], found["weight"].half())
            assert torch.equal(found["places"], found["weight"])
            assert torch.equal(found["domain"], BATCH["domain"][:clips])
    for length, numbers in seen.items():
        assert numbers == set(range(FRAMES - length + 1))
    assert abs(lengths[FRAMES] / 400 - WHOLE) < 0.08


def test_stills_stay_whole() -> None:
    stills = {**BATCH, "latents": BATCH["latents"][:, :1], "weight": BATCH["weight"][:, :1]}
    found, starts = piece(stills, torch.Generator().manual_seed(0))
    assert found is stills
    assert starts.tolist() == [0] * CLIPS


def test_an_error_that_changes_from_frame_to_frame_costs_more_than_one_that_stays() -> None:
    steady = torch.ones(1, 2, 4, 3, 3)
    flickering = steady * torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None]
    weight = torch.rand(1, 1, 4, 3, 3)
    torch.testing.assert_close(film_error(steady, weight), weight.expand_as(steady))
    # Each of three changes is 2, their squares are shared by the frames they lie between.
    shared = torch.tensor([4.0, 8.0, 8.0, 4.0])[:, None, None] / 2
    torch.testing.assert_close(film_error(flickering, weight), ((1 + FLICKER * shared) * weight).expand_as(steady))
    still = torch.randn(2, 2, 1, 3, 3)
    torch.testing.assert_close(film_error(still, weight[:, :, :1]), still.square() * weight[:, :, :1])


def test_folded_guidance_ends_where_guided_sampling_leads() -> None:
    # Text and no text ask for these velocities; training moves what the network says to what it is told.
    wanted, free, time = torch.full((1, 1), 1.0), torch.full((1, 1), 0.25), torch.tensor([0.8])
    found = wanted
    for _ in range(60):
        found = wanted + guiding(found - free, time)
    torch.testing.assert_close(found, free + FOLDED * (wanted - free))


def test_guidance_is_spared_where_it_decides_nothing() -> None:
    away = guiding(torch.ones(2, 3, 4), torch.tensor([0.2, 0.9]))
    assert not away[0].any()
    assert away[1].all()
