"""Music that moves: happy, bright, playful, funky, epic, tense, angry."""

from training.sounds import drums, instruments
from training.sounds.score import Piece, Seat, Sheet

_UKULELE = Seat(instruments.pluck, -8, 0.3, 0.2)
_BASS = Seat(instruments.electric_bass, -4, 0.0, 0.05)
_MARIMBA = Seat(instruments.marimba, -6, -0.3, 0.3)
_PIZZICATO = Seat(instruments.pizzicato, -5, 0.2, 0.3)
_CELESTA = Seat(instruments.celesta, -13, 0.3, 0.4)
_STACCATO = Seat(instruments.staccato, -6, -0.2, 0.3)
_LOW = Seat(instruments.double_bass, -5, 0.1, 0.25)
_HORNS = Seat(instruments.brass, -3, 0.15, 0.4)
_STRINGS = Seat(instruments.strings, -9, -0.1, 0.45)


def _happy_band(s: Sheet) -> None:
    s.stab(_UKULELE, 65, (0, 1, 1.5, 2.5, 3, 3.5), 0.4)
    s.bass(_BASS, 31, [(0, 0.9, 0), (1.5, 0.4, 0), (2, 0.9, 7), (3.5, 0.4, 7)])
    s.drum("kick", -4, "X.......X.......")
    s.drum("clap", -8, "....x.......x..." if s.bars < 4 else "....x.......x...|....x.......x.x.")
    s.drum("shaker", -13, "x.o.x.o.x.o.x.o.", None, -0.3)


def _happy(s: Sheet) -> None:
    _happy_band(s)
    s.line(Seat(instruments.whistle, -4, -0.1, 0.35),
           "D5:.5 G5:1 G5:.5 A5:1 B5:1 | A5:1.5 F#5:.5 D5:2 | G5:.5 G5:1 F#5:.5 E5:1 G5:1 | E5:1.5 D5:.5 C5:1 D5:1 |"
           "B5:.5 B5:1 A5:.5 G5:1 D5:1 | F#5:1 A5:1 A5:2 | G5:1 E5:1 C5:1 E5:1 | D5:1 E5:1 F#5:2")
    second = ("G5:1 B5:1 B5:1 A5:1 | G5:1.5 E5:.5 E5:2 | D5:1 G5:1 B5:1 G5:1 | A5:3 -:1 | C6:1 B5:1 A5:1 G5:1 |"
              "F#5:1 A5:1 D6:2 | B5:1.5 A5:.5 G5:1 D5:1 | F#5:1 D5:1 -:2")
    s.line(Seat(instruments.whistle, -4, -0.1, 0.35), second, 8)
    s.line(Seat(instruments.celesta, -9, 0.3, 0.4), second, 8)
    s.drum("tambourine", -13, "..x...x...x...x.", range(8, 16), 0.4)


def _happy_end(s: Sheet) -> None:
    s.stab(Seat(instruments.pluck, -4, 0.2, 0.3), 65, (0,), 2)
    s.bass(_BASS, 31, [(0, 2, 0)])
    s.drum("kick", -3, "X...............")
    s.drum("clap", -6, "x...............")
    s.note(Seat(instruments.whistle, -4, -0.1, 0.4), 79, 0, 2.5, 0.8)
    for place, midi in enumerate((67, 71, 74, 79, 83)):
        s.note(Seat(instruments.celesta, -9, 0.3, 0.4), midi, 0.06 * place, 2, 0.7)


def _bright(s: Sheet) -> None:
    _bright_intro(s)
    s.bass(_PIZZICATO, 36, [(0, 1, 0), (2, 1, 7)])
    s.hold(_STRINGS, 64, range(8, 16), 0.6)
    tune = ("E5:1 G5:1 C6:1.5 B5:.5 | D6:2 B5:1 G5:1 | C6:1 A5:1 E5:1 A5:1 | F5:1 A5:1 C6:2 | E6:1 D6:1 C6:1 G5:1 |"
            "B5:1 D6:1 G5:2 | A5:1 C6:1 F6:1 E6:1 | D6:3 -:1")
    s.line(Seat(instruments.flute, -4, 0.1, 0.4), tune)
    s.line(Seat(instruments.flute, -5, 0.1, 0.4), tune, 8)
    s.line(Seat(instruments.celesta, -8, 0.35, 0.4), tune, 8)
    s.bass(_BASS, 36, [(0, 1.4, 0), (1.5, 0.5, 0), (2, 1.9, 0)], range(8, 16))
    s.drum("kick", -7, "X.......x.......", range(4, 16))
    s.drum("brush", -10, "....x.......x...", range(4, 16))
    s.drum("tambourine", -14, "x.o.x.o.x.o.x.o.", range(8, 16), -0.4)


