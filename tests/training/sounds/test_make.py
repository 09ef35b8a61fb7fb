import io
import json
from pathlib import Path

import av
import numpy as np
import pytest

import runtime
from runtime.sound.library import open_library
from training.sounds import make
from training.sounds.encode import opus

STARTER = Path(runtime.__file__).parent / "starter" / "sounds"
BY_NAME = {recipe.name: recipe for recipe in make.RECIPES}
QUICK = ("dog-bark", "gull-cry", "horse-gallop", "heartbeat", "robot-beeps", "balloon-burner", "whoosh")


def spectrum(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.fft.rfftfreq(len(x), 1 / 48000), np.abs(np.fft.rfft(x.mean(axis=1).astype(np.float64))) ** 2


def share(x: np.ndarray, low: float, high: float) -> float:
    hertz, power = spectrum(x)
    return float(power[(hertz >= low) & (hertz < high)].sum() / power.sum())


@pytest.mark.parametrize("name", QUICK)
def test_sounds_are_sound(name: str) -> None:
    rendered = make.render(BY_NAME[name])
    x = rendered.samples
    assert x.dtype == np.float32
    assert np.abs(x).max() == pytest.approx(0.7, abs=1e-6)
    assert np.array_equal(make.render(BY_NAME[name]).samples, x)
    assert not np.array_equal(make.render(BY_NAME[name], seed=1).samples, x)
    assert abs(x.mean()) < 0.01
    crest = 20 * np.log10(0.7 / np.sqrt(np.mean(x.astype(np.float64) ** 2)))
    assert 3 < crest < 24
    if "loop" in rendered.times:
        start, end = (round(t * 48000) for t in rendered.times["loop"])
        lead = start
        assert np.array_equal(x[:lead], x[end - lead:end])
        assert np.array_equal(x[end:], x[start:start + len(x) - end])
    else:
        assert np.abs(x[-48:]).max() < 0.01
        assert 0 <= rendered.times["peak"] < len(x) / 48000


def test_they_are_what_they_say() -> None:
    made = {name: make.render(BY_NAME[name]).samples for name in QUICK}
    assert share(made["heartbeat"], 20, 250) > 0.9
    assert share(made["gull-cry"], 800, 6000) > 0.9
    assert share(made["dog-bark"], 300, 4000) > 0.8
    assert share(made["balloon-burner"], 50, 2500) > 0.6
    assert share(made["robot-beeps"], 400, 4500) > 0.9
    envelope = np.abs(made["horse-gallop"]).max(axis=1)[:48000 * 4].reshape(-1, 480).max(axis=1)
    rhythm = np.abs(np.fft.rfft(envelope - envelope.mean()))
    strides = np.argmax(rhythm[4:20]) + 4
    assert strides / 4 == pytest.approx(10 / 4.4, abs=0.3)


def test_opus_is_the_same_bytes_and_starts_on_time() -> None:
    x = np.zeros((48000, 2), np.float32)
    x[12000:14400] = np.random.default_rng(0).normal(0, 0.1, (2400, 1))
    data = opus(x, 64000)
    assert data == opus(x, 64000)
    with av.open(io.BytesIO(data), "r") as file:
        heard = np.concatenate([frame.to_ndarray().reshape(-1, 2) if frame.format.is_packed else frame.to_ndarray().T
                                for frame in file.decode(audio=0)])
    assert len(heard) >= 48000
    assert int(np.argmax(np.correlate(heard[:, 0], x[11000:15000, 0], "valid"))) == 11000


def test_make_writes_a_library_and_keeps_what_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "RECIPES", tuple(BY_NAME[name] for name in ("whoosh", "heartbeat")))
    monkeypatch.setattr(make, "PIECES", ())
    make.main(["--out", str(tmp_path)])
    first = open_library(tmp_path)
    assert [sound.id for sound in first.sounds] == ["effect/whoosh.opus", "effect/heartbeat.opus"]
    for sound in first.sounds:
        assert first.verify(sound).stat().st_size > 2000
    stamp = (tmp_path / "effect" / "whoosh.opus").stat().st_mtime_ns
    make.main(["--out", str(tmp_path), "--only", "heartbeat"])
    assert (tmp_path / "effect" / "whoosh.opus").stat().st_mtime_ns == stamp
    assert open_library(tmp_path).digest == first.digest


def test_the_committed_library_has_the_recipes_words() -> None:
    rows = {row["file"]: row for row in json.loads((STARTER / "sounds.json").read_text(encoding="utf-8"))["sounds"]}
    expected = [make.words(item) for item in (*make.RECIPES, *make.PIECES)]
    assert list(rows) == [row["file"] for row in expected]
    for row in expected:
        assert {key: rows[row["file"]][key] for key in row} == row


def test_loops_of_the_committed_library_close() -> None:
    """Around a loop's end the decoded file goes on as it does around its start: the codec included."""
    from runtime.media.audio import decode

    library = open_library(STARTER)
    for sound in [*library.of_kind("ambience")[::5], *library.of_kind("music")[::4]]:
        assert sound.loop is not None
        x = decode(sound.path)
        start, end = (round(t * 48000) for t in sound.loop)
        tail, head = x[end - 240:end + 1200].astype(np.float64), x[start - 240:start + 1200].astype(np.float64)
        difference = np.sqrt(np.mean((tail - head) ** 2)) / np.sqrt(np.mean(head**2))
        assert difference < 0.5, sound.id
        assert np.corrcoef(tail.ravel(), head.ravel())[0, 1] > 0.85, sound.id
