"""Robots, astronauts, signals, mills and things of every day."""

import numpy as np

from training.sounds.animals import footfall
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
from training.sounds.places import babble
from training.sounds.vehicles import creak


def servo(rng: np.random.Generator, seconds: float, low: float, high: float) -> Signal:
    """An electric joint that turns, (n,): a whine that spins up and down, gear noise."""
    pitch = ramp(seconds, [(0, low), (seconds * 0.3, high), (seconds * 0.75, high * 0.93), (seconds, low * 0.8)])
    whine = partials(pitch, lambda f: bell(f, 900, 1.2) + 0.4 * bell(f, 3200, 0.8), 16, 0.006, rng)
    gears = unit(band(noise(rng, seconds), 1500, 6000)) * (0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(pitch / 4) / RATE))
    return (unit(whine) + 0.2 * gears) * ramp(seconds, [(0, 0), (0.03, 1), (seconds - 0.05, 0.8), (seconds, 0)])


def clank(rng: np.random.Generator, size: float) -> Signal:
    """Metal on ground, (n,); `size` 1 is a heavy foot."""
    base = 210 / size
    tones = [(base * ratio * rng.uniform(0.98, 1.02), gain, decay) for ratio, gain, decay in
             ((1, 1, 0.35), (2.32, 0.8, 0.4), (4.25, 0.55, 0.3), (6.63, 0.4, 0.22), (9.38, 0.25, 0.15),
              (13.1, 0.15, 0.1))]
    thud = padded(np.sin(2 * np.pi * 70 / size * clock(0.2)) * hit(0.2, 0.002, 0.18), 0.6)
    tick = padded(unit(highpass(noise(rng, 0.03), 1500)) * hit(0.03, 0.0005, 0.02), 0.6)
    return modes(0.6, tones) * 0.5 + 1.3 * thud + 0.25 * tick


def _robot_steps(rng: np.random.Generator) -> Signal:
    seconds, steps = 4.8, 6
    out = np.zeros((count(seconds), 2))
    for number in range(steps):
        at, side = number * seconds / steps, 0.25 * (-1) ** number
        low = rng.uniform(180, 220) * (1.15 if number % 2 else 1)
        add(out, servo(rng, 0.42, low, low * 2.3), at + 0.05, 0.3, side)
        add(out, servo(rng, 0.16, low * 1.9, low * 1.2), at + 0.5, 0.18, side)
        add(out, clank(rng, rng.uniform(0.95, 1.08)), at + 0.62, 1.1 * rng.uniform(0.85, 1), side)
    return room(rng, out, 0.5, 0.22)


def _robot_servo(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.4), 2))
    for at, length, low, high in ((0.05, 0.7, 240, 700), (0.85, 0.3, 420, 560), (1.25, 0.75, 300, 860)):
        add(out, servo(rng, length, low, high), at, 0.8, rng.uniform(-0.3, 0.3))
    add(out, clank(rng, 0.45), 2.0, 0.35)
    return room(rng, out, 0.4, 0.18) * ramp(2.4, [(0, 1), (2.2, 1), (2.39, 0), (2.4, 0)])[:, None]


def _robot_beeps(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(2.8), 2))
    at = 0.05
    for _ in range(12):
        length = float(rng.choice([0.06, 0.09, 0.15]))
        start = 700 * 2 ** (rng.integers(0, 17) / 12)
        pitch = np.linspace(start, start * rng.choice([1, 1, 1.5, 0.7, 2.0]), count(length))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        tone = np.sin(phase + 1.4 * np.sin(2 * phase) * np.exp(-clock(length) * 12))
        add(out, tone * ramp(length, [(0, 0), (0.004, 1), (length - 0.008, 0.8), (length, 0)]), at, 0.7,
            rng.uniform(-0.2, 0.2))
        at += length + float(rng.choice([0.02, 0.04, 0.11]))
    return room(rng, out, 0.4, 0.18)


