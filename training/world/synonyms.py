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
_GREY: Final = 0.055
"""Chroma below which a colour is a grey: cream is, tan is not."""
_LOOSE: Final = ("in", "at", "near", "by", "on")
"""Prepositions that users choose without much regard for the place."""
_PLACES: Final = {"moon", "lunar", "ocean"}
PERSON: Final = KINDS["person"].like
_OWN: Final = {"boat": "sailing boat"}
"""The world's names of kinds, where they differ from the lexicon's."""
_KINDS: Final = {name: kind for kind, name in _OWN.items()}


def _nouns() -> Mapping[str, tuple[str, ...]]:
    """The lexicon's nouns for each of the world's subjects.

    Those that tell of a place as well ('a moon rocket') are left out: they would put somebody where no film may.
    """
    found: dict[str, list[str]] = {name: [] for name in SUBJECTS}
    for name, kind in KINDS.items():
        subject = _OWN.get(kind.like or name, kind.like or name)
        found[subject] += [noun for noun in kind.nouns.split(", ")
                           if noun not in SUBJECTS[subject].nouns and not set(noun.split()) & _PLACES]
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
_WORDS: Final = {name: tuple((word, phrase) for word, phrase in LEXICON[name].words.items() if phrase != "the snow")
                 for name in SETTINGS}
"""The lexicon's words for each of the world's settings, with the phrase of each ("" for `under water`); 'in the snow'
is the weather rather than the mountains."""
PHRASES: Final = {name: tuple(phrase for _, phrase in words if phrase) for name, words in _WORDS.items()}
STORMY: Final = ("a stormy sea", "the stormy sea", "stormy waves", "a rough sea", "rough seas", "a raging sea",
                 "the stormy ocean", "a stormy ocean", "huge waves")
