"""Other words for what clips show: a dog may be called a puppy or a cat, a car a lorry, and a city may be Paris.

Captions name the world's subjects by one to three nouns each, and its settings by a few. Users name hundreds of things
and places, most of which the world lacks. The lexicon of the app's writer sorts them by kind, and of each kind the
world has one: that is what a model should draw for all of them, rather than whatever a word happens to lie next to. A
person is nearest to an astronaut.
"""

import dataclasses
import math
import random
from collections.abc import Mapping
from typing import Final

from runtime.story.places import SETTINGS as LEXICON
from runtime.story.subjects import KINDS
from training.world.brush import PALETTE, rgb
from training.world.captions import caption
from training.world.clip import Actor, Clip
from training.world.parts import Subject
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

SHARE: Final = 0.6
"""The shares of actors that are called by another noun than the world's own, of colours by another word, and of
captions with another place."""
_LOOSE: Final = ("in", "at", "near", "by", "on")
"""Prepositions that users choose without much regard for the place."""
PERSON: Final = KINDS["person"].like
_OWN: Final = {"boat": "sailing boat"}
"""The world's names of kinds, where they differ from the lexicon's."""


def _nouns() -> Mapping[str, tuple[str, ...]]:
    """The lexicon's nouns for each of the world's subjects.

    Those that tell of a place as well ('a moon rocket') are left out: they would put somebody where no film may.
    """
    found: dict[str, list[str]] = {name: [] for name in SUBJECTS}
    for name, kind in KINDS.items():
        subject = _OWN.get(kind.like or name, kind.like or name)
        found[subject] += [noun for noun in kind.nouns.split(", ")
                           if noun not in SUBJECTS[subject].nouns and "moon" not in noun]
    return {name: tuple(nouns) for name, nouns in found.items()}


NOUNS: Final = _nouns()
NAMES: Final = (
    "Alice", "Anna", "Emma", "Mia", "Lily", "Sophie", "Lena", "Clara", "Maria", "Sara", "Lucy", "Eva", "Julia",
    "Nina", "Zoe", "Ella", "Ida", "Grace", "Luna", "Amelia", "Tom", "Tim", "Max", "Ben", "Leo", "Paul", "Jack",
    "Sam", "Oscar", "Noah", "Peter", "John", "James", "David", "Daniel", "Lukas", "Felix", "Henry", "Oliver",
    "Hugo", "Ali", "Omar", "Yuki", "Hana", "Kenji", "Mei", "Wei", "Ravi", "Priya", "Ahmed", "Fatima", "Carlos",
    "Diego", "Lucia", "Pedro", "Ivan", "Olga", "Igor", "Amara", "Kofi",
)
"""What a person may be called, who has no colour then."""
PLACES: Final = {name: tuple(phrase or word for word, phrase in LEXICON[name].words.items()) for name in SETTINGS}
"""The lexicon's phrases for each of the world's settings."""
SHADES: Final = {
    **PALETTE, "crimson": "#b3122e", "scarlet": "#e52b1a", "ruby": "#a8103a", "maroon": "#6a1420", "pink": "#ef8fb5",
    "magenta": "#cf2f9a", "violet": "#7a3fb8", "lilac": "#b892d6", "lavender": "#b4a6e0", "indigo": "#3a2f8f",
    "navy": "#1d2b63", "azure": "#3f8fe0", "cyan": "#3cc3dc", "turquoise": "#35b8b0", "teal": "#1f7f80",
    "emerald": "#1f9a5a", "olive": "#75782c", "lime": "#a2d838", "amber": "#f2a21c", "gold": "#d9aa35",
    "beige": "#dccba6", "ivory": "#f3eedd", "cream": "#f3e8c8", "tan": "#c49a6c", "chestnut": "#7f4427",
    "copper": "#b8693a", "bronze": "#9a6a35", "blond": "#e6cf92", "gray": PALETTE["grey"],
}
"""What users call colours, the palette's own names among them."""


