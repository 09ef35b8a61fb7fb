import dataclasses
import json

import pytest

from runtime.errors import SoundError
from runtime.sound.cues import (
    Cue,
    CueSheet,
    Overrides,
    apply,
    from_json,
    overrides_from_dict,
    overrides_to_dict,
    stale,
    to_dict,
    to_json,
)

BARK = Cue(id="scene-1/effect-1", sound="effect/bark.opus", kind="effect", start=0.25, end=1.5, gain_db=-3.0,
           offset=0.1, fade_in=0.06, fade_out=0.5, scene=1)
MUSIC = Cue(id="music", sound="music/calm.opus", kind="music", start=0.0, end=4.0)
SHEET = CueSheet(seconds=4.0, cues=(BARK, MUSIC))


def test_a_sheet_survives_json() -> None:
    assert from_json(to_json(SHEET)) == SHEET


@pytest.mark.parametrize(("field", "value", "said"), [
    ("start", -1, "start"), ("end", 0.1, "end after its start"), ("end", float("nan"), "end"),
    ("kind", "speech", "kind"), ("sound", "", "sound"), ("gain_db", 200, "gain"), ("gain_db", "loud", "gain_db"),
    ("scene", 0, "scene"),
    ("scene", True, "scene"), ("offset", None, "offset"), ("start", True, "start")])
def test_a_wrong_cue_is_named(field: str, value: object, said: str) -> None:
    data = to_dict(SHEET)
    data["cues"] = [{**dataclasses.asdict(BARK), field: value}]
    with pytest.raises(SoundError, match=said) as caught:
        from_json(json.dumps(data))
    assert "scene-1/effect-1" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "seconds": 0, "cues": []}',
                                  '{"version": 1, "seconds": 4, "cues": {}}', "[" * 100_000])
def test_other_things_are_not_sheets(text: str) -> None:
    with pytest.raises(SoundError, match=r"expected .+, but .+; .+"):
        from_json(text)


def test_edits_lie_on_top_of_the_automatic_sheet() -> None:
    extra = Cue(id="mine", sound="effect/bell.opus", kind="effect", start=2.0, end=3.0)
    edits = Overrides(change={"scene-1/effect-1": {"gain_db": -9.0, "sound": "effect/owl.opus"}}, remove=("music",),
                      add=(extra,))
    edited = apply(SHEET, edits)
    assert edited.cues == (dataclasses.replace(BARK, gain_db=-9.0, sound="effect/owl.opus"), extra)
    assert apply(SHEET, Overrides()) == SHEET


def test_edits_survive_json_with_fields_of_other_versions() -> None:
    edits = Overrides(change={"music": {"gain_db": 2.0}}, remove=("x",), add=(BARK,), extra={"later": [1, 2]})
    assert overrides_from_dict(json.loads(json.dumps(overrides_to_dict(edits)))) == edits


def test_edits_of_cues_that_are_gone_do_nothing_and_are_told() -> None:
    edits = Overrides(change={"scene-9/effect-1": {"gain_db": 1.0}, "music": {"gain_db": 1.0}},
                      remove=("scene-8/ambience",))
    assert stale(SHEET, edits) == ("scene-8/ambience", "scene-9/effect-1")
    assert len(apply(SHEET, edits).cues) == 2


@pytest.mark.parametrize("data", [[], {"version": 3}, {"change": {"music": {"volume": 3}}}, {"change": {"music": 3}},
                                  {"remove": "music"}, {"add": [{"id": "x"}]}])
def test_wrong_edits_are_named(data: object) -> None:
    with pytest.raises(SoundError, match=r"expected .+, but .+; .+"):
        overrides_from_dict(data)


def test_an_edit_that_breaks_a_cue_is_refused() -> None:
    with pytest.raises(SoundError, match="edit of cue 'music'"):
        apply(SHEET, Overrides(change={"music": {"end": -1.0}}))
