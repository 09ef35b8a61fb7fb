"""An idea read: who is in it, where, when, and what happens. No model, no guesses beyond the words."""

import itertools
from typing import Final

from runtime.story.actions import ACTIONS, PREFERENCE, TONE_WORDS
from runtime.story.english import (
    ARTICLES,
    CONJUNCTIONS,
    COUNTS,
    DETERMINERS,
    LOCATIVE,
    VERBS,
    is_function_word,
    vocabulary,
)
from runtime.story.phrases import COLLECTIVES, Phrase, Reader
from runtime.story.places import SETTINGS, TIME_USER, TIME_WORDS
from runtime.story.reading import MAX_CHARS, Reading, Role, Spot, Subject
from runtime.story.subjects import kind_of
from runtime.story.tokens import Match, matches, tokens

MOST: Final = 4
"""Most characters a film follows."""

_MOST_WORDS: Final = 8
_NOT_THINGS: Final = vocabulary("""
    story film movie tale video clip scene adventure life day days night time way end beginning middle edge top bottom
    side world dream dreams kind sort bit lot moment thing things one ones another other each hero love friendship
    danger trouble peace war fun distance air horizon sun wind light darkness shadow shadows journey trip race chase
    battle fight meeting rescue search quest flight voyage dance party home sunset sunrise storm hurry
    name title short cartoon animation documentary thriller comedy drama romance musical trailer
    advert commercial year years week hour minute
    second seconds speed help hunt escape expedition mission encounter competition contest duel homecoming return rest
    start finish people rain snow fog
""")
_SEEKING: Final = ("in search of", "looking for", "look for", "looks for", "searching for", "search for",
"searches for",
                   "hunting for", "trying to find", "tries to find", "wants to find", "longing for", "longs for",
                   "waiting for", "waits for", "dreaming of", "dreams of", "quest for", "seeking", "seeks", "seek",
                   "finding", "finds")
_TO: Final = frozenset({"to", "toward", "towards", "into", "onto", "for"})
_INSIDE: Final = frozenset({"in", "on", "inside", "at", "through", "within", "to", "into", "onto", "under"})
_ABOVE: Final = frozenset({"stars", "moon", "sky", "clouds", "skies", "heavens", "galaxy", "milky way"})
"""What one looks at, or stands under, without being there."""
_LEAVE: Final = vocabulary("leave leaves leaving")
_FROM: Final = _LEAVE | {"from", "off"}
_REACH: Final = vocabulary("reach reaches reaching enter enters entering visit visits visiting")
_SOMEONE: Final = {"he": ("a", "man"), "she": ("a", "woman"), "i": ("a", "person"), "we": ("two", "people"),
                   "they": ("two", "people")}
"""Who is meant by a pronoun that opens an idea: nobody was named before."""
_BECOME: Final = vocabulary("become becomes became becoming")
_ARE: Final = vocabulary("are were")


def read(idea: str) -> Reading:
    """Everything the lexicon and a little grammar find in `idea`; no cast for a mere place, hour or weather."""
    words = tokens(idea)
    reader = Reader(words, matches(words))
    lows = [token.low for token in words]
    seeking = _seeking(lows)
    spots, cast, starts = _known(reader)
    action = _action([low if not used else "|" for low, used in zip(lows, reader.used, strict=True)])
    goal, goal_subject = _goal(reader, seeking, cast, starts)
    _someone(reader, cast, starts)
    _free(reader, cast, starts, spots)
    cast.sort(key=lambda subject: starts[subject])
    if goal_subject in cast and len(cast) > 1:
        cast.remove(goal_subject)
    else:
        goal_subject = None
    if not cast and (not reader.found or any(_says(reader, index) for index in range(len(words)))):
        cast = [_fallback(idea, reader)]
    weather = next((match for match in reader.found if match.what == "weather"), None)
    said = (weather.value, _weather_phrase(reader, weather)) if weather else ("", "")
    return Reading(cast=tuple(_merged(cast)[:MOST]), goal=goal, goal_subject=goal_subject, spots=tuple(spots),
                   times=_times(reader, spots), weather=said, action=action, tone=_tone(lows), words=lows)


def _action(lows: list[str]) -> str:
    text = f" {' '.join(lows)} "
    named = {name for name, action in ACTIONS.items()
             if any(f" {word} " in text for word in action.words.split(", ") if word)}
    if "search" in named and named & {"meeting", "explore", "home"}:
        return "search"
    return next((name for name in PREFERENCE if name in named), "")


def _tone(lows: list[str]) -> str:
    words = set(lows)
    scores = {tone: len(words & set(said.split())) for tone, said in TONE_WORDS.items()}
    best = max(scores, key=lambda tone: scores[tone])
    return best if scores[best] else ""


def _seeking(lows: list[str]) -> int:
    """The index of the first word of what is sought, or -1."""
    for said in _SEEKING:
        parts = said.split()
        for index in range(len(lows) - len(parts)):
            if lows[index:index + len(parts)] == parts:
                return index + len(parts)
    return -1


