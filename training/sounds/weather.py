"""Wind, rain, thunder, waves and fire."""

import numpy as np
from scipy import fft

from training.sounds.dsp import (
    RATE,
    Recipe,
    Signal,
    add,
    band,
    clock,
    count,
    drift,
    hit,
    lowpass,
    modes,
    moving,
    noise,
    padded,
    poisson,
    ramp,
    room,
    stereo,
    unit,
    whistling,
    wide,
)
from training.sounds.vehicles import bubble


def wind(rng: np.random.Generator, seconds: float, low: float, high: float, gusts: float,
         whistle: float = 0.0) -> Signal:
    """Wind, (n, 2): noise whose centre and level follow the same gusts, from `low` to `high` Hz; it may whistle."""
    gust = drift(rng, seconds, gusts)
    sides = []
    for _ in range(2):
        own = np.clip(0.75 * gust + 0.25 * drift(rng, seconds, gusts * 2), 0, 1)
        flutter = drift(rng, seconds, 7.0, 0.8, 1.0)
        body = unit(moving(noise(rng, seconds, 1.5), low * (high / low) ** own, 0.75)) * (0.25 + 0.9 * own) * flutter
        rumble = unit(lowpass(noise(rng, seconds, 4.0), 160)) * (0.3 + 0.7 * own)
        tone = np.zeros(count(seconds))
        for ratio in (1.0, 1.53) if whistle else ():
            pitch = high * 1.1 * ratio * (0.75 + 0.4 * own)
            tone += whistling(rng, pitch, 14.0) * np.maximum(0, own - 0.25) ** 2 / ratio
        sides.append(body + 0.3 * rumble + whistle * tone)
    return np.stack(sides, axis=1)


