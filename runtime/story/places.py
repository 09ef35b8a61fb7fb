"""Settings, times of day and weather as data: their words, how a caption says them, what lies next to what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from runtime.story.english import article
from runtime.story.subjects import Place


@dataclass(frozen=True)
class Setting:
    """Somewhere.

    `words` are the words for it and the noun phrase each becomes when the user gives no article (`city` ->
    `the city`); `phrase` is used when the user names no place. `still` and `moving` are the prepositions for each
    kind of place a subject can be at here; a place that is missing takes those of `ground`, or else the first.
    `next_to` are the settings a film may move on to.
    """

    words: Mapping[str, str]
    phrase: str
    still: Mapping[Place, tuple[str, ...]]
    moving: Mapping[Place, tuple[str, ...]]
    next_to: tuple[str, ...]
    ambience: str
    clock: bool = True
    within: Mapping[str, str] = field(default_factory=dict)


def _the(words: str) -> dict[str, str]:
    return {word: f"the {word}" for word in words.split(", ")}


def _a(words: str) -> dict[str, str]:
    return {word: f"{article(word)} {word}" for word in words.split(", ")}


def _bare(words: str) -> dict[str, str]:
    return {word: word for word in words.split(", ")}


SETTINGS: Final[Mapping[str, Setting]] = {
    "coast road": Setting(
        {**_a("coast road, coastal road, road, highway, motorway, freeway, country road, race track, racetrack, "
              "race course, racing track, track, cliff road, seaside road"),
         **_the("coast, coastline, seaside, seashore, shore, beach, cliff, cliffs, island, promenade, pier, riviera"),
         "islands": "islands", "route 66": "route 66"},
        "a coast road", {"ground": ("on",), "air": ("above",), "water": ("off",), "deep": ("off",)},
        {"ground": ("along", "on"), "air": ("over", "above", "along"), "water": ("along", "off"), "deep": ("off",)},
        ("open sea", "canyon", "city", "meadow"), "sea waves and wind on a coast",
        within={"race track": "on", "island": "on", "cliff": "on", "beach": "on"}),
    "above the clouds": Setting(
        {**_the("clouds, sky, skies, heavens, blue sky, stratosphere"), "cloudscape": "a cloudscape",
         "sea of clouds": "a sea of clouds"},
        "the clouds", {"air": ("above",), "ground": ("above",)}, {"air": ("above", "over"), "ground": ("above",)},
        ("snow mountains", "open sea", "space", "desert", "coast road"), "high soft wind",
        within={"sky": "in", "skies": "in", "blue sky": "in", "heavens": "in", "stratosphere": "in"}),
    "open sea": Setting(
        {**_the("open sea, sea, ocean, high sea, high seas, open ocean, waves, water, bay, harbour, harbor, port, "
                "lake, river, lagoon, atlantic, pacific, mediterranean, north sea, arctic ocean"),
         "open water": "open water", "seas": "the seas"},
        "the open sea", {"water": ("on",), "deep": ("in",), "air": ("above",), "ground": ("by",)},
        {"water": ("across", "on"), "deep": ("through", "in"), "air": ("over", "above"), "ground": ("beside",)},
        ("coast road", "under water", "above the clouds"), "ocean waves",
        within={"harbour": "in", "harbor": "in", "port": "in", "bay": "in", "lagoon": "in"}),
    "moon": Setting(
        {**_the("moon, lunar surface, red planet"), **_a("planet, crater, alien planet, asteroid, strange planet"),
         **_bare("mars, venus, jupiter, saturn, pluto, another planet")},
        "the moon", {"ground": ("on",), "space": ("above",), "air": ("above",)},
        {"ground": ("across", "on"), "space": ("over", "above"), "air": ("over", "above")}, ("space",),
        "on the surface of the moon", clock=False),
    "under water": Setting(
        {"under water": "", "underwater": "", "undersea": "",
         **_the("deep sea, deep ocean, seabed, sea floor, ocean floor, sea bed, bottom of the sea, "
                "bottom of the ocean, depths, deep, abyss"),
         **_a("coral reef, reef, underwater cave, kelp forest, aquarium, underwater world")},
        "", {"deep": ("in",)}, {"deep": ("through",)}, ("open sea",), "bubbles and muffled water", clock=False,
        within={"coral reef": "at", "reef": "at", "seabed": "on", "sea floor": "on", "ocean floor": "on",
                "sea bed": "on", "bottom of the sea": "at", "bottom of the ocean": "at"}),
    "desert": Setting(
        {**_the("desert, dunes, sand dunes, sahara, sands, wasteland, gobi desert, savanna, savannah, outback"),
         "oasis": "an oasis", "salt flats": "salt flats", "steppe": "the steppe"},
        "a desert", {"ground": ("in",), "air": ("above",)},
        {"ground": ("across", "through"), "air": ("over", "across")},
        ("canyon", "coast road", "snow mountains"), "dry desert wind", within={"oasis": "at"}),
    "snow mountains": Setting(
        {**_bare("snow mountains, mountains, snowy mountains, antarctica, everest"),
         **_the("mountain range, alps, himalayas, andes, rockies, arctic, antarctic, north pole, "
                "south pole, ice, snow, glacier, summit, highlands, tundra, peaks"),
         **_a("mountain, peak, snowy peak, mountain pass, ice field, ski slope, volcano crater")},
        "snow mountains", {"ground": ("in",), "air": ("above",)},
        {"ground": ("through", "across"), "air": ("over", "across")},
        ("forest", "meadow", "above the clouds", "canyon"), "cold mountain wind",
        within={"ice": "on", "snow": "in", "summit": "on", "mountain": "on", "peak": "on", "north pole": "at",
                "south pole": "at", "glacier": "on", "mountain pass": "on", "ski slope": "on"}),
    "city": Setting(
        {**_the("city, town, streets, skyline, metropolis, rooftops, suburbs, city centre, city center, "
                "big city, megacity, marketplace"),
         **_a("street, city street, square, market, village, train station, airport, alley, boulevard, avenue"),
         **_bare("new york, paris, london, tokyo, berlin, rome, venice, hong kong, shanghai, manhattan, san francisco, "
                 "moscow, istanbul, cairo, chicago, madrid, vienna, amsterdam, los angeles, las vegas, mumbai, "
                 "sydney, downtown")},
        "the city", {"ground": ("in",), "air": ("above",)},
        {"ground": ("through", "across"), "air": ("over", "across")},
        ("coast road", "meadow", "forest"), "city traffic",
        within={"street": "on", "streets": "in", "rooftops": "on", "train station": "at", "airport": "at",
                "boulevard": "on", "avenue": "on", "city street": "on"}),
    "meadow": Setting(
        {**_a("meadow, field, farm, garden, park, pasture, vineyard, flower field, wheat field, green field, "
              "playground, prairie, grassland, plain, lawn, football field"),
         **_the("countryside, hills, green hills, fields, plains, meadows, grass, flowers")},
        "a meadow", {"ground": ("in",), "air": ("above",)},
        {"ground": ("across", "through"), "air": ("over", "across")},
        ("forest", "city", "snow mountains", "coast road"), "birds and a breeze in the grass",
        within={"farm": "on", "plain": "on", "plains": "on", "hills": "in", "playground": "in", "lawn": "on"}),
    "forest": Setting(
        {**_the("forest, woods, jungle, rainforest, rain forest, woodland, wood, taiga, trees, swamp"),
         "pine forest": "a pine forest", "enchanted forest": "an enchanted forest"},
        "a forest", {"ground": ("in",), "air": ("above",)}, {"ground": ("through",), "air": ("over", "through")},
        ("meadow", "snow mountains", "city"), "forest birds and rustling leaves", within={"trees": "among"}),
    "space": Setting(
        {**_bare("space, outer space, deep space, orbit, zero gravity"),
         **_the("cosmos, galaxy, universe, stars, milky way, solar system, void, asteroid belt"), "nebula": "a nebula"},
        "space", {"space": ("in",)}, {"space": ("through", "in")}, ("moon",), "the vast silence of outer space",
        clock=False, within={"stars": "among"}),
    "canyon": Setting(
        {**_a("canyon, gorge, valley, ravine, gulch"), "grand canyon": "the grand canyon",
         "wild west": "the wild west", "canyons": "the canyons", "badlands": "the badlands", "mesa": "a mesa"},
        "a canyon", {"ground": ("in",), "air": ("above",)}, {"ground": ("through",), "air": ("through", "over")},
        ("desert", "coast road", "snow mountains"), "wind echoing in a canyon"),
}

TIMES: Final = ("dawn", "day", "sunset", "night")
"""The order of a day; a film never goes back in it."""

TIME_WORDS: Final[Mapping[str, str]] = {
    "dawn": "dawn", "sunrise": "dawn", "daybreak": "dawn", "first light": "dawn", "early morning": "dawn",
    "morning": "dawn", "day": "day", "daytime": "day", "noon": "day", "midday": "day", "afternoon": "day",
    "daylight": "day", "sunny": "day", "sunset": "sunset", "dusk": "sunset", "evening": "sunset", "twilight": "sunset",
    "sundown": "sunset", "golden hour": "sunset", "nightfall": "night", "night": "night", "midnight": "night",
    "moonlight": "night", "moonlit": "night", "starry": "night", "nocturnal": "night", "tonight": "night",
}

TIME_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "dawn": ("at dawn", "at sunrise"), "day": ("by day", "in bright daylight"),
    "sunset": ("at sunset", "at dusk"), "night": ("at night",),
}

TIME_USER: Final[Mapping[str, str]] = {
    "morning": "in the morning", "early morning": "in the early morning", "afternoon": "in the afternoon",
    "evening": "in the evening", "golden hour": "at golden hour", "moonlight": "in moonlight",
    "daylight": "in daylight", "noon": "at noon", "midday": "at midday", "dusk": "at dusk", "twilight": "at twilight",
    "midnight": "at midnight", "sunrise": "at sunrise", "dawn": "at dawn", "daybreak": "at daybreak",
    "sunset": "at sunset", "sundown": "at sundown", "nightfall": "at nightfall", "night": "at night",
    "first light": "at first light",
}
"""How the user's own word for a time of day is said in a caption."""

