"""The shape of a film: which act each scene belongs to, and which shot it is."""

import math
import random
from collections.abc import Sequence
from typing import Final

from runtime.story.actions import ACTS, Shot

_ENERGY: Final = ("calm", "move", "fast", "end")
_FIRST_MEETING: Final = Shot("AB", "beside", "calm", "not far from", ("wide", "pan"))


def acts(scenes: int) -> list[str]:
    """The act of each scene: an opening, rising beats, a climax, an ending, as far as there is room."""
    if scenes < 4:
        return [["climax"], ["opening", "climax"], ["opening", "climax", "ending"]][scenes - 1]
    opening = min(8, math.ceil(scenes / 4))
    climax = min(40, max(1, round(scenes / 5)))
    ending = min(6, max(1, round(scenes / 5)))
    lengths = (opening, scenes - opening - climax - ending, climax, ending)
    return [act for act, length in zip(ACTS, lengths, strict=True) for _ in range(length)]


def shots(act: str, count: int, table: Sequence[Shot], rng: random.Random) -> list[Shot]:
    """`count` shots of an act; the rising act grows in energy, climax and ending close with their last."""
    if act == "opening":
        return _opening(count, table)
    if act == "rising":
        return sorted(_cycle(count, table, rng), key=lambda shot: _ENERGY.index(shot.energy)) if count <= len(table) \
            else _cycle(count, table, rng)
    if count <= len(table):
        return [*table[:count - 1], table[-1]]
    return [*_cycle(count - 1, table[:-1], rng), table[-1]]


def _opening(count: int, table: Sequence[Shot]) -> list[Shot]:
    """The place, then who is there; with one or two scenes there is no time for the place alone."""
    people = [shot for shot in table if shot.who] or list(table)
    pair = any(shot.who == "B" for shot in people)
    if count == 1:
        return [_FIRST_MEETING if pair else people[0]]
    if count == 2:
        return people[:2]
    return [(table if index < len(table) else people)[index % len(table if index < len(table) else people)]
            for index in range(count)]


def _cycle(count: int, table: Sequence[Shot], rng: random.Random) -> list[Shot]:
    """`count` shots drawn without repeating one before all have been seen, and never the same twice running."""
    found: list[Shot] = []
    while len(found) < count:
        deck = rng.sample(list(table), len(table))
        if found and len(deck) > 1 and deck[0] == found[-1]:
            deck.append(deck.pop(0))
        found.extend(deck)
    return found[:count]
