"""The cast: each subject fits its box, moves, takes its colour, and has somewhere to be."""

import math

import numpy as np
import pytest
import skia
from numpy.typing import NDArray

from training.world.clip import HELD_OUT
from training.world.parts import Subject
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

SIZE = 60
ROOM = 1.0  # what is drawn around the box, in the subject's heights


def painted(subject: Subject, colour: str, phase: float, shining: bool = True) -> NDArray[np.float64]:
    """Premultiplied RGBA in 0..1, `SIZE` pixels to a height, with `ROOM` around the box."""
    surface = skia.Surface(round(SIZE * (subject.aspect + 2 * ROOM)), round(SIZE * (1 + 2 * ROOM)))
    canvas = surface.getCanvas()
    canvas.clear(skia.Color4f(0, 0, 0, 0))
    canvas.scale(SIZE, SIZE)
    canvas.translate(subject.aspect / 2 + ROOM, 1 + ROOM)
    subject.draw(canvas, colour, phase)
    if shining and subject.lights is not None:
        subject.lights(canvas, colour, phase)
    return np.asarray(surface.toarray(colorType=skia.kRGBA_8888_ColorType), np.float64) / 255


@pytest.fixture(params=sorted(SUBJECTS))
def subject(request: pytest.FixtureRequest) -> Subject:
    return SUBJECTS[request.param]


def test_a_subject_fills_its_box_and_stays_in_it(subject: Subject) -> None:
    solid = np.maximum.reduce([painted(subject, "red", phase)[..., 3] for phase in (0.0, 0.37, 0.7)]) > 0.35
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    top, bottom = rows[0] / SIZE - ROOM, (rows[-1] + 1) / SIZE - ROOM
    left, right = columns[0] / SIZE - ROOM, (columns[-1] + 1) / SIZE - ROOM
    slack = 0.08
    assert top > -slack
    assert bottom < 1 + slack
    assert left > -slack * max(1.0, subject.aspect)
    assert right < subject.aspect + slack * max(1.0, subject.aspect)
    assert bottom - top > 0.7
    assert right - left > 0.5 * subject.aspect


def test_a_subject_moves_between_phases_and_the_next_cycle_begins_without_a_jump(subject: Subject) -> None:
    here, later, soon = (painted(subject, "red", phase) for phase in (0.1, 0.7, 0.103))
    seen = here[..., 3] > 0.5
    changed = np.abs(later - here).max(axis=2) > 0.1
    assert changed.sum() > 0.03 * seen.sum()
    assert (np.abs(soon - here).max(axis=2) > 0.25).sum() < 0.1 * seen.sum()


def test_a_subject_looks_the_same_after_a_cycle(subject: Subject) -> None:
    """A layout tells how far a motion has turned as cosine and sine: half a wave more would be told by neither."""
    here, again = painted(subject, "red", 0.1), painted(subject, "red", 1.1)
    # A windmill's four sails and an airplane's three blades are the same after parts of one.
    np.testing.assert_allclose(again, here, atol=0.02)


def test_the_colour_is_the_body_s(subject: Subject) -> None:
    red, blue = (painted(subject, colour, 0.2, shining=False) for colour in ("#d02020", "#2040d0"))
    opaque = red[..., 3] > 0.9
    changed = np.abs(red - blue).max(axis=2) > 0.1
    # A train keeps its steam and a windmill the cloth of its sails.
    assert (changed & opaque).sum() >= (0.35 if subject.name in {"train", "windmill"} else 0.5) * opaque.sum()


def test_a_subject_has_words_colours_and_places(subject: Subject) -> None:
    assert subject.nouns
    assert len(subject.colours) >= 4
    assert len(set(subject.colours)) == len(subject.colours)
    assert set(subject.verbs) == set(subject.places)
    assert all(len(verbs) >= 3 for verbs in subject.verbs.values())
    assert 0.3 <= subject.height <= 0.6
    assert math.isfinite(subject.tempo)
    assert subject.tempo > 0


def test_a_subject_is_at_home_in_three_settings_and_in_films_too(subject: Subject) -> None:
    assert set(subject.settings) <= set(SETTINGS)
    usable = {name for name in subject.settings if any(place in SETTINGS[name].levels for place in subject.places)}
    assert usable == set(subject.settings)
    assert len(usable) >= 3
    assert len([name for name in usable if (subject.name, name) not in HELD_OUT]) >= 3


def test_the_sixteen_are_there() -> None:
    assert set(SUBJECTS) >= {
        "car", "airplane", "sailing boat", "train", "rocket", "balloon", "bird", "fish", "whale", "butterfly", "horse",
        "dog", "robot", "astronaut", "lighthouse", "windmill",
    }