def _breathing(rng: np.random.Generator) -> Signal:
    seconds = 8.0
    out = np.zeros((count(seconds), 2))
    for start in (0.0, 4.0):
        for at, length, peaks, gain in ((0.1, 1.3, [(1150, 0.4, 0), (2700, 0.4, -3), (4800, 0.5, -10)], 0.75),
                                        (1.75, 1.7, [(520, 0.5, 0), (1350, 0.5, -5), (2600, 0.5, -14)], 1.0)):
            breath = unit(shaped(noise(rng, length), formants(peaks))) * drift(rng, length, 9, 0.75, 1)
            breath *= ramp(length, [(0, 0), (length * 0.25, 1), (length * 0.6, 0.8), (length, 0)])
            add(out, breath, start + at + rng.normal(0, 0.04), gain)
        click = modes(0.05, [(1350, 1, 0.02), (2900, 0.5, 0.015)])
        add(out, click, start + 1.55, 0.5)
        add(out, click, start + 3.6, 0.35)
    fan = unit(band(wide(rng, seconds, 3, 0.8), 150, 1500))
    return room(rng, out, 0.12, 0.35, 3000) + 0.05 * fan


def _radio(rng: np.random.Generator) -> Signal:
    seconds = 4.2
    talk = ramp(seconds, [(0, 0), (0.55, 0), (0.6, 1), (3.2, 1), (3.25, 0), (4.2, 0)])
    voice = unit(babble(rng, seconds, 1, 0.05)[:, 0])
    voice = unit(band(np.tanh(band(voice, 500, 2600, 4) * 3), 450, 2900, 4)) * 0.6 * talk
    static = unit(band(noise(rng, seconds), 600, 3200, 3)) * (0.10 + 0.05 * drift(rng, seconds, 12)) \
        * ramp(seconds, [(0, 0), (0.1, 1), (3.7, 1), (3.9, 0), (4.2, 0)])
    out = stereo(0.7 * voice + static)
    beep = ramp(0.25, [(0, 0), (0.006, 1), (0.244, 1), (0.25, 0)])
    add(out, np.sin(2 * np.pi * 2525 * clock(0.25)) * beep, 0.22, 0.4)
    add(out, np.sin(2 * np.pi * 2475 * clock(0.25)) * beep, 3.35, 0.4)
    return out


def _foghorn(rng: np.random.Generator) -> Signal:
    seconds = 7.5
    pitch = ramp(seconds, [(0, 104), (0.3, 116), (2.7, 116), (2.95, 82), (3.5, 78), (seconds, 78)])
    reed = partials(pitch, formants([(230, 0.6, 0), (480, 0.5, -3), (980, 0.7, -11), (2200, 0.7, -22)], 0.003), 44,
                    0.003, rng)
    level = ramp(seconds, [(0, 0), (0.25, 0.9), (0.6, 1), (2.65, 0.95), (2.85, 0.7), (3.35, 0.6), (3.6, 0), (7.5, 0)])
    blow = stereo(unit(reed) * level + 0.05 * unit(band(noise(rng, seconds), 200, 1500)) * level)
    far = np.zeros_like(blow)
    far[count(1.1):] = lowpass(blow, 320)[:-count(1.1), ::-1]
    return room(rng, blow + 0.2 * far, 3.2, 0.45, 1400)


def _windmill(rng: np.random.Generator) -> Signal:
    seconds, turns = 8.0, 2
    out = np.zeros((count(seconds), 2))
    for number in range(turns):
        start = number * seconds / turns
        groan = creak(rng, 1.7, [(0, 0), (0.2, 22), (0.9, 52), (1.3, 30), (1.6, 0), (1.7, 0)], 290)
        add(out, groan, start + 0.3, 0.9, -0.2)
        add(out, creak(rng, 0.9, [(0, 0), (0.1, 60), (0.5, 95), (0.8, 0), (0.9, 0)], 410), start + 2.4, 0.5, 0.3)
        for sail in range(4):
            swish = unit(moving(noise(rng, 0.9, 1.5), ramp(0.9, [(0, 300), (0.45, 900), (0.9, 350)]), 0.7)) \
                * hump(0.9) ** 2
            add(out, swish, start + sail * seconds / turns / 4, 0.42, 0.5 * (-1) ** sail)
        add(out, modes(0.3, [(140, 1, 0.2), (330, 0.6, 0.12), (720, 0.2, 0.06)]), start + 2.2, 0.6)
    return room(rng, out + 0.05 * unit(wide(rng, seconds, 4)), 0.5, 0.22, 3000)


