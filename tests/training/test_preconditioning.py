"""What a network is given and what is made of what it finds, against the definition in Karras et al., 2022."""

import torch

from training.models.preconditioning import given, velocity

SPREAD = torch.tensor([3.0, 1.0, 0.2], dtype=torch.double)


def noised(time: float, count: int = 200_000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Clean latents (count, 3) of that spread, noise, their mixture, and the time of each."""
    generator = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(count, 3, generator=generator, dtype=torch.double) for _ in range(2))
    clean = clean * SPREAD
    return clean, noise, (1 - time) * clean + time * noise, torch.full((count,), time, dtype=torch.double)


def test_what_is_given_has_unit_size_at_any_time() -> None:
    for time in (1.0, 0.7, 0.2, 0.01):
        *_, noisy, times = noised(time)
        torch.testing.assert_close(given(noisy, times, SPREAD).std(0), torch.ones(3).double(), rtol=0.01, atol=0)


def test_what_is_left_to_find_has_unit_size_and_nothing_of_the_input() -> None:
    for time in (0.99, 0.7, 0.2, 0.01):
        clean, noise, noisy, times = noised(time)
        without = velocity(torch.zeros_like(noisy), noisy, times, SPREAD)
        unit = velocity(torch.ones_like(noisy), noisy, times, SPREAD) - without
        left = (noise - clean - without) / unit
        torch.testing.assert_close(left.std(0), torch.ones(3).double(), rtol=0.01, atol=0)
        assert ((left * noisy).mean(0) / noisy.std(0)).abs().max() < 0.01


def test_with_one_spread_it_is_karras_denoiser() -> None:
    # D = c_skip x + c_out F with the noise level t / (1 - t) of x / (1 - t), Table 1 of the paper.
    time, spread = 0.6, 0.5
    _, _, noisy, times = noised(time, 8)
    found = torch.randn(8, 3, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    level = time / (1 - time)
    total = (level**2 + spread**2) ** 0.5
    denoised = spread**2 / total**2 * noisy / (1 - time) - level * spread / total * found
    velocities = velocity(found, noisy, times, torch.full((3,), spread, dtype=torch.double))
    torch.testing.assert_close(noisy - time * velocities, denoised)


def test_at_both_ends_it_is_finite() -> None:
    for time in (0.0, 1.0):
        *_, noisy, times = noised(time, 4)
        assert velocity(torch.ones_like(noisy), noisy, times, SPREAD).isfinite().all()
