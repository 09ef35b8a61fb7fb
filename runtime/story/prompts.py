"""One shot as the sentence the picture model reads.

The form is that of its captions: camera, subject and what it does, place, hour, weather, and the second subject.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from runtime.story.actions import Shot
from runtime.story.reading import Subject
from runtime.story.scenery import Stage, has_clock, position, view, where
from runtime.story.subjects import kind_of

MOST_WORDS: Final = 24

CAMERA_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "static": ("", "a still shot of", "a steady shot of"),
    "pan": ("panning across", "a slow pan over", "the camera pans over"),
    "tracking": ("a tracking shot of", "the camera follows", "tracking shot of"),
    "zoom in": ("zooming in on", "a slow zoom in on", "the camera zooms in on"),
    "zoom out": ("zooming out from", "a slow zoom out from", "the camera zooms out from"),
    "tilt": ("tilting up to", "the camera tilts up to", "a slow tilt up to"),
    "close-up": ("a close-up of", "a close shot of", "close-up of"),
    "wide": ("a wide shot of", "a wide view of", "wide shot of"),
}

_NEAR_FIXED: Final = ("near", "not far from", "beside")
_TO_FIXED: Final = ("passing", "approaching", "leaving behind")
_FIXED_OK: Final = frozenset({"approaching", "reaching", "circling", "coming closer to", "watching", "passing",
"facing",
                              "searching for", "coming near"})


@dataclass
class Memory:
    """What the scenes before used, so that neighbours differ."""

    camera: str = ""
    used: dict[str, list[str]] = field(default_factory=dict)

    def fresh(self, topic: str, choices: tuple[str, ...], rng: random.Random) -> str:
        """One of `choices`, avoiding those used last for `topic`."""
        recent = self.used.setdefault(topic, [])
        left = [choice for choice in choices if choice not in recent] or [c for c in choices if c != recent[-1]] \
            or list(choices)
        choice = rng.choice(left)
        recent.append(choice)
        del recent[:-max(1, len(choices) - 1)]
        return choice


@dataclass(frozen=True)
class Picture:
    """A finished caption: the sentence, its camera, who is seen, whether it is quick."""

    prompt: str
    camera: str
    seen: tuple[Subject, ...]
    energy: str


@dataclass(frozen=True)
class Frame:
    """A shot with its people in it: `first` and `second` are already in the order the sentence names them."""

    shot: Shot
    first: Subject | None
    second: Subject | None
    stage: Stage
    lead: Subject | None
    goal: str = ""
    goal_subject: Subject | None = None


def frame(shot: Shot, pair: tuple[Subject, ...], stage: Stage, goal: tuple[str, Subject | None]) -> Frame:
    """Put the pair into a shot; what cannot move only ever stands by."""
    lead = pair[0] if pair else None
    if not pair or (not shot.who and view(stage.spot)):
        return Frame(shot, None, None, stage, lead, *goal)
    if len(pair) == 1 or not shot.who:
        return Frame(shot, pair[0], None, stage, lead, *goal)
    one, two = pair[:2]
    first, second = (two, one) if shot.who in {"B", "BA"} else (one, two)
    if len(shot.who) == 1:
        return Frame(shot, first, None, stage, lead, *goal)
    if kind_of(first.kind).fixed:
        first, second = second, first
    if kind_of(first.kind).fixed and shot.form != "place":
        shot = replace(shot, form="beside", words="not far from")
    return Frame(shot, first, second, stage, lead, *goal)


def picture(scene: Frame, memory: Memory, rng: random.Random) -> Picture:
    """The caption of a scene; what is least needed is left out until it is short enough."""
    choices = tuple(camera for camera in scene.shot.cameras if camera != memory.camera)
    camera = rng.choice(choices or tuple(name for name in ("static", "pan", "wide") if name != memory.camera))
    memory.camera = camera
    opening = memory.fresh(camera, CAMERA_PHRASES[camera], rng)
    action, place, tail = _core(scene, memory, rng)
    seen = tuple(subject for subject in (scene.first, scene.second) if subject)
    if scene.goal_subject and scene.goal and scene.goal in action and not action.endswith(
            (f"for {scene.goal}", f"to find {scene.goal}")):
        seen = (*seen, scene.goal_subject)
    hour = scene.stage.time if has_clock(scene.stage.spot) else ""
    parts = [opening, action, place, hour, scene.stage.weather, tail]
    if _words(parts) > MOST_WORDS:
        parts[0] = min(CAMERA_PHRASES[camera], key=len)
    for index in (3, 4, 2) if scene.second else (5, 3, 4, 2):  # with two, the tail names the second and stays
        if _words(parts) > MOST_WORDS:
            parts[index] = ""
    prompt = " ".join(part for part in parts[:5] if part)
    return Picture(f"{prompt}, {parts[5]}" if parts[5] else prompt, camera, seen, scene.shot.energy)


def _words(parts: list[str]) -> int:
    return sum(len(part.split()) for part in parts)


def _core(scene: Frame, memory: Memory, rng: random.Random) -> tuple[str, str, str]:
    """Who does what, the place phrase, and what comes after a comma."""
    shot, first, spot = scene.shot, scene.first, scene.stage.spot
    if first is None:
        return view(spot), "", ""
    moving = shot.energy in {"move", "fast"}
    kind = kind_of(first.kind)
    verb = memory.fresh(f"{first.noun} {shot.energy}", getattr(kind.verbs, shot.energy), rng)
    words = shot.words.replace("{goal}", scene.goal)
    if scene.second:
        return _both(scene, scene.second, verb, memory, rng)
    if shot.form == "go":
        return f"{first.description} {words} {view(spot)}", "", ""
    if words and words != "far away" and not kind.fixed:
        return f"{first.description} {words}", where(first.kind, spot, False, first == scene.lead), ""
    who = f"{first.description} {verb}".rstrip()
    place = where(first.kind, spot, moving and not kind.fixed, first == scene.lead)
    return who, place, "far away" if words == "far away" else ""


def _both(scene: Frame, second: Subject, verb: str, memory: Memory, rng: random.Random) -> tuple[str, str, str]:
    """`_core` for a shot of two."""
    shot, first, spot = scene.shot, scene.first or second, scene.stage.spot
    form, words = shot.form, shot.words.replace("{goal}", scene.goal)
    who, other = first.description, second.description
    if form == "go":
        return f"{who} and {other} {words} {view(spot)}", "", ""
    if kind_of(second.kind).fixed and form == "do" and words not in _FIXED_OK:
        words = memory.fresh("to", _TO_FIXED, rng)
    elif kind_of(second.kind).fixed and form != "do":
        form, words = "beside", memory.fresh("near", _NEAR_FIXED, rng)
    if form == "beside":
        moving = shot.energy in {"move", "fast"} and not kind_of(first.kind).fixed
        return f"{who} {verb}", where(first.kind, spot, moving, first == scene.lead), f"{words} {other}"
    down = second if position(first.kind, spot) == "air" else first  # the place both share is that of the lower one
    shared = where(down.kind, spot, False, down == scene.lead)
    return f"{who} {words} {other}" if form == "do" else f"{who} and {other} {words}", shared, ""
