"""Plain word lists for the generated training text: what films show, where, how, and how it sounds.

Every list is far wider than the film world on purpose: the encoder has to place words that the picture model
never sees ('automobile', 'feline') beside those it does ('car', 'cat').
"""


def _phrases(text: str) -> tuple[str, ...]:
    """Split comma-separated phrases, dropping line breaks and doubled spaces."""
    return tuple(phrase for phrase in (" ".join(part.split()) for part in text.split(",")) if phrase)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


VEHICLES = _phrases("""
car, automobile, sedan, coupe, sports car, racing car, race car, vehicle, motorcar, convertible, cabriolet, limousine,
taxi, cab, jeep, van, minivan, camper van, pickup truck, truck, lorry, bus, coach, double-decker bus, school bus, fire
engine, ambulance, police car, tractor, bulldozer, excavator, tank, motorcycle, motorbike, scooter, moped, bicycle,
bike, tricycle, carriage, cart, wagon, sleigh, hot rod, roadster, hatchback, station wagon, old-timer, vintage car,
muscle car, supercar, train, locomotive, steam engine, steam train, express train, bullet train, high-speed train,
freight train, railway, tram, streetcar, subway train, metro, monorail, railcar, airplane, aeroplane, plane, aircraft,
jet, jetliner, airliner, jumbo jet, fighter jet, biplane, propeller plane, seaplane, glider, helicopter, chopper,
drone, passenger plane, warplane, bomber, sailing boat, sailboat, sailing ship, yacht, ship, schooner, sloop, clipper,
frigate, galleon, catamaran, dinghy, boat, vessel, ferry, steamship, ocean liner, cruise ship, tugboat, canoe, kayak,
rowing boat, raft, gondola, fishing boat, trawler, tanker, submarine, hovercraft, rocket, spaceship, spacecraft, space
shuttle, starship, missile, space probe, satellite, moon lander, space capsule, flying saucer, lunar rover, space
station, hot-air balloon, hot air balloon, balloon, airship, blimp, zeppelin, dirigible, aerostat, parachute, hang
glider, kite, cable car, snowmobile, skateboard, caravan, speedboat, jet ski
""")

ANIMALS = _phrases("""
bird, seagull, gull, eagle, hawk, falcon, sparrow, swallow, crow, raven, owl, pigeon, dove, swan, goose, duck, stork,
crane, heron, pelican, parrot, flamingo, penguin, hummingbird, robin, albatross, songbird, vulture, condor, rooster,
hen, chicken, turkey, peacock, ostrich, fish, goldfish, trout, salmon, tuna, carp, clownfish, angelfish, shark,
swordfish, eel, ray, seahorse, piranha, whale, blue whale, humpback whale, sperm whale, orca, killer whale, dolphin,
porpoise, narwhal, seal, sea lion, walrus, otter, octopus, squid, jellyfish, crab, lobster, starfish, turtle,
tortoise, butterfly, moth, monarch butterfly, swallowtail, dragonfly, bee, bumblebee, wasp, ladybug, beetle, fly,
mosquito, ant, spider, grasshopper, cricket, caterpillar, firefly, horse, pony, stallion, mare, foal, colt, steed,
mustang, thoroughbred, donkey, mule, zebra, unicorn, camel, llama, dog, hound, puppy, pup, doggy, canine, terrier,
poodle, labrador, retriever, sheepdog, greyhound, dachshund, bulldog, mutt, cat, kitten, feline, tomcat, kitty, lion,
lioness, tiger, leopard, cheetah, panther, jaguar, lynx, wolf, fox, coyote, jackal, hyena, bear, polar bear, grizzly,
panda, koala, kangaroo, elephant, rhino, rhinoceros, hippo, giraffe, antelope, gazelle, deer, stag, doe, moose, elk,
reindeer, bison, buffalo, bull, cow, calf, ox, sheep, lamb, ram, goat, pig, piglet, boar, rabbit, bunny, hare,
squirrel, chipmunk, mouse, rat, hamster, hedgehog, badger, beaver, raccoon, skunk, weasel, bat, monkey, ape, gorilla,
chimpanzee, lemur, sloth, crocodile, alligator, lizard, chameleon, snake, cobra, python, frog, toad, salamander,
snail, slug, worm, dinosaur, dragon, phoenix, griffin, sea monster, mammoth
""")