def _known(reader: Reader) -> tuple[list[Spot], list[Subject], dict[Subject, int]]:
    """Places and subjects around the words the lexicon knows."""
    spots: list[Spot] = []
    cast: list[Subject] = []
    starts: dict[Subject, int] = {}
    heads = [match for match in reader.found if match.what in {"subject", "setting"}]
    for match, following in itertools.zip_longest(heads, heads[1:]):
        if match.what == "subject" and match.word in COLLECTIVES and reader.low(match.end) == "of":
            continue
        if following and _describes_next(reader, match, following):
            if match.what == "setting":
                spots.append(Spot(match.value, "", word=match.word))
            continue
        phrase = reader.before(match.start, match.end)
        before = reader.low(phrase.start - 1) if phrase.start else ""
        if match.what == "setting":
            if not (match.word in _ABOVE and before == "at"):
                spots.append(_spot(reader, phrase, match))
        elif cast and kind_of(match.value).fixed and before in _INSIDE:
            spots.append(_free_spot(reader, phrase.start, match.end, before))
        elif cast and (before in _BECOME or (before in _ARE and not phrase.determiner)):
            reader.use(phrase.start, match.end)  # "become friends" are no third ones
        elif not (cast and before in {"like", "as"}):  # "flying like a bird" has no bird in it
            subject = reader.subject(phrase, match)
            cast.append(subject)
            starts.setdefault(subject, phrase.start)
    return [spot for spot in spots if spot.phrase or not any(other.phrase for other in spots)], cast, starts


def _free_spot(reader: Reader, start: int, end: int, preposition: str) -> Spot:
    """A place in the user's words that is none of the settings."""
    said = reader.text(start, end)[:MAX_CHARS]
    reader.use(start, end)
    return Spot("", said, preposition, role=_role(preposition))


def _role(preposition: str) -> Role:
    return "to" if preposition in _TO | _REACH else "from" if preposition in _FROM else "at"


def _describes_next(reader: Reader, match: Match, following: Match) -> bool:
    """Whether a known noun stands right before another and so describes it (`a robot dog`, `a mountain train`)."""
    phrase = reader.before(following.start, following.end)
    return phrase.head <= match.start and following.what == "subject"


def _spot(reader: Reader, phrase: Phrase, match: Match) -> Spot:
    setting = SETTINGS[match.value]
    preposition = reader.low(phrase.start - 1) if phrase.start else ""
    start = phrase.start
    if reader.low(start - 1) == "of" and reader.low(start - 2) in {"edge", "end", "top", "bottom", "middle", "heart",
    "shore"}:
        start -= 4 if reader.low(start - 3) in DETERMINERS else 3
        start = max(start, 0)
        preposition = reader.low(start - 1)
    reader.use(start, match.end)
    if phrase.determiner or start != phrase.start:
        said = reader.text(start, match.end)
    else:
        adjectives = reader.text(phrase.head, match.start)
        base = setting.words.get(match.word, match.word)
        if base == match.word:
            base = reader.text(match.start, match.end)
        said = _with_adjectives(base, adjectives) if base else ""
    if match.word in _ABOVE and preposition in {"under", "beneath", "below"}:
        return Spot("", said, preposition, match.word)
    return Spot(match.value, said[:MAX_CHARS], preposition if preposition in LOCATIVE else "", match.word,
                _role(preposition))


def _with_adjectives(base: str, adjectives: str) -> str:
    if not adjectives:
        return base
    article, _, rest = base.partition(" ")
    return f"{'the' if article in ARTICLES else article} {adjectives} {rest}" if article in {"a", "an",
    "the"} and rest \
        else f"{adjectives} {base}"


def _goal(reader: Reader, index: int, cast: list[Subject], starts: dict[Subject, int]) -> tuple[str, Subject | None]:
    """What is sought: one of the cast when it begins there, else the words up to the next preposition."""
    if index < 0 or index >= len(reader.words):
        return "", None
    if reader.low(index).endswith("ing"):
        return "", None
    subject = next((one for one in cast if starts[one] == index), None)
    if subject:
        return subject.description, subject
    end = index
    while end < len(reader.words) and end - index < 6 and not reader.used[end]:
        low = reader.low(end)
        if end > index and (reader.words[end].gap or low in LOCATIVE or low in CONJUNCTIONS or low in VERBS
                            or low in TIME_WORDS):
            break
        end += 1
    goal = reader.text(index, end)
    reader.use(index, end)
    return goal[:MAX_CHARS], None


def _someone(reader: Reader, cast: list[Subject], starts: dict[Subject, int]) -> None:
    """The one whom the idea only calls `he` or `she`."""
    if reader.low(0) in _SOMEONE:
        determiner, noun = _SOMEONE[reader.low(0)]
        subject = Subject("person", determiner, (), noun, plural=determiner in COUNTS)
        reader.use(0, 1)
        cast.append(subject)
        starts.setdefault(subject, 0)


