"""Boxes become maps exactly, and the planner's paths are those of the frames' moments."""

import torch

from training.models.layout import ACTORS, BENDS, MAPS, Planner, drawn


def test_a_box_covers_cells_by_their_share() -> None:
    boxes = torch.tensor([[[0.25, 0.0, 0.625, 0.5], [0.0, 0.0, 0.0, 0.0]]])
    maps = drawn(boxes, (4, 8)).unflatten(1, (ACTORS, MAPS))
    inside, across, down = maps[0, 0]
    assert inside.tolist() == [[0, 0, 1, 1, 1, 0, 0, 0]] * 2 + [[0] * 8] * 2
    torch.testing.assert_close(across[0, 2:5], torch.tensor([-2 / 3, 0.0, 2 / 3]))
    torch.testing.assert_close(down[:2, 3], torch.tensor([-0.5, 0.5]))
    assert not maps[0, 1].any(), "who is not there leaves no trace"


def test_what_a_box_covers_is_its_area_however_small_and_wherever() -> None:
    generator = torch.Generator().manual_seed(0)
    first, size = torch.rand(50, ACTORS, 2, generator=generator) * 0.6, torch.rand(50, ACTORS, 2, generator=generator)
    boxes = torch.cat([first, first + 0.4 * size], dim=-1)
    for height, width in ((5, 12), (20, 48), (3, 6)):
        inside = drawn(boxes, (height, width)).unflatten(1, (ACTORS, MAPS))[:, :, 0]
        torch.testing.assert_close(inside.mean(dim=(2, 3)), (0.4 * size).prod(-1))


@torch.no_grad()
def test_the_planners_boxes_follow_their_paths_and_vanish_with_their_actor() -> None:
    torch.manual_seed(0)
    planner = Planner(16, 8)
    planner.out.weight.zero_()
    planner.out.bias.zero_()
    sides = planner.out.bias[1:].view(4, BENDS)
    sides[0, 0], sides[0, 1] = -0.4, 1.2  # from left to right: 0.4 + 0.3 m
    sides[1, 0] = sides[2, 0] = sides[3, 0] = -1.0  # a quarter down, wide and high
    context = torch.randn(3, 5, 16)
    planner.out.bias[0] = 1.0
    boxes = planner(context)
    assert boxes.shape == (3, 8, ACTORS, 4)
    moments = (torch.arange(8) + 0.5) / 4 - 1
    expected = torch.stack([0.4 + 0.3 * moments - 0.125, torch.full((8,), 0.125), 0.4 + 0.3 * moments + 0.125,
                            torch.full((8,), 0.375)], dim=-1)
    torch.testing.assert_close(boxes[1, :, 0], expected.clamp(0, 1))
    planner.out.bias[0] = -1.0
    assert not planner(context).any()
