"""A published RealBasicVSR checkpoint becomes a bundle with an upscaler and nothing else.

Taken are files in the authors' and in OpenMMLab's layout: tensors under `state_dict`, the averaged generator's
preferred. The sizes of the network are read off its tensors. Whoever has such a bundle names it with `--model`; the
other roles come from elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import Tensor

from export import card, networks
from export.checkpoints import open_checkpoint
from export.errors import ExportError
from export.networks import Frame
from export.parts import Part, write_graphs
from export.replacing import fresh_folder
from export.spec import Precision
from runtime.bundle import Bundle, open_bundle, write_manifest
from runtime.digest import file_sha256
from training.models.upscaler import SCALE, Upscaler, UpscalerConfig, published_tensors

NAME: Final = "realbasicvsr"
"""What such bundles are called."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to import, where to, and how.

    `frame` is the size of small frames the graphs are made for. `cleaning_passes` is how often a frame is cleaned: the
    authors' configuration means once.
    """

    checkpoint: Path
    out: Path
    precision: Precision = "fp16"
    frame: Frame = Frame()  # noqa: RUF009 - frozen
    cleaning_passes: int = 1
    licence: str = "Apache-2.0"


def build(request: Request) -> Bundle:
    """Write the bundle. Raises ExportError for a file that is no such checkpoint, BundleError, StorageError."""
    checkpoint = open_checkpoint(request.checkpoint)
    digest = file_sha256(request.checkpoint)
    network = upscaler_from(checkpoint, request.cleaning_passes)
    width, height = request.frame.width, request.frame.height
    part = Part(networks.upscaler(network, request.frame),
                {"scale": SCALE, "sizes": [[SCALE * width, SCALE * height], [width, height]]})
    source = {"name": f"RealBasicVSR, {request.checkpoint.name}", "licence": request.licence, "sha256": digest,
              "note": "Chan et al., Investigating Tradeoffs in Real-World Video Super-Resolution, 2022."}
    with fresh_folder(request.out, NAME) as folder:
        table, comparisons = write_graphs("upscaler", part, folder, request.precision)
        bundle = write_manifest(folder, {
            "name": NAME, "version": digest[:12], "title": "RealBasicVSR", "licence": request.licence,
            "sources": [source], "roles": {"upscaler": table}})
        text = card.imported_card(bundle, request.precision, comparisons)
        (folder / "MODEL_CARD.md").write_text(text, "utf-8")
    return open_bundle(request.out)


def upscaler_from(checkpoint: Mapping[str, Tensor], cleaning_passes: int = 1) -> Upscaler:
    """The network of a checkpoint, whatever its size. Raises ExportError when tensors are missing or do not fit."""
    try:
        tensors = published_tensors(checkpoint)
    except ValueError as error:
        raise ExportError("a RealBasicVSR checkpoint (tensors named basicvsr.* and image_cleaning.*)",
                          f"its tensors are named {', '.join(sorted(checkpoint)[:3]) or 'nothing'} ...",
                          "give the generator's file; BasicVSR and other upscalers are not known") from error
    network = Upscaler(_config(tensors, cleaning_passes)).eval()
    own = network.state_dict()
    # The normalisation of the flow network is a constant, and not in every file.
    constants = {name: own[name] for name in ("basicvsr.spynet.mean", "basicvsr.spynet.std") if name not in tensors}
    tensors = constants | tensors
    for name in sorted(own.keys() | tensors.keys()):
        if name not in tensors or name not in own:
            found = "it is missing" if name not in tensors else "there is one more"
            raise ExportError(f"the tensors of one RealBasicVSR network and {name} among them" if name in own else
                              "the tensors of one RealBasicVSR network", f"{found}: {name}", "get the whole file")
        if own[name].shape != tensors[name].shape:
            raise ExportError(f"{name} of shape {tuple(own[name].shape)}", f"it is {tuple(tensors[name].shape)}",
                              "get the whole file")
    network.load_state_dict(tensors)
    return network


def _config(tensors: Mapping[str, Tensor], cleaning_passes: int) -> UpscalerConfig:
    """Sizes, read off the tensors' names and shapes."""
    def width(name: str, axis: int = 0) -> int:
        if f"{name}.weight" not in tensors:
            raise ExportError(f"a tensor {name}.weight", "it is missing", "get the whole file")
        return tensors[f"{name}.weight"].shape[axis]

    def count(start: str, end: str) -> int:
        return sum(name.startswith(start) and name.endswith(end) for name in tensors)

    flow = "basicvsr.spynet.basic_module"
    return UpscalerConfig(
        channels=width("image_cleaning.0.main.0"),
        cleaning_blocks=count("image_cleaning.0.main.2.", ".conv1.weight"),
        propagation_blocks=count("basicvsr.forward_resblocks.main.2.", ".conv1.weight"),
        tail=(width("basicvsr.upsample1.upsample_conv") // 4, width("basicvsr.upsample2.upsample_conv") // 4),
        flow_levels=count(f"{flow}.", ".basic_module.0.conv.weight"),
        flow_widths=tuple(width(f"{flow}.0.basic_module.{layer}.conv") for layer in range(4)),
        flow_shrink=1, cleaning_passes=cleaning_passes)
