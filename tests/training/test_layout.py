"""Places become sketches exactly where they are, and the planner's paths are those of the frames' moments."""

import math

import torch

from training.models.layout import ACTORS, BENDS, KNOWN, PLACE, ROWS, SCENERY, WHO, Planner, Sketch

GENERATOR = torch.Generator().manual_seed(0)


def places(*boxes: tuple[float, float, float, float], turn: float = 0.0, heading: float = 1.0) -> torch.Tensor:
    """(1, ROWS, PLACE): actors in those boxes, nobody for the rest, and no scenery."""
    found = torch.zeros(1, ROWS, PLACE)
    for number, box in enumerate(boxes):
        found[0, number] = torch.tensor([*box, math.cos(turn), math.sin(turn), heading])
    return found


def drawn(where: torch.Tensor, who: torch.Tensor | None = None, size: tuple[int, int] = (8, 16), light: float = 0.0
          ) -> torch.Tensor:
    torch.manual_seed(0)
    who = torch.zeros(len(where), ROWS, WHO) if who is None else who.clone()
    who[:, SCENERY] = light
    with torch.no_grad():
        found: torch.Tensor = Sketch()(where, who, size)
    return found


def test_a_sketch_is_where_the_box_and_its_margin_are() -> None:
    sketch = drawn(places((0.25, 0.25, 0.75, 0.75)))[0].abs().amax(0)
    # 0.5 wide and high: a margin of 0.075, a cell and a fifth of 16 across, six tenths of one of 8 down.
    rows, columns = sketch.any(1).nonzero().flatten(), sketch.any(0).nonzero().flatten()
    assert (int(columns[0]), int(columns[-1])) == (2, 13)
    assert (int(rows[0]), int(rows[-1])) == (1, 6)
    assert not drawn(places()).any(), "nobody leaves no trace"


def test_a_sketch_tells_the_actor_its_turn_its_heading_and_what_the_text_says_of_light() -> None:
    box = (0.25, 0.25, 0.75, 0.75)
    base = drawn(places(box))
    someone = torch.ones(1, ROWS, WHO)
    for other in (drawn(places(box), someone), drawn(places(box, turn=2.0)), drawn(places((0.0, 0.0, 0.25, 0.3))),
                  drawn(places(box), light=1.0)):
        assert not torch.allclose(other, base, atol=1e-3)
    torch.testing.assert_close(drawn(places(box, heading=-1.0)), base.flip(-1))
    assert not torch.allclose(base, base.flip(-1), atol=1e-3), "front and rear differ"


def test_a_part_of_an_actor_looks_alike_wherever_it_is() -> None:
    here, there = drawn(places((0.25, 0.25, 0.5, 0.75))), drawn(places((0.5, 0.25, 0.75, 0.75)))
    torch.testing.assert_close(here.roll(4, -1), there)


def test_two_actors_apart_are_the_sum_of_each() -> None:
    who = torch.randn(1, ROWS, WHO, generator=GENERATOR)
    both, alone, other = (places((0.1, 0.2, 0.3, 0.9), (0.6, 0.1, 0.9, 0.6)) for _ in range(3))
    alone[0, 1] = other[0, 0] = 0
    torch.testing.assert_close(drawn(both, who), drawn(alone, who) + drawn(other, who))


def test_where_two_overlap_the_one_with_the_lower_feet_is_in_front_whoever_is_named_first() -> None:
    who = torch.randn(1, ROWS, WHO, generator=GENERATOR)
    near, far = (0.0, 0.2, 0.4, 0.9), (0.3, 0.1, 0.8, 0.6)
    sketch = drawn(places(near, far), who)
    torch.testing.assert_close(drawn(places(far, near), who[:, (1, 0, SCENERY)]), sketch)
    alone, other = (places(near, far) for _ in range(2))
    alone[0, 1] = other[0, 0] = 0
    differs = (sketch - drawn(alone, who) - drawn(other, who)).abs().amax((0, 1)) > 1e-5
    assert differs[:, 4:6].any()
    assert not differs[:, :3].any(), "a margin of 0.075 leaves three columns to the near one"
    feet = [drawn(places((0.0, 0.2, 0.4, 0.6), (0.3, 0.1, 0.8, foot)), who) for foot in (0.5999, 0.6001, 0.6003)]
    assert (feet[1] - feet[0]).abs().max() > 10 * (feet[2] - feet[1]).abs().max(), "who is in front counts"