def _bright_intro(s: Sheet) -> None:
    s.arpeggio(_MARIMBA, 67, (0, 2, 1, 2, 3, 2, 1, 2), 0.5)


def _bright_end(s: Sheet) -> None:
    s.hold(Seat(instruments.strings, -6, 0, 0.5), 64)
    s.bass(_PIZZICATO, 36, [(0, 2, 0)])
    for place, midi in enumerate((60, 64, 67, 72, 76, 79, 84)):
        s.note(Seat(instruments.marimba, -5, -0.2, 0.4), midi, 0.07 * place, 2, 0.7)
        s.note(_CELESTA, midi + 12, 0.07 * place, 2, 0.7)


def _playful(s: Sheet) -> None:
    _playful_intro(s)
    reed = Seat(instruments.clarinet, -4, -0.15, 0.3)
    s.line(reed, "F5:.5 A5:.5 C6:1 A5:.5 F5:.5 -:1 | E5:.5 G5:.5 Bb5:1 G5:.5 E5:.5 -:1 |"
                 "F5:.5 A5:.5 C6:.5 F6:.5 E6:.5 D6:.5 C6:1 | Bb5:.5 G5:.5 E5:1 C5:1 -:1 |"
                 "F5:.5 G5:.5 A5:.5 F5:.5 C6:1 -:1 | D6:1 Bb5:.5 F5:.5 D5:1 -:1 |"
                 "E5:.5 F5:.5 G5:.5 A5:.5 Bb5:.5 G5:.5 E5:1 | F5:1 C5:1 F5:1 -:1", 0, -12)
    second = ("D5:1 F5:1 A5:1 F5:1 | C#5:1 E5:1 A5:1 -:1 | D5:.5 E5:.5 F5:.5 G5:.5 A5:1 -:1 | Bb5:1 G5:1 D5:1 -:1 |"
              "E5:.5 G5:.5 Bb5:.5 G5:.5 E5:1 C5:1 | F5:1 A5:1 C6:1 -:1 | Bb5:.5 A5:.5 G5:.5 E5:.5 C5:1 E5:1 |"
              "F5:1 -:.5 C5:.5 F5:1 -:1")
    s.line(Seat(instruments.pizzicato, -2, 0.3, 0.3), second, 8)
    s.line(Seat(instruments.celesta, -9, 0.35, 0.4), second, 8, 12)
    s.line(Seat(instruments.clarinet, -7, -0.3, 0.3), "-:3 A3:1 | -:3 A3:1 | -:3 A3:.5 F3:.5 | -:3 D3:1", 8)
    s.tuned(Seat(drums.wood, -10, 0.4, 0.3), 79, "x..xx..x........|x...x..x..x.x...")


def _playful_intro(s: Sheet) -> None:
    s.bass(Seat(instruments.pizzicato, -1, 0, 0.25), 41, [(0, 0.5, 0), (2, 0.5, -5)])
    s.stab(_PIZZICATO, 65, (1, 3), 0.3)
    s.drum("brush", -13, "..x...x...x...x.", None, 0.2)


def _playful_end(s: Sheet) -> None:
    s.bass(Seat(instruments.pizzicato, 0, 0, 0.3), 41, [(0, 0.5, 0), (1, 0.5, -5), (2, 1, 0)])
    s.stab(Seat(instruments.pizzicato, -2, 0.2, 0.4), 65, (0, 2), 0.5)
    s.note(Seat(instruments.celesta, -6, 0.35, 0.5), 89, 2, 1, 0.8)
    s.tuned(Seat(drums.wood, -7, 0.4, 0.3), 79, "x...x...X.......")


