"""The finished film: clips and sound joined, tagged, and put where the user wants it."""

import errno
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

from runtime import __version__
from runtime.events import Event, StageStarted, Step
from runtime.film.decisions import Film
from runtime.film.setup import Setup, model_names
from runtime.film.shots import SceneParts
from runtime.film.store import Artefact, Store
from runtime.media.audio import decode
from runtime.media.files import check_writable, replacing, writing
from runtime.media.join import JoinSettings, join


def tags(film: Film, setup: Setup) -> dict[str, str]:
    """What the finished file says about itself; nothing when the user wants it so."""
    if not film.settings.metadata:
        return {}
    comment = (f"AI-generated with MovieFactory {__version__}. Idea: “{film.idea}”. Seed: {film.seed}. "
               f"Model: {model_names(setup.line_up)}.")
    return {"title": film.screenplay.title, "comment": comment, "encoder": f"MovieFactory {__version__}"}


def finish(film: Film, setup: Setup, sources: tuple[Sequence[SceneParts], Artefact], store: Store,
           out: Path) -> Generator[Event, None, None]:
    """Join clips and mix (`sources`) into `out` unless just that film is there. Raises StorageError."""
    scenes, sound = sources
    metadata = tags(film, setup)
    part = Artefact("film", {"clips": [parts.clip.key for parts in scenes], "mix": sound.key, "tags": metadata})
    if store.matches(part, out):
        return
    if not store.has(part):
        yield StageStarted(stage="join")
        samples = decode(store.path(sound))
        clips = [store.path(parts.clip) for parts in scenes]
        for done in join(clips, [samples], store.prepare(part), JoinSettings(metadata=metadata)):
            yield Step(stage="join", done=done, total=len(clips))
        store.keep(part, {})
    _deliver(store.path(part), out)


def check_output(out: Path) -> None:
    """Raise StorageError now, not after the rendering, when nothing can be written where the film is to go."""
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    check_writable(out)


def _deliver(made: Path, out: Path) -> None:
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.replace(out)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with replacing(out) as draft:
                shutil.copyfile(made, draft)
            made.unlink()
