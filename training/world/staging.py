"""Where the actors of a clip stand and how they move: so that they stay in the frame, large, and tell their relation.

Positions are in frame heights; x is 0 in the middle of the frame, y grows down. A clip's natural length is two
seconds; its middle is at one second.
"""

import random
from dataclasses import dataclass
from typing import Final

from training.world.clip import Actor, Clip
from training.world.parts import Setting
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

CLOSE: Final = {1: 1.45, 2: 1.25}
"""How far the camera comes closer, for one actor and for two."""

TILT: Final = {1: 1.3, 2: 1.15}
"""How close it is while it tilts."""

@dataclass(frozen=True)
class Pace:
    """What one camera move does to everyone alike, in frame heights a second along the clip's heading: how fast the
    camera travels, and how fast those who move go across the frame."""

    camera: float
    screen: float


PACES: Final = {
    "static": Pace(0.0, 0.3), "wide": Pace(0.0, 0.3), "pan": Pace(0.35, -0.12), "tracking": Pace(0.5, 0.06),
    "zoom in": Pace(0.0, 0.1), "zoom out": Pace(0.0, 0.1), "close-up": Pace(0.0, 0.1), "tilt": Pace(0.0, 0.1),
}
"""The same for every subject: where something is at a moment then follows from the camera alone, which is what few
films can teach."""

_TOGETHER: Final = 0.5
"""Two share the frame: they cross it more slowly, or they would leave it."""

_FAR: Final = 0.72
_SQUARE: Final = 0.7
"""Half widths below this are stills: one moment, little room to the sides, more up and down."""


@dataclass(frozen=True)
class Role:
    """How one actor moves: x and y of its foot at the middle of the clip, velocities in frame heights a second.

    `phase` is where its own motion begins, in cycles.
    """

    actor: Actor
    x: float
    y: float
    vx: float
    vy: float
    height: float
    heading: int
    phase: float

    @property
    def width(self) -> float:
        """Its width in frame heights."""
        return self.height * SUBJECTS[self.actor.subject].aspect

    def turned(self, time: float) -> float:
        """How far its own motion is `time` seconds into the clip, in cycles."""
        return time * SUBJECTS[self.actor.subject].tempo + self.phase


def stage(clip: Clip, half: float) -> tuple[Role, ...]:
    """Where everyone stands and how they move, for a frame `half` frame heights wide on each side."""
    if not clip.actors:
        return ()
    rng = random.Random(f"stage/{clip.seed}")
    size = _FAR if clip.camera == "wide" else 1.0
    heights = [SUBJECTS[actor.subject].height * size for actor in clip.actors]
    room = _room(clip, half)
    if len(clip.actors) == 1:
        return (_alone(clip, min(heights[0], room / SUBJECTS[clip.actors[0].subject].aspect), half, rng),)
    return _couple(clip, heights, half, rng)


def _room(clip: Clip, half: float) -> float:
    """The width the actors may take up together when the camera is nearest, in frame heights."""
    count = len(clip.actors)
    zoom = CLOSE[count] if clip.camera in ("zoom in", "zoom out", "close-up") else 1.0
    # A close-up may cut a tail or a wheel, never the thing itself.
    zoom = TILT[count] if clip.camera == "tilt" else zoom / (1.06 if count == 1 else 1.0)
    aside = abs(PACES[clip.camera].screen) * (1.0 if count == 1 else _TOGETHER)
    return 2 * (0.97 * half / zoom - aside * min(1.0, half))


def _alone(clip: Clip, height: float, half: float, rng: random.Random) -> Role:
    actor = clip.actors[0]
    pace = PACES[clip.camera]
    vx = clip.heading * (pace.camera + pace.screen) if SUBJECTS[actor.subject].speed else 0.0
    return _role(clip, 0, (rng.uniform(-0.05, 0.05) * half, _level(clip, actor, height, 0.5)), vx, height)


def _role(clip: Clip, index: int, place: tuple[float, float], vx: float, height: float, heading: int = 0) -> Role:
    actor = clip.actors[index]
    subject = SUBJECTS[actor.subject]
    climb = subject.climb if actor.place in ("air", "space") else 0.0
    # One second of climbing is left after the middle of the clip: start low enough to stay in the frame.
    y = max(place[1], height * (1.02 + subject.bob) + climb)
    return Role(actor, place[0], y, vx, -climb, height, heading or clip.heading, 0.4 * index)


