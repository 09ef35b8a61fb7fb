"""What `make` is asked for."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from runtime.errors import UsageError
from runtime.story import ScriptServer

Writer = Literal["offline", "openai"]

SCENES: Final = 10
"""How many scenes a film has when nobody says."""

SUFFIX: Final = ".mp4"

DECISIONS: Final = "film.json"
"""The file of a film folder that says what film it holds."""


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """One film. `out` is the file to write; None stands for the default that the comment names.

    `script` is a screenplay file to film instead of writing one. `size` is (width, height) in pixels. `models` are
    bundle folders: each role is played by the first that fills it, by the starter if none does. `metadata` False
    leaves idea, seed and model out of the finished file.
    """

    idea: str
    out: Path
    folder: Path | None = None  # the output's name with .film
    scenes: int | None = None  # 10, or as many as the script has
    seconds: float | None = None  # as long as the model can
    seed: int | None = None  # drawn
    writer: Writer = "offline"
    server: ScriptServer | None = None  # needed by the openai writer
    script: Path | None = None
    models: tuple[Path, ...] = ()
    sounds: Path | None = None  # the bundle's
    size: tuple[int, int] | None = None  # the first that the bundle lists
    steps: int | None = None  # the bundle's
    backend: str = "auto"
    metadata: bool = True


def film_folder(request: FilmRequest) -> Path:
    """The folder the film is made in."""
    # Not with_suffix: a path without a name, such as ".", is for `check_request` to refuse.
    return request.folder or Path(f"{os.path.splitext(request.out)[0]}.film")


def check_request(request: FilmRequest) -> None:
    """Raise UsageError for what can be seen to be wrong without opening anything."""
    if os.path.isdir(request.out):
        raise UsageError("an output file", f"{request.out} is a folder", "add a file name to -o")
    if request.out.suffix.lower() != SUFFIX:
        raise UsageError(f"an output file that ends in {SUFFIX}", f"{request.out.name!r} was given",
                         f"choose another name with -o, such as {request.out.stem or 'movie'}{SUFFIX}")
    if os.path.abspath(film_folder(request)) == os.path.abspath(request.out):
        raise UsageError("a film folder beside the output file", f"both are {request.out}", "choose another --film")
    if os.path.lexists(request.out) and not os.path.exists(film_folder(request) / DECISIONS):
        raise UsageError("a new file to write the film to", f"{request.out} is there already and of no film in "
                         f"{film_folder(request)}", "choose another -o, or move that file away")
    if request.seed is not None and not 0 <= request.seed < 2**63:
        raise UsageError("a seed from 0 to 2^63-1", f"{request.seed} was given", "choose another --seed")
    if request.writer not in ("offline", "openai"):
        raise UsageError("the writer offline or openai", f"{request.writer!r} was asked for", "choose one of these")
    if request.writer == "openai" and request.server is None and request.script is None:
        raise UsageError("the address of a script server for --writer openai", "none is configured",
                         "set OPENAI_BASE_URL (for Ollama http://localhost:11434/v1) and OPENAI_MODEL, or leave "
                         "--writer away")
    if request.script is not None and (request.scenes is not None or request.seconds is not None):
        raise UsageError("the number and length of scenes from the script", "--scenes or --seconds was given too",
                         f"leave them away, or change them in {request.script}")
    if request.steps is not None and request.steps < 1:
        raise UsageError("1 step or more", f"{request.steps} were asked for", "choose another --steps")
