"""Networks that compute in half precision, but for what would overflow in it or lose too much.

TensorRT computes in the types a graph says, so on a GPU a graph in fp32 is a slow one. Norms, QK^T and softmax stay in
fp32: attention scores of Stable Diffusion 2 pass fp16's largest number, 65,504. So do the inputs that a network names
as `single`, and all inputs and outputs as seen from outside: who runs the graph need not know.
"""

import copy
import dataclasses
import functools
from typing import Any, Final

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor, AttnProcessor2_0
from torch import Tensor, nn

from export.spec import NetworkSpec, Precision

TYPES: Final[dict[Precision, torch.dtype]] = {"fp16-typed": torch.float16, "bf16-typed": torch.bfloat16}
NORMS: Final = (nn.GroupNorm, nn.LayerNorm)


def typed(spec: NetworkSpec, precision: Precision) -> NetworkSpec:
    """`spec` with a network that computes as `precision` says: to be traced, and then compared with `spec` itself.

    A precision that only says how weights are stored changes nothing, nor does any for a network not to be `typed`.
    """
    if precision not in TYPES or not spec.typed:
        return spec
    from transformers.models.clip.modeling_clip import CLIPAttention  # slow to load

    dtype = TYPES[precision]
    names = [tensor.name for tensor in spec.inputs]
    module = copy.deepcopy(spec.module).to(dtype)
    for part in module.modules():
        if isinstance(part, NORMS):
            part.float()
            part.register_forward_pre_hook(lambda _, given: tuple(_cast(value, torch.float32) for value in given))
            part.register_forward_hook(lambda _, __, made: _cast(made, dtype))
        elif isinstance(part, Attention) and isinstance(part.processor, AttnProcessor | AttnProcessor2_0):
            part.upcast_attention = part.upcast_softmax = True
            part.set_processor(AttnProcessor())
        elif isinstance(part, CLIPAttention):
            part.forward = functools.partial(_read_in_order, part)
    module.register_forward_pre_hook(lambda _, given: tuple(
        value if name in spec.single else _cast(value, dtype) for name, value in zip(names, given, strict=True)))
    module.register_forward_hook(lambda _, __, made: _outside(made))
    return dataclasses.replace(spec, module=module)


def _read_in_order(part: Any, hidden_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
    """The attention of CLIP's text encoder, hidden_states (B, N, D), with scores and shares in fp32; a word hears those
    before it, so no mask is needed."""
    batch, length = hidden_states.shape[:2]
    query, key, value = (layer(hidden_states).reshape(batch, length, part.num_heads, -1).transpose(1, 2)
                         for layer in (part.q_proj, part.k_proj, part.v_proj))
    scores = (query.float() * part.scale) @ key.float().transpose(-1, -2)
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    shares = scores.masked_fill(later, -torch.inf).softmax(-1).to(value.dtype)
    return part.out_proj((shares @ value).transpose(1, 2).reshape(batch, length, -1)), None


def _cast(value: Any, dtype: torch.dtype) -> Any:
    return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value


def _outside(made: Any) -> Any:
    return tuple(_cast(value, torch.float32) for value in made) if isinstance(made, tuple) else _cast(made,
                                                                                                      torch.float32)