def _free(reader: Reader, cast: list[Subject], starts: dict[Subject, int], spots: list[Spot]) -> None:
    """Noun phrases of words nobody listed: a place after a preposition of place, else a subject."""
    for index in range(len(reader.words)):
        if reader.used[index]:
            continue
        if reader.low(index) in DETERMINERS and reader.english:
            phrase = reader.free(index)
            before = reader.low(index - 1) if index else ""
            relative = reader.low(index) == "that" and bool(before) and reader.used[index - 1]
            if phrase is None or relative or reader.low(index) == "no" or _is_no_thing(reader, phrase):
                continue
            there = before in LOCATIVE and before not in {"by", "as", "via", "against", "off"}
            if there or (cast and before in _LEAVE | _REACH):
                spots.append(_free_spot(reader, phrase.start, phrase.end, before))
                continue
            reader.use(phrase.start, phrase.end)
            if before not in {"of", "about"} or not cast:
                many = phrase.determiner in COUNTS
                kind = "object" if cast and before in VERBS else "thing"
                subject = Subject(kind, phrase.determiner, (), reader.text(phrase.head, phrase.end), plural=many)
                cast.append(subject)
                starts.setdefault(subject, index)
        elif _is_name(reader, index):
            end = index + 1
            while end < len(reader.words) and reader.words[end].text[:1].isupper() and not (
                    reader.words[end].gap or reader.used[end] or end in reader.known):
                end += 1
            subject = Subject("person", "", (), reader.text(index, end))
            reader.use(index, end)
            cast.append(subject)
            starts.setdefault(subject, index)


def _is_no_thing(reader: Reader, phrase: Phrase) -> bool:
    """Whether a phrase names the film, a time or what happens rather than something to be seen."""
    inside = {reader.low(index) for index in range(phrase.head, phrase.end)}
    listed = any(index in reader.known for index in range(phrase.head, phrase.end))
    return listed or reader.low(phrase.end - 1) in _NOT_THINGS or bool(inside & {"story", "film", "movie", "video"})


def _is_name(reader: Reader, index: int) -> bool:
    """Whether an unlisted word with a capital is most likely someone's name."""
    token = reader.words[index]
    if not reader.english or index in reader.known or not token.text[:1].isupper() or token.text.isupper():
        return False
    if token.low in DETERMINERS or is_function_word(token.low) or token.low in _NOT_THINGS or len(token.low) < 2:
        return False
    if index and not any(mark in token.gap for mark in ".!?"):
        return reader.low(index - 1) not in LOCATIVE
    following = reader.low(index + 1)
    return following == "and" or following in VERBS


def _says(reader: Reader, index: int) -> bool:
    """Whether word `index` is neither grammar nor already understood."""
    low = reader.low(index)
    return not (reader.used[index] or index in reader.known or low in DETERMINERS or is_function_word(low)
                or low in _NOT_THINGS)


def _fallback(idea: str, reader: Reader) -> Subject:
    """The user's words themselves, when nothing in them could be told apart."""
    count = len(reader.words)
    start = next((index for index in range(count) if _says(reader, index)), 0) if any(reader.used) else 0
    end = start
    while end < count and not reader.used[end] and end - start < _MOST_WORDS:
        end += 1
    while any(reader.used) and end > start + 1 and is_function_word(reader.low(end - 1)):
        end -= 1
    said = reader.text(start, end) or " ".join(idea.split())
    return Subject("words", "", (), said[:MAX_CHARS].strip(), verbatim=True)


def _merged(cast: list[Subject]) -> list[Subject]:
    """The cast without repeats: `the robot` after `a small robot` is the same one."""
    kept: list[Subject] = []
    for subject in cast:
        back = subject.determiner in {"the", "this", "that"} and not subject.adjectives
        if any(subject == one or (back and subject.noun == one.noun) for one in kept):
            continue
        kept.append(subject)
    return kept


def _times(reader: Reader, spots: list[Spot]) -> tuple[tuple[str, str], ...]:
    """Times of day in the order of a day, each once, with the user's own word for it where it can be said."""
    said: dict[str, str] = {}
    for match in reader.found:
        if match.what == "time" and not (match.word == "day" and reader.low(match.start - 1) in {"a", "one", "every"}):
            said.setdefault(match.value, TIME_USER.get(match.word, ""))
    if not said and any(spot.word in {"stars", "moon", "milky way", "galaxy"} and not spot.setting for spot in spots):
        said["night"] = ""
    return tuple((time, said[time]) for time in ("dawn", "day", "sunset", "night") if time in said)


def _weather_phrase(reader: Reader, match: Match) -> str:
    """`in a storm`, `in a heavy blizzard`: the user's noun for the weather; "" when it was another word."""
    phrase = reader.before(match.start, match.end)
    if not phrase.determiner or not phrase.start or reader.low(phrase.start - 1) not in {"in", "through", "during"}:
        return ""
    return f"in {reader.text(phrase.start, match.end)}"[:MAX_CHARS]