PEOPLE = _phrases("""
robot, android, automaton, droid, cyborg, machine, mechanical man, humanoid, bot, metal man, astronaut, spaceman,
cosmonaut, space explorer, spacewoman, space traveller, spacewalker, alien, martian, man, woman, boy, girl, child,
kid, baby, toddler, old man, old woman, grandfather, grandmother, mother, father, sister, brother, family, couple,
crowd, friend, stranger, traveller, wanderer, hiker, climber, skier, surfer, swimmer, diver, runner, cyclist, rider,
cowboy, knight, king, queen, prince, princess, wizard, witch, ghost, monster, giant, dwarf, elf, fairy, mermaid,
vampire, zombie, pirate, sailor, captain, fisherman, farmer, shepherd, soldier, warrior, samurai, ninja, detective,
policeman, thief, firefighter, doctor, nurse, scientist, engineer, mechanic, pilot, driver, conductor, musician,
pianist, violinist, guitarist, singer, dancer, painter, poet, writer, teacher, student, chef, baker, barista, waiter,
gardener, hunter, explorer, archaeologist, photographer, magician, clown, acrobat, superhero, villain, hero, heroine,
princess, snowman, scarecrow, puppet, doll, skeleton, crew
""")

THINGS = _phrases("""
lighthouse, beacon, light tower, watchtower, windmill, mill, wind turbine, water mill, tower, castle, palace,
fortress, church, cathedral, temple, mosque, pagoda, pyramid, cottage, cabin, hut, house, mansion, barn, farmhouse,
skyscraper, factory, power station, oil rig, bridge, viaduct, tunnel, dam, wall, gate, fence, fountain, statue,
monument, obelisk, clock tower, ruin, tent, campfire, bonfire, torch, lantern, lamp, candle, tree, oak, pine, palm
tree, willow, birch, bush, flower, rose, sunflower, tulip, cactus, mushroom, leaf, grass, moss, rock, boulder, stone,
crystal, diamond, volcano, iceberg, geyser, waterfall, river, stream, lake, pond, wave, whirlpool, cloud, rainbow,
lightning bolt, storm, tornado, hurricane, comet, asteroid, meteor, planet, moon, sun, star, galaxy, nebula, black
hole, eclipse, aurora, umbrella, ball, football, guitar, piano, violin, drum, trumpet, book, letter, map, compass,
treasure chest, sword, shield, crown, ring, clock, telescope, camera, computer, television, telephone, table, chair,
bench, bed, mirror, window, door, staircase, ladder, flag, bottle, cup, cake, apple, orange, banana, pumpkin, bread,
pizza, swing, carousel, ferris wheel, roller coaster, snowflake, bubble
""")

SUBJECTS = VEHICLES + ANIMALS + PEOPLE + THINGS

COLOURS = _phrases("""
red, blue, green, yellow, white, black, orange, purple, pink, brown, grey, gray, silver, golden, gold, crimson,
scarlet, ruby, maroon, burgundy, vermilion, cherry-red, navy, azure, cobalt, turquoise, teal, cyan, sky-blue, dark
blue, light blue, emerald, olive, lime, mint green, dark green, amber, lemon yellow, mustard, ivory, cream,
snow-white, pale, beige, tan, charcoal, jet-black, ebony, violet, lavender, lilac, magenta, rose, salmon, peach,
coral, copper, bronze, chestnut, rusty, bright red, pastel, multicoloured, colourful, colorful, striped, spotted,
checkered
""")