def _bell_toll(rng: np.random.Generator) -> Signal:
    seconds, base = 6.5, 392.0
    tones = []
    for ratio, gain, decay in ((0.5, 0.55, 6.5), (1, 0.7, 5.0), (1.183, 0.6, 4.2), (1.506, 0.35, 3.0), (2, 1.0, 3.6),
                               (2.514, 0.4, 2.2), (2.662, 0.3, 2.0), (3.011, 0.35, 1.6), (4.166, 0.25, 1.1),
                               (5.433, 0.16, 0.8), (6.796, 0.1, 0.5)):
        tones += [(base * ratio * 0.9993, gain / 2, decay), (base * ratio * 1.0007, gain / 2, decay * 0.93)]
    strike = padded(unit(band(noise(rng, 0.03), 800, 6000)) * hit(0.03, 0.0005, 0.025), seconds)
    sound = modes(seconds, tones) + 0.3 * strike
    return room(rng, stereo(sound * ramp(seconds, [(0, 1), (5, 1), (6.45, 0), (6.5, 0)])), 1.6, 0.2)


def _heartbeat(rng: np.random.Generator) -> Signal:
    seconds, beats = 5.0, 6
    out = np.zeros((count(seconds), 2))
    for number in range(beats):
        for delay, hertz, gain in ((0.0, 52.0, 1.0), (0.29, 64.0, 0.65)):
            t = clock(0.28)
            thump = np.sin(2 * np.pi * np.cumsum(hertz * (1 + 0.7 * np.exp(-t * 40))) / RATE) * hit(0.28, 0.012, 0.24)
            body = unit(band(noise(rng, 0.28, 3), 60, 260)) * hit(0.28, 0.01, 0.16)
            add(out, thump + 0.16 * body, number * seconds / beats + delay + 0.02, gain)
    return room(rng, np.tanh(out * 1.2), 0.2, 0.2, 400)


def _footsteps(rng: np.random.Generator) -> Signal:
    seconds, steps = 4.4, 8
    out = np.zeros((count(seconds), 2))
    for number in range(steps):
        at, pan = number * seconds / steps + rng.normal(0, 0.02) + 0.03, 0.15 * (-1) ** number
        add(out, footfall(rng, 125, 0.3), at, 0.8 * rng.uniform(0.85, 1.1), pan)
        add(out, footfall(rng, 190, 0.3), at + 0.1, 0.4, pan)
        for grain in np.concatenate([rng.exponential(0.03, 45), 0.1 + rng.exponential(0.04, 40)]):
            stone = modes(0.02, [(rng.uniform(1800, 5200), 1, 0.012)])
            add(out, stone, at + float(grain), 0.12 * rng.lognormal(0, 0.6), pan + rng.uniform(-0.2, 0.2))
    return room(rng, out, 0.3, 0.14)


def _door(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(3.4), 2))
    add(out, modes(0.1, [(1900, 1, 0.05), (3300, 0.6, 0.04)]), 0.05, 0.25)
    hinge = creak(rng, 1.7, [(0, 0), (0.1, 25), (0.7, 70), (1.2, 130), (1.5, 160), (1.6, 0), (1.7, 0)], 380)
    add(out, hinge, 0.25, 0.8)
    slam = modes(0.5, [(78, 1.2, 0.3), (148, 1, 0.2), (260, 0.7, 0.14), (560, 0.4, 0.08), (1250, 0.25, 0.05)])
    slam[:count(0.03)] += 0.8 * noise(rng, 0.03) * hit(0.03, 0.0005, 0.03)
    add(out, slam, 2.15, 1.9)
    return room(rng, out, 0.9, 0.3)


