"""Which screenplay a film is made from: written for the request, or read from a file."""

import secrets
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime import screenplay as scripts
from runtime.bundle import LineUp
from runtime.errors import ScriptError
from runtime.events import Event, Notice, StageStarted
from runtime.film.decisions import Asked, Film, Settings, script_digest
from runtime.film.request import SCENES, FilmRequest
from runtime.film.setup import Setup, check_screenplay
from runtime.screenplay import Screenplay
from runtime.story import host, warning, write_offline, write_with_server
from runtime.story.request import check

_MOST_BYTES: Final = 16 << 20


@dataclass(frozen=True)
class Wanted:
    """A request as `film.json` keeps it; `screenplay` is the script file's, None when one is to be written."""

    idea: str
    asked: Asked
    settings: Settings
    screenplay: Screenplay | None


def wanted(request: FilmRequest) -> Wanted:
    """Read the request. Raises ScriptError or UsageError for an idea, script or length that cannot be filmed."""
    screenplay = None if request.script is None else read_script(request.script)
    idea = request.idea
    if screenplay is not None:
        idea = idea if idea.strip() else screenplay.idea or screenplay.title
        asked = Asked(writer=request.writer, script=script_digest(screenplay))
    else:
        asked = Asked(scenes=SCENES if request.scenes is None else request.scenes, seconds=request.seconds,
                      writer=request.writer)
    check(idea, asked.scenes or len(screenplay.scenes if screenplay else ()), _some(request.seconds))
    settings = Settings(size=request.size, steps=request.steps, backend=request.backend, metadata=request.metadata,
                        sounds=None if request.sounds is None else str(request.sounds.resolve()))
    return Wanted(idea, asked, settings, screenplay)


def written(request: FilmRequest, plan: Wanted, setup: Setup, output: str) -> Generator[Event, None, Film]:
    """Write the screenplay, or take the one that came, and decide the seed. Says the host before anything is sent."""
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    screenplay = plan.screenplay
    if screenplay is None:
        yield StageStarted(stage="script")
        scenes = plan.asked.scenes or SCENES
        seconds = setup.most_seconds if plan.asked.seconds is None else plan.asked.seconds
        if request.writer == "openai" and request.server is not None:
            yield Notice(code="script-server", message=f"the idea is sent to {host(request.server)}, nothing else "
                                                       "leaves this machine")
            screenplay = write_with_server(plan.idea, scenes, seconds, seed, request.server)
        else:
            screenplay = write_offline(plan.idea, scenes, seconds, seed)
    check_screenplay(screenplay, setup)
    title = setup.line_up.bundle("denoiser").manifest.title
    if unknown := warning(screenplay, setup.line_up.denoiser.subjects, title):
        yield Notice(code="not-taught", message=unknown)
    return Film(idea=plan.idea, seed=seed, output=output, screenplay=screenplay, line_up=setup.line_up.to_dict(),
                asked=plan.asked, settings=plan.settings)


def differences(film: Film, request: FilmRequest, plan: Wanted, line_up: LineUp) -> list[str]:
    """What is decided otherwise in `film` than the request would have it, in words; empty when it is the same.

    Backend, tags and output file are not compared: they change nothing that is drawn.
    """
    other = [] if film.idea == plan.idea else [f"the idea {_short(film.idea)!r}"]
    if request.seed is not None and film.seed != request.seed:
        other.append(f"--seed {film.seed}")
    names = {"scenes": (film.asked.scenes, plan.asked.scenes), "seconds": (film.asked.seconds, plan.asked.seconds),
             "writer": (film.asked.writer, plan.asked.writer), "size": (film.settings.size, plan.settings.size),
             "steps": (film.settings.steps, plan.settings.steps),
             "sounds": (film.settings.sounds, plan.settings.sounds)}
    for name, (has, asks) in names.items():
        if has != asks:
            shown = "x".join(map(str, has)) if isinstance(has, tuple) else has
            other.append(f"no --{name}" if has is None else f"--{name} {shown}")
    if film.asked.script != plan.asked.script:
        other.append("another script")
    if _places(film.line_up) != _places(line_up.to_dict()):
        other.append("another --model")
    return other


def read_script(path: Path) -> Screenplay:
    """Read a screenplay file. Raises ScriptError."""
    fix = "name a file that `moviefactory script` wrote"
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ScriptError(f"a screenplay in {path}", f"it cannot be read: {error.strerror or error}", fix) from error
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path} to be a screenplay", "it is not UTF-8 text", fix) from error
    if len(raw) > _MOST_BYTES:
        raise ScriptError(f"{path} to be a screenplay", f"it is larger than {_MOST_BYTES >> 20} MiB", fix)
    return scripts.from_json(text, str(path))


def _some(seconds: float | None) -> float:
    return 1.0 if seconds is None else seconds


def _places(line_up: object) -> dict[str, object]:
    if not isinstance(line_up, dict):
        return {}
    return {role: entry.get("bundle") if isinstance(entry, dict) else None for role, entry in line_up.items()}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
