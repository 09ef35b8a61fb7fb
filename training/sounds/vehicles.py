"""Cars, aeroplanes, trains, rockets, balloons and boats."""

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
    highpass,
    hit,
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
    whistling,
    wide,
)

_EXHAUST = formants([(95, 0.5, 0), (190, 0.4, -3), (420, 0.5, -9), (950, 0.7, -17), (2400, 0.9, -27)], 0.004)


def engine(rng: np.random.Generator, rpm: Signal, load: Signal) -> Signal:
    """A four-cylinder engine, (n,): half orders of the crank, strongest where cylinders fire, and load noise.

    `rpm` and `load` (0..1) are curves. One crank cycle is two turns, so order 4 of the half speed is the firing rate.
    """
    cycle = closed(rpm / 120)
    strength = {4: 1.0, 8: 0.75, 12: 0.5, 16: 0.34, 2: 0.42, 6: 0.36, 1: 0.12, 3: 0.16, 5: 0.18}
    phase = 2 * np.pi * np.cumsum(cycle) / RATE
    total = np.zeros(len(cycle))
    for order in range(1, 72):
        weight = strength.get(order, (0.8 if order % 4 == 0 else 0.22) * 3.2 / order) * rng.uniform(0.8, 1.2)
        wobble = rng.uniform(0, 2 * np.pi)
        total += weight * _EXHAUST(cycle * order) * np.sin(order * phase + wobble)
    total = unit(total)
    firing = 0.35 + 0.65 * np.maximum(0, np.sin(4 * phase)) ** 3
    breath = unit(band(noise(rng, len(cycle) / RATE, 2.0), 300, 2600)) * firing
    rasp = np.tanh(total * (1.2 + 1.6 * load))
    return (0.75 * rasp + 0.25 * total) * (0.55 + 0.45 * load) + breath * (0.05 + 0.16 * load)


def _car_drive(rng: np.random.Generator) -> Signal:
    seconds = 9.0
    load = drift(rng, seconds, 0.4, 0.35, 0.9)
    motor = engine(rng, 2700 + 260 * drift(rng, seconds, 0.25, -1, 1), load)
    tyres = band(wide(rng, seconds, 3.0), 120, 1600) * drift(rng, seconds, 2.0, 0.7, 1.0)[:, None]
    wind = band(wide(rng, seconds, 4.0), 300, 5000) * drift(rng, seconds, 0.6, 0.4, 1.0)[:, None]
    return room(rng, stereo(motor, -0.1) + 0.16 * unit(tyres) + 0.07 * unit(wind), 0.25, 0.2)


def _car_rev(rng: np.random.Generator) -> Signal:
    seconds = 5.0
    rpm = ramp(seconds, [(0, 900), (0.35, 1000), (1.35, 5200), (1.55, 3300), (2.7, 5600), (2.9, 3900), (4.3, 5800),
                         (5, 6000)])
    load = ramp(seconds, [(0, 0.15), (0.4, 0.9), (1.35, 1), (1.45, 0.1), (1.6, 1), (2.7, 1), (2.8, 0.1), (2.95, 1),
                          (5, 1)])
    level = ramp(seconds, [(0, 0.0), (0.08, 0.45), (0.5, 0.75), (1.4, 1), (3.4, 0.85), (4.95, 0.0), (5, 0)])
    return room(rng, stereo(engine(rng, rpm, load) * level, np.linspace(-0.35, 0.5, count(seconds))), 0.5, 0.25)


def passing(rng: np.random.Generator, source: Signal, speed: float, nearest: float) -> Signal:
    """`source` (n,) driven past the listener: Doppler, 1/r, air absorption and pan. Nearest at its middle."""
    n = len(source)
    t = (np.arange(n) - n / 2) / RATE
    path = speed * t
    far = np.hypot(path, nearest)
    heard = np.interp(np.arange(n) - (far - nearest) / 343 * RATE, np.arange(n), source, period=n)
    near = nearest / far
    dull = lowpass(heard, 700, 1)
    return stereo((heard * near**1.2 * near + dull * near * (1 - near)) * np.hanning(n) ** 0.25,
                  np.clip(path / np.maximum(far, 1e-6), -1, 1) * 0.85)


