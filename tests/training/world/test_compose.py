"""Clips as pictures: the same for ever at any size, smooth, with the actors in the frame, where their boxes say."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from training.world.clip import CAMERAS, RELATIONS, Actor, Clip, Relation, sample
from training.world.compose import Seen, _lens, draw, trace
from training.world.light import TIMES
from training.world.parts import Place
from training.world.settings import SETTINGS
from training.world.staging import PACES, stage
from training.world.subjects import SUBJECTS

WIDE = (192, 80)


def pictures(clip: Clip, frames: int = 1, size: tuple[int, int] = WIDE, start: float = 1.0) -> NDArray[np.float64]:
    return np.stack([frame.picture for frame in draw(clip, frames, *size, start=start)]).astype(np.float64) / 255


def seen(clip: Clip, times: tuple[float, ...], size: tuple[int, int] = WIDE) -> list[tuple[Seen, ...]]:
    return [next(iter(draw(clip, 1, *size, start=time))).actors for time in times]


def actor(name: str, place: Place = "ground", colour: str = "") -> Actor:
    return Actor(name, colour, place, "", name)


def couple(relation: Relation, first: Actor, second: Actor, camera: str = "tracking", heading: int = 1) -> Clip:
    return Clip(12, (first, second), relation, "desert", "day", "clear", camera, heading)


def middle(actor: Seen) -> float:
    return (actor.left + actor.right) / 2


def test_drawing_is_the_same_for_ever() -> None:
    clip = sample(5, films=True)
    np.testing.assert_array_equal(pictures(clip, 3), pictures(clip, 3))


def test_frames_of_a_film_are_where_their_start_says() -> None:
    clip = sample(5, films=True)
    np.testing.assert_array_equal(pictures(clip, 3, start=0.0)[2], pictures(clip, start=0.25)[0])


@pytest.mark.parametrize("seed", [0, 3, 6, 8, 14, 21])
def test_a_picture_is_the_same_at_double_size(seed: int) -> None:
    clip = sample(seed, films=True)
    small = pictures(clip, size=(384, 160))[0]
    large = pictures(clip, size=(768, 320))[0].reshape(160, 2, 384, 2, 3).mean((1, 3))
    assert np.abs(large - small).mean() < 0.012


def test_a_window_is_a_piece_of_the_whole() -> None:
    clip = sample(6, films=True)
    whole = pictures(clip, size=(384, 160), start=0.0)[0]
    part = next(iter(draw(clip, 1, 384, 160, window=(96, 40, 160, 64)))).picture / 255
    assert part.shape == (64, 160, 3)
    assert np.abs(part - whole[40:104, 96:256]).mean() < 0.01


@pytest.mark.parametrize("seed", range(12))
def test_frames_change_smoothly_and_do_change(seed: int) -> None:
    film = pictures(sample(seed, films=True), 6, start=0.4)
    steps = [np.abs(b - a).mean() for a, b in pairwise(film)]
    assert min(steps) > 0.0005
    # Lightning aside, one eighth of a second changes a fraction of the picture.
    assert max(steps) < 0.2


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_what_an_actor_adds_lies_within_its_box(name: str) -> None:
    subject = SUBJECTS[name]
    for number, setting in enumerate(subject.settings):
        place = next(place for place in subject.places if place in SETTINGS[setting].levels)
        clip = Clip(number, (actor(name, place),), "", setting, "day", "clear", "static", 1)
        frame = next(iter(draw(clip, 1, *WIDE, start=1.0)))
        change = np.abs(frame.picture / 255 - pictures(replace(clip, actors=()))[0]).max(axis=2) > 0.12
        left, top, right, bottom = frame.actors[0][:4]
        rows, columns = np.indices(change.shape)
        x, y = (columns + 0.5) / WIDE[0], (rows + 0.5) / WIDE[1]
        inside = (x > left - 0.05) & (x < right + 0.05) & (y > top - 0.12) & (y < bottom + 0.08)
        assert not (change & ~inside).any()
        tight = (x > left) & (x < right) & (y > top) & (y < bottom)
        assert (change & tight).sum() > 0.12 * tight.sum()


def test_places_need_no_picture() -> None:
    for seed in range(12):
        clip = sample(seed, films=True)
        frames = list(draw(clip, 16, 192, 80))
        for found, number in zip(trace(clip, (3, 0, 15), 192, 80), (3, 0, 15), strict=True):
            assert (found.actors, found.scenery) == (frames[number].actors, frames[number].scenery)


def test_actors_come_in_the_order_of_the_clip() -> None:
    clip = couple("chasing", actor("car", colour="red"), actor("airplane", "air", "yellow"))
    for first, second in seen(clip, (0.0, 2.0)) + seen(replace(clip, heading=1, seed=77), (1.0,)):
        assert first[3] > second[3]
        assert middle(first) < middle(second)


@pytest.mark.parametrize("camera", CAMERAS)
def test_single_actors_stay_in_the_frame_for_two_seconds(camera: str) -> None:
    for seed in range(600):
        clip = replace(sample(seed, films=True), camera=camera, weather="clear")
        if len(clip.actors) != 1:
            continue
        for time in (0.0, 1.0, 2.0):
            share = visible(clip, time)[0]
            # A tilt begins beside its subject and is still on its way in the middle.
            enough = {0.0: 0.4, 1.0: 0.75}.get(time, 0.8) if camera == "tilt" else 0.8
            assert share > enough, (clip, time, share)


@pytest.mark.parametrize("relation", RELATIONS)
def test_couples_stay_in_the_frame_and_large(relation: Relation) -> None:
    for seed in range(1500):
        clip = sample(seed, films=True)
        if clip.relation != relation:
            continue
        for time in (0.0, 1.0, 2.0):
            assert min(visible(clip, time)) > (0.35 if clip.camera == "tilt" else 0.75), (clip, time)
        heights = [role.height for role in stage(clip, 1.2)]
        assert min(heights) > 0.2, clip


def test_couples_fit_into_a_square() -> None:
    for seed in range(1500):
        clip = sample(seed, films=False)
        if clip.relation:
            assert min(visible(clip, 1.0, half=0.5)) > 0.6, clip


def visible(clip: Clip, time: float, half: float = 1.2) -> list[float]:
    """The share of each actor's box that is in the frame, by the same staging and lens, without painting."""
    roles = stage(clip, half)
    moment = time - 1.0
    travel = clip.heading * PACES[clip.camera].camera * moment
    placed = [(role, role.x + role.vx * moment - travel, role.y + role.vy * moment) for role in roles]
    zoom, (x0, y0) = _lens(clip, placed, time, half)
    shares = []
    for role, x, y in placed:
        left, right = (min(half, max(-half, (x + side * role.width / 2 - x0) * zoom)) for side in (-1, 1))
        top, bottom = (min(0.5, max(-0.5, (level - y0) * zoom)) for level in (y - role.height, y))
        shares.append((right - left) * (bottom - top) / (role.width * role.height * zoom * zoom))
    return shares


