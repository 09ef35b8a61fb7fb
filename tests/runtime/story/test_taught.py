"""Who of a film is a stranger to a model that was taught a few things."""

import pytest

from runtime.story import warning, write_offline
from runtime.story.taught import untaught

TAUGHT = {"airplane": ("airplane", "plane"), "sailing boat": ("sailing boat", "sailboat"), "dog": ("dog", "hound"),
          "fish": ("fish",), "butterfly": ("butterfly",), "car": ("car", "sports car")}


@pytest.mark.parametrize("description", [
    "a red car", "an old white sailboat", "two dogs", "three yellow fish", "many blue butterflies", "a plane",
    "a sailing boat with a torn sail", "two Sports Cars", "red cars", "the ocean"])
def test_who_is_named_by_a_taught_noun_is_no_stranger(description: str) -> None:
    assert not untaught([description], TAUGHT)


@pytest.mark.parametrize(("description", "found"), [
    ("a small panda with a scarf", {"a panda": "dog"}), ("two grey cats", {"a cat": "dog"}),
    ("an automobile", {"an automobile": "car"}), ("a girl with red hair", {"a girl": ""}), ("Luna", {"Luna": ""}),
    ("Captain Mara, a weathered sailor", {"a sailor": ""}), ("an orange tabby cat", {"a cat": "dog"}),
    ("a lighthouse keeper", {"a lighthouse keeper": ""}), ("a flamethrower", {"a flamethrower": ""}),
    ("ein rotes Auto", {"an auto": "car"}),
    ("une voiture rouge", {"une voiture rouge": ""})])
def test_strangers_are_said_with_the_nearest_of_their_kind(description: str, found: dict[str, str]) -> None:
    assert untaught([description], TAUGHT) == found


def test_a_person_is_nearest_to_an_astronaut() -> None:
    assert untaught(["a girl", "two pirates"], {**TAUGHT, "astronaut": ("astronaut", "spaceman")}) == {
        "a girl": "astronaut", "a pirate": "astronaut"}


def test_a_warning_says_whom_the_model_does_not_know_and_what_it_does() -> None:
    film = write_offline("a girl and a panda feed a dog", 3, 2.0, 1)
    said = warning((one.description for one in film.characters), TAUGHT)
    assert said.startswith("this model was not taught to draw a girl and a panda (may look like a dog); it knows ")
    assert said.endswith("airplane, butterfly, car, dog, fish and sailing boat")


def test_without_strangers_or_without_a_list_nothing_is_said() -> None:
    assert warning(["a red car", "a dog"], TAUGHT) == ""
    assert warning(["a girl"], {}) == ""
    assert warning([], TAUGHT) == ""
