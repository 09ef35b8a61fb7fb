"""The parts of a film folder: decisions read back, a record that survives, files that are whole or not there."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import FilmFolderError, MovieFactoryError, ScriptError, SoundError
from runtime.events import Resumed
from runtime.film import FilmFolder, load, save
from runtime.film.decisions import scene_seed, takes
from runtime.film.journal import Journal
from runtime.film.store import Artefact, Store, write_text


def test_decisions_come_back_as_they_were(finished: Path, tmp_path: Path) -> None:
    film = load(finished / "movie.film" / "film.json")
    save(film, tmp_path / "film.json")
    assert load(tmp_path / "film.json") == film
    assert (tmp_path / "film.json").read_bytes() == (finished / "movie.film" / "film.json").read_bytes()


@pytest.mark.parametrize(("change", "kind", "match"), [
    ({"version": 2}, FilmFolderError, "to have version 1, but it has version 2"),
    ({"seed": None}, FilmFolderError, "seed in .*film.json, but it is missing"),
    ({"seed": -1}, FilmFolderError, "seed .* a whole number from 0"),
    ({"seed": True}, FilmFolderError, "seed .* a whole number"),
    ({"output": 3}, FilmFolderError, "output .* text"),
    ({"settings": []}, FilmFolderError, "settings .* an object"),
    ({"settings": {"size": [1]}}, FilmFolderError, r"settings\.size .* \[width, height\]"),
    ({"settings": {"metadata": 1}}, FilmFolderError, r"settings\.metadata .* true or false"),
    ({"line_up": None}, FilmFolderError, "line_up in .* missing"),
    ({"screenplay": None}, ScriptError, "the screenplay in .*film.json"),
    ({"screenplay": {"title": "x", "scenes": [{}]}}, ScriptError, r"scenes\[0\]\.prompt"),
    ({"cues": {"remove": 3}}, SoundError, "remove in the cue edits in .*film.json")])
def test_what_is_wrong_with_decisions_is_named(finished: Path, tmp_path: Path, change: dict[str, Any],
                                               kind: type[MovieFactoryError], match: str) -> None:
    data = json.loads((finished / "movie.film" / "film.json").read_text("utf-8"))
    (tmp_path / "film.json").write_text(json.dumps({**data, **change}), "utf-8")
    with pytest.raises(kind, match=match):
        load(tmp_path / "film.json")


@pytest.mark.parametrize(("text", "match"), [('{"version": 1,\n "seed"', "line 2 is not"), ("[" * 100_000, "is not"),
                                             ("[]", "a JSON object")])
def test_decisions_that_are_no_json(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "film.json").write_text(text, "utf-8")
    with pytest.raises(FilmFolderError, match=match):
        load(tmp_path / "film.json")


def test_takes_that_are_no_seeds_are_refused(finished: Path) -> None:
    scene = load(finished / "movie.film" / "film.json").screenplay.scenes[0]
    assert takes(scene) == (scene_seed(5, 1),)
    scene.extra["takes"] = ["seven"]  # type: ignore[index]
    with pytest.raises(ScriptError, match="takes to be a list of seeds"):
        takes(scene)


def test_seeds_of_scenes_differ_and_stay() -> None:
    assert len({scene_seed(5, number) for number in range(1, 1001)}) == 1000
    assert scene_seed(5, 1) == 6660155172850320789  # films made by earlier versions depend on it
    assert all(0 <= scene_seed(2**63 - 1, number) < 2**63 for number in range(1, 100))


def test_a_folder_without_a_film(tmp_path: Path) -> None:
    with pytest.raises(FilmFolderError, match="there is no such folder"):
        FilmFolder.existing(tmp_path / "nothing")
    with pytest.raises(FilmFolderError, match=r"there is no film\.json in it"):
        FilmFolder.existing(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FilmFolderError, match="it is a file"):
        FilmFolder.new(tmp_path / "file")


def test_the_record_goes_on_after_a_line_that_broke_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    first = Journal()
    first.open(path)
    for _ in range(3):
        first.record(Resumed())
    first.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type": "Resu')
    second = Journal()
    second.open(path)
    second.record(Resumed())
    second.close()
    assert path.read_bytes().startswith(whole)
    assert [json.loads(line)["n"] for line in path.read_text("utf-8").splitlines()] == [1, 2, 3, 4]


def test_a_long_record_is_continued_too(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps({"type": "Resumed", "n": n}) + "\n" for n in range(1, 5001)), "utf-8")
    journal = Journal()
    journal.open(path)
    journal.record(Resumed())
    journal.close()
    assert json.loads(path.read_text("utf-8").splitlines()[-1])["n"] == 5001


def test_the_copy_gets_the_same_lines_until_it_closes(tmp_path: Path) -> None:
    copy = io.StringIO()
    journal = Journal(copy)
    journal.open(tmp_path / "events.jsonl")
    journal.record(Resumed())
    assert copy.getvalue() == (tmp_path / "events.jsonl").read_text("utf-8")
    copy.close()
    journal.record(Resumed())
    journal.close()
    assert len((tmp_path / "events.jsonl").read_text("utf-8").splitlines()) == 2


def test_artefacts_are_named_by_all_they_depend_on() -> None:
    one = Artefact("latents", {"seed": 1, "text": "a"})
    assert one.key == Artefact("latents", {"text": "a", "seed": 1}).key
    others = [Artefact("latents", {"seed": 2, "text": "a"}), Artefact("latents", {"seed": 1}),
              Artefact("frames", {"seed": 1, "text": "a"}), Artefact("latents", {"seed": 1, "text": "b"})]
    assert len({one.key, *(other.key for other in others)}) == 5


def test_an_artefact_counts_only_when_whole_and_recorded(tmp_path: Path) -> None:
    part = Artefact("cues", {"seed": 1})
    store = Store(tmp_path)
    assert not store.has(part)
    write_text(store.prepare(part), "sheet")
    assert not store.has(part)
    store.keep(part, {"text_encoder": "an abacus"})
    assert store.has(part)
    record = json.loads(store.path(part).with_suffix(".record").read_text("utf-8"))
    assert record["made_by"] == {"text_encoder": "an abacus"}
    assert record["inputs"] == {"seed": 1}
    assert Store(tmp_path).has(part)
    store.path(part).write_text("shee!", "utf-8")
    assert not Store(tmp_path).has(part)
    store.path(part).unlink()
    assert not store.has(part)


def test_what_a_crash_left_unfinished_is_swept(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    for path in (tmp_path / ".abc.part", tmp_path / "clip" / ".def.part", tmp_path / "clip" / "whole.mp4"):
        path.touch()
    Store(tmp_path).sweep()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["whole.mp4"]
