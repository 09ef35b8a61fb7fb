"""Pieces of clips, as stages that train on films see them."""

import torch

from training.sampling import FOLDED
from training.stages.films import PIECE, WHOLE, guiding, piece

FRAMES = 16
BATCH = {"latents": torch.arange(4 * FRAMES).reshape(4, FRAMES, 1, 1, 1),
         "weight": torch.arange(4 * FRAMES).reshape(4, FRAMES, 1, 1, 1), "domain": torch.arange(4)}


def test_a_piece_is_neighbouring_frames_of_all_clips_or_half_of_the_clips_whole() -> None:
    generator = torch.Generator().manual_seed(0)
    starts, whole = set(), 0
    for _ in range(400):
        found, start = piece(BATCH, generator)
        if found["latents"].shape[1] == FRAMES:
            whole += 1
            assert start == 0
            assert {key: value.shape[0] for key, value in found.items()} == dict.fromkeys(BATCH, 2)
            continue
        starts.add(start)
        assert found["latents"].shape == (4, PIECE, 1, 1, 1)
        assert found["latents"][:, 0].flatten().tolist() == [start + FRAMES * k for k in range(4)]
        assert torch.equal(found["weight"], found["latents"])
        assert torch.equal(found["domain"], BATCH["domain"])
    assert starts == set(range(FRAMES - PIECE + 1))
    assert abs(whole / 400 - WHOLE) < 0.08


def test_stills_stay_whole() -> None:
    stills = {**BATCH, "latents": BATCH["latents"][:, :1], "weight": BATCH["weight"][:, :1]}
    found, start = piece(stills, torch.Generator().manual_seed(0))
    assert start == 0
    assert found is stills


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
