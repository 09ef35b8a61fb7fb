"""Stable Diffusion 2 with the layers that training inserted into it: the full MovieFactory model, as a `Family`."""

import copy
import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from export import networks
from export.diffusers_folder import fill
from export.errors import ExportError
from export.inserted import FROZEN, fill_all, inserted, stage_files, told
from export.modelscope_networks import far
from export.pipeline import GUIDANCE, STEPS, Drawing, Family, Pipeline
from export.starter import DOMAINS
from training.models import weights
from training.models.denoiser import Denoiser, DenoiserConfig
from training.models.frozen import frozen_digest

_OF_ALL: Final = ("around", "prediction")
"""What each stage must say: the digest of what it was trained around (`frozen_digest`), and to predict what."""
_OF_LAST: Final = ("config", "shared_noise")

Stages = Mapping[str, Mapping[str, Any]]
"""What each stage tells of itself, in order of training."""


def family(layers: Path, licence: str | None = None) -> Family:
    """Stable Diffusion 2.x with the stages in the folder `layers`, sampled as the last of them says.

    `licence` is the layers', None that of what they are put into. Raises ExportError when a stage is missing, or does
    not say what it was trained around.
    """
    files = stage_files(layers)
    for file in files:
        if not file.is_file():
            raise ExportError(f"the stage {file.stem} in {layers}", "it is not there",
                              "give the folder in which training left stage1 and stage2")
    stages = {file.stem: told(layers, file.stem, *_OF_ALL, *(_OF_LAST if file == files[-1] else ()))
              for file in files if file.stem != "planner"}  # that one reads texts alone
    last = stages[files[-1].stem]
    return Family("Stable Diffusion 2", "UNet2DConditionModel", _described,
                  functools.partial(_denoiser, layers, stages),
                  more=tuple(path for file in files for path in (file, file.with_suffix(".json"))), licence=licence,
                  steps=last.get("steps", STEPS), guidance=last.get("guidance", GUIDANCE))


def shape_of(unet: Any) -> dict[str, Any]:
    """What a `DenoiserConfig` must say of its frozen network to go around one with the configuration `unet`."""
    heads = unet.attention_head_dim  # diffusers' name for their number
    widths = tuple(unet.block_out_channels)
    first = heads if isinstance(heads, int) else heads[0]
    return {"latent_channels": unet.in_channels, "widths": widths, "layers": unet.layers_per_block,
            "attention": tuple("CrossAttn" in kind for kind in unet.down_block_types), "head": widths[0] // first,
            "context": unet.cross_attention_dim, "groups": unet.norm_num_groups}


def _described(config: dict[str, Any]) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_config(config)


def _denoiser(layers: Path, stages: Stages, pipeline: Pipeline) -> Drawing:
    folder, facts = pipeline.request.folder, list(stages.values())[-1]
    config: DenoiserConfig = weights.config(DenoiserConfig, facts)
    _check_shape(layers, config, pipeline)
    _check_all(stages, "prediction", pipeline.trained.prediction, f"layers in {layers} trained as {folder} was")
    frozen = fill(copy.deepcopy(pipeline.unet), folder / "unet")
    _check_all(stages, "around", frozen_digest(frozen), f"layers in {layers} trained around {folder / 'unet'}")
    learned, _ = inserted(layers, _OF_LAST)
    whole = {**{f"{FROZEN}{name}": value for name, value in frozen.state_dict().items()}, **learned}
    specs = networks.denoiser(fill_all(Denoiser(config, frozen), whole, layers), pipeline.frame.cells(pipeline.ratio),
                             pipeline.tokenizer.length, pipeline.request.form)
    return Drawing(far(specs), DOMAINS, "clean", facts["shared_noise"], networks.refreshed(pipeline.request.form))


def _check_shape(layers: Path, config: DenoiserConfig, pipeline: Pipeline) -> None:
    has, domains = dataclasses.asdict(config), max(DOMAINS.values()) + 1
    wrong = [f"{name} {has[name]}, not {value}" for name, value in shape_of(pipeline.unet.config).items()
             if has[name] != value]
    if pipeline.request.frames != config.frames:
        wrong.append(f"frames {config.frames}, not {pipeline.request.frames}")
    if config.domains < domains:
        wrong.append(f"domains {config.domains}, not {domains} ({', '.join(DOMAINS)})")
    if wrong:
        raise ExportError(f"layers in {layers} that were trained around this network", f"theirs had {'; '.join(wrong)}",
                          "give layers and network that belong together")


def _check_all(stages: Stages, fact: str, value: str, expected: str) -> None:
    """Raises ExportError when a stage's `fact` is another than `value`."""
    for name, facts in stages.items():
        if facts[fact] != value:
            raise ExportError(expected, f"{name} says {fact} {str(facts[fact])[:12]}, not {value[:12]}",
                              "give layers and a folder that belong together")
