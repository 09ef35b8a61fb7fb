"""Kept weights come back as they were, to half precision or to a byte."""

from pathlib import Path

import numpy as np
import pytest
import torch

from export.precision import quantise
from training.models import weights

DRAW = torch.Generator().manual_seed(0)
TENSORS = {"kernel": torch.randn(32, 16, 3, 3, generator=DRAW), "matrix": torch.randn(64, 128, generator=DRAW) * 1e-3,
           "bias": torch.randn(64, generator=DRAW), "small": torch.randn(2, 8, generator=DRAW),
           "steps": torch.tensor([3, 4])}


def test_halves(tmp_path: Path) -> None:
    weights.save(tmp_path, "net", TENSORS, {"clips": 3})
    found, facts = weights.load(tmp_path, "net")
    assert facts == {"clips": 3}
    assert {path.name for path in tmp_path.iterdir()} == {"net.safetensors", "net.json"}
    for name, value in TENSORS.items():
        assert torch.equal(found[name], value.half().float() if value.is_floating_point() else value), name


def test_bytes_are_those_of_the_exported_graphs_and_do_not_drift(tmp_path: Path) -> None:
    weights.save(tmp_path, "net", TENSORS, {}, compact=True)
    found, _ = weights.load(tmp_path, "net")
    assert found.keys() == TENSORS.keys()
    for name in ("kernel", "matrix"):
        whole, scale = quantise(TENSORS[name].numpy(), 0)
        expected = whole * scale.reshape(-1, *[1] * (whole.ndim - 1))
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)
        assert np.array_equal(quantise(found[name].numpy(), 0)[0], whole), "exporting rounds to the same bytes"
    assert torch.equal(found["small"], TENSORS["small"].half().float())
    size = (tmp_path / "net.safetensors").stat().st_size
    assert size < 1.3 * sum(value.numel() for value in TENSORS.values())
    weights.save(tmp_path, "again", found, {}, compact=True)
    twice, _ = weights.load(tmp_path, "again")
    for name, value in found.items():
        np.testing.assert_allclose(twice[name], value, rtol=1e-6)


def test_what_is_missing_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m training vae"):
        weights.load(tmp_path, "vae")


def test_a_digest_is_of_names_and_values() -> None:
    renamed = {("b" if name == "bias" else name): value for name, value in TENSORS.items()}
    changed = {**TENSORS, "bias": TENSORS["bias"] + 1e-6}
    assert len({weights.digest(tensors) for tensors in (TENSORS, changed, renamed, dict(TENSORS))}) == 3
