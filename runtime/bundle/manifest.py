"""`bundle.json` as frozen values. What each field means is said in `bundle.schema.json`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from runtime.backends import TensorSpec

ROLES: Final = ("text_encoder", "denoiser", "decoder", "upscaler", "sounds")
LAYOUT: Final = "layout"
OF_DENOISER: Final = ("step", "shallow", "step_shallow", LAYOUT)
"""The graphs that a denoiser may have beside its own."""
ENCODER: Final = "encoder"
"""The one that a decoder may have."""


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: its path inside, '/' between folders, and what it must hold."""

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class GraphEntry:
    """An ONNX graph, the files beside it that hold its weights, and its interface.

    `exact` forbids computing in less precision than the graph says.
    """

    file: FileEntry
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    data: tuple[FileEntry, ...] = ()
    exact: bool = False


@dataclass(frozen=True)
class Source:
    """Something the bundle was made from."""

    name: str
    licence: str
    note: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class TextEncoder:
    """tokens, mask (B,N) int64 -> context (B,N,D), and embedding (B,E) where sentences have a space of their own.

    The tokenizer is a `tokenizers` JSON file.
    """

    graph: GraphEntry
    tokenizer: FileEntry
    max_tokens: int

    @property
    def embeds(self) -> bool:
        """Whether there is an embedding to find sounds by."""
        return any(spec.name == "embedding" for spec in self.graph.outputs)


@dataclass(frozen=True)
class Latent:
    """The denoiser's space: `ratio` pixels along a cell's side; decode latents * std + mean, per channel."""

    channels: int
    ratio: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class FlowSchedule:
    """Rectified flow: time t in (0, 1], shifted to shift * t / (1 + (shift - 1) * t) (Esser et al. 2024, eq. 23)."""

    shift: float


@dataclass(frozen=True)
class ScaledLinearSchedule:
    """Betas linear in their square roots over `steps` training steps (Rombach et al. 2022)."""

    beta_start: float
    beta_end: float
    steps: int
    zero_terminal_snr: bool = False


@dataclass(frozen=True)
class Denoiser:
    """latents (B,C,T,h,w), time (B), context (B,N,D), domain (B) -> prediction, and how to sample with it.

    `guidance` 1 means it is folded in; `size` is (width, height) of a decoded frame; `domains` name -> id;
    `shared_noise` is the share of the noise's variance that all frames of a clip have in common. `layout` plans a clip
    from its text's context and draws the sketch (B,S,T,h,w) that the others then take. `step` is the same denoiser with
    guidance and the solver around it, for GPUs (see `shot.stepper`). With `shallow` and `step_shallow` the whole
    denoiser runs in every `refresh`-th step only. `subjects` is what it was taught to draw, each with the nouns of its
    captions; empty where that is everything.
    """

    graph: GraphEntry
    latent: Latent
    prediction: Literal["flow", "v", "epsilon"]
    schedule: FlowSchedule | ScaledLinearSchedule
    solver: Literal["euler", "ddim", "dpmpp_2m", "lcm"]
    steps: int
    guidance: float
    frames: int
    fps: float
    size: tuple[int, int]
    domains: Mapping[str, int]
    default_domain: str
    shared_noise: float = 0.0
    step: GraphEntry | None = None
    shallow: GraphEntry | None = None
    step_shallow: GraphEntry | None = None
    layout: GraphEntry | None = None
    refresh: int = 1
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def latent_shape(self) -> tuple[int, int, int, int, int]:
        """(B, C, T, h, w) of one scene's latents."""
        (width, height), ratio = self.size, self.latent.ratio
        return 1, self.latent.channels, self.frames, height // ratio, width // ratio

    def parts(self, on_gpu: bool) -> tuple[str, ...]:
        """The graphs that films run: the whole denoiser's, where it rests in some steps the outermost level's, and
        where clips are laid out first the layout's.

        On a GPU the first two are the step graphs, where there are any.
        """
        whole, outermost = ("step", "step_shallow") if on_gpu and self.step is not None else ("graph", "shallow")
        rests = getattr(self, outermost) is not None and self.refresh > 1
        return whole, *((outermost,) if rests else ()), *((LAYOUT,) if self.layout is not None else ())


@dataclass(frozen=True)
class Decoder:
    """latents (B,C,h,w) -> picture: (B,3,H,W) float32 in 0..1, or (B,H,W,3) uint8.

    `encoder` is the way back, picture (1,H,W,3) uint8 -> latents (1,C,h,w); films made of words alone do without.
    """

    graph: GraphEntry
    encoder: GraphEntry | None = None


@dataclass(frozen=True)
class Upscaler:
    """RealBasicVSR cut at its time loops (see the schema); `sizes` are the film sizes (width, height) it offers."""

    clean: GraphEntry
    flow: GraphEntry
    backward: GraphEntry
    forward: GraphEntry
    scale: int
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Sounds:
    """A sound library in `folder`; `files` are all of its files."""

    folder: str
    files: tuple[FileEntry, ...]


