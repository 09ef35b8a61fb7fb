"""The kinds of subject the story room knows, as data: their words, where they belong, how they move, how they sound.

The first sixteen are those of the starter's film world; the rest give everyday words of other things a fitting verb.
A kind decides on verbs and places only: in the film the user's own word is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from runtime.story.english import plural

Place = Literal["ground", "air", "water", "deep", "space"]


@dataclass(frozen=True)
class Verbs:
    """Participles for the four energies of a shot."""

    calm: tuple[str, ...]
    move: tuple[str, ...]
    fast: tuple[str, ...]
    end: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of subject.

    `nouns` are singular words for it, separated by commas; `places` where it can be, most natural first; `likes` gives
    settings with a weight of 1 to 3; `verbs` how it moves.
    `colours` are given out when the user names none, so that it looks the same in every scene; empty: never.
    `like` is the kind that is nearest to one of which the starter's film world has nobody.
    """

    nouns: str
    places: tuple[Place, ...]
    likes: Mapping[str, int]
    verbs: Verbs
    effects: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    fixed: bool = False
    living: bool = False
    plurals: Mapping[str, str] = field(default_factory=dict)
    like: str = ""

    def many(self, noun: str) -> str:
        """The plural of one of `nouns`."""
        return self.plurals.get(noun, plural(noun))


_ROADS: Final = {"coast road": 3, "city": 3, "desert": 3, "canyon": 2, "snow mountains": 2, "forest": 2, "meadow": 1}
_SKIES: Final = {"above the clouds": 3, "snow mountains": 2, "coast road": 2, "open sea": 2, "desert": 2, "canyon": 2,
                 "city": 2, "meadow": 1, "forest": 1}
_LAND: Final = {"meadow": 3, "forest": 3, "coast road": 2, "city": 2, "desert": 2, "snow mountains": 2, "canyon": 2}
_VIVID: Final = ("red", "blue", "yellow", "green", "orange", "white", "purple")

_LEGS: Final = Verbs(
    calm=("walking slowly", "strolling"),
    move=("walking", "wandering", "striding"),
    fast=("running", "hurrying", "rushing"),
    end=("walking away", "strolling away", "walking slowly"))
_PAWS: Final = Verbs(
    calm=("trotting slowly", "walking slowly"),
    move=("trotting", "walking", "wandering"),
    fast=("running", "bounding", "leaping"),
    end=("trotting away", "running away", "walking away"))
_WINGS: Final = Verbs(
    calm=("hovering", "gliding"),
    move=("flying", "gliding", "soaring"),
    fast=("swooping", "flying fast", "diving"),
    end=("gliding slowly", "circling", "flying away"))
_FINS: Final = Verbs(
    calm=("floating", "drifting"),
    move=("swimming", "gliding"),
    fast=("swimming fast", "darting", "diving"),
    end=("drifting", "swimming away", "gliding slowly"))

