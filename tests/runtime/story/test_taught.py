"""Who of a film is a stranger to a model that was taught a few things."""

import pytest

from runtime.story import warning, write_offline
from runtime.story.taught import untaught

TAUGHT = {"airplane": ("airplane", "plane"), "astronaut": ("astronaut", "spaceman"), "sailing boat": ("sailboat",),
          "dog": ("dog", "hound"), "fish": ("fish",), "butterfly": ("butterfly",), "car": ("car", "sports car"),
          "balloon": ("hot-air balloon",), "bird": ("bird",)}


@pytest.mark.parametrize("description", [
    "a red car", "an old white sailboat", "two dogs", "three yellow fish", "many blue butterflies", "a plane",
    "a sailing boat with a torn sail", "two Sports Cars", "red cars", "a hot air balloon", "two spacemen", "the ocean",
    "", "!!!", "12345"])
def test_who_is_named_by_a_taught_noun_is_no_stranger(description: str) -> None:
    assert not untaught([description], TAUGHT)


@pytest.mark.parametrize(("description", "found"), [
    ("a small panda with a scarf", {"a panda": "dog"}), ("two grey cats", {"a cat": "dog"}),
    ("three children", {"a child": "astronaut"}), ("wolves", {"a wolf": "dog"}), ("two geese", {"a goose": "bird"}),
    ("an automobile", {"an automobile": "car"}), ("a girl with red hair", {"a girl": "astronaut"}),
    ("an old lighthouse keeper", {"a lighthouse keeper": "astronaut"}), ("a ufo", {"a ufo": ""}),
    ("Max, a brave fox", {"a fox": "dog"}), ("Captain Mara, a weathered sailor", {"a sailor": "astronaut"}),
    ("an orange tabby cat", {"a cat": "dog"}), ("a scruffy duck", {"a duck": "bird"}),
    ("a weathered ship with torn sails", {"a ship": "sailing boat"}), ("a group of penguins", {"a penguin": "dog"}),
    ("a flamethrower", {"a flamethrower": ""}), ("her broken heart", {"her broken heart": ""}),
    ("Luna", {"Luna": "astronaut"}), ("une voiture rouge", {"une voiture rouge": ""})])
def test_strangers_are_said_with_the_nearest_of_their_kind(description: str, found: dict[str, str]) -> None:
    assert untaught([description], TAUGHT) == found


def test_what_cannot_be_read_is_quoted_in_part() -> None:
    assert max(map(len, untaught(["ein Hund läuft " * 50], TAUGHT))) <= 40


def test_a_warning_says_what_is_drawn_for_whom_the_model_does_not_know() -> None:
    def said(idea: str) -> str:
        return warning(write_offline(idea, 3, 2.0, 1), TAUGHT, "Tiny")

    assert said("a girl and a panda feed a dog") == (
        "Tiny draws a girl as an astronaut and a panda as a dog, the nearest it was taught")
    assert said("Alice and her cat meet a ufo") == (
        "Tiny draws Alice as an astronaut and a cat as a dog, the nearest it was taught, and knows nothing like a ufo, "
        "only airplane, astronaut, balloon, bird, butterfly, car, dog, fish and sailing boat")
    assert said("a race between a car and an airplane") == ""


def test_a_model_that_says_nothing_of_what_it_was_taught_knows_everyone() -> None:
    assert warning(write_offline("a girl dances", 3, 2.0, 1), {}, "Tiny") == ""
