"""A solver is a table: new state = A_i (state, model output, noise).

Every solver here is linear in what it sees, so each step is one small matrix, computed once in float64 and applied in
the latent's own precision. One row (the latent) does for DDIM (Song et al. 2021), Euler (Karras et al. 2022) and LCM
(Luo et al. 2023); DPM-Solver++(2M) (Lu et al. 2022, Algorithm 2) carries its previous x_0 as a second row. What is not
linear (clipping, thresholding, guidance rescale) has no table and is not offered.
"""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from runtime.errors import BundleError
from runtime.shot.schedule import Float64, Points, Schedule, points

Solver = Literal["ddim", "euler", "lcm", "dpmpp_2m"]
Prediction = Literal["epsilon", "v", "flow", "x0"]
Number = TypeVar("Number", np.float32, np.float64)

CORRECT = "correct the bundle's denoiser section"

LEAST_ALPHA = 2.0**-12
"""Euler and DPM-Solver++ divide by alpha; where a schedule ends in pure noise it is held just above 0."""

FEW_STEPS = 15
"""Below this many, DPM-Solver++(2M) ends with a first-order step."""

LCM_SIGMA, LCM_TIME_SCALE = 0.5, 10.0
"""Constants of the boundary condition in LCM (Luo et al. 2023, appendix; the values of its release)."""


@dataclass(frozen=True)
class SolverTable:
    """A solver worked out for one schedule, one prediction type and one number of steps.

    `matrices` (steps, rows, rows + 2): columns are the state's rows, the model's output, fresh noise.
    `input_scale` (steps,): the latent times this is what the model sees. `time` (steps,): what it is told.
    `estimate` (steps, 2): x_0 as seen at this step = these times (latent, output).
    `initial_scale`: the first latent is unit noise times this.
    """

    matrices: Float64
    input_scale: Float64
    time: Float64
    estimate: Float64
    initial_scale: float

    @property
    def steps(self) -> int:
        """How many model evaluations there are."""
        return len(self.matrices)

    @property
    def rows(self) -> int:
        """How many arrays the state has."""
        return int(self.matrices.shape[1])

    def noisy(self, index: int) -> bool:
        """Whether step `index` wants fresh noise."""
        return bool(np.any(self.matrices[index, :, -1]))


def table(solver: Solver, schedule: Schedule, prediction: Prediction, steps: int) -> SolverTable:
    """The table of `solver` for `steps` steps. Raises UsageError for an impossible number of steps and BundleError
    for a prediction type that does not go with the schedule."""
    return table_at(solver, points(schedule, steps), prediction)


def table_at(solver: Solver, at: Points, prediction: Prediction) -> SolverTable:
    """The table of `solver` for places chosen by the caller."""
    if (prediction == "flow") != (at.kind == "flow"):
        raise BundleError("prediction 'flow' with a flow schedule, another with scaled_linear",
                          f"it is {prediction!r} with {at.kind}", CORRECT)
    match solver:
        case "ddim":
            return _ddim(at, prediction)
        case "euler":
            # On a straight path DDIM's step is Euler's: x + (sigma' - sigma) v.
            return _ddim(at, prediction) if at.kind == "flow" else _euler(at, prediction)
        case "lcm":
            return _lcm(at, prediction)
        case "dpmpp_2m":
            return _dpmpp_2m(at, prediction)
    raise BundleError("solver ddim, euler, lcm or dpmpp_2m", f"it is {solver!r}", CORRECT)


def step(solved: SolverTable, index: int, state: npt.NDArray[Number], output: npt.NDArray[Number],
         noise: npt.NDArray[Number] | None = None) -> npt.NDArray[Number]:
    """The state (rows, *latent) after step `index`, given the model's output (*latent) and, where `solved.noisy`,
    unit noise (*latent). Unused state starts at zero."""
    parts = [*state, output, noise]
    rows = []
    for row in solved.matrices[index]:
        terms = [state.dtype.type(weight) * part for weight, part in zip(row, parts, strict=True)
                 if weight != 0.0 and part is not None]
        rows.append(sum(terms[1:], start=terms[0]) if terms else np.zeros_like(output))
    return np.stack(rows)


