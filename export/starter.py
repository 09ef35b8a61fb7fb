"""The starter bundle: from the weights of the finished stages to graphs, manifest and model card."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from export import card, networks
from export.compare import Comparison
from export.errors import ExportError
from export.inserted import fill_all, fill_one, inserted, stage
from export.networks import Frame
from export.parts import Part, write_graphs, write_step
from export.replacing import check_roles, fresh_folder
from export.spec import Form, Precision
from runtime.bundle import STARTER, Bundle, open_bundle, write_manifest
from training.models import weights
from training.models.autoencoder import Autoencoder, AutoencoderConfig
from training.models.denoiser import Denoiser, DenoiserConfig
from training.models.text_encoder import NAME, WEIGHTS, TextConfig, TextEncoder
from training.models.upscaler import SCALE, Upscaler, UpscalerConfig

DOMAINS: Final = {"watermarked": 0, "clean": 1}
FPS: Final = 8
TEACHER_STEPS: Final = 20
"""Steps of a denoiser that has not been distilled."""
TOKENIZER: Final = "tokenizer.json"
SOUNDS: Final = "sounds"


@dataclass(frozen=True)
class Request:
    """Where the weights are, where the bundle goes, how weights are stored, and the size of a decoded frame.

    `quality` is what `benchmarks.quality` wrote, for the model card; `step` adds a step graph, `encoder` one from
    pictures to latents, `form` is the denoiser's (see `networks.Form`).
    """

    weights: Path
    out: Path
    precision: Precision = "int8"
    frame: Frame = Frame()  # noqa: RUF009 - frozen
    quality: Path = Path("docs/quality.json")
    step: bool = False
    encoder: bool = False
    form: Form = "clip"


@dataclass(frozen=True)
class Built:
    """The bundle, why roles were left out, and how close each graph came."""

    bundle: Bundle
    left_out: Mapping[str, str]
    comparisons: Mapping[str, tuple[Comparison, ...]]


def build(request: Request) -> Built:
    """Export what has been trained into `request.out` and write its manifest and model card.

    Roles whose weights are not there yet are left out. Raises ExportError when a graph does not compute what its
    network does, nothing has been trained, or the bundle before fills more roles, BundleError when the result is no
    bundle, and StorageError. The bundle before, if there was one, then stays as it was.
    """
    with fresh_folder(request.out, STARTER, keep=SOUNDS) as draft:
        built = _build(dataclasses.replace(request, out=draft), request.out)
    return dataclasses.replace(built, bundle=open_bundle(request.out))


def _build(request: Request, place: Path) -> Built:
    """As `build`, where the request says; `place` is for messages."""
    parts: dict[str, Part] = {}
    left_out: dict[str, str] = {}
    for role, make in PARTS.items():
        try:
            parts[role] = make(request)
        except FileNotFoundError as error:
            left_out[role] = str(error)
    sounds = {"sounds": {"folder": SOUNDS}} if (request.out / SOUNDS).is_dir() else {}
    if not sounds:
        left_out["sounds"] = f"{place / SOUNDS} is missing: run `python -m training sounds` first"
    if not parts and not sounds:
        raise ExportError(f"finished weights in {request.weights}", "there are none", "train a stage first")
    check_roles(place, [*parts, *sounds])  # said before the first graph is written
    roles: dict[str, Any] = {}
    comparisons: dict[str, tuple[Comparison, ...]] = {}
    for role, part in parts.items():
        roles[role], found = write_graphs(role, part, request.out, request.precision)
        comparisons |= found
    roles |= sounds
    bundle = write_manifest(request.out, _manifest(roles))
    if request.step:
        bundle, found = write_step(bundle, request.precision)
        comparisons |= found
    text = card.model_card(bundle, request.weights, request.precision, left_out, comparisons, request.quality)
    (request.out / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    return Built(bundle, left_out, comparisons)


def assembled(folder: Path) -> tuple[Denoiser, dict[str, Any]]:
    """The denoiser of the finished stages, and how to sample with it.

    Raises FileNotFoundError when stage 0, 1 or 2 is missing, and ExportError as `inserted` and `fill_all` do.
    """
    tensors, _ = stage(folder, "stage0")
    learned, facts = inserted(folder)
    # What distillation was done with, is folded in.
    sampling = {"steps": facts.get("steps", TEACHER_STEPS), "guidance": 1.0 if "steps" in facts else facts["guidance"],
                "shift": facts["shift"], "shared_noise": facts["shared_noise"]}
    model = Denoiser(weights.config(DenoiserConfig, facts))
    return fill_all(model, {**{f"unet.{name}": value for name, value in tensors.items()}, **learned}, folder), sampling


def _text_encoder(request: Request) -> Part:
    encoder = _reader(request.weights)
    shutil.copyfile(request.weights / TOKENIZER, request.out / TOKENIZER)
    return Part((networks.text_encoder(encoder),),
                {"tokenizer": {"file": TOKENIZER, "max_tokens": encoder.config.tokens}})


def _denoiser(request: Request) -> Part:
    model, sampling = assembled(request.weights)
    _, vae = stage(request.weights, "vae", "config")
    _, pictures = stage(request.weights, "stage1")
    encoder = _reader(request.weights)
    ratio, channels = weights.config(AutoencoderConfig, vae).ratio, model.config.latent_channels
    drawing = networks.denoiser(model, request.frame.cells(ratio), encoder.config.tokens, request.form)
    return Part(drawing, {
        "latent": {"channels": channels, "ratio": ratio, "mean": [0.0] * channels, "std": [1.0] * channels},
        "prediction": "flow", "schedule": {"kind": "flow", "shift": sampling["shift"]}, "solver": "euler",
        "steps": sampling["steps"], "guidance": sampling["guidance"], "frames": model.config.frames, "fps": FPS,
        "size": list(dataclasses.astuple(request.frame)), "domains": DOMAINS, "default_domain": "clean",
        "shared_noise": sampling["shared_noise"], "subjects": pictures.get("subjects", {}),
        **networks.refreshed(request.form)})


def _reader(folder: Path) -> TextEncoder:
    """The trained text encoder. FileNotFoundError when it, or its tokenizer, is not there."""
    for name in (WEIGHTS, TOKENIZER):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is missing: run `python -m training text` first")
    tensors, facts = stage(folder, NAME, "config")
    return fill_one(TextEncoder(weights.config(TextConfig, facts)), tensors, folder, NAME)


def _decoder(request: Request) -> Part:
    tensors, facts = stage(request.weights, "vae", "config")
    network = fill_one(Autoencoder(weights.config(AutoencoderConfig, facts)), tensors, request.weights, "vae")
    specs = [networks.decoder(network, request.frame)]
    if request.encoder:
        specs.append(networks.encoder(networks.EncoderGraph(network), request.frame))
    return Part(tuple(specs), {})


def _upscaler(request: Request) -> Part:
    tensors, facts = stage(request.weights, "upscaler", "config")
    model = fill_one(Upscaler(weights.config(UpscalerConfig, facts)), tensors, request.weights, "upscaler")
    width, height = dataclasses.astuple(request.frame)
    # Its flows are sought in frames four times smaller, and smooth: rounded to bf16 they take half the time, and the
    # pictures differ by one byte value in places, seldom two (eleven clips of the world: 76 dB apart at least).
    specs = networks.upscaler(model, request.frame, exact_flow=False)
    return Part(specs, {"scale": SCALE, "sizes": [[SCALE * width, SCALE * height], [width, height]]})


PARTS: Final[Mapping[str, Callable[[Request], Part]]] = {
    "text_encoder": _text_encoder, "denoiser": _denoiser, "decoder": _decoder, "upscaler": _upscaler}


def _manifest(roles: Mapping[str, Any]) -> dict[str, Any]:
    drawn = {"name": "MovieFactory film world", "licence": "Apache-2.0",
             "note": "Pictures, films and captions drawn and written by the code in training/world."}
    teacher = {"name": "all-MiniLM-L6-v2", "licence": "Apache-2.0",
               "note": "Teacher of the text encoder; its tokenizer is used as it is."}
    played = {"name": "MovieFactory sounds", "licence": "Apache-2.0",
              "note": "Synthesised by the code in training/sounds."}
    sources = [drawn] if {"denoiser", "decoder", "upscaler"} & roles.keys() else []
    sources += [teacher] if "text_encoder" in roles else []
    sources += [played] if "sounds" in roles else []
    return {"name": STARTER, "version": "1", "title": "MovieFactory starter", "licence": "Apache-2.0",
            "sources": sources, "roles": dict(roles)}
