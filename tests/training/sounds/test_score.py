import pytest

from runtime.screenplay import TONES
from training.sounds.make import PIECES
from training.sounds.score import Piece, Sheet, chord, pitch, voicing


def test_names_of_notes_and_chords() -> None:
    assert [pitch(name) for name in ("C4", "A4", "F#3", "Bb5", "C-1")] == [60, 69, 54, 82, 0]
    assert chord("Bb/D") == (2, (10, 14, 17))
    assert chord("Am7") == (9, (9, 12, 16, 19))
    with pytest.raises(ValueError, match="Hm"):
        chord("Hm")
    with pytest.raises(ValueError, match="not a pitch"):
        pitch("E")


def test_voices_move_as_little_as_they_can() -> None:
    before = voicing("C", 60)
    after = voicing("F", 60, before)
    assert {note % 12 for note in after} == {5, 9, 0}
    assert sum(min(abs(note - old) for old in before) for note in after) <= 3


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_pieces_are_well_formed(piece: Piece) -> None:
    """Melodies end with the body, notes stay in hearing, and what sounds on strong beats belongs to some key."""
    sheets = [Sheet(piece.intro_chords, piece.beats), Sheet(piece.chords, piece.beats), Sheet([piece.end_chord],
                                                                                            piece.beats)]
    for sheet, write in zip(sheets, (piece.intro, piece.write, piece.end), strict=True):
        write(sheet)
        assert sheet.notes
        assert all(0 <= note.beat < sheet.bars * sheet.beats for note in sheet.notes)
        assert all(24 <= note.midi <= 108 for note in sheet.notes)
        assert all(note.beats > 0 for note in sheet.notes)
    seconds = len(piece.chords) * piece.beats * 60 / piece.bpm
    assert 24 <= seconds <= 45


def test_every_tone_has_a_piece() -> None:
    assert {mood for piece in PIECES for mood in piece.moods} == set(TONES)
    assert len({piece.name for piece in PIECES}) == len(PIECES)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_melodies_agree_with_their_chords(piece: Piece) -> None:
    """A long note on a bar's first beat belongs to the bar's chord or is a second, sixth or seventh above its root."""
    sheet = Sheet(piece.chords, piece.beats)
    piece.write(sheet)
    clashes = 0
    long = [note for note in sheet.notes if note.beats >= 1 and note.beat % piece.beats == 0]
    for note in long:
        name = piece.chords[int(note.beat // piece.beats)].split("|")[0]
        tones = {tone % 12 for tone in chord(name)[1]}
        root = min(chord(name)[1]) % 12
        clashes += note.midi % 12 not in tones | {(root + 2) % 12, (root + 9) % 12, (root + 10) % 12}
    # Suspense is made of clashes, but not of nothing else.
    assert clashes <= (0.15 if "tense" in piece.moods else 0.04) * len(long)
