"""More voices, and signals that wail: cat, wolf, roar, cow, sheep, duck; siren, helicopter, sonar, rustle."""

import numpy as np

from training.sounds.dsp import (
    RATE,
    Recipe,
    Signal,
    add,
    band,
    bell,
    clock,
    closed,
    count,
    drift,
    formants,
    hump,
    lowpass,
    noise,
    partials,
    ramp,
    room,
    shaped,
    stereo,
    unit,
    wide,
)

Curve = list[tuple[float, float]]


def voice(rng: np.random.Generator, pitch: Curve, mouth: list[tuple[float, float, float]], breath: float,
          jitter: float = 0.012) -> Signal:
    """An animal's call, (n,): pitch through (second, Hz) points, formants, a share of breath."""
    seconds = pitch[-1][0]
    throat = formants(mouth, 0.008)
    tone = unit(partials(ramp(seconds, pitch), throat, 50, jitter, rng))
    return tone * (1 - breath) + unit(shaped(noise(rng, seconds), throat)) * breath


def _arch(seconds: float, rise: float, fall: float) -> Signal:
    return ramp(seconds, [(0, 0), (rise, 1), (seconds - fall, 0.8), (seconds, 0)])


def _cat(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.8), 2))
    for at, length, base in ((0.08, 0.85, 560.0), (1.35, 0.7, 610.0)):
        opening = ramp(length, [(0, 0), (length * 0.35, 1), (length, 0.25)])
        curve = [(0.0, base * 0.85), (length * 0.3, base * 1.35), (length * 0.6, base * 1.25), (length, base * 0.8)]
        shut = [(420.0, 0.5, 0.0), (2300.0, 0.4, -8.0)]
        wide_open = [(950.0, 0.4, 0.0), (1700.0, 0.4, -3.0), (3300.0, 0.4, -9.0)]
        state = rng.bit_generator.state
        first = voice(rng, curve, shut, 0.05)
        rng.bit_generator.state = state
        second = voice(rng, curve, wide_open, 0.08)
        add(out, (first * (1 - opening) + second * opening) * _arch(length, 0.08, 0.3), at, 0.9)
    return room(rng, out, 0.4, 0.18)


def _wolf(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(6.5), 2))
    mouth = [(520.0, 0.5, 0.0), (950.0, 0.4, -7.0), (2100.0, 0.5, -18.0)]
    for at, base, pan, gain in ((0.1, 470.0, -0.1, 1.0), (1.5, 395.0, 0.6, 0.35)):
        curve = [(0.0, base * 0.6), (0.5, base * 1.1), (1.0, base * 1.15), (2.6, base), (3.4, base * 0.7)]
        howl = voice(rng, curve, mouth, 0.03, 0.004) * _arch(3.4, 0.4, 1.0)
        add(out, howl * (0.9 + 0.1 * np.sin(2 * np.pi * 5 * clock(3.4))), at, gain, pan)
    return room(rng, out, 3.0, 0.5, 2200)


def _roar(rng: np.random.Generator) -> Signal:
    seconds = 3.2
    mouth = [(190.0, 0.6, 0.0), (480.0, 0.5, 1.0), (1050.0, 0.5, -5.0), (2300.0, 0.6, -14.0)]
    body = voice(rng, [(0.0, 62.0), (0.4, 96.0), (1.2, 88.0), (2.4, 58.0), (seconds, 44.0)], mouth, 0.22, 0.022)
    rattle = 0.55 + 0.45 * np.sin(2 * np.pi * np.cumsum(27 + 6 * drift(rng, seconds, 5, -1, 1)) / RATE)
    low = unit(lowpass(noise(rng, seconds, 3.0), 140))
    level = ramp(seconds, [(0, 0), (0.25, 0.8), (0.6, 1), (1.6, 0.75), (2.6, 0.25), (seconds, 0)])
    sound = np.tanh((body * rattle + 0.35 * low) * level * 1.5)
    return room(rng, stereo(np.concatenate([sound, np.zeros(count(1.0))])), 1.4, 0.3, 2500)


def _cow(rng: np.random.Generator) -> Signal:
    seconds = 2.2
    mouth = [(280.0, 0.5, 0.0), (620.0, 0.45, -3.0), (1250.0, 0.6, -14.0)]
    curve = [(0.0, 120.0), (0.4, 152.0), (1.4, 148.0), (seconds, 108.0)]
    moo = voice(rng, curve, mouth, 0.05, 0.008) * _arch(seconds, 0.35, 0.7)
    return room(rng, stereo(np.concatenate([moo, np.zeros(count(0.6))])), 0.7, 0.22)


def _sheep(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.8), 2))
    for at, base, pan, gain in ((0.05, 330.0, -0.2, 1.0), (1.35, 405.0, 0.5, 0.6)):
        seconds = 1.05
        mouth = [(620.0, 0.4, 0.0), (1350.0, 0.4, 0.0), (2700.0, 0.4, -6.0)]
        call = voice(rng, [(0.0, base * 1.05), (0.3, base), (seconds, base * 0.88)], mouth, 0.12)
        shake = 0.5 + 0.5 * np.sin(2 * np.pi * 8.5 * clock(seconds))
        add(out, call * (0.35 + 0.65 * shake) * _arch(seconds, 0.06, 0.3), at, gain, pan)
    return room(rng, out, 0.5, 0.16)


