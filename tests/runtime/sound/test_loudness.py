import math
from fractions import Fraction

import av
import numpy as np
import pytest

from runtime.sound.loudness import Meter, biquads, integrated, normalise, peaks, true_peak


def ffmpeg(track: np.ndarray, rate: int = 48000) -> dict[str, float]:
    """FFmpeg's ebur128 filter on the same samples."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="stereo", time_base=Fraction(1, rate))
    meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(track, np.float32).reshape(1, -1), format="flt",
                                       layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    source.push(frame)
    source.push(None)
    said: dict[str, float] = {}
    peak = 0.0
    while True:
        try:
            out = sink.pull()
        except (av.BlockingIOError, EOFError):
            break
        data = {key.removeprefix("lavfi.r128."): float(value) for key, value in out.metadata.items()}
        peak = max(peak, data.get("true_peak", 0.0))
        said = {**said, **data}
    return {**said, "peak_db": 20 * math.log10(peak)}


def signals(rate: int = 48000) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    n = rate * 8
    t = np.arange(n) / rate
    gate = np.where(t > 4, 0.03, 1.0)
    return {"noise": rng.normal(0, 0.1, (n, 2)),
            "one side": np.stack([rng.normal(0, 0.2, n), np.zeros(n)], axis=1),
            "loud then soft": rng.normal(0, 0.1, (n, 2)) * gate[:, None],
            "low and high": np.stack([0.3 * np.sin(2 * np.pi * 45 * t), 0.1 * np.sin(2 * np.pi * 9000 * t)], axis=1)}


def test_the_weighting_is_the_tabulated_one() -> None:
    shelf, rumble = biquads(48000)
    assert shelf[0] == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-10)
    assert shelf[1] == pytest.approx([1, -1.69065929318241, 0.73248077421585], abs=1e-10)
    assert rumble[1] == pytest.approx([1, -1.99004745483398, 0.99007225036621], abs=1e-10)


def test_a_full_scale_sine_at_997_hertz_reads_minus_3_01_on_one_side() -> None:
    t = np.arange(48000 * 5) / 48000
    track = np.stack([np.sin(2 * np.pi * 997 * t), np.zeros_like(t)], axis=1).astype(np.float32)
    assert integrated(track) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("name", ["noise", "one side", "loud then soft", "low and high"])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_loudness_is_ffmpegs(name: str, rate: int) -> None:
    track = signals(rate)[name].astype(np.float32)
    assert integrated(track, rate) == pytest.approx(ffmpeg(track, rate)["I"], abs=0.05)


def test_peaks_between_samples_are_found() -> None:
    t = np.arange(48000) / 48000
    fade = np.sin(np.pi * t)
    track = np.stack([fade * np.sin(2 * np.pi * 12000 * t + np.pi / 4)] * 2, axis=1).astype(np.float32)
    assert np.abs(track).max() == pytest.approx(0.7071, abs=1e-3)
    assert true_peak(track) == pytest.approx(0.0, abs=0.02)
    assert true_peak(track) == pytest.approx(ffmpeg(track)["peak_db"], abs=0.1)


def test_peaks_do_not_depend_on_where_a_block_ends() -> None:
    track = np.random.default_rng(1).normal(0, 0.2, (200_000, 2)).astype(np.float32)
    whole = peaks(track)
    assert len(whole) == 3125
    assert np.array_equal(peaks(track[:65536 * 2 + 64])[:2000], whole[:2000])


def test_feeding_in_pieces_changes_nothing() -> None:
    track = signals()["loud then soft"].astype(np.float32)
    meter = Meter(48000)
    for start in range(0, len(track), 7001):
        meter.feed(track[start:start + 7001])
    assert meter.integrated() == pytest.approx(integrated(track), abs=1e-6)


@pytest.mark.parametrize("scale", [0.01, 1.0, 8.0])
def test_normalised_tracks_reach_target_and_keep_their_ceiling(scale: float) -> None:
    rng = np.random.default_rng(2)
    hiss = rng.normal(0, 0.03, (48000 * 6, 2))
    hiss[rng.integers(0, len(hiss), 40)] += 0.6
    track = (hiss * scale).astype(np.float32)
    normalise(track, 48000)
    said = ffmpeg(track)
    assert integrated(track) == pytest.approx(-16.0, abs=0.1)
    assert said["I"] == pytest.approx(-16.0, abs=0.1)
    assert true_peak(track) < -1.0
    assert said["peak_db"] < -1.0


def test_a_click_in_silence_is_not_blown_up_beyond_the_ceiling() -> None:
    track = np.zeros((96000, 2), np.float32)
    track[40000:40010] = 0.5
    normalise(track, 48000)
    assert true_peak(track) < -1.0
    assert np.isfinite(track).all()


def test_silence_stays_silent_and_very_short_tracks_are_measured() -> None:
    track = np.zeros((48000, 2), np.float32)
    normalise(track, 48000)
    assert not track.any()
    assert integrated(track) == -math.inf
    assert integrated(np.zeros((0, 2), np.float32)) == -math.inf
    short = np.random.default_rng(3).normal(0, 0.1, (9600, 2)).astype(np.float32)
    assert -20 < integrated(short) < -10
