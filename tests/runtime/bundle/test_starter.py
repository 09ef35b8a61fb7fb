"""The embedded bundle says the same whatever a backend computes in: layouts are exact, flows bear to be rounded."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tokenizers import Tokenizer

from runtime.backends import Engine, open_engine
from runtime.bundle import LAYOUT, Engines, LineUp, find
from runtime.shot.guidance import laid_out
from runtime.shot.noise import noise
from runtime.shot.text import encode_text
from runtime.shot.upscale import PARTS, UpscalerGraphs, upscale
from runtime.story.english import article

pytest.importorskip("openvino", reason="there is no OpenVINO for this system")

Read = Callable[[str], np.ndarray]

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
COLOURS = ("red", "blue", "yellow", "green", "orange")
ADJECTIVES = ("small", "little", "big", "old", "lonely", "shiny", "brave", "old, lonely", "grumpy", "ugly")
"""The last two are in no caption."""

OTHER_WORDS = {
    "car": ("automobile", "lorry", "taxi", "jeep"), "airplane": ("jet", "aeroplane", "biplane", "helicopter"),
    "sailing boat": ("ship", "yacht", "pirate ship"), "train": ("locomotive", "tram"),
    "rocket": ("spaceship", "space shuttle"), "balloon": ("zeppelin", "airship"), "bird": ("seagull", "eagle", "owl"),
    "fish": ("goldfish", "shark"), "whale": ("dolphin", "orca"), "butterfly": ("moth", "bee"),
    "horse": ("pony", "unicorn", "zebra"), "dog": ("puppy", "cat", "feline", "tiger", "rabbit"),
    "robot": ("android", "cyborg"), "astronaut": ("cosmonaut", "girl", "man", "king"),
    "lighthouse": ("tower", "castle"), "windmill": ("wind turbine",),
}
"""What users say for the subjects, or for what the starter has nothing nearer to."""
OTHER_PLACES = {
    "a coast road": ("a highway", "the beach", "a race track"), "the clouds": ("the sky", "the stratosphere"),
    "the open sea": ("the ocean", "the sea", "the lake", "the bay"), "the moon": ("a planet", "mars"),
    "the underwater world": ("a coral reef", "the ocean floor", "the deep sea"),
    "the desert": ("the sahara", "the dunes"), "snow mountains": ("the alps", "the north pole", "a glacier"),
    "the city": ("paris", "a street", "a village", "tokyo"),
    "a meadow": ("a park", "a field", "the countryside", "a garden"), "the forest": ("the jungle", "the woods"),
    "outer space": ("the galaxy", "the cosmos"), "the canyon": ("a valley", "the wild west"),
}
"""The same of settings."""


@pytest.fixture(scope="module")
def context() -> Iterator[Read]:
    """A text's context (1, N, D)."""
    folder = find().folder
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
    with open_engine(folder / "text_encoder.onnx", "openvino", exact=True) as encoder:
        yield lambda text: encode_text(text, tokens, encoder, 32).context


def middle(layout: Engine, context: np.ndarray) -> np.ndarray:
    """The mean channels (S,) of a sketch in the inner half of the box of the first who is named."""
    drawn = layout.run({"context": context})
    sketch, boxes = drawn["sketch"][0], drawn["places"][0, :, 0, :4]
    height, width = sketch.shape[2:]
    looks = []
    for frame, (left, top, right, bottom) in enumerate(boxes):
        across, down = (right - left) / 4, (bottom - top) / 4
        rows = slice(int((top + down) * height), max(1, int((bottom - down) * height)))
        columns = slice(int((left + across) * width), max(1, int((right - across) * width)))
        looks.append(sketch[:, frame, rows, columns].reshape(len(sketch), -1))
    mean: np.ndarray = np.concatenate(looks, axis=1).mean(axis=1)
    return mean


def figure(layout: Engine, context: np.ndarray) -> np.ndarray:
    """The sketch of the first who is named, 8x8 points of its box in each frame (S, T, 8, 8)."""
    drawn = layout.run({"context": context})
    sketch, boxes = drawn["sketch"][0], drawn["places"][0, :, 0, :4]
    size = np.array(sketch.shape[2:])[:, None]
    points = []
    for frame, (left, top, right, bottom) in enumerate(boxes):
        steps = (np.arange(8) + 0.5) / 8
        rows, columns = ((np.stack([top + (bottom - top) * steps, left + (right - left) * steps]) * size)
                         .clip(0, size - 1).astype(int))
        points.append(sketch[:, frame, rows[:, None], columns])
    return np.stack(points, axis=1)