KINDS: Final[Mapping[str, Kind]] = {
    "car": Kind(
        "car, automobile, auto, motorcar, sedan, coupe, convertible, cabriolet, sports car, race car, racing car, "
        "racecar, roadster, limousine, limo, hatchback, station wagon, taxi, cab, jeep, suv, truck, lorry, pickup, "
        "pickup truck, van, minivan, camper van, bus, school bus, minibus, vehicle, police car, ambulance, "
        "fire engine, fire truck, tractor, go-kart, kart, buggy, dune buggy, hot rod, beetle car, old-timer, "
        "oldtimer, motorcycle, motorbike, scooter, moped, bicycle, bike, rover, moon buggy, ferrari, porsche",
        ("ground",), _ROADS,
        Verbs(("rolling slowly", "driving slowly"), ("driving", "rolling", "cruising"),
              ("racing", "speeding", "dashing"), ("driving away", "rolling away", "driving slowly")),
        ("car engine driving by", "engine revving", "car passing by"), _VIVID),
    "airplane": Kind(
        "airplane, aeroplane, plane, aircraft, jet, jet plane, jetliner, airliner, jumbo jet, fighter jet, biplane, "
        "seaplane, propeller plane, glider, helicopter, chopper, drone, bomber, private jet, stunt plane, warplane",
        ("air",), _SKIES,
        Verbs(("gliding", "circling"), ("flying", "cruising", "climbing"), ("racing", "swooping", "roaring"),
              ("gliding down", "flying away", "gliding slowly")),
        ("airplane flying past", "propeller engine", "jet roar"), _VIVID, plurals={"aircraft": "aircraft"}),
    "train": Kind(
        "train, locomotive, steam train, steam locomotive, steam engine, express, express train, bullet train, "
        "railcar, tram, streetcar, trolley, subway train, underground train, freight train, railway train, monorail, "
        "night train",
        ("ground",),
        {"snow mountains": 3, "canyon": 3, "desert": 3, "meadow": 3, "coast road": 2, "forest": 2, "city": 2},
        Verbs(("rolling slowly", "travelling slowly"), ("rolling", "travelling", "winding"),
              ("rushing", "racing", "thundering"), ("rolling away", "travelling away", "disappearing")),
        ("train passing on rails", "train whistle", "steam locomotive"),
        ("red", "green", "blue", "yellow", "black", "orange")),
    "rocket": Kind(
        "rocket, rocket ship, spaceship, space ship, spacecraft, starship, space shuttle, shuttle, lander, "
        "lunar lander, moon rocket, space probe, probe, satellite, ufo, flying saucer, missile, space capsule, "
        "spaceplane",
        ("space", "air"), {"space": 3, "moon": 3, "above the clouds": 1, "desert": 1},
        Verbs(("hovering", "floating"), ("flying", "drifting", "rising"), ("blasting off", "racing", "shooting"),
              ("flying slowly", "drifting away", "flying away")),
        ("rocket launch rumble", "rocket engine"),
        ("red", "white", "blue", "orange", "yellow", "silver"), plurals={"spacecraft": "spacecraft"}),
    "balloon": Kind(
        "hot-air balloon, hot air balloon, balloon, airship, zeppelin, blimp, dirigible, air balloon, gas balloon",
        ("air",),
        {"desert": 3, "snow mountains": 3, "above the clouds": 3, "meadow": 3, "canyon": 2, "open sea": 2,
         "coast road": 2, "forest": 2, "city": 1},
        Verbs(("hovering", "floating"), ("floating", "drifting", "rising"), ("drifting fast", "climbing", "sailing"),
              ("sinking gently", "drifting away", "floating down")),
        ("gas burner flame",), ("red", "orange", "yellow", "purple", "green", "blue")),
    "boat": Kind(
        "sailing boat, sailboat, sailing ship, boat, ship, yacht, vessel, schooner, galleon, sloop, catamaran, ferry, "
        "steamer, steamship, fishing boat, rowing boat, rowboat, canoe, kayak, raft, dinghy, tall ship, clipper, "
        "pirate ship, motorboat, speedboat, cruise ship, ocean liner, tugboat, gondola, longship, trawler, "
        "paper boat",
        ("water",), {"open sea": 3, "coast road": 1},
        Verbs(("drifting", "rocking gently"), ("sailing", "gliding", "cruising"),
              ("racing", "riding the waves", "cutting through the waves"), ("drifting", "sailing away")),
        ("waves against a hull", "creaking wood", "sail flapping"),
        ("white", "red", "blue", "yellow", "orange", "green")),
    "bird": Kind(
        "bird, seagull, gull, eagle, hawk, falcon, owl, crow, raven, swan, goose, duck, parrot, dove, pigeon, "
        "sparrow, robin, swallow, stork, heron, flamingo, albatross, pelican, crane, hummingbird, phoenix, dragon, "
        "bat, canary, cockatoo, peacock, blackbird, songbird, vulture, condor, pterodactyl, griffin, duckling, "
        "pegasus, wyvern",
        ("air",), {**_SKIES, "coast road": 3, "open sea": 3, "meadow": 2, "forest": 3}, _WINGS,
        effects=("wings flapping", "bird singing"), living=True,
        colours=("white", "blue", "red", "yellow", "black", "orange"), plurals={"goose": "geese"}),
    "fish": Kind(
        "fish, goldfish, clownfish, tuna, salmon, trout, seahorse, jellyfish, octopus, squid, shark, stingray, "
        "manta ray, ray, eel, turtle, sea turtle, tortoise, crab, lobster, mermaid, merman, sea dragon, swordfish, "
        "submarine, submersible, bathyscaphe, seal, sea lion, otter, diver, scuba diver",
        ("deep",), {"under water": 3, "open sea": 1}, _FINS, effects=("bubbles under water",),
        living=True, colours=("orange", "yellow", "blue", "red", "purple", "green"),
        plurals={"fish": "fish", "goldfish": "goldfish", "jellyfish": "jellyfish", "octopus": "octopuses",
                 "squid": "squid", "salmon": "salmon", "tuna": "tuna"}),
    "whale": Kind(
        "whale, blue whale, humpback, humpback whale, sperm whale, orca, killer whale, dolphin, porpoise, narwhal, "
        "sea monster, sea serpent, kraken, leviathan, beluga",
        ("deep", "water"), {"under water": 3, "open sea": 3, "coast road": 1}, _FINS,
        effects=("whale song", "big splash"), living=True),
    "butterfly": Kind(
        "butterfly, moth, bee, bumblebee, dragonfly, ladybird, ladybug, firefly, fairy, pixie, beetle, grasshopper, "
        "mosquito, wasp",
        ("air",), {"meadow": 3, "forest": 3, "coast road": 1, "canyon": 1, "desert": 1, "city": 1},
        Verbs(("hovering", "fluttering"), ("fluttering", "flying", "dancing in the air"),
              ("flitting", "fluttering fast", "whirling"), ("settling down", "fluttering away", "hovering")),
        ("butterfly fluttering", "soft chime"), ("orange", "blue", "yellow", "purple", "red", "white"), living=True,
        plurals={"firefly": "fireflies", "butterfly": "butterflies", "fairy": "fairies"}),
    "horse": Kind(
        "horse, stallion, mare, pony, foal, colt, mustang, unicorn, donkey, mule, zebra, camel, deer, stag, reindeer, "
        "elk, moose, antelope, gazelle, giraffe, llama, alpaca, centaur, racehorse, buffalo, bison, cow, bull, ox, "
        "elephant, rhino, rhinoceros, hippo, dinosaur, mammoth, goat, sheep, lamb, ram",
        ("ground",), {**_LAND, "meadow": 3, "canyon": 3, "coast road": 2, "city": 1},
        Verbs(("walking slowly", "trotting slowly"), ("walking", "trotting", "cantering"),
              ("galloping", "running", "charging"), ("trotting away", "walking away")),
        ("hooves on ground", "galloping hooves"), ("white", "brown", "black", "golden"), living=True,
        plurals={"deer": "deer", "sheep": "sheep", "bison": "bison", "moose": "moose", "reindeer": "reindeer"}),
    "dog": Kind(
        "dog, puppy, hound, terrier, poodle, labrador, retriever, golden retriever, sheepdog, husky, dachshund, cat, "
        "kitten, feline, canine, wolf, fox, bear, polar bear, panda, lion, lioness, tiger, leopard, cheetah, panther, "
        "jaguar, puma, lynx, rabbit, bunny, hare, mouse, rat, squirrel, hedgehog, raccoon, badger, beaver, monkey, "
        "ape, gorilla, chimpanzee, koala, kangaroo, pig, piglet, boar, hamster, frog, toad, lizard, snake, gecko, "
        "chameleon, crocodile, alligator, penguin, hen, chicken, rooster, ostrich, spider, ant, snail, caterpillar",
        ("ground",), _LAND, _PAWS, effects=("paws running",), living=True,
        colours=("brown", "white", "black", "golden"), plurals={"wolf": "wolves", "mouse": "mice"}),
    "robot": Kind(
        "robot, android, droid, cyborg, automaton, machine, bot, mech, golem, humanoid",
        ("ground",),
        {"city": 3, "desert": 3, "moon": 2, "forest": 2, "meadow": 2, "coast road": 2, "canyon": 2,
         "snow mountains": 1, "space": 1, "under water": 1},
        _LEGS, effects=("robot servo motor", "metal footsteps"),
        colours=("blue", "red", "silver", "orange", "yellow", "green"), living=True),
    "astronaut": Kind(
        "astronaut, cosmonaut, spaceman, spacewoman, space explorer, space traveller, space traveler, alien, martian, "
        "extraterrestrial, moon walker, taikonaut",
        ("ground", "space"), {"moon": 3, "space": 3, "desert": 1},
        Verbs(("walking slowly", "drifting slowly"), ("walking", "drifting"), ("leaping", "bounding", "tumbling"),
              ("walking away", "drifting away")),
        ("breathing in a helmet", "radio beep"), living=True),
    "lighthouse": Kind(
        "lighthouse, light house, beacon, tower, watchtower, castle, church, house, cottage, cabin, palace, temple, "
        "pyramid, bridge, statue, tree, oak, skyscraper, volcano, iceberg, treehouse, tent, hut, obelisk",
        ("ground", "water"),
        {"coast road": 3, "open sea": 3, "snow mountains": 1, "meadow": 1, "city": 1, "canyon": 1, "desert": 1,
         "forest": 1},
        Verbs(("standing", "rising"), ("standing tall", "rising"), ("standing firm", "looming"),
              ("standing", "glowing")),
        fixed=True),
    "windmill": Kind(
        "windmill, mill, wind turbine, water mill, watermill, ferris wheel, carousel, fountain, wind wheel",
        ("ground",), {"meadow": 3, "coast road": 2, "desert": 1, "canyon": 1, "snow mountains": 1},
        Verbs(("standing", "turning slowly"), ("turning",), ("turning fast", "spinning"),
              ("turning slowly", "standing")),
        fixed=True),
    "person": Kind(
        "man, woman, boy, girl, child, kid, baby, friend, stranger, king, queen, prince, princess, knight, wizard, "
        "witch, pirate, sailor, captain, pilot, driver, farmer, fisherman, soldier, detective, thief, spy, hero, "
        "heroine, villain, giant, dwarf, elf, ghost, vampire, zombie, monster, ogre, troll, angel, demon, mother, "
        "father, mum, mom, dad, grandmother, grandfather, grandma, grandpa, brother, sister, son, daughter, couple, "
        "family, team, crowd, traveller, traveler, wanderer, hiker, runner, surfer, skier, climber, swimmer, cyclist, "
        "rider, cowboy, samurai, ninja, monk, painter, artist, musician, violinist, pianist, singer, dancer, "
        "ballerina, clown, chef, cook, baker, teacher, student, scientist, inventor, doctor, nurse, gardener, "
        "postman, firefighter, policeman, shepherd, hunter, warrior, viking, explorer, adventurer, tourist, skater, "
        "snowman, scarecrow, puppet, doll, teddy bear, lady, gentleman, guy, bride, groom, twin, lover, acrobat, "
        "magician, superhero, astronomer, poet, writer, actor, actress, boss, neighbour, neighbor, companion, enemy, "
        "rival, creature",
        ("ground",), {**_LAND, "city": 3, "coast road": 3}, _LEGS, effects=("footsteps", "cloth rustle"), living=True,
        plurals={"man": "men", "woman": "women", "child": "children", "fisherman": "fishermen", "thief": "thieves",
                 "snowman": "snowmen", "elf": "elves"}, like="astronaut"),
}

