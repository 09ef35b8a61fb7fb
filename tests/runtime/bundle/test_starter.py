"""The embedded bundle's layout is what its planner says, whatever a backend computes in."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from runtime.backends import open_engine
from runtime.bundle import LAYOUT, Engines, LineUp, find
from runtime.shot.guidance import laid_out
from runtime.shot.noise import noise
from runtime.shot.text import encode_text

pytest.importorskip("openvino", reason="there is no OpenVINO for this system")

COUNTS = {
    "a wide view of the flowers at dawn": 0,
    "a wide shot of a white horse running in a forest by day, far away": 1,
    "a yellow sailing boat facing the wind on a stormy sea at sunrise": 1,
    "the camera follows a white sailing boat struggling ahead on a stormy sea": 1,
    "a red car on a coast road, cinematic, golden light": 1,
    "a white horse running in a forest, chased by a black dog": 2,
    "a race between a yellow car and an airplane": 2,
}
"""How many are in a text."""


def context(text: str) -> np.ndarray:
    folder = find().folder
    with open_engine(folder / "text_encoder.onnx", "openvino", exact=True) as encoder:
        return encode_text(text, Tokenizer.from_file(str(folder / "tokenizer.json")), encoder, 32).context


def test_as_many_are_in_the_picture_as_in_the_text() -> None:
    with Engines(LineUp.of(find()), "openvino") as engines:
        engine = engines.get("denoiser", LAYOUT)
        for text, count in COUNTS.items():
            boxes = engine.run({"context": context(text)})["places"][0, :, :2, :4]
            there = (boxes[..., 2:] > boxes[..., :2]).all(axis=-1).any(axis=0)
            assert there.sum() == count, text


@pytest.mark.parametrize("text", ["a robot in a city at night", "a race between a yellow car and an airplane"])
def test_the_picture_is_the_same_in_half_precision(text: str) -> None:
    given = {"latents": noise(1, (1, 32, 16, 20, 48)), "time": np.array([1000], np.float32), "context": context(text),
             "domain": np.array([1], np.int64)}
    with Engines(LineUp.of(find()), "openvino") as engines:
        layout = engines.get("denoiser", LAYOUT)
        assert "bf16" not in layout.device, "a place that is rounded by a pixel is another place"
        given["sketch"] = laid_out(layout, given["context"])
    exact, half = (open_engine(find().folder / "denoiser.onnx", "openvino", exact=exact) for exact in (True, False))
    with exact, half:
        whole, rounded = (engine.run(given)["prediction"] for engine in (exact, half))
    assert np.linalg.norm(rounded - whole) < 0.06 * np.linalg.norm(whole)