# ------------------------------------------------------------------------------------------------ what they tell


@pytest.mark.parametrize("heading", [1, -1])
def test_the_chaser_is_behind_and_closes_in(heading: int) -> None:
    clip = couple("chasing", actor("dog"), actor("horse"), heading=heading)
    gaps = [heading * (middle(second) - middle(first)) for first, second in seen(clip, (0.0, 1.0, 2.0))]
    assert gaps[0] > gaps[1] > gaps[2] > 0.1


@pytest.mark.parametrize("second", ["horse", "windmill"])
def test_passing_ends_ahead(second: str) -> None:
    clip = couple("passing", actor("dog"), actor(second))
    gaps = [middle(two) - middle(one) for one, two in seen(clip, (0.0, 2.0))]
    assert gaps[0] > 0.1
    assert gaps[1] < -0.1


def test_two_who_meet_face_each_other_and_come_closer() -> None:
    clip = couple("meeting", actor("dog"), actor("horse"))
    one, two = stage(clip, 1.2)
    assert (one.heading, two.heading) == (1, -1)
    gaps = [middle(second) - middle(first) for first, second in seen(clip, (0.0, 2.0))]
    assert gaps[0] > gaps[1] + 0.1 > 0.2


def test_a_car_races_an_airplane_side_by_side() -> None:
    clip = couple("side by side", actor("car", colour="yellow"), actor("airplane", "air", "white"))
    for car, plane in seen(clip, (0.0, 1.0, 2.0)):
        assert abs(middle(car) - middle(plane)) < 0.1
        assert plane[3] < car[1] + 0.12
        assert car[3] - car[1] > 0.25
        assert plane[3] - plane[1] > 0.25


