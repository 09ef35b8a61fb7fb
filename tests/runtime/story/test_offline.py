"""The offline writer: what every script keeps, and what a few known ideas become."""

import itertools
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import ScriptError, UsageError
from runtime.screenplay import CAMERAS, MAX_SCENES, TONES, Screenplay, from_json, to_json
from runtime.story import MAX_IDEA, write_offline
from runtime.story.prompts import MOST_WORDS
from runtime.story.subjects import KINDS

IDEAS = (
    "a race between a car and an airplane", "a lonely robot looking for a friend in the city at night",
    "a whale and a sailing boat in a storm", "ein rotes Auto", "🚗🌅", "an automobile and a jet",
    "A small, old robot with a blue scarf dances with a butterfly in a snowy forest.",
    "Alice and her dog go to the moon",
    "three red cars, a horse, a train and two yellow birds", "in the city", "rain", "love and loss", "?!?!",
    "a lighthouse and a windmill", "A rocket leaving the moon", "赤い車が海岸を走る", "le chat noir", "the",
    "a man with a dog named Rex chases a thief through Paris at midnight",
)
HOURS = {"dawn": 0, "sunrise": 0, "day": 1, "daylight": 1, "sunset": 2, "dusk": 2, "night": 3}


def hour(prompt: str) -> int | None:
    """Where in the day a prompt is, by the writer's own words."""
    found = re.search(r"(?:at|by|in bright) (dawn|sunrise|day|daylight|sunset|dusk|night)\b", prompt)
    return HOURS[found[1]] if found else None


def holds(film: Screenplay, idea: str, scenes: int, seconds: float) -> None:
    """What is true of every script."""
    assert film.idea == idea
    assert film.title.strip()
    assert film.logline.strip()
    assert film.tone in TONES
    assert len(film.scenes) == scenes
    described = {character.name: character.description for character in film.characters}
    assert len(described) == len(film.characters)
    for scene in film.scenes:
        assert scene.camera in CAMERAS
        assert scene.seconds == seconds
        assert scene.prompt == " ".join(scene.prompt.split())
        assert 0 < len(scene.prompt.split()) <= MOST_WORDS
        assert len(scene.prompt) <= 400
        assert len(scene.characters) <= 2
        assert scene.sounds.ambience
        assert len(scene.sounds.effects) <= 2
        for name in scene.characters:
            assert described[name] in scene.prompt
    for one, two in itertools.pairwise(film.scenes):
        assert one.prompt != two.prompt
        assert one.camera != two.camera
    assert from_json(to_json(film)) == film


def says_something(text: str) -> bool:
    return any(char.isprintable() and not char.isspace() for char in text)


@settings(max_examples=100, deadline=None)
@given(idea=st.text(min_size=1, max_size=80).filter(says_something), scenes=st.integers(1, 30),
       seed=st.integers(0, 2**63 - 1))
def test_any_text_becomes_a_film(idea: str, scenes: int, seed: int) -> None:
    holds(write_offline(idea, scenes, 2.0, seed), idea, scenes, 2.0)


WORDS = """a an the small red golden car automobile robot whale boats lighthouse friend toaster storm city moon under
    water at night with in to from and , . racing chases looking for leaving named Rex of between like home is
    her two another 🚗 🌙 king's black-and-white"""


@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=14), scenes=st.integers(1, 14),
       seed=st.integers(0, 99))
