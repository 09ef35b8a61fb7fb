"""Between pictures (H, W, 3) uint8 and what the networks hold."""

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Array

Picture = npt.NDArray[np.uint8]


def to_network(picture: Picture) -> npt.NDArray[np.float32]:
    """A picture (H, W, 3) as the networks take it: (1, 3, H, W), 0 to 1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None]).astype(np.float32) / np.float32(255.0)


def to_pictures(output: Array) -> npt.NDArray[np.uint8]:
    """A network's pictures as (B, H, W, 3) uint8: they are that already, or (B, 3, H, W) from 0 to 1."""
    if output.dtype == np.uint8:
        return output
    scaled = np.rint(np.clip(output, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))
