"""Clips at random: fair to every subject, a third with two, and never one by which the starter is judged."""

from collections import Counter

from training.world.captions import PLACES, caption
from training.world.clip import COUPLES, HELD_OUT, HELD_OUT_COUPLE, RELATIONS, Clip, sample
from training.world.compose import draw
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

MANY = 20_000
FILMS = [sample(seed, films=True) for seed in range(MANY)]
STILLS = [sample(seed, films=False) for seed in range(MANY)]


def pairs(clip: Clip) -> set[tuple[str, str]]:
    return {(actor.subject, clip.setting) for actor in clip.actors}


def test_a_seed_gives_the_same_clip_for_ever() -> None:
    assert [sample(seed, films=True) for seed in range(50)] == FILMS[:50]
    assert len(set(STILLS)) == MANY


def test_every_subject_is_drawn_about_equally_often() -> None:
    for clips in (FILMS, STILLS):
        alone = Counter(clip.actors[0].subject for clip in clips if len(clip.actors) == 1)
        fair = sum(alone.values()) / len(SUBJECTS)
        assert set(alone) == set(SUBJECTS)
        assert all(0.8 * fair < count < 1.3 * fair for count in alone.values()), alone


def test_about_a_third_show_two_and_every_relation_occurs() -> None:
    for clips in (FILMS, STILLS):
        relations = Counter(clip.relation for clip in clips if len(clip.actors) == 2)
        assert abs(relations.total() / MANY - COUPLES) < 0.05
        assert set(relations) == set(RELATIONS)
        assert min(relations.values()) > 0.12 * relations.total()
        assert all((clip.relation != "") == (len(clip.actors) == 2) for clip in clips)


def test_no_film_shows_a_pair_or_the_couple_it_is_judged_by_but_stills_do() -> None:
    for clip in FILMS:
        assert not pairs(clip) & HELD_OUT
        assert {actor.subject for actor in clip.actors} != HELD_OUT_COUPLE
    seen = set().union(*(pairs(clip) for clip in STILLS))
    assert seen >= HELD_OUT
    assert any({actor.subject for actor in clip.actors} == HELD_OUT_COUPLE for clip in STILLS)


def test_everyone_is_somewhere_that_exists_and_whatever_never_moves_is_passed() -> None:
    for clip in STILLS:
        setting = SETTINGS[clip.setting]
        assert clip.time in setting.times
        assert clip.weather in setting.weathers
        for actor in clip.actors:
            assert actor.place in setting.levels
            assert clip.setting in SUBJECTS[actor.subject].settings
        if len(clip.actors) == 2:
            first, second = clip.actors
            assert SUBJECTS[first.subject].speed > 0
            assert SUBJECTS[second.subject].speed > 0 or clip.relation == "passing"


def test_two_of_a_kind_differ_in_colour() -> None:
    twins = [clip.actors for clip in STILLS if len({actor.subject for actor in clip.actors}) < len(clip.actors)]
    assert len(twins) > 100
    for first, second in twins:
        own = SUBJECTS[first.subject].colour
        assert (first.colour or own) != (second.colour or own)


def test_some_clips_show_a_place_alone_and_can_be_drawn_and_told() -> None:
    empty = [clip for clip in (sample(seed, films=True) for seed in range(2000)) if not clip.actors]
    assert 0.03 < len(empty) / 2000 < 0.07
    assert len({clip.setting for clip in empty}) == len(SETTINGS)
    frame = next(iter(draw(empty[0], 1, 96, 40)))
    assert frame.actors == ()
    assert frame.picture.std() > 5
    assert any(place in caption(empty[0], 0) for place in PLACES[empty[0].setting])


def test_anywhere_takes_subjects_where_they_do_not_belong_but_to_no_film_it_is_judged_by() -> None:
    found = [sample(seed, films=True, anywhere=True) for seed in range(3000)]
    here = set().union(*(pairs(clip) for clip in found))
    assert {actor.place for clip in found for actor in clip.actors if (actor.subject, clip.setting) == (
        "sailing boat", "meadow")} == {"ground"}, "there is no water in it"
    assert not here & HELD_OUT
    assert ("astronaut", "coast road") in here - set().union(*(pairs(clip) for clip in FILMS))
    for clip in found:
        for actor in clip.actors:
            assert actor.place in SETTINGS[clip.setting].levels