def test_any_heap_of_known_words_becomes_a_film(words: list[str], scenes: int, seed: int) -> None:
    idea = " ".join(words)
    holds(write_offline(idea, scenes, 1.5, seed), idea, scenes, 1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_noun_of_the_lexicon_is_someone_to_follow(kind: str) -> None:
    for seed, noun in enumerate(KINDS[kind].nouns.split(", ")):
        film = write_offline(f"a {noun} and an {noun}", 4, 2.0, seed)
        assert all(one.description.endswith(f" {noun}") for one in film.characters), noun
        for scene in film.scenes:
            assert not re.search(r"\ba [aeio](?!ne)|\ban [^aeiouh]|\b(\w+) \1\b", scene.prompt), scene.prompt


@pytest.mark.parametrize("idea", IDEAS)
@pytest.mark.parametrize("scenes", [1, 2, 3, 4, 10, 50])
def test_known_ideas(idea: str, scenes: int) -> None:
    film = write_offline(idea, scenes, 2.0, 1)
    holds(film, idea, scenes, 2.0)
    hours = [found for scene in film.scenes if (found := hour(scene.prompt)) is not None]
    assert hours == sorted(hours), "the day only goes forward"


def test_the_longest_film_and_the_longest_idea() -> None:
    film = write_offline(IDEAS[0], MAX_SCENES, 2.0, 3)
    holds(film, IDEAS[0], MAX_SCENES, 2.0)
    assert len({scene.prompt for scene in film.scenes}) > 300
    for idea in ("x" * MAX_IDEA, "a red car and " * (MAX_IDEA // 14), "very " * (MAX_IDEA // 5), "🚗" * MAX_IDEA):
        holds(write_offline(idea, 5, 2.0, 3), idea, 5, 2.0)


@pytest.mark.parametrize("idea", ["", "   \n\t", "\u200b", "\x00"])
def test_an_empty_idea(idea: str) -> None:
    with pytest.raises(ScriptError, match="expected a sentence to make a film of, but the idea is empty"):
        write_offline(idea, 3, 2.0, 1)


def test_an_enormous_idea_and_one_that_is_no_text() -> None:
    with pytest.raises(ScriptError, match="at most 2000 characters, but this one has 2001"):
        write_offline("x" * 2001, 3, 2.0, 1)
    with pytest.raises(ScriptError, match="character 6"):
        write_offline("a car\udc80", 3, 2.0, 1)


@pytest.mark.parametrize("scenes", [0, -1, 1001, 10_000])
def test_an_impossible_number_of_scenes(scenes: int) -> None:
    with pytest.raises(UsageError, match=f"1 to 1000 scenes, but {scenes}"):
        write_offline("a car", scenes, 2.0, 1)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_length(seconds: float) -> None:
    with pytest.raises(UsageError, match="longer than 0 seconds"):
        write_offline("a car", 2, seconds, 1)


def test_the_same_idea_and_seed_give_the_same_film_in_another_process() -> None:
    code = ("import sys; from runtime.story import write_offline; from runtime.screenplay import to_json\n"
            "sys.stdout.write(to_json(write_offline('a race between a car and an airplane', 12, 2.0, 5)))")
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert json.loads(there) == json.loads(to_json(write_offline(IDEAS[0], 12, 2.0, 5)))


def test_other_seeds_give_other_variants_and_other_ideas_other_stories() -> None:
    films = [write_offline(IDEAS[0], 10, 2.0, seed) for seed in range(8)]
    assert len({tuple(scene.prompt for scene in film.scenes) for film in films}) == 8
    stories = [write_offline(idea, 10, 2.0, 1) for idea in IDEAS]
    assert len({tuple(scene.prompt for scene in story.scenes) for story in stories}) == len(IDEAS)


@pytest.mark.parametrize("seed", range(12))
def test_a_race_is_a_race(seed: int) -> None:
    film = write_offline("a race between a car and an airplane", 10, 2.0, seed)
    prompts = [scene.prompt for scene in film.scenes]
    car, airplane = (character.description for character in film.characters)
    assert re.fullmatch(r"an? \w+ car", car)
    assert re.fullmatch(r"an? \w+ airplane", airplane)
    assert car.split()[1] != airplane.split()[1], "one can tell them apart"
    assert not film.scenes[0].characters, "first the place"
    assert [len(scene.characters) for scene in film.scenes[1:3]] == [1, 1], "then each of them"
    assert re.search("neck and neck|overtaking|catching up|pulling ahead", " ".join(prompts[3:8]))
    assert "moving on side by side" in prompts[-1]
    assert sum(len(scene.characters) == 2 for scene in film.scenes) >= 5
    assert len({scene.camera for scene in film.scenes}) >= 4


@pytest.mark.parametrize("idea", ["a red car on a coast road", "a race between a car and an airplane",
                                  "a ship leaving the harbour"])
def test_in_a_film_of_one_scene_the_camera_stands_still(idea: str) -> None:
    assert [scene.camera for scene in write_offline(idea, 1, 2.0, 1).scenes] == ["static"]


@pytest.mark.parametrize("seed", range(8))
def test_a_search_finds_its_friend_at_the_end_only(seed: int) -> None:
    film = write_offline("a lonely robot looking for a friend in the city at night", 10, 2.0, seed)
    assert film.tone == "sad"
    assert {character.description for character in film.characters} >= {"a friend"}
    robot = film.characters[0].description
    assert re.fullmatch(r"a lonely \w+ robot", robot)
    for scene in film.scenes:
        assert "city at night" in scene.prompt
    met = ["friend" in scene.characters for scene in film.scenes]
    assert met == sorted(met)
    assert 2 <= sum(met) <= 4
    assert any("finding a friend" in scene.prompt for scene in film.scenes)


@pytest.mark.parametrize("seed", range(8))
def test_a_storm_gathers_rages_and_passes(seed: int) -> None:
    film = write_offline("a whale and a sailing boat in a storm", 10, 2.0, seed)
    assert film.tone == "dramatic"
    assert film.characters[0].description == "a whale"
    words = [re.search(r"(before the|in a|after the) storm|facing the storm", scene.prompt) for scene in film.scenes]
    said = [found[1] for found in words if found and found[1]]
    assert said == sorted(said, key=("before the", "in a", "after the").index)
    assert len(set(said)) == 3
    assert all("sea" in scene.prompt for scene in film.scenes)
    heard = [scene.sounds.ambience for scene in film.scenes]
    assert heard[0] == heard[-1] == "ocean waves"
    assert "stormy sea with high waves" in heard


def test_other_languages_and_pictures_are_kept() -> None:
    german = write_offline("ein rotes Auto", 6, 2.0, 1)
    assert german.characters[0].description == "ein rotes Auto"
    sunrise = write_offline("🚗🌅", 6, 2.0, 1)
    assert sunrise.idea == "🚗🌅"
    assert sunrise.characters[0].description.endswith(" automobile")
    assert all("at sunrise" in scene.prompt for scene in sunrise.scenes)
    japanese = write_offline("赤い車が海岸を走る", 6, 2.0, 1)
    assert all("赤い車が海岸を走る" in scene.prompt for scene in japanese.scenes)


def test_the_users_own_nouns_are_kept() -> None:
    film = write_offline("an automobile and a jet", 10, 2.0, 1)
    text = " ".join(scene.prompt for scene in film.scenes)
    assert "automobile" in text
    assert "jet" in text
    assert not re.search(r"\b(car|airplane|plane)\b", text)


@pytest.mark.parametrize(("idea", "expected"), [
    ("A small, old robot with a blue scarf dances", "a small old robot with a blue scarf"),
    ("a black-and-white cat named Luna", "a black-and-white cat named Luna"),
    ("the last red dragon", "the last red dragon"),
    ("three golden fish under water", "three golden fish"),
    ("a flock of white birds over the sea", "a flock of white birds"),
    ("her old wooden boat", "her old wooden boat"),
    ("a grumpy purple toaster in a kitchen", "a grumpy purple toaster"),
])
def test_descriptions_in_the_users_words(idea: str, expected: str) -> None:
    film = write_offline(idea, 6, 2.0, 2)
    assert [character.description for character in film.characters] == [expected]
    assert sum(expected in scene.prompt for scene in film.scenes) >= 5


def test_places_hours_and_weather_of_the_idea_are_kept() -> None:
    film = write_offline("a green train crosses the snowy mountains in fog at dusk", 12, 2.0, 4)
    assert all("the snowy mountains" in scene.prompt for scene in film.scenes)
    assert all("at dusk" in scene.prompt for scene in film.scenes)
    assert all(" fog" in scene.prompt or "mist" in scene.prompt for scene in film.scenes)
    there = write_offline("a fox travels from the forest to the city", 12, 2.0, 4)
    places = ["forest" if "forest" in scene.prompt else "city" for scene in there.scenes]
    assert places == sorted(places, reverse=True)
    assert "leaving the forest" in " ".join(scene.prompt for scene in there.scenes)
    assert "reaching the city" in " ".join(scene.prompt for scene in there.scenes)


@pytest.mark.parametrize("seed", range(6))
def test_several_characters_take_turns_in_pairs(seed: int) -> None:
    film = write_offline("a red car, a white horse, a green train and a blue bird", 16, 2.0, seed)
    assert len(film.characters) == 4
    assert {name for scene in film.scenes for name in scene.characters} == {c.name for c in film.characters}


def test_what_the_idea_implies_is_not_contradicted() -> None:
    stars = write_offline("an elephant and a mouse dance under the stars", 8, 2.0, 1)
    assert all("under the stars" in scene.prompt or "the stars" in scene.prompt for scene in stars.scenes)
    assert all("at night" in scene.prompt for scene in stars.scenes)
    sea = write_offline("a sailing boat on a stormy sea", 8, 2.0, 1)
    assert all("a stormy sea" in scene.prompt for scene in sea.scenes)
    assert not any("in a storm" in scene.prompt or "before" in scene.prompt for scene in sea.scenes)


def test_nobody_is_invented() -> None:
    film = write_offline("a blue whale meets a yellow fish under water", 20, 2.0, 1)
    text = " ".join(scene.prompt for scene in film.scenes)
    for stranger in ("car", "bird", "robot", "boat", "friend", "dog"):
        assert not re.search(rf"\b{stranger}s?\b", text)


def test_what_moves_never_stands_about() -> None:
    """The starter's films show everything that can move on its way: a script that says otherwise promises too much."""
    still = re.compile(r"\b(waiting|resting|to rest|parked|sitting|lying|looking (around|back)|standing|stopping)\b")
    ideas = ("a race between a car and an airplane", "a horse and a dog in a meadow", "a robot searching for a train",
             "an astronaut on the moon", "a sailing boat rescues a whale")
    for idea in ideas:
        for seed in range(8):
            for scene in write_offline(idea, 12, 2.0, seed).scenes:
                assert not still.search(scene.prompt), scene.prompt


@pytest.mark.parametrize(("idea", "nouns"), [
    ("a brown bear in the forest", ["bear"]),
    ("a huge ship crosses the ocean", ["ship"]),
    ("a happy duck swims on a pond", ["duck"]),
    ("a friendly ray under water", ["ray"]),
    ("a chef cooks soup", ["chef"]),
    ("a robot chef cooks pasta", ["chef"]),
    ("my dog ducks under a bridge", ["dog"]),
    ("a gardener waters flowers", ["gardener"]),
    ("a girl feeds ducks", ["girl", "ducks"]),
    ("a red sports car", ["car"]),
    ("he runs away from the monster", ["man", "monster"]),
    ("She sails to the moon", ["woman"]),
    ("they dance in the rain", ["people"]),
    ("a lamp lights up when she comes home", ["lamp"]),
    ("a whale swallows a boat", ["whale", "boat"]),
    ("a girl pilots a plane", ["girl", "plane"]),
    ("two robot dogs play on the beach", ["dogs"]),
    ("a lighthouse keeper waits for a ship in a storm", ["keeper", "ship"]),
    ("a bear cub and a dog sled cross the ice", ["cub", "sled"]),
    ("a fish seller shouts at a gull", ["seller", "gull"]),
    ("a fox and an owl become friends", ["fox", "owl"]),
    ("a cat and a dog are enemies", ["cat", "dog"]),
    ("my friend is a robot", ["friend", "robot"]),
    ("a bird that cannot fly", ["bird"]),
    ("no people, only a windmill", ["windmill"]),
    ("a train leaves the station", ["train"]),
])
def test_who_is_in_it(idea: str, nouns: list[str]) -> None:
    film = write_offline(idea, 8, 2.0, 1)
    assert [character.description.split()[-1] for character in film.characters] == nouns


def test_what_one_does_is_no_place() -> None:
    film = write_offline("a gardener waters flowers", 6, 2.0, 1)
    assert not any("waters" in scene.prompt for scene in film.scenes)


def test_a_ship_after_any_adjective_is_at_sea() -> None:
    film = write_offline("a huge ship crosses the ocean", 10, 2.0, 1)
    assert any("across the ocean" in scene.prompt for scene in film.scenes)
    assert not any(re.search(r"\b(by|beside) the ocean|moving slowly", scene.prompt) for scene in film.scenes)


@pytest.mark.parametrize(("idea", "description"), [
    ("a polar bear on the ice", "a white polar bear"), ("a zebra in the savanna", "a zebra"),
    ("crows over a field", "black crows"), ("a fox in the forest", "an orange fox"),
])
def test_animals_have_the_colour_everybody_knows(idea: str, description: str) -> None:
    assert {write_offline(idea, 4, 2.0, seed).characters[0].description for seed in range(12)} == {description}


@pytest.mark.parametrize("seed", range(12))
def test_captions_read_well_whatever_walks_rolls_or_winds(seed: int) -> None:
    for idea in ("a boy walks along the beach", "an astronaut walks on Mars", "a horse on the beach",
                 "two trains in the desert", "a car on the road"):
        for scene in write_offline(idea, 10, 2.0, seed).scenes:
            assert not re.search(r"\b(\w+) \1\b|\bits way\b", scene.prompt), scene.prompt


@pytest.mark.parametrize("seed", range(6))
def test_what_is_acted_upon_does_not_run_about(seed: int) -> None:
    for scene in write_offline("a bee visits a gate and finds a flimflam", 10, 2.0, seed).scenes:
        assert not re.search(r"(gate|flimflam) (rushing|moving|gliding|following)", scene.prompt), scene.prompt


def beds(idea: str) -> set[str]:
    return {scene.sounds.ambience for scene in write_offline(idea, 10, 2.0, 1).scenes}


def test_the_weather_is_heard_where_there_is_weather() -> None:
    assert beds("a girl walks through Paris in the rain") == {"steady rain"}
    assert beds("an astronaut on the moon in a storm") == {"on the surface of the moon"}
    assert beds("a boat on the sea in fog") == {"ocean waves"}
    assert "quiet ambience at the station" in beds("the last train leaves the station at midnight")
    assert beds("a boat on the sea in a storm") == {"ocean waves", "stormy sea with high waves"}


def test_nothing_sounds_like_what_it_is_not() -> None:
    for idea in ("a castle in the desert", "a pyramid in the desert", "a bicycle on a road", "a snail in a garden"):
        heard = {effect for scene in write_offline(idea, 20, 2.0, 1).scenes for effect in scene.sounds.effects}
        assert not heard & {"foghorn", "car engine driving by", "engine revving", "paws running"}, idea
    tower = [scene.sounds.effects for scene in write_offline("a lighthouse by the sea", 20, 2.0, 1).scenes]
    assert ("foghorn",) in tower
