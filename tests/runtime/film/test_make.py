"""Whole films: what comes out, what is made again and what is not, what is refused."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from runtime import screenplay
from runtime.bundle import MANIFEST, open_bundle
from runtime.errors import BundleError, FilmFolderError, MovieFactoryError, ScriptError, SoundError, UsageError
from runtime.events import Event, Failed, FilmDone, FilmStarted, Notice, Preview, SceneDone, StageStarted, Step
from runtime.film import FilmRequest, load, make, render
from runtime.story import write_offline
from tests.tiny_films import IDEA, SIZES, film_bundle, tiny_sounds
from tests.tiny_graphs import TinySizes


def stages(events: Iterable[Event]) -> list[tuple[int | None, str]]:
    return [(event.scene, event.stage) for event in events if isinstance(event, StageStarted)]


def cached(events: Iterable[Event]) -> list[bool]:
    return [event.cached for event in events if isinstance(event, SceneDone)]


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "film.json"
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")


def collect(request: FilmRequest, events: list[Event]) -> None:
    for event in make(request):
        events.append(event)  # one by one: what came before an error counts


def asked(bundle: Path, tmp_path: Path, **fields: Any) -> FilmRequest:
    return dataclasses.replace(FilmRequest(idea=IDEA, out=tmp_path / "new.mp4", scenes=2, models=(bundle,),
                                           backend="cpu"), **fields)


def test_the_film_is_what_was_asked_for(finished: Path, bundle: Path) -> None:
    with av.open(str(finished / "movie.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == (4 * SIZES.width, 4 * SIZES.height)
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.duration is not None
        assert video.time_base is not None
        assert video.duration * video.time_base == Fraction(3 * SIZES.frames, 8)
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video)]
        assert len(frames) == 3 * SIZES.frames
        assert min(frame.std() for frame in frames) > 1
        tags = container.metadata
    assert tags["title"] == load(finished / "movie.film" / "film.json").screenplay.title
    for part in ("AI-generated", IDEA, "Seed: 5", open_bundle(bundle).digest):
        assert part in tags["comment"]


def test_events_tell_the_whole_story(finished: Path) -> None:
    lines = [json.loads(line) for line in (finished / "movie.film" / "events.jsonl").read_text("utf-8").splitlines()]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["v"] for line in lines} == {1}
    known = {kind.__name__: {field.name for field in dataclasses.fields(kind)}
             for kind in (FilmStarted, StageStarted, Step, Preview, SceneDone, Notice, FilmDone)}
    for line in lines:
        assert line.keys() - {"type", "v", "n", "time"} == known[line["type"]]
    assert [line["type"] for line in lines[:2]] == ["StageStarted", "FilmStarted"]
    assert lines[-1]["type"] == "FilmDone"
    assert lines[-1]["path"] == str(finished / "movie.mp4")
    assert lines[-1]["seconds"] == 1.5
    previews = [line for line in lines if line["type"] == "Preview"]
    assert [line["scene"] for line in previews] == [1, 2, 3]
    assert all(Path(line["path"]).is_file() for line in previews)
    devices = [line["message"] for line in lines if line["type"] == "Notice" and line["code"] == "device"]
    assert [message.split(" runs on ")[0] for message in devices] == ["the text encoder", "the denoiser",
                                                                      "the decoder", "the upscaler"]


def test_the_text_encoder_goes_before_the_denoiser_comes(finished: Path) -> None:
    """All texts are read before the first scene is drawn, and the sound is planned after the last."""
    lines = [json.loads(line) for line in (finished / "movie.film" / "events.jsonl").read_text("utf-8").splitlines()]
    order = [(line["scene"], line["stage"]) for line in lines if line["type"] == "StageStarted"]
    scenes = [(scene, stage) for scene in (1, 2, 3) for stage in ("denoise", "decode", "upscale")]
    assert order == [(None, "script"), (None, "text"), *scenes, (None, "sound"), (None, "mix"), (None, "join")]


def test_the_same_request_again_changes_nothing(film: Path, bundle: Path) -> None:
    out = film.with_suffix(".mp4")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in film.parent.rglob("*")
              if path.is_file() and path.name not in ("events.jsonl", "lock")}
    request = FilmRequest(idea=IDEA, out=out, scenes=3, models=(bundle,), backend="cpu")
    events = list(make(request))
    assert stages(events) == []
    assert cached(events) == [True, True, True]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before


def test_the_same_seed_makes_the_same_film(finished: Path, bundle: Path, tmp_path: Path) -> None:
    list(make(asked(bundle, tmp_path, scenes=3, seed=5)))
    assert (tmp_path / "new.mp4").read_bytes() == (finished / "movie.mp4").read_bytes()


@pytest.mark.parametrize(("change", "named"), [
    ({"idea": "a whale under water"}, "the idea"), ({"scenes": 2}, "--scenes 3"), ({"seed": 6}, "--seed 5"),
    ({"seconds": 0.25}, "no --seconds"), ({"size": (48, 32)}, "no --size"), ({"steps": 2}, "no --steps")])
def test_another_request_is_refused_with_ways_out(film: Path, bundle: Path, change: dict[str, Any],
                                                  named: str) -> None:
    request = FilmRequest(idea=IDEA, out=film.with_suffix(".mp4"), scenes=3, models=(bundle,), backend="cpu")
    with pytest.raises(FilmFolderError, match=named) as caught:
        list(make(dataclasses.replace(request, **change)))
    assert "moviefactory render" in caught.value.fix
    assert "-o or --film" in caught.value.fix


def test_editing_scene_3_makes_scene_3_and_the_sound_again(film: Path) -> None:
    before = film.with_suffix(".mp4").read_bytes()

    def change(data: dict[str, Any]) -> None:
        data["screenplay"]["scenes"][2]["prompt"] = "a blue whale under water"

    edit(film, change)
    events = list(render(film))
    assert cached(events) == [True, True, False]
    assert [stage for stage in stages(events) if stage != (None, "mix")] == [
        (None, "text"), (3, "denoise"), (3, "decode"), (3, "upscale"), (None, "sound"), (None, "join")]
    assert film.with_suffix(".mp4").read_bytes() != before


def test_moving_and_removing_scenes_draws_nothing(film: Path) -> None:
    edit(film, lambda data: data["screenplay"]["scenes"].pop(0))
    assert cached(render(film)) == [True, True]
    edit(film, lambda data: data["screenplay"]["scenes"].reverse())
    assert cached(render(film)) == [True, True]


def test_a_shorter_scene_is_cut_not_drawn_again(film: Path) -> None:
    edit(film, lambda data: data["screenplay"]["scenes"][1].update(seconds=0.25))
    events = list(render(film))
    assert [stage for scene, stage in stages(events) if scene] == ["decode", "upscale"]
    assert [event.seconds for event in events if isinstance(event, FilmDone)] == [1.25]


def test_takes(film: Path) -> None:
    out = film.with_suffix(".mp4")
    first = out.read_bytes()
    events = list(render(film, 2, 99))
    assert cached(events) == [True, False, True]
    assert [event.take for event in events if isinstance(event, SceneDone)] == [1, 2, 1]
    second = out.read_bytes()
    assert second != first
    scene = load(film / "film.json").screenplay.scenes[1]
    assert scene.seed == 99
    assert len(scene.extra["takes"]) == 2
    # The first take again: nothing is drawn, and the film is the first one to the bit.
    events = list(render(film, 2, scene.extra["takes"][0]))
    assert cached(events) == [True, True, True]
    assert [event.take for event in events if isinstance(event, SceneDone)] == [1, 1, 1]
    assert out.read_bytes() == first
    # Without a seed one is drawn that was not there before.
    events = list(render(film, 2))
    assert [event.take for event in events if isinstance(event, SceneDone)] == [1, 3, 1]


def test_decisions_saved_by_an_editor_that_marks_its_bytes_are_read(film: Path) -> None:
    path = film / "film.json"
    path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert any(isinstance(event, FilmDone) for event in render(film))


def test_a_wrong_take_is_refused(film: Path) -> None:
    with pytest.raises(UsageError, match="a scene from 1 to 3"):
        list(render(film, 4))
    with pytest.raises(UsageError, match="add --scene"):
        list(render(film, None, 7))
    with pytest.raises(UsageError, match="a seed from 0"):
        list(render(film, 1, -7))


def test_what_people_add_to_the_decisions_stays(film: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["note"] = "for Ada"
        data["settings"]["colour"] = {"warm": 1}
        data["screenplay"]["scenes"][0]["mood"] = "windy"
        data["cues"]["reason"] = "too loud"

    edit(film, change)
    list(render(film, 1, 3))
    data = json.loads((film / "film.json").read_text("utf-8"))
    assert (data["note"], data["settings"]["colour"]) == ("for Ada", {"warm": 1})
    assert data["screenplay"]["scenes"][0]["mood"] == "windy"
    assert data["cues"]["reason"] == "too loud"


def test_cue_edits_are_mixed_in_and_lost_ones_said(film: Path) -> None:
    sheet = json.loads(next((film / "cues").glob("*.json")).read_text("utf-8"))
    music = next(cue["id"] for cue in sheet["cues"] if cue["kind"] == "music")
    edit(film, lambda data: data["cues"].update(remove=[music, "scene-9/effect-1"]))
    events = list(render(film))
    assert stages(events) == [(None, "mix"), (None, "join")]
    assert ["scene-9/effect-1" in event.message for event in events if isinstance(event, Notice)] == [True]


def test_a_film_says_once_whom_the_model_was_not_taught_to_draw(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "bundle")
    manifest = tmp_path / "bundle" / MANIFEST
    told = json.loads(manifest.read_text("utf-8"))
    told["roles"]["denoiser"]["subjects"] = {"car": ["car", "sports car"]}
    manifest.write_text(json.dumps(told), "utf-8")
    request = FilmRequest(idea="a girl and a sports car", out=tmp_path / "movie.mp4", scenes=1, seed=5, backend="cpu",
                          models=(tmp_path / "bundle",))
    said = [event.message for event in make(request) if isinstance(event, Notice) and event.code == "not-taught"]
    assert said == ["Tiny graphs for tests knows nothing like a girl, only car"]
    assert not [event for event in make(request) if isinstance(event, Notice) and event.code == "not-taught"]


def test_a_changed_model_is_said_and_only_its_work_done_again(film: Path, tmp_path: Path) -> None:
    other = film_bundle(tmp_path / "other", dataclasses.replace(SIZES, uint8=True))  # another decoder and upscaler
    edit(film, lambda data: [entry.update(bundle=str(other.folder)) for entry in data["line_up"].values()])
    events = list(render(film))
    said = [event.message for event in events if isinstance(event, Notice) and event.code == "model-changed"]
    assert len(said) == 2
    assert "decoder" in said[0]
    assert "upscaler" in said[1]
    assert {stage for scene, stage in stages(events) if scene} == {"decode", "upscale"}
    assert not [event for event in render(film) if isinstance(event, Notice)]


def test_a_damaged_artefact_is_made_again(film: Path) -> None:
    out = film.with_suffix(".mp4")
    before = out.read_bytes()
    for clip in (film / "clip").glob("*.mp4"):
        clip.write_bytes(clip.read_bytes()[:-100])
    next((film / "frames").glob("*.mkv")).write_bytes(b"nonsense")
    out.unlink()
    assert cached(render(film)) == [False, False, False]
    assert out.read_bytes() == before


def test_nothing_private_with_metadata_off(film: Path, bundle: Path) -> None:
    out = film.with_suffix(".mp4")
    request = FilmRequest(idea=IDEA, out=out, scenes=3, models=(bundle,), backend="cpu", metadata=False)
    assert stages(make(request)) == [(None, "join")]
    with av.open(str(out)) as container:
        assert container.metadata.keys() & {"title", "comment"} == set()
    assert IDEA.encode() not in out.read_bytes()
    assert b"AI-generated" not in out.read_bytes()


def test_a_film_of_the_small_size_is_not_enlarged(bundle: Path, tmp_path: Path) -> None:
    events = list(make(asked(bundle, tmp_path, scenes=1, size=(SIZES.width, SIZES.height), seconds=0.25)))
    assert [stage for scene, stage in stages(events) if scene] == ["denoise", "decode", "encode"]
    with av.open(str(tmp_path / "new.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].frames) == (SIZES.width, 2)


def test_a_script_is_filmed_as_it_is(bundle: Path, tmp_path: Path) -> None:
    script = dataclasses.replace(write_offline("a whale under water", 2, 0.5, 1), title="My Whale 🐋")
    (tmp_path / "script.json").write_text(screenplay.to_json(script), "utf-8")
    request = asked(bundle, tmp_path, idea="", scenes=None, script=tmp_path / "script.json")
    list(make(request))
    film = load(tmp_path / "new.film" / "film.json")
    assert film.idea == "a whale under water"
    assert [scene.prompt for scene in film.screenplay.scenes] == [scene.prompt for scene in script.scenes]
    assert cached(make(request)) == [True, True]
    (tmp_path / "script.json").write_text(screenplay.to_json(dataclasses.replace(script, title="Another")), "utf-8")
    with pytest.raises(FilmFolderError, match="another script"):
        list(make(request))


def test_a_seed_is_drawn_shown_and_kept(bundle: Path, tmp_path: Path) -> None:
    request = asked(bundle, tmp_path, scenes=1, size=(48, 32))
    started = [event.seed for event in make(request) if isinstance(event, FilmStarted)]
    again = [event.seed for event in make(request) if isinstance(event, FilmStarted)]
    assert started == again == [load(tmp_path / "new.film" / "film.json").seed]


@pytest.mark.parametrize("idea", ["🚗🏁✈️", "гонка машины и самолёта", "海の鯨"])
def test_any_language_makes_a_film(bundle: Path, tmp_path: Path, idea: str) -> None:
    list(make(asked(bundle, tmp_path, idea=idea, scenes=1, size=(48, 32))))
    with av.open(str(tmp_path / "new.mp4")) as container:
        assert idea in container.metadata["comment"]


@pytest.mark.parametrize(("fields", "kind", "match"), [
    ({"idea": ""}, ScriptError, "the idea is empty"), ({"idea": " \n"}, ScriptError, "the idea is empty"),
    ({"idea": "\u200b"}, ScriptError, "the idea is empty"),
    ({"idea": "x" * 100_000}, ScriptError, "at most 2000 characters"),
    ({"scenes": 0}, UsageError, "1 to 1000 scenes"), ({"scenes": 10_000}, UsageError, "1 to 1000 scenes"),
    ({"seconds": 3.0}, UsageError, r"at most 0\.5 s.*4 frames, 8 a second"), ({"seconds": 0.0}, UsageError, "longer"),
    ({"seconds": float("nan")}, UsageError, "longer"), ({"size": (1920, 1080)}, UsageError, "192x128, 48x32"),
    ({"steps": 0}, UsageError, "1 step"), ({"steps": 100_000}, UsageError, "1 to 1000 steps"),
    ({"seed": -1}, UsageError, "a seed from 0"), ({"seed": 2**63}, UsageError, "a seed from 0"),
    ({"writer": "openai"}, UsageError, "OPENAI_BASE_URL"), ({"backend": "abacus"}, MovieFactoryError, "a backend"),
    ({"sounds": Path("nowhere")}, SoundError, "nothing is there")])
def test_what_cannot_be_made_is_refused_before_anything_is_begun(
        bundle: Path, tmp_path: Path, fields: dict[str, Any], kind: type[MovieFactoryError], match: str) -> None:
    events: list[Event] = []
    with pytest.raises(kind, match=match) as caught:
        collect(asked(bundle, tmp_path, **fields), events)
    assert events == [Failed(code=caught.value.code, expected=caught.value.expected, got=caught.value.got,
                             fix=caught.value.fix)]
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_no_film_is_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.mp4"):
        list(make(asked(bundle, tmp_path, out=tmp_path / "film.avi")))
    (tmp_path / "dir.mp4").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        list(make(asked(bundle, tmp_path, out=tmp_path / "dir.mp4")))


def test_a_file_that_is_of_no_film_is_not_written_over(bundle: Path, tmp_path: Path) -> None:
    request = asked(bundle, tmp_path)
    request.out.write_bytes(b"my holiday")
    with pytest.raises(UsageError, match=r"is there already and of no film in .*; choose another -o"):
        list(make(request))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(request.out.name, b"my holiday")]


def test_a_folder_of_other_things_is_not_written_to(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "new.film").mkdir()
    (tmp_path / "new.film" / "thesis.odt").write_text("precious")
    with pytest.raises(FilmFolderError, match=r"thesis\.odt"):
        list(make(asked(bundle, tmp_path)))
    assert [path.name for path in (tmp_path / "new.film").iterdir()] == ["thesis.odt"]


def test_a_script_too_long_for_the_model_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text(screenplay.to_json(write_offline(IDEA, 2, 2.0, 1)), "utf-8")
    with pytest.raises(ScriptError, match=r"at most 0\.5 s.*scene 1 lasts 2"):
        list(make(asked(bundle, tmp_path, scenes=None, script=tmp_path / "script.json")))


def test_without_models_the_missing_starter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.bundle.line_up.starter_folder", lambda: tmp_path / "starter")
    with pytest.raises(BundleError, match="expected the starter bundle, but it is missing from this installation"):
        list(make(FilmRequest(idea=IDEA, out=tmp_path / "new.mp4")))
    assert list(tmp_path.iterdir()) == []


def test_sounds_from_another_folder(bundle: Path, tmp_path: Path) -> None:
    tiny_sounds(tmp_path / "sounds")
    list(make(asked(bundle, tmp_path, scenes=1, sounds=tmp_path / "sounds")))
    settings = load(tmp_path / "new.film" / "film.json").settings
    assert settings.sounds == str(tmp_path / "sounds")


def test_guided_models_read_the_text_of_nothing_too(tmp_path: Path) -> None:
    guided = film_bundle(tmp_path / "guided", TinySizes(frames=4, tokens=96), guidance=3.0)
    events = list(make(asked(guided.folder, tmp_path, scenes=1, size=(48, 32))))
    assert [event.total for event in events if isinstance(event, Step) and event.stage == "text"] == [2, 2]


def test_a_film_can_be_moved_with_its_folder(film: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").rename(tmp_path / "elsewhere")
    place = tmp_path / "elsewhere"
    events = list(render(place / "movie.film"))
    assert stages(events) == []
    assert [event.path for event in events if isinstance(event, FilmDone)] == [str(place / "movie.mp4")]