THING: Final = Kind(
    "", ("ground", "air"), dict.fromkeys(("meadow", "city", "coast road", "desert", "forest", "snow mountains"), 2),
    Verbs(("moving slowly",), ("moving", "gliding"), ("rushing", "moving fast"), ("moving away", "disappearing")),
    ("whoosh",))
"""What nobody listed: it can be anywhere and moves in no special way."""

OBJECT: Final = Kind("", THING.places, THING.likes, Verbs(*4 * (("standing",),)), fixed=True)
"""What nobody listed and something is done to: a station that is passed, a flower that is picked."""

WORDS: Final = Kind("", ("ground",), {}, Verbs(("",), ("",), ("",), ("",)), ("soft whoosh",), fixed=True)
"""An idea in which nothing could be told apart: its words are shown as they are, and no verb is added to them."""

NOUN_EFFECTS: Final[Mapping[str, str]] = {
    "dog": "dog bark", "puppy": "dog bark", "hound": "dog bark", "cat": "cat meow", "kitten": "cat meow",
    "wolf": "wolf howl", "lion": "lion roar", "tiger": "tiger growl", "bear": "bear growl", "horse": "horse gallop",
    "pony": "horse gallop", "unicorn": "horse gallop", "cow": "cow moo", "sheep": "sheep bleat", "pig": "pig grunt",
    "elephant": "elephant trumpet", "frog": "frog croak", "duck": "duck quack", "owl": "owl hoot", "crow": "crow caw",
    "seagull": "seagull cry", "gull": "seagull cry", "eagle": "eagle cry", "rooster": "", "hen": "", "chicken": "",
    "dragon": "dragon roar", "dinosaur": "dinosaur roar", "bee": "bee buzz", "helicopter": "helicopter rotor",
    "submarine": "sonar ping", "motorcycle": "motorcycle engine", "bicycle": "", "bike": "", "glider": "",
    "truck": "truck engine",
    "tractor": "tractor engine", "police car": "police siren", "ambulance": "ambulance siren",
    "fire engine": "fire engine siren", "windmill": "windmill creak", "mill": "windmill creak",
    "lighthouse": "foghorn", "beacon": "foghorn", "snail": "", "spider": "", "ant": "", "caterpillar": "",
    "snake": "rustling leaves", "lizard": "rustling leaves", "turtle": "", "tortoise": "", "crab": "",
    "ghost": "ghostly whisper",
    "dolphin": "dolphin clicks", "monkey": "monkey chatter", "bat": "wings flapping", "jet": "jet roar",
    "fighter jet": "jet roar", "biplane": "propeller engine", "steam train": "steam locomotive",
    "castle": "wind around walls", "house": "door creak", "tree": "rustling leaves", "fountain": "fountain water",
    "church": "church bell", "volcano": "volcano rumble", "bridge": "wind gust",
}
"""Nouns that sound different from the rest of their kind; "" for those that are not heard."""

