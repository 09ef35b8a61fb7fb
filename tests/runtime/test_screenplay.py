"""The screenplay's JSON: nothing is lost on the way, and every wrong field is named."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import ScriptError
from runtime.screenplay import Character, Scene, Screenplay, Sounds, from_dict, from_json, to_dict, to_json

FILM = Screenplay(
    title="Night Run", idea="a race 🚗", logline="Two meet.", tone="tense", writer="offline 1",
    characters=(Character(name="car", description="a red car"),),
    scenes=(Scene(prompt="a red car racing", camera="tracking", seconds=1.5, characters=("car",), seed=7,
                  sounds=Sounds(ambience="wind", effects=("engine",))), Scene(prompt="the end")),
)


def test_a_round_trip_keeps_everything() -> None:
    assert from_json(to_json(FILM)) == FILM


def test_fields_of_a_newer_version_survive() -> None:
    data = to_dict(FILM)
    data["festival"] = {"name": "Oslo"}
    data["scenes"][0]["lens"] = [35, 50]
    data["scenes"][0]["sounds"]["reverb"] = "hall"
    data["characters"][0]["voice"] = None
    again = to_dict(from_dict(data))
    assert again == data


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(str.strip))
def test_any_text_survives(text: str) -> None:
    film = replace(FILM, scenes=(Scene(prompt=text),), idea=text)
    assert from_json(to_json(film)) == film


@pytest.mark.parametrize(("path", "value", "said"), [
    (("title",), "", "title to be some text, but it is missing"),
    (("title",), 3, "title to be text, but a number came"),
    (("tone",), "purple", "tone to be one of angry"),
    (("version",), 2, "version 1, but it has version 2"),
    (("scenes",), [], "1 to 1000 scenes, but it has 0"),
    (("scenes",), None, "scenes to be a list, but it is missing"),
    (("scenes",), {"a": 1}, "scenes to be a list, but an object came"),
    (("scenes",), ["x"], "scenes[0]. to be a JSON object, but text came"),
    (("scenes", 1, "prompt"), " ", "scenes[1].prompt to be some text"),
    (("scenes", 1, "prompt"), "x" * 2001, "scenes[1].prompt to be at most 2000 characters"),
    (("scenes", 1, "prompt"), "\ud800", "Unicode text, but it holds half"),
    (("scenes", 0, "seconds"), 0, "scenes[0].seconds to be a length above 0"),
    (("scenes", 0, "seconds"), True, "scenes[0].seconds to be a number, but true or false came"),
    (("scenes", 0, "seconds"), 10**400, "scenes[0].seconds to be a length above 0, but it is inf"),
    (("scenes", 0, "seed"), -1, "scenes[0].seed to be a whole number from 0"),
    (("scenes", 0, "characters"), [1], "scenes[0].characters to be a list of texts"),
    (("scenes", 0, "sounds", "effects"), "boom", "scenes[0].sounds.effects to be a list, but text came"),
    (("characters", 0, "name"), None, "characters[0].name to be some text"),
])
def test_a_wrong_field_is_named(path: tuple[str | int, ...], value: object, said: str) -> None:
    data = to_dict(FILM)
    target = data
    for key in path[:-1]:
        target = target[key]  # type: ignore[index]
    target[path[-1]] = value  # type: ignore[index]
    with pytest.raises(ScriptError) as caught:
        from_dict(data, "script.json")
    assert said in str(caught.value)
    assert "script.json" in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [
    ("{", "line 1 is not"), ("[]", "a list came"), ("null", "nothing came"), ("[" * 100_000, "nested too deeply"),
    ('{"version": ' + "9" * 5000 + "}", "digits"),
])
def test_what_is_not_a_screenplay_is_said_so(text: str, said: str) -> None:
    with pytest.raises(ScriptError) as caught:
        from_json(text, "script.json")
    assert said in str(caught.value)


def test_null_means_absent() -> None:
    data = json.loads(to_json(FILM))
    data["scenes"][1]["camera"] = None
    assert from_dict(data).scenes[1].camera == "static"
