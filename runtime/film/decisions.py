"""`film.json`: what people decide about a film, and nothing that can be made again.

It is meant to be read and edited: change a scene's prompt and run `moviefactory render`. Fields this version does not
know are kept and written back. null stands for "whatever the model says".
"""

import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from runtime import screenplay as scripts
from runtime.errors import FilmFolderError, ScriptError
from runtime.film.store import read_text, write_text
from runtime.screenplay import Scene, Screenplay
from runtime.sound import cues
from runtime.sound.cues import Overrides

T = TypeVar("T")

VERSION: Final = 1

_REPAIR: Final = "correct it, or make the film anew in another folder"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the screenplay was made from, to know the same request again; `script` is a screenplay file's digest."""

    scenes: int | None = None
    seconds: float | None = None
    writer: str = "offline"
    script: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the film is made: output size (width, height), denoising steps, folder of sounds, backend, tags or none."""

    size: tuple[int, int] | None = None
    steps: int | None = None
    sounds: str | None = None
    backend: str = "auto"
    metadata: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Film:
    """All decisions. `output` is relative to the film folder; `line_up` is `LineUp.to_dict`'s form."""

    idea: str
    seed: int
    output: str
    screenplay: Screenplay
    line_up: Mapping[str, Any]
    asked: Asked = Asked()
    settings: Settings = Settings()
    cues: Overrides = field(default_factory=Overrides)
    extra: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> Film:
    """Read `film.json`. Raises FilmFolderError or ScriptError naming what is wrong, StorageError."""
    text = read_text(path, _REPAIR)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FilmFolderError(f"{path} to be JSON", f"line {error.lineno} is not: {error.msg}",
                              "correct that line") from error
    except (ValueError, RecursionError) as error:
        raise FilmFolderError(f"{path} to be JSON", f"it is not: {str(error)[:80]}", _REPAIR) from error
    top = _Fields(data, str(path), "")
    version = top.get("version", int, 0)
    if version != VERSION:
        raise FilmFolderError(f"{path} to have version {VERSION}", f"it has version {version}",
                              "open the film with the MovieFactory that wrote it")
    asked, settings = _Fields(top.get("request", dict, {}), str(path), "request."), \
        _Fields(top.get("settings", dict, {}), str(path), "settings.")
    screenplay = scripts.from_dict(top.get("screenplay", dict, None), f"the screenplay in {path}")
    seed = top.need("seed", int)
    if not 0 <= seed < 2**63:
        raise top.wrong("seed", "a whole number from 0 to 2^63-1", str(seed))
    return Film(
        idea=top.get("idea", str, ""), seed=seed, output=top.need("output", str), screenplay=screenplay,
        line_up=top.need("line_up", dict),
        asked=Asked(scenes=asked.get("scenes", int, None), seconds=asked.get("seconds", float, None),
                    writer=asked.get("writer", str, "offline"), script=asked.get("script", str, None),
                    extra=asked.rest()),
        settings=Settings(size=settings.size("size"), steps=settings.get("steps", int, None),
                          sounds=settings.get("sounds", str, None), backend=settings.get("backend", str, "auto"),
                          metadata=settings.get("metadata", bool, True), extra=settings.rest()),
        cues=cues.overrides_from_dict(top.get("cues", dict, {}), f"the cue edits in {path}"), extra=top.rest())


