"""A pipeline in diffusers' folder form becomes a bundle: text encoder, denoiser and decoder.

Families of pipelines differ in their denoiser; `modelscope` and `stable_diffusion` say how theirs are made. Enlarging
and sounds come from other bundles.
"""

import copy
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import torch

from export import card, networks, pipeline_networks
from export.clip_tokenizer import TokenizerFacts, convert_tokenizer, tokenizer_files
from export.compare import Comparison
from export.diffusers_folder import AGAIN, CONFIG, INDEX, check_parts, fill, read_config, tensor_files
from export.errors import ExportError
from export.networks import Frame
from export.noise_schedule import Trained, noise_schedule
from export.parts import Part, write_graphs, write_step
from export.replacing import fresh_folder
from export.spec import Form, NetworkSpec, Precision
from runtime.bundle import Bundle, open_bundle, write_manifest
from runtime.digest import file_sha256

PARTS: Final = {"vae": ("AutoencoderKL",), "text_encoder": ("CLIPTextModel",),
                "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"), "scheduler": ()}
"""Beside the unet."""
TOKENIZER: Final = "tokenizer.json"
SCHEDULER: Final = "scheduler_config.json"
STEPS: Final = 25
GUIDANCE: Final = 9.0
"""Of the published examples."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to import, where to, and how the app shall sample with it.

    `frame` None is the size that the checkpoint's configuration names, `steps` and `guidance` None are the family's.
    `step` adds a step graph, `encoder` one from pictures to latents; `form` is the denoiser's
    (see `networks.Form`), where the family has more than one.
    """

    folder: Path
    out: Path
    licence: str
    precision: Precision = "fp16"
    frame: Frame | None = None
    frames: int = 16
    fps: float = 8.0
    solver: Literal["dpmpp_2m", "ddim"] = "dpmpp_2m"
    steps: int | None = None
    guidance: float | None = None
    step: bool = False
    encoder: bool = False
    form: Form = "clip"


@dataclass(frozen=True)
class Pipeline:
    """A folder that has been looked through, but for its tensors; `ratio` is pixels along a latent cell's side.

    `unet` and `vae` are on torch's meta device and stay there: who fills one fills a copy, and so decides how long it
    is in memory.
    """

    request: Request
    family: "Family"
    unet: Any
    vae: Any
    text: Any
    trained: Trained
    tokenizer: TokenizerFacts
    frame: Frame
    ratio: int


@dataclass(frozen=True)
class Drawing:
    """A denoiser: its networks, and what a bundle says of its domains, its noise and besides."""

    specs: tuple[NetworkSpec, ...]
    domains: Mapping[str, int]
    default_domain: str
    shared_noise: float = 0.0
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """What pipelines of one kind have in common: their unet's class, and how it becomes a denoiser.

    `title` is for people, `described` makes a unet of its configuration. `more` are files beside the folder's own, and
    `licence` is theirs (None: the folder's). `steps` and `guidance` are what it is sampled with unless asked otherwise.
    """

    title: str
    unet: str
    described: Callable[[dict[str, Any]], Any]
    denoiser: Callable[[Pipeline], Drawing]
    more: tuple[Path, ...] = ()
    licence: str | None = None
    steps: int = STEPS
    guidance: float = GUIDANCE

    def sampling(self, request: Request) -> tuple[int, float]:
        """Steps and guidance: as asked, else the family's."""
        return (self.steps if request.steps is None else request.steps,
                self.guidance if request.guidance is None else request.guidance)


def build(request: Request, family: Family) -> Bundle:
    """Write the bundle. Raises ExportError for a folder that is no such pipeline, BundleError, StorageError."""
    _, guidance = family.sampling(request)
    if request.form == "pair" and guidance == 1.0:
        raise ExportError("guidance other than 1 for a graph of two clips", "guidance 1 needs but one",
                          "leave --form pair out")
    check_parts(request.folder, {"unet": (family.unet,), **PARTS}, family.title)
    comparisons: dict[str, tuple[Comparison, ...]] = {}
    roles: dict[str, Any] = {}
    with fresh_folder(request.out, _name(request, family)) as folder:
        pipeline = _look_through(request, family, folder)
        sources = _sources(request, family)
        for role, make in _ROLES.items():
            roles[role], found = write_graphs(role, make(pipeline), folder, request.precision)
            comparisons |= found
        bundle = write_manifest(folder, _manifest(request, family, sources, roles))
        if request.step:
            bundle, found = write_step(bundle, request.precision)
            comparisons |= found
        text = card.imported_card(bundle, request.precision, comparisons)
        (folder / "MODEL_CARD.md").write_text(text, "utf-8")
    return open_bundle(request.out)


