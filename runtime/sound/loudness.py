"""How loud a track is and how far its peaks reach, after ITU-R BS.1770-4; and a limiter that keeps to both.

Everything streams in blocks: beyond the track itself only a few numbers per second are held. Computation is
float64 and in a fixed order, so the same track always gives the same figures.
"""

import functools
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""(samples, channels) float32, full scale is 1."""

_TAPS: Final = 8192
_FEED: Final = 65536
_NODE: Final = 64
_ATTACK: Final = 4
_RELEASE_SECONDS: Final = 0.15
_PHASE_TAPS: Final = 32


def biquads(rate: int) -> tuple[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], ...]:
    """The K-weighting as two (numerator, denominator) pairs at `rate` Hz.

    BS.1770-4 annex 1 tabulates 48 kHz only; these are its analogue prototypes, so other rates fit too
    (at 48 kHz they equal the table to 1e-10).
    """
    k, q, high = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band, scale = high**0.4996667741545416, 1 + k / q + k * k
    shelf = (np.array([high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]) / scale,
             np.array([scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale)
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + k / q + k * k
    rumble = (np.array([1.0, -2.0, 1.0]), np.array([scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale)
    return shelf, rumble


@functools.cache
def _response(rate: int) -> npt.NDArray[np.complex128]:
    """Spectrum of the K-weighting's impulse response, cut where it has fallen by more than 160 dB."""
    pulse = [1.0] + [0.0] * (_TAPS - 1)
    for b, a in biquads(rate):
        out: list[float] = []
        x1 = x2 = y1 = y2 = 0.0
        for x in pulse:
            y = float(b[0]) * x + float(b[1]) * x1 + float(b[2]) * x2 - float(a[1]) * y1 - float(a[2]) * y2
            x2, x1, y2, y1 = x1, x, y1, y
            out.append(y)
        pulse = out
    return np.fft.rfft(np.array(pulse), _FEED + _TAPS)


class Meter:
    """Integrated loudness of a stream: `feed` blocks of (samples, channels), then ask for `integrated`."""

    def __init__(self, rate: int, channels: int = 2) -> None:
        self._response = _response(rate)
        self._hop = rate // 10
        self._tail = np.zeros((_TAPS, channels))
        self._rest = np.zeros(0)
        self._energies: list[npt.NDArray[np.float64]] = []

    def feed(self, samples: Samples) -> None:
        """Take the next block, of any length."""
        for start in range(0, len(samples), _FEED):
            part = samples[start:start + _FEED].astype(np.float64)
            spectrum = np.fft.rfft(part, _FEED + _TAPS, axis=0) * self._response[:, None]
            weighted = np.fft.irfft(spectrum, _FEED + _TAPS, axis=0)
            weighted[:_TAPS] += self._tail
            self._tail = weighted[len(part):len(part) + _TAPS].copy()
            power = np.concatenate([self._rest, (weighted[:len(part)] ** 2).sum(axis=1)])
            whole = len(power) // self._hop * self._hop
            self._energies.append(power[:whole].reshape(-1, self._hop).sum(axis=1))
            self._rest = power[whole:]

    def integrated(self) -> float:
        """LUFS after both gates; -inf for silence. A stream under 0.4 s counts as one ungated block."""
        hops = np.concatenate([*self._energies, np.zeros(0)])
        if len(hops) < 4:
            count = len(hops) * self._hop + len(self._rest)
            return _lufs((hops.sum() + self._rest.sum()) / count) if count else -math.inf
        blocks = (hops[:-3] + hops[1:-2] + hops[2:-1] + hops[3:]) / (4 * self._hop)
        blocks = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
        if not len(blocks):
            return -math.inf
        return _lufs(blocks[blocks > blocks.mean() / 10].mean())


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power) if power > 0 else -math.inf


def integrated(track: Samples, rate: int = 48000) -> float:
    """Integrated loudness of `track` (samples, channels) in LUFS."""
    meter = Meter(rate, track.shape[1])
    meter.feed(track)
    return meter.integrated()


