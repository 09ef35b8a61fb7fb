"""A screenplay as data: what the story room writes, what every other room reads.

The JSON form is versioned and forgiving: fields this version does not know are kept and written back.
The paper's screenplay (section 2.1) is a list of scene prompts; characters, sounds and the seed are ours.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from runtime.errors import ScriptError

T = TypeVar("T")

VERSION: Final = 1

TONES: Final = ("angry", "bright", "calm", "dark", "dramatic", "epic", "funky", "happy", "inspirational",
                "mysterious", "playful", "romantic", "sad", "tense")
"""The closed list of film tones; music is chosen by it."""

CAMERAS: Final = ("static", "pan", "tracking", "zoom in", "zoom out", "tilt", "close-up", "wide")
"""The camera directions the model was taught. A screenplay may say anything; these are understood."""

MAX_PROMPT: Final = 2000
MAX_SCENES: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Character:
    """Someone the film follows: `description` is repeated in every scene they are in."""

    name: str
    description: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sounds:
    """What a scene should sound like, in words: one bed of `ambience` and short `effects`."""

    ambience: str = ""
    effects: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One shot.

    `prompt` is the whole text the picture model reads; `camera` one of `CAMERAS` or free text; `seconds` its length;
    `seed` None lets the film derive one from its own seed and the scene's number.
    """

    prompt: str
    camera: str = "static"
    seconds: float = 2.0
    characters: tuple[str, ...] = ()
    sounds: Sounds = Sounds()
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Screenplay:
    """A film on paper. `idea` is the user's sentence, unchanged; `writer` says who wrote this."""

    title: str
    idea: str
    logline: str = ""
    tone: str = "dramatic"
    characters: tuple[Character, ...] = ()
    scenes: tuple[Scene, ...]
    writer: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


def to_dict(screenplay: Screenplay) -> dict[str, Any]:
    """The JSON form: plain dicts and lists, with `version`; unknown fields that were read are written back."""
    return {"version": VERSION, **_plain(screenplay)}


def to_json(screenplay: Screenplay) -> str:
    """`to_dict` as indented UTF-8 text."""
    return json.dumps(to_dict(screenplay), indent=2, ensure_ascii=False) + "\n"


def from_json(text: str, source: str = "the screenplay") -> Screenplay:
    """Read `to_json`'s form. Raises ScriptError naming the field that is missing or wrong; `source` names the file."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScriptError(f"{source} to be JSON", f"line {error.lineno} is not: {error.msg}",
                          "correct that line, or write the script anew with `moviefactory script`") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise ScriptError(f"{source} to hold numbers a person would write", str(error).split(";")[0],
                          "correct that number, or write the script anew with `moviefactory script`") from error
    except RecursionError as error:
        raise ScriptError(f"{source} to be a screenplay", "it is nested too deeply to be one",
                          "write the script anew with `moviefactory script`") from error
    return from_dict(data, source)


def from_dict(data: object, source: str = "the screenplay") -> Screenplay:
    """Read `to_dict`'s form. Raises ScriptError naming the field that is missing or wrong."""
    table = _Table(data, source, "")
    version = table.value("version", int, VERSION)
    if version != VERSION:
        raise ScriptError(f"{source} to have version {VERSION}", f"it has version {version}",
                          "open it with the MovieFactory that wrote it, or write the script anew")
    scenes = table.items("scenes", _scene)
    if not 1 <= len(scenes) <= MAX_SCENES:
        raise ScriptError(f"{source} to have 1 to {MAX_SCENES} scenes", f"it has {len(scenes)}",
                          "add or remove scenes")
    tone = table.value("tone", str, "dramatic").strip().lower()
    if tone not in TONES:
        raise table.wrong("tone", "one of " + ", ".join(TONES), f"it is {tone!r}")
    return Screenplay(title=table.text("title"), idea=table.value("idea", str, ""),
                      logline=table.value("logline", str, ""), tone=tone,
                      characters=table.items("characters", _character, required=False), scenes=scenes,
                      writer=table.value("writer", str, ""), extra=table.rest())


