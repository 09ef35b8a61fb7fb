"""The writer that needs no model and no network: an idea in, a screenplay out.

It keeps the five requirements of the paper (section 2.1): an opening, rising beats, a climax and an ending; a camera
direction for every scene; smooth transitions (the day only goes forward, places change where acts do); nobody who is
not in the idea; everyone described in full in every scene.
"""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from runtime.screenplay import Character, Scene, Screenplay, Sounds
from runtime.story import beats, hints, scenery
from runtime.story.actions import ACTIONS, ACTS, FOUND, SCENERY, Shot
from runtime.story.english import singular
from runtime.story.parse import read
from runtime.story.prompts import Memory, Picture, frame, picture
from runtime.story.reading import Reading, Spot, Subject
from runtime.story.request import check
from runtime.story.subjects import NOUN_COLOURS, kind_of

WRITER: Final = "offline"
_ALONE: Final = ("static",)
"""The camera of a film of one scene: it stands still, so that one sees who goes where."""


@dataclass(frozen=True)
class _Course:
    """Scene by scene: the act and the hour; and the film's places in order."""

    acts: list[str]
    spots: list[Spot]
    hours: list[str]


def write_offline(idea: str, scenes: int, seconds: float, seed: int) -> Screenplay:
    """Write a film of `scenes` scenes of `seconds` each about `idea`; the same four always give the same film.

    Raises ScriptError for an idea nobody can film and UsageError for an impossible number of scenes or length.
    """
    check(idea, scenes, seconds)
    rng = random.Random(f"{seed}:{idea}")
    reading = _dressed(read(idea), rng)
    name = reading.action or _likely(reading)
    if name == "search" and not reading.goal:
        name = "explore"
    action = ACTIONS[name]
    tone = reading.tone or (action.tone if reading.action or name == "storm" else _quiet(reading))
    acts = beats.acts(scenes)
    spots = scenery.places(reading, scenes, action.roams, rng)
    hours = scenery.hours(reading, scenes, rng)
    names = _names(reading)
    table: Mapping[str, tuple[Shot, ...]] = action.pair if len(reading.cast) > 1 else action.solo
    if not reading.cast:
        table = dict.fromkeys(ACTS, SCENERY)
    if name == "search" and reading.goal_subject:
        table = {**table, "ending": FOUND}
    script = _scenes(reading, table, _Course(acts, spots, hours), rng)
    return Screenplay(
        title=hints.title(reading, action if reading.action or name == "storm" else None, spots[-1], rng), idea=idea,
        logline=hints.logline(reading, action, spots, hours), tone=tone,
        characters=tuple(Character(name=names[subject], description=subject.description) for subject in names),
        scenes=tuple(Scene(prompt=shown.prompt, camera=shown.camera, seconds=seconds,
                           characters=tuple(names[subject] for subject in shown.seen), sounds=heard)
                     for shown, heard in script), writer=WRITER)


def _scenes(reading: Reading, table: Mapping[str, tuple[Shot, ...]], course: _Course,
            rng: random.Random) -> list[tuple[Picture, Sounds]]:
    """Every scene's caption and sounds."""
    said = scenery.time_phrases(reading, rng)
    chapters = scenery.chapters(course.acts, len(course.spots))
    plan = [shot for act, group in itertools.groupby(course.acts)
            for shot in beats.shots(act, len(list(group)), table[act], rng)]
    pairs = itertools.cycle(list(itertools.combinations(reading.cast, 2)) or [reading.cast])
    pair = next(pairs)
    memory = Memory()
    found = []
    for index, shot in enumerate(plan):
        if index and len(reading.cast) > 2:
            pair = next(pairs)
        spot = course.spots[chapters[index]]
        act, hour = course.acts[index], course.hours[index]
        stage = scenery.Stage(spot, said[hour], scenery.weather_phrase(reading, act, rng))
        travel = _travel(chapters, index, course.spots, len(reading.cast)) if reading.cast else None
        beat = travel or shot
        if len(plan) == 1 and reading.cast:
            beat = replace(beat, cameras=_ALONE)
        shown = picture(frame(beat, pair, stage, (reading.goal, reading.goal_subject)), memory, rng)
        found.append((shown, hints.sounds(shown, spot, scenery.weather_sound(reading, act, spot), hour, rng)))
    return found


def _travel(chapters: list[int], index: int, spots: list[Spot], people: int) -> Shot | None:
    """The shot of leaving the place the idea starts from, or of reaching the one it leads to, where that is due."""
    here = spots[chapters[index]]
    who: Literal["A", "AB"] = "AB" if people > 1 else "A"
    last = index + 1 == len(chapters) or chapters[index + 1] != chapters[index]
    first = index == 0 or chapters[index - 1] != chapters[index]
    if here.role == "from" and last and (index or len(chapters) == 1):
        return Shot(who, "go", "fast", "leaving", ("tracking", "zoom out", "tilt"))
    if here.role == "to" and first and (index or len(chapters) == 1):
        return Shot(who, "go", "fast", "reaching", ("tracking", "pan", "zoom in"))
    return None


def _dressed(reading: Reading, rng: random.Random) -> Reading:
    """Give a colour to whoever has none in the idea, so that it looks the same in every scene; no two alike."""
    taken = {word for subject in reading.cast for word in subject.adjectives}
    found: dict[Subject, Subject] = {}
    for subject in (*reading.cast, *([reading.goal_subject] if reading.goal_subject else [])):
        noun = subject.noun.lower()
        known = NOUN_COLOURS.get(noun, NOUN_COLOURS.get(singular(noun), kind_of(subject.kind).colours))
        colours = [colour for colour in known if colour not in taken]
        if not colours or subject.verbatim or subject.looks or " of" in subject.determiner:
            found[subject] = subject
            continue
        colour = rng.choice(colours)
        taken.add(colour)
        found[subject] = replace(subject, colour=colour)
    goal = found[reading.goal_subject] if reading.goal_subject else None
    return replace(reading, cast=tuple(found[subject] for subject in reading.cast), goal_subject=goal,
                   goal=goal.description if goal else reading.goal)


def _likely(reading: Reading) -> str:
    """The story of an idea that names no action."""
    if reading.goal:
        return "search"
    if reading.weather[0] == "storm":
        return "storm"
    moving = [subject for subject in reading.cast if not kind_of(subject.kind).fixed]
    return "meeting" if len(moving) > 1 and any(kind_of(subject.kind).living for subject in moving) else "journey"


def _quiet(reading: Reading) -> str:
    """The tone of an idea with neither a word of mood nor an action."""
    if reading.times and reading.times[0][0] == "night":
        return "mysterious"
    living = any(kind_of(subject.kind).living for subject in reading.cast)
    return "calm" if living or not reading.cast else "inspirational"


def _names(reading: Reading) -> dict[Subject, str]:
    """A short name for each character, no two alike."""
    names: dict[Subject, str] = {}
    for subject in (*reading.cast, *([reading.goal_subject] if reading.goal_subject else [])):
        name = subject.short
        if name in names.values():
            name = next(f"{name} {number}" for number in itertools.count(2) if f"{name} {number}" not in names.values())
        names[subject] = name
    return names
