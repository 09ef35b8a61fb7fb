"""The orchestra: one function per instrument, each note a mono signal of about unit loudness.

Sustained instruments read a band-limited single cycle at a moving pitch (wavetable); struck and plucked ones are sums
of decaying partials (modal synthesis). Every note is a pure function of its arguments, so notes can be cached.
"""

import functools
import zlib
from collections.abc import Callable

import numpy as np

from training.sounds.dsp import RATE, Signal, band, bell, clock, count, hit, lowpass, modes, noise, padded, ramp, unit

Instrument = Callable[[int, float, float], Signal]
"""(MIDI note, seconds, velocity 0..1) to (n,); the note's release comes after `seconds`."""


def hertz(midi: int) -> float:
    """Equal temperament, A4 = MIDI 69 = 440 Hz."""
    return float(440 * 2 ** ((midi - 69) / 12))


def _rng(name: str, midi: int) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{name} {midi}".encode()))


def loud(x: Signal) -> Signal:
    """`x` so that its loudest 0.2 s have an RMS of 1: notes of all instruments weigh about the same."""
    size = min(len(x), count(0.2))
    total = np.concatenate([[0.0], np.cumsum(x**2)])
    power = (total[size:] - total[:-size]).max() / size
    return x / np.sqrt(max(float(power), 1e-12))


@functools.lru_cache(maxsize=64)
def _cycle(midi: int, dull: float, odd: float, peaks: tuple[tuple[float, float], ...]) -> Signal:
    """One cycle: harmonics falling by 1/k and below `dull` Hz; even ones weighed by 1 - odd; (Hz, gain) resonances."""
    place, total = np.arange(2048) / 2048 * 2 * np.pi, np.zeros(2048)
    for number in range(1, 90):
        f = hertz(midi) * number
        if f > 14000:
            break
        body = 0.35 + sum(gain * float(bell(np.array(f), centre, 0.5)) for centre, gain in peaks) if peaks else 1.0
        weight = (1 - odd if number % 2 == 0 else 1.0) / number / (1 + (f / dull) ** 3)
        total += weight * body * np.sin(number * place + number * number * 1.3)
    return total


def _ensemble(midi: int, seconds: float, cycle: Signal, voices: int, rng: np.random.Generator) -> Signal:
    """`voices` players on one cycle, each with a pitch, vibrato and moment of its own."""
    t = clock(seconds)
    total = np.zeros(len(t))
    onset = np.minimum(t / 0.5, 1)
    for _ in range(voices):
        detune = 2 ** (rng.normal(0, 5 if voices > 1 else 0) / 1200)
        vibrato = 1 + 0.0035 * np.sin(2 * np.pi * rng.uniform(4.8, 5.8) * t + rng.uniform(0, 6)) * onset
        phase = np.cumsum(hertz(midi) * detune * vibrato) / RATE + rng.random()
        total += np.interp(phase % 1 * len(cycle), np.arange(len(cycle)), cycle, period=len(cycle))
    return total


def _held(x: Signal, seconds: float, attack: float, release: float) -> Signal:
    total = len(x) / RATE
    attack = min(attack, seconds * 0.8)
    return x * ramp(total, [(0, 0), (attack, 1), (max(seconds, attack + 0.01), 0.9), (total, 0)]) if release else x


def strings(midi: int, seconds: float, velocity: float) -> Signal:
    """A string section, legato."""
    peaks = ((290.0, 1.0), (560.0, 0.8), (1250.0, 0.5), (2700.0, 0.6))
    x = _ensemble(midi, seconds + 0.5, _cycle(midi, 1500 + 3500 * velocity, 0.0, peaks), 5, _rng("strings", midi))
    return loud(_held(x, seconds, 0.22, 0.5))


def staccato(midi: int, seconds: float, velocity: float) -> Signal:
    """A string section, short strokes."""
    peaks = ((290.0, 1.0), (560.0, 0.8), (1250.0, 0.6), (2700.0, 0.8))
    x = _ensemble(midi, 0.42, _cycle(midi, 2200 + 3500 * velocity, 0.0, peaks), 4, _rng("staccato", midi))
    bow = band(noise(_rng("bow", midi), 0.42), 1500, 6000) * hit(0.42, 0.005, 0.12) * 0.15
    return loud((unit(x) + bow) * hit(0.42, 0.018, min(0.55, seconds * 2 + 0.15)))


def choir(midi: int, seconds: float, velocity: float) -> Signal:
    """Voices on 'ah'."""
    peaks = ((650.0, 2.5), (1080.0, 1.6), (2650.0, 0.8), (3300.0, 0.6))
    x = _ensemble(midi, seconds + 0.6, _cycle(midi, 2600.0, 0.0, peaks), 6, _rng("choir", midi))
    breath = unit(band(noise(_rng("breath", midi), len(x) / RATE), 800, 4000)) * 0.03
    return loud(_held(unit(x) + breath, seconds, 0.3 + 0.1 * (1 - velocity), 0.6))