WEATHER_WORDS: Final[Mapping[str, str]] = {
    "storm": "storm", "stormy": "storm", "thunderstorm": "storm", "thunder": "storm", "lightning": "storm",
    "hurricane": "storm", "tempest": "storm", "typhoon": "storm", "gale": "storm", "tornado": "storm",
    "rain": "rain", "rainy": "rain", "raining": "rain", "downpour": "rain", "drizzle": "rain", "pouring": "rain",
    "rainstorm": "storm", "snow": "snow", "snowing": "snow", "snowfall": "snow", "blizzard": "snow",
    "snowstorm": "snow", "snowflakes": "snow", "winter": "snow", "christmas": "snow",
    "fog": "fog", "foggy": "fog", "mist": "fog", "misty": "fog", "haze": "fog", "hazy": "fog",
    "cloud with rain": "rain", "cloud with snow": "snow", "sandstorm": "storm",
}

WEATHER_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "storm": ("in a storm", "in the storm"), "rain": ("in the rain", "in falling rain"),
    "snow": ("in falling snow", "in the snow"), "fog": ("in fog", "in the mist"),
}

STORM_ARC: Final[Mapping[str, str]] = {"opening": "before the storm", "ending": "after the storm"}
"""A storm gathers in the opening and has passed in the ending; between them it rages."""

WEATHER_SOUNDS: Final[Mapping[str, str]] = {
    "storm": "storm with thunder and heavy rain", "rain": "steady rain", "snow": "cold wind in the snow",
}
"""What is heard instead of the place; fog is silent."""

STORM_AT_SEA: Final = "stormy sea with high waves"
