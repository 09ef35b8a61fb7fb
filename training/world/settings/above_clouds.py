"""Above the clouds: open sky and rows of round cloud heads to the horizon."""

import skia

from training.world.brush import fill, mix
from training.world.parts import Light, Setting, View
from training.world.scenery import BOTTOM, Layer, bank, drifting, shaded, sky

HORIZON = 0.6
ROWS = ((0.08, 0.63, 0.012, 0.09), (0.18, 0.7, 0.02, 0.16), (0.4, 0.81, 0.03, 0.25), (0.75, 0.96, 0.03, 0.36))
# Sunlit heads and shaded feet of the clouds.
TONES = {
    "dawn": ("#fff0e6", "#d69bc0"),
    "day": ("#ffffff", "#6ca4da"),
    "sunset": ("#ffc48f", "#8c3a80"),
    "night": ("#88a2da", "#14245a"),
}


def back(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Sky, sun or moon, four rows of cloud, each bright above the dark feet of the one behind."""
    sky(canvas, view, light, HORIZON)
    head, foot = TONES[light.time]
    for number, (depth, base, height, scale) in enumerate(ROWS):
        distance = 0.4 * (1 - number / (len(ROWS) - 1))
        layer = Layer(depth=depth, base=base, height=height, scale=scale, salt=11 + number)
        high = base - height - 0.7 * scale
        low = ROWS[number + 1][1] - 0.05 if number + 1 < len(ROWS) else BOTTOM - 0.1
        top, bottom = mix(head, light.haze, distance), mix(foot, light.haze, distance)
        path = bank(drifting(view, 0.04), layer)
        shaded(canvas, path, (high, 0.6 * high + 0.4 * low, low), (top, mix(top, bottom, 0.25), bottom))


def front(canvas: skia.Canvas, view: View, light: Light) -> None:
    """Cloud heads that slide by at the very bottom."""
    path = bank(view, Layer(depth=1.2, base=1.17, height=0.03, scale=0.3, salt=19))
    canvas.drawPath(path, fill(mix(TONES[light.time][0], "#ffffff", 0.3), 0.9))


SETTING = Setting(
    name="above the clouds",
    phrases=("above the clouds", "over a sea of clouds", "high above the clouds"),
    back=back,
    front=front,
    levels={"air": (0.28, 0.55)},
    weathers=("clear",),
)
