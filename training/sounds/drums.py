"""Drums and small percussion. Same shape as an instrument: (MIDI note, seconds, velocity) to (n,)."""

import zlib

import numpy as np

from training.sounds.dsp import RATE, Signal, add, band, clock, count, highpass, hit, lowpass, modes, noise, padded
from training.sounds.dsp import ramp as curve
from training.sounds.instruments import Instrument, hertz, loud


def _noise(name: str, seconds: float, slope: float = 0.0) -> Signal:
    return noise(np.random.default_rng(zlib.crc32(name.encode())), seconds, slope)


def kick(midi: int, seconds: float, velocity: float) -> Signal:
    """A bass drum."""
    t = clock(0.4)
    body = np.sin(2 * np.pi * np.cumsum(48 + 120 * np.exp(-t * 38)) / RATE) * hit(0.4, 0.002, 0.38)
    click = padded(_noise("kick", 0.02) * hit(0.02, 0.0005, 0.015), 0.4)
    return loud(np.tanh(body * 1.5) + 0.15 * lowpass(click, 4000)) * 1.4


def snare(midi: int, seconds: float, velocity: float) -> Signal:
    """A snare drum."""
    wires = band(_noise("snare", 0.3), 900, 8000) * hit(0.3, 0.002, 0.26)
    skin = modes(0.3, [(188, 1, 0.14), (332, 0.6, 0.1), (490, 0.3, 0.07)])
    return loud(wires * 0.6 + skin)


def brush(midi: int, seconds: float, velocity: float) -> Signal:
    """A brush on a snare drum."""
    return loud(band(_noise("brush", 0.3), 1200, 7000) * curve(0.3, [(0, 0), (0.03, 1), (0.12, 0.4), (0.3, 0)])) * 0.6


def hat(midi: int, seconds: float, velocity: float) -> Signal:
    """A closed hi-hat."""
    return loud(_metal("hat", 0.12) * hit(0.12, 0.001, 0.09)) * 0.45


def open_hat(midi: int, seconds: float, velocity: float) -> Signal:
    """An open hi-hat."""
    return loud(_metal("hat", 0.5) * hit(0.5, 0.001, 0.5)) * 0.45


def _metal(name: str, seconds: float) -> Signal:
    t = clock(seconds)
    clang = sum((np.sign(np.sin(2 * np.pi * f * t)) for f in (2051, 3037, 3671, 4139, 5413, 8009)), np.zeros(len(t)))
    return highpass(0.3 * clang + _noise(name, seconds) * 1.2, 6500, 4)


def cymbal(midi: int, seconds: float, velocity: float) -> Signal:
    """A crash cymbal."""
    x = highpass(_metal("crash", 2.6) + 0.5 * highpass(_noise("wash", 2.6), 3000), 2500)
    return loud(x * hit(2.6, 0.002, 2.6)) * 0.5


def swell(midi: int, seconds: float, velocity: float) -> Signal:
    """A cymbal rolled from nothing to its top in `seconds`."""
    total = seconds + 1.2
    x = highpass(_metal("roll", total) * 0.4 + highpass(_noise("roll2", total), 2200), 1800)
    return loud(x * curve(total, [(0, 0), (seconds * 0.6, 0.22), (seconds, 1), (total, 0)])) * 0.5


def clap(midi: int, seconds: float, velocity: float) -> Signal:
    """Hand claps."""
    out = np.zeros((count(0.3), 2))
    for at in (0.0, 0.011, 0.023, 0.031):
        add(out, band(_noise(f"clap{at}", 0.22), 900, 4500) * hit(0.22, 0.001, 0.14 if at > 0.03 else 0.02), at)
    return loud(out[:, 0]) * 0.8


def taiko(midi: int, seconds: float, velocity: float) -> Signal:
    """A very large drum."""
    t = clock(1.3)
    body = np.sin(2 * np.pi * np.cumsum(62 + 34 * np.exp(-t * 16)) / RATE) * hit(1.3, 0.004, 1.1)
    skin = padded(modes(0.4, [(147, 0.6, 0.3), (236, 0.4, 0.2), (391, 0.25, 0.12)]), 1.3)
    slap = padded(band(_noise("taiko", 0.08), 300, 2600) * hit(0.08, 0.001, 0.06), 1.3)
    return loud(np.tanh(1.3 * body + 0.5 * skin + 0.35 * slap * velocity)) * 1.2


def tom(midi: int, seconds: float, velocity: float) -> Signal:
    """A tom-tom tuned to a note."""
    t = clock(0.7)
    f = hertz(midi)
    body = np.sin(2 * np.pi * np.cumsum(f * (1 + 0.35 * np.exp(-t * 22))) / RATE) * hit(0.7, 0.003, 0.55)
    return loud(body + 0.2 * padded(band(_noise("tom", 0.05), 300, 3000) * hit(0.05, 0.001, 0.04), 0.7))


def timpani(midi: int, seconds: float, velocity: float) -> Signal:
    """A kettle drum tuned to a note."""
    f = hertz(midi)
    skin = modes(2.2, [(f, 1, 2.0), (f * 1.5, 0.55, 1.4), (f * 1.98, 0.4, 1.0), (f * 2.44, 0.22, 0.7),
                       (f * 0.85, 0.3, 0.3)])
    mallet = padded(lowpass(_noise("mallet", 0.06), 800) * hit(0.06, 0.002, 0.05), 2.2)
    return loud(skin + 0.5 * mallet)


def shaker(midi: int, seconds: float, velocity: float) -> Signal:
    """A shaker."""
    return loud(band(_noise("shaker", 0.11), 4500, 11000) * curve(0.11, [(0, 0), (0.035, 1), (0.11, 0)])) * 0.4


def tambourine(midi: int, seconds: float, velocity: float) -> Signal:
    """A tambourine."""
    return loud(highpass(_metal("tamb", 0.25), 5500) * hit(0.25, 0.003, 0.2)) * 0.4


def wood(midi: int, seconds: float, velocity: float) -> Signal:
    """A wood block tuned to a note."""
    f = hertz(midi)
    return loud(modes(0.15, [(f, 1, 0.07), (f * 2.4, 0.5, 0.04), (f * 4.1, 0.25, 0.03)])) * 0.6


def tick(midi: int, seconds: float, velocity: float) -> Signal:
    """A clock or a rim."""
    return loud(modes(0.06, [(2450, 1, 0.025), (4100, 0.6, 0.015), (900, 0.3, 0.02)])) * 0.5


def boom(midi: int, seconds: float, velocity: float) -> Signal:
    """A deep far impact."""
    t = clock(2.6)
    body = np.sin(2 * np.pi * np.cumsum(34 + 26 * np.exp(-t * 6)) / RATE) * hit(2.6, 0.006, 2.4)
    return loud(np.tanh(body * 1.6) + 0.25 * lowpass(_noise("boom", 2.6, 4.0), 220) * hit(2.6, 0.01, 1.8)) * 1.2


DRUMS: dict[str, Instrument] = {
    "kick": kick, "snare": snare, "brush": brush, "hat": hat, "open hat": open_hat, "cymbal": cymbal, "clap": clap,
    "taiko": taiko, "shaker": shaker, "tambourine": tambourine, "tick": tick, "boom": boom}
"""Untuned drums by name."""
