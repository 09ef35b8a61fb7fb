"""The watermarked domain: the same films, spoilt as a stock-footage preview."""

import numpy as np

from training.world.clip import sample
from training.world.compose import Picture, draw
from training.world.domains import DOMAINS, watermarked

WIDTH, HEIGHT = 192, 80


def frames(seed: int = 4) -> list[Picture]:
    return [frame.picture for frame in draw(sample(seed, films=True), 3, WIDTH, HEIGHT)]


def grey(value: int) -> list[Picture]:
    return [np.full((HEIGHT, WIDTH, 3), value, np.uint8)] * 2


def test_shape_and_number_are_kept_and_the_clean_frames_untouched() -> None:
    clean = frames()
    before = [picture.copy() for picture in clean]
    spoilt = watermarked(clean, seed=1)
    assert [picture.shape for picture in spoilt] == [picture.shape for picture in clean]
    assert all(picture.dtype == np.uint8 for picture in spoilt)
    np.testing.assert_array_equal(clean, before)


def test_the_mark_lies_across_the_middle_and_nowhere_else() -> None:
    marked = np.asarray(watermarked(grey(80), seed=2)[0], np.float64).mean(axis=2)
    around = np.median(marked)
    bright = marked > around + 40
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    assert 0.35 * HEIGHT < rows[0] < rows[-1] < 0.65 * HEIGHT
    assert abs((columns[0] + columns[-1]) / 2 - WIDTH / 2) < 3
    assert columns[-1] - columns[0] > 0.25 * WIDTH
    assert 0.01 < bright.mean() < 0.1


def test_the_mark_stands_still_through_a_clip() -> None:
    first, second = (np.asarray(picture, np.float64).mean(axis=2) for picture in watermarked(grey(80), seed=3))
    bright = [picture > np.median(picture) + 40 for picture in (first, second)]
    assert (bright[0] != bright[1]).sum() < 0.03 * bright[0].sum()


def test_it_is_softer_and_greyer_than_the_clean_film() -> None:
    clean = np.asarray(frames(), np.float64)
    spoilt = np.asarray(watermarked(frames(), seed=4), np.float64)
    away = np.s_[:, : int(0.3 * HEIGHT)]
    colour = [(part[away].max(axis=-1) - part[away].min(axis=-1)).mean() for part in (clean, spoilt)]
    assert colour[1] < 0.95 * colour[0]
    assert np.abs(spoilt - clean).mean() > 2


def test_one_seed_gives_one_film_and_another_another() -> None:
    np.testing.assert_array_equal(watermarked(frames(), seed=5), watermarked(frames(), seed=5))
    assert np.abs(np.asarray(watermarked(frames(), seed=5), np.float64) - watermarked(frames(), seed=6)).mean() > 0.5


def test_the_two_domains_have_numbers_of_their_own() -> None:
    assert sorted(DOMAINS.values()) == [0, 1]
