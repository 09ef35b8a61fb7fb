import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import SoundError
from runtime.media.audio import decode
from runtime.screenplay import Scene, Sounds
from runtime.sound.cues import Cue, CueSheet
from runtime.sound.library import Library
from runtime.sound.loudness import integrated, true_peak
from runtime.sound.mix import mix
from runtime.sound.plan import plan
from runtime.sound.search import Search

RATE = 48000
MakeLibrary = Callable[[dict[str, dict[str, Any]]], Library]
Tone = Callable[..., np.ndarray]


def level(track: np.ndarray, hertz: float, start: float, end: float) -> float:
    """Amplitude of one frequency between two seconds."""
    part = track[round(start * RATE):round(end * RATE), 0].astype(np.float64)
    t = np.arange(len(part)) / RATE
    window = np.hanning(len(part))
    return float(2 * abs((part * window * np.exp(-2j * np.pi * hertz * t)).sum()) / window.sum())


def test_a_film_of_the_starter_library(starter: Library) -> None:
    scenes = [Scene(prompt="a red car races along a coast road", sounds=Sounds(ambience="sea waves")),
              Scene(prompt="an airplane above the clouds"), Scene(prompt="a dog barks in a city at night"),
              Scene(prompt="a rocket leaves the moon")]
    sheet = plan(scenes, "epic", Search(starter), seconds=[2.0, 1.875, 2.0, 2.0])
    track = mix(sheet, starter, sheet.seconds)
    assert track.shape == (378_000, 2)
    assert track.dtype == np.float32
    assert np.isfinite(track).all()
    assert integrated(track) == pytest.approx(-16.0, abs=0.1)
    assert true_peak(track) < -1.0
    assert np.array_equal(mix(sheet, starter, sheet.seconds), track)


def test_music_gives_way_to_effects_and_comes_back(make_library: MakeLibrary, tone: Tone) -> None:
    library = make_library({"bang.wav": {"samples": tone(1.0, 1000)},
                            "song.wav": {"samples": tone(6.0, 500), "kind": "music", "loop": [0.5, 5.5]}})
    song = Cue(id="music", sound="song.wav", kind="music", start=0.0, end=12.0)
    bang = Cue(id="bang", sound="bang.wav", kind="effect", start=5.0, end=6.0)
    track = mix(CueSheet(seconds=12.0, cues=(song, bang)), library, 12.0)
    before, during, after = (level(track, 500, *span) for span in ((2, 4), (5.2, 5.9), (9, 11)))
    assert 20 * np.log10(during / before) == pytest.approx(-6.0, abs=0.7)
    assert 20 * np.log10(after / before) == pytest.approx(0.0, abs=0.2)
    assert level(track, 1000, 5.2, 5.8) > level(track, 500, 5.2, 5.8)
    assert level(track, 1000, 2, 4) < 1e-4


def test_cues_begin_and_end_to_the_sample_with_their_fades(make_library: MakeLibrary, tone: Tone) -> None:
    library = make_library({"tone.wav": {"samples": tone(2.0, 1000)}})
    cue = Cue(id="a", sound="tone.wav", kind="effect", start=1.0, end=2.5, fade_in=0.5, fade_out=0.2)
    track = mix(CueSheet(seconds=4.0, cues=(cue,)), library, 4.0)
    heard = np.flatnonzero(np.abs(track[:, 0]) > 0)
    assert heard[0] == pytest.approx(RATE, abs=3)
    assert heard[-1] == pytest.approx(2.5 * RATE, abs=3)
    full = level(track, 1000, 1.6, 2.2)
    assert level(track, 1000, 1.23, 1.27) / full == pytest.approx(np.sin(np.pi / 4), abs=0.05)
    assert track.shape == (192_000, 2)


def test_a_loop_has_no_seam(make_library: MakeLibrary, tone: Tone) -> None:
    # 440 Hz makes whole cycles in the loop's 2 s, so any jump at the seam would break the sine.
    library = make_library({"hum.wav": {"samples": tone(2.1, 440), "kind": "ambience", "loop": [0.05, 2.05]}})
    cue = Cue(id="a", sound="hum.wav", kind="ambience", start=0.0, end=9.0)
    track = mix(CueSheet(seconds=9.0, cues=(cue,)), library, 9.0)[RATE:-RATE, 0].astype(np.float64)
    peak = np.abs(track).max()
    assert np.abs(np.diff(track)).max() <= 2 * np.pi * 440 / RATE * peak * 1.01
    loud = np.abs(track).reshape(-1, 480).max(axis=1)
    assert loud.min() > 0.97 * peak


def test_gain_is_relative_to_the_kind(make_library: MakeLibrary, tone: Tone) -> None:
    library = make_library({"a.wav": {"samples": tone(2.0, 700, 0.5)}, "b.wav": {"samples": tone(2.0, 1000, 0.02)}})
    cues = (Cue(id="a", sound="a.wav", kind="effect", start=0.0, end=2.0),
            Cue(id="b", sound="b.wav", kind="effect", start=0.0, end=2.0, gain_db=-6.0))
    track = mix(CueSheet(seconds=2.0, cues=cues), library, 2.0)
    assert 20 * np.log10(level(track, 1000, 0.2, 1.8) / level(track, 700, 0.2, 1.8)) == pytest.approx(-6.0, abs=0.7)


def test_nothing_to_hear_is_silence_of_the_right_length(make_library: MakeLibrary) -> None:
    library = make_library({"quiet.wav": {"samples": np.zeros((4800, 2))}})
    cue = Cue(id="a", sound="quiet.wav", kind="effect", start=0.0, end=0.1)
    for cues in ((), (cue,)):
        track = mix(CueSheet(seconds=1.5, cues=cues), library, 1.5)
        assert track.shape == (72_000, 2)
        assert not track.any()


def test_sounds_that_are_gone_or_altered_are_named(make_library: MakeLibrary, tone: Tone) -> None:
    library = make_library({"a.wav": {"samples": tone(0.5, 700)}})
    missing = Cue(id="m", sound="b.wav", kind="effect", start=0.0, end=1.0)
    with pytest.raises(SoundError, match=r"'b\.wav'"):
        mix(CueSheet(seconds=1.0, cues=(missing,)), library, 1.0)
    (library.folder / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(SoundError, match="contents are different"):
        mix(CueSheet(seconds=1.0, cues=(Cue(id="a", sound="a.wav", kind="effect", start=0.0, end=1.0),)), library, 1.0)


def test_memory_is_the_track_and_one_recording(make_library: MakeLibrary, tone: Tone) -> None:
    names = [f"{number}.wav" for number in range(8)]
    library = make_library({name: {"samples": tone(10.0, 300 + 50 * index), "kind": "ambience", "loop": [0.1, 9.9],
                                   "loudness": -20.0} for index, name in enumerate(names)})
    cues = tuple(Cue(id=name, sound=name, kind="ambience", start=0.0, end=60.0) for name in names)

    def read(path: Path, rate: int) -> np.ndarray:
        return decode(path, rate)

    mix(CueSheet(seconds=1.0, cues=cues), library, 1.0, decode=read)
    tracemalloc.start()
    try:
        mix(CueSheet(seconds=60.0, cues=cues), library, 60.0, decode=read)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    track, recording = 60 * RATE * 8, 10 * RATE * 8
    assert most < track + 4 * recording + 25e6
