"""Other words for those whom clips show: a dog may be called a puppy or a cat, a car a lorry.

Captions name the world's subjects by one to three nouns each. Users name hundreds of things, most of which the world
lacks. The lexicon of the app's writer sorts them by kind, and of each kind the world has one: that is what a model
should draw for all of them, rather than whatever a word happens to lie next to. A person is nearest to an astronaut.
"""

import dataclasses
import random
from collections.abc import Mapping
from typing import Final

from runtime.story.subjects import KINDS
from training.world.clip import Clip
from training.world.subjects import SUBJECTS

SHARE: Final = 0.6
"""The share of actors that are called by another noun than the world's own."""
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


def renamed(clip: Clip, rng: random.Random) -> Clip:
    """`clip` with some of its actors under other nouns; everything else about it stays."""
    actors = tuple(dataclasses.replace(actor, noun=rng.choice(NOUNS[actor.subject])) if rng.random() < SHARE else actor
                   for actor in clip.actors)
    return dataclasses.replace(clip, actors=actors)
