"""A published ModelScope text-to-video checkpoint, or one of its kin such as ZeroScope, becomes a bundle.

Taken are folders in diffusers' form. The bundle has a text encoder, a denoiser and a decoder; enlarging and sounds come
from other bundles.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch

from export import card, modelscope_networks
from export.clip_tokenizer import TokenizerFacts, convert_tokenizer, tokenizer_files
from export.compare import Comparison
from export.diffusers_folder import AGAIN, CONFIG, INDEX, check_parts, fill, read_config, tensor_files
from export.errors import ExportError
from export.networks import Frame
from export.noise_schedule import Trained, noise_schedule
from export.parts import Part, fresh_folder, write_graphs
from export.spec import Precision
from runtime.bundle import Bundle, open_bundle, write_manifest
from runtime.digest import file_sha256

LICENCE: Final = "CC-BY-NC-4.0"
"""Of the weights that ModelScope and ZeroScope published."""

PARTS: Final = {"unet": ("UNet3DConditionModel",), "vae": ("AutoencoderKL",), "text_encoder": ("CLIPTextModel",),
                "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"), "scheduler": ()}
TOKENIZER: Final = "tokenizer.json"
SCHEDULER: Final = "scheduler_config.json"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to import, where to, and how the app shall sample with it.

    `frame` None is the size that the checkpoint's configuration names. `steps` and `guidance` are those of the
    published examples.
    """

    folder: Path
    out: Path
    precision: Precision = "fp16"
    frame: Frame | None = None
    frames: int = 16
    fps: float = 8.0
    solver: Literal["dpmpp_2m", "ddim"] = "dpmpp_2m"
    steps: int = 25
    guidance: float = 9.0
    licence: str = LICENCE


@dataclass(frozen=True)
class _Pipeline:
    """A folder that has been looked through, but for its tensors; `ratio` is pixels along a latent cell's side."""

    request: Request
    unet: Any
    vae: Any
    text: Any
    trained: Trained
    tokenizer: TokenizerFacts
    frame: Frame
    ratio: int


def build(request: Request) -> Bundle:
    """Write the bundle. Raises ExportError for a folder that is no such checkpoint, BundleError, StorageError."""
    check_parts(request.folder, PARTS)
    comparisons: dict[str, tuple[Comparison, ...]] = {}
    roles: dict[str, Any] = {}
    with fresh_folder(request.out) as folder:
        pipeline = _look_through(request, folder)
        sources = _sources(request)
        for role, make in _ROLES.items():
            roles[role], found = write_graphs(role, make(pipeline), folder, request.precision)
            comparisons |= found
        bundle = write_manifest(folder, _manifest(request, sources, roles))
        text = card.imported_card(bundle, request.precision, comparisons)
        (folder / "MODEL_CARD.md").write_text(text, "utf-8")
    return open_bundle(request.out)


def _look_through(request: Request, out: Path) -> _Pipeline:
    """What can be wrong is said before the first tensor is read. Writes the tokenizer into `out`."""
    from diffusers import AutoencoderKL, UNet3DConditionModel
    from transformers import CLIPTextConfig

    folder = request.folder
    with torch.device("meta"):
        unet = _described(folder / "unet", UNet3DConditionModel.from_config)
        vae = _described(folder / "vae", AutoencoderKL.from_config)
    text = _described(folder / "text_encoder", CLIPTextConfig.from_dict)
    words = convert_tokenizer(folder / "tokenizer", out / TOKENIZER)
    _check_fit(unet.config, vae.config, text, words)
    ratio = int(2 ** (len(vae.config.block_out_channels) - 1))
    return _Pipeline(request, unet, vae, text, noise_schedule(folder / "scheduler" / SCHEDULER), words,
                     _frame(request, unet.config.sample_size, ratio), ratio)


def _check_fit(unet: Any, vae: Any, text: Any, words: TokenizerFacts) -> None:
    """What one part gives must be what the next takes."""
    for what, wanted, of, found in (
            ("latent channels", vae.latent_channels, "the unet's input", unet.in_channels),
            ("latent channels", vae.latent_channels, "the unet's output", unet.out_channels),
            ("numbers a token", text.hidden_size, "the unet's cross-attention", unet.cross_attention_dim)):
        if wanted != found:
            raise ExportError(f"{wanted} {what}, as the vae and the text encoder have", f"{of} has {found}",
                              "take all parts from one download")
    for what, most, found in (("different tokens", text.vocab_size, words.vocabulary),
                              ("tokens of a text", text.max_position_embeddings, words.length)):
        if found > most:
            raise ExportError(f"at most the {most} {what} that the text encoder knows", f"the tokenizer has {found}",
                              "take all parts from one download")


