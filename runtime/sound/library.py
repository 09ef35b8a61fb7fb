"""A sound library: a folder of audio files and what each of them is.

With `sounds.json` the folder says exactly what it holds (words, moods, loudness, loop points, licence, checksums).
Without it, any folder of audio files will do: file and folder names become the words.
"""

import functools
import hashlib
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from runtime.digest import file_sha256
from runtime.errors import SoundError
from runtime.screenplay import TONES

VERSION: Final = 1
INDEX: Final = "sounds.json"
SUFFIXES: Final = (".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav")

Kind = Literal["effect", "ambience", "music"]

_FOLDER_WORDS: Final[dict[Kind, frozenset[str]]] = {
    "music": frozenset({"music", "song", "songs", "score", "soundtrack", "bgm"}),
    "ambience": frozenset({"ambience", "ambiences", "ambient", "ambiance", "atmo", "atmos", "atmosphere", "background",
                           "bed", "beds", "roomtone"}),
    "effect": frozenset({"effect", "effects", "sfx", "fx", "foley"})}
_LONGEST_EFFECT: Final = 12.0


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One recording. Times are seconds into the file.

    `id` is its path in the library; `loudness` integrated LUFS, `peak` its loudest moment, `loop` (start, end) the
    part that repeats without a seam, `bar` the length of a bar, `ending` where music's closing chord starts; each is
    None when unknown. `sha256` is empty when the library does not state it.
    """

    id: str
    path: Path
    kind: Kind
    caption: str
    seconds: float
    tags: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    loudness: float | None = None
    peak: float | None = None
    loop: tuple[float, float] | None = None
    bpm: float | None = None
    bar: float | None = None
    ending: float | None = None
    licence: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Library:
    """All sounds of one folder. `digest` changes when any of them does; films name what they were mixed from by it."""

    folder: Path
    sounds: tuple[Sound, ...]
    digest: str

    def of_kind(self, kind: Kind) -> tuple[Sound, ...]:
        """The sounds of one kind, in library order."""
        return tuple(sound for sound in self.sounds if sound.kind == kind)

    def sound(self, name: str) -> Sound:
        """The sound with this id. Raises SoundError when there is none."""
        found = self._by_id.get(name)
        if found is None:
            raise SoundError(f"sound {name!r} in {self.folder}", "it is not there",
                             "add the file again, or remove the cue that asks for it")
        return found

    def verify(self, sound: Sound) -> Path:
        """The file of `sound`, after its checksum was compared. Raises SoundError when it was altered or is gone."""
        try:
            found = file_sha256(sound.path)
        except OSError as error:
            raise SoundError(f"sound file {sound.path}", f"it cannot be read ({error.strerror})",
                             "put the file back or use another sound library") from error
        if sound.sha256 and found != sound.sha256:
            raise SoundError(f"{sound.path} to be the file that {INDEX} describes", "its contents are different",
                             "restore the original file or correct its sha256")
        return sound.path

    @functools.cached_property
    def _by_id(self) -> dict[str, Sound]:
        return {sound.id: sound for sound in self.sounds}


def open_library(folder: Path) -> Library:
    """Read a library. Raises SoundError naming what is wrong with the folder, its `sounds.json` or one of its files.

    Files are looked at, not decoded; `Library.verify` compares checksums when a sound is used.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SoundError(f"a sound library folder at {folder}",
                         "it is not a folder" if folder.exists() else "nothing is there", "check the path")
    index = folder / INDEX
    return _with_index(folder, index) if index.exists() else _plain(folder)


def _with_index(folder: Path, index: Path) -> Library:
    try:
        raw = index.read_bytes()
        data = json.loads(raw.decode("utf-8"))
    except OSError as error:
        raise SoundError(f"{index} to be readable", str(error.strerror), "check the file's permissions") from error
    except (ValueError, RecursionError) as error:
        raise SoundError(f"{index} to be JSON", f"it is not ({type(error).__name__}: {str(error)[:80]})",
                         "restore the file") from error
    if not isinstance(data, dict) or not isinstance(data.get("sounds"), list):
        raise SoundError(f'{index} to be an object with a list "sounds"', "it is not", "restore the file")
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise SoundError(f"{index} to have version {VERSION}", f"it has version {data.get('version')!r}",
                         "use a library made for this MovieFactory")
    if not data["sounds"]:
        raise SoundError(f"{index} to list at least one sound", "it lists none", "add sounds or use another library")
    sounds = tuple(_Row(folder, number, row).sound() for number, row in enumerate(data["sounds"]))
    twice = {sound.id for sound in sounds if sum(other.id == sound.id for other in sounds) > 1}
    if twice:
        raise SoundError(f"every file in {index} once", f"{min(twice)!r} is listed twice", "remove one of the entries")
    return Library(folder, sounds, hashlib.sha256(raw).hexdigest())


