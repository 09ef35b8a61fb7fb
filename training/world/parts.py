"""What the world is made of, as data: `Subject`, `Setting`, `Light`, `View`.

A new subject or setting is one small file that fills one of these in and is listed in its folder's `__init__`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import skia

Place = Literal["ground", "air", "water", "deep", "space"]
"""Where a subject can be: on the ground, in the air, on the water's surface, under water, in space."""


@dataclass(frozen=True)
class Light:
    """Time of day and weather as colours. All `#rrggbb`.

    `sky` are three stops from the top of the frame to the horizon; `haze` is what distance fades to; `sun` is the
    disc (sun or moon); `tint` and `tint_strength` (0..1) say how far subjects and near ground are pulled to the
    light's colour; `dark` (0 day .. 1 night) lets windows and lamps be lit.
    """

    time: str
    weather: str
    sky: tuple[str, str, str]
    haze: str
    sun: str
    tint: str
    tint_strength: float
    dark: float


@dataclass(frozen=True)
class View:
    """What the camera sees at one moment.

    `half` is half the frame's width in frame heights (1.2 for 768x320, 0.5 for a square); `x` is how far the camera
    has travelled to the right; a layer at depth d (0 far .. 1 at the subject) is drawn shifted by -x*d;
    `time` is seconds since the clip began; `seed` fixes the random scenery of this clip.
    """

    half: float
    x: float
    time: float
    seed: int


@dataclass(frozen=True)
class Subject:
    """Something that acts.

    `draw(canvas, colour, phase)` paints it **heading right** in its own units: height 1, from y = -1 (top) to y = 0
    (where it touches the ground, the waterline, or its belly), x from -aspect/2 to +aspect/2. `colour` is a name of
    the palette or `#rrggbb`; `phase` counts its own motion in cycles (wheels, wings, legs, flames), looks the same
    after a whole one, and grows by `tempo` a second, so that a film holds whole cycles or simple parts of one; `speed`
    says how quick it is, 0 that it never moves (how fast it crosses the frame is the camera's to say); `bob` how far it
    sways (in its own heights), `climb` how fast it rises when it is in the air or in space. `height` is its size in
    frame heights at normal distance. Larger reads better: 0.3 to 0.5.
    `lights` paints what shines by itself (lamps, flames) over the body, in the same units: no night dims it.
    `leap` is how far it rises out of the water and dips into it, in its own heights; 0 floats on the waterline.
    """

    name: str
    nouns: tuple[str, ...]
    draw: Callable[[skia.Canvas, str, float], None]
    aspect: float
    height: float
    tempo: float
    speed: float
    places: tuple[Place, ...]
    settings: tuple[str, ...]
    verbs: Mapping[Place, tuple[str, ...]]
    colours: tuple[str, ...] = ()
    colour: str = "#888888"
    bob: float = 0.0
    climb: float = 0.0
    lights: Callable[[skia.Canvas, str, float], None] | None = None
    leap: float = 0.0

    def does(self, place: Place) -> tuple[str, ...]:
        """What it may be said to do at `place`; where it does not belong, what it does elsewhere."""
        return self.verbs.get(place) or self.verbs[self.places[0]]


@dataclass(frozen=True)
class Setting:
    """Somewhere.

    `back(canvas, view, light)` paints the whole frame behind the subjects: x from -half to +half, y from 0 (top) to 1.
    `front` paints what is nearer than the subjects (grass, spray, a railing), sparingly.
    `levels` gives, for each place that exists here, the y a subject stands at (ground, water) or the (low, high) range
    its middle may fly at; `verge`, where there is a road, the y at which stands what never moves.
    `phrases` finish a caption ("on a coast road"); `across` are more of them for those who move over the ground, and
    `elsewhere` replaces them for a place where they would read oddly ("over a coast road").
    """

    name: str
    phrases: tuple[str, ...]
    back: Callable[[skia.Canvas, View, Light], None]
    front: Callable[[skia.Canvas, View, Light], None]
    levels: Mapping[Place, float | tuple[float, float]]
    times: tuple[str, ...] = ("dawn", "day", "sunset", "night")
    weathers: tuple[str, ...] = ("clear", "rain", "snow", "fog")
    verge: float | None = None
    across: tuple[str, ...] = ()
    elsewhere: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
