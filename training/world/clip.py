"""A clip as its true attributes, and how clips are drawn at random for the stages.

Stage 0 sees every subject in every setting it suits. The film clips of stages 1 and 2 leave out `HELD_OUT`: the
subject-setting pairs of the ten films by which the starter is judged, so that those are never copied from memory.
"""

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from training.world.parts import Place, Setting, Subject
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

Relation = Literal["", "side by side", "chasing", "passing", "meeting"]
Domain = Literal["clean", "watermarked"]

CAMERAS: Final = ("static", "pan", "tracking", "zoom in", "zoom out", "tilt", "close-up", "wide")
RELATIONS: Final[tuple[Relation, ...]] = ("side by side", "chasing", "passing", "meeting")

HELD_OUT: Final = frozenset({
    ("car", "coast road"), ("airplane", "above the clouds"), ("sailing boat", "open sea"), ("rocket", "moon"),
    ("whale", "under water"), ("balloon", "desert"), ("train", "snow mountains"), ("robot", "city"),
    ("horse", "meadow"), ("dog", "meadow"),
})
HELD_OUT_COUPLE: Final = frozenset({"car", "airplane"})
"""The tenth film is a race of these two; no film clip shows them together."""

COUPLES: Final = 1 / 3
"""The share of clips with two subjects in a relation."""

SCENERY: Final = 0.05
"""The share of clips with nobody in them: films open on a place."""


@dataclass(frozen=True)
class Actor:
    """One subject of a clip: its kind, its colour ('' for its own), where it is and the word for what it does."""

    subject: str
    colour: str
    place: Place
    verb: str
    noun: str


@dataclass(frozen=True)
class Clip:
    """Everything that decides a clip's pictures: none, one or two actors; `heading` is 1 (to the right) or -1."""

    seed: int
    actors: tuple[Actor, ...]
    relation: Relation
    setting: str
    time: str
    weather: str
    camera: str
    heading: int

    @property
    def upward(self) -> bool:
        """Whether a tilt goes up to the actors rather than down to them."""
        return self.seed % 2 == 1


def sample(seed: int, films: bool, couples: float = COUPLES, anywhere: bool = False) -> Clip:
    """A random clip, the same for ever for one seed. `films` leaves out what stages 1 and 2 must not see; `anywhere`
    puts subjects also into settings that do not suit them, on the ground there if they have no place of their own.

    Everyone heads to the right, as on a stage: what no caption tells would have to be guessed from noise.
    """
    rng = random.Random(seed)
    homes = functools.partial(_homes, films=films, anywhere=anywhere)
    if rng.random() < SCENERY:
        return _shot(rng, seed, (), "", rng.choice(tuple(SETTINGS.values())))
    while True:
        # A uniform choice of the subject first: rare subjects would otherwise follow popular settings.
        subject = rng.choice(tuple(SUBJECTS.values()))
        setting = SETTINGS[rng.choice(homes(subject))]
        cast = [_actor(rng, subject, _place(rng, subject, setting))]
        relation: Relation = ""
        if rng.random() < couples:
            partner = _partner(rng, subject, setting, films, homes)
            if partner is None:
                continue
            cast.append(_unlike(rng, partner, cast[0]))
            relation = rng.choice(RELATIONS)
            if SUBJECTS[cast[0].subject].speed == 0 or SUBJECTS[partner.subject].speed == 0:
                relation = "passing"
                cast.sort(key=lambda actor: SUBJECTS[actor.subject].speed == 0)
        if SUBJECTS[cast[0].subject].speed == 0 and relation:
            continue
        return _shot(rng, seed, tuple(cast), relation, setting)


def _shot(rng: random.Random, seed: int, cast: tuple[Actor, ...], relation: Relation, setting: Setting) -> Clip:
    return Clip(seed=seed, actors=cast, relation=relation, setting=setting.name, time=_time(rng, setting.times),
                weather=_weather(rng, setting.weathers), camera=_camera(rng), heading=1)


def _homes(subject: Subject, films: bool, anywhere: bool) -> list[str]:
    """The settings a subject may be drawn in."""
    names = tuple(SETTINGS) if anywhere else subject.settings
    return [name for name in names if not (films and (subject.name, name) in HELD_OUT)]


def _time(rng: random.Random, times: tuple[str, ...]) -> str:
    return "day" if rng.random() < 0.25 else rng.choice(times)


def _camera(rng: random.Random) -> str:
    return "static" if rng.random() < 0.25 else rng.choice(CAMERAS)


def _weather(rng: random.Random, weathers: tuple[str, ...]) -> str:
    return "clear" if rng.random() < 0.6 and "clear" in weathers else rng.choice(weathers)


def _place(rng: random.Random, subject: Subject, setting: Setting) -> Place:
    places = [place for place in subject.places if place in setting.levels]
    if not places:
        places = ["ground"] if "ground" in setting.levels else list(setting.levels)
    return rng.choice(places)


def _actor(rng: random.Random, subject: Subject, place: Place) -> Actor:
    colour = rng.choice(subject.colours) if subject.colours and rng.random() < 0.85 else ""
    return Actor(subject.name, colour, place, rng.choice(subject.does(place)), rng.choice(subject.nouns))


def _partner(rng: random.Random, first: Subject, setting: Setting, films: bool, homes: Callable[[Subject], list[str]]
             ) -> Actor | None:
    """A second subject that suits the setting; a subject may meet its own kind in another colour."""
    choices = []
    for other in SUBJECTS.values():
        if setting.name not in homes(other) or (other.speed == 0 and first.speed == 0):
            continue
        if films and {first.name, other.name} == HELD_OUT_COUPLE:
            continue
        choices.append((other, _place(rng, other, setting)))
    if not choices:
        return None
    other, place = rng.choice(choices)
    return _actor(rng, other, place)


def _unlike(rng: random.Random, actor: Actor, other: Actor) -> Actor:
    """`actor` in another colour if it would look just like `other`."""
    subject = SUBJECTS[actor.subject]
    seen = other.colour or subject.colour
    if other.subject != actor.subject or (actor.colour or subject.colour) != seen:
        return actor
    return replace(actor, colour=rng.choice([colour for colour in subject.colours if colour != seen]))