NOUN_COLOURS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("polar bear", "swan", "seagull", "gull", "albatross", "pelican", "dove", "stork", "unicorn",
                     "pegasus", "sheep", "lamb"), ("white",)),
    **dict.fromkeys(("crow", "raven", "blackbird", "vulture", "condor", "gorilla", "panther"), ("black",)),
    **dict.fromkeys(("wolf", "heron", "pigeon", "shark", "stingray", "manta ray", "elephant", "rhino", "rhinoceros",
                     "hippo", "donkey", "koala", "raccoon", "badger", "mouse", "rat", "goose"), ("grey",)),
    **dict.fromkeys(("eagle", "hawk", "falcon", "owl", "sparrow", "deer", "stag", "reindeer", "elk", "moose", "bison",
                     "buffalo", "antelope", "kangaroo", "beaver", "hedgehog", "squirrel", "otter", "seal", "sea lion",
                     "monkey", "boar"), ("brown",)),
    **dict.fromkeys(("lion", "lioness", "camel", "labrador"), ("golden",)),
    **dict.fromkeys(("frog", "toad", "crocodile", "alligator", "turtle", "sea turtle", "tortoise", "grasshopper",
                     "caterpillar"), ("green",)),
    **dict.fromkeys(("salmon", "trout", "tuna"), ("silver",)),
    **dict.fromkeys(("ladybird", "ladybug", "lobster", "robin"), ("red",)),
    **dict.fromkeys(("flamingo", "pig", "piglet"), ("pink",)), "fox": ("orange",), "canary": ("yellow",),
    **dict.fromkeys(("zebra", "panda", "penguin", "tiger", "leopard", "cheetah", "jaguar", "giraffe", "bee",
                     "bumblebee", "wasp", "clownfish", "peacock", "chameleon", "firefly", "golden retriever"), ()),
}
"""Animals that everybody knows in one colour, or in a pattern that no word of colour tells (none is added)."""


def kind_of(name: str) -> Kind:
    """The kind called `name`; `words` is an idea as it stands, `object` an `OBJECT`, anything else a `THING`."""
    return {"words": WORDS, "object": OBJECT}.get(name) or KINDS.get(name, THING)
