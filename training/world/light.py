"""The light of a clip: the palette of each time of day, and what the weather makes of it."""

from training.world.brush import mix
from training.world.parts import Light

TIMES = ("dawn", "day", "sunset", "night")
WEATHERS = ("clear", "rain", "storm", "snow", "fog")

CLEAR: dict[str, Light] = {
    "dawn": Light(
        time="dawn", weather="clear", sky=("#7f86d6", "#f3a9bd", "#ffe3c0"), haze="#f6c9c4", sun="#fff4d6",
        tint="#f29aa6", tint_strength=0.2, dark=0.1,
    ),
    "day": Light(
        time="day", weather="clear", sky=("#2b7ad4", "#6fb6ee", "#dff2fa"), haze="#c9e3f1", sun="#fffae0",
        tint="#fff6e0", tint_strength=0.04, dark=0.0,
    ),
    "sunset": Light(
        time="sunset", weather="clear", sky=("#351c68", "#c23b72", "#ff9f3d"), haze="#e2705c", sun="#ffe07a",
        tint="#d2472f", tint_strength=0.26, dark=0.4,
    ),
    "night": Light(
        time="night", weather="clear", sky=("#060b28", "#10235a", "#2f5596"), haze="#233f7a", sun="#f6f1d4",
        tint="#1c3478", tint_strength=0.35, dark=1.0,
    ),
}

# For each weather: the grey it brings, how much of it reaches the top, middle and horizon of the sky, and how much
# it adds to the tint of things.
OVERCAST: dict[str, tuple[str, tuple[float, float, float], float]] = {
    "rain": ("#64788c", (0.75, 0.7, 0.5), 0.12),
    "storm": ("#252e3c", (0.85, 0.75, 0.5), 0.22),
    "snow": ("#c3cfdc", (0.7, 0.65, 0.55), 0.08),
    "fog": ("#c2cbd0", (0.75, 0.75, 0.7), 0.14),
}


def light(time: str, weather: str) -> Light:
    """The colours of one time of day (`TIMES`) under one weather (`WEATHERS`); a KeyError for any other word."""
    clear = CLEAR[time]
    if weather == "clear":
        return clear
    grey, shares, tint = OVERCAST[weather]
    # Clouds are lit by the same sky: grey by day, rosy at dawn, nearly black at night.
    cloud = mix(grey, clear.sky[1], 0.18 + 0.1 * clear.dark)
    cloud = mix(cloud, clear.sky[0], 0.62 * max(0.0, clear.dark - 0.25) / 0.75)
    top, middle, horizon = (mix(colour, cloud, share) for colour, share in zip(clear.sky, shares, strict=True))
    return Light(
        time=time,
        weather=weather,
        sky=(mix(top, "#000000", 0.12), middle, horizon),
        haze=mix(clear.haze, cloud, 0.65),
        sun=mix(clear.sun, horizon, 0.55),
        tint=mix(clear.tint, cloud, 0.6),
        tint_strength=clear.tint_strength + tint,
        dark=min(1.0, clear.dark + (0.35 if weather == "storm" else 0.1)),
    )
