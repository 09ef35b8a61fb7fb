"""One track from a cue sheet: placed, faded, ducked, brought to loudness.

Levels follow practice for film without dialogue: effects in front, ambience far behind, music between them and
6 dB lower while an effect sounds. Everything is computed in a fixed order in float32, so a mix is bit-identical
however often it is made on one machine.
"""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.errors import SoundError
from runtime.sound.cues import Cue, CueSheet
from runtime.sound.layout import Span, lay
from runtime.sound.library import Library, Sound
from runtime.sound.loudness import Samples, integrated, normalise

Decode = Callable[[Path, int], Samples]
"""A file and a rate to (samples, 2) float32."""

LEVELS: Final = {"effect": -20.0, "ambience": -30.0, "music": -22.0}
"""LUFS of each kind before the whole is normalised."""
STEADY_EFFECT: Final = -24.0
"""LUFS of an effect that runs through its scene: an engine is not a bang."""
DUCK_DB: Final = 6.0

_CHUNK: Final = 65536
_HOP_SECONDS: Final = 0.01


def mix(sheet: CueSheet, library: Library, seconds: float, rate: int = 48000, decode: Decode | None = None) -> Samples:
    """The film's sound track, (round(seconds * rate), 2) float32 at -16 LUFS with true peaks below -1 dBTP.

    `decode` reads a file (default: runtime.media.audio.decode). Beyond the track one decoded recording is held at a
    time. Raises SoundError when the sheet names a sound the library lacks or a file cannot be used.
    """
    decode = decode or _media_decode()
    track = np.zeros((round(seconds * rate), 2), np.float32)
    flat = np.zeros(0, np.float32)
    for kind in ("effect", "ambience", "music"):
        if kind == "ambience":
            duck = _duck(track, rate)
        cues = sorted((cue for cue in sheet.cues if cue.kind == kind), key=lambda cue: (cue.sound, cue.start, cue.id))
        for name, group in itertools.groupby(cues, key=lambda cue: cue.sound):
            sound = library.sound(name)
            pcm = _decoded(sound, library, decode, rate)
            for cue in group:
                _place(track, pcm, cue, _Voice(sound, _level(sound, pcm, rate), rate),
                       duck if kind == "music" else flat)
    normalise(track, rate)
    return track


class _Voice:
    """What one recording needs to be placed: its loop points, its gain, the rate of the track."""

    def __init__(self, sound: Sound, gain: float, rate: int) -> None:
        self.sound, self.gain, self.rate = sound, gain, rate


def _media_decode() -> Decode:
    from runtime.media.audio import decode

    return decode


def _decoded(sound: Sound, library: Library, decode: Decode, rate: int) -> Samples:
    pcm = decode(library.verify(sound), rate)
    if pcm.ndim != 2 or pcm.shape[1] != 2 or not len(pcm) or not np.isfinite(pcm).all():
        raise SoundError(f"{sound.path} to hold stereo sound", f"decoding gave shape {pcm.shape} or broken values",
                         "replace the file")
    return pcm


def _level(sound: Sound, pcm: Samples, rate: int) -> float:
    """Linear gain that brings `sound` to the level of its kind; 0 for a silent recording."""
    loudness = integrated(pcm, rate) if sound.loudness is None else sound.loudness
    if loudness == -math.inf:
        return 0.0
    target = STEADY_EFFECT if sound.kind == "effect" and sound.loop is not None else LEVELS[sound.kind]
    return float(10 ** (min(target - loudness, 30.0) / 20))


def _place(track: Samples, pcm: Samples, cue: Cue, voice: _Voice, duck: npt.NDArray[np.float32]) -> None:
    rate = voice.rate
    first, last = round(cue.start * rate), min(round(cue.end * rate), len(track))
    gain = voice.gain * 10 ** (cue.gain_db / 20)
    for span in lay(voice.sound, cue.offset, (last - first) / rate):
        source, at = round(span.source * rate), first + round(span.at * rate)
        count = min(round(span.seconds * rate), len(pcm) - source, last - at)
        for start in range(0, count, _CHUNK):
            stop = min(start + _CHUNK, count)
            place = np.arange(start, stop)
            curve = gain * _span_fade(place, count, span, rate)
            curve *= _ramp(at + place - first, last - first, cue.fade_in * rate, cue.fade_out * rate)
            if len(duck):
                hops = np.arange(len(duck))
                curve *= np.interp((at + place) / (rate * _HOP_SECONDS), hops, duck)
            track[at + start:at + stop] += pcm[source + start:source + stop] * curve[:, None].astype(np.float32)


def _span_fade(place: npt.NDArray[np.int64], count: int, span: Span, rate: int) -> npt.NDArray[np.float64]:
    """Seam fades inside a cue."""
    linear = _line(place, count, span.fade_in * rate, span.fade_out * rate)
    return np.sin(linear * (math.pi / 2)) if span.even else linear


def _ramp(place: npt.NDArray[np.int64], count: int, fade_in: float, fade_out: float) -> npt.NDArray[np.float64]:
    """Equal-power fades at a cue's own ends."""
    return np.sin(_line(place, count, fade_in, fade_out) * (math.pi / 2))


def _line(place: npt.NDArray[np.int64], count: int, fade_in: float, fade_out: float) -> npt.NDArray[np.float64]:
    """0 to 1 over `fade_in` samples, 1 to 0 over the last `fade_out`."""
    rising = (place + 0.5) / max(fade_in, 0.5)
    falling = (count - place - 0.5) / max(fade_out, 0.5)
    line: npt.NDArray[np.float64] = np.clip(np.minimum(rising, falling), 0.0, 1.0)
    return line


def _duck(effects: Samples, rate: int) -> npt.NDArray[np.float32]:
    """Music's gain every 10 ms from the effects mixed so far: 6 dB down at their usual level, in proportion below.

    20 ms attack, 400 ms release, and it looks 60 ms ahead so that the music has given way when the effect comes.
    """
    hop = round(_HOP_SECONDS * rate)
    power = np.array([float(np.square(effects[start:start + hop]).mean()) for start in range(0, len(effects), hop)])
    level = 10 * np.log10(power + 1e-12)
    depth = np.clip((level + 40) / 16, 0.0, 1.0)
    ahead = 6
    depth = np.append(depth[ahead:], np.repeat(depth[-1:], min(ahead, len(depth))))
    attack, release = 1 - math.exp(-_HOP_SECONDS / 0.02), 1 - math.exp(-_HOP_SECONDS / 0.4)
    held, now = [], 0.0
    for wanted in depth.tolist():
        now += (wanted - now) * (attack if wanted > now else release)
        held.append(now)
    return (10 ** (-DUCK_DB * np.array(held) / 20)).astype(np.float32)
