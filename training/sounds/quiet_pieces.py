"""Slow and gentle music: calm, sad, romantic, mysterious, dark, dramatic, inspirational."""

from training.sounds import drums, instruments
from training.sounds.score import Piece, Seat, Sheet, chord

_PIANO = Seat(instruments.piano, -3, -0.12, 0.3)
_STRINGS = Seat(instruments.strings, -9, 0.0, 0.5)
_LOW = Seat(instruments.double_bass, -7, 0.1, 0.3)
_HARP = Seat(instruments.harp, -7, 0.3, 0.4)
_PAD = Seat(instruments.pad, -12, 0.0, 0.5)
_CELESTA = Seat(instruments.celesta, -8, 0.25, 0.6)
_FLUTE = Seat(instruments.flute, -8, -0.2, 0.5)
_CHOIR = Seat(instruments.choir, -14, 0.0, 0.7)
_HORN = Seat(instruments.brass, -8, -0.2, 0.5)


def _calm(s: Sheet) -> None:
    s.hold(_PAD, 60)
    s.arpeggio(_PIANO, 57, (0, 1, 2, 3, 4, 3, 2, 1), 0.5)
    s.bass(Seat(instruments.sub_bass, -9, 0, 0.1), 29, [(0, 3.6, 0)])
    s.line(Seat(instruments.vibraphone, -5, 0.2, 0.55),
           "A5:2 G5:1 E5:1 | F5:3 -:1 | D5:1 F5:1 A5:2 | G5:4 | E5:2 G5:1 C6:1 | A5:3 F5:1 | D5:2 F5:2 | G5:2 E5:2")


def _calm_intro(s: Sheet) -> None:
    s.hold(_PAD, 60)
    s.arpeggio(_PIANO, 57, (0, 1, 2, 3, 4, 3, 2, 1), 0.5)


def _soft_end(s: Sheet) -> None:
    """A rolled closing chord."""
    s.hold(_PAD, 60)
    s.bass(Seat(instruments.double_bass, -9, 0, 0.3), 29, [(0, s.beats, 0)])
    for place, step in enumerate((0, 7, 12, 16, 19, 24)):
        root = s.changes()[0][2]
        minor = "m" in root and "maj" not in root
        base = 36 + (chord(root)[0] - 36) % 12
        s.note(_PIANO, base + step - (1 if minor and step == 16 else 0), place * 0.09, s.beats, 0.75)


def _sad(s: Sheet) -> None:
    s.arpeggio(_PIANO, 54, (0, 1, 2, 3, 2, 1, 2, 1), 0.5)
    s.hold(_STRINGS, 62, range(2, 8), 0.6)
    s.bass(_LOW, 33, [(0, 3.8, 0)], range(2, 8))
    tune = ("E5:3 D5:.5 C5:.5 | C5:2 A4:2 | G4:2 E5:1 G5:1 | D5:3 -:1 | C5:1.5 B4:.5 A4:1 E5:1 | F5:2 D5:1 F5:1 |"
            "E5:2 B4:1 G#4:1 | A4:4")
    s.line(Seat(instruments.piano, -1, 0.1, 0.35), tune)
    s.line(Seat(instruments.strings, -12, 0.3, 0.6), "C5:1.5 B4:.5 A4:1 E5:1 | F5:2 D5:1 F5:1 | E5:2 B4:1 G#4:1 | A4:4",
           4, -12)


def _sad_intro(s: Sheet) -> None:
    s.arpeggio(_PIANO, 54, (0, 1, 2, 3, 2, 1, 2, 1), 0.5)