@pytest.mark.parametrize("camera", ["static", "tracking", "pan"])
def test_scenery_near_the_actors_shifts_as_far_as_the_camera_is_said_to_travel(camera: str) -> None:
    clip = Clip(4, (actor("horse", colour="brown"),), "", "meadow", "day", "clear", camera, 1)
    first, last = (next(iter(draw(clip, 1, *WIDE, start=time))).scenery for time in (0.0, 1.75))
    assert first[:4] == last[:4] == pytest.approx((0, 0, 1, 1)), "nothing zooms"
    if camera == "static":
        assert last.travelled == first.travelled == 0
    moved = round((first.travelled - last.travelled) * WIDE[0] / 2)
    ground = [pictures(replace(clip, actors=()), start=time)[0][70:] for time in (0.0, 1.75)]
    apart = [np.abs(np.roll(ground[0], shift, axis=1) - ground[1])[:, 60:-60].mean() for shift in (moved, moved + 9)]
    assert apart[0] < 0.7 * apart[1]


def test_a_body_that_the_frame_cuts_off_keeps_its_box() -> None:
    clip = Clip(4, (actor("horse", colour="brown"),), "", "meadow", "day", "clear", "tilt", 1)
    boxes = [frame.actors[0] for frame in trace(clip, range(16), *WIDE)]
    sizes = np.array([(box.right - box.left, box.bottom - box.top) for box in boxes])
    np.testing.assert_allclose(sizes, sizes[:1].repeat(16, axis=0), rtol=1e-5)
    assert any(box.top < -0.1 or box.bottom > 1.1 for box in boxes)


def test_two_side_by_side_are_clear_of_one_another() -> None:
    clip = couple("side by side", actor("horse", colour="white"), actor("dog", colour="black"))
    for horse, dog in seen(clip, (0.0, 1.0, 2.0)):
        assert horse[2] < dog[0]
        assert horse[0] > 0
        assert dog[2] < 1


def test_scenery_of_a_close_up_reaches_beyond_the_frame() -> None:
    clip = Clip(4, (actor("horse", colour="brown"),), "", "meadow", "day", "clear", "close-up", 1)
    seen = next(iter(draw(clip, 1, *WIDE, start=1.0))).scenery
    assert seen.left < 0
    assert seen.right > 1
    assert seen.bottom - seen.top == pytest.approx(seen.right - seen.left)
    assert seen.bottom - seen.top > 1.2


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_camera_shows_its_move(camera: str) -> None:
    clip = Clip(4, (actor("horse", colour="brown"),), "", "meadow", "day", "clear", camera, 1)
    first, last = (found[0] for found in seen(clip, (0.0, 1.9)))
    size = [box[3] - box[1] for box in (first, last)]
    ground = [pictures(replace(clip, actors=()), start=time)[0][50:] for time in (0.0, 1.9)]
    if camera in ("static", "wide"):
        assert middle(last) - middle(first) > 0.2
    if camera == "zoom in":
        assert size[1] > 1.3 * size[0]
    if camera == "zoom out":
        assert size[0] > 1.3 * size[1]
    if camera == "tilt":
        assert last[1] - first[1] < -0.1  # an even seed tilts down: what is seen moves up
    if camera == "close-up":
        assert min(size) > 0.65
    if camera == "wide":
        assert max(size) < 0.5
    if camera in ("pan", "tracking"):
        assert np.abs(ground[1] - ground[0]).mean() > 0.01
        assert abs(middle(last) - middle(first)) < (0.5 if camera == "pan" else 0.12)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("name", ["bird", "horse", "robot"])
def test_actors_stand_out_in_every_light(name: str, time: str) -> None:
    subject = SUBJECTS[name]
    for number, colour in enumerate(subject.colours):
        setting = subject.settings[number % len(subject.settings)]
        place = next(place for place in subject.places if place in SETTINGS[setting].levels)
        for weather in SETTINGS[setting].weathers:
            clip = Clip(number, (actor(name, place, colour),), "", setting, time, weather, "static", 1)
            frame = next(iter(draw(clip, 1, *WIDE, start=1.0)))
            # At one second the camera is where it is without actors, too.
            change = np.abs(frame.picture / 255 - pictures(replace(clip, actors=()))[0]).mean(axis=2)
            left, top, right, bottom = (round(edge * side) for edge, side in
                                        zip(frame.actors[0][:4], (*WIDE, *WIDE), strict=True))
            body = np.sort(change[top:bottom, left:right].ravel())
            assert body[-body.size // 3 :].mean() > 0.07, (colour, setting, weather)
