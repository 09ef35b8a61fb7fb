"""The stages' own sampler against a flow whose solution is known."""

import math
from typing import Literal

import pytest
import torch
from torch import Tensor

from training.sampling import UNGUIDED, guided, integrate, last, times

PAIR = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))


def bent(x: Tensor, time: Tensor, context: Tensor) -> Tensor:
    """dx/dt = x cos t, so x(0) = x(1) exp(-sin 1)."""
    return x * time[:, None].cos()


def error(order: Literal[1, 2], steps: int) -> float:
    found = last(integrate(bent, torch.ones(1, 1), PAIR, times(steps), order=order))
    return abs(float(found) - math.exp(-math.sin(1)))


def test_the_order_of_the_solver() -> None:
    assert error(1, 40) / error(1, 80) == pytest.approx(2, rel=0.15)
    assert error(2, 40) / error(2, 80) == pytest.approx(4, rel=0.15)
    assert error(2, 12) < error(1, 24)


def test_every_knot_is_given_back() -> None:
    knots = times(4, shift=2.0)
    states = list(integrate(bent, torch.ones(1, 1), PAIR, knots))
    assert len(states) == len(knots) == 5
    assert float(states[0]) == 1
    assert float(states[1]) == pytest.approx(1 + (knots[1] - knots[0]) * math.cos(1))


def test_guidance_leads_away_from_no_text_and_is_spared_at_the_end() -> None:
    def told(x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        return context[:, 0]

    assert float(guided(told, torch.ones(1, 1), 0.9, PAIR, 3.0)) == 1 + 3 * (0 - 1)
    assert float(guided(told, torch.ones(1, 1), UNGUIDED / 2, PAIR, 3.0)) == 0
    assert float(guided(told, torch.ones(1, 1), 0.9, PAIR, 1.0)) == 0
