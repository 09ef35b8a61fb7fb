"""What every recipe is made of: noise, envelopes, filters, partials, grains and rooms.

Signals are float64 arrays at 48 kHz, (n,) or (n, 2). Everything that spreads in time (filters, rooms, grains) wraps
around the end of its buffer: a bed rendered in a buffer loops without a seam, and a one-shot only needs silence at
its end. Recipes after A. Farnell, Designing Sound (2010); texture statistics after McDermott and Simoncelli (2011).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.signal import butter, oaconvolve, sosfilt

Signal = npt.NDArray[np.float64]
RATE: Final = 48000


@dataclass(frozen=True)
class Recipe:
    """One effect or ambience: the words it is found by and how it is made.

    `make` gets a random generator of its own and returns (n, 2). `loops` says that the end meets the start.
    """

    name: str
    kind: Literal["effect", "ambience"]
    caption: str
    tags: tuple[str, ...]
    synonyms: tuple[str, ...]
    make: Callable[[np.random.Generator], Signal]
    loops: bool = False


def count(seconds: float) -> int:
    """Samples in `seconds`, to the next number above that transforms quickly (a prime number of samples does not)."""
    return int(fft.next_fast_len(round(seconds * RATE), real=True))


def clock(seconds: float) -> Signal:
    """Time of every sample, in seconds."""
    return np.arange(count(seconds)) / RATE


def noise(rng: np.random.Generator, seconds: float, slope: float = 0.0) -> Signal:
    """Gaussian noise of unit RMS whose level falls by `slope` dB an octave (3 pink, 6 brown) above 20 Hz."""
    n = count(seconds)
    spectrum = fft.rfft(rng.standard_normal(n))
    hertz = np.maximum(fft.rfftfreq(n, 1 / RATE), 20.0)
    spectrum *= (hertz / 20.0) ** (-slope / 6.0206)
    spectrum[0] = 0
    return unit(_real(spectrum, n))


def wide(rng: np.random.Generator, seconds: float, slope: float = 0.0, shared: float = 0.3) -> Signal:
    """Stereo noise; `shared` of its power is the same on both sides."""
    middle = noise(rng, seconds, slope) * np.sqrt(shared)
    return np.stack([middle + noise(rng, seconds, slope) * np.sqrt(1 - shared) for _ in range(2)], axis=1)


def _real(spectrum: npt.NDArray[np.complex128], n: int) -> Signal:
    x: Signal = fft.irfft(spectrum, n, axis=0)
    return x


def unit(x: Signal) -> Signal:
    """`x` at an RMS of 1."""
    return x / max(float(np.sqrt(np.mean(x**2))), 1e-12)


def shaped(x: Signal, gain: Callable[[Signal], Signal]) -> Signal:
    """`x` filtered with zero phase by a gain over frequency in Hz."""
    spectrum = fft.rfft(x, axis=0)
    curve = gain(np.maximum(fft.rfftfreq(len(x), 1 / RATE), 1e-3))
    return _real(spectrum * (curve if x.ndim == 1 else curve[:, None]), len(x))


def band(x: Signal, low: float, high: float, order: int = 2) -> Signal:
    """`x` between `low` and `high` Hz, falling by 6 dB times `order` an octave on both sides."""
    return shaped(x, lambda f: 1 / np.sqrt((1 + (low / f) ** (2 * order)) * (1 + (f / high) ** (2 * order))))


def lowpass(x: Signal, hertz: float, order: int = 2) -> Signal:
    """`x` below `hertz`."""
    return shaped(x, lambda f: 1 / np.sqrt(1 + (f / hertz) ** (2 * order)))


def highpass(x: Signal, hertz: float, order: int = 2) -> Signal:
    """`x` above `hertz`."""
    return shaped(x, lambda f: 1 / np.sqrt(1 + (hertz / f) ** (2 * order)))


def bell(f: Signal, centre: float, octaves: float) -> Signal:
    """A bump over log frequency, 1 at `centre`."""
    bump: Signal = np.exp(-0.5 * (np.log2(np.maximum(f, 1e-3) / centre) / octaves) ** 2)
    return bump


def formants(peaks: Sequence[tuple[float, float, float]], floor: float = 0.0) -> Callable[[Signal], Signal]:
    """A gain over frequency from (Hz, octaves wide, dB) peaks above `floor`."""
    def gain(f: Signal) -> Signal:
        return floor + sum((10 ** (db / 20) * bell(f, hertz, octaves) for hertz, octaves, db in peaks),
                           np.zeros_like(f))
    return gain


def moving(x: Signal, centre: Signal, octaves: float = 0.7) -> Signal:
    """`x` (n,) through a band-pass whose centre moves: fixed bands three to an octave, cross-faded."""
    low, high = max(30.0, float(centre.min()) / 3), min(18000.0, float(centre.max()) * 3)
    bands = int(np.ceil(np.log2(high / low) * 3)) + 1
    spectrum, hertz = fft.rfft(x), fft.rfftfreq(len(x), 1 / RATE)
    total, place = np.zeros(len(x)), np.log2(centre)
    for index in range(bands):
        middle = low * 2 ** (index / 3)
        if not place.min() - 3 * octaves < np.log2(middle) < place.max() + 3 * octaves:
            continue
        part = _real(spectrum * bell(hertz, middle, 0.22), len(x))
        total += part * np.exp(-0.5 * ((np.log2(middle) - place) / octaves) ** 2)
    return total


def whistling(rng: np.random.Generator, centre: Signal, width: float) -> Signal:
    """Noise `width` Hz wide around a moving centre, unit RMS: a whistle in the wind, a squeak."""
    n = len(centre)
    slow = lowpass(rng.standard_normal((n, 2)), width)
    turn = 2 * np.pi * np.cumsum(closed(centre)) / RATE
    return unit(slow[:, 0] * np.cos(turn) + slow[:, 1] * np.sin(turn))


def drift(rng: np.random.Generator, seconds: float, hertz: float, low: float = 0.0, high: float = 1.0) -> Signal:
    """A slow random walk between about `low` and `high`, with most of its movement below `hertz`; it wraps."""
    n = count(seconds)
    spectrum = np.zeros(n // 2 + 1, complex)
    top = max(2, int(hertz * seconds * 3) + 1)
    f = np.arange(1, top + 1) / seconds
    spectrum[1:top + 1] = np.exp(2j * np.pi * rng.random(top)) / (1 + (f / hertz) ** 1.5)
    curve = unit(_real(spectrum, n))
    return low + (high - low) * (0.5 + 0.5 * np.tanh(0.9 * curve))


def ramp(seconds: float, points: Sequence[tuple[float, float]]) -> Signal:
    """Smooth curve through (second, value) points."""
    at, values = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    t = clock(seconds)
    index = np.clip(np.searchsorted(at, t, "right") - 1, 0, len(at) - 2)
    part = np.clip((t - at[index]) / (at[index + 1] - at[index]), 0, 1)
    return values[index] + (values[index + 1] - values[index]) * part * part * (3 - 2 * part)


def hit(seconds: float, attack: float, decay: float) -> Signal:
    """Envelope that rises in `attack` and falls by 60 dB in `decay` seconds."""
    t = clock(seconds)
    return np.minimum(t / max(attack, 1e-4), 1) * 10 ** (-3 * np.maximum(t - attack, 0) / decay)


def hump(seconds: float) -> Signal:
    """Half a sine: from nothing to 1 and back."""
    n = count(seconds)
    return np.sin(np.pi * (np.arange(n) + 0.5) / n)


def partials(pitch: Signal, gain: Callable[[Signal], Signal], most: int = 60, jitter: float = 0.0,
             rng: np.random.Generator | None = None) -> Signal:
    """A voice: harmonics of a moving pitch, each as loud as `gain` says at its own frequency (a source and filter).

    `jitter` is random frequency modulation as a share of the pitch; it makes a throat out of a synthesiser.
    """
    if rng is not None and jitter:
        pitch = pitch * (1 + jitter * (unit(lowpass(rng.standard_normal(len(pitch)), 40.0))))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    total = np.zeros(len(pitch))
    place, coarse = np.arange(len(pitch)), np.append(np.arange(0, len(pitch), 48), len(pitch) - 1)
    slow = pitch[coarse]
    for number in range(1, most + 1):
        if slow.min() * number > 16000:
            break
        level = gain(slow * number) * (slow * number < 18000)
        if level.max() > 1e-5:
            total += np.interp(place, coarse, level) * np.sin(number * phase + number * number * 0.7)
    return total


def add(target: Signal, grain: Signal, at: float, gain: float = 1.0, pan: float = 0.0) -> None:
    """Lay `grain` (n,) or (n, 2) into stereo `target` at second `at`; pan -1 left .. 1 right; wraps at the end."""
    start = round(at * RATE) % len(target)
    if grain.ndim == 1:
        angle = (pan + 1) * np.pi / 4
        grain = grain[:, None] * (np.array([np.cos(angle), np.sin(angle)]) * (np.sqrt(2) * gain))
        gain = 1.0
    if start + len(grain) <= len(target):
        target[start:start + len(grain)] += grain if gain == 1.0 else gain * grain
        return
    place = (start + np.arange(len(grain))) % len(target)
    if len(grain) <= len(target):
        target[place] += gain * grain
    else:
        np.add.at(target, place, gain * grain)


def poisson(rng: np.random.Generator, seconds: float, rate: float) -> Signal:
    """Times of events that happen `rate` times a second, independently."""
    return np.sort(rng.random(int(rng.poisson(seconds * rate))) * seconds)


def modes(seconds: float, tones: Sequence[tuple[float, float, float]]) -> Signal:
    """A struck body: (Hz, gain, seconds to fall by 60 dB) modes."""
    t = clock(seconds)
    total = np.zeros(len(t))
    for index, (hertz, gain, decay) in enumerate(tones):
        heard = t[:int(1.3 * decay * RATE)]
        total[:len(heard)] += gain * np.exp(-6.9078 / decay * heard) * np.sin(2 * np.pi * hertz * heard + index)
    return total * np.minimum(t / 0.0008, 1)


def room(rng: np.random.Generator, x: Signal, decay: float, wet: float, bright: float = 4000.0) -> Signal:
    """`x` (n, 2) in a room: early taps and decaying noise that darkens, `decay` seconds to -60 dB; wraps."""
    n = len(x)
    length = fft.next_fast_len(min(n, count(decay * 1.2)), real=True)
    t = np.arange(length) / RATE
    fall = 10 ** (-3 * t / decay) * np.minimum(t / (0.02 + decay * 0.01), 1)
    blend = np.exp(-t / (decay * 0.25))
    tail = np.zeros((n, 2))
    for side in range(2):
        raw = rng.standard_normal(length) * fall
        response = lowpass(raw, bright, 1) * blend + lowpass(raw, bright / 4, 1) * (1 - blend)
        for _ in range(7):
            response[int(rng.uniform(0.004, 0.045) * RATE) % length] += rng.choice([-1, 1]) * rng.uniform(0.4, 1) * 8
        response = highpass(response, 90.0)
        heard = oaconvolve(x[:, side], response / np.sqrt((response**2).sum()))
        tail[:, side] = heard[:n]
        tail[:len(heard) - n, side] += heard[n:2 * n]
    return x * (1 - wet * 0.5) + tail * wet


def settled(x: Signal, hertz: float, loops: bool) -> Signal:
    """`x` (n, 2) without what is below `hertz`, which no one hears and which eats headroom; a loop stays one."""
    lead = min(len(x), RATE) if loops else 0
    filtered: Signal = sosfilt(butter(2, hertz, "highpass", fs=RATE, output="sos"),
                               np.concatenate([x[len(x) - lead:], x]), axis=0)
    return filtered[lead:]


def stereo(x: Signal, pan: float | Signal = 0.0) -> Signal:
    """Mono to stereo at an equal-power pan, which may move."""
    angle = (np.asarray(pan) + 1) * np.pi / 4
    return np.stack([x * np.cos(angle), x * np.sin(angle)], axis=1)


def padded(x: Signal, seconds: float) -> Signal:
    """`x` with silence at its end, or cut, to last `seconds`."""
    n = count(seconds)
    return np.concatenate([x[:n], np.zeros((max(0, n - len(x)), *x.shape[1:]))])


def steady(low: float, cycles_of: float, seconds: float) -> float:
    """The frequency nearest `low` that makes a whole number of `cycles_of` cycles in `seconds`, so it can loop."""
    return max(1, round(low * seconds / cycles_of)) * cycles_of / seconds


def closed(pitch: Signal, whole: float = 1.0) -> Signal:
    """`pitch` (Hz) scaled by a hair so that it makes a multiple of `whole` cycles: its oscillator loops."""
    cycles = pitch.sum() / RATE
    return pitch * (max(1, round(cycles / whole)) * whole / cycles)
