"""A script server's answer, checked field by field: a screenplay, or what is wrong with it."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from runtime.errors import ScriptError
from runtime.screenplay import Screenplay, from_dict

MOST_BYTES: Final = 64 << 10
MOST_BYTES_PER_SCENE: Final = 8 << 10
"""The longest answer accepted: this much, and this much more for each scene."""

_LIMITS: Final = {"title": 200, "logline": 600, "name": 100, "description": 300, "prompt": 500, "camera": 100,
                  "ambience": 200, "effects": 200}
_MOST_CHARACTERS: Final = 50
_MOST_EFFECTS: Final = 6


@dataclass(frozen=True)
class Answer:
    """`screenplay` is None when the answer cannot be used; `problems` may also name what a usable one lacks."""

    screenplay: Screenplay | None
    problems: tuple[str, ...]


def read(text: str, idea: str, scenes: int, seconds: float) -> Answer:
    """Read an answer that should be a screenplay of `scenes` scenes."""
    data = _json(text)
    if not isinstance(data, dict):
        return Answer(None, ("it is not one JSON object" if text.strip() else "it is empty",))
    problems = _missing(data, scenes)
    if problems:
        return Answer(None, tuple(problems))
    try:
        screenplay = from_dict(_form(data, idea, seconds), "the answer")
        json.dumps(data, ensure_ascii=False).encode()
    except ScriptError as error:
        return Answer(None, (f"expected {error.expected}, but {error.got}",))
    except UnicodeEncodeError:
        return Answer(None, ("the answer holds characters that are not valid Unicode",))
    strangers = _strangers(screenplay)
    return Answer(None, strangers) if strangers else Answer(screenplay, _undescribed(screenplay))


def shortened(text: str, most: int = 160) -> str:
    """The beginning of `text` on one line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:4 * most]).split())
    return line if len(line) <= most else line[:most - 1] + "…"


def _json(text: str) -> object:
    """The JSON object in an answer, past a model's thoughts, a code fence or a sentence around it; None if none."""
    # Some servers keep the opening <think> in the prompt: what comes before the closing one is thoughts all the same.
    bare = text.rpartition("</think>")[2]
    start, end = bare.find("{"), bare.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return json.loads(bare[start:end + 1])
    except (ValueError, RecursionError):
        return None


def _missing(data: dict[str, Any], scenes: int) -> list[str]:
    """Fields that are absent, of the wrong kind, too long or too many."""
    found = [problem for name in ("title", "logline", "tone") for problem in _text(data, name, name)]
    characters, shots = data.get("characters"), data.get("scenes")
    if not isinstance(characters, list) or len(characters) > _MOST_CHARACTERS:
        found.append(f'"characters" must be a list of at most {_MOST_CHARACTERS}')
        characters = []
    if not isinstance(shots, list) or len(shots) != scenes:
        came = f"it has {len(shots)}" if isinstance(shots, list) else "there is no such list"
        return [*found, f'"scenes" must be a list of exactly {scenes}, but {came}']
    for index, character in enumerate(characters):
        for name in ("name", "description"):
            found += _text(character, name, f"characters[{index}].{name}")
    for index, shot in enumerate(shots):
        if not isinstance(shot, dict):
            found.append(f'"scenes[{index}]" must be an object')
            continue
        for name in ("prompt", "camera", "ambience"):
            found += _text(shot, name, f"scenes[{index}].{name}", required=name == "prompt")
        for name in ("characters", "effects"):
            found += _texts(shot, name, f"scenes[{index}].{name}")
    return found


def _text(table: object, name: str, where: str, required: bool = True) -> list[str]:
    value = table.get(name) if isinstance(table, dict) else None
    if value is None and not required:
        return []
    if not isinstance(value, str) or (required and not value.strip()):
        return [f'"{where}" must be text, but it is missing or something else']
    most = _LIMITS.get(name, 100)
    return [f'"{where}" may have at most {most} characters, but it has {len(value)}'] if len(value) > most else []


def _texts(table: dict[str, Any], name: str, where: str) -> list[str]:
    value = table.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_CHARACTERS or not all(
            isinstance(item, str) and len(item) <= _LIMITS["effects"] for item in value):
        return [f'"{where}" must be a list of short texts']
    return []


def _form(data: dict[str, Any], idea: str, seconds: float) -> dict[str, Any]:
    """The answer as `screenplay` reads it; only what was asked for is taken over."""
    return {
        "title": data["title"].strip(), "idea": idea, "logline": data["logline"].strip(), "tone": data["tone"],
        "writer": "openai",
        "characters": [{"name": one["name"], "description": one["description"].strip().rstrip(".")}
                       for one in data["characters"]],
        "scenes": [{"prompt": " ".join(shot["prompt"].split()), "seconds": seconds,
                    "camera": (shot.get("camera") or "static").strip().lower(),
                    "characters": shot.get("characters") or [],
                    "sounds": {"ambience": shot.get("ambience") or "",
                               "effects": (shot.get("effects") or [])[:_MOST_EFFECTS]}}
                   for shot in data["scenes"]],
    }


def _strangers(screenplay: Screenplay) -> tuple[str, ...]:
    """The fourth requirement: nobody but the characters introduced."""
    names = {character.name for character in screenplay.characters}
    return tuple(f"scene {number} has {name[:40]!r}, who is not among the characters"
                 for number, scene in enumerate(screenplay.scenes, 1) for name in scene.characters if name not in names)


def _undescribed(screenplay: Screenplay) -> tuple[str, ...]:
    """The fifth requirement: every character described in full in each of its scenes."""
    described = {character.name: _plain(character.description) for character in screenplay.characters}
    return tuple(f"the prompt of scene {number} must contain the description of {name[:40]!r} word for word"
                 for number, scene in enumerate(screenplay.scenes, 1) for name in scene.characters
                 if described[name] not in _plain(scene.prompt))


def _plain(text: str) -> str:
    """`text` for comparing: lower case, single spaces, no article in front."""
    return re.sub(r"\A(a|an|the) ", "", " ".join(text.casefold().split()))