@functools.cache
def _phases() -> npt.NDArray[np.float32]:
    """Three interpolation filters for the points 1/4, 1/2 and 3/4 between samples (Kaiser-windowed sinc)."""
    half = _PHASE_TAPS // 2
    place = np.arange(_PHASE_TAPS) - half + 1
    filters = []
    for phase in (0.25, 0.5, 0.75):
        distance = phase - place
        window = np.i0(7.0 * np.sqrt(np.maximum(0, 1 - (distance / half) ** 2))) / np.i0(7.0)
        taps = np.sinc(distance) * window
        filters.append(taps[::-1] / taps.sum())
    return np.array(filters, np.float32)


def peaks(track: Samples, block: int = _NODE) -> npt.NDArray[np.float32]:
    """Largest 4x-oversampled magnitude over all channels in every `block` samples (BS.1770-4 annex 2)."""
    half = _PHASE_TAPS // 2
    step = _FEED // block * block
    found = []
    for start in range(0, len(track), step):
        left, stop = max(0, start - half), min(len(track), start + step + half)
        before, after = half - (start - left), start + step + half - stop
        part = np.pad(track[left:stop], ((before, after), (0, 0)))
        peak = np.abs(part[half:half + step]).max(axis=1)
        for channel in range(track.shape[1]):
            for taps in _phases():
                between = np.abs(np.correlate(part[1:, channel], taps, "valid"))
                np.maximum(peak, between[:step], out=peak)
                # The point belongs to the interval between two samples: it counts for both.
                np.maximum(peak[1:], between[:step - 1], out=peak[1:])
        found.append(peak.reshape(-1, block).max(axis=1))
    count = -(-len(track) // block)
    return np.concatenate([*found, np.zeros(0, np.float32)])[:count]


def true_peak(track: Samples) -> float:
    """The track's true peak in dBTP; -inf for silence."""
    highest = float(peaks(track).max(initial=0))
    return 20 * math.log10(highest) if highest > 0 else -math.inf


def normalise(track: Samples, rate: int, target: float = -16.0, ceiling: float = -1.0) -> None:
    """Bring `track` in place to `target` LUFS with true peaks under `ceiling` dBTP.

    One static gain and a lookahead limiter; the gain is corrected for what the limiter takes away. Silence stays
    silent. A track whose peaks leave no room (a few clicks in silence) ends quieter than `target`, never louder
    than `ceiling`.
    """
    before = integrated(track, rate)
    if before == -math.inf:
        return
    high, limit = peaks(track), 10 ** ((ceiling - 0.2) / 20)
    gain_db = target - before
    for _ in range(8):
        curve = _limiter(high, 10 ** (gain_db / 20), limit, rate)
        meter = Meter(rate, track.shape[1])
        for part in _limited(track, curve):
            meter.feed(part)
        miss = target - meter.integrated()
        if abs(miss) < 0.02:
            break
        gain_db = min(gain_db + miss, target - before + 18)
    for start, part in zip(range(0, len(track), _FEED), _limited(track, curve), strict=True):
        track[start:start + _FEED] = part


def _limiter(high: npt.NDArray[np.float32], gain: float, limit: float, rate: int) -> npt.NDArray[np.float64]:
    """Gain at every 64th sample, one node more than blocks: never above what any neighbouring peak allows."""
    room = np.minimum(1.0, limit / np.maximum(high.astype(np.float64) * gain, 1e-9))
    rise = 1 - math.exp(-_NODE / (_RELEASE_SECONDS * rate))
    held: list[float] = []
    level = 1.0
    for allowed in room.tolist():
        level = min(allowed, level + (1 - level) * rise)
        held.append(level)
    # Node j is the left edge of block j. The least of the nodes ahead, averaged over as many behind, glides down
    # before a peak; each averaged value covers node j, so the mean never exceeds what is allowed there.
    padded = np.pad(np.array(held), 1, mode="edge")
    edges = np.pad(np.minimum(padded[:-1], padded[1:]), _ATTACK - 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view
    least = windows(edges, _ATTACK).min(axis=1)
    smooth: npt.NDArray[np.float64] = windows(least, _ATTACK).mean(axis=1) * gain
    return smooth


def _limited(track: Samples, curve: npt.NDArray[np.float64]) -> Iterator[Samples]:
    """`track` in blocks, with the gain of `curve` drawn in straight lines from node to node."""
    for start in range(0, len(track), _FEED):
        part = track[start:start + _FEED]
        place = np.arange(start, start + len(part)) / _NODE
        gain = np.interp(place, np.arange(len(curve)), curve)
        yield (part * gain[:, None]).astype(np.float32)
