"""Which bundle plays which role in a film."""

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from runtime.backends import TensorSpec
from runtime.bundle import manifest
from runtime.bundle.folder import MANIFEST, Bundle, open_bundle
from runtime.bundle.manifest import ROLES, Decoder, Denoiser, Sounds, TextEncoder, Upscaler
from runtime.errors import BundleError

T = TypeVar("T")

SKETCH: Final = "sketch"

STARTER: Final = "starter"
"""How a line-up on disk names the embedded bundle, wherever the program is installed."""


def starter_folder() -> Path:
    """Where the embedded starter bundle lies."""
    return Path(str(importlib.resources.files("runtime") / "starter"))


def has_starter() -> bool:
    """Whether this installation has the embedded bundle."""
    return (starter_folder() / MANIFEST).is_file()


def find(path: Path | None = None) -> Bundle:
    """The bundle at `path`, or the embedded starter. Raises BundleError when there is none or it cannot be used."""
    if path is not None:
        return open_bundle(path)
    if not has_starter():
        raise BundleError("the starter bundle", f"it is missing from this installation ({starter_folder()})",
                          "install MovieFactory again, or name a model bundle with --model")
    return open_bundle(starter_folder())


@dataclass(frozen=True)
class LineUp:
    """One bundle per role. Make one with `of` or `with_starter`, which also check that the parts fit together."""

    bundles: Mapping[str, Bundle]

    @classmethod
    def of(cls, *bundles: Bundle) -> Self:
        """Every role from the first bundle that fills it. Raises BundleError when two parts do not fit."""
        line_up = cls(_first(*bundles))
        _check_fit(line_up)
        return line_up

    @classmethod
    def with_starter(cls, *bundles: Bundle) -> Self:
        """`of`, with the embedded starter for the roles nobody else fills.

        Its upscaler is made for frames of one size and left out where the denoiser draws others.
        """
        starter = find()
        chosen = _first(*bundles, starter)
        if "denoiser" in chosen and chosen.get("upscaler") is starter and not _fit(*_frames(cls(chosen))):
            del chosen["upscaler"]
        line_up = cls(chosen)
        _check_fit(line_up)
        return line_up

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read `to_dict`'s form and open its bundles; `changes` says what is no longer as it was.

        Raises BundleError for a role or entry this version does not know and for a bundle that cannot be opened.
        """
        opened: dict[str, Bundle] = {}
        chosen: dict[str, Bundle] = {}
        for role, entry in data.items():
            place = entry.get("bundle") if isinstance(entry, Mapping) else None
            if role not in ROLES or not isinstance(place, str) or not place:
                raise BundleError(f"a line-up to name the bundle of each role ({', '.join(ROLES)})",
                                  f"'{role}' does not", "correct the line-up in film.json")
            if place not in opened:
                opened[place] = find(None if place == STARTER else Path(place))
            opened[place].role(role)
            chosen[role] = opened[place]
        line_up = cls(chosen)
        _check_fit(line_up)
        return line_up

    def to_dict(self) -> dict[str, dict[str, str]]:
        """The form for `film.json`: role -> {bundle: its folder or 'starter', digest: of the role's part}."""
        home = starter_folder().resolve()
        return {role: {"bundle": STARTER if bundle.folder == home else str(bundle.folder),
                       "digest": bundle.digests[role]} for role, bundle in self.bundles.items()}

    def changes(self, data: Mapping[str, Any]) -> dict[str, str]:
        """role -> one line, for each role whose part is not the one that `to_dict` once wrote into `data`."""
        lines: dict[str, str] = {}
        for role, entry in data.items():
            then = entry.get("digest", "") if isinstance(entry, Mapping) else ""
            bundle = self.bundles.get(role)
            now = bundle.digests[role] if bundle else ""
            if then != now:
                lines[role] = (f"the {role} is not the one this film was made with: {str(then)[:12] or 'none'} then, "
                               f"{now[:12] or 'none'} now{f' in {bundle.folder}' if bundle else ''}")
        return lines

    def bundle(self, role: str) -> Bundle:
        """The bundle that plays `role`. Raises BundleError when none does."""
        if role not in self.bundles:
            raise BundleError(f"a bundle that fills the role {role}", "none of those chosen does",
                              "add one with --model PATH")
        return self.bundles[role]

    def graphs(self, on_gpu: bool) -> Iterator[tuple[str, Path, bool]]:
        """Role and file of every graph that films need, compared with its digest, and whether it is `exact`.

        On a GPU a denoiser's step graph, where it has one, stands for the denoiser. Raises BundleError at the first
        that is not whole.
        """
        for role, bundle in self.bundles.items():
            for graph in manifest.needed(bundle.role(role), on_gpu).values():
                yield role, bundle.check_graph(graph), graph.exact

    def digests(self) -> dict[str, str]:
        """role -> digest of its part: what an artefact made with it depends on."""
        return {role: bundle.digests[role] for role, bundle in self.bundles.items()}

    @property
    def text_encoder(self) -> TextEncoder:
        """The text encoder. This and the next four raise BundleError when no bundle fills the role."""
        return self._part("text_encoder", TextEncoder)

    @property
    def denoiser(self) -> Denoiser:
        """The denoiser."""
        return self._part("denoiser", Denoiser)

    @property
    def decoder(self) -> Decoder:
        """The decoder."""
        return self._part("decoder", Decoder)

    @property
    def upscaler(self) -> Upscaler:
        """The upscaler."""
        return self._part("upscaler", Upscaler)

    @property
    def sounds(self) -> Sounds:
        """The sounds."""
        return self._part("sounds", Sounds)

    def _part(self, role: str, kind: type[T]) -> T:
        part = self.bundle(role).role(role)
        assert isinstance(part, kind)  # the role's name decides its type
        return part


def _check_fit(line_up: LineUp) -> None:
    """What one role gives must be what the next takes; free axes fit anything."""
    roles = line_up.bundles.keys()
    if "denoiser" in roles:
        _check_sketch(line_up.denoiser)
    if {"text_encoder", "denoiser"} <= roles:
        _join("text encoder's context", _shape(line_up.text_encoder.graph.outputs, "context")[1:],
              "denoiser's context", _shape(line_up.denoiser.graph.inputs, "context")[-2:])
    if {"denoiser", "decoder"} <= roles:
        channels, _, *cells = _shape(line_up.denoiser.graph.inputs, "latents")[1:]
        _join("denoiser's latents", (channels, *cells),
              "decoder's latents", _shape(line_up.decoder.graph.inputs, "latents")[1:])
    if {"denoiser", "upscaler"} <= roles:
        drawn, taken = _frames(line_up)
        _join("denoiser's frames", drawn, "upscaler's frames", taken)


def _check_sketch(denoiser: Denoiser) -> None:
    """A denoiser that takes a sketch of a layout has a graph that draws it; nothing else could."""
    taken = [spec.shape for spec in denoiser.graph.inputs if spec.name == SKETCH]
    drawn = [] if denoiser.layout is None else [_shape(denoiser.layout.outputs, SKETCH)]
    for name, there, other in (("takes", taken, drawn), ("draws", drawn, taken)):
        if there and not other:
            raise BundleError("a denoiser that takes a sketch, and a graph of its layout that draws one",
                              f"one of them {name} {there[0]}, the other does not", "export the bundle again")
    for given, shape in zip(drawn, taken, strict=True):
        _join("layout's sketch", given[1:], "denoiser's sketch", shape[1:])


def _first(*bundles: Bundle) -> dict[str, Bundle]:
    """Each role's first bundle."""
    return {role: next(bundle for bundle in bundles if role in bundle.roles)
            for role in ROLES if any(role in bundle.roles for bundle in bundles)}


def _frames(line_up: LineUp) -> tuple[tuple[int | str, ...], tuple[int | str, ...]]:
    """(height, width) of what the denoiser draws and of what the upscaler takes."""
    width, height = line_up.denoiser.size
    return (height, width), _shape(line_up.upscaler.clean.inputs, "frame")[2:]


def _shape(specs: tuple[TensorSpec, ...], name: str) -> tuple[int | str, ...]:
    return next(spec.shape for spec in specs if spec.name == name)


def _join(giver: str, given: tuple[int | str, ...], taker: str, taken: tuple[int | str, ...]) -> None:
    if not _fit(given, taken):
        raise BundleError(f"the {giver} to fit the {taker} {taken}", f"it is {given}",
                          "choose bundles made for each other")


def _fit(given: tuple[int | str, ...], taken: tuple[int | str, ...]) -> bool:
    """Whether two shapes agree; free axes fit anything."""
    sizes = zip(given, taken, strict=False)
    return len(given) == len(taken) and all(isinstance(a, str) or isinstance(b, str) or a == b for a, b in sizes)
