"""Reading a pipeline in diffusers' folder form: an index, and for each part a folder with configuration and tensors."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from torch import Tensor, nn

from export.checkpoints import open_checkpoint
from export.errors import ExportError

INDEX: Final = "model_index.json"
CONFIG: Final = "config.json"
AGAIN: Final = "download the folder again, whole"

_STEMS: Final = {"safetensors": ("diffusion_pytorch_model", "model"),
                 "bin": ("diffusion_pytorch_model", "pytorch_model")}
"""What diffusers and transformers call the file of a network's tensors."""
_OLD_ATTENTION: Final = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
"""What diffusers called the layers of an autoencoder's attention until early 2023, and calls them since."""

M = TypeVar("M", bound=nn.Module)


def check_parts(folder: Path, classes: Mapping[str, tuple[str, ...]], title: str) -> None:
    """Check that a pipeline of `title` has these parts, each of one of its classes (of any where none is named).

    Raises ExportError naming the first part that is missing or of another architecture.
    """
    if not (folder / INDEX).is_file():
        raise ExportError(f"a diffusers folder with a {INDEX}", f"there is none in {folder}",
                          f"give the folder that holds {', '.join(classes)}")
    index = read_config(folder / INDEX)
    for part, wanted in classes.items():
        entry = index.get(part)
        found = entry[1] if isinstance(entry, list) and len(entry) == 2 else None
        if found is None or not (folder / part).is_dir():
            raise ExportError(f"a part {part} in {folder}", "it is missing", AGAIN)
        if wanted and found not in wanted:
            raise ExportError(f"{part} to be a {wanted[0]}", f"{folder / INDEX} says it is a {found}",
                              f"give a folder of {title}")


def read_config(path: Path) -> dict[str, Any]:
    """The JSON object in `path`. Raises ExportError when the file is missing or holds something else."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ExportError(f"a file {path}", f"it cannot be read: {error.strerror or error}", AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} to be JSON", f"it is not: {str(error)[:100]}", AGAIN) from error
    if not isinstance(found, dict):
        raise ExportError(f"{path} to hold a JSON object", f"it holds a {type(found).__name__}", AGAIN)
    return found


def tensor_files(place: Path) -> tuple[Path, ...]:
    """The files that hold the tensors of the network in the folder `place`; where they are several, the index first.

    Taken is the first there is of: full precision before half, safetensors before torch's own form, one file before
    several. Raises ExportError when there are none.
    """
    found = next((place / name for name in _names() if (place / name).is_file()), None)
    if found is None:
        raise ExportError(f"the tensors of a network in {place}", "there is no .safetensors or .bin file of them",
                          AGAIN)
    if found.suffix != ".json":
        return (found,)
    shards = read_config(found).get("weight_map")
    # A shard lies beside its index: a path would lead elsewhere on the disk.
    if not isinstance(shards, dict) or not shards or not all(
            isinstance(name, str) and Path(name).name == name for name in shards.values()):
        raise ExportError(f"{found} to name a file beside it for each tensor", "it does not", AGAIN)
    return found, *(place / name for name in sorted(set(shards.values())))


def fill(network: M, place: Path) -> M:
    """`network`, which may be on torch's meta device, with the tensors in the folder `place`, in fp32.

    Raises ExportError for files that are cut off or want to run code, and naming the first tensor that is missing,
    unknown or of another shape and how many are.
    """
    given: dict[str, Tensor] = {}
    for file in tensor_files(place):
        if file.suffix != ".json":
            given |= {_today(name): value for name, value in open_checkpoint(file).items()
                      if not name.endswith("position_ids")}  # counted, not learned
    own, kind = network.state_dict(), type(network).__name__
    odd = {"missing": sorted(own.keys() - given.keys()), "unknown": sorted(given.keys() - own.keys())}
    if any(odd.values()):
        raise ExportError(f"in {place} the {len(own)} tensors of the {kind} that its {CONFIG} describes",
                          " and ".join(_counted(names, said) for said, names in odd.items() if names), AGAIN)
    if wrong := [name for name in own if own[name].shape != given[name].shape]:
        first = wrong[0]
        raise ExportError(f"{first} in {place} of shape {tuple(own[first].shape)}, as its {CONFIG} says",
                          f"it is {tuple(given[first].shape)}; {_counted(wrong, 'of a wrong shape')}",
                          f"take {CONFIG} and tensors from one download")
    network.load_state_dict(given, assign=True)
    return network.eval()


def _counted(names: list[str], said: str) -> str:
    return f"{len(names)} {'is' if len(names) == 1 else 'are'} {said}, first {names[0]}"


def _names() -> Iterator[str]:
    for variant in ("", ".fp16"):
        for ending, stems in _STEMS.items():
            for stem in stems:
                yield f"{stem}{variant}.{ending}"
                yield f"{stem}.{ending}.index{variant}.json"


def _today(name: str) -> str:
    """A tensor's name in today's libraries."""
    return re.sub(r"(attentions\.\d+)\.(query|key|value|proj_attn)\.",
                  lambda found: f"{found[1]}.{_OLD_ATTENTION[found[2]]}.", name.removeprefix("text_model."))