"""A sea whose weather is said with it."""
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
    """A colour's lightness (0..1), chroma (some 0.3 at most) and hue (radians) in Oklab (Ottosson, 2020)."""
    red, green, blue = (value / 12.92 if value < 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    across = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    down = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return (0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short, math.hypot(across, down),
            math.atan2(down, across))


def _apart(colour: str, shade: str) -> float:
    """How unlike two colours are, 0 to 1 for those that may stand for each other: greys by lightness, others mostly by
    hue (navy is blue before it is dark); a grey and a colour never."""
    light, chroma, hue = _seen(colour)
    other_light, other_chroma, other_hue = _seen(shade)
    if (chroma < _GREY) != (other_chroma < _GREY):
        return math.inf
    lighter = abs(light - other_light)
    if chroma < _GREY:
        return lighter / 0.4
    turned = abs(hue - other_hue)
    return min(turned, 2 * math.pi - turned) / math.radians(50) + 0.5 * lighter


def _shades(subject: Subject) -> Mapping[str, tuple[str, ...]]:
    """For each colour that `subject` has the words for it, and for those it has not and this is nearest to."""
    found: dict[str, list[str]] = {colour: [] for colour in subject.colours}
    for word, shade in SHADES.items():
        if word in found:
            found[word].append(word)
            continue
        nearest = min(subject.colours, key=lambda colour: _apart(colour, shade))
        if _apart(nearest, shade) <= 1:
            found[nearest].append(word)
    return {colour: tuple(words) for colour, words in found.items()}


CALLED: Final = {name: _shades(subject) for name, subject in SUBJECTS.items() if subject.colours}
"""By subject and colour, what that colour may be called."""
UNHEARD: Final = {
    "car": ("supercar", "caravan", "bulldozer", "trolleybus", "cart"),
    "airplane": ("turboprop", "airbus", "spitfire", "monoplane"), "sailing boat": ("frigate", "windjammer", "brig"),
    "train": ("metro", "tgv", "choo-choo"), "rocket": ("soyuz", "launcher", "booster"),
    "balloon": ("aerostat", "montgolfier"), "bird": ("kingfisher", "cuckoo", "magpie", "turkey"),
    "fish": ("carp", "angelfish", "piranha", "walrus"), "whale": ("cetacean", "moby dick", "rorqual"),
    "butterfly": ("monarch", "swallowtail", "cricket"), "horse": ("steed", "thoroughbred", "gelding", "calf", "doe"),
    "dog": ("pup", "doggy", "bulldog", "greyhound", "mutt", "tomcat", "kitty", "coyote", "grizzly", "chipmunk"),
    "robot": ("automata", "terminator", "mechanoid"),
    "astronaut": ("spacewalker", "toddler", "engineer", "waiter", "guitarist", "photographer"),
    "lighthouse": ("fortress", "minaret", "belfry"), "windmill": ("windpump", "pinwheel"),
}
"""Nouns of which no caption holds a word: how many are read rightly says what unlisted words may expect."""
UNHEARD_PHRASES: Final = {
    "coast road": ("a boardwalk", "a causeway"), "above the clouds": ("the atmosphere", "the firmament"),
    "open sea": ("a fjord", "a pond"), "moon": ("neptune", "a moonscape"), "under water": ("a shipwreck", "a grotto"),
    "desert": ("the kalahari", "a dust bowl"), "snow mountains": ("siberia", "an avalanche"),
    "city": ("brooklyn", "a plaza", "a parking lot", "the capital"), "meadow": ("an orchard", "a golf course"),
    "forest": ("a grove", "a thicket"), "space": ("andromeda", "the heliosphere"), "canyon": ("a chasm", "a defile"),
}
"""The same of places."""


def renamed(clip: Clip, rng: random.Random) -> Clip:
    """`clip` with other words for some of its actors, their colours and what they do; it is to be told, not drawn."""
    return dataclasses.replace(clip, actors=tuple(_called(actor, rng) for actor in clip.actors))


def _called(actor: Actor, rng: random.Random) -> Actor:
    noun = rng.choice(NOUNS[actor.subject]) if rng.random() < SHARE else actor.noun
    colour = actor.colour
    kind, verb = KINDS[_KINDS.get(actor.subject, actor.subject)], actor.verb
    # A verb must not say more of the place than the place does: whales swim fast wherever they are.
    if rng.random() < (SHARE if actor.place == kind.places[0] else SHARE / 2):
        verb = rng.choice((*kind.verbs.calm, *kind.verbs.move, *kind.verbs.fast, *kind.verbs.end))
    if actor.subject == PERSON and not colour and rng.random() < SHARE:
        noun = rng.choice(NAMES)
    if colour and rng.random() < SHARE:
        colour = rng.choice(CALLED[actor.subject][colour])
    return dataclasses.replace(actor, noun=noun, colour=colour, verb=verb)


def alike(clip: Clip) -> Clip:
    """Two of the first actor of `clip`, side by side."""
    return dataclasses.replace(clip, actors=clip.actors[:1] * 2, relation="side by side")


def wording(clip: Clip, seed: int, placed: bool = True) -> str:
    """A caption of `clip`, its place sometimes in other words than the world's own."""
    other = random.Random(f"place/{clip.seed}/{seed}").random() < SHARE
    return caption(clip, seed, placed, whereabouts if other else None)


def whereabouts(clip: Clip, actor: Actor | None, rng: random.Random) -> str:
    """One of the lexicon's phrases for where `actor` is, as its writer would put it and, at times, as users do."""
    known = LEXICON[clip.setting]
    if clip.setting == "open sea" and clip.weather == "storm" and rng.random() < SHARE:
        return f"{'over' if actor is not None and actor.place == 'air' else 'on'} {rng.choice(STORMY)}"
    word, phrase = rng.choice(_WORDS[clip.setting])
    if actor is None or not phrase:
        return phrase or ("the underwater world" if actor is None else "under water")
    if phrase.startswith(("a ", "an ", "the ")) and rng.random() < 0.25:
        return f"{rng.choice(_LOOSE)} {phrase}"
    if word in known.within and actor.place != "air":
        return f"{known.within[word]} {phrase}"
    table = known.moving if SUBJECTS[actor.subject].speed > 0 and rng.random() < 0.5 else known.still
    return f"{rng.choice(table.get(actor.place) or table.get('ground') or next(iter(table.values())))} {phrase}"