def _explosion(rng: np.random.Generator) -> Signal:
    seconds = 6.0
    t = clock(seconds)
    blast = moving(noise(rng, seconds, 1.0), 90 + 3500 * np.exp(-t * 3.2), 1.5)
    out = stereo(unit(blast) * 10 ** (-3 * t / 3.0) * np.minimum(t / 0.003, 1))
    out += 0.5 * wide(rng, seconds, 3) * (10 ** (-3 * t / 4.0) * np.minimum(t / 0.05, 1))[:, None]
    add(out, np.sin(2 * np.pi * np.cumsum(36 + 60 * np.exp(-clock(1.6) * 5)) / RATE) * hit(1.6, 0.003, 1.5), 0.0, 2.0)
    for at in 0.35 + rng.exponential(0.7, 90):
        if at < 4.8:
            piece = modes(0.06, [(rng.uniform(300, 2800), 1, 0.04)]) + 0.3 * padded(noise(rng, 0.03), 0.06)
            add(out, piece, float(at), 0.2 * rng.lognormal(0, 0.7) * np.exp(-at / 1.1), rng.uniform(-1, 1))
    sound = np.tanh(room(rng, np.tanh(out * 1.6), 2.6, 0.4, 2200) * 0.9)
    return sound * ramp(seconds, [(0, 1), (4.5, 1), (5.95, 0), (6, 0)])[:, None]


def _whoosh(rng: np.random.Generator) -> Signal:
    seconds = 1.5
    speed = np.exp(-0.5 * ((clock(seconds) - 0.65) / 0.2) ** 2)
    air = unit(moving(noise(rng, seconds, 1.0), 180 + 2600 * speed**1.5, 0.6))
    return stereo(air * speed**1.3, np.tanh((clock(seconds) - 0.65) * 5) * 0.85)


def _crash(rng: np.random.Generator) -> Signal:
    seconds = 3.2
    out = np.zeros((count(seconds), 2))
    for at in np.concatenate([[0.02, 0.05, 0.09], 0.1 + rng.exponential(0.28, 16)]):
        if at < 2.4:
            add(out, clank(rng, rng.uniform(0.35, 1.1)), float(at), rng.uniform(0.2, 1.1) * np.exp(-at),
                rng.uniform(-0.7, 0.7))
    add(out, unit(band(noise(rng, 0.6, 1.5), 150, 5000)) * hit(0.6, 0.002, 0.5), 0.03, 1.3)
    for at in poisson(rng, 1.8, 60):
        add(out, modes(0.05, [(rng.uniform(4000, 9000), 1, 0.04)]), 0.1 + float(at), 0.16 * np.exp(-at), 0.5)
    return np.tanh(room(rng, out, 0.8, 0.25) * 1.3)


def _sparkle(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(3.6), 2))
    scale = np.array([1047, 1175, 1319, 1568, 1760, 2093, 2349, 2637, 3136, 3520, 4186])
    for number in range(26):
        note = float(scale[min(10, int(number / 2.6) + int(rng.integers(0, 2)))])
        add(out, modes(1.2, [(note, 1, 1.0), (note * 2.76, 0.35, 0.4), (note * 5.4, 0.15, 0.2)]),
            0.05 + number * 0.055 + rng.normal(0, 0.01), 0.25 * rng.uniform(0.5, 1), rng.uniform(-0.8, 0.8))
    return room(rng, out, 1.8, 0.4, 9000) * ramp(3.6, [(0, 1), (2.6, 1), (3.58, 0), (3.6, 0)])[:, None]


def _ticking(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(4.0), 2))
    for number in range(8):
        base = 2600 if number % 2 else 2150
        add(out, modes(0.06, [(base, 1, 0.025), (base * 1.9, 0.6, 0.015), (420, 0.4, 0.03)]), 0.02 + number * 0.5,
            0.8 * rng.uniform(0.93, 1))
    return room(rng, out, 0.5, 0.2)


