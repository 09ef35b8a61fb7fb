"""The layers MovieFactory adds to a frozen text-to-image UNet (paper section 2.2).

All of them start as the identity: their last projection is zero, so a network with fresh insertions computes exactly
what the frozen one does. Feature maps are (B*T, C, H, W), frames of one clip next to each other.
"""

from typing import TypeVar

import torch
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import Tensor, nn
from torch.nn import functional as F

M = TypeVar("M", bound=nn.Module)


class DomainNorm(nn.Module):
    """Group normalisation followed by H = X * alpha_i + beta_i, one (alpha, beta) per training domain i."""

    def __init__(self, channels: int, domains: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=1e-5, affine=False)
        self.alpha = nn.Parameter(torch.ones(domains, channels))
        self.beta = nn.Parameter(torch.zeros(domains, channels))

    def forward(self, x: Tensor, domain: Tensor) -> Tensor:
        """x (B*T, C, H, W), domain (B*T,) int64."""
        alpha, beta = self.alpha[domain][:, :, None, None], self.beta[domain][:, :, None, None]
        return self.norm(x) * alpha.to(x.dtype) + beta.to(x.dtype)


class InsertedResBlock(nn.Module):
    """A residual block like those before it in its UNet block, with domain-aware normalisation.

    `sketched` channels of a layout's sketch may come in beside the time.
    """

    def __init__(self, channels: int, embedding: int, domains: int, groups: int, sketched: int = 0) -> None:
        super().__init__()
        self.sketched = zeroed(nn.Conv2d(sketched, channels, 1)) if sketched else None
        self.norm1 = DomainNorm(channels, domains, groups)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Linear(embedding, channels)
        self.norm2 = DomainNorm(channels, domains, groups)
        self.conv2 = zeroed(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor, time: Tensor, domain: Tensor, sketch: Tensor | None) -> Tensor:
        """x (B*T, C, H, W), time (B*T, E), domain (B*T,), sketch (B*T, sketched, H, W)."""
        hidden = self.conv1(F.silu(self.norm1(x, domain)))
        hidden = hidden + self.time(F.silu(time))[:, :, None, None]
        if self.sketched is not None and sketch is not None:
            hidden = hidden + self.sketched(sketch)
        hidden = self.conv2(F.silu(self.norm2(hidden, domain)))
        return x + hidden


class Inserted(nn.Module):
    """The pair put before a sampler: ResBlk, then attention where the UNet block has attention to follow."""

    def __init__(self, resnet: InsertedResBlock, attention: Transformer2DModel | None) -> None:
        super().__init__()
        self.resnet, self.attention = resnet, attention

    def forward(self, x: Tensor, time: Tensor, context: Tensor, domain: Tensor, sketch: Tensor | None) -> Tensor:
        """As the block's own layers, plus the domain (B*T,) and the layout's sketch at the map's size."""
        x = self.resnet(x, time, domain, sketch)
        return x if self.attention is None else self.attention(x, encoder_hidden_states=context, return_dict=False)[0]


class AttentionShape:
    """Head size and text width shared by all attention layers of one UNet."""

    def __init__(self, head: int, context: int) -> None:
        self.head, self.context = head, context

    def spatial(self, channels: int, groups: int) -> Transformer2DModel:
        """A spatial transformer as in Stable Diffusion 2, its output projection zero."""
        layer = Transformer2DModel(channels // self.head, self.head, in_channels=channels, num_layers=1,
                                   cross_attention_dim=self.context, norm_num_groups=groups,
                                   use_linear_projection=True)
        zeroed(layer.proj_out)
        return layer


class TemporalResBlock(nn.Module):
    """A residual block of (3, 1, 1) convolutions: each place looks one frame back and one ahead.

    They are written as two-dimensional ones over (frame, place), which CPUs and exporters know better. `width` channels
    do the temporal work; at full size it equals the map's own width.
    """

    def __init__(self, channels: int, embedding: int, groups: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels, eps=1e-5)
        self.conv1 = nn.Conv2d(channels, width, (3, 1), padding=(1, 0))
        self.time = nn.Linear(embedding, width)
        self.norm2 = nn.GroupNorm(groups, width, eps=1e-5)
        self.conv2 = zeroed(nn.Conv2d(width, channels, (3, 1), padding=(1, 0)))

    def forward(self, x: Tensor, time: Tensor, frames: int) -> Tensor:
        """x (B*T, C, H, W), time (B*T, E)."""
        clip = _to_clip(x, frames)
        hidden = self.conv1(F.silu(self.norm1(clip)))
        hidden = hidden + self.time(F.silu(time)).unflatten(0, (-1, frames)).transpose(1, 2)[..., None]
        hidden = self.conv2(F.silu(self.norm2(hidden)))
        return x + hidden.transpose(1, 2).reshape(x.shape)


class FramePositions(nn.Module):
    """Adds to each frame's tokens (B*places, T, D) the sinusoids of its number; `numbers` (B or 1, T) int64 is set
    before each use, for diffusers' block hands on nothing but the tokens."""

    sinusoids: Tensor
    numbers: Tensor

    def __init__(self, sinusoids: Tensor) -> None:
        super().__init__()
        # A constant: it belongs to the code, not to the weights.
        self.register_buffer("sinusoids", sinusoids, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """As the class says."""
        clips = tokens.unflatten(0, (len(self.numbers), -1))
        return (clips + self.sinusoids[0, self.numbers][:, None]).flatten(0, 1)


class TemporalAttention(nn.Module):
    """Self-attention over the frames of each place, twice, then a feed-forward layer; sinusoidal frame positions."""

    def __init__(self, channels: int, groups: int, width: int, head: int, frames: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, width)
        self.block = BasicTransformerBlock(width, width // head, head, double_self_attention=True,
                                           positional_embeddings="sinusoidal", num_positional_embeddings=frames)
        self.positions = FramePositions(self.block.pos_embed.pe)
        self.block.pos_embed = self.positions
        self.proj_out = zeroed(nn.Linear(width, channels))

    def forward(self, x: Tensor, numbers: Tensor, bias: Tensor | None = None) -> Tensor:
        """x (B*T, C, H, W), the frames' numbers (B or 1, T), what is added to attention scores (T, T)."""
        frames = numbers.shape[-1]
        self.positions.numbers = numbers
        clip = self.norm(_to_clip(x, frames))
        batch, channels, _, places = clip.shape
        tokens = clip.permute(0, 3, 2, 1).reshape(batch * places, frames, channels)
        # One for each sequence, as diffusers wants it.
        mask = None if bias is None else bias[None].expand(len(tokens), -1, -1)
        tokens = self.proj_out(self.block(self.proj_in(tokens), attention_mask=mask, encoder_attention_mask=mask))
        change = tokens.reshape(batch, places, frames, channels).permute(0, 2, 3, 1)
        return x + change.reshape(x.shape)


def _to_clip(x: Tensor, frames: int) -> Tensor:
    """(B*T, C, H, W) to (B, C, T, H*W)."""
    return x.unflatten(0, (-1, frames)).flatten(3).transpose(1, 2)


def zeroed(layer: M) -> M:
    """`layer` with zeros for weights: what it adds is nothing until it is trained."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