def pad(midi: int, seconds: float, velocity: float) -> Signal:
    """A soft synthesiser, slow to come and go."""
    x = _ensemble(midi, seconds + 1.0, _cycle(midi, 500 + 900 * velocity, 0.0, ()), 5, _rng("pad", midi))
    return loud(_held(x, seconds, min(0.8, seconds * 0.4), 1.0))


def brass(midi: int, seconds: float, velocity: float) -> Signal:
    """Horns: the brighter the louder, brightest at the attack."""
    rng = _rng("brass", midi)
    dark = _ensemble(midi, seconds + 0.25, _cycle(midi, 700.0, 0.0, ((450.0, 1.0),)), 3, rng)
    open_ = _ensemble(midi, seconds + 0.25, _cycle(midi, 3600.0, 0.0, ((900.0, 0.8), (1600.0, 0.6))), 3, rng)
    shine = ramp(seconds + 0.25, [(0, 0), (0.09, velocity), (0.35, velocity * 0.6), (seconds + 0.25, 0.1)])
    return loud(_held(unit(dark) * (1 - shine) + unit(open_) * shine, seconds, 0.06, 0.25))


def flute(midi: int, seconds: float, velocity: float) -> Signal:
    """A flute with breath."""
    x = _ensemble(midi, seconds + 0.15, _cycle(midi, hertz(midi) * 1.8, 0.0, ()), 1, _rng("flute", midi))
    air = unit(band(noise(_rng("air", midi), seconds + 0.15), hertz(midi) * 0.9, hertz(midi) * 2.5)) * 0.07
    return loud(_held(unit(x) + air, seconds, 0.07, 0.15))


def clarinet(midi: int, seconds: float, velocity: float) -> Signal:
    """A reed with odd harmonics; low down it passes for a bassoon."""
    x = _ensemble(midi, seconds + 0.1, _cycle(midi, 1800.0, 0.75, ((700.0, 0.5),)), 1, _rng("clarinet", midi))
    return loud(_held(unit(x), seconds, 0.035, 0.1))


def whistle(midi: int, seconds: float, velocity: float) -> Signal:
    """Someone whistles."""
    x = _ensemble(midi, seconds + 0.08, _cycle(midi, hertz(midi) * 1.1, 0.5, ()), 1, _rng("whistle", midi))
    air = unit(band(noise(_rng("lips", midi), seconds + 0.08), hertz(midi) * 0.8, hertz(midi) * 1.6)) * 0.1
    return loud(_held(unit(x) + air, seconds, 0.05, 0.08))


def _decaying(midi: int, seconds: float, tones: int, shape: tuple[float, float, float, float]) -> Signal:
    """Partials that die away; shape = (brightness, seconds to -60 dB of the fundamental, inharmonicity, damping)."""
    bright, decay, stiff, damping = shape
    t = clock(seconds)
    total = np.zeros(len(t))
    for number in range(1, tones + 1):
        f = hertz(midi) * number * np.sqrt(1 + stiff * number * number)
        if f > 15000:
            break
        weight = np.exp(-(number - 1) / bright) / number**0.5 * abs(np.sin(np.pi * number * 0.137)) * 2.3
        fall = decay / (1 + damping * (number - 1))
        heard = t[:int(1.3 * fall * RATE)]
        tone = np.sin(2 * np.pi * f * heard)
        if number <= 5:
            tone += 0.6 * np.sin(2 * np.pi * f * 1.0007 * heard)
        total[:len(heard)] += weight * np.exp(-6.9078 / fall * heard) * tone
    return total * np.minimum(t / 0.002, 1)


def _damped(x: Signal, seconds: float, release: float) -> Signal:
    t = np.arange(len(x)) / RATE
    tail = np.minimum(1, (len(x) - np.arange(len(x))) / 400)
    return x * np.where(t < seconds, 1.0, 10 ** (-3 * (t - seconds) / release)) * tail


def piano(midi: int, seconds: float, velocity: float) -> Signal:
    """A piano: stiff strings, two-stage decay, a felt hammer."""
    length = seconds + 0.5
    decay = 9.0 * (220 / hertz(midi)) ** 0.45
    x = _decaying(midi, length, 26, (2.2 + 4.5 * velocity, decay, 0.00035, 0.28))
    x = x * (0.62 + 0.38 * np.exp(-clock(length) * 5))
    knock = padded(lowpass(noise(_rng("felt", midi), 0.05), 900) * hit(0.05, 0.002, 0.04), length)
    return loud(_damped(x + 0.12 * knock * velocity, seconds, 0.35))