def estimate(solved: SolverTable, index: int, latent: npt.NDArray[Number],
             output: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The clean latent (x_0) the model believes in at step `index`; for previews."""
    of_latent, of_output = (latent.dtype.type(weight) for weight in solved.estimate[index])
    return of_latent * latent + of_output * output


def _x0(at: Points, prediction: Prediction) -> Float64:
    """(steps, 2): x_0 as a combination of the latent and the model's output."""
    alpha, sigma = at.alpha[:-1], at.sigma[:-1]
    match prediction:
        case "epsilon":
            if alpha.min() <= 0.0:
                raise BundleError("prediction 'v' or 'x0' where the schedule ends in pure noise",
                                  "it is 'epsilon', which says nothing there", CORRECT)
            return np.stack([1.0 / alpha, -sigma / alpha], axis=1)
        case "v":
            return np.stack([alpha, -sigma], axis=1)
        case "flow":
            return np.stack([np.ones_like(sigma), -sigma], axis=1)
        case "x0":
            return np.stack([np.zeros_like(sigma), np.ones_like(sigma)], axis=1)
    raise BundleError("prediction epsilon, v, flow or x0", f"it is {prediction!r}", CORRECT)


def _noise(at: Points, x0: Float64) -> Float64:
    """(steps, 2): the noise in the latent, from latent = alpha x_0 + sigma noise."""
    alpha, sigma = at.alpha[:-1, None], at.sigma[:-1, None]
    return (np.array([1.0, 0.0]) - alpha * x0) / sigma


def _ddim(at: Points, prediction: Prediction) -> SolverTable:
    """Song et al. 2021, equation 12 with eta 0: the same noise, less of it."""
    x0 = _x0(at, prediction)
    rows = at.alpha[1:, None] * x0 + at.sigma[1:, None] * _noise(at, x0)
    return _one_row(at, rows, np.zeros(len(rows)), x0)


def _lcm(at: Points, prediction: Prediction) -> SolverTable:
    """Luo et al. 2023, Algorithm 1: jump to x_0, then noise it down to the next step."""
    x0 = _x0(at, prediction)
    denoised = x0
    if at.kind == "scaled_linear":
        scaled = at.time * LCM_TIME_SCALE
        total = scaled**2 + LCM_SIGMA**2
        denoised = (scaled / np.sqrt(total))[:, None] * x0
        denoised[:, 0] += LCM_SIGMA**2 / total
    alpha, sigma = at.alpha[1:].copy(), at.sigma[1:].copy()
    alpha[-1], sigma[-1] = 1.0, 0.0
    return _one_row(at, alpha[:, None] * denoised, sigma, x0)


def _euler(at: Points, prediction: Prediction) -> SolverTable:
    """Karras et al. 2022, Algorithm 1 without its correction, on z = x / alpha with noise level k = sigma / alpha."""
    alpha = np.maximum(at.alpha, LEAST_ALPHA)
    sigma = np.where(at.alpha < alpha, np.sqrt(1.0 - alpha**2), at.sigma)
    x0 = _x0(Points(at.kind, alpha, sigma, at.time), prediction)
    x0[:, 0] *= alpha[:-1]
    level = sigma / alpha
    drift = (np.array([1.0, 0.0]) - x0) / level[:-1, None]
    rows = np.array([1.0, 0.0]) + np.diff(level)[:, None] * drift
    # 1 / alpha keeps the first latent at unit variance, so a seed gives the same film as with DDIM. (diffusers takes
    # sigma / alpha for "trailing", 0.2 % less, and this for "leading".)
    return SolverTable(_matrices(rows, np.zeros(len(rows))), alpha[:-1], at.time, x0, float(1.0 / alpha[0]))


def _dpmpp_2m(at: Points, prediction: Prediction) -> SolverTable:
    """Lu et al. 2022, Algorithm 2 (data prediction, midpoint): the latent and the previous x_0 are the state.

    The first step has no history and the last is kept first order when it ends in no noise or there are under 15
    steps, as everyone does: there the second order's slope is worse than none.
    """
    x0, steps = _x0(at, prediction), len(at.time)
    alpha, sigma = at.alpha, at.sigma
    # Pure noise has no logarithm of its signal: held above 0 here alone, where it only weighs the history.
    with np.errstate(divide="ignore"):
        half_logsnr = np.log(np.maximum(alpha, LEAST_ALPHA)) - np.log(sigma)
    spans = np.diff(half_logsnr)
    matrices = np.zeros((steps, 2, 4))
    for i in range(steps):
        kept = sigma[i + 1] / sigma[i]
        gain = alpha[i + 1] - kept * alpha[i]
        final = i == steps - 1 and (sigma[-1] == 0.0 or steps < FEW_STEPS)
        history = 0.0 if i == 0 or final else 0.5 * gain * spans[i] / spans[i - 1]
        matrices[i, 0, [0, 2]] = (gain + history) * x0[i]
        matrices[i, 0, 0] += kept
        matrices[i, 0, 1] = -history
        matrices[i, 1, [0, 2]] = x0[i]
    return SolverTable(matrices, np.ones(steps), at.time, x0, 1.0)


def _one_row(at: Points, rows: Float64, noise: Float64, x0: Float64) -> SolverTable:
    return SolverTable(_matrices(rows, noise), np.ones(len(rows)), at.time, x0, 1.0)


def _matrices(rows: Float64, noise: Float64) -> Float64:
    return np.concatenate([rows, noise[:, None]], axis=1)[:, None, :]