def _character(table: "_Table") -> Character:
    return Character(name=table.text("name"), description=table.value("description", str, ""), extra=table.rest())


def _sounds(table: "_Table") -> Sounds:
    return Sounds(ambience=table.value("ambience", str, ""), effects=table.words("effects"), extra=table.rest())


def _scene(table: "_Table") -> Scene:
    seconds = table.value("seconds", float, 2.0)
    if not (math.isfinite(seconds) and seconds > 0):
        raise table.wrong("seconds", "a length above 0", f"it is {seconds}")
    seed = table.value("seed", int, None)
    if seed is not None and not 0 <= seed < 2**63:
        raise table.wrong("seed", "a whole number from 0 to 2^63-1", f"it is {seed}")
    return Scene(prompt=table.text("prompt", MAX_PROMPT), camera=table.value("camera", str, "static"), seconds=seconds,
                 characters=table.words("characters"), sounds=table.part("sounds", _sounds, Sounds()), seed=seed,
                 extra=table.rest())


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "extra"}
        return {**named, **_plain(getattr(value, "extra", {}))}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


class _Table:
    """One JSON object being read: every field is asked for by name and type; what nobody asked for is kept."""

    def __init__(self, data: object, source: str, where: str) -> None:
        self._source, self._where = source, where
        if not isinstance(data, dict):
            raise ScriptError(f"{where or source} to be a JSON object", f"{_kind(data)} came",
                              f"see {source}; `moviefactory script` shows the form")
        self._data: dict[str, Any] = data
        self._read = {"version"}

    def wrong(self, name: str, expected: str, got: str) -> ScriptError:
        """The error for field `name`."""
        return ScriptError(f"{self._where}{name} to be {expected}", got, f"correct it in {self._source}")

    def value(self, name: str, kind: type, default: Any) -> Any:
        """Field `name` of type `kind` (whole numbers pass as float), or `default` when absent or null."""
        self._read.add(name)
        value = self._data.get(name)
        if value is None:
            return default
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value) if abs(value) < 1e300 else math.inf
        if isinstance(value, str) and not value.isascii() and _halved(value):
            raise self.wrong(name, "Unicode text", "it holds half of a surrogate pair")
        if not isinstance(value, kind) or isinstance(value, bool):
            words = {str: "text", int: "a whole number", float: "a number"}
            raise self.wrong(name, words.get(kind, kind.__name__), f"{_kind(value)} came")
        return value

    def text(self, name: str, longest: int = MAX_PROMPT) -> str:
        """Required text that says something, at most `longest` characters."""
        value: str = self.value(name, str, "")
        if not value.strip():
            raise self.wrong(name, "some text", "it is missing or empty")
        if len(value) > longest:
            raise self.wrong(name, f"at most {longest} characters", f"it has {len(value)}")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        value = self._list(name)
        for item in value:
            if not isinstance(item, str) or _halved(item):
                raise self.wrong(name, "a list of texts", f"{_kind(item)} is in it")
        return tuple(value)

    def items(self, name: str, read: Callable[["_Table"], T], required: bool = True) -> tuple[T, ...]:
        """A list of objects, each read by `read`."""
        if required and self._data.get(name) is None:
            raise self.wrong(name, "a list", "it is missing")
        return tuple(read(_Table(item, self._source, f"{self._where}{name}[{index}]."))
                     for index, item in enumerate(self._list(name)))

    def part(self, name: str, read: Callable[["_Table"], T], default: T) -> T:
        """One object read by `read`, or `default` when absent."""
        self._read.add(name)
        value = self._data.get(name)
        return default if value is None else read(_Table(value, self._source, f"{self._where}{name}."))

    def rest(self) -> dict[str, Any]:
        """The fields nobody asked for."""
        return {key: value for key, value in self._data.items() if key not in self._read}

    def _list(self, name: str) -> list[Any]:
        self._read.add(name)
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "a list", f"{_kind(value)} came")
        return value


def _halved(text: str) -> bool:
    """Whether `text` could not be written as UTF-8 again."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
