"""Captions of a clip: the same facts in many wordings.

Words listed nowhere here (automobile, ship, jet, android, pony ...) are the text encoder's to put beside the words the
world uses; `synonyms` gives stages that read captions hundreds of them.
"""

import random
from collections.abc import Callable
from typing import Final

from runtime.story.english import article, plural
from runtime.story.subjects import KINDS
from training.world.clip import Actor, Clip
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

Whereabouts = Callable[[Clip, Actor | None, random.Random], str]
"""A phrase for where an actor of a clip is, or for its setting as something to look at."""

CAMERA_PHRASES: Final = {
    "static": ("static shot of", "a still shot of", "a steady shot of", *("",) * 9),
    "pan": ("panning across", "a slow pan over", "the camera pans over", "panning shot of", "the camera pans across"),
    "tracking": ("tracking shot of", "a tracking shot of", "the camera follows", "following"),
    "zoom in": ("zooming in on", "a slow zoom in on", "the camera zooms in on", "zoom in on",
                "the camera moves closer to"),
    "zoom out": ("zooming out from", "a slow zoom out from", "the camera zooms out from", "zoom out from",
                 "the camera pulls back from"),
    "tilt up": ("tilting up to", "the camera tilts up to", "a slow tilt up to", "tilt up to"),
    "tilt down": ("tilting down to", "the camera tilts down to", "a slow tilt down to", "tilt down to"),
    "close-up": ("close-up of", "a close-up of", "a close shot of", "a close view of"),
    "wide": ("wide shot of", "a wide shot of", "a wide view of", "a distant view of"),
}
TIME_PHRASES: Final = {
    "dawn": ("at dawn", "at sunrise", "in the early morning", "in the morning", "at daybreak",
             "at first light"),
    "day": ("by day", "in bright daylight", "at noon", "in daylight", "in the afternoon", "at midday", "", ""),
    "sunset": ("at sunset", "at sunset", "at dusk", "in the evening", "in the evening light", "at twilight",
               "at sundown", "at golden hour"),
    "night": ("at night", "at night", "in the dark of night", "in moonlight", "at midnight", "under a night sky",
              "at nightfall"),
}
WEATHER_PHRASES: Final = {
    "clear": ("", "", "", "under a clear sky", "in clear weather"),
    "rain": ("in the rain", "in falling rain", "in heavy rain", "in a downpour", "in a drizzle",
             "on a rainy day"),
    "storm": ("in a storm", "in the storm", "in stormy weather", "during a thunderstorm", "in a gale",
              "in a tempest", "in a hurricane", "in thunder and lightning"),
    "snow": ("in falling snow", "in the snow", "while it is snowing", "in a snowfall", "in a blizzard",
             "in a snowstorm", "in winter"),
    "fog": ("in fog", "in the fog", "in the mist", "in thick mist", "in the haze", "on a foggy day"),
}
RELATION_PHRASES: Final = {
    "side by side": ("side by side with", "side by side with", "next to", "together with", "beside", "in step with",
                     "close to", "not far from", "neck and neck with"),
    "chasing": ("chasing", "following", "close behind", "right behind", "behind", "pursuing"),
    "passing": ("passing", "overtaking", "going past", "catching up with", "pulling ahead of"),
    "meeting": ("meeting", "face to face with", "coming towards", "facing", "approaching", "coming closer to"),
}
PLACES: Final = {
    "coast road": ("a coast road", "the coast road", "a road by the sea"),
    "above the clouds": ("a sea of clouds", "a wide sea of clouds", "the clouds"),
    "open sea": ("the open sea", "the sea", "the wide sea"),
    "moon": ("the moon", "the surface of the moon", "moon craters"),
    "under water": ("the underwater world", "the deep blue water", "the bottom of the sea"),
    "desert": ("a desert", "the desert", "sand dunes"),
    "snow mountains": ("snow mountains", "snowy mountains", "white peaks"),
    "city": ("a city", "the city", "city towers"),
    "meadow": ("a meadow", "a green meadow", "green hills", "the flowers"),
    "forest": ("a forest", "the forest", "tall trees"),
    "space": ("space", "outer space", "the stars"),
    "canyon": ("a canyon", "the canyon", "red canyon walls"),
}
"""A setting with nobody in it."""

_CHASED: Final = ("chased by", "followed by", "ahead of", "just ahead of", "pursued by", "leading",
                  "escaping from")
"""The same chase told of the one in front."""

_PAST_FIXED: Final = ("passing", "passing", "going past", "near", "not far from", "beside", "leaving behind")
"""Passing what never moves."""

ALONE: Final = ("facing the wind", "facing the waves", "facing the sun", "struggling ahead", "pressing ahead",
                "pushing ahead", "moving ahead", "going ahead", "hurrying past", "going past", "passing by",
                "passing through", "following a path", "following the road", "following the shore",
                "following the stars", "leaving", "leaving it all behind", "leaving the town behind", "looking back",
                "looking ahead", "keeping pace", "staying close", "coming closer", "coming near", "approaching",
                "drawing near", "turning around", "settling down", "flying away", "running away", "escaping",
                "chasing the horizon", "chasing the sun", "chasing its own shadow", "meeting the dawn",
                "reaching the end of the way", "getting ahead", "trying to get away", "waiting", "searching",
                "arriving")
