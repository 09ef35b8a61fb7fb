"""The noise of films: most of its variance is the same in every frame.

With noise of its own for each frame, the frozen text-to-image layers would draw sixteen unrelated pictures, and the
temporal layers would first have to learn to bring them together; from common noise they draw nearly the same one
(Ge et al., 2023, "Preserve Your Own Correlation", section 3.2, mixed noise with alpha 3).
"""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

SHARED: Final = 0.9
"""The share of the variance that all frames have in common.

At half, a network of this size and training drew subjects that split and jumped from frame to frame; with all of it in
common they hardly moved.
"""
STEADY: Final = 0.97
"""The share with which films are sampled: what moves is told by the layout by now, so that frames need differ only in
what is left to chance. With all in common, hardly any rain falls."""


def unit_noise(shape: Sequence[int], generator: torch.Generator, shared: float = SHARED) -> Tensor:
    """Unit normal noise on the generator's device, plain for pictures (B, C, h, w), mixed for clips (B, C, T, h, w)."""
    own = torch.randn(tuple(shape), generator=generator, device=generator.device)
    if len(shape) == 4:
        return own
    common = torch.randn((*shape[:2], 1, *shape[3:]), generator=generator, device=generator.device)
    return math.sqrt(shared) * common + math.sqrt(1 - shared) * own
