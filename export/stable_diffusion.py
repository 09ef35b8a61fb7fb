"""Stable Diffusion 2 with the layers that training inserted into it: the full MovieFactory model, as a `Family`."""

import copy
import dataclasses
import functools
from pathlib import Path
from typing import Any

from export import networks
from export.diffusers_folder import fill
from export.errors import ExportError
from export.inserted import FROZEN, fill_all, inserted, stage_files
from export.modelscope_networks import BFLOAT16
from export.pipeline import Drawing, Family, Pipeline
from export.spec import Tolerance
from export.starter import DOMAINS
from training.models import weights
from training.models.denoiser import Denoiser, DenoiserConfig


def family(layers: Path) -> Family:
    """Stable Diffusion 2.x with the stages in the folder `layers`. Raises ExportError when one of them is missing."""
    for file in stage_files(layers):
        if not file.is_file():
            raise ExportError(f"the stage {file.stem} in {layers}", "it is not there",
                              "give the folder in which training left stage1 and stage2")
    return Family("Stable Diffusion 2", "UNet2DConditionModel", _described, functools.partial(_denoiser, layers),
                  stage_files(layers))


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


def _denoiser(layers: Path, pipeline: Pipeline) -> Drawing:
    learned, facts = inserted(layers)
    config: DenoiserConfig = weights.config(DenoiserConfig, facts)
    told = dataclasses.asdict(config)
    wrong = [f"{name} {told[name]}, not {value}" for name, value in shape_of(pipeline.unet.config).items()
             if told[name] != value]
    if pipeline.request.frames != config.frames:
        wrong.append(f"frames {config.frames}, not {pipeline.request.frames}")
    if wrong:
        raise ExportError(f"layers in {layers} that were trained around this network", f"theirs had {'; '.join(wrong)}",
                          "give layers and network that belong together")
    frozen = fill(copy.deepcopy(pipeline.unet), pipeline.request.folder / "unet")
    whole = {**{f"{FROZEN}{name}": value for name, value in frozen.state_dict().items()}, **learned}
    specs = networks.denoiser(fill_all(Denoiser(config, frozen), whole, layers), pipeline.frame.cells(pipeline.ratio),
                             pipeline.tokenizer.length, pipeline.request.form)
    far = Tolerance(bfloat16=BFLOAT16, bf16_typed=BFLOAT16)
    return Drawing(tuple(dataclasses.replace(spec, tolerance=far) for spec in specs), DOMAINS, "clean",
                   facts["shared_noise"], networks.refreshed(pipeline.request.form))