def _romantic(s: Sheet) -> None:
    s.bass(Seat(instruments.pizzicato, -2, 0.1, 0.3), 31, [(0, 1, 0)])
    s.bass(_LOW, 31, [(0, 2.9, 0)], range(8, 16))
    s.stab(_HARP, 60, (1, 2), 0.9)
    s.hold(_STRINGS, 58, range(8, 16), 0.6)
    first = ("Bb4:1 Eb5:1 G5:1 | G5:2 Eb5:1 | C5:1 Eb5:1 Ab5:1 | Ab5:1 G5:1 F5:1 | D5:1 F5:1 Bb5:1 | Bb5:2 G5:1 |"
             "Ab5:1 F5:1 C5:1 | D5:3")
    second = ("G5:2 Bb5:1 | B5:2 G5:1 | Eb6:2 C6:1 | C6:1 Bb5:1 Ab5:1 | G5:2 Eb5:1 | F5:1 D5:1 F5:1 | Eb5:3 |"
              "-:1 Bb4:1 D5:1")
    s.line(_FLUTE, first)
    s.line(Seat(instruments.strings, -4, -0.2, 0.5), second, 8)
    s.line(Seat(instruments.strings, -9, 0.3, 0.5), second, 8, -12)


def _romantic_intro(s: Sheet) -> None:
    s.bass(Seat(instruments.pizzicato, -2, 0.1, 0.3), 31, [(0, 1, 0)])
    s.stab(_HARP, 60, (1, 2), 0.9)


def _mysterious(s: Sheet) -> None:
    s.arpeggio(_HARP, 57, (0, 2, 1, 3, 2, 4, 3, 1), 0.5)
    s.hold(_CHOIR, 62, None, 0.6)
    s.bass(Seat(instruments.pizzicato, -4, -0.2, 0.4), 33, [(0, 1, 0), (2.5, 0.5, 7)])
    first = "E5:1 C6:1 B5:1.5 A5:.5 | G5:2 Eb5:2 | Ab5:1 C6:1 F5:2 | G#5:4"
    second = "A5:1 E6:1 D6:1 C6:1 | C6:1 A5:1 F#5:2 | E5:2 A5:2 | B5:2 G#5:2"
    s.line(_CELESTA, f"{first} | {second}")
    s.line(Seat(instruments.flute, -13, -0.4, 0.8), second, 4, -12)
    s.drum("boom", -13, "x...............|................")


def _mysterious_intro(s: Sheet) -> None:
    s.arpeggio(_HARP, 57, (0, 2, 1, 3, 2, 4, 3, 1), 0.5)
    s.hold(_CHOIR, 62, None, 0.5)


def _mysterious_end(s: Sheet) -> None:
    s.hold(_CHOIR, 62)
    s.drum("boom", -10, "x...............")
    for place, midi in enumerate((57, 64, 68, 71, 76, 83)):
        s.note(_CELESTA, midi, place * 0.14, 3, 0.7)
    s.bass(_LOW, 33, [(0, 4, 0)])


def _dark(s: Sheet) -> None:
    s.bass(Seat(instruments.double_bass, -3, 0, 0.4), 28, [(0, 3.95, 0)])
    s.bass(Seat(instruments.sub_bass, -8, 0, 0.1), 28, [(0, 3.9, 0)])
    s.hold(Seat(instruments.choir, -10, 0, 0.8), 52, None, 0.6)
    s.hold(Seat(instruments.pad, -13, 0, 0.6), 64, range(4, 8), 0.5)
    s.line(Seat(instruments.clarinet, -8, 0.25, 0.6),
           "E4:3 F4:1 | C4:4 | B3:2 G3:2 | A3:4 | E4:2 G4:1 F4:1 | E4:4 | C4:2 A3:2 | B3:4")
    s.line(Seat(instruments.piano, -10, -0.3, 0.8), "-:2 B5:2 | -:4 | -:2 E6:2 | -:4 |"
                                                           "-:2 B5:1 C6:1 | -:4 | -:2 F5:2 | -:4")
    s.drum("boom", -5, "X.......x.......|x...............")
    s.drum("taiko", -12, "..............oo|................")


def _dark_intro(s: Sheet) -> None:
    s.bass(Seat(instruments.double_bass, -3, 0, 0.4), 28, [(0, 3.95, 0)])
    s.drum("boom", -5, "X...............")
    s.hold(Seat(instruments.choir, -12, 0, 0.8), 52)