ADJECTIVES = _words("""
old ancient new modern tiny small little big large huge giant enormous gigantic massive tall short long narrow wide
slim fat heavy light fast quick swift speedy slow sluggish rapid brave bold fearless shy timid gentle calm peaceful
quiet silent loud noisy wild fierce angry furious happy cheerful joyful merry sad gloomy lonely solitary lost
abandoned forgotten hidden secret mysterious strange odd weird magical enchanted mystical beautiful handsome pretty
lovely elegant graceful majestic noble royal proud ugly dirty dusty muddy clean shiny gleaming sparkling glittering
glowing radiant bright brilliant dark shadowy dim transparent foggy misty smoky icy frozen frosty snowy cold cool warm
hot burning fiery wet dry rusty broken wooden metal metallic steel iron stone glass paper plastic rubber furry fluffy
feathered scaly smooth rough sharp round flat sleek curious playful clever wise foolish funny sleepy tired hungry
thirsty young newborn weary injured strong powerful mighty weak fragile delicate rich poor lucky unlucky famous
unknown friendly hostile evil cruel kind futuristic vintage antique rustic medieval electric mechanical robotic alien
cosmic lunar arctic tropical exotic rare ordinary simple fancy ornate cute adorable
""")

PLACES = _phrases("""
coast road, coastal road, seaside road, ocean highway, cliff road, highway, motorway, freeway, country road, dirt
road, street, alley, lane, avenue, boulevard, crossroads, above the clouds, sea of clouds, cloudy sky, open sky, sky,
heavens, stratosphere, open sea, ocean, high seas, stormy sea, calm sea, bay, harbour, harbor, port, marina, pier,
dock, lagoon, coral reef, seabed, ocean floor, deep sea, underwater cave, under water, underwater world, beach,
seashore, shore, coast, cliff, island, desert island, moon, lunar surface, crater, mars, alien planet, outer space,
space, cosmos, orbit, galaxy, starfield, asteroid belt, desert, dunes, sand dunes, sahara, oasis, wasteland, badlands,
savanna, steppe, prairie, snow mountains, snowy mountains, alps, snow-capped peaks, mountain pass, mountain range,
summit, glacier, ice field, arctic, tundra, north pole, valley, canyon, gorge, ravine, grand canyon, red rock canyon,
mesa, cave, cavern, city, big city, metropolis, downtown, town, village, suburb, skyline, city street, neon city,
market square, train station, railway station, airport, runway, factory, harbour town, old town, meadow, field,
grassland, pasture, flower field, wheat field, cornfield, vineyard, orchard, farm, garden, park, playground, hills,
rolling hills, countryside, forest, woods, woodland, pine forest, rainforest, jungle, swamp, marsh, river, riverbank,
lake, lakeside, pond, waterfall, bridge, castle, ruins, graveyard, museum, library, school, hospital, kitchen, living
room, bedroom, attic, cellar, office, laboratory, restaurant, cafe, theatre, cinema, stadium, race track, arena,
circus, amusement park, zoo, spaceship, space station, submarine, volcano, rooftop, tunnel, subway
""")

PREPOSITIONS = _phrases("""
on, in, over, above, under, near, beside, next to, along, across, through, behind, in front of, around, past, inside,
outside, at, by, towards, away from, high above, far from, at the edge of, in the middle of, on the shore of, at the
foot of, beyond
""")

TIMES = _phrases("""
at sunset, at dusk, at dawn, at sunrise, at night, at noon, at midday, at midnight, at twilight, in the morning, in
the early morning, in the evening, in the afternoon, by day, in daylight, by moonlight, under the stars, under a full
moon, under a starry sky, in the golden hour, in the blue hour, in summer, in winter, in spring, in autumn, on a sunny
day, on a cold winter night, during an eclipse, as the sun goes down, as the sun rises, as night falls, at the break
of day, late at night
""")

WEATHER = _phrases("""
in the rain, in heavy rain, in a downpour, in a drizzle, in the snow, in a snowstorm, in a blizzard, in falling snow,
in fog, in thick mist, in the haze, in a storm, in a thunderstorm, under lightning, in strong wind, in a gale, in a
sandstorm, under a clear sky, under a blue sky, under grey clouds, under an overcast sky, in bright sunshine, in the
wind, in clear weather, under northern lights, in swirling dust, through drifting smoke, under a rainbow, in the
summer heat, in the frost
""")

