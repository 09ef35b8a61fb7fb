"""Which of a film's characters a model was never taught to draw, and what it will draw for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from runtime.screenplay import Screenplay
from runtime.story.english import COUNTS, DETERMINERS, article, listing, singular
from runtime.story.parse import read
from runtime.story.phrases import COLLECTIVES
from runtime.story.reading import Subject
from runtime.story.subjects import KINDS, kind_of
from runtime.story.tokens import matches, tokens

Taught = Mapping[str, Sequence[str]]
"""The subjects a model learned from, each with the nouns they go by: {"airplane": ("airplane", "plane")}."""

_SINGULARS: Final = {kind.many(noun): noun for kind in KINDS.values() for noun in kind.nouns.split(", ")}
_LONGEST: Final = 40


def untaught(descriptions: Iterable[str], taught: Taught) -> dict[str, str]:
    """Whom of those described `taught` does not name: in few words -> the subject of the same kind, "" for none.

    `a panda` is no dog, but of a dog's kind, which a model that reads free text will often draw for it.
    """
    named = {_plain(noun): name for name, nouns in taught.items() for noun in (name, *nouns)}
    akin = {match.value: name for noun, name in named.items() for match in matches(tokens(noun))}
    found: dict[str, str] = {}
    for description in descriptions:
        who, noun, kind = _meant(description)
        if who and not {_plain(noun), _one(noun)} & named.keys():
            found[who] = akin.get(kind_of(kind).like or kind, "")
    return found


def warning(screenplay: Screenplay, taught: Taught, model: str) -> str:
    """One sentence on characters whom `model` does not know, and what it draws for them; "" when there are none.

    A model that says nothing of what it was taught (`taught` empty) is taken to know everything.
    """
    strangers = untaught((one.description for one in screenplay.characters), taught) if taught else {}
    said = []
    if drawn := [f"{who} as {article(like)} {like}" for who, like in strangers.items() if like]:
        said.append(f"draws {listing(drawn)}, the nearest it was taught")
    if unknown := [who for who, like in strangers.items() if not like]:
        said.append(f"knows nothing like {listing(unknown)}, only {listing(sorted(taught))}")
    return f"{model} {', and '.join(said)}" if said else ""


def _meant(description: str) -> tuple[str, str, str]:
    """Whom a description means: in few words, their noun, their kind; three times "" for nobody."""
    words = tokens(description)
    if not words or not any(map(str.isalpha, description)):
        return "", "", ""
    opens = words[0].low in DETERMINERS or words[0].low in COUNTS
    reading = read(f"there is {description}" if opens else description)
    known = [one for one in reading.cast
             if one.kind != "words" and one.noun not in COLLECTIVES and not _only_named(one)]
    if known:
        return _told(known[0])
    short = description if len(description) <= _LONGEST else description[:_LONGEST - 1] + "…"
    if all(word.text[:1].isupper() for word in words):
        return short, "", "person"  # a name
    return (short, "", "") if reading.cast or not reading.spots else ("", "", "")


def _told(subject: Subject) -> tuple[str, str, str]:
    """As `_meant`. What the lexicon lacks is of its last word's kind: a scruffy duck is a duck."""
    noun, kind = _one(subject.noun), subject.kind
    if kind in {"thing", "object"}:
        last = [match for match in matches(tokens(f"a {noun.split()[-1]}")) if match.what == "subject"]
        noun, kind = (last[0].word, last[0].value) if last else (noun, kind)
    if kind in {"thing", "object"}:
        return subject.description, noun, kind
    return f"{article(noun)} {noun}", noun, kind


def _one(noun: str) -> str:
    """A noun in the singular, in small letters."""
    low = _plain(noun)
    return _SINGULARS.get(low, singular(low))


def _plain(noun: str) -> str:
    return noun.lower().replace("-", " ")


def _only_named(subject: Subject) -> bool:
    """Whether nothing is known of somebody but a name."""
    return subject.kind == "person" and not subject.determiner and not subject.plural
