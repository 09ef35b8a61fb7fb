"""The embedded bundle's layout is what its planner says, whatever a backend computes in."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from runtime.backends import open_engine
from runtime.bundle import find
from runtime.shot.noise import noise
from runtime.shot.text import encode_text

pytest.importorskip("openvino", reason="there is no OpenVINO for this system")


@pytest.mark.parametrize("text", ["a robot in a city at night", "a race between a yellow car and an airplane"])
def test_actors_are_in_their_places_in_half_precision_too(text: str) -> None:
    folder = find().folder
    with open_engine(folder / "text_encoder.onnx", "openvino", exact=True) as encoder:
        context = encode_text(text, Tokenizer.from_file(str(folder / "tokenizer.json")), encoder, 32).context
    feed: dict[str, np.ndarray] = {
        "latents": noise(1, (1, 32, 16, 20, 48)), "time": np.array([1000], np.float32), "context": context,
        "domain": np.array([1], np.int64)}
    found = []
    for exact in (True, False):
        with open_engine(folder / "denoiser.onnx", "openvino", exact=exact) as engine:
            found.append(engine.run(feed))
    np.testing.assert_allclose(found[1]["places"], found[0]["places"], atol=0.05)
    apart, whole = (np.linalg.norm(values) for values in (found[1]["prediction"] - found[0]["prediction"],
                                                          found[0]["prediction"]))
    assert apart < 0.12 * whole