MOTIONS = _words("""
racing driving speeding rolling cruising drifting turning braking stopping parking flying soaring gliding floating
hovering rising climbing diving landing descending falling launching departing leaving arriving sailing drifting
rocking swimming sinking surfacing leaping jumping hopping running galloping trotting walking strolling wandering
marching dancing spinning swaying shaking waving flapping fluttering circling chasing fleeing escaping hiding
searching exploring watching waiting resting sleeping sitting standing crouching crawling creeping sneaking fighting
playing singing shouting laughing crying smiling eating drinking working building burning exploding crashing shining
glowing blinking flashing turning passing crossing approaching following leading meeting greeting travelling
journeying hurrying rushing dashing sprinting zooming blasting orbiting plunging gleaming grazing hunting barking
howling roaring splashing bouncing sliding skidding tumbling
""")

VERBS = _words("""
races drives speeds rolls cruises drifts flies soars glides floats hovers rises climbs dives lands descends falls
departs leaves arrives sails swims sinks leaps jumps runs gallops trots walks strolls wanders marches dances spins
sways flutters circles flees escapes hides waits rests sleeps sits stands crawls fights plays sings laughs cries works
burns explodes crashes shines glows blinks turns passes travels hurries rushes dashes sprints zooms orbits awakens
vanishes appears returns explores
""")

RELATIONS = _phrases("""
chases, follows, passes, overtakes, meets, greets, races against, runs beside, flies over, watches, finds, saves,
rescues, fights, attacks, loses, loves, helps, carries, leads, flees from, escapes from, hides from, waits for, dances
with, plays with, talks to, looks at, searches for, travels with, befriends, pushes, pulls, circles, crashes into,
jumps over, guards
""")

RELATING = _phrases("""
chasing, following, passing, overtaking, meeting, greeting, racing, running beside, flying over, watching, side by
side with, next to, in front of, behind, beside, together with, fleeing from, fighting, playing with, waiting for,
looking at, circling, racing against, approaching, leading, above, below, guarding, carrying, pulling, dancing with
""")

CAMERA = _phrases("""
close-up, close up, extreme close-up, wide shot, long shot, medium shot, establishing shot, aerial view, bird's eye
view, low angle, high angle, tracking shot, dolly shot, pan left, pan right, panning shot, tilt up, tilt down, zoom
in, zoom out, slow zoom, static camera, fixed camera, handheld camera, drone shot, slow motion, time lapse,
silhouette, camera follows, the camera pulls back, the camera moves closer, cinematic, ultrawide, film still, animated
film, paper cut style, poster style, watercolour, soft light, backlit, dramatic lighting, panorama, point of view
shot, over the shoulder, montage, opening scene
""")

TONES = _phrases("""
happy, sad, epic, dramatic, tense, suspenseful, scary, eerie, dark, calm, peaceful, relaxing, dreamy, romantic,
melancholic, nostalgic, hopeful, triumphant, heroic, adventurous, playful, funny, quirky, mysterious, magical,
energetic, exciting, fast, slow, gentle, soft, uplifting, inspiring, sorrowful, lonely, majestic, aggressive, festive,
solemn, warm, cold, ambient
""")

MUSIC = _phrases("""
piano music, piano melody, orchestral music, orchestra, string quartet, strings, violin solo, cello, acoustic guitar,
electric guitar riff, drums, percussion, taiko drums, brass fanfare, trumpet, flute melody, choir, humming voice,
synthesizer pad, synth arpeggio, bass line, electronic beat, techno, ambient drone, lullaby, waltz, march, jazz trio,
blues, folk tune, rock song, pop song, hip hop beat, film score, soundtrack, background music, theme song, music box,
harp, organ, accordion, bells
""")

