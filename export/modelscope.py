"""A published ModelScope text-to-video checkpoint, or one of its kin such as ZeroScope, as a `pipeline.Family`."""

import copy
from typing import Any, Final

from export import modelscope_networks
from export.diffusers_folder import fill
from export.networks import refreshed
from export.pipeline import Drawing, Family, Pipeline


def _described(config: dict[str, Any]) -> Any:
    from diffusers import UNet3DConditionModel

    return UNet3DConditionModel.from_config(config)


def _denoiser(pipeline: Pipeline) -> Drawing:
    request = pipeline.request
    unet = fill(copy.deepcopy(pipeline.unet), request.folder / "unet")
    shape = (request.frames, *pipeline.frame.cells(pipeline.ratio))
    specs = modelscope_networks.denoiser(unet, shape, pipeline.tokenizer.length, request.form)
    return Drawing(specs, {"published": 0}, "published", more=refreshed(request.form))


FAMILY: Final = Family("ModelScope text-to-video or ZeroScope", "UNet3DConditionModel", _described, _denoiser)
