"""Captions of a clip: the same facts in many wordings.

Words listed nowhere here (automobile, ship, jet, android, pony ...) are left to the text encoder: it has to put them
beside the words the world uses.
"""

import random
from typing import Final

from training.world.clip import Actor, Clip
from training.world.settings import SETTINGS

CAMERA_PHRASES: Final = {
    "static": ("static shot of", "fixed camera,", ""),
    "pan": ("panning shot of", "the camera pans across", "pan over"),
    "tracking": ("tracking shot of", "the camera follows", "following"),
    "zoom in": ("zoom in on", "slow zoom towards", "the camera moves closer to"),
    "zoom out": ("zoom out from", "the camera pulls back from", "slow zoom out,"),
    "tilt": ("tilt down to", "the camera tilts down to", "from the sky down to"),
    "close-up": ("close-up of", "a close view of", "close shot of"),
    "wide": ("wide shot of", "a distant view of", "extreme wide shot of"),
}
TIME_PHRASES: Final = {
    "dawn": ("at dawn", "early in the morning", "at sunrise"),
    "day": ("by day", "in bright daylight", "at noon", ""),
    "sunset": ("at sunset", "in the evening light", "at dusk"),
    "night": ("at night", "under a night sky", "in the dark of night"),
}
WEATHER_PHRASES: Final = {
    "clear": ("", "", "under a clear sky"),
    "rain": ("in the rain", "in heavy rain", "on a rainy day"),
    "storm": ("in a storm", "in stormy weather", "during a thunderstorm"),
    "snow": ("in falling snow", "while it is snowing", "in a snowfall"),
    "fog": ("in the fog", "in thick mist", "on a foggy day"),
}
RELATION_PHRASES: Final = {
    "side by side": ("side by side with", "next to", "racing against", "together with"),
    "chasing": ("chasing", "running after", "behind", "pursuing"),
    "passing": ("passing", "overtaking", "going past"),
    "meeting": ("meeting", "face to face with", "coming towards"),
}
# Indoors of nature: no sky, so the time of day shows as light only and reads oddly in words.
_TIMELESS: Final = frozenset({"space", "moon", "under water"})


def caption(clip: Clip, seed: int) -> str:
    """One of many wordings, the same for ever for one (clip, seed)."""
    rng = random.Random(f"{clip.seed}/{seed}")
    camera = rng.choice(CAMERA_PHRASES[clip.camera]) if rng.random() < 0.7 else ""
    setting = rng.choice(SETTINGS[clip.setting].phrases)
    time = "" if clip.setting in _TIMELESS else rng.choice(TIME_PHRASES[clip.time])
    weather = rng.choice(WEATHER_PHRASES[clip.weather])
    first = clip.actors[0]
    action = ("is " if not camera and rng.random() < 0.25 else "") + first.verb
    if clip.relation:
        other = clip.actors[1]
        how = rng.choice(RELATION_PHRASES[clip.relation])
        if clip.relation == "side by side" and rng.random() < 0.4:
            core = f"{named(first)} and {named(other)} {first.verb}" + rng.choice((" side by side", "", " together"))
            parts = [core, setting, time, weather]
        elif rng.random() < 0.5:
            parts = [f"{named(first)} {action}", setting, time, weather + ",", how, named(other)]
        else:
            parts = [f"{named(first)} {how} {named(other)}", setting, time, weather]
    else:
        parts = [f"{named(first)} {action}", setting, time, weather]
    text = " ".join(part for part in [camera, *parts] if part).replace(" ,", ",")
    if not camera and time and rng.random() < 0.15:
        text = f"{time}, " + text.replace(f" {time}", "", 1)
    return text


def named(actor: Actor) -> str:
    """The actor with its article and colour: 'a red car', 'an orange fish'."""
    words = f"{actor.colour} {actor.noun}".strip()
    return ("an " if words[0] in "aeiou" else "a ") + words