def _car_pass(rng: np.random.Generator) -> Signal:
    seconds = 4.5
    motor = engine(rng, np.full(count(seconds), 4300.0), np.full(count(seconds), 0.8))
    tyres = unit(band(noise(rng, seconds, 2.5), 250, 5000))
    return room(rng, passing(rng, 0.7 * motor + 0.55 * tyres, 34.0, 5.0), 0.6, 0.16)


def _car_skid(rng: np.random.Generator) -> Signal:
    seconds = 2.4
    grip = ramp(seconds, [(0, 0), (0.06, 1), (1.1, 0.8), (1.7, 0.35), (2.1, 0), (seconds, 0)])
    squeal = np.zeros(count(seconds))
    for base in (760.0, 1010.0, 1345.0):
        pitch = base * (1 + 0.05 * drift(rng, seconds, 6, -1, 1)) * (1 - 0.13 * clock(seconds) / seconds)
        squeal += partials(pitch, formants([(1000, 0.6, 0), (2400, 0.8, -9), (4500, 0.8, -18)]), 8, 0.018, rng) \
            * drift(rng, seconds, 9, 0.25, 1)
    rub = unit(band(noise(rng, seconds, 1.0), 500, 4200)) * drift(rng, seconds, 14, 0.5, 1)
    return room(rng, stereo((unit(squeal) + 0.5 * rub) * grip, np.linspace(-0.4, 0.4, count(seconds))), 0.5, 0.2)


def _car_horn(rng: np.random.Generator) -> Signal:
    seconds = 1.6
    tone = sum(partials(np.full(count(seconds), hertz), formants([(500, 0.8, 0), (1500, 0.9, -4), (3200, 0.8, -12)]),
                        30, 0.001, rng) for hertz in (405.0, 508.0))
    gate = ramp(seconds, [(0, 0), (0.015, 1), (0.22, 1), (0.25, 0), (0.36, 0), (0.375, 1), (1.0, 1), (1.04, 0),
                          (seconds, 0)])
    return room(rng, stereo(unit(np.asarray(tone)) * gate), 0.5, 0.3)


def _blades(rng: np.random.Generator, seconds: float, blades: float) -> Signal:
    pitch = closed(blades * (1 + 0.006 * drift(rng, seconds, 0.5, -1, 1)))
    chop = partials(pitch, lambda f: (bell(f, 130, 1.3) + 0.25 * bell(f, 700, 1.2)) / np.sqrt(f / 80), 36)
    exhaust = partials(closed(pitch * 1.5), lambda f: bell(f, 210, 0.8), 20)
    return unit(chop) + 0.45 * unit(exhaust)


def _propeller(rng: np.random.Generator) -> Signal:
    seconds = 10.0
    left, right = _blades(rng, seconds, 82.0), _blades(rng, seconds, 83.1)
    body = stereo(left, -0.45) + stereo(right, 0.45)
    air = unit(band(wide(rng, seconds, 3.5), 150, 3500)) * drift(rng, seconds, 0.5, 0.6, 1)[:, None]
    return body + 0.3 * air


def _plane_pass(rng: np.random.Generator) -> Signal:
    seconds = 6.0
    return room(rng, passing(rng, _blades(rng, seconds, 98) + 0.2 * noise(rng, seconds, 4), 62.0, 30.0), 1.2, 0.2)


def _jet_pass(rng: np.random.Generator) -> Signal:
    seconds = 7.0
    roar = unit(band(noise(rng, seconds, 3.0), 60, 2500)) * drift(rng, seconds, 12, 0.75, 1)
    tearing = unit(band(noise(rng, seconds, 1.0), 500, 7000))
    whine = partials(np.full(count(seconds), 2350.0), lambda f: 1 / (f / 2000), 3, 0.002, rng)
    behind = ramp(seconds, [(0, 0.25), (3.2, 0.5), (4.2, 1), (5.6, 1), (seconds, 0.25)])
    source = roar * behind + 0.3 * tearing * behind + 0.10 * unit(whine) * (1.3 - behind)
    return room(rng, passing(rng, source, 120.0, 90.0), 2.2, 0.3, 2500)