def _laser(rng: np.random.Generator) -> Signal:
    out = np.zeros((count(1.8), 2))
    for number, at in enumerate((0.03, 0.28, 0.52)):
        t = clock(0.5)
        phase = 2 * np.pi * np.cumsum(280 + 3200 * np.exp(-t * 11)) / RATE
        add(out, (np.sin(phase + 0.8 * np.sin(1.5 * phase))) * hit(0.5, 0.002, 0.4), at, 0.8, 0.4 * (number - 1))
    return room(rng, out, 0.8, 0.25)


RECIPES = (
    Recipe("robot-steps", "effect", "A robot walks on heavy metal feet", ("robot", "steps", "walk", "metal"),
           ("android", "machine", "mechanical", "servo", "clank", "marching", "droid", "metal footsteps",
            "footsteps of a robot"), _robot_steps, True),
    Recipe("robot-servo", "effect", "A robot moves its joints", ("robot", "servo", "motor"),
           ("android", "machine", "mechanical", "turns", "arm", "droid", "electric"), _robot_servo),
    Recipe("robot-beeps", "effect", "A robot beeps and chirps", ("robot", "beep", "electronic"),
           ("computer", "droid", "android", "talks", "signals", "gadget", "digital"), _robot_beeps),
    Recipe("astronaut-breathing", "effect", "An astronaut breathes inside a space suit",
           ("astronaut", "breathing", "suit", "helmet"),
           ("cosmonaut", "spaceman", "space suit", "spacewalk", "diver", "breath", "scuba", "mask"), _breathing, True),
    Recipe("radio-chatter", "effect", "Radio chatter with beeps from mission control", ("radio", "astronaut", "beep"),
           ("mission control", "transmission", "walkie talkie", "cosmonaut", "static", "pilot", "message"), _radio),
    Recipe("foghorn", "effect", "A lighthouse foghorn sounds over the sea", ("foghorn", "lighthouse", "horn"),
           ("fog", "ship horn", "steamer", "harbour", "signal", "beacon", "ferry", "tanker"), _foghorn),
    Recipe("windmill-creak", "effect", "A windmill turns and creaks", ("windmill", "creak", "turn", "sails"),
           ("mill", "wooden", "blades", "turning", "vanes", "water wheel", "wheel"), _windmill, True),
    Recipe("bell", "effect", "A church bell tolls", ("bell", "toll", "church"),
           ("ring", "tower", "chime", "wedding", "gong", "village", "temple"), _bell_toll),
    Recipe("heartbeat", "effect", "A heart beats", ("heartbeat", "heart", "pulse"),
           ("nervous", "suspense", "fear", "beating", "alive"), _heartbeat, True),
    Recipe("footsteps", "effect", "Footsteps on gravel", ("footsteps", "walk", "gravel"),
           ("steps", "walking", "man", "woman", "person", "path", "hiking", "child", "boots"), _footsteps, True),
    Recipe("door", "effect", "A door creaks and slams shut", ("door", "creak", "slam"),
           ("house", "open", "close", "gate", "haunted", "enter", "castle"), _door),
    Recipe("explosion", "effect", "An explosion", ("explosion", "blast", "bang"),
           ("explode", "bomb", "boom", "burst", "erupts", "detonation", "volcano", "fireworks"), _explosion),
    Recipe("whoosh", "effect", "A fast whoosh", ("whoosh", "swish", "fast"),
           ("rush", "swoop", "throw", "sword", "flies past", "zoom past", "magic"), _whoosh),
    Recipe("crash", "effect", "A crash of metal and glass", ("crash", "collision", "impact"),
           ("smash", "wreck", "hit", "accident", "break", "falls", "collide"), _crash),
    Recipe("sparkle", "effect", "A magical sparkle", ("magic", "sparkle", "chime"),
           ("fairy", "twinkle", "glitter", "star", "wonder", "spell", "wizard", "shimmer", "dream"), _sparkle),
    Recipe("clock", "effect", "A clock ticks", ("clock", "tick", "time"), ("watch", "countdown", "seconds", "bomb"),
           _ticking, True),
    Recipe("laser", "effect", "Laser shots", ("laser", "shot", "zap"),
           ("science fiction", "blaster", "ray gun", "alien", "space battle", "ufo", "shoot"), _laser),
)
