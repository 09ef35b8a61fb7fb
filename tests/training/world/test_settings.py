"""Light, weather and the twelve settings: drawn whole, the same for ever, smooth in time and travel, told apart."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import skia
from numpy.typing import NDArray

from training.world.brush import rgb
from training.world.light import TIMES, WEATHERS, light
from training.world.parts import Setting, View
from training.world.scenery import cells
from training.world.settings import SETTINGS
from training.world.weather import weather

NAMES = {"coast road", "above the clouds", "open sea", "moon", "under water", "desert", "snow mountains", "city",
         "meadow", "forest", "space", "canyon"}
Picture = NDArray[np.float64]


def surface(half: float, height: int, backdrop: str) -> skia.Surface:
    made = skia.Surface(round(2 * half * height), height)
    made.getCanvas().clear(skia.Color4f(*rgb(backdrop), 1))
    made.getCanvas().scale(height, height)
    made.getCanvas().translate(half, 0)
    return made


def pixels(drawn: skia.Surface) -> Picture:
    return np.asarray(drawn.toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3], np.float64) / 255


def picture(setting: Setting, view: View, mood: tuple[str, str] = ("day", "clear"), height: int = 80,
            backdrop: str = "#000000") -> Picture:
    drawn = surface(view.half, height, backdrop)
    sun = light(*mood)
    setting.back(drawn.getCanvas(), view, sun)
    setting.front(drawn.getCanvas(), view, sun)
    weather(drawn.getCanvas(), view, sun)
    return pixels(drawn)


def weather_alone(kind: str, view: View, time: str = "day") -> Picture:
    drawn = surface(view.half, 80, "#666666")
    weather(drawn.getCanvas(), view, light(time, kind))
    return pixels(drawn)


@pytest.fixture(params=sorted(NAMES))
def setting(request: pytest.FixtureRequest) -> Setting:
    return SETTINGS[request.param]


@pytest.mark.parametrize("kind", WEATHERS)
def test_each_light_has_whole_colours_and_gets_darker_to_the_night(kind: str) -> None:
    levels = []
    for time in ("day", "sunset", "night"):
        sun = light(time, kind)
        assert (sun.time, sun.weather) == (time, kind)
        for colour in (*sun.sky, sun.haze, sun.sun, sun.tint):
            assert len(colour) == 7
            assert colour[0] == "#"
        assert 0 <= sun.tint_strength <= 1
        assert 0 <= sun.dark <= 1
        levels.append(sum(sum(rgb(colour)) for colour in sun.sky))
    assert all(first > then for first, then in pairwise(levels))


def test_a_sunset_runs_from_violet_to_orange_and_a_storm_is_darker_than_rain() -> None:
    top, _, horizon = (rgb(colour) for colour in light("sunset", "clear").sky)
    assert top[2] > top[0] > top[1]
    assert horizon[0] > horizon[1] > horizon[2]
    for time in TIMES:
        storm, rain = (sum(sum(rgb(colour)) for colour in light(time, kind).sky) for kind in ("storm", "rain"))
        assert storm < rain


@pytest.mark.parametrize(("time", "kind"), [("noon", "clear"), ("day", "hail")])
def test_an_unknown_word_for_the_light_is_refused(time: str, kind: str) -> None:
    with pytest.raises(KeyError):
        light(time, kind)


def test_the_settings_are_the_twelve_and_no_phrase_fits_two() -> None:
    assert set(SETTINGS) == NAMES
    for one, two in combinations(SETTINGS.values(), 2):
        assert not set(one.phrases) & set(two.phrases)


def test_a_setting_names_real_lights_and_levels_inside_the_frame(setting: Setting) -> None:
    assert len(setting.phrases) >= 3
    assert set(setting.times) <= set(TIMES)
    assert set(setting.weathers) <= set(WEATHERS)
    assert "clear" in setting.weathers
    for level in setting.levels.values():
        low, high = level if isinstance(level, tuple) else (level - 0.01, level)
        assert 0.1 < low < high < 0.95


@pytest.mark.parametrize("half", [0.5, 1.2])
def test_every_pixel_is_painted_wherever_the_camera_has_gone(setting: Setting, half: float) -> None:
    for x in (-314.7, 0.0, 2.31, 998.2):
        view = View(half=half, x=x, time=0.7, seed=123456789)
        for time in setting.times:
            on_black = picture(setting, view, (time, "clear"))
            on_white = picture(setting, view, (time, "clear"), backdrop="#ffffff")
            np.testing.assert_array_equal(on_black, on_white)


def test_the_same_view_gives_the_same_picture_and_another_seed_another(setting: Setting) -> None:
    view = View(half=1.2, x=0.4, time=1.1, seed=5)
    first = picture(setting, view)
    np.testing.assert_array_equal(first, picture(setting, view))
    assert np.abs(first - picture(setting, View(half=1.2, x=0.4, time=1.1, seed=6))).mean() > 0.004


@pytest.mark.parametrize("mood", [("day", "clear"), ("night", "storm"), ("day", "snow"), ("dawn", "fog")])
def test_a_moment_later_or_a_step_further_looks_nearly_the_same(setting: Setting, mood: tuple[str, str]) -> None:
    for start in (0.0, 0.613, 1.399):
        here = picture(setting, View(half=1.2, x=0.4, time=start, seed=5), mood)
        later = picture(setting, View(half=1.2, x=0.4, time=start + 1 / 480, seed=5), mood)
        further = picture(setting, View(half=1.2, x=0.401, time=start, seed=5), mood)
        assert np.abs(later - here).mean() < 0.008
        assert np.abs(further - here).mean() < 0.008


def test_scenery_moves_with_the_camera_and_is_the_same_at_double_size(setting: Setting) -> None:
    view = View(half=1.2, x=0.4, time=1.1, seed=5)
    small = picture(setting, view)
    double = picture(setting, view, height=160).reshape(80, 2, 192, 2, 3).mean((1, 3))
    assert np.abs(double - small).mean() < 0.012
    assert np.abs(picture(setting, View(half=1.2, x=0.7, time=1.1, seed=5)) - small).mean() > 0.004


def test_settings_differ_clearly_in_the_same_light() -> None:
    view = View(half=1.2, x=0.4, time=1.1, seed=5)
    seen = {name: picture(setting, view).reshape(8, 10, 6, 32, 3).mean((1, 3)) for name, setting in SETTINGS.items()}
    for one, two in combinations(sorted(seen), 2):
        assert np.abs(seen[one] - seen[two]).mean() > 0.03, (one, two)


def test_a_clear_sky_adds_nothing_and_every_other_weather_shows() -> None:
    view = View(half=1.2, x=0.4, time=1.1, seed=5)
    clear = weather_alone("clear", view)
    assert np.ptp(clear) == 0
    for kind in ("rain", "storm", "snow", "fog"):
        shown = np.abs(weather_alone(kind, view) - clear).max(axis=2) > 0.08
        # Into every eighth of the frame, not into one corner.
        assert shown.reshape(2, 40, 4, 48).any(axis=(1, 3)).all(), kind


def test_rain_falls_and_lightning_is_a_glow_that_comes_and_goes() -> None:
    brightness = [weather_alone("storm", View(half=1.2, x=0.0, time=step / 48, seed=seed)).mean()
                  for seed in (1, 2) for step in range(96)]
    assert max(brightness) - min(brightness) > 0.03
    assert max(abs(b - a) for a, b in pairwise(brightness[:96])) < 0.05


def test_cells_lie_on_one_endless_line() -> None:
    here = dict(cells(View(half=0.5, x=10.0, time=0, seed=0), 0.5, 0.3))
    there = dict(cells(View(half=0.5, x=10.4, time=0, seed=0), 0.5, 0.3))
    shared = here.keys() & there.keys()
    assert len(shared) >= 3
    assert all(here[index] - there[index] == pytest.approx(0.2) for index in shared)
    assert min(here.values()) <= -0.5
    assert max(here.values()) >= 0.2