def _steam_chuff(rng: np.random.Generator) -> Signal:
    seconds, chuffs = 8.0, 32
    out = np.zeros((count(seconds), 2))
    for number in range(chuffs):
        accent = (1.0, 0.72, 0.85, 0.68)[number % 4] * rng.uniform(0.9, 1.1)
        puff = noise(rng, 0.34, 2.0) * hit(0.34, 0.016, 0.36)
        puff = shaped(padded(puff, 0.4), formants([(160, 0.6, 2), (480, 0.5, 0), (1100, 0.8, -6), (3500, 1, -14)]))
        add(out, unit(puff) * accent, number * seconds / chuffs + rng.normal(0, 0.004), 1.0, rng.uniform(-0.15, 0.15))
        if number % 2 == 0:
            clank = modes(0.2, [(rng.uniform(640, 700), 1, 0.12), (1570, 0.6, 0.09), (2890, 0.4, 0.06)])
            add(out, clank, number * seconds / chuffs + 0.09, 0.2 * accent, 0.3)
    hiss = unit(highpass(wide(rng, seconds, 1.0), 2500)) * drift(rng, seconds, 1.0, 0.4, 1)[:, None]
    rumble = unit(band(wide(rng, seconds, 4.0), 40, 300))
    return room(rng, out + 0.05 * hiss + 0.16 * rumble, 0.7, 0.22)


def _train_whistle(rng: np.random.Generator) -> Signal:
    seconds = 5.0
    total = np.zeros(count(seconds))
    breath = ramp(seconds, [(0, 0), (0.12, 0.8), (0.3, 1), (0.75, 0.9), (0.95, 0.0), (1.15, 0.0), (1.3, 0.95),
                            (2.6, 1), (3.1, 0.6), (3.5, 0), (seconds, 0)])
    for hertz, gain in ((311.0, 1.0), (392.0, 0.9), (466.0, 0.85), (587.0, 0.7), (698.0, 0.35)):
        pitch = hertz * (0.93 + 0.07 * np.minimum(breath * 1.15, 1)) * (1 + 0.004 * drift(rng, seconds, 5, -1, 1))
        total += gain * partials(pitch, lambda f: (300 / f) ** 1.6, 7, 0.0015, rng)
    steam = unit(moving(noise(rng, seconds, 0.5), np.full(count(seconds), 1800.0), 1.2))
    return room(rng, stereo((unit(total) + 0.16 * steam) * breath, -0.15), 2.4, 0.5, 3000)


def _train_wheels(rng: np.random.Generator) -> Signal:
    seconds, joints = 8.0, 10
    out = 0.2 * unit(band(wide(rng, seconds, 4.0), 50, 900)) * drift(rng, seconds, 1.5, 0.75, 1)[:, None]
    for number in range(joints):
        for axle, delay in enumerate((0.0, 0.105, 0.40, 0.505)):
            knock = modes(0.25, [(rng.uniform(88, 100), 1.0, 0.16), (rng.uniform(205, 230), 0.8, 0.1),
                                 (rng.uniform(880, 990), 0.35, 0.05), (rng.uniform(2100, 2500), 0.2, 0.03)])
            at = number * seconds / joints + delay * 0.8 + rng.normal(0, 0.003)
            add(out, knock, at, (1.5, 1.15, 1.35, 1.0)[axle] * rng.uniform(0.85, 1.1), -0.25 if axle < 2 else 0.25)
    squeak = whistling(rng, 2600 * (1 + 0.2 * drift(rng, seconds, 1, -1, 1)), 60.0)
    return room(rng, out + stereo(0.04 * unit(squeak) * drift(rng, seconds, 0.7, 0, 1) ** 3, 0.4), 0.35, 0.25, 2500)


