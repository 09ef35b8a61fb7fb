"""What some denoisers take for each frame: texts and times of their own, numbers, what sees what, conditions."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from runtime.backends.engine import Array, Engine

PER_FRAME: Final = {"time": 2, "context": 4, "null": 4}
"""Axes of inputs that hold a value for each frame: (B, T) and (B, T, N, D)."""
SKETCH: Final = "sketch"
"""What a clip's layout is drawn to, (B, S, T, h, w), where a denoiser takes one."""
NO_SKETCH: Final = "null_sketch"
"""That of the text of nothing, in step graphs."""
NEUTRAL: Final = frozenset({"start", "bias", "condition", SKETCH, NO_SKETCH})
"""Inputs whose zeros change nothing: a clip's first frame is number 0, every frame sees every other, there is no
picture to go by, and nothing is laid out."""


def fitted(feeds: Mapping[str, Array], denoiser: Engine) -> dict[str, Array]:
    """`feeds` as `denoiser` takes them: what holds for a clip is said for each frame, what nobody said is neutral."""
    found = dict(feeds)
    for spec in denoiser.inputs:
        value = found.get(spec.name)
        if value is None:
            if spec.name in NEUTRAL:
                found[spec.name] = np.zeros([int(size) for size in spec.shape], spec.dtype)
        elif len(spec.shape) == PER_FRAME.get(spec.name) == value.ndim + 1:
            found[spec.name] = np.repeat(value[:, None], int(spec.shape[1]), axis=1)
    return found
