"""Drawn pictures to what networks take, and back."""

import numpy as np
import torch
from torch import Tensor

from training.world.compose import Picture


def to_tensor(picture: Picture) -> Tensor:
    """(H, W, 3) uint8 to (3, H, W) float in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 127.5 - 1


def to_picture(picture: Tensor) -> Picture:
    """(3, H, W) in -1..1 to (H, W, 3) uint8."""
    scaled = ((picture.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return scaled.permute(1, 2, 0).contiguous().cpu().numpy()