SOUND_SOURCES = _phrases("""
rain, heavy rain, light rain, thunder, wind, breeze, storm, waves, surf, ocean, river, stream, waterfall, water,
dripping tap, bubbles, fire, campfire, crackling fire, leaves, grass, gravel, footsteps, door, wooden door, gate,
bell, church bell, alarm, siren, horn, car horn, foghorn, whistle, train whistle, engine, car engine, motor,
motorcycle, truck, train, steam locomotive, airplane, jet engine, propeller, helicopter, rocket launch, rocket engine,
spaceship, laser, machine, gears, robot, servo motor, radio static, computer beeps, clock ticking, typewriter,
keyboard, telephone, crowd, applause, children, voices, laughter, baby, heartbeat, breathing, dog, barking dog, cat,
purring cat, horse, horse hooves, cow, sheep, rooster, birds, birdsong, seagulls, owl, crow, crickets, frogs, bees,
mosquito, wolf, lion, elephant, whale song, dolphin, splash, explosion, gunshot, fireworks, glass, broken glass,
metal, chain, wood, paper, sword, drum, whoosh, swoosh, tyres, brakes, windmill, sails, ropes, flag, burner, hot air
balloon burner, anchor chain, oars, traffic, city, market, factory, subway
""")

SOUND_ACTIONS = _phrases("""
revving, idling, humming, roaring, rumbling, buzzing, whirring, hissing, crackling, creaking, squeaking, squealing,
screeching, ringing, chiming, ticking, beeping, blowing, howling, whistling, rustling, dripping, splashing, bubbling,
pouring, lapping, crashing, breaking, shattering, banging, knocking, clattering, clanging, rattling, chirping,
singing, barking, meowing, neighing, galloping, flapping, shouting, whispering, cheering, clapping, passing by,
approaching, starting, stopping, echoing, fading away, in the distance, far away, nearby, close up, inside a room, on
a tin roof, on a window, outdoors, at night, accelerating, taking off, landing, drifting, burning, growling, roaring
past, falling, rolling, grinding, thumping, pulsing
""")

IDEA_PATTERNS = _phrases("""
a race between {a} and {b}, {a} who dreams of flying, the last {s} on earth, {a} falls in love with {b}, {a} lost in
{p}, the journey of {a} to {p}, {a} and {b} become friends, how {a} saved {p}, {a} looking for {b}, a day in the life
of {a}, {a} against {b}, escape from {p}, the secret of {p}, {a} discovers {b} {w} {p}, {a} travels to {p} to find
{b}, a story about {a} and {b}, a film about {a}, a love story between {a} and {b}, the adventures of {a} {w} {p}, {a}
must cross {p}, when {a} meets {b}, {a} is afraid of {b}, {a} learns to fly, {a} finds {b}, {a} without a home, a
battle between {a} and {b}, {a} leaves {p} forever, the return of {a}, {a} alone {w} {p}, the night when {a} came to
{p}, {a} goes on holiday, {a} wants to win the race, my {s} and I, make a movie about {a} {v} {w} {p}, I want to see
{a} {v}, please show {a} {r} {b}, {p} is on fire, the end of {p}, once upon a time there was {a}, {a} chased by {b}
{w} {p}, a chase through {p}, {a} and {b} {v} {w} {p}, two {s}s and {b}, three {s}s {v}, many {s}s {v} {w} {p}, a
group of {s}s
""")

PHRASE_PATTERNS = _phrases("""
the {x} of the {x}, a {x} {x}, {x} and {x}, {x} in the {x}, a {x} with a {x}, the {x} is {x}, {x} {x} {x}, {x}, {x},
{x} {x}, my {x} and your {x}, how to {x} a {x}, why the {x} was {x}, {a} {x}, {a} and the {x}, {x} {w} {p}, the {x}
{y}, a {j} {x}, the {x} {v} {w} {p}, {x} or {x}, she said {x} was {x}, he saw the {x} {x}, one {x} for every {x}, no
{x} without {x}
""")