"""What one does alone, in words that mostly tell of two."""

REMARKS: Final = ("far away", "far away in the distance", "seen from afar", "small in the frame", "alone", "all alone",
                  "with nobody else in sight", "nobody else around", "seen from the side", "seen from below",
                  "in slow motion", "at full speed", "long shadows", "soft light", "golden light", "dramatic light",
                  "deep shadows", "dust in the air", "bright colours", "pale colours", "wide and quiet",
                  "calm and silent", "full of hope", "sad and lonely", "a moment of peace", "a last look back",
                  "an endless horizon", "a huge sky", "the wind rising", "the music swells", "as the story begins",
                  "the end of a long journey", "cinematic", "highly detailed", "film grain", "an old photograph",
                  "a masterpiece", "shallow depth of field")
"""What writers put behind a comma that names nobody."""

ADJECTIVES: Final = ("small", "little", "tiny", "big", "large", "huge", "giant", "enormous", "great", "tall", "tough",
                     "heavy", "mighty", "old", "young", "new", "ancient", "modern", "vintage", "antique", "lonely",
                     "lone", "brave", "happy", "sad", "curious", "proud", "wild", "gentle", "friendly", "mysterious",
                     "angry", "tired", "playful", "shy", "clever", "calm", "restless", "cheerful", "lost", "fearless",
                     "silent", "shiny", "rusty", "beautiful", "elegant", "pretty", "strange", "dusty", "battered",
                     "gleaming", "sleek", "strong", "graceful", "magnificent", "majestic", "magical", "famous",
                     "lovely", "cute", "funny", "fast", "slow", "swift", "quick", "speeding", "simple", "single")
"""What writers say of somebody's size, age, mood and looks, and no picture tells."""

SEVERAL: Final = ("two", "two", "two", "two", "a pair of", "a couple of", "three", "several", "some", "many",
                  "a group of", "")
"""Two of a kind, or what has to be drawn as two."""

_PLURALS: Final = {noun: many for kind in KINDS.values() for noun, many in kind.plurals.items()}
"""The irregular ones."""

_ADORNED: Final = 0.25
"""The share of those named who get an adjective; of these so many get a second."""

_EITHER: Final = ("pressing ahead", "pushing ahead", "struggling ahead", "moving ahead", "going ahead", "leaving",
                  "looking back", "looking ahead", "turning around", "waiting", "arriving", "searching", "dashing",
                  "hurrying", "facing the wind", "settling down", "running away", "coming closer")
"""What one does alone and two may do as well."""

_TOGETHER: Final = ("side by side", "side by side", "together", "next to each other", "neck and neck", "", "", "")
_SKYLESS: Final = frozenset({"space", "moon", "under water"})
"""No weather there, and the time of day shows as light only: both read oddly in words."""

_CLOSED: Final = frozenset({"above the clouds", "forest"})
"""Where nobody would say that the sky is clear."""

_PARTICIPLES: Final = ("crossing", "leaving")
"""A place phrase that begins so says what is done as well."""

_QUICK: Final = 0.6
"""Two that are at least so fast may be said to race."""


def caption(clip: Clip, seed: int, placed: bool = True, whereabouts: Whereabouts | None = None) -> str:
    """One of many wordings, the same for ever for one (clip, seed); without a place unless `placed`, in the words of
    `whereabouts` where they are given."""
    rng = random.Random(f"{clip.seed}/{seed}")
    move = clip.camera if clip.camera != "tilt" else ("tilt up" if clip.upward else "tilt down")
    camera = rng.choice(CAMERA_PHRASES[move])
    time, weather = _sky(clip, rng)
    place = whereabouts or _where

    def where(actor: Actor | None) -> str:
        return place(clip, actor, rng) if placed or actor is None else ""

    if not clip.actors:
        parts = [where(None), time, weather]
    elif not clip.relation:
        parts = [_doing(clip.actors[0], where(clip.actors[0]), rng, bool(camera)), time, weather]
    elif named(clip.actors[0]) == named(clip.actors[1]):
        parts = [*_several(clip.actors[0], where(clip.actors[0]), rng), time, weather]
    else:
        parts = _couple(clip, rng, bool(camera), (time, weather), where)
    text = _joined([camera, *parts])
    if not camera and time and "," not in text and rng.random() < 0.15:
        text = f"{time}, " + text.replace(f" {time}", "", 1)
    for actor in clip.actors:
        text = text.replace(named(actor), named(actor, _adjectives(rng)), 1)
    return text


def named(actor: Actor, adjectives: str = "") -> str:
    """The actor with its article and colour: 'a red car', 'an orange fish', 'an old red car'; a name stands alone."""
    if actor.noun[0].isupper():
        return actor.noun
    words = " ".join(filter(None, (adjectives, actor.colour, actor.noun)))
    return f"{article(words)} {words}"