def _funky(s: Sheet) -> None:
    _funky_intro(s)
    riff = ("E5:.5 G5:.5 -:.5 E5:.5 D5:.5 B4:.5 -:1 | -:.5 C#5:.5 E5:.5 C#5:.5 B4:.5 A4:.5 -:1 |"
            "E5:.5 G5:.5 -:.5 A5:.5 G5:.5 E5:.5 -:1 | -:.5 C#5:.5 E5:.5 G5:.5 E5:1 -:1 |"
            "-:.5 E5:.5 G5:.5 Bb5:.5 G5:.5 E5:.5 -:1 | D#5:.5 F#5:.5 A5:1 F#5:.5 D#5:.5 B4:1 |"
            "E5:.5 G5:.5 -:.5 E5:.5 D5:.5 B4:.5 -:1 | -:2 C#5:.5 E5:.5 G5:.5 A5:.5")
    s.line(Seat(instruments.brass, -4, 0.2, 0.25), riff)
    s.line(Seat(instruments.brass, -5, 0.25, 0.25), riff, 8)
    s.line(Seat(instruments.clarinet, -8, -0.25, 0.25), riff, 8, 12)
    s.drum("open hat", -14, "..............x.", range(8, 16), 0.25)


def _funky_intro(s: Sheet) -> None:
    s.bass(Seat(instruments.electric_bass, -1, 0, 0.05), 28,
           [(0, 0.4, 0), (0.75, 0.2, 12), (1.5, 0.3, 0), (1.75, 0.2, 10), (2.5, 0.3, 12), (3.25, 0.2, 7),
            (3.5, 0.4, 10)])
    s.stab(Seat(instruments.clavinet, -9, -0.35, 0.15), 64, (0.5, 0.75, 1.5, 2.25, 2.75, 3.5), 0.16)
    s.drum("kick", -3, "X..o..X...X....." if s.bars < 4 else "X..o..X...X.....|X.....X..oX...o.")
    s.drum("snare", -6, "....X..o.o..X..." if s.bars < 4 else "....X..o.o..X...|....X..o.o..X.oo")
    s.drum("hat", -12, "x.xox.xox.xox.xo", None, 0.25)


def _funky_end(s: Sheet) -> None:
    s.bass(Seat(instruments.electric_bass, 0, 0, 0.1), 28, [(0, 3, 0)])
    s.stab(Seat(instruments.clavinet, -7, -0.3, 0.2), 64, (0,), 1.2)
    s.stab(Seat(instruments.brass, -8, 0.2, 0.35), 67, (0,), 2)
    s.drum("kick", -2, "X...............")
    s.drum("cymbal", -10, "x...............")


def _epic(s: Sheet) -> None:
    _epic_intro(s)
    s.bass(_LOW, 33, [(0, 3.8, 0)])
    s.line(_HORNS, "D4:2 F4:1 A4:1 | Bb4:3 A4:1 | A4:2 C5:1 A4:1 | G4:4 | D4:2 F4:1 A4:1 | D5:3 C5:1 |"
                   "Bb4:2 A4:1 G4:1 | A4:4")
    second = ("F5:2 E5:1 D5:1 | D5:2 F5:2 | C5:2 A4:1 C5:1 | E5:3 D5:1 | D5:1 F5:1 D5:1 Bb4:1 | C5:2 E5:1 G5:1 |"
              "F5:2 E5:1 D5:1 | D5:4")
    s.line(Seat(instruments.strings, -2, -0.2, 0.45), second, 8)
    s.line(Seat(instruments.brass, -4, 0.2, 0.4), second, 8, -12)
    s.hold(Seat(instruments.choir, -10, 0, 0.6), 64, range(8, 16))
    s.hold(Seat(instruments.brass, -13, -0.2, 0.4), 55, range(8, 16))
    s.drum("taiko", -2, "X..xx.X.x..xX.xx", range(8, 16), -0.2)
    s.drum("cymbal", -11, "x...............", range(8, 9))
    s.drum("cymbal", -13, "x...............", range(12, 13))
    s.note(Seat(drums.swell, -9, 0.2, 0.4), 48, 28, 4, 0.8)


def _epic_intro(s: Sheet) -> None:
    s.arpeggio(_STACCATO, 57, (0, 0, 1, 0, 2, 0, 1, 0), 0.5)
    s.arpeggio(Seat(instruments.staccato, -8, 0.3, 0.3), 45, (0, 0, 0, 0), 0.5)
    s.drum("taiko", -3, "X.....x.X...x.x.")


