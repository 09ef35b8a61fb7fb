"""From noise to a clean latent, step by step."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Engine
from runtime.errors import BackendError
from runtime.events import Step
from runtime.shot import solvers
from runtime.shot.guidance import Condition, Shallow, guided
from runtime.shot.noise import clip_noise


@dataclass(frozen=True, kw_only=True)
class DenoiseRequest:
    """What to draw: `shape` (1, C, T, h, w) of the latent, the solver's table, the seed and what the model is told.

    `shared_noise` is how much of the noise's variance all frames have in common, as in the model's training. With
    `previews` an `Estimate` follows every step but the last.
    """

    shape: tuple[int, int, int, int, int]
    table: solvers.SolverTable
    seed: int
    condition: Condition
    shared_noise: float = 0.0
    previews: bool = False

    def start(self) -> npt.NDArray[np.float32]:
        """The state (rows, *shape) before the first step: noise, and zeros for what the solver remembers."""
        state = np.zeros((self.table.rows, *self.shape), np.float32)
        state[0] = clip_noise(self.seed, self.shape, self.shared_noise) * np.float32(self.table.initial_scale)
        return state

    def fresh_noise(self, index: int) -> npt.NDArray[np.float32] | None:
        """The noise (*shape) that the solver wants in step `index`, if it wants any."""
        if not self.table.noisy(index):
            return None
        return clip_noise(self.seed, self.shape, self.shared_noise, stream=index + 1)


@dataclass(frozen=True)
class Estimate:
    """The clean latent as the model sees it so far, (1, C, T, h, w), normalised."""

    array: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Latents:
    """The finished latent, (1, C, T, h, w), normalised."""

    array: npt.NDArray[np.float32]


def denoise(request: DenoiseRequest, denoiser: Engine, shallow: Shallow | None = None
            ) -> Generator[Step | Estimate | Latents, None, None]:
    """Yield a Step after each step (and an Estimate where asked for), at the end the Latents. Close it to stop.

    With `shallow` the whole denoiser runs in every few steps only. The same request gives the same latent on the same
    engine. Raises BackendError when the model stops making sense.
    """
    table, predict = request.table, guided(denoiser, request.condition, shallow)
    state = request.start()
    for index in range(table.steps):
        latent = state[0]
        output = predict(latent * np.float32(table.input_scale[index]), float(table.time[index]))
        finite(output, index, denoiser)
        state = solvers.step(table, index, state, output, request.fresh_noise(index))
        yield Step(stage="denoise", done=index + 1, total=table.steps)
        if request.previews and index + 1 < table.steps:
            yield Estimate(solvers.estimate(table, index, latent, output))
    yield Latents(state[0])


def finite(array: npt.NDArray[np.float32], index: int, denoiser: Engine) -> npt.NDArray[np.float32]:
    """`array` as it came from step `index`. Raises BackendError when it holds what is no number."""
    if np.isfinite(array).all():
        return array
    raise BackendError("finite numbers from the denoiser", f"step {index + 1} on {denoiser.device} gave others",
                       "half precision has most likely overflowed: choose a --backend that computes in float32 or "
                       "bfloat16, or a bundle exported for this one")