def _adjectives(rng: random.Random) -> str:
    """'old', 'old, lonely' or mostly nothing."""
    if rng.random() >= _ADORNED:
        return ""
    return rng.choice((", ", " ")).join(rng.sample(ADJECTIVES, 2 if rng.random() < _ADORNED else 1))


def _sky(clip: Clip, rng: random.Random) -> tuple[str, str]:
    """The words for the hour and the weather; some hours already tell of a sky."""
    if clip.setting in _SKYLESS:
        return "", ""
    time, weather = rng.choice(TIME_PHRASES[clip.time]), rng.choice(WEATHER_PHRASES[clip.weather])
    if clip.weather == "clear" and ("sky" in time or "light" in time or clip.setting in _CLOSED):
        weather = ""
    if clip.weather != "clear" and ("bright" in time or "moonlight" in time or " sky" in time):
        time = {"day": "by day", "night": "at night"}[clip.time]
    if weather.endswith(" day"):
        # 'On a rainy day' tells the hour too.
        return ("", weather) if clip.time == "day" else (time, WEATHER_PHRASES[clip.weather][0])
    return time, weather


def _where(clip: Clip, actor: Actor | None, rng: random.Random) -> str:
    """A phrase for where `actor` is, fitting its place and whether it moves."""
    if actor is None:
        return rng.choice(PLACES[clip.setting])
    setting = SETTINGS[clip.setting]
    if clip.setting == "open sea" and clip.weather == "storm" and rng.random() < 0.5:
        return rng.choice(("over a stormy sea",) if actor.place == "air" else ("on a stormy sea", "on stormy waves"))
    moving = setting.across if SUBJECTS[actor.subject].speed > 0 else ()
    return rng.choice(setting.elsewhere.get(actor.place, (*setting.phrases, *moving)))


def _doing(actor: Actor, where: str, rng: random.Random, camera: bool, said: str = "") -> str:
    """'a red car racing on a coast road', sometimes without the verb or with 'is'."""
    verb = said or actor.verb
    if where.startswith(_PARTICIPLES) or (not said and rng.random() < 0.1):
        verb = ""
    be = "is" if verb and not camera and rng.random() < 0.2 else ""
    return _joined([named(actor), be, verb, where])


def _couple(clip: Clip, rng: random.Random, camera: bool, sky: tuple[str, str], place: Callable[[Actor], str]
            ) -> list[str]:
    """Two actors: mostly 'A doing something somewhere at some time, how B', else 'A how B somewhere' or 'A and B'."""
    first, other = clip.actors
    how = rng.choice(RELATION_PHRASES[clip.relation])
    if clip.relation == "passing" and SUBJECTS[other.subject].speed == 0:
        how = rng.choice(_PAST_FIXED)
    elif clip.relation == "chasing" and rng.random() < 0.25:
        first, other, how = other, first, rng.choice(_CHASED)
    form = rng.random()
    if form < 0.5:
        return [_doing(first, place(first), rng, camera), *sky, ",", how, named(other)]
    # What both share is said of the one that is nearer to the ground.
    where = place(other if first.place == "air" else first)
    if form < 0.85 and clip.relation == "side by side":
        if form < 0.6 and _quick(first, other):
            return [f"a race between {named(first)} and {named(other)}", where, *sky]
        shared = "" if where.startswith(_PARTICIPLES) else _shared_verb(first, other, rng)
        return [f"{named(first)} and {named(other)}", shared, rng.choice(_TOGETHER), where, *sky]
    if form < 0.65 and clip.relation == "meeting":
        shared = "" if where.startswith(_PARTICIPLES) else rng.choice(("meeting", "meeting", "meeting each other"))
        return [f"{named(first)} and {named(other)}", shared, where, *sky]
    if where.startswith(_PARTICIPLES):
        return [named(first), where, *sky, ",", how, named(other)]
    return [named(first), how, named(other), where, *sky]


def _several(actor: Actor, where: str, rng: random.Random) -> list[str]:
    """'two red cars racing side by side on a coast road', of two who are called the same."""
    noun = _PLURALS.get(actor.noun, plural(actor.noun))
    shared = "" if where.startswith(_PARTICIPLES) else _shared_verb(actor, actor, rng)
    return [rng.choice(SEVERAL), _adjectives(rng), actor.colour, noun, shared, rng.choice(_TOGETHER), where]


def _shared_verb(first: Actor, other: Actor, rng: random.Random) -> str:
    """A verb that fits both: one they have in common, or a neutral one."""
    if rng.random() < 0.25:
        return rng.choice(_EITHER)
    both = [verb for verb in SUBJECTS[first.subject].does(first.place)
            if verb in SUBJECTS[other.subject].does(other.place)]
    return rng.choice(both + ["travelling", "moving"] + ["racing", "racing"] * _quick(first, other))


def _quick(first: Actor, other: Actor) -> bool:
    return min(SUBJECTS[actor.subject].speed for actor in (first, other)) >= _QUICK


def _joined(parts: list[str]) -> str:
    text = " ".join(part for part in parts if part).replace(" ,", ",")
    if "stormy sea" in text or "stormy waves" in text:
        for phrase in WEATHER_PHRASES["storm"]:
            text = text.replace(f" {phrase}", "")
    return text