def _epic_end(s: Sheet) -> None:
    s.hold(Seat(instruments.brass, -5, 0.1, 0.5), 57)
    s.hold(Seat(instruments.choir, -7, 0, 0.6), 64)
    s.hold(_STRINGS, 69)
    s.bass(Seat(instruments.double_bass, -2, 0, 0.4), 26, [(0, 4, 0), (0, 4, 12)])
    s.drum("taiko", 0, "X...............")
    s.drum("boom", -4, "X...............")
    s.drum("cymbal", -10, "x...............")


def _tense(s: Sheet) -> None:
    _tense_intro(s)
    high = "E5:4 | F5:3 E5:1 | D5:4 | E5:4 | F5:2 A5:2 | A5:3 G5:1 | G#5:4 | B5:2 G#5:2"
    s.line(Seat(instruments.strings, -8, 0.25, 0.5), high, 0, -12, 0.75)
    s.line(Seat(instruments.strings, -6, -0.25, 0.5), high, 8)
    s.line(Seat(instruments.strings, -10, 0.3, 0.5), "A4:4 | Bb4:4 | Bb4:4 | A4:4 | A4:4 | C5:4 | B4:4 | D5:4", 8)
    s.hold(Seat(instruments.brass, -14, 0.1, 0.5), 50, range(4, 8))
    s.drum("taiko", -8, "X.....x.........|X.....x...x.....", range(8, 16))
    s.note(Seat(drums.swell, -10, -0.2, 0.4), 48, 28, 4, 0.8)
    s.note(Seat(drums.swell, -12, 0.2, 0.4), 48, 60, 4, 0.8)


def _tense_intro(s: Sheet) -> None:
    for bar in range(s.bars):
        for index, step in enumerate((0, 0, 1, 0, 0, 3, 1, 0, 0, 0, 1, 0, -1, 0, 1, 0)):
            s.note(Seat(instruments.staccato, -7, -0.15, 0.25), 45 + step, bar * 4 + index / 4, 0.2,
                   0.9 if index % 4 == 0 else 0.62)
    s.bass(Seat(instruments.sub_bass, -4, 0, 0.05), 28, [(b, 0.4, 0) for b in (0.0, 1.0, 2.0, 3.0)])
    s.drum("tick", -12, "x.o.x.o.x.o.x.o.", None, 0.4)
    s.drum("kick", -8, "X...o...X...o...")


def _tense_end(s: Sheet) -> None:
    s.hold(Seat(instruments.strings, -6, 0, 0.5), 64)
    s.bass(Seat(instruments.double_bass, -3, 0, 0.4), 28, [(0, 4, 0)])
    s.note(Seat(instruments.strings, -9, 0.3, 0.5), 82, 0, 4, 0.7)
    s.drum("boom", -2, "X...............")
    s.drum("taiko", -3, "X...............")


def _angry(s: Sheet) -> None:
    _angry_intro(s)
    tune = ("E4:1.5 G4:.5 B4:2 | A4:1 G4:1 F#4:1 E4:1 | D4:1.5 G4:.5 B4:2 | C#5:3 A4:1 | E5:1.5 D5:.5 B4:2 |"
            "G4:1 A4:1 B4:1 G4:1 | C5:1.5 B4:.5 G4:2 | F#4:2 A4:2")
    s.line(Seat(instruments.guitar, -5, 0.0, 0.35), tune, 8, 0, 0.9)
    s.line(Seat(instruments.brass, -10, 0.1, 0.35), tune, 8, -12)
    s.drum("open hat", -12, "x...x...x...x...", range(8, 16), 0.25)
    s.drum("cymbal", -9, "x...............", range(8, 9))
    s.drum("cymbal", -10, "x...............", range(1))
    s.drum("cymbal", -10, "x...............", range(4, 5))
    for index in range(8):
        s.note(Seat(drums.tom, -6, 0.5 - index * 0.13, 0.2), 52 - index, 62 + index / 4, 0.25, 0.75)


