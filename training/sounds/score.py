"""Writing music down: chords with voice-leading, melodies, patterns; and playing it into a file that loops and ends.

A piece is rendered as intro, body, and the first bars of the body again. The loop goes from the second of those
places back to the first, where the same notes sound and the tails of everything older have died away, so it closes
without a seam. The closing chord comes last, apart.
"""

import dataclasses
import functools
import itertools
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.fft import next_fast_len

from training.sounds.drums import DRUMS
from training.sounds.dsp import RATE, Signal, add, count, ramp, room, settled
from training.sounds.instruments import Instrument

_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_QUALITIES: Final = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11),
                     "sus4": (0, 5, 7), "sus2": (0, 2, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "5": (0, 7),
                     "9": (0, 4, 7, 10, 14), "m9": (0, 3, 7, 10, 14), "add9": (0, 4, 7, 14), "6": (0, 4, 7, 9),
                     "m6": (0, 3, 7, 9), "maj9": (0, 4, 7, 11, 14), "m(maj7)": (0, 3, 7, 11)}
_HUMAN_SECONDS: Final = 0.006


@dataclass(frozen=True)
class Piece:
    """A piece of music: how it is found, how it goes, and who writes its parts.

    `chords` name one chord a bar ("Dm7", "Bb/D"; two share a bar as "F|C"); `write` fills a `Sheet` for the body,
    `intro` one for the bars before it, `end` one for the closing chord's bar.
    """

    name: str
    moods: tuple[str, ...]
    caption: str
    tags: tuple[str, ...]
    synonyms: tuple[str, ...]
    bpm: float
    beats: int
    chords: tuple[str, ...]
    write: Callable[["Sheet"], None]
    intro: Callable[["Sheet"], None]
    end: Callable[["Sheet"], None]
    intro_chords: tuple[str, ...]
    end_chord: str
    decay: float = 2.0
    wet: float = 0.35


@dataclass(frozen=True)
class Note:
    """One note: beats from the section's start, how loud, where between left and right, how much of it to the room."""

    instrument: Instrument
    midi: int
    beat: float
    beats: float
    velocity: float
    pan: float
    send: float


@dataclass(frozen=True)
class Seat:
    """Who plays, how loud (dB), where, and how far back."""

    instrument: Instrument
    gain: float
    pan: float = 0.0
    send: float = 0.3


def pitch(name: str) -> int:
    """MIDI number of "C4" (60), "F#3", "Bb5"."""
    match = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name)
    if match is None:
        raise ValueError(f"{name!r} is not a pitch")
    letter, sign, octave = match.groups()
    return _STEPS[letter] + {"#": 1, "b": -1, "": 0}[sign] + 12 * (int(octave) + 1)


