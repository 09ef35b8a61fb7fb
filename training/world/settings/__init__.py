"""The places. A new setting is one module with a `SETTING`, named here."""

from training.world.parts import Setting
from training.world.settings import (
    above_clouds,
    canyon,
    city,
    coast_road,
    desert,
    forest,
    meadow,
    moon,
    open_sea,
    snow_mountains,
    space,
    under_water,
)

_MODULES = (coast_road, above_clouds, open_sea, moon, under_water, desert, snow_mountains, city, meadow, forest, space,
            canyon)

SETTINGS: dict[str, Setting] = {module.SETTING.name: module.SETTING for module in _MODULES}
