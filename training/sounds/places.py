"""Beds of whole places: under water, space, city, meadow, forest, night, crowd."""

import numpy as np

from training.sounds.animals import birds, buzzing, crickets
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
    highpass,
    hump,
    lowpass,
    moving,
    noise,
    partials,
    poisson,
    ramp,
    room,
    steady,
    stereo,
    unit,
    wide,
)
from training.sounds.vehicles import bubble
from training.sounds.weather import wind


def _underwater(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    deep = unit(lowpass(wide(rng, seconds, 5.0, 0.4), 320, 3)) * drift(rng, seconds, 0.25, 0.6, 1)[:, None]
    murmur = np.stack([unit(moving(noise(rng, seconds, 3), 180 * 2 ** (1.3 * drift(rng, seconds, 0.3)), 0.5))
                       for _ in range(2)], axis=1)
    rising = np.zeros((count(seconds), 2))
    for start in poisson(rng, seconds, 0.7):
        base, pan = rng.uniform(300, 900), rng.uniform(-0.8, 0.8)
        for drop in np.cumsum(rng.exponential(0.07, int(rng.integers(2, 9)))):
            add(rising, bubble(rng, base * rng.uniform(0.8, 1.3)), float(start + drop), rng.lognormal(-0.6, 0.5), pan)
    return room(rng, deep + 0.35 * murmur + 0.35 * lowpass(rising, 1800), 1.8, 0.35, 900)


def drone(rng: np.random.Generator, seconds: float, notes: tuple[float, ...], bright: float) -> Signal:
    """A floating chord of detuned partials that swell independently, (n, 2); it loops."""
    out = np.zeros((count(seconds), 2))
    t = clock(seconds)
    for note in notes:
        for number in range(1, 7):
            for side in range(2):
                hertz = steady(note * number * (1 + rng.uniform(-0.0025, 0.0025)), 1, seconds)
                level = drift(rng, seconds, 0.12) ** 2 * bright ** (number - 1) / number
                out[:, side] += level * np.sin(2 * np.pi * hertz * t + rng.uniform(0, 6.28))
    return out


def _space(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    body = unit(drone(rng, seconds, (55.0, 82.4, 110.0, 164.8, 246.9), 0.75))
    air = np.stack([moving(noise(rng, seconds), 900 * 2 ** (1.6 * drift(rng, seconds, 0.1, -1, 1)), 0.25)
                    for _ in range(2)], axis=1)
    glints = np.zeros((count(seconds), 2))
    for at in poisson(rng, seconds, 0.5):
        tone = np.sin(2 * np.pi * rng.choice([987.8, 1318.5, 1480.0, 1975.5]) * clock(2.5)) \
            * ramp(2.5, [(0, 0), (0.4, 1), (2.5, 0)])
        add(glints, tone, float(at), 0.05 * rng.uniform(0.4, 1), rng.uniform(-0.9, 0.9))
    return room(rng, body + 0.08 * unit(air) + glints, 5.0, 0.6, 3000)


def _moon(rng: np.random.Generator) -> Signal:
    seconds = 16.0
    body = unit(drone(rng, seconds, (41.2, 61.7, 123.5, 185.0), 0.6))
    rumble = unit(lowpass(wide(rng, seconds, 5.0), 110)) * drift(rng, seconds, 0.2, 0.3, 1)[:, None]
    suit = unit(band(wide(rng, seconds, 2.0, 0.8), 300, 1600))
    return room(rng, body + 0.4 * rumble + 0.035 * suit, 4.0, 0.5, 2000)


def _spaceship(rng: np.random.Generator) -> Signal:
    seconds = 12.0
    t = clock(seconds)
    hum = np.stack([sum(np.sin(2 * np.pi * steady(60 * k * (1 + d), 1, seconds) * t + k) / k**1.2 for k in range(1, 9))
                    for d in (0.0, 0.003)], axis=1)
    vent = unit(band(wide(rng, seconds, 3.0), 120, 3000))
    out = 0.5 * unit(hum) + 0.6 * vent
    for at in poisson(rng, seconds, 0.8):
        hertz = float(rng.choice([1320.0, 1760.0, 1980.0]))
        for beep in range(int(rng.integers(1, 4))):
            add(out, np.sin(2 * np.pi * hertz * clock(0.07)) * hump(0.07) ** 0.4,
                float(at) + 0.13 * beep, 0.10, rng.uniform(-0.7, 0.7))
    return room(rng, out, 0.6, 0.25)


def _car_by(rng: np.random.Generator, seconds: float) -> Signal:
    rush = unit(band(noise(rng, seconds, 2.5), 200, 3200))
    motor = unit(partials(np.full(count(seconds), rng.uniform(62, 95)), lambda f: bell(f, 150, 0.9), 12, 0.004, rng))
    swell = hump(seconds) ** 3
    across = np.linspace(-0.9, 0.9, count(seconds)) * rng.choice([-1, 1])
    return stereo((rush + 0.5 * motor) * swell, across)


def traffic(rng: np.random.Generator, seconds: float, cars: float, horns: int) -> Signal:
    """A street, (n, 2): far rumble, `cars` a second passing, a few horns far off."""
    out = 0.9 * unit(band(wide(rng, seconds, 5.0, 0.3), 40, 700)) * drift(rng, seconds, 0.3, 0.7, 1)[:, None]
    for at in poisson(rng, seconds, cars):
        add(out, _car_by(rng, rng.uniform(3.0, 5.5)), float(at), rng.uniform(0.15, 0.7))
    for at in rng.random(horns) * seconds:
        length, base = rng.uniform(0.15, 0.6), rng.uniform(330, 470)
        honk = sum(partials(np.full(count(length), base * ratio), formants([(600, 0.9, 0)]), 12) for ratio in (1, 1.26))
        add(out, lowpass(unit(np.asarray(honk)), 1500) * ramp(length, [(0, 0), (0.02, 1), (length - 0.03, 1),
                                                                       (length, 0)]),
            float(at), 0.2 * rng.uniform(0.4, 1), rng.uniform(-0.8, 0.8))
    return room(rng, out, 1.2, 0.3, 2500)


def _city(rng: np.random.Generator) -> Signal:
    return unit(traffic(rng, 18.0, 0.7, 4)) + 0.16 * unit(babble(rng, 18.0, 14))


def _city_night(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    t = clock(seconds)
    hum = stereo(np.sum([np.sin(2 * np.pi * steady(100.0 * k, 1, seconds) * t) / k for k in (1, 2, 3, 5)], axis=0))
    out = unit(traffic(rng, seconds, 0.22, 1)) + 0.08 * unit(hum) + 0.1 * unit(crickets(rng, seconds, 2))
    siren = np.sin(2 * np.pi * np.cumsum(620 + 160 * np.sin(2 * np.pi * 0.35 * clock(7.0))) / RATE)
    add(out, lowpass(siren, 900) * hump(7.0) ** 2, 8.0, 0.09, 0.6)
    return room(rng, out, 2.0, 0.3, 2000)


def babble(rng: np.random.Generator, seconds: float, speakers: int, rests: float = 0.18) -> Signal:
    """Many voices at once, (n, 2): syllables of gliding vowels, no words; after a share of them a rest."""
    vowels = ((730, 1090, 2440), (530, 1840, 2480), (300, 2240, 2900), (570, 840, 2410), (440, 1020, 2240))
    out = np.zeros((count(seconds), 2))
    for _ in range(speakers):
        base, pan, far = rng.choice([rng.uniform(95, 140), rng.uniform(170, 240)]), rng.uniform(-0.9, 0.9), \
            rng.uniform(0.3, 1)
        at = rng.uniform(0, 8 * rests)
        while at < seconds:
            length = rng.uniform(0.11, 0.28)
            f1, f2, f3 = vowels[int(rng.integers(5))]
            pitch = base * ramp(length, [(0, rng.uniform(0.9, 1.15)), (length, rng.uniform(0.85, 1.1))])
            voice = partials(pitch, formants([(f1, 0.25, 0), (f2, 0.2, -6), (f3, 0.2, -13)], 0.004), 26, 0.012, rng)
            add(out, unit(voice) * hump(length) ** 0.6, at, far * rng.uniform(0.5, 1), pan)
            if rng.random() < 0.3:
                add(out, unit(highpass(noise(rng, 0.07), 3500)) * np.hanning(count(0.07)), at + length, 0.12 * far, pan)
            at += length * rng.uniform(0.9, 1.3) + (rng.exponential(0.9) if rng.random() < rests else 0)
    return out


def _crowd(rng: np.random.Generator) -> Signal:
    return room(rng, babble(rng, 12.0, 34), 1.3, 0.4, 3000)


def leaves(rng: np.random.Generator, seconds: float) -> Signal:
    """Rustling leaves, (n, 2), fuller in gusts."""
    gust = drift(rng, seconds, 0.25, 0.15, 1)
    rustle = band(wide(rng, seconds, -1.0, 0.05), 1800, 9500)
    grain = np.stack([drift(rng, seconds, 24, 0, 1) ** 2 for _ in range(2)], axis=1)
    return unit(rustle * grain) * gust[:, None] ** 1.5


def _meadow(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    out = 0.55 * birds(rng, seconds, 5, 2.2) + 0.25 * crickets(rng, seconds, 6) + 0.12 * buzzing(rng, seconds, 4)
    return room(rng, out, 0.7, 0.16, 7000) + 0.10 * unit(wind(rng, seconds, 200, 600, 0.25)) \
        + 0.05 * leaves(rng, seconds)


def _forest(rng: np.random.Generator) -> Signal:
    seconds = 18.0
    out = room(rng, 0.6 * birds(rng, seconds, 6, 2.6), 2.0, 0.4, 5000)
    for start in (3.1, 12.4):
        for number in range(11):
            knock = np.sin(2 * np.pi * 950 * clock(0.03)) * np.exp(-clock(0.03) * 200)
            add(out, knock, start + number * 0.055, 0.12 * np.sin(np.pi * (number + 1) / 12), 0.6)
    return out + 0.25 * leaves(rng, seconds) + 0.16 * unit(wind(rng, seconds, 150, 480, 0.2))


def _night(rng: np.random.Generator) -> Signal:
    seconds = 14.0
    return room(rng, unit(crickets(rng, seconds, 16)), 0.6, 0.15, 8000) + 0.2 * unit(wind(rng, seconds, 120, 320, 0.2))


def _road(rng: np.random.Generator) -> Signal:
    seconds = 12.0
    tyres = unit(band(wide(rng, seconds, 3.0, 0.3), 90, 1500)) * drift(rng, seconds, 1.5, 0.75, 1)[:, None]
    rush = unit(wind(rng, seconds, 250, 700, 0.3))
    rumble = unit(partials(closed(np.full(count(seconds), 46.0), 1), lambda f: bell(f, 92, 0.8), 8))
    return tyres + 0.7 * rush + stereo(0.25 * rumble)


RECIPES = (
    Recipe("underwater", "ambience", "Deep under water", ("underwater", "water", "deep", "bubbles"),
           ("under water", "ocean floor", "submarine", "coral reef", "diving", "beneath the waves", "sea bed", "fish",
            "whale", "reef"), _underwater, True),
    Recipe("space-drone", "ambience", "The vast silence of outer space", ("space", "stars", "drone", "galaxy"),
           ("cosmos", "planet", "universe", "orbit", "nebula", "astronaut", "rocket", "alien", "asteroid"),
           _space, True),
    Recipe("moon", "ambience", "On the surface of the moon", ("moon", "lunar", "drone"),
           ("crater", "mars", "planet", "astronaut", "moon surface", "leaving the moon", "landing"), _moon, True),
    Recipe("spaceship-interior", "ambience", "Inside a spaceship", ("spaceship", "interior", "hum", "machine"),
           ("space station", "cockpit", "laboratory", "control room", "computer", "cabin", "factory", "electronic"),
           _spaceship, True),
    Recipe("city-traffic", "ambience", "A busy city street with traffic", ("city", "traffic", "street"),
           ("town", "urban", "downtown", "road", "buildings", "cars", "skyscraper", "highway", "village"), _city, True),
    Recipe("city-night", "ambience", "A city at night", ("city", "night", "quiet", "street"),
           ("neon", "urban", "town", "street lights", "midnight", "skyline", "alley", "downtown"), _city_night, True),
    Recipe("meadow", "ambience", "A summer meadow with birds and insects", ("meadow", "birds", "insects", "summer"),
           ("field", "grass", "flowers", "countryside", "farm", "garden", "hill", "spring", "park", "windmill"),
           _meadow, True),
    Recipe("forest", "ambience", "Birds and rustling leaves in a forest", ("forest", "birds", "leaves", "trees"),
           ("wood", "woods", "jungle", "woodland", "rustle", "pines", "path"), _forest, True),
    Recipe("night-crickets", "ambience", "Crickets on a quiet night", ("night", "crickets", "insects"),
           ("summer night", "evening", "dusk", "cicada", "stars", "moonlight", "dark"), _night, True),
    Recipe("open-road", "ambience", "Rushing along an open road", ("road", "driving", "highway"),
           ("car interior", "journey", "travel", "motorway", "race track", "speed"), _road, True),
    Recipe("crowd", "ambience", "A crowd of people talking", ("crowd", "people", "voices"),
           ("audience", "market", "cafe", "chatter", "party", "station", "restaurant", "stadium"), _crowd, True),
)
