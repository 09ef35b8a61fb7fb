"""Opening files that others trained: tensors only, whoever wrote them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file
from torch import Tensor

from export.errors import ExportError

_WRAPPERS: Final = ("state_dict", "params_ema", "params")
"""Where training tools put a network's tensors within their file."""
_TORCH: Final = (b"PK\x03\x04", b"\x80")
"""How torch's files begin, and its old ones, which are bare pickles."""


def open_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of a torch file, in fp32.

    Raises ExportError when there is no such file, it is cut off, or is a pickle that wants to run code.
    """
    if not path.is_file():
        raise ExportError("a checkpoint file", f"there is none at {path}", "check the path")
    try:
        found: Any = load_file(path) if path.suffix == ".safetensors" else _tensors_only(path)
    except ExportError:
        raise
    except pickle.UnpicklingError as error:
        raise ExportError(f"{path} to hold nothing but tensors and plain values", "it wants to run code when opened",
                          "do not open it elsewhere either; get the file from its authors, or as .safetensors"
                          ) from error
    except Exception as error:  # whatever torch makes of what a file says
        why = str(error).strip().splitlines()
        raise ExportError(f"{path} to be a whole torch or safetensors file", why[0] if why else type(error).__name__,
                          "download it again") from error
    for wrapper in _WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(wrapper), Mapping):
            found = found[wrapper]
    if not isinstance(found, Mapping):
        raise ExportError(f"{path} to hold named tensors", f"it holds a {type(found).__name__}",
                          "save the network's state_dict")
    return {str(name): value.detach().float() if value.is_floating_point() else value.detach()
            for name, value in found.items() if isinstance(value, Tensor)}


def _tensors_only(path: Path) -> Any:
    with path.open("rb") as file:
        begins = file.read(4)
    if not begins.startswith(_TORCH):
        # A page that says "not found", or what a store of large files leaves in their place.
        raise ExportError(f"{path} to be a torch file", f"it begins with {begins!r}", "download it again")
    return torch.load(path, map_location="cpu", weights_only=True)
