"""Training noise: unit variance, and as much in common between frames as the constant says."""

import numpy as np
import torch

from training.noise import SHARED, unit_noise


def test_clips_share_noise_and_pictures_do_not() -> None:
    clip = unit_noise((1, 4, 3, 80, 80), torch.Generator().manual_seed(0))[0].transpose(0, 1).reshape(3, -1).numpy()
    np.testing.assert_allclose(clip.std(axis=1), 1, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(clip)[np.triu_indices(3, 1)], SHARED, atol=0.02)
    pictures = unit_noise((3, 4, 80, 80), torch.Generator().manual_seed(0)).flatten(1).numpy()
    np.testing.assert_allclose(np.corrcoef(pictures)[np.triu_indices(3, 1)], 0, atol=0.02)
