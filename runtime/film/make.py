"""From a request to a film, and on with one that was begun."""

import dataclasses
import secrets
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from runtime.backends import resolve
from runtime.bundle import ROLES, Engines, LineUp
from runtime.errors import FilmFolderError, MovieFactoryError, UsageError, unforeseen
from runtime.events import Event, FilmDone, FilmStarted, Notice, SceneDone, StageStarted, Step
from runtime.film.decisions import Film, load, output, relative, save, takes, with_seeds, with_take
from runtime.film.finish import check_output, finish
from runtime.film.folder import FilmFolder, cancelled, go_on
from runtime.film.journal import Journal
from runtime.film.memory import within_memory
from runtime.film.request import FilmRequest, check_request, film_folder
from runtime.film.script import Wanted, differences, wanted, written
from runtime.film.setup import Setup, check_screenplay, check_seconds, line_up_for, set_up
from runtime.film.shots import SceneParts, encode_texts, render_scene, scene_parts
from runtime.film.sounds import mix_sound, plan_sound


def make(request: FilmRequest, copy: IO[str] | None = None) -> Generator[Event, None, None]:
    """Make a film, or go on with it when its folder holds the same request. Close the generator to stop.

    Yields the events as they are written to the folder's `events.jsonl`; `copy` gets the same lines for as long as it
    takes them. What stops the film is yielded as Failed and then raised as a MovieFactoryError; what is finished
    stays in the folder.
    """
    return _run(partial(_make, request), copy)


def render(folder: Path, scene: int | None = None, seed: int | None = None,
           copy: IO[str] | None = None) -> Generator[Event, None, None]:
    """Go on with the film in `folder`: make what is missing or changed. Yields and raises as `make` does.

    With `scene` (from 1) that scene gets a new take first, with `seed` or one that is drawn; a seed it had before
    brings that take back.
    """
    return _run(partial(_render, folder, scene, seed), copy)


class _Session:
    """The record of one run and the folder it holds."""

    def __init__(self, copy: IO[str] | None) -> None:
        self.journal = Journal(copy)
        self.folder: FilmFolder | None = None
        self._stack = ExitStack()

    def take(self, folder: FilmFolder) -> FilmFolder:
        """Hold `folder` until the end, and record there from now on."""
        self.folder = self._stack.enter_context(folder)
        self._stack.callback(self.journal.close)
        self.journal.open(folder.events)
        return folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stack.close()


def _run(work: Callable[[_Session], Generator[Event, None, None]],
         copy: IO[str] | None) -> Generator[Event, None, None]:
    """Record and yield what `work` yields, and obey the folder's request files between its steps."""
    with _Session(copy) as session:
        try:
            with closing(work(session)) as events:
                for event in events:
                    yield session.journal.record(event)
                    if session.folder is not None:
                        for waiting in session.folder.obey():
                            yield session.journal.record(waiting)
        except MovieFactoryError as error:
            yield session.journal.failed(error)
            raise
        except (GeneratorExit, KeyboardInterrupt):
            if session.folder is not None:
                session.journal.failed(cancelled(session.folder.path, "it was interrupted"))
            raise
        except Exception as error:
            yield session.journal.failed(unforeseen(error, "please report it; what is finished is kept"))
            raise


def _make(request: FilmRequest, session: _Session) -> Generator[Event, None, None]:
    check_request(request)
    resolve(request.backend)
    asked = wanted(request)
    line_up = line_up_for(request.models, with_sounds=request.sounds is None)
    setup = set_up(asked.settings, line_up)
    if request.seconds is not None:
        check_seconds(request.seconds, setup)
    if asked.screenplay is not None:
        check_screenplay(asked.screenplay, setup)
    folder = session.take(FilmFolder.new(film_folder(request)))
    check_output(request.out)
    if folder.decisions.exists():
        film = _same_again(request, asked, line_up, folder)
    else:
        film = yield from written(request, asked, setup, relative(request.out, folder.path))
    yield from _film(film, setup, folder)


def _render(path: Path, scene: int | None, seed: int | None, session: _Session) -> Generator[Event, None, None]:
    if seed is not None and scene is None:
        raise UsageError("a scene for the seed", "only --seed was given", "add --scene, or leave --seed away")
    if seed is not None and not 0 <= seed < 2**63:
        raise UsageError("a seed from 0 to 2^63-1", f"{seed} was given", "choose another --seed")
    folder = session.take(FilmFolder.existing(path))
    film = with_seeds(load(folder.decisions))
    count = len(film.screenplay.scenes)
    if scene is not None and not 1 <= scene <= count:
        raise UsageError(f"a scene from 1 to {count}", f"scene {scene} was asked for", "choose another --scene")
    resolve(film.settings.backend)
    setup = set_up(film.settings, LineUp.from_dict(film.line_up))
    check_output(output(film, folder.path))
    if scene is not None:
        film = with_take(film, scene, _new_seed(film, scene) if seed is None else seed)
    yield from _film(film, setup, folder)


