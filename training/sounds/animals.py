"""Birds, gulls, wings, whales, fish, dogs, horses and insects."""

import numpy as np

from training.sounds.dsp import (
    RATE,
    Recipe,
    Signal,
    add,
    band,
    bell,
    clock,
    count,
    drift,
    formants,
    highpass,
    hit,
    hump,
    lowpass,
    modes,
    moving,
    noise,
    padded,
    partials,
    poisson,
    ramp,
    room,
    shaped,
    stereo,
    unit,
    wide,
)
from training.sounds.vehicles import bubble


def syllable(seconds: float, low: float, high: float, shape: str, trill: float = 0.0) -> Signal:
    """One bird syllable, (n,): a swept whistle between two pitches, `trill` times a second if above 0."""
    t = clock(seconds) / seconds
    curve = {"up": t, "down": 1 - t, "arch": np.sin(np.pi * t), "dip": 1 - np.sin(np.pi * t)}[shape]
    pitch = low * (high / low) ** curve
    if trill:
        pitch = pitch * (1 + 0.13 * np.sin(2 * np.pi * trill * clock(seconds)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    level = np.sin(np.pi * np.minimum(t * 1.02, 1)) ** 0.7
    if trill:
        level = level * (0.55 + 0.45 * np.sin(2 * np.pi * trill * clock(seconds)))
    return (np.sin(phase) + 0.12 * np.sin(2 * phase) + 0.04 * np.sin(3 * phase)) * level


def bird_phrase(rng: np.random.Generator, centre: float) -> Signal:
    """A short song, (n,): motifs of one bird, each repeated a few times, with rests."""
    parts: list[Signal] = []
    for _ in range(int(rng.integers(2, 5))):
        length, shape = rng.uniform(0.06, 0.2), str(rng.choice(["up", "down", "arch", "dip"]))
        low = centre * rng.uniform(0.75, 1.05)
        high = low * rng.uniform(1.1, 1.75)
        trill = float(rng.choice([0, 0, 28, 42]))
        for _ in range(int(rng.integers(1, 6 if length < 0.12 else 3))):
            note = syllable(length * rng.uniform(0.94, 1.06), low * rng.uniform(0.985, 1.015), high, shape, trill)
            parts += [note * rng.uniform(0.7, 1.0), np.zeros(count(rng.uniform(0.02, 0.06)))]
        parts.append(np.zeros(count(rng.uniform(0.04, 0.16))))
    return np.concatenate(parts)


def birds(rng: np.random.Generator, seconds: float, singers: int, rest: float) -> Signal:
    """A stereo scene of singers, each with a place, a distance and a voice; every phrase is new."""
    out = np.zeros((count(seconds), 2))
    for _ in range(singers):
        centre, pan, far = rng.uniform(2300, 5200), rng.uniform(-0.9, 0.9), rng.uniform(0.15, 1.0)
        at = rng.uniform(0, rest)
        while at < seconds - 0.2:
            phrase = bird_phrase(rng, centre)
            add(out, lowpass(phrase, 3000 + 8000 * far, 1), at, far * rng.uniform(0.7, 1), pan)
            at += len(phrase) / RATE + rng.exponential(rest) + 0.4
    return out


def _bird_song(rng: np.random.Generator) -> Signal:
    out = birds(rng, 6.0, 1, 0.15) + 0.35 * birds(rng, 6.0, 1, 0.6)
    fade = ramp(6.0, [(0, 1), (5.3, 1), (5.95, 0), (6, 0)])[:, None]
    return room(rng, unit(out) * fade, 0.8, 0.25, 7000)


def gull_call(rng: np.random.Generator, seconds: float, top: float) -> Signal:
    """One gull cry, (n,): a harsh falling wail with a break."""
    pitch = ramp(seconds, [(0, top * 0.72), (0.06, top), (seconds * 0.45, top * 0.93), (seconds, top * 0.62)])
    voice = partials(pitch, formants([(1500, 0.5, 0), (2900, 0.45, -3), (4300, 0.5, -9)], 0.02), 14, 0.012, rng)
    rough = 1 - 0.45 * np.maximum(0, np.sin(2 * np.pi * 67 * clock(seconds) + drift(rng, seconds, 9)))
    level = ramp(seconds, [(0, 0), (0.03, 1), (seconds * 0.6, 0.8), (seconds, 0)])
    air = unit(band(noise(rng, seconds), 1800, 5000))
    return (unit(voice) * rough + 0.12 * air) * level


def _gulls(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(5.0), 2))
    at, top = 0.1, 1180.0
    for length in (0.7, 0.34, 0.32, 0.3, 0.3, 0.27):
        add(out, gull_call(rng, length, top * rng.uniform(0.96, 1.05)), at, rng.uniform(0.75, 1), -0.3)
        at += length + rng.uniform(0.07, 0.16)
    for start in (2.2, 2.9, 3.3, 3.65):
        add(out, lowpass(gull_call(rng, rng.uniform(0.3, 0.6), 1010.0), 3500, 1), start, 0.3, 0.6)
    return room(rng, out, 1.0, 0.22)


def wing_beats(rng: np.random.Generator, seconds: float, rate: float, body: float) -> Signal:
    """Feathers or membranes beating air, (n, 2): `rate` beats a second, `body` the Hz of the thump."""
    out = np.zeros((count(seconds), 2))
    at = 0.03
    while at < seconds - 2.2 / rate:
        length = min(0.3, 0.8 / rate)
        puff = unit(shaped(noise(rng, length, 2.0), formants([(body, 0.8, 0), (body * 4, 1, -8)])))
        rustle = unit(highpass(noise(rng, length), 2500))
        grain = (puff + 0.12 * rustle) * hump(length) ** 2
        add(out, grain, at, rng.lognormal(0, 0.22), rng.uniform(-0.3, 0.3))
        at += rng.normal(1, 0.07) / rate
    return out


def _butterfly(rng: np.random.Generator) -> Signal:
    seconds = 3.2
    level = np.maximum(0, drift(rng, seconds, 1.4, -0.25, 1.1)) * ramp(seconds, [(0, 0), (0.2, 1), (2.6, 1), (3.2, 0)])
    chime = np.zeros((count(seconds), 2))
    for _ in range(9):
        grain = modes(0.8, [(f, g, 0.5) for f, g in ((rng.choice([2349, 2637, 3136, 3520, 3951]), 1), (7100, 0.2))])
        add(chime, grain, rng.uniform(0.1, 2.2), 0.05 * rng.uniform(0.3, 1), rng.uniform(-0.8, 0.8))
    return room(rng, wing_beats(rng, seconds, 14.0, 520.0) * level[:, None] + chime, 0.9, 0.25, 8000)


def _wings(rng: np.random.Generator) -> Signal:
    seconds = 3.0
    level = ramp(seconds, [(0, 1), (0.5, 1), (2.3, 0.25), (2.9, 0), (3, 0)])
    return room(rng, wing_beats(rng, seconds, 6.5, 180.0) * level[:, None], 0.5, 0.15)


def whale_call(rng: np.random.Generator, points: list[tuple[float, float]], seconds: float) -> Signal:
    """One moan or cry of a humpback, (n,): a slowly gliding rich tone."""
    pitch = ramp(seconds, points) * (1 + 0.006 * drift(rng, seconds, 4, -1, 1))
    voice = partials(pitch, formants([(260, 0.7, 0), (620, 0.5, -2), (1300, 0.6, -9), (2600, 0.8, -20)], 0.003), 24,
                     0.003, rng)
    return unit(voice) * hump(seconds) ** 0.6 * drift(rng, seconds, 5, 0.7, 1)


def _whale_song(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(12.0), 2))
    calls = ((0.1, 2.9, [(0, 150), (1.1, 290), (2.0, 240), (2.9, 130)]),
             (3.1, 2.0, [(0, 330), (0.5, 560), (1.3, 620), (2.0, 410)]),
             (5.3, 1.4, [(0, 700), (0.4, 980), (1.4, 520)]),
             (6.9, 3.0, [(0, 210), (0.8, 120), (2.2, 95), (3.0, 170)]))
    for at, length, points in calls:
        add(out, whale_call(rng, [(float(a), float(b)) for a, b in points], length), at, 1.0, rng.uniform(-0.3, 0.3))
    clicks = np.zeros((count(12.0), 2))
    for at in 6.4 + np.cumsum(np.linspace(0.12, 0.03, 12)):
        add(clicks, modes(0.03, [(1900, 1, 0.02), (3100, 0.6, 0.015)]), float(at), 0.15, 0.2)
    return room(rng, lowpass(out + clicks, 2600, 1), 4.5, 0.75, 1500)


