"""Which of a film's characters a model was never taught to draw."""

from collections.abc import Iterable, Mapping, Sequence

from runtime.story.english import article, listing, singular
from runtime.story.parse import read
from runtime.story.reading import Subject
from runtime.story.subjects import kind_of
from runtime.story.tokens import matches, tokens

Taught = Mapping[str, Sequence[str]]
"""The subjects a model learned from, each with the nouns they go by: {"airplane": ("airplane", "plane")}."""


def untaught(descriptions: Iterable[str], taught: Taught) -> dict[str, str]:
    """Whom of those described `taught` does not name: in few words -> the subject of the same kind, "" for none.

    `a panda` is no dog, but of a dog's kind. A model that reads free text will often draw one for it.
    """
    named = {noun.lower(): name for name, nouns in taught.items() for noun in (name, *nouns)}
    akin = {match.value: name for noun, name in named.items() for match in matches(tokens(noun))}
    found: dict[str, str] = {}
    for description in descriptions:
        reading = read(description)
        told = [one for one in reading.cast if one.kind != "words" and not _is_name(one)]
        if not told and (reading.cast or not reading.spots):
            found[description] = ""
        for one in told[:1]:
            noun = one.noun.lower()
            if not {noun, singular(noun)} & named.keys():
                noun = singular(noun) if one.plural else noun
                found[f"{article(noun)} {noun}"] = akin.get(kind_of(one.kind).like or one.kind, "")
    return found


def _is_name(subject: Subject) -> bool:
    """Whether nothing is known of somebody but a name, which tells no model anything."""
    return subject.kind == "person" and not subject.determiner and not subject.plural


def warning(descriptions: Iterable[str], taught: Taught) -> str:
    """One sentence on those whom the model does not know, and what it does; "" when there are none.

    A model that says nothing of what it was taught (`taught` empty) is taken to know everything.
    """
    strangers = untaught(descriptions, taught) if taught else {}
    if not strangers:
        return ""
    said = [f"{who} (may look like {article(like)} {like})" if like else who for who, like in strangers.items()]
    return f"this model was not taught to draw {listing(said)}; it knows {listing(sorted(taught))}"
