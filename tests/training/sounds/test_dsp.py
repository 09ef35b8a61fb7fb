import numpy as np
import pytest

from training.sounds import dsp

RNG = np.random.default_rng


def seam(x: np.ndarray) -> float:
    """The step from the end to the start, in steps of the 99.9th percentile within."""
    step = np.abs(np.diff(x, axis=0)).max(axis=-1) if x.ndim == 2 else np.abs(np.diff(x))
    return float(np.abs(x[0] - x[-1]).max() / np.quantile(step, 0.999))


def slope(x: np.ndarray) -> float:
    """dB an octave between 100 Hz and 8 kHz."""
    power, hertz = np.abs(np.fft.rfft(x)) ** 2, np.fft.rfftfreq(len(x), 1 / dsp.RATE)
    edges = 100 * 2.0 ** np.arange(7)
    levels = [10 * np.log10(power[(hertz >= low) & (hertz < 2 * low)].mean()) for low in edges]
    return float(np.polyfit(np.arange(7), levels, 1)[0])


@pytest.mark.parametrize("falls", [0.0, 3.0, 6.0])
def test_noise_has_its_slope_and_wraps(falls: float) -> None:
    x = dsp.noise(RNG(1), 4.0, falls)
    assert slope(x) == pytest.approx(-falls, abs=0.4)
    assert np.sqrt(np.mean(x**2)) == pytest.approx(1.0)
    assert seam(x) < 1.5


def test_filters_pass_and_stop_what_they_say() -> None:
    t = dsp.clock(1.0)
    def rms(x: np.ndarray) -> float:
        return float(20 * np.log10(np.sqrt(2 * np.mean(x**2))))
    low, high = np.sin(2 * np.pi * 100 * t), np.sin(2 * np.pi * 10000 * t)
    assert rms(dsp.lowpass(high, 1000)) == pytest.approx(-40, abs=0.1)
    assert rms(dsp.lowpass(low, 1000)) == pytest.approx(0, abs=0.01)
    assert rms(dsp.highpass(low, 1000)) == pytest.approx(-40, abs=0.1)
    assert rms(dsp.band(np.sin(2 * np.pi * 1000 * t), 1000, 20000)) == pytest.approx(-3, abs=0.1)


def test_a_moving_band_follows_its_centre() -> None:
    x = dsp.moving(dsp.noise(RNG(2), 4.0), dsp.ramp(4.0, [(0, 300), (4, 4800)]), 0.3)
    def centre(part: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(part)) ** 2
        return float((power * np.fft.rfftfreq(len(part), 1 / dsp.RATE)).sum() / power.sum())
    assert centre(x[:24000]) < 450
    assert centre(x[-24000:]) > 3800


def test_partials_have_their_pitch_and_formants() -> None:
    x = dsp.partials(np.full(48000, 200.0), dsp.formants([(1000.0, 0.2, 0.0)]))
    power = np.abs(np.fft.rfft(x))
    assert int(np.argmax(power)) == 1000
    assert np.sort(np.argsort(power)[-3:]).tolist() == [800, 1000, 1200]


def test_closed_oscillators_loop() -> None:
    pitch = dsp.closed(97.3 + 5 * dsp.drift(RNG(3), 2.0, 1.0))
    assert pitch.sum() / dsp.RATE == pytest.approx(round(float(pitch.sum() / dsp.RATE)))
    assert seam(dsp.partials(pitch, lambda f: 1 / f)) < 1.1


def test_grains_wrap_around_the_end() -> None:
    target = np.zeros((100, 2))
    dsp.add(target, np.ones(30), 90 / dsp.RATE, 0.5)
    assert np.flatnonzero(target[:, 0]).tolist() == [*range(20), *range(90, 100)]
    assert target.sum() == pytest.approx(30 * 0.5 * 2)


def test_a_room_decays_as_asked() -> None:
    x = np.zeros((96000, 2))
    x[100] = 1.0
    tail = dsp.room(RNG(4), x, 1.0, 1.0)[:, 0]
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    energy = 10 * np.log10(energy / energy[0] + 1e-20)
    fall = np.argmax(energy < -35) - np.argmax(energy < -5)
    assert 0.3 < fall / dsp.RATE * 2 < 1.3


def test_settled_loops_stay_loops() -> None:
    x = dsp.wide(RNG(5), 2.0, 4.0) + 0.5
    y = dsp.settled(x, 24.0, True)
    assert abs(y.mean()) < 0.01
    assert seam(y) < 1.5
