"""Made-up degradations against scipy where it does the same, and what the chain promises."""

import random

import numpy as np
import pytest
import torch
from scipy import fft, ndimage

from training import degradations
from training.degradations import Walk, blocked, blurred, degraded, rescaled, ringing, wobbled


def frame(height: int = 32, width: int = 48) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(4))


def test_blur_is_a_gaussian() -> None:
    given = frame()
    plain = np.stack([ndimage.gaussian_filter(side, 1.2, mode="nearest", radius=5) for side in given.numpy()])
    np.testing.assert_allclose(blurred(given, (1.2, 1.2), 0.7).numpy(), plain, atol=1e-5)


def test_blur_runs_along_its_angle() -> None:
    dot = torch.zeros(3, 21, 21)
    dot[:, 10, 10] = 1
    wide = blurred(dot, (2.0, 0.3), 0.0)[0]
    assert float(wide[10, 13]) > 100 * float(wide[13, 10])
    upright = blurred(dot, (2.0, 0.3), torch.pi / 2)[0]
    torch.testing.assert_close(upright, wide.T, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [8, 16])
def test_cosines_are_scipys(size: int) -> None:
    np.testing.assert_allclose(degradations._cosines(size).numpy(), fft.dct(np.eye(size), axis=0, norm="ortho"),
                               atol=1e-6)


def test_blocks_change_only_by_rounding() -> None:
    given = frame()
    torch.testing.assert_close(blocked(given, 8, 1e-6), given, rtol=0, atol=1e-4)
    assert torch.equal(blocked(given, 8, 0.0), given)
    flat = torch.full((3, 16, 16), 0.5)
    flat[:, :, 8:] = 0.9
    coarse = blocked(flat, 8, 0.1)
    # Flat blocks stay flat and a border between blocks stays where it is.
    assert float(coarse[:, :, :8].std(dim=(1, 2)).max()) < 1e-5
    assert float(coarse[:, :, 8:].std(dim=(1, 2)).max()) < 1e-5


def test_nothing_done_leaves_the_frame() -> None:
    given = frame()
    torch.testing.assert_close(rescaled(given, 1.0), given, rtol=0, atol=1e-5)
    torch.testing.assert_close(wobbled(given, torch.zeros(2, 32, 48)), given, rtol=0, atol=1e-4)
    assert torch.equal(ringing(given, 0.0), given)


def test_wobble_moves_by_pixels() -> None:
    given, offsets = frame(), torch.zeros(2, 32, 48)
    offsets[0] = 3
    torch.testing.assert_close(wobbled(given, offsets)[:, :, :-3], given[:, :, 3:], rtol=0, atol=1e-4)


def test_a_walk_is_slow_and_stays_inside() -> None:
    walk, rng = Walk(1.0, 3.0, 1.2), random.Random(1)
    values = [walk.next(rng) for _ in range(500)]
    assert min(values) >= 1.0
    assert max(values) <= 3.0
    assert np.abs(np.diff(values)).max() <= 0.2
    assert max(values) - min(values) > 1.0


def test_a_seed_gives_one_film() -> None:
    still = frame().expand(4, 3, 32, 48)
    first = degraded(still, "a")
    assert first.shape == still.shape
    assert torch.equal(first, degraded(still, "a"))
    assert not torch.equal(first, degraded(still, "b"))
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


def test_strengths_differ_between_items_and_little_within_one() -> None:
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    rings = 0.5 + 0.3 * torch.sin(((x - 32) ** 2 + (y - 32) ** 2).float().sqrt() / 2).expand(6, 3, 64, 64)
    errors = np.array([[float((one - rings[0]).square().mean().sqrt()) for one in degraded(rings, f"item/{k}")]
                       for k in range(24)])
    assert 0.01 < errors.mean() < 0.2
    assert errors.mean(axis=1).std() > 2 * errors.std(axis=1).mean()
