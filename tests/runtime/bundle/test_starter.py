"""The embedded bundle's layout is what its planner says, whatever a backend computes in."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from runtime.backends import open_engine
from runtime.bundle import find
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


def feed(text: str) -> dict[str, np.ndarray]:
    folder = find().folder
    with open_engine(folder / "text_encoder.onnx", "openvino", exact=True) as encoder:
        context = encode_text(text, Tokenizer.from_file(str(folder / "tokenizer.json")), encoder, 32).context
    return {"latents": noise(1, (1, 32, 16, 20, 48)), "time": np.array([1000], np.float32), "context": context,
            "domain": np.array([1], np.int64)}


def test_as_many_are_in_the_picture_as_in_the_text() -> None:
    with open_engine(find().folder / "denoiser.onnx", "openvino", exact=False) as engine:
        for text, count in COUNTS.items():
            boxes = engine.run(feed(text))["places"][0, :, :2, :4]
            there = (boxes[..., 2:] > boxes[..., :2]).all(axis=-1).any(axis=0)
            assert there.sum() == count, text


@pytest.mark.parametrize("text", ["a robot in a city at night", "a race between a yellow car and an airplane"])
def test_actors_are_in_their_places_in_half_precision_too(text: str) -> None:
    given = feed(text)
    found = []
    for exact in (True, False):
        with open_engine(find().folder / "denoiser.onnx", "openvino", exact=exact) as engine:
            found.append(engine.run(given))
    np.testing.assert_allclose(found[1]["places"], found[0]["places"], atol=0.05)
    apart, whole = (np.linalg.norm(values) for values in (found[1]["prediction"] - found[0]["prediction"],
                                                          found[0]["prediction"]))
    # With bf16 places are a pixel or two away; the robot's prediction is 12 % away.
    assert apart < 0.2 * whole