def _frame(request: Request, own: Any, ratio: int) -> Frame:
    """The size of the pictures; `own` is what the unet's configuration says of its latents' (height and width)."""
    frame = request.frame
    if frame is None:
        if own is None:
            raise ExportError(f"a sample_size in {request.folder / 'unet' / CONFIG}", "there is none",
                              "say the size with --frame")
        height, width = (own, own) if isinstance(own, int) else own
        frame = Frame(width * ratio, height * ratio)
    if frame.width % ratio or frame.height % ratio:
        raise ExportError(f"a width and height that are multiples of {ratio}",
                          f"{frame.width}x{frame.height} was asked for", "choose another --frame")
    return frame


def _described(place: Path, make: Callable[[dict[str, Any]], Any]) -> Any:
    config = read_config(place / CONFIG)
    try:
        return make(config)
    except Exception as error:  # whatever the library's constructors make of wrong values
        why = str(error).strip().splitlines()
        raise ExportError(f"{place / CONFIG} to describe a network", why[0][:200] if why else type(error).__name__,
                          AGAIN) from error


def _text_encoder(pipeline: _Pipeline) -> Part:
    from transformers import CLIPTextModel

    encoder = CLIPTextModel(pipeline.text)
    # Older transformers keep the network one level down, newer ones have no such level.
    fill(getattr(encoder, "text_model", encoder), pipeline.request.folder / "text_encoder")
    words = pipeline.tokenizer
    return Part((modelscope_networks.text_encoder(encoder, words.length, words.vocabulary),),
                {"tokenizer": {"file": TOKENIZER, "max_tokens": words.length}})


def _denoiser(pipeline: _Pipeline) -> Part:
    request, vae, frame = pipeline.request, pipeline.vae.config, pipeline.frame
    unet = fill(pipeline.unet, request.folder / "unet")
    spec = modelscope_networks.denoiser(unet, request.frames, frame.cells(pipeline.ratio), pipeline.tokenizer.length)
    channels = unet.config.in_channels
    return Part((spec,), {
        "latent": {"channels": channels, "ratio": pipeline.ratio, "mean": [0.0] * channels,
                   "std": [1.0 / vae.scaling_factor] * channels},
        "prediction": pipeline.trained.prediction, "schedule": pipeline.trained.schedule, "solver": request.solver,
        "steps": request.steps, "guidance": request.guidance, "frames": request.frames, "fps": request.fps,
        "size": [frame.width, frame.height], "domains": {"published": 0}, "default_domain": "published"})


def _decoder(pipeline: _Pipeline) -> Part:
    vae = fill(pipeline.vae, pipeline.request.folder / "vae")
    return Part((modelscope_networks.decoder(vae, pipeline.frame, pipeline.ratio),), {})


# The largest first: what is wrong with it shall not be found last.
_ROLES: Final[Mapping[str, Callable[[_Pipeline], Part]]] = {
    "denoiser": _denoiser, "text_encoder": _text_encoder, "decoder": _decoder}


def _sources(request: Request) -> list[dict[str, Any]]:
    """Every file the bundle is made of, with its digest. Raises ExportError when one is missing."""
    folder = request.folder
    files = [folder / INDEX, folder / "scheduler" / SCHEDULER, *tokenizer_files(folder / "tokenizer")]
    for part in ("text_encoder", "unet", "vae"):
        files += [folder / part / CONFIG, *tensor_files(folder / part)]
    try:
        return [{"name": file.relative_to(folder).as_posix(), "licence": request.licence, "sha256": file_sha256(file),
                 "note": f"From the diffusers folder {folder.resolve().name}."} for file in files]
    except OSError as error:
        raise ExportError(f"a file {error.filename}", f"it cannot be read: {error.strerror}", AGAIN) from error


def _manifest(request: Request, sources: list[dict[str, Any]], roles: Mapping[str, Any]) -> dict[str, Any]:
    title = request.folder.resolve().name or "ModelScope text-to-video"
    name = re.sub(r"[^a-z0-9._-]+", "-", title.lower()).lstrip("._-")[:64] or "modelscope"
    whole = hashlib.sha256("".join(source["sha256"] for source in sources).encode()).hexdigest()
    return {"name": name, "version": whole[:12], "title": title, "licence": request.licence, "sources": sources,
            "roles": dict(roles)}