Role = TextEncoder | Denoiser | Decoder | Upscaler | Sounds


@dataclass(frozen=True)
class Manifest:
    """All of `bundle.json` that is read. A role the bundle does not fill is None."""

    name: str
    version: str
    title: str
    licence: str
    sources: tuple[Source, ...]
    text_encoder: TextEncoder | None = None
    denoiser: Denoiser | None = None
    decoder: Decoder | None = None
    upscaler: Upscaler | None = None
    sounds: Sounds | None = None


def graphs(role: Role) -> dict[str, GraphEntry]:
    """A role's graphs by part: 'graph' for most, none for sounds."""
    parts = {part.name: getattr(role, part.name) for part in fields(role)}
    return {name: part for name, part in parts.items() if isinstance(part, GraphEntry)}


def needed(role: Role, on_gpu: bool) -> dict[str, GraphEntry]:
    """Those of a role's graphs that films run."""
    found = graphs(role)
    match role:
        case Denoiser():
            return {part: found[part] for part in role.parts(on_gpu)}
        case Decoder():
            return {"graph": role.graph}
        case _:
            return found


def files(role: Role) -> Iterator[FileEntry]:
    """Every file a role lists."""
    for graph in graphs(role).values():
        yield graph.file
        yield from graph.data
    if isinstance(role, TextEncoder):
        yield role.tokenizer
    if isinstance(role, Sounds):
        yield from role.files


def manifest_from(data: Mapping[str, Any]) -> Manifest:
    """The typed form of data that has passed `check`."""
    roles = data["roles"]
    read: dict[str, Any] = {"text_encoder": _text_encoder, "denoiser": _denoiser,
                            "decoder": _decoder,
                            "upscaler": _upscaler, "sounds": _sounds}
    sources = tuple(Source(item["name"], item["licence"], item.get("note", ""), item.get("sha256", ""))
                    for item in data["sources"])
    return Manifest(data["name"], data["version"], data["title"], data["licence"], sources,
                    **{role: read[role](roles[role]) for role in ROLES if role in roles})


def _file(table: Mapping[str, Any]) -> FileEntry:
    return FileEntry(table["file"], table["sha256"], int(table["bytes"]))


def _tensors(table: Mapping[str, Any]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(name, tensor["dtype"],
                            tuple(size if isinstance(size, str) else int(size) for size in tensor["shape"]))
                 for name, tensor in table.items())


def _graph(table: Mapping[str, Any]) -> GraphEntry:
    return GraphEntry(_file(table), _tensors(table["inputs"]), _tensors(table["outputs"]),
                      tuple(map(_file, table.get("data", ()))), table.get("exact", False))


def _text_encoder(table: Mapping[str, Any]) -> TextEncoder:
    tokenizer = table["tokenizer"]
    return TextEncoder(_graph(table["graph"]), _file(tokenizer), int(tokenizer["max_tokens"]))


def _denoiser(table: Mapping[str, Any]) -> Denoiser:
    latent, schedule = table["latent"], table["schedule"]
    return Denoiser(
        graph=_graph(table["graph"]),
        latent=Latent(int(latent["channels"]), int(latent["ratio"]), tuple(map(float, latent["mean"])),
                      tuple(map(float, latent["std"]))),
        prediction=table["prediction"],
        schedule=(FlowSchedule(float(schedule["shift"])) if schedule["kind"] == "flow" else
                  ScaledLinearSchedule(float(schedule["beta_start"]), float(schedule["beta_end"]),
                                       int(schedule["steps"]), schedule.get("zero_terminal_snr", False))),
        solver=table["solver"], steps=int(table["steps"]), guidance=float(table["guidance"]),
        frames=int(table["frames"]), fps=float(table["fps"]), size=_size(table["size"]),
        domains={name: int(number) for name, number in table["domains"].items()},
        default_domain=table["default_domain"], shared_noise=float(table.get("shared_noise", 0.0)),
        refresh=int(table.get("refresh", 1)),
        subjects={name: tuple(nouns) for name, nouns in table.get("subjects", {}).items()},
        **{part: _graph(table[part]) for part in OF_DENOISER if part in table})


def _decoder(table: Mapping[str, Any]) -> Decoder:
    return Decoder(_graph(table["graph"]), _graph(table[ENCODER]) if ENCODER in table else None)


def _upscaler(table: Mapping[str, Any]) -> Upscaler:
    parts = table["graphs"]
    return Upscaler(_graph(parts["clean"]), _graph(parts["flow"]), _graph(parts["backward"]),
                    _graph(parts["forward"]), int(table["scale"]), tuple(map(_size, table["sizes"])))


def _sounds(table: Mapping[str, Any]) -> Sounds:
    return Sounds(table["folder"], tuple(map(_file, table["files"])))


def _size(pair: Any) -> tuple[int, int]:
    return int(pair[0]), int(pair[1])