def _duck(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.0), 2))
    for number, at in enumerate((0.04, 0.34, 0.62, 0.9, 1.2)):
        mouth = [(1150.0, 0.35, 0.0), (2050.0, 0.35, -2.0), (3400.0, 0.5, -9.0)]
        quack = voice(rng, [(0.0, 250.0), (0.04, 285.0), (0.2, 205.0)], mouth, 0.2, 0.02)
        add(out, quack * _arch(0.2, 0.015, 0.1), at, 1.0 - 0.13 * number)
    return room(rng, out, 0.35, 0.14)


def _siren(rng: np.random.Generator) -> Signal:
    seconds = 6.0
    pitch = closed(np.repeat([435.0, 580.0] * 4, count(seconds) // 8))
    tone = partials(pitch, formants([(600.0, 0.9, 0.0), (1700.0, 0.8, -6.0), (3200.0, 0.8, -14.0)]), 20)
    return room(rng, stereo(unit(tone), 0.15), 1.3, 0.35, 3500)


def _helicopter(rng: np.random.Generator) -> Signal:
    seconds, blows = 6.0, 66
    out = np.zeros((count(seconds), 2))
    for number in range(blows):
        length = 0.065
        blade = formants([(75.0, 0.6, 4.0), (210.0, 0.6, 0.0), (750.0, 0.9, -9.0)])
        chop = unit(shaped(noise(rng, length, 2.0), blade))
        at = number * seconds / blows
        add(out, chop * hump(length) ** 2, at, rng.uniform(0.88, 1.08), 0.15 * (-1) ** number)
    whine = partials(closed(np.full(count(seconds), 690.0)), lambda f: bell(f, 1400, 1.0), 6)
    rotor = unit(band(wide(rng, seconds, 3.0), 150, 2500))
    return unit(out) + stereo(0.1 * unit(whine)) + 0.14 * rotor


def _sonar(rng: np.random.Generator) -> Signal:
    seconds = 5.0
    t = clock(1.4)
    ping = np.sin(2 * np.pi * 1480 * t + 0.3 * np.sin(2 * np.pi * 5 * t)) * np.minimum(t / 0.006, 1) * np.exp(-t * 4.2)
    out = np.zeros((count(seconds), 2))
    add(out, ping, 0.05, 1.0)
    add(out, lowpass(ping, 1100), 1.5, 0.16, 0.6)
    return room(rng, out, 3.4, 0.6, 2500)


def _rustle(rng: np.random.Generator) -> Signal:
    seconds = 3.0
    grain = np.stack([drift(rng, seconds, 26, 0, 1) ** 3 for _ in range(2)], axis=1)
    moves = ramp(seconds, [(0, 0), (0.3, 1), (0.8, 0.35), (1.3, 0.9), (1.9, 0.25), (2.3, 0.6), (2.95, 0), (seconds, 0)])
    return room(rng, unit(band(wide(rng, seconds, -1.0, 0.15), 1600, 9000)) * grain * moves[:, None], 0.25, 0.1)


RECIPES = (
    Recipe("cat-meow", "effect", "A cat meows", ("cat", "meow"), ("kitten", "feline", "purr", "miaow", "kitty"), _cat),
    Recipe("wolf-howl", "effect", "A wolf howls in the distance", ("wolf", "howl"),
           ("werewolf", "coyote", "moonlight", "pack", "wild"), _wolf),
    Recipe("roar", "effect", "A great beast roars", ("roar", "beast", "monster"),
           ("lion", "tiger", "bear", "dragon", "dinosaur", "growl", "giant", "godzilla"), _roar),
    Recipe("cow-moo", "effect", "A cow moos", ("cow", "moo"), ("cattle", "bull", "ox", "calf", "farm"), _cow),
    Recipe("sheep-bleat", "effect", "Sheep bleat", ("sheep", "bleat"), ("lamb", "goat", "flock", "farm"), _sheep),
    Recipe("duck-quack", "effect", "A duck quacks", ("duck", "quack"), ("goose", "swan", "duckling", "pond"), _duck),
    Recipe("siren", "effect", "An emergency siren wails", ("siren", "emergency"),
           ("police", "ambulance", "fire engine", "alarm", "police car", "fire truck"), _siren, True),
    Recipe("helicopter", "effect", "A helicopter with its rotor beating", ("helicopter", "rotor"),
           ("chopper", "drone", "hover", "blades", "gyrocopter"), _helicopter, True),
    Recipe("sonar", "effect", "A sonar ping in the deep", ("sonar", "ping", "submarine"),
           ("periscope", "echo", "depth", "navy", "dolphin clicks"), _sonar),
    Recipe("rustle", "effect", "Leaves and cloth rustle", ("rustle", "leaves"),
           ("cloth", "foliage", "bush", "tree", "dress", "paper", "grass", "branches"), _rustle),
)
