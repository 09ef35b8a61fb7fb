"""A little English: articles, plurals, word classes. Enough to read one sentence and to write captions."""

from typing import Final


def vocabulary(text: str) -> frozenset[str]:
    """A word list written as running text."""
    return frozenset(text.split())


ARTICLES: Final = frozenset({"a", "an"})

DETERMINERS: Final = vocabulary("""
    a an the this that these those my your his her its our their some another one two three four five six seven eight
    nine ten eleven twelve twenty hundred thousand many several few both every each no any all
""")
"""Words that may open a noun phrase."""

COUNTS: Final = vocabulary("""
    these those some two three four five six seven eight nine ten eleven twelve twenty hundred thousand many several
    few both all
""")
"""Determiners that make the noun plural."""

FOREIGN_ARTICLES: Final = vocabulary("""
    ein eine einen einem einer der die das den dem un une le la les el los las una il lo gli uno um uma een het ett
    egy en et
""")
"""Articles of neighbouring languages: what follows is kept word for word and nothing is added to it."""

PREPOSITIONS: Final = vocabulary("""
    in on at by near under above over across through along to into onto from toward towards beyond past around beside
    between among amid behind below beneath underneath inside outside within without with of off up down against
    before after during until till for about like as via upon alongside out underwater throughout
""")

LOCATIVE: Final = vocabulary("""
    in on at by near under above over across through along to into onto from toward towards beyond past around beside
    among amid behind below beneath underneath inside outside within off up down against via upon alongside throughout
""")
"""Prepositions that may tell where something happens."""

CONJUNCTIONS: Final = vocabulary("and or but then while when where who which that whose because so if than nor yet as "
                                "plus & + vs versus until")

PRONOUNS: Final = vocabulary("""
    i you he she it we they me him us them who what something someone somebody everybody everyone nobody nothing
    everything anything itself himself herself themselves there here each other others himself myself
""")

ADVERBS: Final = vocabulary("""
    not never always again together side away back forth home very too so slowly quickly suddenly finally once first
    last just only still almost nearly even ever alone apart forever today tonight tomorrow yesterday now soon
    everywhere nowhere somewhere upward downward forward backwards upside uphill downhill please
""")

VERBS: Final = vocabulary("""
    is are was were be been being am has have had having do does did can could will would shall should may might must
    go goes went gone come comes came get gets got make makes made take takes took give gives gave see sees saw look
    looks looked watch watches watched want wants wanted wish wishes need needs learn learns learned learnt try tries
    tried start starts started begin begins began stop stops stopped keep keeps kept turn turns turned become becomes
    became stand stands stood sit sits sat lie lies lay wait waits waited sleep sleeps slept dream dreams dreamt live
    lives lived walk walks walked run runs ran jump jumps jumped swim swims swam sail sails sailed fly flies flew flown
    drive drives drove ride rides rode float floats floated drift drifts drifted glide glides glided soar soars soared
    climb climbs climbed fall falls fell rise rises rose move moves moved travel travels travelled traveled wander
    wanders wandered cross crosses crossed leave leaves left enter enters entered arrive arrives arrived reach reaches
    reached return returns returned follow follows followed lead leads led chase chases chased race races raced meet
    meets met find finds found lose loses lost seek seeks sought search searches searched hunt hunts hunted save saves
    saved rescue rescues rescued help helps helped fight fights fought battle battles battled attack attacks attacked
    escape escapes escaped flee flees fled hide hides hid play plays played dance dances danced sing sings sang laugh
    laughs love loves loved hate hates kiss kisses kissed hug hugs hugged explore explores explored discover discovers
    discovered visit visits visited pass passes passed overtake overtakes overtook win wins won land lands landed
    crash crashes crashed explode explodes shine shines shone glow glows eat eats ate drink drinks drank cook cooks
    cooked paint paints painted build builds built break breaks broke open opens opened close closes closed tell tells
    told say says said ask asks asked think thinks thought know knows knew remember remembers forget forgets survive
    survives survived struggle struggles struggled face faces faced catch catches caught carry carries carried pull
    pulls pulled push pushes pushed throw throws threw hold holds held bring brings brought show shows gets goes grow
    grows grew die dies died happen happens befriend befriends befriended compete competes competed deliver delivers
    delivered visit set sets tows guard guards guards bake bakes baked roam roams roamed gallop gallops galloped
    protect protects protected launch launches launched blast blasts dive dives dived circle circles circled
""")
"""Verb forms that end a noun phrase; words ending in -ing are judged by their place instead."""

