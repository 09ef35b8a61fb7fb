"""From pictures that come from elsewhere to a model's latents: the way back of `decode`."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Engine
from runtime.shot.decode import Normalisation
from runtime.shot.pixels import Picture


def encode(pictures: Iterable[Picture], encoder: Engine, normalisation: Normalisation) -> npt.NDArray[np.float32]:
    """Latents (1, C, T, h, w), normalised, of T pictures (H, W, 3) of the size that the graph is made for."""
    mean, std = normalisation.columns()
    frames = [(encoder.run({"picture": picture[None]})["latents"][0] - mean) / std for picture in pictures]
    return np.stack(frames, axis=1)[None]