def harp(midi: int, seconds: float, velocity: float) -> Signal:
    """A harp or a nylon guitar."""
    length = max(seconds, 1.2) + 0.4
    x = _decaying(midi, length, 18, (1.8 + 2.5 * velocity, 3.4 * (220 / hertz(midi)) ** 0.4, 0.00003, 0.55))
    return loud(_damped(x, max(seconds, 1.2), 0.5))


def pluck(midi: int, seconds: float, velocity: float) -> Signal:
    """A ukulele: short and bright."""
    x = _decaying(midi, 0.9, 18, (3.0 + 2.5 * velocity, 1.1, 0.00002, 0.7))
    body = padded(modes(0.15, [(290, 0.5, 0.1), (470, 0.3, 0.08)]), 0.9)
    return loud(_damped(x + 0.3 * body, min(seconds, 0.6), 0.25))


def pizzicato(midi: int, seconds: float, velocity: float) -> Signal:
    """Plucked strings of an orchestra."""
    x = _decaying(midi, 0.6, 14, (1.7 + 1.6 * velocity, 0.55, 0.00002, 0.9))
    wood = padded(modes(0.12, [(210, 0.5, 0.08), (430, 0.3, 0.06)]), 0.6)
    return loud(_damped(x + 0.5 * wood, 0.4, 0.2))


def clavinet(midi: int, seconds: float, velocity: float) -> Signal:
    """A percussive keyboard for funk."""
    x = _decaying(midi, seconds + 0.15, 34, (9.0 + 8 * velocity, 1.6, 0.00004, 0.12))
    return loud(_damped(np.tanh(unit(x) * 1.4), seconds, 0.06))


def guitar(midi: int, seconds: float, velocity: float) -> Signal:
    """An overdriven electric guitar playing root, fifth and octave."""
    length = seconds + 0.12
    x = sum((unit(_decaying(midi + step, length, 30, (7.0, 5.0, 0.00003, 0.1))) for step in (0, 7, 12)),
            np.zeros(count(length)))
    driven = np.tanh(band(x, 120, 3500) * (2.5 + 3 * velocity)) + 0.02 * noise(_rng("amp", midi), length)
    return loud(_damped(lowpass(band(driven, 85, 4200), 4600, 4), seconds, 0.08))


def electric_bass(midi: int, seconds: float, velocity: float) -> Signal:
    """A finger-played bass guitar."""
    x = _decaying(midi, seconds + 0.12, 16, (1.6 + 2.4 * velocity, 3.0, 0.00002, 0.5))
    click = padded(band(noise(_rng("fret", midi), 0.02), 700, 3000) * hit(0.02, 0.001, 0.02), seconds + 0.12)
    return loud(_damped(lowpass(np.tanh(unit(x) * 0.9) + 0.2 * velocity * click, 3000), seconds, 0.08))


def double_bass(midi: int, seconds: float, velocity: float) -> Signal:
    """Bowed basses and cellos."""
    x = _ensemble(midi, seconds + 0.4, _cycle(midi, 700 + 900 * velocity, 0.0, ((110.0, 1.0), (240.0, 0.8))), 3,
                  _rng("bass", midi))
    return loud(_held(x, seconds, 0.1, 0.4))


def sub_bass(midi: int, seconds: float, velocity: float) -> Signal:
    """A round synthesiser bass."""
    t = clock(seconds + 0.15)
    phase = 2 * np.pi * hertz(midi) * t
    x = np.sin(phase) + 0.35 * np.sin(2 * phase) * np.exp(-t * 3) + 0.16 * np.sin(3 * phase) * np.exp(-t * 5)
    return loud(_held(x, seconds, 0.012, 0.15))


def marimba(midi: int, seconds: float, velocity: float) -> Signal:
    """Wooden bars."""
    f = hertz(midi)
    low = (220 / f) ** 0.4
    return loud(modes(1.2, [(f, 1, 1.0 * low), (f * 3.95, 0.35 * velocity, 0.25 * low), (f * 9.9, 0.15, 0.08)]))


def celesta(midi: int, seconds: float, velocity: float) -> Signal:
    """Small steel bars: celesta, glockenspiel, music box."""
    f = hertz(midi)
    return loud(modes(2.2, [(f, 1, 2.0), (f * 1.002, 0.5, 1.8), (f * 2.76, 0.28, 0.7), (f * 5.4, 0.14, 0.3),
                            (f * 8.9, 0.05, 0.12)]))


def vibraphone(midi: int, seconds: float, velocity: float) -> Signal:
    """Metal bars with a slow fan."""
    f = hertz(midi)
    x = modes(3.0, [(f, 1, 3.2), (f * 4, 0.3 * velocity, 1.0), (f * 10, 0.06, 0.2)])
    return loud(x * (1 + 0.25 * np.sin(2 * np.pi * 4.3 * clock(3.0))))
