"""From latents to pictures, a few frames at a time so that a clip never sits in memory whole."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Engine
from runtime.shot.pixels import Picture, to_pictures

CHUNK: Final = 4
"""Frames in one run of a graph that leaves that free; each adds its picture and inner tensors to what a run takes."""


@dataclass(frozen=True)
class Normalisation:
    """The model's latents are (autoencoder's - mean) / std, per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def columns(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Mean and deviation, (C, 1, 1) each."""
        mean, std = (np.array(values, np.float32)[:, None, None] for values in (self.mean, self.std))
        return mean, std


def decode(latents: npt.NDArray[np.float32], decoder: Engine, normalisation: Normalisation,
           chunk: int = CHUNK) -> Generator[Picture, None, None]:
    """Yield the pictures (H, W, 3) of `latents` (1, C, T, h, w), normalised; `chunk` frames per run of the graph, or
    as many as the graph is fixed to."""
    mean, std = normalisation.columns()
    frames = np.ascontiguousarray(latents[0].swapaxes(0, 1)) * std + mean
    fixed = next(spec.shape[0] for spec in decoder.inputs if spec.name == "latents")
    size = fixed if isinstance(fixed, int) else chunk
    for first in range(0, len(frames), size):
        part = frames[first:first + size]
        count = len(part)
        if isinstance(fixed, int) and count < size:
            # The graph takes no fewer: fill up with the last frame and drop what comes of it.
            part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
        yield from to_pictures(decoder.run({"latents": part})["picture"])[:count]