def rain(rng: np.random.Generator, seconds: float, drops: float, surface: float) -> Signal:
    """Rain, (n, 2): `drops` a second in 24 classes of grain over a hiss; `surface` Hz is what they fall on."""
    n = count(seconds)
    heard = np.zeros((n // 2 + 1, 2), complex)
    for _ in range(24):
        hits = np.zeros((n, 2))
        many = rng.poisson(seconds * drops / 24)
        at, pan = rng.integers(0, n, many), rng.uniform(0, np.pi / 2, many)
        gain = np.minimum(rng.lognormal(0, 0.7, many), 4)
        np.add.at(hits[:, 0], at, gain * np.cos(pan))
        np.add.at(hits[:, 1], at, gain * np.sin(pan))
        length = rng.uniform(0.002, 0.012)
        grain = padded(noise(rng, length, 2.0) * hit(length, 0.0003, length * 0.8)
                       + 0.8 * np.sin(2 * np.pi * surface * rng.uniform(0.5, 2.0) * clock(length))
                       * hit(length, 0.0002, length), seconds)
        heard += fft.rfft(hits, axis=0) * fft.rfft(grain)[:, None]
    spread: Signal = fft.irfft(heard, n, axis=0)
    bed = unit(band(wide(rng, seconds, 1.0, 0.1), 900, 9000)) * drift(rng, seconds, 0.4, 0.7, 1)[:, None]
    return lowpass(unit(spread) + 0.8 * bed, 7000, 1)


def _light_rain(rng: np.random.Generator) -> Signal:
    return rain(rng, 14.0, 900, 1700) + 0.06 * wind(rng, 14.0, 150, 400, 0.2)


def thunder_clap(rng: np.random.Generator, seconds: float, distance: float) -> Signal:
    """Thunder, (n, 2): N-waves from a tortuous channel, arriving by distance, dulled by air, then rolling off."""
    out = np.zeros((count(seconds), 2))
    place = np.array([0.0, distance])
    heading = rng.uniform(-0.5, 0.5)
    for _ in range(110):
        heading += rng.normal(0, 0.55)
        place = place + 26 * np.array([np.sin(heading), abs(np.cos(heading)) * 0.7])
        far = float(np.hypot(*place))
        length = rng.uniform(0.006, 0.022) * (1 + distance / 3000)
        wave = np.linspace(1, -1, count(length)) * np.hanning(count(length)) ** 0.2
        at = 0.05 + (far - distance) / 340
        if at < seconds * 0.75:
            add(out, wave, at, (distance / far) ** 1.3 * rng.lognormal(0, 0.5), float(np.clip(place[0] / far, -1, 1)))
    roll = band(wide(rng, seconds, 5.0, 0.4), 25, 160) * (drift(rng, seconds, 2.5, 0, 1) ** 2)[:, None] \
        * ramp(seconds, [(0, 0), (0.5, 1), (seconds * 0.5, 0.6), (seconds - 0.2, 0), (seconds, 0)])[:, None]
    clap = lowpass(out, 1.1e6 / distance, 1)
    sound = room(rng, unit(clap) + 0.8 * unit(roll), 3.5, 0.55, 1200)
    return sound * ramp(seconds, [(0, 0), (0.03, 1), (seconds * 0.55, 1), (seconds - 0.05, 0), (seconds, 0)])[:, None]


def _thunder_near(rng: np.random.Generator) -> Signal:
    crack = padded(noise(rng, 0.5) * hit(0.5, 0.001, 0.35), 8.0) * (1 + 0.5 * drift(rng, 8.0, 30, -1, 1))
    return np.tanh(0.3 * unit(thunder_clap(rng, 8.0, 250.0)) + 0.5 * stereo(crack, 0.1))


def _thunder_far(rng: np.random.Generator) -> Signal:
    return thunder_clap(rng, 9.0, 2600.0)


def waves(rng: np.random.Generator, seconds: float, count_of: int, storm: float) -> Signal:
    """Surf, (n, 2): each wave swells (dark), breaks (broad), runs out as fizz; `storm` 0..1 makes it rough."""
    out = 0.16 * unit(band(wide(rng, seconds, 3.0, 0.1), 80, 1800))
    for number in range(count_of):
        length = min(seconds * 0.95, rng.uniform(6.5, 9.0))
        n = count(length)
        crest = rng.uniform(0.3, 0.4) * length
        swell = unit(lowpass(wide(rng, length, 4.0), 420)) \
            * ramp(length, [(0, 0), (crest, 1), (length * 0.7, 0.2), (length, 0)])[:, None]
        crash = unit(band(wide(rng, length, 2.0, 0.15), 180, 5200)) \
            * ramp(length, [(0, 0), (crest * 0.75, 0.06), (crest, 1), (crest + 1.0, 0.6), (length * 0.85, 0.08),
                            (length, 0)])[:, None] * drift(rng, length, 6, 0.75, 1)[:, None]
        fizz = unit(band(wide(rng, length, -1.0, 0.05), 3500, 12000)) \
            * (ramp(length, [(0, 0), (crest, 0.05), (crest + 1.2, 1), (length * 0.8, 0.5), (length, 0)])
               * drift(rng, length, 20, 0.3, 1) ** 2)[:, None]
        side = np.linspace(0, rng.uniform(-0.6, 0.6), n)
        wave = 0.8 * swell + (0.9 + 0.5 * storm) * crash + 0.14 * fizz
        wave *= np.stack([1 - side * 0.5, 1 + side * 0.5], axis=1)
        add(out, wave, number * seconds / count_of + rng.normal(0, 0.35), rng.uniform(0.65, 1.0))
    return out


def _sea_shore(rng: np.random.Generator) -> Signal:
    return waves(rng, 18.0, 4, 0.0)


def _storm_sea(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    spray = unit(band(wide(rng, seconds, 0.5, 0.1), 1500, 8000)) * (drift(rng, seconds, 0.8) ** 2)[:, None]
    return unit(waves(rng, seconds, 7, 1.0)) + 0.8 * unit(wind(rng, seconds, 220, 900, 0.35, 0.5)) + 0.1 * spray


def _storm(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    out = unit(rain(rng, seconds, 1500, 1500)) + 0.9 * unit(wind(rng, seconds, 180, 700, 0.3, 0.35))
    add(out, unit(thunder_clap(rng, 9.0, 1900.0)), 3.0, 1.1)
    add(out, unit(thunder_clap(rng, 8.0, 3600.0)), 11.5, 0.6, 0.3)
    return out


def _blizzard(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    flakes = unit(band(wide(rng, seconds, 0.0, 0.1), 3500, 10000)) * (drift(rng, seconds, 1.2) ** 2)[:, None]
    return unit(wind(rng, seconds, 260, 1150, 0.22, 0.9)) + 0.1 * flakes


def _desert(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    sand = unit(band(wide(rng, seconds, -1.0, 0.1), 4500, 12000)) * (drift(rng, seconds, 0.5) ** 3)[:, None]
    return unit(wind(rng, seconds, 140, 520, 0.12, 0.25)) + 0.14 * sand


def _clouds(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    air = unit(band(wide(rng, seconds, 2.0, 0.1), 400, 6000)) * drift(rng, seconds, 0.2, 0.5, 1)[:, None]
    return unit(wind(rng, seconds, 190, 460, 0.15, 0.15)) + 0.3 * air


def _canyon(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    blown = unit(wind(rng, seconds, 120, 430, 0.16, 1.1))
    pebbles = np.zeros((count(seconds), 2))
    for start in (4.0, 11.2):
        for drop in np.cumsum(rng.exponential(0.16, 7)):
            stone = modes(0.05, [(rng.uniform(1500, 3200), 1, 0.03), (rng.uniform(3500, 5200), 0.5, 0.02)])
            add(pebbles, stone, start + float(drop), rng.uniform(0.05, 0.4), rng.uniform(-0.6, 0.6))
    far = np.roll(pebbles, count(0.42), axis=0)[:, ::-1] * 0.4 + np.roll(pebbles, count(0.9), axis=0) * 0.2
    return room(rng, blown + 1.2 * (pebbles + lowpass(far, 2200)), 2.8, 0.45, 2200)


def _fire(rng: np.random.Generator) -> Signal:
    seconds = 12.0
    lap = unit(band(wide(rng, seconds, 4.0, 0.4), 25, 350)) * drift(rng, seconds, 5, 0.25, 1)[:, None]
    hiss = unit(band(wide(rng, seconds, 0.0, 0.2), 1500, 9000)) * (drift(rng, seconds, 3) ** 4)[:, None]
    crackle = np.zeros((count(seconds), 2))
    for at in poisson(rng, seconds, 18):
        length = rng.uniform(0.004, 0.02)
        snap = noise(rng, length) * hit(length, 0.0004, length)
        snap = snap + np.sin(2 * np.pi * rng.uniform(700, 3500) * clock(length)) * hit(length, 0.0003, length * 0.7)
        add(crackle, snap, at, 0.35 * rng.lognormal(0, 0.9), rng.uniform(-0.7, 0.7))
    return room(rng, 0.55 * lap + 0.16 * hiss + np.clip(crackle, -5, 5), 0.4, 0.15)


def _stream(rng: np.random.Generator) -> Signal:
    seconds = 10.0
    out = 0.12 * unit(band(wide(rng, seconds, 2.0), 300, 4000))
    for at in poisson(rng, seconds, 95):
        add(out, bubble(rng, rng.lognormal(np.log(1100), 0.5)), float(at), 0.25 * rng.lognormal(0, 0.6),
            rng.uniform(-0.9, 0.9))
    return room(rng, out, 0.3, 0.12)


def _splash(rng: np.random.Generator) -> Signal:
    seconds = 2.6
    burst = moving(noise(rng, seconds, 1.5), ramp(seconds, [(0, 500), (0.12, 2300), (0.6, 1300), (seconds, 800)]), 1.1)
    out = stereo(unit(burst) * ramp(seconds, [(0, 0), (0.02, 1), (0.2, 0.8), (0.6, 0.25), (1.6, 0.03), (2.3, 0),
                                              (seconds, 0)]))
    thump = np.sin(2 * np.pi * np.cumsum(60 + 90 * np.exp(-clock(0.4) * 14)) / RATE) * hit(0.4, 0.004, 0.35)
    add(out, thump, 0.02, 1.0)
    for at in 0.15 + rng.exponential(0.35, 60):
        if at < 2.2:
            add(out, bubble(rng, rng.uniform(450, 2400)), float(at), 0.3 * rng.lognormal(-0.3, 0.6), rng.uniform(-1, 1))
    return room(rng, out, 0.5, 0.2)


RECIPES = (
    Recipe("sea-waves", "ambience", "Waves roll onto a sea shore", ("sea", "waves", "coast", "shore", "beach"),
           ("ocean", "surf", "coast road", "seaside", "tide", "cliff", "island", "bay", "open sea", "lighthouse",
            "calm sea", "sailing"), _sea_shore, True),
    Recipe("stormy-sea", "ambience", "A stormy sea with high waves and howling wind", ("sea", "storm", "waves", "wind"),
           ("ocean", "rough", "tempest", "gale", "hurricane", "stormy sea", "swell", "squall"), _storm_sea, True),
    Recipe("storm", "ambience", "A thunderstorm with heavy rain", ("storm", "rain", "thunder"),
           ("thunderstorm", "downpour", "lightning", "stormy", "tempest", "pouring"), _storm, True),
    Recipe("rain", "ambience", "Rain falls steadily", ("rain", "drops", "wet"),
           ("raining", "rainy", "drizzle", "shower", "puddle", "umbrella", "weather"), _light_rain, True),
    Recipe("high-wind", "ambience", "Wind high above the clouds", ("wind", "clouds", "sky", "high"),
           ("altitude", "above the clouds", "air", "flying", "breeze", "heights", "cloud", "skies", "soaring"), _clouds,
           True),
    Recipe("desert-wind", "ambience", "Dry wind blows sand over desert dunes", ("desert", "wind", "sand", "dunes"),
           ("sahara", "dry", "hot", "arid", "mars", "wasteland", "sandy", "prairie"), _desert, True),
    Recipe("snow-wind", "ambience", "Icy wind howls over snow mountains", ("snow", "wind", "mountains", "cold"),
           ("blizzard", "winter", "ice", "alps", "peak", "summit", "arctic", "glacier", "snowy", "frozen", "polar"),
           _blizzard, True),
    Recipe("canyon-wind", "ambience", "Wind moans through an echoing canyon", ("canyon", "wind", "echo", "rocks"),
           ("gorge", "ravine", "cliff", "valley", "hollow", "cave", "stones"), _canyon, True),
    Recipe("fire", "ambience", "A fire crackles", ("fire", "crackle", "flames"),
           ("campfire", "fireplace", "burning", "bonfire", "burn", "torch", "volcano", "lava"), _fire, True),
    Recipe("stream", "ambience", "A stream babbles over stones", ("stream", "river", "water"),
           ("brook", "creek", "flowing", "waterfall", "lake", "pond", "babbling"), _stream, True),
    Recipe("thunder-crack", "effect", "Thunder cracks close by", ("thunder", "crack", "lightning"),
           ("thunderclap", "bolt", "strike", "storm", "flash"), _thunder_near),
    Recipe("thunder-distant", "effect", "Thunder rumbles far away", ("thunder", "rumble", "distant"),
           ("storm", "roll", "thunderstorm", "approaching storm", "volcano", "earthquake"), _thunder_far),
    Recipe("splash", "effect", "Something splashes into water", ("splash", "water"),
           ("dive", "jump", "plunge", "leap", "breach", "falls into water", "dolphin", "tail"), _splash),
)
