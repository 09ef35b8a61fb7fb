"""What goes with the pictures: title, logline, tone, sounds."""

import random
from typing import Final

from runtime.screenplay import Sounds
from runtime.story.actions import Action
from runtime.story.english import ARTICLES, listing, title_case
from runtime.story.places import SETTINGS
from runtime.story.prompts import Picture
from runtime.story.reading import Reading, Spot, Subject
from runtime.story.scenery import has_clock, view, where
from runtime.story.subjects import NOUN_EFFECTS, kind_of

_NIGHT_BEDS: Final = {"meadow": "crickets at night", "forest": "night forest with crickets and an owl",
                      "desert": "quiet desert night wind", "city": "city at night"}


def title(reading: Reading, action: Action | None, spot: Spot, rng: random.Random) -> str:
    """A title from the action's, or from who is in the film."""
    names = [_the(subject) for subject in reading.cast[:2]] or [view(spot) or reading.weather[0] or "a quiet hour"]
    choices = [" and ".join(names)]
    for template in action.titles if action else ():
        if ("{B}" in template and len(names) < 2) or ("{goal}" in template and not reading.goal):
            continue
        choices.append(template.replace("{A}", names[0]).replace("{B}", names[-1]).replace("{goal}", reading.goal)
                       .replace("{place}", view(spot)))
    chosen = rng.choice(choices)
    return chosen if any(subject.verbatim for subject in reading.cast) else title_case(chosen)


def logline(reading: Reading, action: Action, spots: list[Spot], hours: list[str]) -> str:
    """The film in one sentence."""
    first = reading.cast[0] if reading.cast else None
    if first is None or first.kind == "words":
        said = first.description if first else view(spots[0]) or reading.weather[0] or hours[0]
        return said[:1].upper() + said[1:] + ("." if said[-1:].isalnum() else "")
    many = len(reading.cast) > 1 or first.plural
    says = action.says if many else action.says_solo
    if all(kind_of(subject.kind).fixed for subject in reading.cast):
        says = "stand" if many else "stands"
    says = says.replace("{goal}", reading.goal or "something")
    place = where(first.kind, spots[0], False, True)
    if len(spots) > 1 and spots[-1].setting != spots[0].setting:
        place = f"from {view(spots[0])} to {view(spots[-1])}"
    time = f" {reading.times[0][1]}".rstrip() if len(reading.times) == 1 else ""
    if has_clock(spots[0]) and hours[0] != hours[-1]:
        time = f", from {hours[0]} to {hours[-1]}"
    sentence = f"{listing([subject.description for subject in reading.cast])} {says} {place}{time}."
    return sentence[:1].upper() + sentence[1:]


def sounds(seen: Picture, spot: Spot, weather: str, hour: str, rng: random.Random) -> Sounds:
    """One bed by weather (as `scenery.weather_sound` says it), else by place and hour; up to two effects by who is seen
    and how fast."""
    if weather:
        bed = weather
    elif spot.setting:
        bed = _NIGHT_BEDS.get(spot.setting, "") if hour == "night" else ""
        bed = bed or SETTINGS[spot.setting].ambience
    else:
        said = "at" if spot.role != "at" else spot.preposition or "in"  # not "from" nor "leaves": it is heard there
        bed = f"quiet ambience {said} {spot.phrase}" if spot.phrase else "quiet open air"
    effects: list[str] = []
    for subject in seen.seen[:2]:
        effect = _effect(subject, rng)
        if effect and effect not in effects and (seen.energy != "calm" or rng.random() < 0.6):
            effects.append(effect)
    return Sounds(ambience=bed, effects=tuple(effects))


def _effect(subject: Subject, rng: random.Random) -> str:
    """What a subject sounds like: as its own noun does more often than as its kind; "" for one that is not heard."""
    own, kind = NOUN_EFFECTS.get(subject.noun.lower()), kind_of(subject.kind).effects
    if own is not None and (not own or not kind or rng.random() < 0.7):
        return own
    return rng.choice(kind) if kind else ""


def _the(subject: Subject) -> str:
    """A subject as a title says it."""
    if subject.verbatim:
        return subject.description
    named = subject.after.startswith(("named ", "called "))
    determiner = "" if named else "the" if subject.determiner in ARTICLES else subject.determiner
    return f"{determiner} {subject.short}".strip()