def _level(clip: Clip, actor: Actor, height: float, share: float) -> float:
    """y of the foot: on the ground or the water, or `share` of the way down the range of flight."""
    setting = SETTINGS[clip.setting]
    level = setting.levels[actor.place]
    if isinstance(level, tuple):
        return level[0] + (level[1] - level[0]) * share + height / 2
    return setting.verge if setting.verge is not None and _stands_aside(setting, actor) else level


def _stands_aside(setting: Setting, actor: Actor) -> bool:
    """What never moves would block a road: it stands beside it."""
    return actor.place == "ground" and SUBJECTS[actor.subject].speed == 0 and setting.verge is not None


# ---------------------------------------------------------------------------------------------- two actors


def _couple(clip: Clip, heights: list[float], half: float, rng: random.Random) -> tuple[Role, ...]:
    """Two actors; the gap is how far the second is ahead of the first, along the clip's heading."""
    square = half < _SQUARE
    feet = [_foot(clip, index, heights[index], square) for index in (0, 1)]
    stacked = _overlap(feet, heights) < 0.3 * min(heights)
    widths = [heights[i] * SUBJECTS[clip.actors[i].subject].aspect for i in (0, 1)]
    # Side to side, they need both widths; one above the other, the wider one and a little play.
    needed = max(widths) + 0.3 * min(1.0, half) if stacked else sum(widths) * (0.9 if square else 1.0) + 0.1 * half
    fit = min(1.0, _room(clip, half) / needed)
    heights = [height * fit for height in heights]
    reach = 0.5 * fit * sum(widths)
    limit = min(_room(clip, half) - fit * max(widths), 1.6 * half)
    first, last = (max(-limit, min(limit, gap)) for gap in _gaps(clip, reach, square, stacked))
    speeds = [SUBJECTS[actor.subject].speed for actor in clip.actors]
    pace = PACES[clip.camera]
    common = pace.camera + _TOGETHER * pace.screen
    if clip.relation == "meeting":
        common = pace.camera
    elif speeds[1] == 0:
        common = (first - last) / 4
    drift = rng.uniform(-0.04, 0.04) * half
    roles = []
    for index, sign in ((0, -1), (1, 1)):
        heading = -clip.heading if clip.relation == "meeting" and index == 1 else clip.heading
        x = clip.heading * sign * (first + last) / 4 + drift
        vx = clip.heading * (common + sign * (last - first) / 4)
        foot = _foot(clip, index, heights[index], square)
        roles.append(_role(clip, index, (x, foot), vx, heights[index], heading))
    return tuple(roles)


def _gaps(clip: Clip, reach: float, square: bool, stacked: bool) -> tuple[float, float]:
    """The gap between the middles at the clip's start and end; `reach` is the gap at which they touch."""
    match clip.relation:
        case "chasing":
            return (0.7 * reach + 0.35, 0.7 * reach + 0.1) if stacked else (reach + 0.45, reach + 0.1)
        case "passing" if square:
            return -0.7 * reach, -1.0 * reach
        case "passing":
            return (0.9 * reach, -0.9 * reach) if stacked else (reach, -reach)
        case "meeting":
            return (reach + 0.5, 0.5 * reach) if stacked else (reach + 0.6, reach + 0.06)
        case _ if stacked:
            return 0.1, -0.1
        case _:
            # In a film clear of one another: where a nose meets a tail a small network draws something of both.
            close = 0.88 if square else 1.08
            return (close + 0.04) * reach, (close - 0.04) * reach


def _foot(clip: Clip, index: int, height: float, square: bool) -> float:
    """y of one of two: two lanes of one road, two heights of one sky."""
    actor = clip.actors[index]
    level = SETTINGS[clip.setting].levels[actor.place]
    if isinstance(level, tuple):
        # A still has room above and below, a film to the sides.
        spread = 0.08 if square else 0.0
        middle = level[0] - spread + (level[1] - level[0] + 2 * spread) * (0.85 if index else 0.15)
        return middle + height / 2
    foot = _level(clip, actor, height, 0.0)
    if actor.place == "water":
        return foot - (0.04 if index else 0.0)
    if _stands_aside(SETTINGS[clip.setting], actor):
        return foot
    if clip.relation in ("side by side", "passing"):
        return foot + (-0.055 if index else 0.035)
    return foot + (-0.015 if index else 0.015)


def _overlap(feet: list[float], heights: list[float]) -> float:
    """How much of the two boxes' heights is at the same level."""
    return min(feet) - max(foot - height for foot, height in zip(feet, heights, strict=True))