def scenery(layout: Engine, context: np.ndarray) -> np.ndarray:
    """The sketch of the upper half of the first frame (S, h, w)."""
    sketch: np.ndarray = layout.run({"context": context})["sketch"][0, :, 0]
    return sketch[:, :sketch.shape[1] // 2]


def read_rightly(meant: dict[str, tuple[str, ...]], look: Callable[[Engine, np.ndarray], np.ndarray],
                 context: Read, said: Callable[[str], str]) -> float:
    """The share of words whose look is nearest to that of the name under which they are listed."""
    with Engines(LineUp.of(find()), "openvino") as engines:
        layout = engines.get("denoiser", LAYOUT)
        own = {name: look(layout, context(said(name))) for name in meant}
        found = {word: look(layout, context(said(word))) for words in meant.values() for word in words}
    right = [min(own, key=lambda other: float(np.linalg.norm(found[word] - own[other]))) == name
             for name, words in meant.items() for word in words]
    return sum(right) / len(right)


def test_as_many_are_in_the_picture_as_in_the_text(context: Read) -> None:
    with Engines(LineUp.of(find()), "openvino") as engines:
        engine = engines.get("denoiser", LAYOUT)
        for text, count in COUNTS.items():
            boxes = engine.run({"context": context(text)})["places"][0, :, :2, :4]
            there = (boxes[..., 2:] > boxes[..., :2]).all(axis=-1).any(axis=0)
            assert there.sum() == count, text


@pytest.mark.parametrize("kind", ["fish", "car", "robot"])
def test_an_adjective_costs_no_colour(kind: str, context: Read) -> None:
    """The middle of somebody's sketch is nearest to that of the same colour without an adjective."""
    with Engines(LineUp.of(find()), "openvino") as engines:
        layout = engines.get("denoiser", LAYOUT)
        plain = {colour: middle(layout, context(f"a {colour} {kind}")) for colour in COLOURS}
        for colour in COLOURS:
            for adjective in ADJECTIVES:
                told = middle(layout, context(f"a {adjective} {colour} {kind}"))
                apart = {other: float(np.linalg.norm(told - known)) for other, known in plain.items()}
                assert min(apart, key=lambda other: apart[other]) == colour, (adjective, colour, apart)


def test_other_words_for_a_subject_draw_that_subject(context: Read) -> None:
    """Of the lexicon's nouns, which captions held, nine in ten: their figures are nearest to that of the subject's own
    name. A bundle whose captions had not held them drew a third so."""
    assert read_rightly(OTHER_WORDS, figure, context, lambda noun: f"{article(noun)} {noun} in a city by day") >= 0.9


def test_other_words_for_a_setting_draw_that_setting(context: Read) -> None:
    """The same of the lexicon's places, with a dog in them: more than four in five."""
    assert read_rightly(OTHER_PLACES, scenery, context, lambda place: f"a black dog in {place}") >= 0.8


@pytest.mark.parametrize("text", ["a robot in a city at night", "a race between a yellow car and an airplane"])
def test_the_picture_is_the_same_in_half_precision(text: str, context: Read) -> None:
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


def test_flows_that_are_rounded_draw_the_same_pictures() -> None:
    """Flows a quarter of a pixel off would make them 69 dB apart."""
    large = np.kron(np.random.default_rng(0).random((21, 49, 3)) * 255, np.ones((16, 16, 1)))
    for axis in (0, 1):
        large = (large + np.roll(large, 1, axis)) / 2
    frames = [large[2 * k:2 * k + 320, 3 * k:3 * k + 768].astype(np.uint8) for k in range(4)]
    found = []
    with Engines(LineUp.of(find()), "openvino") as engines:
        graphs = {part: engines.get("upscaler", part) for part in PARTS}
        with open_engine(find().folder / "upscaler_flow.onnx", "openvino", exact=True) as whole:
            for flow in (whole, graphs["flow"]):
                drawn = upscale(frames, UpscalerGraphs(**{**graphs, "flow": flow}))
                found.append(np.stack([step for step in drawn if isinstance(step, np.ndarray)]).astype(np.float64))
    assert np.mean((found[0] - found[1]) ** 2) < 255**2 * 10**-7.4, "74 dB"