def _dark_end(s: Sheet) -> None:
    s.bass(Seat(instruments.double_bass, -3, 0, 0.5), 28, [(0, 4, 0)])
    s.hold(Seat(instruments.choir, -9, 0, 0.8), 52)
    s.drum("boom", -2, "X...............")


def _dramatic(s: Sheet) -> None:
    s.arpeggio(_PIANO, 55, (0, 1, 2, 1, 3, 2, 1, 2), 0.5)
    s.bass(_LOW, 31, [(0, 3.8, 0)])
    s.hold(Seat(instruments.strings, -11, 0, 0.5), 60, None, 0.65)
    s.line(Seat(instruments.strings, -2, -0.15, 0.5),
           "G4:3 C5:1 | Eb5:2 D5:1 C5:1 | Ab4:3 C5:1 | B4:4 | C5:2 Eb5:1 G5:1 | G5:3 F5:1 | Eb5:2 C5:1 Eb5:1 | D5:4 |"
           "F5:2 Eb5:1 C5:1 | Eb5:2 D5:1 C5:1 | B4:2 D5:2 | G4:4")
    s.line(Seat(instruments.brass, -10, 0.25, 0.5),
           "G3:4 | G3:2 Bb3:2 | Ab3:4 | F3:4 | Ab3:4 | G3:4 | G3:2 B3:2 | D4:2 B3:2", 4)
    for bar, (_, _, name) in enumerate(s.changes()):
        drum = Seat(drums.timpani, -6 if bar >= 4 else -10, 0.1, 0.4)
        s.tuned(drum, 36 + chord(name)[0], "X.......o.o.x..." if bar % 4 == 3 else "X...........o.o.",
                range(bar, bar + 1))
    s.drum("cymbal", -12, "x...............", range(4, 5))


def _dramatic_intro(s: Sheet) -> None:
    s.arpeggio(_PIANO, 55, (0, 1, 2, 1, 3, 2, 1, 2), 0.5)
    s.tuned(Seat(drums.timpani, -9, 0.1, 0.4), 36, "x.......o.o.x.oo")


def _dramatic_end(s: Sheet) -> None:
    s.hold(Seat(instruments.strings, -5, 0, 0.5), 60)
    s.hold(_HORN, 55)
    s.bass(Seat(instruments.double_bass, -3, 0, 0.4), 24, [(0, 4, 0), (0, 4, 12)])
    s.tuned(Seat(drums.timpani, -3, 0.1, 0.4), 36, "X...............")
    s.drum("cymbal", -11, "x...............")
    for midi in (36, 48, 60, 63, 67, 72):
        s.note(_PIANO, midi, 0, 4, 0.85)


def _inspirational(s: Sheet) -> None:
    s.arpeggio(_PIANO, 60, (0, 2, 1, 2, 3, 2, 1, 2), 0.5)
    s.hold(_PAD, 60)
    s.hold(_STRINGS, 62, range(4, 12), 0.65)
    s.bass(Seat(instruments.electric_bass, -5, 0, 0.1), 33, [(0, 1.9, 0), (2, 1.4, 0), (3.5, 0.5, 7)], range(4, 12))
    s.bass(_LOW, 33, [(0, 3.8, 0)], range(4))
    first = "F#5:2 E5:1 D5:1 | E5:3 -:1 | D5:2 F#5:1 A5:1 | B5:2 A5:2"
    second = ("A5:2 F#5:1 D5:1 | G5:1 F#5:1 E5:1 D5:1 | E5:3 C#5:1 | E5:4 | F#5:1 B5:1 A5:1 F#5:1 | G5:2 B5:2 |"
              "A5:2 F#5:1 D5:1 | E5:4")
    s.line(Seat(instruments.piano, -2, 0.15, 0.4), f"{first} | {second}")
    s.line(Seat(instruments.strings, -6, -0.2, 0.55), second, 4)
    s.drum("kick", -5, "X.......X.o.....", range(4, 12))
    s.drum("clap", -11, "....x.......x...", range(4, 12))
    s.drum("shaker", -14, "x.o.x.o.x.o.x.o.", range(2, 12), 0.3)
    s.drum("cymbal", -13, "x...............", range(4, 5))


