"""The noise a film starts from: the same numbers for the same seed, on every machine and in every version.

Philox (Salmon et al. 2011) counts in raw 64-bit words, which numpy promises never to change (NEP 19; its normal
distribution carries no such promise), and the Box-Muller transform makes them normal in float64. Rounding to float32
then hides the last bit in which mathematics libraries differ.
"""

import math

import numpy as np
import numpy.typing as npt

WORD = 2**64
COMMON = 2**32
"""Streams from here on are what the frames of a clip have in common."""


def noise(seed: int, shape: tuple[int, ...], stream: int = 0) -> npt.NDArray[np.float32]:
    """Unit normal noise of `shape`. `seed` 0 to 2^64-1; streams of one seed are independent (0 is the start of a
    scene, k + 1 what a solver asks for in step k)."""
    count = math.prod(shape)
    pairs = (count + 1) // 2
    generator = np.random.Philox(key=np.array([seed % WORD, stream], dtype=np.uint64))
    # The upper 53 bits, moved half a step off zero so that the logarithm is finite.
    uniform = ((generator.random_raw(2 * pairs) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    radius = np.sqrt(-2.0 * np.log(uniform[:pairs]))
    angle = 2.0 * math.pi * uniform[pairs:]
    normal = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return normal[:count].reshape(shape).astype(np.float32)


def clip_noise(seed: int, shape: tuple[int, ...], shared: float = 0.0, stream: int = 0) -> npt.NDArray[np.float32]:
    """Unit normal noise of a clip, `shape` (B, C, T, h, w), of whose variance the share `shared` (0 to 1) is the same
    in every frame: mixed noise (Ge et al. 2023, "Preserve Your Own Correlation", section 3.2)."""
    own = noise(seed, shape, stream)
    if shared == 0.0:
        return own
    common = noise(seed, (*shape[:2], 1, *shape[3:]), COMMON + stream)
    return np.float32(math.sqrt(shared)) * common + np.float32(math.sqrt(1.0 - shared)) * own
