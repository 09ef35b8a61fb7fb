"""Where and when: a path of places, a day that only goes forward, weather that gathers and passes."""

import math
import random
from dataclasses import dataclass
from typing import Final

from runtime.story.places import (
    SETTINGS,
    STORM_ARC,
    STORM_AT_SEA,
    TIME_PHRASES,
    TIMES,
    WEATHER_PHRASES,
    WEATHER_SOUNDS,
    WEATHER_WORDS,
)
from runtime.story.reading import Reading, Spot
from runtime.story.subjects import Place, kind_of


@dataclass(frozen=True)
class Stage:
    """What surrounds one scene: the place, and the words for the hour and the weather ("" when not worth saying)."""

    spot: Spot
    time: str
    weather: str


_MOVING: Final = frozenset({"across", "along", "through", "over", "past", "around", "up", "down", "throughout"})
_STATIC: Final = frozenset({"in", "on", "under", "near", "beside", "above", "inside", "below", "beneath", "behind",
"among",
                            "amid", "outside", "within", "underneath"})
_SAID: Final = _MOVING | _STATIC | {"at", "by"}


def places(reading: Reading, scenes: int, roams: bool, rng: random.Random) -> list[Spot]:
    """The places of the film in order: those the idea names, else plausible ones that lie next to each other."""
    if not reading.spots and ((reading.cast and reading.cast[0].kind == "words") or _only_time(reading)):
        return [Spot("", "")]
    named = sorted(dict.fromkeys(reading.spots), key=lambda spot: ("from", "at", "to").index(spot.role))
    if len(named) > 1:
        return named[:max(1, scenes // 2)] if scenes < 4 else named
    still = all(kind_of(subject.kind).fixed for subject in reading.cast)
    wanted = 1 if scenes < 4 or still else min(scenes, 2 if scenes < 8 else 3 + scenes // 40)
    if len(named) == 1 and named[0].role == "at":
        return named
    if len(named) == 1:
        walk = _walk(named[0].setting or _first(reading, rng), min(wanted, 2), reading, rng)
        away = [_default(name) for name in walk[1:]]
        return [*away, named[0]] if named[0].role == "to" else [named[0], *away]
    if not roams:
        wanted = max(1, wanted - 1)
    return [_default(name) for name in _walk(_first(reading, rng), wanted, reading, rng)]


def _only_time(reading: Reading) -> bool:
    """Whether the idea names nothing but an hour."""
    return not reading.cast and not reading.weather[0] and not reading.times


def hours(reading: Reading, scenes: int, rng: random.Random) -> list[str]:
    """The time of day of every scene; it never goes back."""
    if reading.times:
        names = [time for time, _ in reading.times]
    elif scenes < 4:
        names = list(rng.choice((("day",), ("sunset",), ("day", "sunset"), ("dawn", "day"))))
    elif reading.tone in {"dark", "mysterious", "sad"}:
        names = list(rng.choice((("sunset", "night"), ("day", "sunset", "night"))))
    else:
        names = list(rng.choice((("dawn", "day", "sunset"), ("day", "sunset"), ("dawn", "day"), ("day", "sunset",
        "night"))))
    return [names[index * len(names) // scenes] for index in range(scenes)]


def time_phrases(reading: Reading, rng: random.Random) -> dict[str, str]:
    """How each time of day is said, the same way all through the film; the user's own word where there is one."""
    said = dict(reading.times)
    phrases = {}
    for time in TIMES:
        choice = rng.choice(TIME_PHRASES[time])
        phrases[time] = said.get(time) or ("" if time == "day" and reading.weather[0] else choice)
    return phrases


def weather_phrase(reading: Reading, act: str, rng: random.Random) -> str:
    """The words for the weather in `act`; none when the idea names none."""
    name, said = reading.weather
    in_place = any(WEATHER_WORDS.get(word) == name for spot in reading.spots for word in spot.phrase.lower().split())
    if not name or in_place:  # "a stormy sea" says it already
        return ""
    if name == "storm" and act in STORM_ARC:
        return STORM_ARC[act]
    return said or WEATHER_PHRASES[name][rng.randrange(len(WEATHER_PHRASES[name])) if act == "rising" else 0]


def weather_sound(reading: Reading, act: str, spot: Spot) -> str:
    """What the weather sounds like in `act` at `spot`; "" where the place itself is heard."""
    name = reading.weather[0]
    if not has_clock(spot) or (name == "storm" and act in STORM_ARC):
        return ""
    return STORM_AT_SEA if name == "storm" and spot.setting == "open sea" else WEATHER_SOUNDS.get(name, "")


def position(kind: str, spot: Spot) -> Place:
    """Where a subject of `kind` is at `spot`: the first of its places that exist there."""
    own = kind_of(kind).places
    if not spot.setting:
        return own[0]
    here = SETTINGS[spot.setting].still
    return next((place for place in own if place in here), own[0])


def where(kind: str, spot: Spot, moving: bool, own: bool) -> str:
    """`on a coast road`, `over the city`: the place as a phrase for a subject of `kind`.

    `own` says that this is the first of the cast, to whom the user's own preposition belongs.
    """
    if not spot.setting:
        preposition = spot.preposition if spot.preposition in _SAID else "at"
        if preposition == "on" and position(kind, spot) == "air":
            preposition = "above"
        return f"{preposition} {spot.phrase}" if spot.phrase else ""
    if not spot.phrase:
        return "under water"
    setting = SETTINGS[spot.setting]
    place = position(kind, spot)
    airborne = place == "air" and spot.preposition in {"on", "in", "at", "along", "across", "through"}
    fits = spot.preposition in (_MOVING | _STATIC - {"in"} if moving else _STATIC)
    if own and fits and not airborne:
        return f"{spot.preposition} {spot.phrase}"
    if spot.word in setting.within and (spot.setting == "above the clouds" or (place != "air" and not moving)):
        return f"{setting.within[spot.word]} {spot.phrase}"
    table = setting.moving if moving else setting.still
    choices = table.get(place) or table.get("ground") or next(iter(table.values()))
    return f"{choices[0]} {spot.phrase}"


def view(spot: Spot) -> str:
    """The place as something to look at."""
    return spot.phrase or ("the underwater world" if spot.setting else "")


def has_clock(spot: Spot) -> bool:
    """Whether day and night can be seen there."""
    return not spot.setting or SETTINGS[spot.setting].clock


def _default(name: str) -> Spot:
    return Spot(name, SETTINGS[name].phrase)


def _score(name: str, reading: Reading) -> tuple[int, int]:
    likes = [kind_of(subject.kind).likes.get(name, 0) for subject in reading.cast] or [2]
    bonus = {"snow": "snow mountains"}.get(reading.weather[0]) == name and min(likes) > 0
    return min(likes) + 2 * bonus, sum(likes)


def _suits(name: str, reading: Reading) -> int:
    """How many of the cast belong there."""
    return sum(name in kind_of(subject.kind).likes for subject in reading.cast)


def _first(reading: Reading, rng: random.Random) -> str:
    """A setting that suits everyone in the film; chance decides between those that suit best."""
    scores = {name: _score(name, reading) for name in SETTINGS}
    best = max(scores.values())
    if best[0] == 0 and reading.cast:  # nowhere suits all: where most belong, by the water if one lives in it
        wet = any(kind_of(subject.kind).places[0] in {"water", "deep"} for subject in reading.cast)
        pool = ("coast road", "open sea") if wet else tuple(SETTINGS)
        return max(pool, key=lambda name: (_suits(name, reading), scores[name][1]))
    return rng.choice([name for name, score in scores.items() if score >= (best[0], best[1] - 1)])


def _walk(start: str, length: int, reading: Reading, rng: random.Random) -> list[str]:
    """A walk from `start` over neighbouring settings that suit the cast, new ones first."""
    path = [start]
    enough = min(2, _score(start, reading)[0]) or 1
    while len(path) < length:
        onward = [name for name in SETTINGS[path[-1]].next_to if _score(name, reading)[0] >= enough]
        fresh = [name for name in onward if name not in path]
        if not onward or (not fresh and length <= len(SETTINGS)):
            break
        path.append(rng.choice(fresh or onward))
    return path


def chapters(acts: list[str], count: int) -> list[int]:
    """Which of `count` places each scene plays at: it changes where an act ends, and within a long rising act."""
    if count == 1:
        return [0] * len(acts)
    rising = [index for index, act in enumerate(acts) if act == "rising"]
    if count == 2:
        return [0 if (act in {"opening", "rising"} and len(acts) > 2) or index == 0 else 1 for index,
        act in enumerate(acts)]
    middle = count - 2
    found = []
    for index, act in enumerate(acts):
        if act == "opening":
            found.append(0)
        elif act == "rising":
            found.append(1 + math.floor((index - rising[0]) * middle / len(rising)))
        else:
            found.append(count - 1)
    return found