def _crackle(rng: np.random.Generator, seconds: float, rate: float) -> Signal:
    """Shock waves of a rocket's jet: many steep, skewed pulses of log-normal size."""
    out = np.zeros((count(seconds), 2))
    for at in poisson(rng, seconds, rate):
        length = rng.uniform(0.002, 0.009)
        t = np.linspace(-0.15, 1, count(length))
        wave = np.where(t < 0, 1 + t / 0.15, (1 - 2.2 * t) * (t < 0.9))
        add(out, wave, at, rng.lognormal(0, 0.7), rng.uniform(-0.8, 0.8))
    return out


def _rocket_launch(rng: np.random.Generator) -> Signal:
    seconds = 11.0
    thrust = ramp(seconds, [(0, 0.02), (0.5, 0.2), (1.3, 1), (4.5, 1), (9.5, 0.12), (10.9, 0), (seconds, 0)])
    roar = unit(band(wide(rng, seconds, 4.0, 0.45), 25, 900)) * drift(rng, seconds, 8, 0.7, 1.1)[:, None]
    blast = unit(band(wide(rng, seconds, 1.5), 400, 6000)) * drift(rng, seconds, 14, 0.6, 1)[:, None]
    snap = unit(_crackle(rng, seconds, 210)) * ramp(seconds, [(0, 0), (1, 0.4), (3, 1), (8, 0.7), (11, 0)])[:, None]
    far = ramp(seconds, [(0, 1), (4, 1), (10, 0.08), (11, 0.05)])[:, None]
    near = (0.34 * blast + 0.5 * lowpass(snap, 5000)) * far
    return np.tanh(room(rng, (roar + near) * thrust[:, None], 2.0, 0.3) * 0.4)


def _rocket_ignition(rng: np.random.Generator) -> Signal:
    seconds = 6.0
    hiss = unit(highpass(wide(rng, seconds, 0.5), 1800)) \
        * ramp(seconds, [(0, 0), (0.5, 0.25), (0.95, 0.4), (1.05, 0), (6, 0)])[:, None]
    bang = stereo(np.sin(2 * np.pi * np.cumsum(35 + 70 * np.exp(-clock(1.0) * 9)) / RATE) * hit(1.0, 0.004, 0.9))
    fire = unit(band(wide(rng, seconds, 3.0), 30, 3000)) * drift(rng, seconds, 11, 0.7, 1)[:, None] \
        * ramp(seconds, [(0, 0), (1.0, 0), (1.06, 1.5), (1.5, 0.85), (3, 0.6), (4.4, 0), (6, 0)])[:, None]
    out = hiss + fire
    add(out, bang, 1.0, 2.2)
    snap = lowpass(unit(_crackle(rng, seconds, 120)), 5000)
    return np.tanh(0.35 * room(rng, out + 0.5 * fire * np.clip(snap, -4, 4), 1.6, 0.3))


def _balloon_burner(rng: np.random.Generator) -> Signal:
    seconds = 4.2
    valve = ramp(seconds, [(0, 0), (0.15, 0), (0.24, 1.25), (0.5, 1), (2.9, 0.95), (3.1, 0.12), (3.8, 0), (4.2, 0)])
    flame = unit(band(wide(rng, seconds, 3.0, 0.6), 70, 1400)) * drift(rng, seconds, 16, 0.6, 1.1)[:, None]
    gas = unit(band(wide(rng, seconds, 0.0), 2500, 9000))
    return room(rng, (flame + 0.22 * gas) * valve[:, None], 0.9, 0.22)