def _fish_bubbles(rng: np.random.Generator) -> Signal:
    seconds = 4.5
    out = np.zeros((count(seconds), 2))
    for start in (0.15, 0.9, 1.2, 2.3, 2.9):
        for drop in np.sort(rng.exponential(0.16, int(rng.integers(4, 11)))):
            add(out, bubble(rng, rng.lognormal(np.log(620), 0.45)), start + min(float(drop), 1.2),
                rng.lognormal(-0.5, 0.5), rng.uniform(-0.6, 0.6))
    swish = unit(moving(noise(rng, seconds, 3), 220 + 200 * drift(rng, seconds, 1.5), 0.8))
    fade = ramp(seconds, [(0, 0), (0.3, 1), (3.4, 0.6), (4.4, 0), (4.5, 0)])
    return room(rng, lowpass(out, 3500, 1) + stereo(0.05 * swish * fade), 0.9, 0.3, 2500)


def bark(rng: np.random.Generator, pitch: float) -> Signal:
    """One bark, (n,): a fast arch of pitch through a wide-open mouth, with breath and growl."""
    seconds = 0.24
    curve = ramp(seconds, [(0, pitch * 0.75), (0.05, pitch * 1.35), (0.12, pitch * 1.1), (seconds, pitch * 0.6)])
    mouth = formants([(620, 0.35, 2), (1150, 0.3, 0), (2300, 0.35, -7), (3600, 0.5, -13)], 0.015)
    voice = unit(partials(curve, mouth, 40, 0.035, rng))
    breath = unit(shaped(noise(rng, seconds), mouth))
    level = ramp(seconds, [(0, 0), (0.018, 1), (0.1, 0.75), (0.17, 0.2), (seconds, 0)])
    return np.tanh((voice + 0.45 * breath) * level * 1.3)


