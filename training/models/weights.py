"""Finished weights: one safetensors file per network (fp16) and a JSON beside it with its configuration."""

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


def save(folder: Path, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write `name`.safetensors and `name`.json into `folder`, each atomically. Floats are stored in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {key: (value.detach().cpu().half() if value.is_floating_point() else value.detach().cpu()).contiguous()
              for key, value in tensors.items()}
    temporary = folder / f"{name}.tmp"
    save_file(halves, temporary)
    os.replace(temporary, folder / f"{name}.safetensors")
    temporary.write_text(json.dumps(dict(facts), indent=1, default=_plain) + "\n")
    os.replace(temporary, folder / f"{name}.json")


def load(folder: Path, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors in fp32 and the facts. FileNotFoundError when that stage has not been finished."""
    path = folder / f"{name}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `python -m training {name}` first")
    tensors = {key: value.float() if value.is_floating_point() else value for key, value in load_file(path).items()}
    return tensors, json.loads((folder / f"{name}.json").read_text())


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
