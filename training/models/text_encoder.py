"""The text encoder: token states for the picture denoiser, and a sentence embedding for sound retrieval.

Two pre-norm transformer layers (Vaswani et al., 2017) over a factorised word table (ALBERT, Lan et al., 2020,
section 3.1). Attention is plain matrix products and a softmax, so the module exports to ONNX as it stands.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from runtime.errors import BundleError
from training.models import weights

NAME = "text_encoder"
WEIGHTS, FACTS = f"{NAME}.safetensors", f"{NAME}.json"
# Added to the scores of padding: its softmax weight is zero, and it still fits fp16.
MASKED = -1e4


@dataclass(frozen=True)
class TextConfig:
    """Sizes: the word table is `vocabulary` x `factor`, token states are `width` wide, embeddings `embedding`."""

    vocabulary: int = 30522
    factor: int = 96
    width: int = 256
    layers: int = 2
    heads: int = 4
    expansion: int = 4
    tokens: int = 32
    embedding: int = 384


class Attention(nn.Module):
    """Multi-head self-attention with an additive bias over the keys."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Take x (B,N,D) and bias (B,1,1,N); return (B,N,D)."""
        batch, length, width = x.shape
        parts = self.qkv(x).reshape(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        # In fp32 also where the rest is computed in half precision.
        scores = query.float() @ key.float().transpose(-1, -2) / math.sqrt(width // self.heads) + bias
        mixed = scores.softmax(-1).to(value.dtype) @ value
        joined: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return joined


class Block(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.expansion
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, config.heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Take x (B,N,D) and bias (B,1,1,N); return (B,N,D)."""
        x = x + self.attention(self.attention_norm(x), bias)
        refined: Tensor = x + self.mlp(self.mlp_norm(x))
        return refined


class TextEncoder(nn.Module):
    """Tokens to (context, embedding).

    `context` (B,N,D): each real token's state has mean 0 and variance 1 over D; padding is zero.
    `embedding` (B,E): unit length, in the sentence space of all-MiniLM-L6-v2.
    """

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.table = nn.Embedding(config.vocabulary, config.factor)
        self.widen = nn.Linear(config.factor, config.width, bias=False)
        self.positions = nn.Parameter(torch.randn(config.tokens, config.width) * 0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        # No gain or offset: whatever reads the context finds it at unit variance.
        self.norm = nn.LayerNorm(config.width, elementwise_affine=False)
        self.head = nn.Linear(config.width, config.embedding)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Take tokens and mask, int64 (B,N); return context (B,N,D) and embedding (B,E)."""
        context = self.context(tokens, mask)
        # The head is linear, so the mean of its outputs is its output at the mean.
        states = self.head(masked_mean(context, mask))
        # Not functional.normalize: its clamp at 1e-12 is zero in fp16.
        return context, states / torch.linalg.vector_norm(states, dim=-1, keepdim=True)

    def context(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return the token states alone, (B,N,D)."""
        # Not self.table(tokens): torch's ONNX exporter names that value `embedding`, like the second output.
        words = self.table.weight.index_select(0, tokens.reshape(-1)).reshape(*tokens.shape, -1)
        x = self.widen(words) + self.positions[: tokens.shape[1]]
        keep = mask.to(x.dtype)
        bias = ((1 - keep) * MASKED)[:, None, None, :]
        for block in self.blocks:
            x = block(x, bias)
        states: Tensor = self.norm(x) * keep[:, :, None]
        return states


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Mean of the real tokens' states: (B,N,D) and (B,N) to (B,D)."""
    keep = mask.to(states.dtype)[:, :, None]
    return (states * keep).sum(1) / keep.sum(1)


def save_text_encoder(encoder: TextEncoder, folder: Path, facts: dict[str, Any]) -> None:
    """Write fp16 weights, and beside them the sizes with `facts` about the training."""
    weights.save(folder, NAME, encoder.state_dict(), {"config": encoder.config, **facts})


def load_text_encoder(folder: Path) -> TextEncoder:
    """Read what `save_text_encoder` wrote; fp32, on the CPU, in evaluation mode.

    Raises:
        BundleError: a file is missing, or its tensors do not fit the written sizes.
    """
    for name in (WEIGHTS, FACTS):
        if not (folder / name).is_file():
            raise BundleError(f"{name} in {folder}", "it is not there", "train it with `python -m training text`")
    config = TextConfig(**json.loads((folder / FACTS).read_text(encoding="utf-8"))["config"])
    encoder = TextEncoder(config)
    try:
        encoder.load_state_dict(load_file(folder / WEIGHTS))
    except RuntimeError as error:
        message = str(error).splitlines()[0]
        raise BundleError(f"weights that fit {FACTS}", message, "take both files from one training run") from error
    return encoder.eval()
