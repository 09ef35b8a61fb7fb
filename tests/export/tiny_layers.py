"""A network small enough to look at: a convolution, a norm and a picture in bytes."""

import numpy as np
import torch
from torch import Tensor, nn

from export.spec import NetworkSpec, Tolerance
from runtime.backends import TensorSpec


class Layers(nn.Module):
    """A convolution, a norm and a picture in bytes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(8, 64, 3, padding=1)
        self.norm = nn.GroupNorm(4, 64)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.norm(self.conv(x))
        return y, ((y.clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8)


def layers() -> NetworkSpec:
    """It with two feeds of different length."""
    feed = {"x": np.random.default_rng(0).standard_normal((2, 8, 6, 5)).astype(np.float32)}
    return NetworkSpec(name="layers", module=Layers(), inputs=(TensorSpec("x", "float32", ("B", 8, 6, 5)),),
                       outputs=("y", "picture"), feeds=(feed, {"x": feed["x"][:1] * 0.1}), tolerance=Tolerance())