def _dog_bark(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.6), 2))
    for at, gain in ((0.06, 0.9), (0.42, 1.0), (1.12, 0.95), (1.45, 0.8)):
        add(out, bark(rng, 410 * rng.uniform(0.92, 1.1)), at + rng.normal(0, 0.02), gain, -0.05)
    return room(rng, out, 0.45, 0.22)


def _dog_pant(rng: np.random.Generator) -> Signal:
    seconds = 4.0
    out = np.zeros((count(seconds), 2))
    for number in range(14):
        inward = number % 2
        mouth = formants([(1500 if inward else 900, 0.5, 0), (3200 if inward else 2300, 0.5, -4)])
        puff = unit(shaped(noise(rng, 0.2), mouth)) * hump(0.2) ** 1.5
        add(out, puff, number * seconds / 14 + rng.normal(0, 0.006), 0.7 if inward else 1.0)
    for number in range(8):
        add(out, footfall(rng, 140.0, 0.5), number * seconds / 8 + 0.1, 0.25, 0.2 * (-1) ** number)
    return room(rng, out, 0.25, 0.12)


def footfall(rng: np.random.Generator, body: float, grit: float) -> Signal:
    """One foot or hoof on earth, (n,): thud of `body` Hz and `grit` of loose ground."""
    thud = modes(0.22, [(body * rng.uniform(0.92, 1.08), 1.0, 0.11), (body * 2.3, 0.45, 0.07), (body * 5.1, 0.2, 0.03)])
    dirt = padded(unit(band(noise(rng, 0.12), 900, 5500)) * hit(0.12, 0.004, 0.1), 0.22)
    return thud + 0.25 * grit * dirt


