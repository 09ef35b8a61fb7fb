"""Where who is to be in each frame: read from the text by a small network, drawn as maps that inserted layers see.

From a caption alone a small denoiser has to guess places out of noise, and guesses another one in each frame. Laying a
clip out first is what LLM-grounded video diffusion does with a large language model (Lian et al., 2024); here a
network of half a million weights has learned it from the clips' own boxes.
"""

from typing import Final

import torch
from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor, nn

ACTORS: Final = 2
MAPS: Final = 3
"""Channels that tell of an actor: whether it covers a place, and where in it that place is, from left to right and from
top to bottom, -1 to 1."""
WIDTH, HEAD, LAYERS = 96, 32, 2
BENDS: Final = 4
"""Coefficients of a path in time. A travelling actor's is a line, a zoom eases in and out with the third power."""


class Planner(nn.Module):
    """Token states of a caption (B, N, D) to boxes (B, T, ACTORS, 4): left, top, right, bottom, 0 to 1 of the frame.

    Actors are in the order in which the caption names them; an empty box is one who is not there.
    """

    powers: Tensor

    def __init__(self, context: int, frames: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(ACTORS, WIDTH))
        self.blocks = nn.ModuleList(BasicTransformerBlock(WIDTH, WIDTH // HEAD, HEAD, cross_attention_dim=context)
                                    for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, 1 + 4 * BENDS)
        moments = (torch.arange(frames) + 0.5) * (2 / frames) - 1
        # A constant: it belongs to the code, not to the weights.
        self.register_buffer("powers", moments[:, None] ** torch.arange(BENDS), persistent=False)

    def plan(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (B, T, ACTORS, 4) of all actors, and the score (B, ACTORS) of each being there: above 0 it is."""
        x = self.queries.to(context.dtype).expand(len(context), -1, -1)
        for block in self.blocks:
            x = block(x, encoder_hidden_states=context)
        found = self.out(self.norm(x))
        paths = found[..., 1:].unflatten(-1, (4, BENDS)) @ self.powers.to(found.dtype).T
        across, down, wide, high = (0.5 + 0.25 * paths).unbind(2)
        boxes = torch.stack([across - wide / 2, down - high / 2, across + wide / 2, down + high / 2], dim=-1)
        return boxes.transpose(1, 2), found[..., 0]

    def forward(self, context: Tensor) -> Tensor:
        """Boxes; empty for those who are not there."""
        boxes, there = self.plan(context)
        return boxes.clamp(0, 1) * (there > 0).to(boxes.dtype)[:, None, :, None]


def drawn(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (B, ACTORS, 4) as maps (B, ACTORS * MAPS, h, w); cells that a box covers in part count in part."""
    height, width = size
    left, top, right, bottom = (side[..., None] for side in boxes.unbind(-1))
    across, u = _covered(left, right, width)
    down, v = _covered(top, bottom, height)
    inside = down[..., None] * across[..., None, :]
    maps = torch.stack([inside, inside * u[..., None, :], inside * v[..., None]], dim=2)
    return maps.flatten(1, 2)


def _covered(first: Tensor, last: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """How much of each cell lies between `first` and `last` (B, ACTORS, 1), and where there its middle is, -1 to 1."""
    edges = torch.arange(cells, device=first.device, dtype=first.dtype) / cells
    share = (torch.minimum(last, edges + 1 / cells) - torch.maximum(first, edges)).clamp(min=0) * cells
    half = ((last - first) / 2).clamp(min=1 / cells)
    return share, ((edges + 0.5 / cells - (first + last) / 2) / half).clamp(-1, 1)
