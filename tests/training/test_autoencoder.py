"""The computed picture autoencoder, against numpy's own decompositions."""

import numpy as np
import pytest
import torch

from training.models.autoencoder import NOISE, Autoencoder, AutoencoderConfig
from training.stages.vae import one_of_each


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return one_of_each(0, 8, seed=0, size=64)


@pytest.fixture(scope="module")
def model(pictures: torch.Tensor) -> Autoencoder:
    torch.manual_seed(0)
    found = Autoencoder(AutoencoderConfig(latent_channels=6))
    found.fit(pictures)
    return found


def cells_of(pictures: torch.Tensor) -> np.ndarray:
    """(B, h, w, 768): the colours of each 16x16 cell, channel by channel."""
    cells = pictures.unfold(2, 16, 16).unfold(3, 16, 16).permute(0, 2, 3, 1, 4, 5)
    return cells.flatten(3).double().numpy()


def test_the_code_is_that_of_the_principal_components(model: Autoencoder, pictures: torch.Tensor) -> None:
    latents = model.encode(pictures)
    cells = cells_of(pictures).reshape(-1, 768)
    _, values, vectors = np.linalg.svd(cells - cells.mean(axis=0), full_matrices=False)
    spread = latents.std(dim=(0, 2, 3), correction=0)
    components = ((cells - cells.mean(axis=0)) @ vectors[:6].T).std(axis=0)
    ours = latents.movedim(1, -1).flatten(0, 2).numpy()
    theirs = (cells - cells.mean(axis=0)) @ vectors[:6].T
    for channel in range(6):
        assert abs(np.corrcoef(ours[:, channel], theirs[:, channel])[0, 1]) == pytest.approx(1, abs=1e-4)
    assert float(latents.mean()) == pytest.approx(0, abs=1e-4)
    assert float(latents.square().mean()) == pytest.approx(1, rel=1e-3)
    assert torch.all(spread[:-1] > spread[1:]), "what varies most comes first"
    assert float(spread[0] / spread[5]) == pytest.approx((components[0] / components[5]) ** 0.5, rel=1e-2)
    assert values[5] > 0


def test_the_decoder_is_the_least_squares_one_for_noisy_latents(model: Autoencoder, pictures: torch.Tensor) -> None:
    """Against numpy's least squares, the noise as further equations: NOISE * sqrt(count) * weights = 0."""
    latents = model.encode(pictures).double().numpy()
    rows, aims = [], []
    cells = cells_of(pictures) - model.middle.double().numpy()
    for y in range(1, 3):
        for x in range(1, 3):
            rows.append(latents[:, :, y - 1 : y + 2, x - 1 : x + 2].reshape(8, -1))
            aims.append(cells[:, y, x])
    seen, wanted = np.concatenate(rows), np.concatenate(aims)
    ridge = NOISE * np.sqrt(len(seen)) * np.eye(seen.shape[1])
    solved = np.linalg.lstsq(np.concatenate([seen, ridge]), np.concatenate([wanted, np.zeros((len(ridge), 768))]),
                             rcond=None)[0]
    assert model.synthesis.double().numpy().reshape(768, -1) == pytest.approx(solved.T, abs=1e-5)
    inside = cells_of(model.decode(model.encode(pictures)))[:, 1:3, 1:3] - model.middle.double().numpy()
    assert inside[:, 0, 0] == pytest.approx(rows[0] @ solved, abs=1e-4)


def test_an_unfitted_one_gives_back_what_its_code_holds() -> None:
    torch.manual_seed(1)
    plain = Autoencoder(AutoencoderConfig(latent_channels=6))
    latents = torch.randn(1, 6, 2, 3)
    assert torch.allclose(plain.encode(plain.decode(latents)), latents, atol=1e-5)