def _look_through(request: Request, family: Family, out: Path) -> Pipeline:
    """What can be wrong is said before the first tensor is read. Writes the tokenizer into `out`."""
    from diffusers import AutoencoderKL
    from transformers import CLIPTextConfig, CLIPTextModel

    folder = request.folder
    with torch.device("meta"):
        unet = _described(folder / "unet", family.described)
        vae = _described(folder / "vae", AutoencoderKL.from_config)
        text = _described(folder / "text_encoder", lambda told: CLIPTextModel(CLIPTextConfig.from_dict(told)).config)
    words = convert_tokenizer(folder / "tokenizer", out / TOKENIZER)
    _check_fit(unet.config, vae.config, text, words)
    ratio = int(2 ** (len(vae.config.block_out_channels) - 1))
    return Pipeline(request, family, unet, vae, text, noise_schedule(folder / "scheduler" / SCHEDULER), words,
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


def _text_encoder(pipeline: Pipeline) -> Part:
    from transformers import CLIPTextModel

    encoder = CLIPTextModel(pipeline.text)
    # Older transformers keep the network one level down, newer ones have no such level.
    fill(getattr(encoder, "text_model", encoder), pipeline.request.folder / "text_encoder")
    words = pipeline.tokenizer
    return Part((pipeline_networks.text_encoder(encoder, words.length, words.vocabulary),),
                {"tokenizer": {"file": TOKENIZER, "max_tokens": words.length}})


def _denoiser(pipeline: Pipeline) -> Part:
    request, frame, drawing = pipeline.request, pipeline.frame, pipeline.family.denoiser(pipeline)
    channels = pipeline.unet.config.in_channels
    steps, guidance = pipeline.family.sampling(request)
    return Part(drawing.specs, {
        "latent": {"channels": channels, "ratio": pipeline.ratio, "mean": [0.0] * channels,
                   "std": [1.0 / pipeline.vae.config.scaling_factor] * channels},
        "prediction": pipeline.trained.prediction, "schedule": pipeline.trained.schedule, "solver": request.solver,
        "steps": steps, "guidance": guidance, "frames": request.frames, "fps": request.fps,
        "size": [frame.width, frame.height], "domains": dict(drawing.domains),
        "default_domain": drawing.default_domain, "shared_noise": drawing.shared_noise,
        **drawing.more})


def _decoder(pipeline: Pipeline) -> Part:
    vae = fill(copy.deepcopy(pipeline.vae), pipeline.request.folder / "vae")
    specs = [pipeline_networks.decoder(vae, pipeline.frame, pipeline.ratio)]
    if pipeline.request.encoder:
        specs.append(networks.encoder(pipeline_networks.EncoderGraph(vae), pipeline.frame))
    return Part(tuple(specs), {})


# The largest first: what is wrong with it shall not be found last.
_ROLES: Final[Mapping[str, Callable[[Pipeline], Part]]] = {
    "denoiser": _denoiser, "text_encoder": _text_encoder, "decoder": _decoder}


def _sources(request: Request, family: Family) -> list[dict[str, Any]]:
    """Every file the bundle is made of, with its digest. Raises ExportError when one is missing."""
    folder = request.folder
    files = [folder / INDEX, folder / "scheduler" / SCHEDULER, *tokenizer_files(folder / "tokenizer")]
    for part in ("text_encoder", "unet", "vae"):
        files += [folder / part / CONFIG, *tensor_files(folder / part)]
    try:
        whole = [{"name": file.relative_to(folder).as_posix(), "licence": request.licence, "sha256": file_sha256(file),
                  "note": f"From the diffusers folder {_called(folder)}."} for file in files]
        return whole + [{"name": file.name, "licence": family.licence or request.licence, "sha256": file_sha256(file),
                         "note": f"From {_called(file.parent)}, beside the diffusers folder."} for file in family.more]
    except OSError as error:
        raise ExportError(f"a file {error.filename}", f"it cannot be read: {error.strerror}", AGAIN) from error


def _called(folder: Path) -> str:
    """A folder's name; in a download cache, where that is a commit (models--OWNER--NAME/snapshots/COMMIT), the
    model's."""
    place = folder.resolve()
    cached = re.search(r"/models--(?:[^/]+?--)?([^/]+)/snapshots/[0-9a-f]{40}$", place.as_posix())
    return cached[1] if cached else place.name


def _title(request: Request, family: Family) -> str:
    return _called(request.folder) or family.title


def _name(request: Request, family: Family) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", _title(request, family).lower()).lstrip("._-")[:64] or "pipeline"


def _manifest(request: Request, family: Family, sources: list[dict[str, Any]], roles: Mapping[str, Any]
              ) -> dict[str, Any]:
    whole = hashlib.sha256("".join(source["sha256"] for source in sources).encode()).hexdigest()
    return {"name": _name(request, family), "version": whole[:12], "title": _title(request, family), "sources": sources,
            "licence": " and ".join(dict.fromkeys(source["licence"] for source in sources)), "roles": dict(roles)}
