"""`moviefactory make` and `moviefactory render`."""

import argparse
import contextlib
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final, TextIO

from runtime.cli.display import display_for
from runtime.cli.server import server_from_environment
from runtime.errors import UsageError
from runtime.events import Event
from runtime.film import FilmFolder, FilmRequest, film_folder, make, render
from runtime.film.folder import cancelled

_LONGEST_NAME: Final = 60


def run_make(options: argparse.Namespace) -> int:
    """Make a film."""
    if not options.idea and options.script is None:
        raise UsageError("a sentence to make a film of", "none was given",
                         'say what happens, for example: moviefactory make "a race between a car and an airplane"')
    request = FilmRequest(
        idea=options.idea, out=options.out or default_output(options.idea or options.script.stem), folder=options.film,
        scenes=options.scenes, seconds=options.seconds, seed=options.seed, writer=options.writer,
        server=server_from_environment(), script=options.script, models=tuple(options.model), sounds=options.sounds,
        size=options.size, steps=options.steps, backend=options.backend, metadata=not options.no_metadata)
    return _follow(make(request, _copy(options)), film_folder(request), options)


def run_render(options: argparse.Namespace) -> int:
    """Go on with a film."""
    return _follow(render(options.film, options.scene, options.seed, _copy(options)), options.film, options)


def default_output(idea: str) -> Path:
    """A file named after the idea, in the current folder."""
    words = re.findall(r"\w+", idea.casefold())
    name = ""
    for word in words:
        if len(f"{name}-{word}".encode("utf-8", "replace")) > _LONGEST_NAME:
            break
        name = f"{name}-{word}" if name else word
    return Path(f"{name or 'movie'}.mp4")


def _follow(events: Generator[Event, None, None], folder: Path, options: argparse.Namespace) -> int:
    try:
        with display_for(options.quiet, options.events is not None) as display, contextlib.closing(events):
            for event in events:
                display.show(event)
    except KeyboardInterrupt:
        begun = FilmFolder(folder).decisions.exists()
        advice = (cancelled(folder, "").fix,) if begun else ()
        raise KeyboardInterrupt(*advice) from None
    return 0


def _copy(options: argparse.Namespace) -> TextIO | None:
    return sys.stdout if options.events else None
