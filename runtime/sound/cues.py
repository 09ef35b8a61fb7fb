"""The cue sheet: which sound plays when. Made by `plan`, edited by people, read by `mix`.

The automatic sheet is an artefact that can be made again; what a person changes is kept apart as `Overrides` and
applied on top, so a new take of a scene never loses an edit.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard, get_args

from runtime.errors import SoundError
from runtime.sound.library import Kind

VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One sound at one place. Times are seconds: `start`..`end` on the film, `offset` into the recording.

    `id` is stable from one planning to the next ("scene-3/effect-1"), `sound` the recording's id in its library,
    `gain_db` relative to the usual level of its kind, `scene` counts from 1, None for the whole film.
    """

    id: str
    sound: str
    kind: Kind
    start: float
    end: float
    gain_db: float = 0.0
    offset: float = 0.0
    fade_in: float = 0.005
    fade_out: float = 0.005
    scene: int | None = None


@dataclass(frozen=True, kw_only=True)
class CueSheet:
    """All cues of a film that lasts `seconds`."""

    seconds: float
    cues: tuple[Cue, ...]


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What a person decided: fields of automatic cues changed (by cue id), cues removed, cues added.

    `extra` keeps fields this version does not know.
    """

    change: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    add: tuple[Cue, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def apply(sheet: CueSheet, overrides: Overrides) -> CueSheet:
    """`sheet` with the edits applied. Edits of cues that no longer exist have no effect (see `stale`).

    Raises SoundError when an edit would make a cue invalid.
    """
    cues = []
    for cue in sheet.cues:
        if cue.id in overrides.remove:
            continue
        changed = overrides.change.get(cue.id)
        cues.append(_cue({**dataclasses.asdict(cue), **changed}, f"the edit of cue {cue.id!r}") if changed else cue)
    return CueSheet(seconds=sheet.seconds, cues=(*cues, *overrides.add))


def stale(sheet: CueSheet, overrides: Overrides) -> tuple[str, ...]:
    """Ids that `overrides` edits and `sheet` does not have."""
    known = {cue.id for cue in sheet.cues}
    return tuple(sorted({*overrides.change, *overrides.remove} - known))


def to_dict(sheet: CueSheet) -> dict[str, Any]:
    """The JSON form of a sheet."""
    return {"version": VERSION, **dataclasses.asdict(sheet)}


def to_json(sheet: CueSheet) -> str:
    """`to_dict` as indented text."""
    return json.dumps(to_dict(sheet), indent=2, ensure_ascii=False) + "\n"


def from_json(text: str, source: str = "the cue sheet") -> CueSheet:
    """Read `to_json`'s form. Raises SoundError naming what is wrong."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SoundError(f"{source} to be JSON", f"it is not ({str(error)[:80]})",
                         "delete it; it is made again") from error
    return from_dict(data, source)


def from_dict(data: object, source: str = "the cue sheet") -> CueSheet:
    """Read `to_dict`'s form. Raises SoundError naming what is wrong."""
    table = _object(data, source)
    if table.get("version") != VERSION:
        raise SoundError(f"{source} to have version {VERSION}", f"it has {table.get('version')!r}",
                         "delete it; it is made again")
    seconds = table.get("seconds")
    if not _is_number(seconds) or seconds <= 0:
        raise SoundError(f"{source} to have a length above 0", f"it is {seconds!r}", "delete it; it is made again")
    rows = _rows(table.get("cues"), f"cues of {source}")
    return CueSheet(seconds=float(seconds), cues=tuple(_cue(row, source) for row in rows))


def overrides_to_dict(overrides: Overrides) -> dict[str, Any]:
    """The JSON form that a film keeps among its decisions."""
    return {**overrides.extra, "version": VERSION, "change": {key: dict(v) for key, v in overrides.change.items()},
            "remove": list(overrides.remove), "add": [dataclasses.asdict(cue) for cue in overrides.add]}


def overrides_from_dict(data: object, source: str = "the cue edits") -> Overrides:
    """Read `overrides_to_dict`'s form. Raises SoundError naming what is wrong."""
    table = _object(data, source)
    if table.get("version", VERSION) != VERSION:
        raise SoundError(f"{source} to have version {VERSION}", f"they have {table['version']!r}",
                         "open the film with the MovieFactory that wrote it")
    known = {field.name for field in dataclasses.fields(Cue)} - {"id"}
    change = {key: _object(value, f"{source} of {key!r}")
              for key, value in _object(table.get("change", {}), f"change in {source}").items()}
    for key, fields in change.items():
        if set(fields) - known:
            raise SoundError(f"{source} of {key!r} to change fields of a cue",
                             f"{min(set(fields) - known)!r} is not one", "use " + ", ".join(sorted(known)))
    remove = table.get("remove", [])
    if not isinstance(remove, list) or not all(isinstance(name, str) for name in remove):
        raise SoundError(f"remove in {source} to be a list of cue ids", "it is something else", "correct it")
    add = tuple(_cue(row, source) for row in _rows(table.get("add", []), f"add in {source}"))
    extra = {key: value for key, value in table.items() if key not in ("version", "change", "remove", "add")}
    return Overrides(change=change, remove=tuple(remove), add=add, extra=extra)


def _object(data: object, source: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise SoundError(f"{source} to be a JSON object", f"{type(data).__name__} came", "correct or delete it")
    return data


def _rows(data: object, source: str) -> list[Any]:
    if not isinstance(data, list):
        raise SoundError(f"{source} to be a list", f"{type(data).__name__} came", "correct or delete it")
    return data


def _is_number(value: object) -> TypeGuard[int | float]:
    return type(value) in (int, float) and abs(value) < 1e12  # type: ignore[arg-type]


def _cue(row: object, source: str) -> Cue:
    table = _object(row, f"a cue of {source}")
    name = table.get("id")

    def wrong(expected: str, got: str) -> SoundError:
        return SoundError(f"cue {name!r} of {source} to have {expected}", got, "correct or delete it")

    for key in ("id", "sound"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise wrong(f"a {key}", "it is missing or not text")
    if table.get("kind") not in get_args(Kind):
        raise wrong("kind effect, ambience or music", f"it is {table.get('kind')!r}")
    numbers = {}
    for key, default in (("start", None), ("end", None), ("gain_db", 0.0), ("offset", 0.0), ("fade_in", 0.005),
                         ("fade_out", 0.005)):
        value = table.get(key, default)
        if not _is_number(value) or (key != "gain_db" and value < 0):
            raise wrong(f"a number as {key}" + ("" if key == "gain_db" else ", 0 or more"), f"it is {value!r}")
        numbers[key] = float(value)
    if numbers["start"] >= numbers["end"]:
        raise wrong("an end after its start", f"it runs from {numbers['start']:g} to {numbers['end']:g}")
    if numbers["gain_db"] > 60:
        raise wrong("a gain of at most 60 dB", f"it is {numbers['gain_db']:g}")
    scene = table.get("scene")
    if scene is not None and (type(scene) is not int or scene < 1):
        raise wrong("a scene number from 1 or none", f"it is {scene!r}")
    return Cue(id=table["id"], sound=table["sound"], kind=table["kind"], scene=scene, **numbers)
