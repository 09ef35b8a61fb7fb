"""What a film's settings come to with the models at hand, checked before anything is rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from runtime.bundle import ROLES, Bundle, LineUp, ScaledLinearSchedule, has_starter, open_bundle
from runtime.errors import ScriptError, UsageError
from runtime.film.decisions import Settings
from runtime.screenplay import Screenplay
from runtime.shot import solvers
from runtime.shot.schedule import Schedule
from runtime.sound.library import Library, open_library

_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Setup:
    """`size` is the film's (width, height), `table` the solver's, `library` the sounds."""

    line_up: LineUp
    size: tuple[int, int]
    table: solvers.SolverTable
    fps: Fraction
    library: Library

    @property
    def most_seconds(self) -> float:
        """The longest scene the denoiser draws."""
        return self.line_up.denoiser.frames / float(self.fps)

    def frames(self, seconds: float) -> int:
        """How many frames a scene of `seconds` has."""
        return max(1, round(seconds * self.fps))


def line_up_for(models: Sequence[Path], with_sounds: bool = True) -> LineUp:
    """Every role from the first of the bundles that fills it, else from the embedded starter.

    `with_sounds` False says that the sounds come from elsewhere. A film can do without an upscaler: it is then as large
    as what the denoiser draws. Raises BundleError for a bundle that cannot be used, and when the starter is needed and
    this installation has none.
    """
    bundles = [open_bundle(path) for path in models]
    needed = set(ROLES) - (set() if with_sounds else {"sounds"})
    missing = needed - {role for bundle in bundles for role in bundle.roles}
    if not missing or (missing == {"upscaler"} and not has_starter()):
        return LineUp.of(*bundles)
    return LineUp.with_starter(*bundles)


def set_up(settings: Settings, line_up: LineUp) -> Setup:
    """Settings and models together. Raises UsageError for what the models cannot do, SoundError, BundleError."""
    denoiser = line_up.denoiser
    return Setup(line_up, _size(settings, line_up), solver_table(settings, line_up),
                 Fraction(denoiser.fps).limit_denominator(1001), _library(settings, line_up))


def check_seconds(seconds: float, setup: Setup) -> None:
    """Raise UsageError when the denoiser cannot draw a scene that long."""
    if seconds > setup.most_seconds + _ROUNDING:
        raise UsageError(_limit(setup), f"{seconds:g} were asked for",
                         f"ask for --seconds {setup.most_seconds:g} or less, and for more scenes")


def check_screenplay(screenplay: Screenplay, setup: Setup) -> None:
    """Raise ScriptError when a scene is longer than the denoiser can draw."""
    for number, scene in enumerate(screenplay.scenes, 1):
        if scene.seconds > setup.most_seconds + _ROUNDING:
            raise ScriptError(_limit(setup), f"scene {number} lasts {scene.seconds:g}",
                              "shorten the scene, or split it in two")


def solver_table(settings: Settings, line_up: LineUp) -> solvers.SolverTable:
    """The denoiser's solver for the steps of `settings`, else the bundle's. Raises UsageError, BundleError."""
    denoiser = line_up.denoiser
    kind = denoiser.schedule
    if isinstance(kind, ScaledLinearSchedule):
        schedule = Schedule(kind="scaled_linear", train_steps=kind.steps, beta_start=kind.beta_start,
                            beta_end=kind.beta_end, zero_terminal_snr=kind.zero_terminal_snr)
    else:
        schedule = Schedule(kind="flow", shift=kind.shift)
    return solvers.table(denoiser.solver, schedule, denoiser.prediction,
                         denoiser.steps if settings.steps is None else settings.steps)


def _limit(setup: Setup) -> str:
    return (f"scenes of at most {setup.most_seconds:g} s, this model's limit "
            f"({setup.line_up.denoiser.frames} frames, {float(setup.fps):g} a second)")


def _size(settings: Settings, line_up: LineUp) -> tuple[int, int]:
    sizes = line_up.upscaler.sizes if "upscaler" in line_up.bundles else (line_up.denoiser.size,)
    if settings.size is None:
        return sizes[0]
    if settings.size not in sizes:
        width, height = settings.size
        raise UsageError("a size this model offers: " + ", ".join(f"{w}x{h}" for w, h in sizes),
                         f"{width}x{height} was asked for", "choose one of these with --size")
    return settings.size


def sound_library(models: Sequence[Path], sounds: Path | None) -> Library:
    """The sounds in a folder, or those of the line-up. Raises SoundError or BundleError."""
    return open_library(sounds) if sounds is not None else _bundle_sounds(line_up_for(models))


def _library(settings: Settings, line_up: LineUp) -> Library:
    return open_library(Path(settings.sounds)) if settings.sounds is not None else _bundle_sounds(line_up)


def _bundle_sounds(line_up: LineUp) -> Library:
    bundle = line_up.bundle("sounds")
    for entry in line_up.sounds.files:
        bundle.check(entry)
    return open_library(bundle.path(line_up.sounds.folder))


def model_names(line_up: LineUp) -> str:
    """The bundles of a line-up for people and for a film's tags, each with the digest of its manifest."""
    bundles: dict[str, Bundle] = {bundle.digest: bundle for bundle in line_up.bundles.values()}
    return ", ".join(f"{bundle.manifest.name} {bundle.manifest.version} ({digest})"
                     for digest, bundle in bundles.items())