def _sail_flap(rng: np.random.Generator) -> Signal:
    seconds = 3.6
    out = np.zeros((count(seconds), 2))
    at = 0.12
    while at < 2.9:
        clap = unit(shaped(padded(noise(rng, 0.16, 1.5) * hit(0.16, 0.006, rng.uniform(0.09, 0.16)), 0.25),
                           formants([(170, 0.6, 4), (620, 0.7, 0), (1900, 0.9, -6), (5000, 0.8, -12)])))
        add(out, clap, at, rng.lognormal(-0.1, 0.35) * np.sin(np.pi * min(1, at / 3.1)) ** 0.5, rng.uniform(-0.5, 0.5))
        at += rng.uniform(0.07, 0.2)
    gust = unit(moving(noise(rng, seconds, 2), 500 + 400 * drift(rng, seconds, 1), 0.9))
    return room(rng, out + stereo(0.2 * gust * ramp(seconds, [(0, 0), (1, 1), (2.6, 0.8), (3.6, 0)])), 0.4, 0.15)


def creak(rng: np.random.Generator, seconds: float, rates: list[tuple[float, float]], base: float) -> Signal:
    """Wood under strain, (n,): stick-slip pulses at a moving rate, each striking the same modes a little anew."""
    out = np.zeros((count(seconds), 2))
    rate = ramp(seconds, rates)
    body = [(base * ratio, 1 / (1 + index * 0.55), 0.06 / (1 + 0.4 * index))
            for index, ratio in enumerate((1, 1.52, 2.31, 3.07, 4.62, 6.4))]
    at = 0.02
    while at < seconds - 0.1:
        speed = rate[int(at * RATE)]
        if speed < 8:
            at += 0.02
            continue
        slip = modes(0.08, [(f * rng.uniform(0.985, 1.015), g * rng.uniform(0.6, 1.2), d) for f, g, d in body])
        add(out, slip, at, rng.uniform(0.5, 1.0) * min(1.0, speed / 40))
        at += (1 / speed) * rng.lognormal(0, 0.12)
    return out[:, 0]


def _boat_creak(rng: np.random.Generator) -> Signal:
    seconds = 5.0
    first = creak(rng, seconds, [(0, 0), (0.3, 25), (1.2, 75), (1.6, 40), (1.9, 0), (5, 0)], 330)
    second = creak(rng, seconds, [(0, 0), (2.3, 0), (2.5, 30), (3.4, 55), (3.9, 85), (4.2, 0), (5, 0)], 245)
    return room(rng, stereo(first, -0.35) + stereo(second, 0.3), 0.45, 0.3, 2500)


def _hull_waves(rng: np.random.Generator) -> Signal:
    seconds = 10.0
    out = 0.25 * unit(band(wide(rng, seconds, 4.0), 80, 900)) * drift(rng, seconds, 0.5, 0.4, 1)[:, None]
    for at in np.arange(0, seconds, 1.25) + rng.normal(0, 0.18, 8):
        slap = unit(moving(noise(rng, 0.9, 2.0), ramp(0.9, [(0, 350), (0.1, 1100), (0.9, 420)]), 0.9)) \
            * ramp(0.9, [(0, 0), (0.07, 1), (0.35, 0.35), (0.9, 0)])
        add(out, slap, at, rng.uniform(0.35, 1.0), rng.uniform(-0.5, 0.5))
        for drop in poisson(rng, 1.2, 22):
            add(out, bubble(rng, rng.uniform(350, 1300)), at + 0.15 + drop, 0.16 * rng.lognormal(0, 0.5),
                rng.uniform(-0.7, 0.7))
    return room(rng, out, 0.3, 0.15)


def bubble(rng: np.random.Generator, hertz: float) -> Signal:
    """One bubble, (n,): a decaying sine that rises as it nears the surface (Minnaert 1933; van den Doel 2005)."""
    seconds = min(0.25, 40 / hertz)
    t = clock(seconds)
    rise = 1 + rng.uniform(0.5, 2.5) * t
    return np.sin(2 * np.pi * np.cumsum(hertz * rise) / RATE) * hit(seconds, 0.002, seconds * rng.uniform(0.5, 0.9))