def _gallop(rng: np.random.Generator) -> Signal:
    strides, seconds = 10, 4.4
    out = np.zeros((count(seconds), 2))
    for number in range(strides):
        start = number * seconds / strides
        for hoof, (delay, gain) in enumerate(((0.0, 0.85), (0.095, 0.8), (0.18, 1.0), (0.27, 0.5))):
            add(out, footfall(rng, (118, 104, 92, 126)[hoof], 1.1), start + delay + rng.normal(0, 0.005),
                gain * rng.uniform(0.85, 1.12), (-0.25, 0.25, -0.12, 0.12)[hoof])
        snort = unit(band(noise(rng, 0.16), 500, 2600)) * hump(0.16)
        add(out, snort, start + 0.3, 0.07, 0.0)
    return room(rng, out, 0.3, 0.14, 3000)


def _neigh(rng: np.random.Generator) -> Signal:
    seconds = 2.6
    shake = 1 + 0.075 * np.sin(2 * np.pi * np.cumsum(ramp(seconds, [(0, 13), (1, 11), (2.6, 7)])) / RATE) \
        * ramp(seconds, [(0, 0), (0.25, 0.4), (0.6, 1), (2.6, 1)])
    pitch = ramp(seconds, [(0, 520), (0.18, 1080), (0.5, 1180), (1.3, 820), (2.0, 430), (2.6, 260)]) * shake
    mouth = formants([(900, 0.5, 0), (1750, 0.4, 0), (3100, 0.45, -4), (4800, 0.5, -11)], 0.02)
    voice = unit(partials(pitch, mouth, 30, 0.022, rng))
    breath = unit(shaped(noise(rng, seconds), mouth))
    level = ramp(seconds, [(0, 0), (0.07, 0.8), (0.3, 1), (1.4, 0.75), (2.1, 0.32), (2.4, 0), (2.6, 0)]) \
        * (0.65 + 0.35 * (shake - 1) / 0.075)
    return room(rng, stereo((voice + ramp(seconds, [(0, .1), (1.2, .2), (2.6, .9)]) * breath) * level), 0.6, 0.22)


def _owl(rng: np.random.Generator) -> Signal:
    seconds = 4.5
    out = np.zeros((count(seconds), 2))
    for at, length, gain in ((0.1, 0.55, 0.9), (1.5, 0.16, 0.6), (1.8, 0.2, 0.7), (2.15, 1.0, 1.0)):
        pitch = ramp(length, [(0, 350), (length * 0.3, 395), (length, 360)]) \
            * (1 + 0.012 * np.sin(2 * np.pi * 9 * clock(length)))
        hoot = partials(pitch, lambda f: (350 / f) ** 3, 4, 0.002, rng) * hump(length) ** 0.7
        breath = unit(band(noise(rng, length), 300, 900)) * hump(length)
        add(out, unit(hoot) + 0.06 * breath, at, gain, 0.2)
    return room(rng, out, 1.8, 0.4, 2500)


def crickets(rng: np.random.Generator, seconds: float, singers: int) -> Signal:
    """Stridulating insects, (n, 2): chirps of pulses, each singer with its own pitch, rate and place."""
    out = np.zeros((count(seconds), 2))
    for _ in range(singers):
        hertz, rate, pan = rng.uniform(3900, 5600), rng.uniform(1.3, 2.6), rng.uniform(-1, 1)
        far = rng.uniform(0.1, 1) ** 1.5
        at = rng.uniform(0, 1 / rate)
        while at < seconds:
            pulses = int(rng.integers(3, 6))
            length = pulses * 0.018
            t = clock(length)
            chirp = np.sin(2 * np.pi * hertz * t) * np.sin(np.pi * (t % 0.018) / 0.018) ** 2 * (0.5 + t / length / 2)
            add(out, chirp, at, far * rng.uniform(0.8, 1), pan)
            at += rng.normal(1, 0.04) / rate
    return out


