"""Retrieval on the real starter library, with words alone and with the project's own text encoder."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from runtime.bundle import Engines, LineUp, find
from runtime.film import embedder
from runtime.sound.library import Kind, Library, Sound
from runtime.sound.search import Embed, Search

SCENES = {  # what is filmed: (an effect that fits, an ambience that fits)
    "A red car drives along a coast road at sunset": ("car-", "open-road sea-waves"),
    "An airplane flies above the clouds at sunset": ("airplane- jet-", "high-wind"),
    "A sailing boat on a stormy sea": ("sail- boat- hull-", "stormy-sea"),
    "A rocket leaving the moon": ("rocket-", "moon space-"),
    "A whale under water": ("whale-", "underwater"),
    "A hot-air balloon over a desert": ("balloon-", "desert-"),
    "A train crossing snow mountains": ("train-", "snow-"),
    "A robot in a city at night": ("robot-", "city-night"),
    "A white horse and a black dog running across a meadow": ("horse- dog-", "meadow"),
    "A race between a yellow car and an airplane": ("car- airplane-", "open-road"),
    "A butterfly flutters through a forest": ("butterfly-", "forest"),
    "A bird glides over a canyon": ("bird-", "canyon-"),
    "Fish swim past in the deep under water": ("fish-", "underwater"),
    "An astronaut walks on the moon": ("astronaut-", "moon"),
    "A lighthouse on the coast in fog": ("foghorn", "sea-waves"),
    "A windmill turns in a meadow": ("windmill-", "meadow"),
    "A rocket drifts through space among the stars": ("rocket-", "space-"),
}
HINTS = {
    "dog bark": "dog-bark", "horse gallop": "horse-gallop", "neighing horse": "horse-neigh", "seagull cry": "gull-cry",
    "train whistle": "train-whistle", "steam locomotive": "train-steam", "tyres skidding": "car-skid",
    "church bell": "bell", "metal footsteps": "robot-steps",
    "footsteps": "footsteps", "creaking door": "door", "heart beating": "heartbeat",
    "explosion": "explosion", "radio beep": "radio-chatter", "gas burner flame": "balloon-burner",
    "waves against a hull": "hull-waves", "lion roar": "roar", "police siren": "siren", "jet passing": "jet-pass",
    "propeller engine": "airplane-propeller", "breathing in a helmet": "astronaut-breathing"}
NOTHING = ("a man peels potatoes in a kitchen", "violin solo", "typing on a keyboard", "a judge reads a verdict",
           "two scientists argue about mathematics", "", "!!!", "狗在叫")


@pytest.fixture(scope="module")
def embed() -> Iterator[Embed]:
    line_up = LineUp.of(find())
    with Engines(line_up, "cpu") as engines:
        found = embedder(line_up, engines)
        assert found is not None
        yield found


@pytest.fixture(params=["words", "fused"])
def search(request: pytest.FixtureRequest, starter: Library, embed: Embed) -> Search:
    return Search(starter, embed if request.param == "fused" else None)


def name(sound: Sound) -> str:
    return PurePosixPath(sound.id).stem


def test_every_scene_of_the_film_world_finds_its_sounds(search: Search) -> None:
    for scene, (effects, ambiences) in SCENES.items():
        for kind, wanted in (("effect", effects), ("ambience", ambiences)):
            hits = search.find(scene, kind, sentence=True)  # type: ignore[arg-type]
            assert hits, f"{scene}: no {kind}"
            assert name(hits[0].sound).startswith(tuple(wanted.split())), f"{scene}: {name(hits[0].sound)}"


def test_hints_find_the_sound_they_name(search: Search) -> None:
    found = {hint: [name(hit.sound) for hit in search.find(hint, "effect", 1)] for hint in HINTS}
    assert found == {hint: [wanted] for hint, wanted in HINTS.items()}


@pytest.mark.parametrize("text", NOTHING)
def test_no_sound_beats_a_wrong_one(search: Search, text: str) -> None:
    assert search.find(text, "effect") == []
    assert search.find(text, "ambience") == []


def test_meaning_finds_what_words_do_not(starter: Library, embed: Embed) -> None:
    for text, wanted in (("poodle", "dog-"), ("jetliner", "jet-"), ("seabirds", "gull-"), ("rowboat", "hull-"),
                         ("roadster", "car-"), ("bomber", "airplane-")):
        assert Search(starter).find(text, "effect") == [], text
        assert name(Search(starter, embed).find(text, "effect", 1)[0].sound).startswith(wanted), text


def test_scores_say_why(starter: Library, embed: Embed) -> None:
    hits = Search(starter, embed).rank("dog bark", "effect")
    assert len(hits) == len(starter.of_kind("effect"))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].matched == {"dog", "bark"}
    assert hits[0].score == pytest.approx(2 / 61)
    sound = hits[0].sound
    both = embed([f"{sound.caption}: {', '.join(sound.tags)}", "dog bark"])
    assert hits[0].cosine == pytest.approx(float(both[0] @ both[1]), abs=2e-3)
    assert Search(starter).rank("dog bark", "effect")[0].cosine is None


def test_kinds_are_kept_apart(search: Search) -> None:
    kinds: tuple[Kind, ...] = ("effect", "ambience", "music")
    for kind in kinds:
        assert {hit.sound.kind for hit in search.rank("rain music car", kind)} == {kind}


def test_an_empty_shelf_is_no_error(starter: Library, embed: Embed) -> None:
    music = Library(starter.folder, starter.of_kind("music"), "")
    assert Search(music, embed).find("dog bark", "effect") == []