@functools.cache
def chord(name: str) -> tuple[int, tuple[int, ...]]:
    """Bass and tones of a chord as pitch classes and semitones above C0: "Bb/D" -> (2, (10, 14, 17))."""
    match = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/([A-G][#b]?))?", name)
    if match is None or match[2] not in _QUALITIES:
        raise ValueError(f"{name!r} is not a chord")
    root = pitch(match[1] + "-1")
    bass = pitch(match[3] + "-1") if match[3] else root
    return bass % 12, tuple(root % 12 + step for step in _QUALITIES[match[2]])


def voicing(name: str, centre: float, before: Sequence[int] | None = None) -> tuple[int, ...]:
    """Notes for a chord around MIDI `centre`, moving as little as possible from `before` (voice-leading)."""
    classes = sorted({tone % 12 for tone in chord(name)[1]})
    choices = []
    for low in range(int(centre) - 12, int(centre) + 5):
        if low % 12 in classes:
            notes = [low]
            while len(notes) < len(classes):
                notes.append(next(n for n in itertools.count(notes[-1] + 1) if n % 12 in classes))
            choices.append(tuple(notes))

    def cost(notes: tuple[int, ...]) -> float:
        away = abs(sum(notes) / len(notes) - centre)
        if not before:
            return away
        return sum(min(abs(note - old) for old in before) for note in notes) + 0.35 * away
    return min(choices, key=cost)


class Sheet:
    """Notes of one section. Ranges of bars count from 0; without a range a part plays throughout."""

    def __init__(self, chords: Sequence[str], beats: int) -> None:
        self.beats = beats
        self.notes: list[Note] = []
        self._chords = [bar.split("|") for bar in chords]
        self.bars = len(chords)

    def note(self, seat: Seat, midi: int, beat: float, beats: float, velocity: float = 0.8) -> None:
        """One note."""
        self.notes.append(Note(seat.instrument, midi, beat, beats, velocity * 10 ** (seat.gain / 20), seat.pan,
                               seat.send))

    def changes(self, bars: range | None = None) -> list[tuple[float, float, str]]:
        """(beat, beats, chord) of every chord."""
        found = []
        for bar in bars or range(self.bars):
            names = self._chords[bar]
            span = self.beats / len(names)
            found += [(bar * self.beats + index * span, span, name) for index, name in enumerate(names)]
        return found

    def hold(self, seat: Seat, centre: float, bars: range | None = None, velocity: float = 0.7) -> None:
        """Sustained chords, led smoothly."""
        before: tuple[int, ...] | None = None
        for beat, beats, name in self.changes(bars):
            before = voicing(name, centre, before)
            for place, midi in enumerate(before):
                spread = dataclasses.replace(seat, pan=seat.pan + 0.5 * (place / max(1, len(before) - 1) - 0.5))
                self.note(spread, midi, beat, beats * 0.98, velocity)

    def stab(self, seat: Seat, centre: float, at: Sequence[float], beats: float, bars: range | None = None) -> None:
        """Chords struck at beats `at` of every bar."""
        before: tuple[int, ...] | None = None
        for beat, span, name in self.changes(bars):
            before = voicing(name, centre, before)
            for moment in at:
                if beat % self.beats <= moment < beat % self.beats + span:
                    for place, midi in enumerate(before):
                        self.note(seat, midi, beat - beat % self.beats + moment + place * 0.008, beats,
                                  0.85 if moment == int(moment) else 0.72)

    def arpeggio(self, seat: Seat, centre: float, order: Sequence[int], step: float,
                 bars: range | None = None) -> None:
        """Broken chords: `order` indexes the chord's notes upwards, beyond its size into the next octave."""
        before: tuple[int, ...] | None = None
        for beat, span, name in self.changes(bars):
            before = voicing(name, centre, before)
            for index in range(round(span / step)):
                place = order[index % len(order)]
                midi = before[place % len(before)] + 12 * (place // len(before))
                self.note(seat, midi, beat + index * step, step * 1.6, 0.82 if index % 4 == 0 else 0.66)

    def bass(self, seat: Seat, low: int, pattern: Sequence[tuple[float, float, int]],
             bars: range | None = None) -> None:
        """(beat, beats, semitones above the bass note) in every bar; the lowest bass note is at least `low`."""
        for beat, span, name in self.changes(bars):
            root = low + (chord(name)[0] - low) % 12
            start = beat % self.beats
            for moment, beats, above in pattern:
                if start <= moment < start + span:
                    self.note(seat, root + above, beat - start + moment, min(beats, start + span - moment), 0.85)

    def line(self, seat: Seat, melody: str, start_bar: int = 0, shift: int = 0, velocity: float = 0.85) -> None:
        """A melody: "D5:1 F5:.5 -:.5 A5:2"; `|` may mark bars, `shift` transposes."""
        beat = float(start_bar * self.beats)
        for token in melody.replace("|", " ").split():
            name, _, length = token.partition(":")
            beats = float(length)
            if name != "-":
                strong = beat % self.beats in (0, self.beats / 2)
                self.note(seat, pitch(name) + shift, beat, beats * 0.96, velocity * (1.0 if strong else 0.88))
            beat += beats

    def drum(self, name: str, gain: float, pattern: str, bars: range | None = None, pan: float = 0.0) -> None:
        """A pattern over one or more bars: X loud, x normal, o soft, anything else a rest; its steps share the bars."""
        self.tuned(Seat(DRUMS[name], gain, pan, 0.18), 48, pattern, bars)

    def tuned(self, seat: Seat, midi: int, pattern: str, bars: range | None = None) -> None:
        """`drum` for an instrument with a pitch."""
        whole = bars or range(self.bars)
        rows = pattern.split("|")
        for bar in whole:
            row = rows[(bar - whole.start) % len(rows)]
            for index, mark in enumerate(row):
                if mark in "Xxo":
                    beat = (bar + index / len(row)) * self.beats
                    self.note(seat, midi, beat, self.beats / len(row), {"X": 1.0, "x": 0.75, "o": 0.45}[mark])


@dataclass(frozen=True)
class Recording:
    """A rendered piece, (n, 2), and its places in seconds."""

    samples: Signal
    bar: float
    loop: tuple[float, float]
    ending: float


def record(piece: Piece) -> Recording:
    """Play a piece. The same piece always gives the same samples."""
    # Whole samples a beat: then the second time round falls on the same samples as the first.
    beat = round(60 / piece.bpm * RATE) / RATE
    bar = beat * piece.beats
    again = max(1, int(np.ceil(2.4 / bar)))
    sections = [Sheet(piece.intro_chords, piece.beats), Sheet(piece.chords, piece.beats), Sheet([piece.end_chord],
                                                                                              piece.beats)]
    for section, write in zip(sections, (piece.intro, piece.write, piece.end), strict=True):
        write(section)
    intro, body, end = ([_human(note, piece.name, beat) for note in section.notes] for section in sections)
    first, second = len(piece.intro_chords) * bar, (len(piece.intro_chords) + len(piece.chords)) * bar
    loop = (first + again * bar, second + again * bar)
    repeated = [note for note in body if note.beat < (again + 1) * piece.beats]
    main = _play([(intro, 0.0), (body, first), (repeated, second)], beat, loop[1] + bar + 4 * piece.decay, piece)
    ring = 2.2 + bar + 0.9
    close = _play([(end, 0.02)], beat, ring + 4 * piece.decay, piece)[:count(ring)]
    close *= ramp(ring, [(0, 1), (ring - 1.6, 1), (ring - 0.01, 0), (ring, 0)])[:, None]
    main = main[:round((loop[1] + 0.08) * RATE)]
    both = np.concatenate([main, close])
    level = np.sqrt(np.mean(main**2))
    both = np.tanh(both / level * 0.16) / 0.95
    return Recording(settled(both, 28.0, False), bar, loop, len(main) / RATE + 0.02 - _HUMAN_SECONDS * 2)


def _human(note: Note, name: str, beat: float) -> Note:
    """A little early or late, a little louder or softer; the same each time the bar comes round."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {note.beat:.4f} {note.midi} {note.pan:.3f}".encode()))
    late = float(np.clip(rng.normal(0, _HUMAN_SECONDS), -0.012, 0.012))
    return dataclasses.replace(note, beat=max(0.0, note.beat + late / beat),
                               velocity=note.velocity * float(rng.uniform(0.9, 1.06)))


def _play(sections: Sequence[tuple[Sequence[Note], float]], beat: float, seconds: float, piece: Piece) -> Signal:
    n = next_fast_len(count(seconds), real=True)
    dry, sent = np.zeros((n, 2)), np.zeros((n, 2))
    for notes, start in sections:
        for note in notes:
            force = round(min(1.0, note.velocity * 1.6) * 3) / 3
            sound = _sound(note.instrument, note.midi, round(note.beats * beat * 20) / 20, force)
            at = (round(start * RATE) + round(note.beat * beat * RATE)) / RATE
            pan = float(np.clip(note.pan, -0.9, 0.9))
            add(dry, sound, at, note.velocity, pan)
            add(sent, sound, at, note.velocity * note.send, pan)
    rng = np.random.default_rng(zlib.crc32(piece.name.encode()))
    return dry + piece.wet * 2 * (room(rng, sent, piece.decay, 1.0, 6000) - 0.5 * sent)


@functools.lru_cache(maxsize=1024)
def _sound(instrument: Instrument, midi: int, seconds: float, velocity: float) -> Signal:
    return instrument(midi, seconds, velocity)