def before(scenery: tuple[float, float, float, float], where: torch.Tensor, travelled: float = 0.0) -> torch.Tensor:
    found = where.clone()
    found[:, SCENERY, :5] = torch.tensor([*scenery, travelled])
    return found


def test_scenery_fills_the_frame_and_goes_with_the_camera() -> None:
    base = drawn(before((0.0, 0.0, 1.0, 1.0), places()))
    assert base.abs().amax(1).min() > 1e-4, "every cell has some"
    assert not torch.allclose(base[..., 1:], base[..., :-1], atol=1e-4), "cells differ"
    lit = drawn(before((0.0, 0.0, 1.0, 1.0), places()), light=1.0)
    assert not torch.allclose(lit, base, atol=1e-3), "it is told the light"


def test_actors_are_painted_over_scenery_where_they_are() -> None:
    alone = drawn(before((0.0, 0.0, 1.0, 1.0), places()))
    with_actor = drawn(before((0.0, 0.0, 1.0, 1.0), places((0.25, 0.25, 0.75, 0.75))))
    differs = (with_actor - alone).abs().amax((0, 1)) > 1e-6
    assert differs[2:6, 4:12].all()
    assert not differs[:, :2].any()
    assert not differs[:, 14:].any()


@torch.no_grad()
def test_the_planners_places_follow_their_paths_and_vanish_with_their_actor() -> None:
    torch.manual_seed(0)
    planner = Planner(16, 8)
    for layer in (planner.path, planner.motion):
        layer.weight.zero_()
        layer.bias.zero_()
    sides = planner.path.bias.view(4, BENDS)
    sides[0, 0], sides[0, 1] = -0.4, 1.2  # from left to right: 0.4 + 0.3 m
    sides[1, 0] = sides[2, 0] = sides[3, 0] = -1.0  # a quarter down, wide and high
    planner.motion.bias[:] = torch.tensor([1.0, -2.0, 3.0, 0.25])  # there, heading left, three cycles from a quarter on
    layout = planner(torch.randn(3, 5, 16))
    assert layout.places.shape == (3, 8, ROWS, PLACE)
    assert layout.who.shape == (3, ROWS, WHO)
    moments = (torch.arange(8) + 0.5) / 4 - 1
    turns = 2 * math.pi * (0.25 + 3 * (moments + 1) / 2)
    torch.testing.assert_close(layout.places[1, :, SCENERY],
                               torch.stack([0.275 + 0.3 * moments, torch.full((8,), 0.125), 0.525 + 0.3 * moments,
                                            torch.full((8,), 0.375), 0.25 + 1.5 * (moments + 1), *torch.zeros(2, 8)],
                                           dim=-1))
    expected = torch.stack([0.275 + 0.3 * moments, torch.full((8,), 0.125), 0.525 + 0.3 * moments,
                            torch.full((8,), 0.375), turns.cos(), turns.sin(), torch.full((8,), -1.0)], dim=-1)
    torch.testing.assert_close(layout.places[1, :, 0], expected)
    planner.motion.bias[0] = -1.0
    assert not planner(torch.randn(3, 5, 16)).places.any()


@torch.no_grad()
def test_what_a_text_leaves_open_becomes_the_nearest_of_what_is_known() -> None:
    torch.manual_seed(0)
    planner, context = Planner(16, 8), torch.randn(9, 5, 16)
    told = planner.plan(context).who
    fresh = planner(context)
    assert fresh.who is not None
    torch.testing.assert_close(fresh.who, told)
    planner.actors, planner.sceneries = torch.tanh(torch.randn(7, WHO)), torch.tanh(torch.randn(4, WHO))
    found = planner(context)
    assert found.who is not None
    torch.testing.assert_close(found.places, fresh.places)
    for rows, known in ((slice(ACTORS), planner.actors), (slice(ACTORS, ROWS), planner.sceneries)):
        nearest = known[torch.cdist(told[:, rows], known).argmin(-1)]
        torch.testing.assert_close(found.who[:, rows], nearest)
    assert len(found.who[:, :ACTORS].flatten(0, 1).unique(dim=0)) > 1


def test_what_is_known_is_loaded_in_any_number_and_stays_when_none_is_given() -> None:
    first, second = Planner(16, 8), Planner(16, 8)
    first.actors, first.sceneries = torch.randn(7, WHO), torch.randn(4, WHO)
    before = {name: value for name, value in second.state_dict().items() if name not in KNOWN}
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.actors, first.actors)
    assert torch.equal(second.sceneries, first.sceneries)
    second.load_state_dict(before)  # of a stage that says nothing of it
    assert torch.equal(second.actors, first.actors)
