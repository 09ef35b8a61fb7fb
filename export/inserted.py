"""The layers that training inserted around a frozen text-to-image network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from export.errors import ExportError
from training.models import weights
from training.models.denoiser import Denoiser

FROZEN = "unet."


def stage_files(folder: Path) -> tuple[Path, ...]:
    """The files of the finished stages after the first, in order: a later one replaces what it holds of an earlier."""
    files = {stage: folder / f"{stage}.safetensors" for stage in ("planner", "stage1", "stage2", "distil")}
    return tuple(file for stage, file in files.items() if stage in {"stage1", "stage2"} or file.exists())


def inserted(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The inserted and temporal layers' tensors in fp32, and what the last stage tells of itself.

    Raises FileNotFoundError when a stage is missing, ExportError when one holds a frozen tensor.
    """
    found: dict[str, Tensor] = {}
    facts: dict[str, Any] = {}
    for file in stage_files(folder):
        learned, facts = weights.load(folder, file.stem)
        if touched := [name for name in learned if name.startswith(FROZEN)]:
            raise ExportError(f"{file.stem} to leave the text-to-image layers as they are", f"it holds {touched[0]}",
                              "save only what the stage trains")
        found |= learned
    return found, facts


def fill_all(model: Denoiser, tensors: Mapping[str, Tensor], folder: Path) -> Denoiser:
    """`model` with all of its tensors. Raises ExportError when they are not just those it has."""
    try:
        model.load_state_dict(dict(tensors), assign=True)
    except RuntimeError as error:
        raise ExportError(f"the stages in {folder} to fill one denoiser", str(error).splitlines()[-1].strip(),
                          "take all of them from one training") from error
    return model.eval()