class _Row:
    """One entry of `sounds.json` being read."""

    def __init__(self, folder: Path, number: int, row: object) -> None:
        self._folder, self._where = folder, f"sounds[{number}]"
        if not isinstance(row, dict):
            raise self._wrong("an object", f"{type(row).__name__} came")
        self._row: dict[str, Any] = row

    def sound(self) -> Sound:
        name = self._text("file")
        self._where = f"sound {name!r}"
        path = self._path(name)
        kind: Kind = self._row.get("kind")  # type: ignore[assignment]
        if kind not in get_args(Kind):
            raise self._wrong("kind effect, ambience or music", f"it is {kind!r}")
        seconds = self._number("seconds", 0.0)
        if not seconds:
            raise self._wrong("a length in seconds above 0", "it has none")
        sha256 = self._row.get("sha256", "")
        if not isinstance(sha256, str) or not re.fullmatch(r"([0-9a-f]{64})?", sha256):
            raise self._wrong("a sha256 of 64 hexadecimal digits", f"it is {sha256!r}")
        return Sound(id=name, path=path, kind=kind, caption=self._text("caption"), seconds=seconds,
                     tags=self._words("tags"), synonyms=self._words("synonyms"), moods=self._moods(),
                     loudness=self._number("loudness", -200.0), peak=self._number("peak", 0.0, seconds),
                     loop=self._loop(seconds), bpm=self._number("bpm", 1.0), bar=self._number("bar", 0.05, seconds),
                     ending=self._number("ending", 0.0, seconds), licence=self._text("licence"), sha256=sha256)

    def _wrong(self, expected: str, got: str) -> SoundError:
        return SoundError(f"{self._where} in {self._folder / INDEX} to have {expected}", got, "correct the entry")

    def _text(self, field: str) -> str:
        value = self._row.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"a {field}", "it is missing or not text")
        return value

    def _words(self, field: str) -> tuple[str, ...]:
        value = self._row.get(field, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._wrong(f"a list of texts as {field}", "it is something else")
        return tuple(value)

    def _moods(self) -> tuple[str, ...]:
        moods = self._words("moods")
        for mood in moods:
            if mood not in TONES:
                raise self._wrong("moods out of " + ", ".join(TONES), f"{mood!r} is among them")
        return moods

    def _number(self, field: str, low: float, high: float = math.inf) -> float | None:
        value = self._row.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high \
                or not math.isfinite(value):
            raise self._wrong(f"a number from {low:g} to {high:g} as {field}", f"it is {value!r}")
        return float(value)

    def _loop(self, seconds: float) -> tuple[float, float] | None:
        value = self._row.get("loop")
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2 or not all(type(v) in (int, float) for v in value) \
                or not 0 <= value[0] < value[1] <= seconds:
            raise self._wrong("a loop [start, end] within its length", f"it is {value!r}")
        return float(value[0]), float(value[1])

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if name != name.strip() or "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
            raise self._wrong("a plain path inside the folder", f"{name!r} is not one")
        path = self._folder
        for part in parts:
            path = path / part
            if path.is_symlink():
                raise self._wrong("files of its own", f"{path} is a link")
        if path.suffix.lower() not in SUFFIXES:
            raise self._wrong("an audio file (" + ", ".join(SUFFIXES) + ")", f"{name!r} is another type")
        if not path.is_file():
            raise self._wrong(f"the file {path}", "it is missing")
        return path


def _plain(folder: Path) -> Library:
    """A folder of audio files: words from names, kind from names or length."""
    files = sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names
                   if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."))
    files = [path for path in files if not path.is_symlink()]
    if not files:
        raise SoundError(f"audio files ({', '.join(SUFFIXES)}) in {folder}", "there are none",
                         "add some or name another folder")
    digest = hashlib.sha256()
    for path in files:
        state = path.stat()
        line = f"{path.relative_to(folder).as_posix()}\0{state.st_size}\0{state.st_mtime_ns}\n"
        try:
            digest.update(line.encode())
        except UnicodeEncodeError as error:
            raise SoundError("names of sounds in UTF-8", f"{os.fsencode(path)!r} is none",
                             "rename that file") from error
    return Library(folder, tuple(_described(folder, path) for path in files), digest.hexdigest())


def _described(folder: Path, path: Path) -> Sound:
    name = path.relative_to(folder)
    words = [" ".join(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part)))
             for part in (*name.parent.parts, name.stem)]
    caption = words[-1] or name.stem
    said = set(" ".join(words).lower().split())
    seconds = _length(path)
    kind: Kind = next((kind for kind, known in _FOLDER_WORDS.items() if known & said),
                      "effect" if seconds <= _LONGEST_EFFECT else "ambience")
    return Sound(id=name.as_posix(), path=path, kind=kind, caption=caption, seconds=seconds,
                 tags=tuple(word for word in words[:-1] if word), moods=tuple(tone for tone in TONES if tone in said))


def _length(path: Path) -> float:
    import av

    try:
        with av.open(str(path)) as file:
            stream = file.streams.audio[0]
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (file.duration or 0) / av.time_base
    except (av.FFmpegError, IndexError, OSError) as error:
        raise SoundError(f"{path} to be an audio file", f"it cannot be read as one ({type(error).__name__})",
                         "remove or replace it") from error
    if seconds <= 0:
        raise SoundError(f"{path} to hold sound", "its length is zero or unknown", "remove or replace it")
    return seconds