def _inspirational_intro(s: Sheet) -> None:
    s.arpeggio(_PIANO, 60, (0, 2, 1, 2, 3, 2, 1, 2), 0.5)
    s.hold(_PAD, 60)


_KEYS = ("Am", "F", "C", "G/B", "Am", "Dm", "E7", "Am")

PIECES = (
    Piece("calm", ("calm",), "Calm, peaceful music with a soft piano and vibraphone",
          ("calm", "peaceful", "gentle", "piano"), ("relaxing", "serene", "quiet", "soft", "meditative", "dreamy"),
          66, 4, ("Fmaj7", "Dm7", "Bbmaj7", "C", "Am7", "Dm7", "Bbmaj7", "Csus4|C"), _calm, _calm_intro, _soft_end,
          ("Fmaj7",), "Fmaj7", 2.6, 0.4),
    Piece("sad", ("sad",), "Sad, melancholic music for piano and strings", ("sad", "melancholic", "piano", "strings"),
          ("lonely", "sorrow", "grief", "farewell", "tears", "emotional", "ballad", "loss"), 63, 4, _KEYS, _sad,
          _sad_intro, _soft_end, ("Am",), "Am", 2.4, 0.38),
    Piece("romantic", ("romantic",), "A romantic waltz with flute, harp and strings", ("romantic", "love", "waltz"),
          ("tender", "wedding", "kiss", "warm", "couple", "sweet", "dance"), 84, 3,
          ("Eb", "Cm7", "Ab", "Bb7", "Gm7", "Cm7", "Fm7", "Bb7", "Eb", "G7", "Cm", "Ab", "Eb/Bb", "Bb7", "Eb", "Bb7"),
          _romantic, _romantic_intro, _soft_end, ("Eb", "Bb7"), "Eb", 2.2, 0.36),
    Piece("mysterious", ("mysterious",), "Mysterious music with celesta, harp and a distant choir",
          ("mysterious", "strange", "celesta"), ("magic", "secret", "enigma", "eerie", "wonder", "space", "fantasy"),
          76, 4, ("Am", "Cm", "Fm", "E7", "Am", "F#dim", "Fmaj7", "E7"), _mysterious, _mysterious_intro,
          _mysterious_end, ("Am",), "Am(maj7)", 3.0, 0.45),
    Piece("dark", ("dark",), "Dark, slow and threatening music with low strings and choir", ("dark", "ominous", "low"),
          ("gloomy", "horror", "threat", "evil", "fear", "deep", "night", "doom"), 60, 4,
          ("Em", "F", "Em", "Dm", "Em", "C", "F", "Em"), _dark, _dark_intro, _dark_end, ("Em",), "Em", 3.0, 0.42),
    Piece("dramatic", ("dramatic",), "Dramatic orchestral music with strings, piano and timpani",
          ("dramatic", "orchestra", "strings"), ("serious", "fate", "film", "conflict", "storm", "struggle"), 84, 4,
          ("Cm", "Ab", "Fm", "G7", "Cm", "Eb", "Ab", "Bb", "Fm", "Cm", "G7", "G7"), _dramatic, _dramatic_intro,
          _dramatic_end, ("Cm",), "Cm", 2.4, 0.36),
    Piece("inspirational", ("inspirational",), "Inspiring, hopeful music that grows with piano, strings and drums",
          ("inspirational", "hopeful", "uplifting", "piano"),
          ("motivational", "inspiring", "hope", "success", "dream", "journey", "achievement", "corporate"), 96, 4,
          ("D", "A/C#", "Bm", "G", "D/F#", "G", "A", "A", "Bm", "G", "D", "A"), _inspirational, _inspirational_intro,
          _soft_end, ("D",), "D", 2.0, 0.32),
)