def _same_again(request: FilmRequest, asked: Wanted, line_up: LineUp, folder: FilmFolder) -> Film:
    """The film the folder holds, if it is the one asked for, with what may change from run to run."""
    film = load(folder.decisions)
    other = differences(film, request, asked, line_up)
    if other:
        raise FilmFolderError(f"{folder.path} to hold this film or none", f"it holds one with {', '.join(other)}",
                              f"go on with that film by `{go_on(folder.path)}`, or choose another "
                              "-o or --film for this one")
    settings = dataclasses.replace(film.settings, backend=request.backend, metadata=request.metadata)
    return dataclasses.replace(film, settings=settings, output=relative(request.out, folder.path))


def _new_seed(film: Film, scene: int) -> int:
    known = takes(film.screenplay.scenes[scene - 1])
    return next(seed for seed in iter(lambda: secrets.randbelow(2**32), None) if seed not in known)


def _film(film: Film, setup: Setup, folder: FilmFolder) -> Generator[Event, None, None]:
    """Make what is missing of `film`, which is `folder`'s."""
    started = time.monotonic()
    check_screenplay(film.screenplay, setup)
    changes = setup.line_up.changes(film.line_up)
    film = with_seeds(dataclasses.replace(film, line_up=setup.line_up.to_dict()))
    if not folder.decisions.exists() or film != load(folder.decisions):
        save(film, folder.decisions)
    scenes = [scene_parts(number, scene, setup) for number, scene in enumerate(film.screenplay.scenes, 1)]
    backend = resolve(film.settings.backend)
    yield FilmStarted(title=film.screenplay.title, scenes=len(scenes), seed=film.seed, folder=str(folder.place),
                      engines={role: backend for role in ROLES if role != "sounds" and role in setup.line_up.bundles})
    if "upscaler" not in setup.line_up.bundles:
        yield Notice(code="no-upscaler", message=f"no upscaler takes what this model draws: the film has "
                                                 f"{setup.size[0]}x{setup.size[1]} pixels")
    for line in changes.values():
        yield Notice(code="model-changed", message=f"{line}; what depends on it is made again")
    with Engines(setup.line_up, backend) as engines:
        yield from _built(engines)
        yield from _said_aloud(_parts(film, setup, scenes, engines, folder), engines)
    sound = yield from mix_sound(film, setup, scenes, folder.store)
    out = output(film, folder.path)
    yield from finish(film, setup, (scenes, sound), folder.store, out)
    seconds = float(sum(parts.count for parts in scenes) / setup.fps)
    yield FilmDone(path=str(out), seconds=seconds, wall_seconds=round(time.monotonic() - started, 3))


def _parts(film: Film, setup: Setup, scenes: Sequence[SceneParts], engines: Engines,
           folder: FilmFolder) -> Generator[Event, None, None]:
    """Everything that needs an engine. The text encoder is gone before the denoiser comes, and the other way round."""
    store = folder.store
    spared = partial(within_memory, setup=setup, engines=engines)
    yield from spared(partial(encode_texts, scenes, setup, engines, store))
    for parts, scene in zip(scenes, film.screenplay.scenes, strict=True):
        cached = store.has(parts.clip)
        if not cached:
            for event in spared(partial(render_scene, parts, setup, engines, folder)):
                yield dataclasses.replace(event, scene=parts.number)
        take = takes(scene).index(parts.seed) + 1
        yield SceneDone(scene=parts.number, path=str(store.path(parts.clip)), take=take, cached=cached)
    engines.release("denoiser", "decoder", "upscaler")
    yield from spared(partial(plan_sound, film, setup, scenes, engines, store))


def _built(engines: Engines) -> Generator[Event, None, None]:
    """Have engines built where the backend needs that, which it says."""
    under_way = ""
    for role, phase in engines.prepare():
        if role != under_way:
            under_way = role
            yield Notice(code="build", message=f"an engine for the {role.replace('_', ' ')} is built, once for this "
                                               "machine; this takes minutes")
            yield StageStarted(stage="build")
        yield Step(stage="build", done=phase.done, total=phase.total)


def _said_aloud(events: Generator[Event, None, None], engines: Engines) -> Generator[Event, None, None]:
    """`events`, and a Notice for each role of what it turns out to run on."""
    said: dict[str, str] = {}
    for event in events:
        yield event
        for role, device in engines.devices().items():
            if said.get(role) != device:
                said[role] = device
                yield Notice(code="device", message=f"the {role.replace('_', ' ')} runs on {device}")