RECIPES = (
    Recipe("car-drive", "effect", "A car engine driving along the road", ("car", "engine", "drive", "road"),
           ("automobile", "motor", "vehicle", "sedan", "motorcar", "taxi", "truck", "tractor", "motorcycle", "bus"),
           _car_drive, True),
    Recipe("car-rev", "effect", "A car revs its engine and accelerates away through the gears",
           ("car", "rev", "accelerate", "race"),
           ("speeding", "gear", "racing car", "automobile", "sports car", "overtake", "chase", "start"), _car_rev),
    Recipe("car-pass", "effect", "A car races past", ("car", "pass", "race", "fast"),
           ("pass-by", "drives by", "speeds past", "automobile", "vehicle", "racing", "road", "doppler"), _car_pass),
    Recipe("car-skid", "effect", "Car tyres skid and screech", ("skid", "tyre", "screech", "brake", "drift"),
           ("tires", "squeal", "braking", "car", "swerve", "turn sharply", "bend", "curve", "corner"), _car_skid),
    Recipe("car-horn", "effect", "A car horn honks twice", ("horn", "honk", "beep"),
           ("car", "hoot", "traffic", "klaxon", "taxi"), _car_horn),
    Recipe("airplane-propeller", "effect", "An airplane with propellers drones in flight",
           ("airplane", "propeller", "flying", "drone"),
           ("aeroplane", "plane", "aircraft", "engine", "biplane", "wings", "flight"), _propeller,
           True),
    Recipe("airplane-pass", "effect", "A propeller airplane flies past low overhead", ("airplane", "pass", "flyby"),
           ("aeroplane", "plane", "aircraft", "swoops", "dives", "overhead", "race", "doppler"), _plane_pass),
    Recipe("jet-pass", "effect", "A jet plane passes high in the sky", ("jet", "airplane", "pass"),
           ("airliner", "fighter", "aircraft", "plane", "flyover", "supersonic"), _jet_pass),
    Recipe("train-steam", "effect", "A steam train chuffs along", ("train", "steam", "locomotive", "chuff"),
           ("railway", "railroad", "engine", "puffing", "smoke", "rails"), _steam_chuff, True),
    Recipe("train-whistle", "effect", "A steam train whistle blows", ("train", "whistle"),
           ("locomotive", "railway", "toot", "hoot", "steam", "signal"), _train_whistle),
    Recipe("train-wheels", "effect", "Train wheels clatter over the rails", ("train", "wheels", "rails", "track"),
           ("railway", "railroad", "carriage", "wagon", "clickety clack", "tram", "subway"), _train_wheels, True),
    Recipe("rocket-launch", "effect", "A rocket launches with a deep roar", ("rocket", "launch", "liftoff", "roar"),
           ("spaceship", "spacecraft", "blast off", "takes off", "missile", "shuttle", "rises", "thrust"),
           _rocket_launch),
    Recipe("rocket-ignition", "effect", "Rocket engines ignite", ("rocket", "ignition", "engine"),
           ("ignite", "spaceship", "spacecraft", "thruster", "booster", "start", "countdown"), _rocket_ignition),
    Recipe("balloon-burner", "effect", "The burner of a hot-air balloon roars", ("balloon", "burner", "flame"),
           ("hot air balloon", "gas", "basket", "airship", "floating", "drifting"), _balloon_burner),
    Recipe("sail-flap", "effect", "A sail flaps in the wind", ("sail", "flap", "boat"),
           ("sailing", "sailboat", "canvas", "flag", "cloth", "rigging", "yacht"), _sail_flap),
    Recipe("boat-creak", "effect", "The wooden hull of a boat creaks", ("boat", "creak", "wood", "ship"),
           ("sailing", "hull", "mast", "rope", "timber", "deck", "sailboat", "vessel"), _boat_creak),
    Recipe("hull-waves", "effect", "Waves slap against the hull of a boat", ("boat", "hull", "waves", "water"),
           ("sailing", "ship", "yacht", "sailboat", "lapping", "harbour", "rowing", "canoe"), _hull_waves, True),
)
