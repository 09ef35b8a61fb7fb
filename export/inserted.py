"""The layers that training inserted around a frozen text-to-image network."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from torch import Tensor, nn

from export.errors import ExportError
from training.models import weights
from training.models.denoiser import Denoiser

N = TypeVar("N", bound=nn.Module)

FROZEN = "unet."
_TOLD = ("config", "shift", "shared_noise")
"""What the last stage of a flow must say, so that films can be sampled as it was trained."""


def stage_files(folder: Path) -> tuple[Path, ...]:
    """The files of the finished stages after the first, in order: a later one replaces what it holds of an earlier."""
    files = {stage: folder / f"{stage}.safetensors" for stage in ("planner", "stage1", "stage2", "distil")}
    return tuple(file for stage, file in files.items() if stage in {"stage1", "stage2"} or file.exists())


def stage(folder: Path, name: str, *needed: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A finished stage's tensors in fp32 and what it tells of itself, `needed` among that.

    Raises FileNotFoundError when the stage is missing, ExportError when its files are damaged.
    """
    facts = told(folder, name, *needed) if (folder / f"{name}.safetensors").exists() else {}
    try:
        return weights.load(folder, name)[0], facts
    except (SafetensorError, ValueError) as error:  # a file that is cut off
        raise _damaged(folder, name, error) from error


def told(folder: Path, name: str, *needed: str) -> dict[str, Any]:
    """What a finished stage tells of itself, `needed` among that; its tensors are not looked at.

    Raises ExportError when it does not say that, or nothing.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise ExportError(f"{name}.json beside {name}.safetensors in {folder}", "it is not there",
                          "copy both from where they were trained") from error
    except ValueError as error:  # a page that says it was not found
        raise _damaged(folder, name, error) from error
    if missing := [key for key in needed if key not in facts]:
        raise ExportError(f"{folder / name}.json to say {missing[0]}", "it does not", _again(name))
    return facts


def _damaged(folder: Path, name: str, error: Exception) -> ExportError:
    return ExportError(f"the stage {name} in {folder} to be whole", str(error).splitlines()[0], _again(name))


def _again(name: str) -> str:
    return f"copy {name}.safetensors and {name}.json again from where they were trained"


def inserted(folder: Path, needed: tuple[str, ...] = _TOLD) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The inserted and temporal layers' tensors in fp32, and what the last stage tells of itself, `needed` among that.

    Raises FileNotFoundError when a stage is missing, ExportError when one is damaged or holds a frozen tensor.
    """
    found: dict[str, Tensor] = {}
    facts: dict[str, Any] = {}
    files = stage_files(folder)
    for file in files:
        learned, facts = stage(folder, file.stem, *(needed if file == files[-1] else ()))
        if touched := [name for name in learned if name.startswith(FROZEN)]:
            raise ExportError(f"{file.stem} to leave the text-to-image layers as they are", f"it holds {touched[0]}",
                              "save only what the stage trains")
        found |= learned
    return found, facts


def fill_all(model: Denoiser, tensors: Mapping[str, Tensor], folder: Path) -> Denoiser:
    """`model` with the tensors of all of its stages. Raises ExportError when they are not just those it has."""
    return _filled(model, tensors, f"the stages in {folder} to fill one denoiser", "take all of them from one training")


def fill_one(network: N, tensors: Mapping[str, Tensor], folder: Path, name: str) -> N:
    """`network` with the tensors of the stage `name`. Raises ExportError when they are not just those it has."""
    return _filled(network, tensors, f"{name}.safetensors in {folder} to fill the network of {name}.json",
                   "take both files from one training")


def _filled(network: N, tensors: Mapping[str, Tensor], expected: str, fix: str) -> N:
    try:
        network.load_state_dict(dict(tensors), assign=True)
    except RuntimeError as error:
        raise ExportError(expected, str(error).splitlines()[-1].strip()[:200], fix) from error
    return network.eval()
