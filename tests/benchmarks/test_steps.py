"""What `benchmarks.steps` counts."""

import dataclasses

import numpy as np
import pytest

from benchmarks.quality import Shot, Verdict
from benchmarks.steps import detail, distance, named
from training.stages.judge import SUBJECT_NAMES
from training.world.clip import Actor, sample

CLIP = next(clip for clip in (sample(seed, films=True) for seed in range(100)) if len(clip.actors) == 2)


def film(value: float) -> Shot:
    return Shot(np.full((1, 2, 3, 4, 5), value, np.float32), [])


def test_distance_is_a_share_of_the_other_films_norm() -> None:
    assert distance([film(2.0), film(1.0)], [film(1.0), film(1.0)]) == pytest.approx(0.5)
    assert distance([film(1.0)], [film(1.0)]) == 0.0


def test_everyone_a_clip_names_must_be_seen() -> None:
    def actor(name: str) -> Actor:
        return dataclasses.replace(CLIP.actors[0], subject=name)

    clip = dataclasses.replace(CLIP, actors=(actor("car"), actor("dog")))
    subjects = np.zeros((3, len(SUBJECT_NAMES)))
    subjects[:2, SUBJECT_NAMES.index("car")] = 0.9
    subjects[1:, SUBJECT_NAMES.index("dog")] = 0.9
    verdict = Verdict(subjects, np.zeros((3, 12)), np.zeros(3))
    assert named(verdict, clip).tolist() == [False, True, False]


def test_detail_is_the_mean_step_from_pixel_to_pixel() -> None:
    flat = np.full((8, 8, 3), 100, np.uint8)
    striped = flat.copy()
    striped[:, ::2] = 90
    assert detail(flat) == 0.0
    assert detail(striped) == pytest.approx(5.0)
