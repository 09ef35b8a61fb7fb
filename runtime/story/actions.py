"""What can happen, as data: the words for each action, the tone it brings, and its shots act by act.

A `Shot` says who is in it and how: the writer puts in the names, the verbs and the place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Energy = Literal["calm", "move", "fast", "end"]
Form = Literal["place", "solo", "do", "beside", "together", "go"]
"""How a caption is put together (A and B are the two subjects, V the subject's own verb for the shot's energy):

place     the setting alone
solo      A V place                           or A `words` place when words are given
do        A `words` B place                   a red car overtaking a yellow airplane on a coast road
beside    A V place, `words` B                a red car racing on a coast road, side by side with a yellow airplane
together  A and B `words` place               a red car and a yellow airplane racing neck and neck on a coast road
go        A (and B) `words` the place itself  a red rocket leaving the moon
"""


@dataclass(frozen=True)
class Shot:
    """One beat: who (`AB`: the pair, `BA`: the other way round, `A`, `B`, or nobody), its form, energy and cameras."""

    who: Literal["", "A", "B", "AB", "BA"]
    form: Form
    energy: Energy
    words: str = ""
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """A kind of story.

    `words` are matched against the idea (lower case, comma separated). `pair` holds the shots for two subjects or more
    and `solo` those for one, by act. `says` is the logline's verb phrase for several subjects and `says_solo` for one;
    `titles` may use {A}, {B} (without article) and {place}.
    """

    words: str
    tone: str
    says: str
    says_solo: str
    titles: tuple[str, ...]
    pair: Mapping[str, tuple[Shot, ...]]
    solo: Mapping[str, tuple[Shot, ...]]
    roams: bool = False


SCENERY: Final = tuple(Shot("", "place", "calm", "", (camera,))
                       for camera in ("wide", "pan", "tilt", "zoom in", "static", "zoom out"))
"""The shots of a film about a place, an hour or the weather, with nobody in it."""

FOUND: Final = (
    Shot("A", "solo", "end", "next to {goal}", ("static", "zoom in")),
    Shot("A", "solo", "move", "moving on with {goal}", ("tracking", "pan")),
    Shot("A", "solo", "end", "side by side with {goal}", ("zoom out", "wide")),
)
"""How a search ends when the one who was sought can be shown."""

ACTS: Final = ("opening", "rising", "climax", "ending")

_WIDE: Final = ("wide", "pan", "static")
_NEAR: Final = ("close-up", "zoom in")
_GO: Final = ("tracking", "static", "wide", "pan")


def _solo(who: Literal["A", "B"], energy: Energy, words: str = "", cameras: tuple[str, ...] = ()) -> Shot:
    return Shot(who, "solo", energy, words, cameras)


def _do(words: str, energy: Energy = "fast", who: Literal["AB", "BA"] = "AB", cameras: tuple[str, ...] = _GO) -> Shot:
    return Shot(who, "do", energy, words, cameras)


def _by(words: str, energy: Energy, who: Literal["AB", "BA"] = "AB", cameras: tuple[str, ...] = _GO) -> Shot:
    return Shot(who, "beside", energy, words, cameras)


def _two(words: str, energy: Energy, cameras: tuple[str, ...] = _WIDE) -> Shot:
    return Shot("AB", "together", energy, words, cameras)


_PLACE: Final = Shot("", "place", "calm", "", ("wide", "pan", "tilt"))
_PAIR_OPENING: Final = (
    _PLACE,
    _solo("A", "calm", "", ("wide", "static")), _solo("B", "calm", "", ("tilt", "zoom in", "pan")),
    _solo("A", "move", "", ("tracking", "pan")), _solo("B", "move", "", ("tracking", "close-up")),
)
_SOLO_OPENING: Final = (
    _PLACE,
    _solo("A", "calm", "", ("wide", "static")), _solo("A", "move", "", ("tilt", "pan")),
    _solo("A", "calm", "", _NEAR), _solo("A", "move", "setting out", ("tracking", "pan")),
)
_SOLO_RISING: Final = (
    _solo("A", "move", "", _GO), _solo("A", "fast", "", ("tracking",)), _solo("A", "move", "", _NEAR),
    _solo("A", "move", "far away", ("wide", "zoom out")), _solo("A", "fast", "", ("pan", "static")),
    _solo("A", "move", "", ("tilt", "static")), _solo("A", "calm", "", _NEAR),
)
_SOLO_CLIMAX: Final = (
    _solo("A", "fast", "", ("tracking",)), _solo("A", "fast", "", ("close-up",)),
    _solo("A", "fast", "", ("zoom in", "pan")),
)
_SOLO_ENDING: Final = (
    _solo("A", "end", "", _NEAR), _solo("A", "end", "", ("static", "pan")),
    _solo("A", "end", "far away", ("wide", "zoom out")),
)
_SOLO: Final = {"opening": _SOLO_OPENING, "rising": _SOLO_RISING, "climax": _SOLO_CLIMAX, "ending": _SOLO_ENDING}
_PAIR_ENDING: Final = (
    _by("next to", "end", cameras=("static", "close-up")), _solo("B", "end", "", _NEAR),
    _two("moving on side by side", "end", ("zoom out", "wide")),
)


ACTIONS: Final[Mapping[str, Action]] = {
    "race": Action(
        "race, races, racing, raced, compete, competes, competing, competition, contest, duel of speed, rally, "
        "grand prix, outrun, outruns, speed contest, sprint, derby, regatta, faster than, beats, overtake, overtakes, "
        "overtaking, versus, vs, against each other, marathon",
        "epic", "race each other", "races against time",
        ("The Great Race", "Neck and Neck", "{A} Against {B}", "The Race", "{A} and {B}: The Race"),
        {"opening": (_PLACE, _solo("A", "calm", "", ("zoom in", "static")),
                     _solo("B", "calm", "", ("tilt", "close-up")), _two("moving side by side to the start", "calm"),
                     _two("setting off side by side", "move", ("tracking", "pan"))),
         "rising": (_by("side by side with", "fast"), _do("overtaking"), _by("close behind", "fast", "BA"),
                    _solo("A", "fast", "", ("close-up",)), _do("passing", who="BA"), _solo("B", "fast", "", _NEAR),
                    _by("just ahead of", "fast"), _do("catching up with", who="BA", cameras=("zoom in", "tracking")),
                    _by("followed by", "fast", "BA", ("tilt", "pan"))),
         "climax": (_two("racing neck and neck", "fast", ("tracking", "close-up")),
                    _do("pulling ahead of", who="BA", cameras=("zoom in", "pan")),
                    _do("overtaking", cameras=("tracking",)),
                    _two("racing side by side for the finish", "fast", ("static", "tracking"))),
         "ending": (_two("crossing the finish side by side", "fast", ("static", "wide")), _solo("B", "end", "", _NEAR),
                    _by("next to", "end", cameras=("pan", "static")),
                    _two("moving on side by side", "end", ("zoom out",)))},
        _SOLO, roams=True),
    "chase": Action(
        "chase, chases, chasing, chased, pursuit, pursue, pursues, pursuing, hunt, hunts, hunted, escape, escapes, "
        "escaping, escaped, flee, flees, fleeing, run away, runs away, running away, on the run, getaway, catch, "
        "catches, follow, follows, following, followed, heist",
        "tense", "chase each other", "is on the run",
        ("The Chase", "Run, {B}, Run", "{A} on the Trail", "The Long Chase"),
        {"opening": (_PLACE, _solo("B", "calm", "", ("static", "wide")), _solo("A", "calm", "", _NEAR),
                     _solo("B", "move", "", ("pan", "tracking")), _by("far behind", "move", cameras=("wide",))),
         "rising": (_do("chasing"), _solo("B", "fast", "", ("close-up",)), _by("close behind", "fast"),
                    _solo("A", "fast", "", ("close-up", "tilt")), _by("chased by", "fast", "BA"),
                    _do("escaping from", who="BA", cameras=("zoom out", "pan")), _do("following", "move"),
                    _by("just ahead of", "fast", "BA")),
         "climax": (_do("catching up with", cameras=("zoom in", "tracking")), _by("right behind", "fast"),
                    _by("chased by", "fast", "BA", ("close-up", "tracking")),
                    _do("meeting", cameras=("close-up", "zoom in"))),
         "ending": (_do("facing", "end", cameras=("static", "close-up")), _solo("B", "end", "", ("pan", "zoom in")),
                    _by("next to", "end", cameras=("wide", "zoom out")))},
        _SOLO, roams=True),
    "search": Action(
        "look for, looks for, looking for, search, searches, searching, search for, in search of, seek, seeks, "
        "seeking, quest, hunt for, hunting for, hunts for, trying to find, tries to find, wants to find, find, finds, "
        "finding, longing for, longs for, dreams of, dream of, dreaming of, waiting for, waits for, wishes for",
        "mysterious", "go in search of {goal}", "goes in search of {goal}",
        ("The Search", "{A} Looking for {goal}", "Somewhere Out There", "The Long Search"),
        {"opening": _PAIR_OPENING,
         "rising": (_two("searching side by side", "move", _GO), _solo("A", "move", "searching for {goal}", _GO),
                    _by("close behind", "move", "BA"), _solo("B", "calm", "", _NEAR),
                    _do("following", "move", "BA"), _solo("A", "calm", "", ("tilt", "static"))),
         "climax": (_solo("A", "fast", "", ("tracking",)), _two("searching for {goal}", "fast", ("zoom in",)),
                    _solo("A", "calm", "finding {goal}", ("close-up", "zoom in"))),
         "ending": _PAIR_ENDING},
        {"opening": (_PLACE, _solo("A", "calm", "", ("wide", "static")), _solo("A", "calm", "", ("close-up",)),
                     _solo("A", "move", "setting out to find {goal}", ("pan",)),
                     _solo("A", "move", "", ("tracking",))),
         "rising": (_solo("A", "move", "searching for {goal}", _GO), _solo("A", "calm", "", _NEAR),
                    _solo("A", "move", "", ("tracking", "pan")), _solo("A", "move", "far away", ("wide", "zoom out")),
                    _solo("A", "calm", "moving on alone", ("static", "tilt")), _solo("A", "move", "", ("tilt", "pan"))),
         "climax": (_solo("A", "fast", "", ("tracking",)), _solo("A", "calm", "coming closer", ("zoom in",)),
                    _solo("A", "calm", "finding {goal}", ("close-up",))),
         "ending": _SOLO_ENDING}, roams=True),
    "rescue": Action(
        "rescue, rescues, rescuing, rescued, save, saves, saving, saved, help, helps, helping, helped, protect, "
        "protects, protecting, survive, survives, surviving, guide, guides, guiding",
        "dramatic", "face danger and are saved", "faces danger and finds a way out",
        ("The Rescue", "{A} to the Rescue", "Hold On", "Against the Odds"),
        {"opening": (_PLACE, _solo("B", "calm", "", ("wide", "static")), _solo("A", "calm", "", _NEAR),
                     _solo("B", "move", "", ("tracking", "pan")), _solo("A", "move", "", ("tracking", "tilt"))),
         "rising": (_solo("B", "calm", "in danger", ("zoom in", "close-up")), _solo("A", "fast", "", _GO),
                    _do("searching for", "move"), _solo("B", "calm", "moving slowly", ("tilt", "static", "wide")),
                    _solo("A", "fast", "", ("close-up", "zoom in")), _do("coming closer to")),
         "climax": (_do("reaching", cameras=("zoom in", "tracking")),
                    _do("rescuing", cameras=("close-up", "tracking")),
                    _do("leading", "move", cameras=("pan", "tracking"))),
         "ending": (_by("safe beside", "end", "BA", ("static", "close-up")),
                    _do("bringing home", "end", cameras=("pan",)),
                    _two("moving on side by side", "end", ("zoom out", "wide")))},
        {"opening": _SOLO_OPENING,
         "rising": (_solo("A", "fast", "", _GO), _solo("A", "calm", "in danger", _NEAR),
                    _solo("A", "fast", "", ("pan",)), _solo("A", "move", "struggling ahead", ("tracking", "tilt"))),
         "climax": _SOLO_CLIMAX,
         "ending": _SOLO_ENDING}),
    "fight": Action(
        "fight, fights, fighting, fought, battle, battles, battling, war, attack, attacks, attacking, duel, struggle, "
        "struggles, struggling, clash, clashes, versus each other, defeat, defeats, destroy, destroys, shipwreck",
        "dramatic", "clash", "struggles against all odds",
        ("The Battle", "{A} Against {B}", "Storm and Fury", "The Duel"),
        {"opening": _PAIR_OPENING,
         "rising": (_do("approaching", "move", cameras=("wide", "tracking")),
                    _do("facing", "calm", cameras=("static", "pan")), _do("circling", "move"),
                    _solo("A", "fast", "", _NEAR), _do("charging at", who="BA"),
                    _solo("B", "fast", "", ("close-up", "tilt")), _do("attacking")),
         "climax": (_two("clashing", "fast", ("close-up", "zoom in")), _do("fighting", cameras=("tracking", "pan")),
                    _do("striking back at", who="BA", cameras=("zoom in", "tracking"))),
         "ending": (_do("turning away from", "end", cameras=("pan", "static")), _solo("B", "end", "", _NEAR),
                    _two("moving on side by side", "end", ("zoom out", "wide")))},
        {"opening": _SOLO_OPENING,
         "rising": (_solo("A", "fast", "", _GO), _solo("A", "move", "struggling ahead", ("close-up", "zoom in")),
                    _solo("A", "fast", "", ("pan", "tilt")),
                    _solo("A", "move", "fighting bravely", ("tracking", "wide"))),
         "climax": _SOLO_CLIMAX,
         "ending": _SOLO_ENDING}),
    "storm": Action(
        "",
        "dramatic", "weather a storm", "weathers a storm",
        ("The Storm", "Eye of the Storm", "After the Storm"),
        {"opening": _PAIR_OPENING,
         "rising": (_solo("A", "move", "struggling ahead", ("tracking", "close-up")), _do("approaching", "move", "BA"),
                    _solo("B", "fast", "", _NEAR), _by("not far from", "fast", cameras=("wide", "pan")),
                    _do("circling", "move"), _solo("A", "fast", "", ("tilt", "static")),
                    _do("following", "fast", "BA"), _by("close to", "fast", "BA")),
         "climax": (_two("facing the storm together", "fast", ("zoom in", "tracking")),
                    _do("sheltering beside", "fast", "BA"), _do("leading", "fast", cameras=("tracking", "pan"))),
         "ending": (_by("next to", "end", cameras=("static", "pan")), _solo("B", "end", "", ("close-up", "tilt")),
                    _two("moving on side by side", "end", ("zoom out", "wide")))},
        {"opening": _SOLO_OPENING,
         "rising": (_solo("A", "move", "struggling ahead", ("tracking", "close-up")), _solo("A", "fast", "", _GO),
                    _solo("A", "move", "facing the wind", ("zoom in", "static")),
                    _solo("A", "fast", "", ("tilt", "pan"))),
         "climax": (_solo("A", "fast", "fighting the storm", ("close-up", "zoom in")), *_SOLO_CLIMAX[:2]),
         "ending": _SOLO_ENDING}),
    "meeting": Action(
        "meet, meets, meeting, met, friendship, friends, befriend, befriends, love, loves, in love, falls in love, "
        "falling in love, reunion, reunite, reunited, encounter, encounters, kiss, date, become friends, wedding, "
        "marry, together, discovers, discover",
        "romantic", "meet", "hopes to meet someone",
        ("The Meeting", "{A} and {B}", "When {A} Met {B}", "An Unlikely Friendship"),
        {"opening": _PAIR_OPENING,
         "rising": (_by("in the distance behind", "move", "BA", ("wide", "pan")),
                    _do("coming near", "move", cameras=_NEAR), _do("approaching", "move"),
                    _do("passing", "move", "BA"), _do("watching", "calm", "BA", ("static", "tilt")),
                    _do("circling", "move", cameras=("tracking", "pan")), _do("following", "move")),
         "climax": (_do("coming closer to", "move", "BA", ("zoom in", "tracking")),
                    _do("meeting", "calm", cameras=("close-up",)),
                    _two("facing each other", "calm", ("static", "zoom in"))),
         "ending": (_by("side by side with", "move", cameras=("tracking", "pan")),
                    _by("next to", "end", "BA", ("static",)),
                    _two("moving on side by side", "end", ("zoom out", "wide")))},
        _SOLO),
    "dance": Action(
        "dance, dances, dancing, danced, ballet, waltz, tango, play, plays, playing, played, party, festival, circus, "
        "celebrate, celebrates, celebration, performance, concert, song, sing, sings, singing",
        "playful", "dance together", "dances",
        ("The Dance", "{A} Dancing", "One More Dance", "The Ballet"),
        {"opening": _PAIR_OPENING,
         "rising": (_do("circling", "move"), _two("dancing", "move", ("tracking", "pan")), _by("in step with", "move"),
                    _solo("B", "move", "twirling", _NEAR), _do("dancing around", "move", "BA"),
                    _solo("A", "move", "spinning", ("close-up", "tilt")), _do("following", "move")),
         "climax": (_two("whirling side by side", "fast", ("tracking", "zoom in")),
                    _two("dancing", "fast", ("close-up",)),
                    _do("whirling around", "fast", cameras=("zoom out", "pan"))),
         "ending": _PAIR_ENDING},
        {"opening": _SOLO_OPENING,
         "rising": (_solo("A", "move", "dancing", _GO), _solo("A", "move", "spinning", _NEAR),
                    _solo("A", "move", "twirling", ("tilt", "pan")),
                    _solo("A", "move", "swaying", ("static", "wide"))),
         "climax": (_solo("A", "fast", "whirling", ("tracking", "zoom in")),
                    _solo("A", "fast", "dancing wildly", _NEAR)),
         "ending": _SOLO_ENDING}),
    "home": Action(
        "home, homecoming, comes home, going home, goes home, return, returns, returning, returned, way home, "
        "back home, come back, comes back",
        "inspirational", "find their way home", "finds the way home",
        ("The Way Home", "Homeward", "{A} Comes Home", "The Long Way Home"),
        {"opening": _PAIR_OPENING,
         "rising": (_by("side by side with", "move"), _do("following", "move", "BA"), _solo("A", "move", "", _NEAR),
                    _by("ahead of", "move"), _solo("B", "fast", "", ("tracking", "tilt")),
                    _two("travelling together", "move", _GO)),
         "climax": (_two("hurrying home", "fast", ("tracking",)), _solo("A", "fast", "", _NEAR),
                    _do("leading home", "fast", cameras=("pan", "tracking"))),
         "ending": (_two("coming home", "end", ("static", "pan")), _by("next to", "end", "BA", _NEAR),
                    _two("moving on side by side", "end", ("zoom out", "wide")))},
        {"opening": _SOLO_OPENING,
         "rising": _SOLO_RISING,
         "climax": (_solo("A", "fast", "hurrying home", ("tracking",)), *_SOLO_CLIMAX[1:]),
         "ending": (_solo("A", "end", "coming home", ("static", "pan")), *_SOLO_ENDING[::2])}, roams=True),
    "explore": Action(
        "explore, explores, exploring, exploration, expedition, adventure, mission, wonder, wonders, visit, visits, "
        "visiting, lost, curious, discovery, discovering, treasure hunt, investigates",
        "mysterious", "explore the unknown", "explores the unknown",
        ("Into the Unknown", "{A} Explores", "The Expedition", "Beyond {place}"),
        {"opening": _PAIR_OPENING,
         "rising": (_two("exploring side by side", "move", _GO), _do("following", "move", "BA"),
                    _solo("A", "calm", "", _NEAR), _by("ahead of", "move"),
                    _solo("B", "move", "exploring", ("tilt", "pan")),
                    _do("coming towards", "calm", cameras=("static", "wide"))),
         "climax": (_two("making a discovery", "calm", ("zoom in", "close-up")), _solo("B", "fast", "", ("tracking",)),
                    _by("close behind", "fast")),
         "ending": _PAIR_ENDING},
        {"opening": _SOLO_OPENING,
         "rising": (_solo("A", "move", "exploring", _GO), _solo("A", "calm", "", _NEAR),
                    _solo("A", "move", "", _GO), _solo("A", "move", "far away", ("wide", "zoom out")),
                    _solo("A", "move", "venturing further", ("tracking", "tilt"))),
         "climax": (_solo("A", "fast", "", ("tracking",)),
                    _solo("A", "calm", "making a discovery", ("zoom in", "close-up"))),
         "ending": _SOLO_ENDING}, roams=True),
    "journey": Action(
        "journey, journeys, travel, travels, travelling, traveling, trip, voyage, ride, rides, riding, drive, drives, "
        "driving, cross, crosses, crossing, tour, road trip, odyssey, fly, flies, flying, flight, flew, sail, sails, "
        "sailing, soar, soars, soaring, wander, wanders, wandering, walk, walks, walking, drift, drifts, drifting, "
        "leave, leaves, leaving, launch, launches, launching, migration, float, floats, floating, swim, swims, "
        "swimming, run, runs, running, roam, roams, gallop, gallops, galloping, cruise, cruises, cruising, "
        "pilgrimage",
        "inspirational", "travel side by side", "sets out on a journey",
        ("The Journey", "{A} on the Way", "Far Away", "The Long Road", "Beyond {place}"),
        {"opening": _PAIR_OPENING,
         "rising": (_by("side by side with", "move"), _do("following", "move", "BA"), _do("passing", "move"),
                    _solo("A", "move", "", _NEAR), _by("ahead of", "move", "BA"),
                    _solo("B", "move", "", ("tilt", "pan")), _two("travelling together", "move", _GO),
                    _by("not far from", "move", cameras=("wide", "zoom out"))),
         "climax": (_by("side by side with", "fast", cameras=("tracking",)), _do("leading", "fast", "BA"),
                    _two("pressing ahead", "fast", ("close-up", "zoom in"))),
         "ending": _PAIR_ENDING},
        _SOLO, roams=True),
}

PREFERENCE: Final = ("race", "chase", "rescue", "fight", "search", "dance", "meeting", "home", "explore", "journey")
"""When an idea names several actions, the first of these tells the story."""

TONE_WORDS: Final[Mapping[str, str]] = {
    "angry": "angry furious rage revenge hate mad", "bright": "bright sunny summer colourful colorful shining",
    "calm": "calm peaceful quiet gentle serene slow relaxing silent still",
    "dark": "dark scary horror creepy evil ghost haunted nightmare zombie vampire death",
    "dramatic": "dramatic danger dangerous storm stormy hurricane thunderstorm crash disaster volcano",
    "epic": "epic heroic grand legendary mighty giant dragon knight", "funky": "funky disco groovy cool retro",
    "happy": "happy joy joyful cheerful merry birthday party laugh laughing",
    "inspirational": "inspirational hope hopeful dream dreams brave courage free freedom first",
    "mysterious": "mysterious mystery secret strange unknown hidden magic magical fog foggy alien",
    "playful": "playful funny silly cute clumsy puppy kitten game toy",
    "romantic": "romantic love lovers kiss couple wedding heart",
    "sad": "sad lonely alone goodbye tears crying farewell",
    "tense": "tense suspense thriller escape spy heist bomb countdown panic",
}
