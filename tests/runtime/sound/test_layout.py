import itertools
from pathlib import Path

import pytest

from runtime.sound.layout import Span, lay
from runtime.sound.library import Sound

LOOP = Sound(id="x", path=Path("x"), kind="ambience", caption="x", seconds=10.1, loop=(0.05, 10.05))
SONG = Sound(id="s", path=Path("s"), kind="music", caption="s", seconds=30.0, loop=(4.0, 20.0), bar=2.0, ending=21.0)


def covered(spans: list[Span], seconds: float) -> None:
    """Every moment is played, and neighbours overlap only by their fades."""
    assert spans[0].at == 0
    for left, right in itertools.pairwise(spans):
        assert left.at + left.seconds - left.fade_out == pytest.approx(right.at)
        assert right.fade_in == pytest.approx(left.fade_out)
    assert spans[-1].at + spans[-1].seconds == pytest.approx(seconds)


@pytest.mark.parametrize("seconds", [0.5, 10.0, 10.02, 35.0])
@pytest.mark.parametrize("offset", [0.0, 5.0, 10.049])
def test_a_loop_covers_any_length(seconds: float, offset: float) -> None:
    covered(lay(LOOP, offset, seconds), seconds)


def test_a_loop_returns_to_its_start() -> None:
    spans = lay(LOOP, 5.0, 20.0)
    assert [round(span.source, 3) for span in spans] == [5.0, 0.05, 0.05]
    assert [round(span.at, 3) for span in spans] == [0.0, 5.05, 15.05]


def test_a_recording_without_loop_points_repeats_with_an_even_crossfade() -> None:
    plain = Sound(id="p", path=Path("p"), kind="music", caption="p", seconds=6.0)
    spans = lay(plain, 0.0, 16.0)
    covered(spans, 16.0)
    assert [span.source for span in spans] == [0.0, 0.0, 0.0, 0.0]
    assert all(span.even for span in spans)


def test_an_effect_ends_where_it_ends() -> None:
    bang = Sound(id="b", path=Path("b"), kind="effect", caption="b", seconds=1.0)
    assert lay(bang, 0.25, 5.0) == [Span(0.25, 0.0, 0.75)]
    assert lay(bang, 1.5, 5.0) == []


@pytest.mark.parametrize("seconds", [5.0, 19.9, 20.0, 61.3])
def test_music_ends_on_a_bar_line_with_time_to_ring(seconds: float) -> None:
    last = lay(SONG, 0.0, seconds)[-1]
    assert last.source == 21.0
    assert last.at % 2.0 == pytest.approx(0.0)
    assert 2.2 <= seconds - last.at < 4.2 + 1e-6
    assert last.at + last.seconds == pytest.approx(seconds)


def test_too_short_a_film_gets_no_ending() -> None:
    assert lay(SONG, 0.0, 3.0) == [Span(0.0, 0.0, 3.0)]
