"""Finished weights: one safetensors file per network (fp16, or bytes) and a JSON beside it with its configuration."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

_BYTES, _SCALE = "::bytes", "::scale"
_LEAST_BYTES = 4096
"""Smaller tensors are not worth a scale."""


def save(folder: Path, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any], compact: bool = False
         ) -> None:
    """Write `name`.safetensors and `name`.json into `folder`, each atomically. Floats are stored in half precision.

    `compact` stores matrices and kernels as bytes with a scale for each output channel, as the starter's graphs hold
    them: what is trained on top of such weights is trained on top of what the app will run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        value = tensor.detach().cpu()
        if compact and value.ndim > 1 and value.numel() >= _LEAST_BYTES:
            stored[key + _BYTES], stored[key + _SCALE] = _quantised(value)
        else:
            stored[key] = (value.half() if value.is_floating_point() else value).contiguous()
    temporary = folder / f"{name}.tmp"
    save_file(stored, temporary)
    os.replace(temporary, folder / f"{name}.safetensors")
    temporary.write_text(json.dumps(dict(facts), indent=1, default=_plain) + "\n")
    os.replace(temporary, folder / f"{name}.json")


def load(folder: Path, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors in fp32 and the facts. FileNotFoundError when that stage has not been finished."""
    path = folder / f"{name}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `python -m training {name}` first")
    stored = load_file(path)
    tensors: dict[str, Tensor] = {}
    for key, value in stored.items():
        if key.endswith(_BYTES):
            name_of = key.removesuffix(_BYTES)
            tensors[name_of] = value.float() * stored[name_of + _SCALE]
        elif not key.endswith(_SCALE):
            tensors[key] = value.float() if value.is_floating_point() else value
    return tensors, json.loads((folder / f"{name}.json").read_text())


def _quantised(value: Tensor) -> tuple[Tensor, Tensor]:
    """Bytes -127..127 and the scale (fp32) of each output channel: value = bytes * scale."""
    largest = value.float().abs().amax(dim=tuple(range(1, value.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, torch.ones_like(largest))
    return (value.float() / scale).round().to(torch.int8).contiguous(), scale


def digest(tensors: Mapping[str, Tensor]) -> str:
    """What a network's tensors hash to: whatever was made with it can say so."""
    found = hashlib.sha256()
    for name, value in tensors.items():
        found.update(name.encode())
        found.update(value.detach().float().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def config(cls: Any, facts: Mapping[str, Any]) -> Any:
    """A configuration dataclass from the JSON's `config`; lists become tuples again."""
    fields = {f.name for f in dataclasses.fields(cls)}
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in facts["config"].items()
             if key in fields}
    return cls(**given)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, torch.Tensor):
        return [round(float(v), 6) for v in value.flatten()]
    raise TypeError(f"{type(value)} does not go into JSON")
