"""Latents to pictures: the same whatever the chunk, the graph's batch or the kind of output."""

from pathlib import Path

import numpy as np
import pytest

from runtime.backends.choose import open_engine
from runtime.shot.decode import Normalisation, decode
from runtime.shot.noise import noise
from runtime.shot.pixels import to_network, to_pictures
from tests.tiny_graphs import TinySizes, decoder

NORMAL = Normalisation((0.3, -0.5), (2.0, 0.7))
LATENTS = noise(1, (1, 2, 7, 2, 3))


def decoded(folder: Path, sizes: TinySizes, chunk: int = 4) -> np.ndarray:
    with open_engine(decoder(folder / "decoder.onnx", sizes), "cpu", 1) as engine:
        return np.stack(list(decode(LATENTS, engine, NORMAL, chunk)))


def test_against_the_graph_itself(tmp_path: Path) -> None:
    with open_engine(decoder(tmp_path / "decoder.onnx", TinySizes()), "cpu", 1) as engine:
        for index, picture in enumerate(decode(LATENTS, engine, NORMAL)):
            mean, std = (np.array(values, np.float32)[:, None, None] for values in (NORMAL.mean, NORMAL.std))
            latent = LATENTS[:, :, index] * std + mean
            raw = engine.run({"latents": latent})["picture"][0]
            assert picture.shape == (32, 48, 3)
            assert picture.dtype == np.uint8
            np.testing.assert_allclose(picture, raw.transpose(1, 2, 0) * 255, atol=0.51)
        assert index == 6


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 7, 20])
def test_chunks_do_not_show(tmp_path: Path, chunk: int) -> None:
    one = decoded(tmp_path, TinySizes())
    np.testing.assert_array_equal(decoded(tmp_path, TinySizes(batch="B"), chunk), one)


@pytest.mark.parametrize("batch", [2, 4, 16])
def test_a_graph_of_fixed_batch(tmp_path: Path, batch: int) -> None:
    np.testing.assert_array_equal(decoded(tmp_path, TinySizes(batch=batch), 1), decoded(tmp_path, TinySizes()))


def test_a_graph_that_gives_bytes(tmp_path: Path) -> None:
    floats, levels = decoded(tmp_path, TinySizes()), decoded(tmp_path, TinySizes(uint8=True, batch=4))
    np.testing.assert_array_equal(levels, floats)


def test_it_streams(tmp_path: Path) -> None:
    with open_engine(decoder(tmp_path / "decoder.onnx", TinySizes()), "cpu", 1) as engine:
        work = decode(LATENTS, engine, NORMAL, 1)
        next(work)
        work.close()
        assert list(work) == []


def test_pictures_and_networks() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    tensor = to_network(picture)
    assert tensor.shape == (1, 3, 4, 6)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    assert tensor.min() >= 0
    assert tensor.max() <= 1
    np.testing.assert_array_equal(to_pictures(tensor)[0], picture)
    np.testing.assert_array_equal(to_pictures(tensor * 3 - 1)[0], np.clip(picture * 3.0 - 255, 0, 255).round())