def save(film: Film, path: Path) -> None:
    """Write `film.json` whole or not at all. Raises StorageError."""
    data = {"version": VERSION, "idea": film.idea, "seed": film.seed, "output": film.output,
            "request": _plain(film.asked), "settings": _plain(film.settings), "line_up": dict(film.line_up),
            "screenplay": scripts.to_dict(film.screenplay), "cues": cues.overrides_to_dict(film.cues), **film.extra}
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def script_digest(screenplay: Screenplay) -> str:
    """By which the same script is known again."""
    text = json.dumps(scripts.to_dict(screenplay), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def scene_seed(seed: int, number: int) -> int:
    """The seed of scene `number` (from 1) of a film with `seed`, where the screenplay gives none."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:8]) >> 1


def with_seeds(film: Film) -> Film:
    """Every scene with a seed of its own, so that scenes can be moved, added and removed without changing others."""
    scenes = tuple(scene if scene.seed is not None else dataclasses.replace(scene, seed=scene_seed(film.seed, number))
                   for number, scene in enumerate(film.screenplay.scenes, 1))
    return dataclasses.replace(film, screenplay=dataclasses.replace(film.screenplay, scenes=scenes))


def takes(scene: Scene) -> tuple[int, ...]:
    """The seeds of a scene's takes, oldest first, the chosen one (`scene.seed`) among them."""
    listed = scene.extra.get("takes", [])
    if not isinstance(listed, list) or not all(type(seed) is int and 0 <= seed < 2**63 for seed in listed):
        raise ScriptError("takes to be a list of seeds, whole numbers from 0 to 2^63-1", f"{listed!r:.60} came",
                          "correct the scene in film.json")
    seeds = tuple(dict.fromkeys(listed))
    return seeds if scene.seed is None or scene.seed in seeds else (*seeds, scene.seed)


def with_take(film: Film, number: int, seed: int) -> Film:
    """Choose the take with `seed` for scene `number` (from 1); a new one is added to its takes."""
    scene = film.screenplay.scenes[number - 1]
    seeds = takes(scene)
    seeds = seeds if seed in seeds else (*seeds, seed)
    chosen = dataclasses.replace(scene, seed=seed, extra={**scene.extra, "takes": list(seeds)})
    scenes = (*film.screenplay.scenes[:number - 1], chosen, *film.screenplay.scenes[number:])
    return dataclasses.replace(film, screenplay=dataclasses.replace(film.screenplay, scenes=scenes))


def relative(out: Path, folder: Path) -> str:
    """`out` as it is written in the film folder's decisions, so that both can be moved together."""
    try:
        return Path(os.path.relpath(out.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(out.resolve())


def output(film: Film, folder: Path) -> Path:
    """Where the finished film goes."""
    return Path(os.path.normpath(folder.resolve() / film.output))


def _plain(part: Asked | Settings) -> dict[str, Any]:
    table = {item.name: getattr(part, item.name) for item in dataclasses.fields(part) if item.name != "extra"}
    return {**{name: list(value) if isinstance(value, tuple) else value for name, value in table.items()}, **part.extra}


class _Fields:
    """One JSON object being read: each field by name and type; what nobody asked for is kept."""

    def __init__(self, data: object, source: str, where: str) -> None:
        self._source, self._where = source, where
        if not isinstance(data, dict):
            raise FilmFolderError(f"{where.rstrip('.') or source} to be a JSON object", "something else came", _REPAIR)
        self._data: dict[str, Any] = data
        self._read: set[str] = set()

    def get(self, name: str, kind: type[T], default: Any) -> Any:
        """Field `name`, or `default` when it is absent or null."""
        self._read.add(name)
        value = self._data.get(name)
        if value is None:
            return default
        whole = isinstance(value, int) and not isinstance(value, bool)
        if kind is float and whole and abs(value) < 2**53:
            return float(value)
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not fits or (isinstance(value, float) and not math.isfinite(value)):
            names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "an object"}
            raise self.wrong(name, names.get(kind, kind.__name__), f"{value!r:.60}")
        return value

    def need(self, name: str, kind: type[T]) -> Any:
        """Field `name`, which must be there."""
        value = self.get(name, kind, None)
        if value is None:
            raise FilmFolderError(f"{self._where}{name} in {self._source}", "it is missing", _REPAIR)
        return value

    def size(self, name: str) -> tuple[int, int] | None:
        """A pair of whole numbers above 0, or None."""
        pair = self._data.get(name)
        self._read.add(name)
        if pair is None:
            return None
        if not isinstance(pair, list) or len(pair) != 2 or not all(type(side) is int and side > 0 for side in pair):
            raise self.wrong(name, "[width, height]", f"{pair!r:.60}")
        return pair[0], pair[1]

    def rest(self) -> dict[str, Any]:
        """The fields nobody asked for."""
        return {name: value for name, value in self._data.items() if name not in self._read}

    def wrong(self, name: str, expected: str, got: str) -> FilmFolderError:
        """The error for field `name`."""
        return FilmFolderError(f"{self._where}{name} in {self._source} to be {expected}", f"it is {got}", "correct it")
