"""The layers of a denoiser in the form in which inference libraries are quick. Same weights, same results."""

import copy
from typing import Any, TypeVar

import torch
from diffusers.models.activations import GEGLU
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional as F

from training.models.layout import Planner

M = TypeVar("M", bound=nn.Module)


def for_inference(denoiser: M, one_text: bool = True, clips: int = 1) -> M:
    """A copy of `denoiser`, gates apart; with `one_text` keys and values of a text are made once for all frames."""
    return rebuild(copy.deepcopy(denoiser), one_text, clips)


def rebuild(denoiser: M, one_text: bool = True, clips: int = 1) -> M:
    """`for_inference` without the copy: what is no longer needed need not be in memory twice."""
    for module in list(denoiser.modules()):
        if isinstance(module, Attention):
            module.set_processor(ClipAttention(one_text, clips))
        if isinstance(module, Planner):
            ask_once(module)
        for name, child in module.named_children():
            if isinstance(child, GEGLU):
                setattr(module, name, SplitGeglu(child))
    return denoiser.eval()


@torch.no_grad()
def ask_once(planner: Planner) -> None:
    """Compute what a planner's first block makes of its queries before it reads: always the same.

    OpenVINO computes such parts once as well, at the first run, but where their weights are bytes it writes over the
    result, and every later run is another (2026.4, in fp32).
    """
    block: Any = planner.blocks[0]
    queries = planner.queries[None]
    heard = block.attn1(block.norm1(queries))
    asked = block.attn2.to_q(block.norm2(queries + heard))
    block.attn1, block.attn2.to_q = Said(heard), Said(asked)


class Said(nn.Module):
    """What a layer says that is always asked the same."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = nn.Parameter(value)

    def forward(self, *_: Tensor | None, **__: Tensor | None) -> Tensor:
        """`value`, whatever it is given."""
        return self.value


class ClipAttention:
    """Attention as two products and a softmax in a graph, torch's own outside of it; with `one_text` all frames of each
    of the `clips` read the same text."""

    def __init__(self, one_text: bool = True, clips: int = 1) -> None:
        self._one_text, self._clips = one_text, clips

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None) -> Tensor:
        """hidden_states (B*T, L, C), encoder_hidden_states (B*T, N, D), attention_mask (B*T, L, L) with equal rows.

        Where rows are equal, the first stands for all.
        """
        source, rows = hidden_states, len(hidden_states)
        if encoder_hidden_states is not None:
            source = encoder_hidden_states[:: rows // self._clips] if self._one_text else encoder_hidden_states
        query = _heads(attn.to_q(hidden_states) * attn.scale, attn.heads)
        key, value = _heads(attn.to_k(source), attn.heads), _heads(attn.to_v(source), attn.heads)
        if 1 < len(key) < rows:
            key, value = (given.repeat_interleave(rows // len(given), 0) for given in (key, value))
        mask = None if attention_mask is None else attention_mask[:1].float()
        if torch.compiler.is_exporting():
            # In fp32 whatever the rest is computed in: see export.typed.
            scores = query.float() @ key.float().transpose(-1, -2)
            shares = (scores if mask is None else scores + mask).softmax(-1).to(value.dtype)
            mixed = _mixed(shares, value)
        else:
            # The full denoiser's scores, all at once, are 5 GB and as much again for their softmax.
            mixed = F.scaled_dot_product_attention(query.float(), key.float(), value.float(), mask, scale=1.0)
            mixed = mixed.to(value.dtype)
        return attn.to_out[0](mixed.transpose(1, 2).reshape(hidden_states.shape[0], hidden_states.shape[1], -1))


class SplitGeglu(nn.Module):
    """GEGLU with a layer each for value and gate: cutting one layer's output in two costs more than either."""

    def __init__(self, joined: GEGLU) -> None:
        super().__init__()
        width = joined.proj.out_features // 2
        self.value, self.gate = (nn.Linear(joined.proj.in_features, width) for _ in range(2))
        for layer, half in ((self.value, slice(None, width)), (self.gate, slice(width, None))):
            layer.weight.data.copy_(joined.proj.weight.data[half])
            layer.bias.data.copy_(joined.proj.bias.data[half])

    def forward(self, hidden_states: Tensor) -> Tensor:
        """(..., C) to (..., width)."""
        return self.value(hidden_states) * F.gelu(self.gate(hidden_states))


def _mixed(shares: Tensor, value: Tensor) -> Tensor:
    """shares (..., L, N) @ value (..., N, d).

    For three who ask, OpenVINO's fused attention is wrong by a third in bf16 (2026.4): they are added up one by one.
    """
    return (shares[..., None] * value[..., None, :, :]).sum(-2) if shares.shape[-2] == 3 else shares @ value


def _heads(value: Tensor, heads: int) -> Tensor:
    """(B, L, C) to (B, heads, L, C / heads)."""
    return value.reshape(value.shape[0], value.shape[1], heads, -1).transpose(1, 2)
