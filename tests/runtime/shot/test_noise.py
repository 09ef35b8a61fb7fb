"""The noise is normal, repeatable and pinned: a film remade years later starts from the same numbers."""

import numpy as np
import pytest

from runtime.shot.noise import clip_noise, noise

PINNED = [-0.43347182869911194, 1.3549219369888306, -0.4333871901035309, 0.2930280268192291, 0.7767050862312317]


def test_pinned_numbers() -> None:
    from_formula = noise(7, (5,))
    words = np.random.Philox(key=np.array([7, 0], dtype=np.uint64)).random_raw(6) >> np.uint64(11)
    uniform = (words.astype(np.float64) + 0.5) / 2**53
    radius = np.sqrt(-2 * np.log(uniform[:3]))
    expected = np.concatenate([radius * np.cos(2 * np.pi * uniform[3:]), radius * np.sin(2 * np.pi * uniform[3:])])[:5]
    np.testing.assert_array_equal(from_formula, expected.astype(np.float32))
    np.testing.assert_allclose(from_formula, PINNED, rtol=1e-6)


def test_normal() -> None:
    sample = noise(1, (1_000_000,)).astype(np.float64)
    assert abs(sample.mean()) < 0.005
    assert abs(sample.std() - 1) < 0.005
    assert abs((sample**3).mean()) < 0.02
    assert abs((sample**4).mean() - 3) < 0.05
    assert np.isfinite(sample).all()
    edges = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    below = (sample[:, None] < edges).mean(axis=0)
    np.testing.assert_allclose(below, [0.02275, 0.15866, 0.5, 0.84134, 0.97725], atol=0.002)


def test_seeds_and_streams_are_independent() -> None:
    shape = (2, 3, 50, 50)
    first = noise(1, shape)
    assert first.dtype == np.float32
    assert first.shape == shape
    np.testing.assert_array_equal(first, noise(1, shape))
    for other in (noise(2, shape), noise(1, shape, stream=1), noise(2**63 - 1, shape)):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("shared", [0.0, 0.25, 0.5, 1.0])
def test_frames_of_a_clip_share_as_much_as_asked(shared: float) -> None:
    frames = clip_noise(3, (1, 4, 3, 80, 80), shared)[0].transpose(1, 0, 2, 3).reshape(3, -1)
    np.testing.assert_allclose(frames.std(axis=1), 1, atol=0.02)
    correlation = np.corrcoef(frames)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(correlation, shared, atol=0.02)


def test_what_frames_share_is_new_in_every_stream() -> None:
    shape = (1, 4, 3, 50, 50)
    first, second = clip_noise(3, shape, 1.0), clip_noise(3, shape, 1.0, stream=1)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.03
    np.testing.assert_array_equal(clip_noise(3, shape), noise(3, shape))