def _angry_intro(s: Sheet) -> None:
    chug = [(0, 0.45, 0), (0.5, 0.2, 0), (0.75, 0.2, 0), (1, 0.45, 0), (1.5, 0.2, 0), (1.75, 0.2, 0), (2, 0.45, 0),
            (2.5, 0.45, 3), (3, 0.45, 5), (3.5, 0.45, 3)]
    s.bass(Seat(instruments.guitar, -7, -0.7, 0.12), 40, chug)
    s.bass(Seat(instruments.guitar, -7, 0.7, 0.14), 40, chug)
    s.bass(Seat(instruments.electric_bass, -4, 0, 0.05), 28, chug)
    s.drum("kick", -2, "X.xxX.xxX.x.X.x.")
    s.drum("snare", -4, "....X.......X..." if s.bars < 4 else "....X.......X...|....X.......X.xx")
    s.drum("hat", -13, "x.x.x.x.x.x.x.x.", None, 0.25)


def _angry_end(s: Sheet) -> None:
    for pan in (-0.7, 0.7):
        s.bass(Seat(instruments.guitar, -5, pan, 0.2), 40, [(0, 4, 0)])
    s.bass(Seat(instruments.electric_bass, -3, 0, 0.1), 28, [(0, 4, 0)])
    s.drum("kick", -2, "X...............")
    s.drum("snare", -5, "X...............")
    s.drum("cymbal", -7, "x...............")


PIECES = (
    Piece("happy", ("happy",), "Happy music with ukulele, whistling and hand claps", ("happy", "cheerful", "ukulele"),
          ("joyful", "fun", "sunny", "carefree", "holiday", "party", "summer", "smile"), 120, 4,
          ("G", "D", "Em", "C", "G", "D", "C", "D", "Em", "C", "G", "D", "C", "D", "G", "D"), _happy, _happy_band,
          _happy_end, ("G", "D"), "G", 1.2, 0.25),
    Piece("bright", ("bright",), "Bright, light music with flute, marimba and strings", ("bright", "light", "fresh"),
          ("sunny", "morning", "optimistic", "positive", "spring", "upbeat", "nature"), 112, 4,
          ("C", "G/B", "Am", "F", "C", "G", "F", "G") * 2, _bright, _bright_intro, _bright_end, ("C", "G"), "C",
          1.8, 0.3),
    Piece("playful", ("playful",), "Playful, comic music with clarinet and plucked strings",
          ("playful", "comic", "funny", "pizzicato"), ("children", "sneaky", "cartoon", "silly", "cute", "mischief"),
          126, 4, ("F", "C7", "F", "C7", "F", "Bb", "C7", "F", "Dm", "A7", "Dm", "Gm", "C7", "F", "C7", "F"), _playful,
          _playful_intro, _playful_end, ("F", "C7"), "F", 1.3, 0.28),
    Piece("funky", ("funky",), "Funky groove with bass, clavinet, drums and horns", ("funky", "groove", "bass"),
          ("funk", "disco", "dance", "cool", "retro", "seventies", "party", "soul"), 104, 4,
          ("Em9", "A9", "Em9", "A9", "C9", "B7", "Em9", "A9") * 2, _funky, _funky_intro, _funky_end, ("Em9", "A9"),
          "Em9", 0.9, 0.2),
    Piece("epic", ("epic",), "Epic orchestral music with horns, choir and great drums", ("epic", "heroic", "orchestra"),
          ("battle", "adventure", "trailer", "powerful", "hero", "triumph", "action", "race", "launch"), 100, 4,
          ("Dm", "Bb", "F", "C", "Dm", "Bb", "Gm", "A", "Dm", "Bb", "F", "C", "Bb", "C", "Dm", "Dm"), _epic,
          _epic_intro, _epic_end, ("Dm",), "Dm", 2.6, 0.36),
    Piece("tense", ("tense",), "Tense, ticking music full of suspense", ("tense", "suspense", "ticking"),
          ("thriller", "chase", "danger", "nervous", "pursuit", "spy", "escape", "countdown"), 110, 4,
          ("Am", "Am", "Bb", "Am", "Dm", "F", "E", "E") * 2, _tense, _tense_intro, _tense_end, ("Am",), "Am", 1.8, 0.3),
    Piece("angry", ("angry",), "Angry, driving rock with distorted guitars and drums", ("angry", "rock", "guitars"),
          ("aggressive", "fight", "metal", "rage", "furious", "heavy", "race", "powerful"), 140, 4,
          ("Em", "Em", "G", "A", "Em", "Em", "C", "D") * 2, _angry, _angry_intro, _angry_end, ("Em", "Em"),
          "E5", 1.1, 0.2),
)
