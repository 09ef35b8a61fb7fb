import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import SoundError
from runtime.screenplay import TONES
from runtime.sound.library import Library, open_library

Change = Callable[[dict[str, Any]], None]
MakeLibrary = Callable[[dict[str, dict[str, Any]]], Library]
WriteWav = Callable[[Path, np.ndarray], None]
Tone = Callable[..., np.ndarray]


def changed(library: Library, change: Change) -> Path:
    index = library.folder / "sounds.json"
    data = json.loads(index.read_text())
    change(data["sounds"][0])
    index.write_text(json.dumps(data))
    return library.folder


@pytest.fixture
def small(make_library: MakeLibrary, tone: Tone) -> Library:
    return make_library({"bark.wav": {"samples": tone(0.2, 500), "caption": "A dog barks", "peak": 0.1},
                         "music/song.wav": {"samples": tone(1, 300), "kind": "music", "moods": ["happy"],
                                            "loop": [0.1, 0.8]}})


def test_entries_become_sounds(small: Library) -> None:
    bark = small.sound("bark.wav")
    assert (bark.kind, bark.caption, bark.peak, bark.loop) == ("effect", "A dog barks", 0.1, None)
    assert bark.licence == "CC0-1.0"
    assert small.of_kind("music")[0].loop == (0.1, 0.8)
    assert small.verify(bark) == small.folder / "bark.wav"
    with pytest.raises(SoundError, match=r"'meow\.wav'"):
        small.sound("meow.wav")


@pytest.mark.parametrize(("field", "value", "said"), [
    ("file", None, "file"), ("file", "../bark.wav", "plain path"), ("file", "/bark.wav", "plain path"),
    ("file", "a/../../bark.wav", "plain path"), ("file", "c:bark.wav", "plain path"),
    ("file", "a\\bark.wav", "plain path"), ("file", "meow.wav", "missing"), ("file", "sounds.json", "audio file"),
    ("kind", "noise", "kind"),
    ("caption", " ", "caption"), ("seconds", 0, "length"), ("seconds", "3", "seconds"), ("seconds", True, "seconds"),
    ("tags", "dog", "tags"), ("moods", ["gloomy"], "moods"), ("loop", [1, 0], "loop"), ("loop", [0, 99], "loop"),
    ("loop", [0, "1"], "loop"), ("peak", 5, "peak"), ("bpm", 0, "bpm"), ("loudness", float("nan"), "loudness"),
    ("sha256", "abc", "sha256"), ("licence", None, "licence")])
def test_a_wrong_entry_is_named(small: Library, field: str, value: object, said: str) -> None:
    folder = changed(small, lambda row: row.update({field: value}))
    with pytest.raises(SoundError, match=r"expected .+, but .+; .+") as caught:
        open_library(folder)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 2, "sounds": []}',
                                  '{"version": 1, "sounds": []}', '{"version": 1, "sounds": [3]}', "\xff"])
def test_other_things_are_not_an_index(small: Library, text: str) -> None:
    (small.folder / "sounds.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SoundError, match=r"expected .+, but .+; .+"):
        open_library(small.folder)


def test_a_file_listed_twice_is_refused(small: Library) -> None:
    folder = changed(small, lambda row: row.update({"file": "music/song.wav"}))
    with pytest.raises(SoundError, match="listed twice"):
        open_library(folder)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_refused(small: Library, tmp_path: Path, write_wav: WriteWav, tone: Tone) -> None:
    (small.folder / "bark.wav").rename(tmp_path / "outside.wav")
    (small.folder / "bark.wav").symlink_to(tmp_path / "outside.wav")
    with pytest.raises(SoundError, match="is a link"):
        open_library(small.folder)
    (small.folder / "bark.wav").unlink()
    write_wav(small.folder / "bark.wav", tone(0.2, 500))
    (small.folder / "music").rename(tmp_path / "elsewhere")
    (small.folder / "music").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(SoundError, match="is a link"):
        open_library(small.folder)


def test_an_altered_file_is_noticed_when_it_is_used(small: Library, write_wav: WriteWav, tone: Tone) -> None:
    write_wav(small.folder / "bark.wav", tone(0.2, 700))
    with pytest.raises(SoundError, match="contents are different"):
        small.verify(small.sound("bark.wav"))
    (small.folder / "bark.wav").unlink()
    with pytest.raises(SoundError, match="cannot be read"):
        small.verify(small.sound("bark.wav"))


def test_a_folder_of_audio_files_will_do(tmp_path: Path, write_wav: WriteWav, tone: Tone) -> None:
    write_wav(tmp_path / "Animals" / "dogBark_loud-01.wav", tone(0.3, 400))
    write_wav(tmp_path / "music" / "Happy Song.wav", tone(0.5, 400))
    write_wav(tmp_path / "city ambience.wav", tone(0.5, 400))
    (tmp_path / "readme.txt").write_text("not a sound")
    library = open_library(tmp_path)
    by_name = {sound.id: sound for sound in library.sounds}
    bark = by_name["Animals/dogBark_loud-01.wav"]
    assert (bark.caption, bark.tags, bark.kind) == ("dog Bark loud 01", ("Animals",), "effect")
    assert bark.seconds == pytest.approx(0.3)
    assert by_name["music/Happy Song.wav"].kind == "music"
    assert by_name["music/Happy Song.wav"].moods == ("happy",)
    assert by_name["city ambience.wav"].kind == "ambience"
    write_wav(tmp_path / "new.wav", tone(0.1, 400))
    assert open_library(tmp_path).digest != library.digest


def test_folders_that_cannot_be_a_library(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="nothing is there"):
        open_library(tmp_path / "nowhere")
    with pytest.raises(SoundError, match="there are none"):
        open_library(tmp_path)
    (tmp_path / "broken.ogg").write_bytes(b"OggS" + bytes(100))
    with pytest.raises(SoundError, match=r"broken\.ogg"):
        open_library(tmp_path)


def test_the_starter_library_is_whole(starter: Library) -> None:
    kinds = {"effect": starter.of_kind("effect"), "ambience": starter.of_kind("ambience"),
             "music": starter.of_kind("music")}
    assert len(kinds["effect"]) + len(kinds["ambience"]) >= 40
    assert len(kinds["music"]) >= 8
    assert len(starter.sounds) <= 100
    assert {mood for sound in kinds["music"] for mood in sound.moods} == set(TONES)
    assert sum(starter.verify(sound).stat().st_size for sound in starter.sounds) <= 11 * 2**20
    assert all(sound.sha256 and sound.loudness is not None and np.isfinite(sound.loudness) for sound in starter.sounds)
    assert all(sound.loop for sound in (*kinds["ambience"], *kinds["music"]))
    assert all(sound.loop or sound.peak is not None for sound in kinds["effect"])
