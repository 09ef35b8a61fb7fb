import pytest

from runtime.screenplay import TONES, Scene, Sounds
from runtime.sound.cues import from_json, to_json
from runtime.sound.library import Library
from runtime.sound.plan import plan
from runtime.sound.search import Search


@pytest.fixture(scope="module")
def search(starter: Library) -> Search:
    return Search(starter)


def scene(prompt: str, ambience: str = "", *effects: str) -> Scene:
    return Scene(prompt=prompt, sounds=Sounds(ambience=ambience, effects=effects))


SEA = scene("a sailing boat on the open sea", "sea waves", "sail flapping", "seagull cry", "foghorn")
CITY = scene("a robot walks through a city at night")


def test_one_ambience_goes_on_through_scenes_that_share_it(search: Search) -> None:
    sheet = plan([SEA, SEA, CITY], "calm", search)
    beds = [cue for cue in sheet.cues if cue.kind == "ambience"]
    assert [(cue.sound, cue.scene) for cue in beds] == [("ambience/sea-waves.opus", 1), ("ambience/city-night.opus", 3)]
    assert [beds[0].start, beds[0].end, beds[1].start, beds[1].end] == pytest.approx([0.0, 4.15, 3.85, 6.0])


def test_hints_come_first_then_the_prompt(search: Search) -> None:
    sheet = plan([SEA, CITY], "calm", search)
    effects = {cue.id: cue.sound for cue in sheet.cues if cue.kind == "effect"}
    assert effects["scene-1/effect-1"] == "effect/sail-flap.opus"
    assert effects["scene-1/effect-2"] == "effect/gull-cry.opus"
    assert "scene-1/effect-3" not in effects
    assert effects["scene-2/effect-1"].startswith("effect/robot-")


def test_hints_nobody_can_meet_leave_the_word_to_the_prompt(search: Search) -> None:
    sheet = plan([scene("a dog runs in a meadow", "", "zither glissando")], "calm", search)
    assert any(cue.sound.startswith("effect/dog-") for cue in sheet.cues)


def test_what_fits_nothing_stays_silent(search: Search) -> None:
    sheet = plan([scene("two scientists argue about mathematics")], "calm", search)
    assert [cue.kind for cue in sheet.cues] == ["music"]


def test_a_one_shot_sounds_where_the_picture_moves(search: Search, starter: Library) -> None:
    lead = starter.sound("effect/dog-bark.opus").peak
    assert lead is not None
    moved = [0.1] * 16
    moved[12] = 0.9
    (cue,) = [cue for cue in plan([scene("x", "", "dog bark")], "calm", search, motion=[moved]).cues
              if cue.kind == "effect"]
    assert cue.start - cue.offset + lead == pytest.approx(12.5 / 16 * 2.0)


def test_a_late_peak_starts_inside_the_recording(search: Search, starter: Library) -> None:
    sheet = plan([scene("x", "", "rocket launch"), scene("a dog")], "calm", search)
    (cue,) = [cue for cue in sheet.cues if cue.id == "scene-1/effect-1"]
    assert cue.sound == "effect/rocket-launch.opus"
    assert cue.start == 0.0
    assert cue.offset > 0
    assert cue.end <= 3.0


def test_a_one_shot_is_not_repeated_cut_after_cut(search: Search) -> None:
    sheet = plan([scene("x", "", "dog bark")] * 4, "calm", search)
    barks = [cue.scene for cue in sheet.cues if cue.sound == "effect/dog-bark.opus"]
    assert barks == [1, 3]


@pytest.mark.parametrize("tone", TONES)
def test_every_tone_has_its_music(search: Search, starter: Library, tone: str) -> None:
    sheet = plan([SEA] * 3, tone, search, seconds=[2.0, 1.5, 2.0], text="A boat goes home")
    (music,) = [cue for cue in sheet.cues if cue.kind == "music"]
    assert tone in starter.sound(music.sound).moods
    assert (music.start, music.end, sheet.seconds) == (0.0, 5.5, 5.5)


def test_cues_stay_inside_the_film_and_have_stable_names(search: Search) -> None:
    scenes = [SEA, CITY, scene("a rocket leaves the moon"), scene("a train in the snow", "", "train whistle")]
    sheet = plan(scenes, "epic", search, seconds=[1.0, 0.5, 2.0, 0.125])
    assert all(0 <= cue.start < cue.end <= sheet.seconds for cue in sheet.cues)
    assert len({cue.id for cue in sheet.cues}) == len(sheet.cues)
    assert plan(scenes, "epic", search, seconds=[1.0, 0.5, 2.0, 0.125]) == sheet
    assert from_json(to_json(sheet)) == sheet


def test_lengths_must_match_scenes(search: Search) -> None:
    with pytest.raises(ValueError, match="2 scenes"):
        plan([SEA, CITY], "calm", search, seconds=[2.0])


def test_a_scene_with_a_bed_and_no_effects_is_meant_to_have_none(search: Search) -> None:
    sheet = plan([scene("an orange bird hovering above the forest", "forest birds")], "calm", search)
    assert [cue.kind for cue in sheet.cues] == ["ambience", "music"]


def test_who_rests_is_not_replaced_by_what_means_something_else(search: Search) -> None:
    creaking = scene("a boat", "sea waves", "creaking wood")
    sheet = plan([creaking, creaking, creaking], "calm", search)
    assert [(cue.scene, cue.sound) for cue in sheet.cues if cue.kind == "effect"] == [
        (1, "effect/boat-creak.opus"), (3, "effect/boat-creak.opus")]