def buzzing(rng: np.random.Generator, seconds: float, passes: int) -> Signal:
    """Bees that come and go, (n, 2)."""
    out = np.zeros((count(seconds), 2))
    for at in np.sort(rng.random(passes)) * seconds:
        length = rng.uniform(1.6, 3.2)
        pitch = rng.uniform(170, 235) * (1 + 0.05 * drift(rng, length, 1.2, -1, 1))
        tone = unit(partials(pitch, lambda f: bell(f, 420, 1.1), 24, 0.006, rng)) \
            * hump(length) ** 2
        side = rng.choice([-1, 1])
        add(out, stereo(tone, side * np.linspace(-0.9, 0.9, len(tone))), float(at), rng.uniform(0.3, 1))
    return out


def _bees(rng: np.random.Generator) -> Signal:
    return room(rng, buzzing(rng, 7.0, 6) + 0.02 * unit(wide(rng, 7.0, 3)), 0.3, 0.1)


def _frogs(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(4.0), 2))
    for at in poisson(rng, 3.3, 3.2):
        base = rng.uniform(420, 640)
        croak = np.zeros((count(0.32), 2))
        for pulse in range(8):
            grain = modes(0.05, [(base, 1, 0.03), (base * 2.9, 0.5, 0.02)])
            add(croak, grain, 0.01 + pulse * 0.028, np.sin(np.pi * (pulse + 0.5) / 8))
        add(out, croak[:, 0], float(at), rng.uniform(0.3, 1), rng.uniform(-0.8, 0.8))
    return room(rng, out, 0.8, 0.25)


RECIPES = (
    Recipe("bird-song", "effect", "A bird sings", ("bird", "song", "singing", "chirp"),
           ("tweet", "songbird", "sparrow", "robin", "warble", "twitter", "morning", "finch", "flying bird"),
           _bird_song),
    Recipe("bird-wings", "effect", "A bird flaps its wings and flies off", ("bird", "wings", "flap", "flutter"),
           ("flying", "pigeon", "eagle", "dove", "takes off", "feathers", "flies", "soar", "bat"), _wings),
    Recipe("gull-cry", "effect", "Seagulls cry over the sea", ("gull", "seagull", "cry", "bird"),
           ("sea bird", "coast", "harbour", "beach", "calls", "albatross"), _gulls),
    Recipe("butterfly-flutter", "effect", "A butterfly flutters by", ("butterfly", "flutter", "wings"),
           ("moth", "insect", "delicate", "fairy", "dragonfly", "flying"), _butterfly),
    Recipe("whale-song", "effect", "A whale sings under water", ("whale", "song", "call"),
           ("humpback", "moan", "ocean", "deep", "sea creature", "dolphin", "orca", "underwater"), _whale_song),
    Recipe("fish-bubbles", "effect", "Bubbles rise around a fish", ("fish", "bubbles", "swim"),
           ("underwater", "aquarium", "goldfish", "diver", "shark", "gurgle", "turtle", "octopus"), _fish_bubbles),
    Recipe("dog-bark", "effect", "A dog barks", ("dog", "bark"),
           ("puppy", "hound", "woof", "canine", "barking"), _dog_bark),
    Recipe("dog-run", "effect", "A dog pants while it runs", ("dog", "pant", "run"),
           ("puppy", "hound", "running", "breath", "paws", "canine", "fox"), _dog_pant, True),
    Recipe("horse-gallop", "effect", "A horse gallops", ("horse", "gallop", "hooves"),
           ("running", "trot", "pony", "stallion", "ride", "rider", "mare", "hoofbeats", "cavalry", "deer", "unicorn"),
           _gallop, True),
    Recipe("horse-neigh", "effect", "A horse neighs", ("horse", "neigh"),
           ("whinny", "pony", "stallion", "mare", "rears", "foal"), _neigh),
    Recipe("owl-hoot", "effect", "An owl hoots", ("owl", "hoot"), ("barn owl", "tawny owl", "bird of the dark"), _owl),
    Recipe("bees", "effect", "Bees buzz around flowers", ("bee", "buzz", "insect"),
           ("bumblebee", "fly", "flower", "hive", "wasp", "garden"), _bees, True),
    Recipe("frogs", "effect", "Frogs croak at a pond", ("frog", "croak"), ("toad", "pond", "swamp", "marsh"), _frogs),
)