def _seen(colour: str) -> tuple[float, float, float]:
    """A colour in Oklab (Ottosson, 2020), lightness at a quarter: what is navy is blue before it is dark."""
    red, green, blue = (value / 12.92 if value < 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return ((0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short) / 4,
            1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short)


def _shades(subject: Subject) -> Mapping[str, tuple[str, ...]]:
    """For each colour that `subject` has the words for it and for those it has not and this is nearest to."""
    found: dict[str, list[str]] = {colour: [] for colour in subject.colours}
    for word, shade in SHADES.items():
        nearest = min(subject.colours, key=lambda colour: math.dist(_seen(colour), _seen(shade)))
        found[word if word in found else nearest].append(word)
    return {colour: tuple(words) for colour, words in found.items()}


COLOURS: Final = {name: _shades(subject) for name, subject in SUBJECTS.items() if subject.colours}
"""By subject and colour, what that colour may be called."""
UNHEARD: Final = {
    "car": ("muscle car", "supercar", "caravan", "bulldozer", "wagon", "double-decker bus"),
    "airplane": ("passenger plane", "hang glider", "turboprop"), "sailing boat": ("frigate", "windjammer", "brig"),
    "train": ("metro", "railway", "high-speed train"), "rocket": ("rocketship", "space station", "booster rocket"),
    "balloon": ("aerostat", "weather balloon", "fire balloon"), "bird": ("kingfisher", "cuckoo", "magpie", "turkey"),
    "fish": ("carp", "angelfish", "piranha", "walrus"), "whale": ("cetacean", "grey whale", "fin whale"),
    "butterfly": ("monarch butterfly", "swallowtail", "cricket"),
    "horse": ("steed", "thoroughbred", "gelding", "calf", "doe"),
    "dog": ("pup", "doggy", "bulldog", "greyhound", "mutt", "tomcat", "kitty", "coyote", "grizzly", "chipmunk"),
    "robot": ("mechanical man", "metal man", "automata"),
    "astronaut": ("spacewalker", "toddler", "engineer", "waiter", "guitarist", "photographer"),
    "lighthouse": ("light tower", "bell tower", "fortress"), "windmill": ("windpump", "old mill", "pinwheel"),
}
"""Nouns that no caption ever holds: how many of them are read rightly says what unlisted words may expect."""
UNHEARD_PLACES: Final = {
    "coast road": ("a boardwalk", "the harbour wall"), "above the clouds": ("the atmosphere", "the upper air"),
    "open sea": ("a fjord", "a pond"), "moon": ("neptune", "a moonscape"), "under water": ("a shipwreck", "the reefs"),
    "desert": ("the kalahari", "a dust bowl"), "snow mountains": ("siberia", "an avalanche slope"),
    "city": ("brooklyn", "a plaza", "a parking lot", "the capital"), "meadow": ("an orchard", "a golf course"),
    "forest": ("a grove", "a bamboo thicket"), "space": ("the andromeda galaxy", "the heliosphere"),
    "canyon": ("a rocky pass", "a chasm"),
}
"""The same of places."""


def renamed(clip: Clip, rng: random.Random) -> Clip:
    """`clip` with other words for some of its actors and their colours; it is to be told, not to be drawn."""
    return dataclasses.replace(clip, actors=tuple(_called(actor, rng) for actor in clip.actors))


def _called(actor: Actor, rng: random.Random) -> Actor:
    noun = rng.choice(NOUNS[actor.subject]) if rng.random() < SHARE else actor.noun
    colour = actor.colour
    if actor.subject == PERSON and not colour and rng.random() < SHARE:
        noun = rng.choice(NAMES)
    if colour and rng.random() < SHARE:
        colour = rng.choice(COLOURS[actor.subject][colour])
    return dataclasses.replace(actor, noun=noun, colour=colour)


def wording(clip: Clip, seed: int, placed: bool = True) -> str:
    """A caption of `clip`, its place sometimes in other words than the world's own."""
    other = random.Random(f"place/{clip.seed}/{seed}").random() < SHARE
    return caption(clip, seed, placed, elsewhere if other else None)


def elsewhere(clip: Clip, actor: Actor | None, rng: random.Random) -> str:
    """One of the lexicon's phrases for where `actor` is, as its writer would put it and, at times, as users do."""
    known = LEXICON[clip.setting]
    word, phrase = rng.choice(tuple(known.words.items()))
    if actor is None or not phrase:
        return phrase or ("the underwater world" if actor is None else "under water")
    if rng.random() < 0.25:
        return f"{rng.choice(_LOOSE)} {phrase}"
    if word in known.within and actor.place != "air":
        return f"{known.within[word]} {phrase}"
    table = known.moving if SUBJECTS[actor.subject].speed > 0 and rng.random() < 0.5 else known.still
    return f"{rng.choice(table.get(actor.place) or table.get('ground') or next(iter(table.values())))} {phrase}"