ADJECTIVES: Final = vocabulary("""
    small little tiny big large huge giant enormous old new young ancient modern fast quick slow swift brave bold shy
    lonely sad happy angry calm gentle kind cruel wild tame free lost dark bright light shiny dull cold hot warm cool
    wet dry high low deep long short tall thin fat round flat square broken rusty dusty muddy dirty clean rich poor
    strong weak heavy soft hard quiet loud silent noisy sleepy tired hungry curious clever smart silly funny strange
    weird mysterious magic magical beautiful pretty handsome ugly cute lovely elegant fancy simple plain proud humble
    jealous lazy busy crazy mad mean evil good bad nice friendly playful cheerful joyful grumpy gloomy scared afraid
    fearless famous unknown secret hidden empty full golden silver wooden metal stone glass paper plastic steel iron
    copper bronze crystal electric mechanical robotic flying sailing racing vintage classic retro futuristic abandoned
    forgotten last first second only single great grand royal tropical stormy snowy rainy foggy misty windy sunny
    cloudy icy frozen burning stray homeless orphan retired glowing
    fastest biggest smallest tallest oldest strongest bravest loneliest youngest terrible horrible adorable romantic
    heroic majestic gigantic robotic epic striped spotted fluffy furry feathered toy wounded injured
""")

COLOURS: Final = vocabulary("""
    red orange yellow green teal blue purple pink white black grey gray brown silver golden gold turquoise violet
    crimson scarlet navy cyan magenta beige maroon lilac lavender copper bronze ivory indigo olive amber emerald ruby
    chestnut blond blonde colourful colorful rainbow striped spotted multicoloured multicolored
""")

MATERIALS: Final = vocabulary("wooden metal stone glass paper plastic steel iron crystal chrome rusty ice origami lego "
                             "transparent invisible translucent")
"""Adjectives that already say how something looks, so that no colour is added."""

_ADJECTIVE_ENDINGS: Final = ("ful", "less", "ous", "ical", "ible")

_AN: Final = ("hour", "honest", "honor", "honour", "heir")
_A: Final = ("uni", "use", "usu", "eu", "one", "once", "ufo", "ubiq", "uto", "ura")


def article(phrase: str) -> str:
    """`a` or `an`, by the sound `phrase` begins with."""
    word = phrase.lower()
    if word.startswith(_AN):
        return "an"
    if word.startswith(_A) and not word.startswith(("unin", "unim", "unid")):
        return "a"
    return "an" if word[:1] in "aeiou" else "a"


def is_adjective(word: str) -> bool:
    """Whether `word` (lower case) most likely describes rather than names."""
    return word in ADJECTIVES or word in COLOURS or (len(word) > 5 and word.endswith(_ADJECTIVE_ENDINGS))


def is_function_word(word: str) -> bool:
    """Whether `word` (lower case) belongs to the grammar and so ends any noun phrase."""
    return word in PREPOSITIONS or word in CONJUNCTIONS or word in PRONOUNS or word in ADVERBS or word in VERBS


def singular(noun: str) -> str:
    """The singular of a regular English plural, or `noun` itself."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")):
        return noun[:-1]
    return noun


def title_case(phrase: str) -> str:
    """`phrase` as words of a title: every word a capital but the small ones, and always the first."""
    small = {"a", "an", "the", "and", "of", "in", "on", "at", "by", "to", "with", "for", "over", "under", "above"}
    words = phrase.split()
    return " ".join(word if index and word in small else word[:1].upper() + word[1:]
                    for index, word in enumerate(words))


def listing(phrases: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " and " + phrases[-1]


def plural(noun: str) -> str:
    """The plural of `noun` by the regular rules and the commonest irregular one (man, men)."""
    if noun.endswith("man") and not noun.endswith(("human", "roman")):
        return noun[:-3] + "men"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
