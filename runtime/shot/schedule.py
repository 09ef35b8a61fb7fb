"""How much picture and how much noise a latent holds at each step: x_t = alpha x_0 + sigma noise.

Pure functions in float64. Two kinds of model are known: `scaled_linear`, the variance-preserving diffusion of Stable
Diffusion (Rombach et al. 2022; zero terminal signal-to-noise as in Lin et al. 2023, Algorithm 1), and `flow`,
rectified flow with the timestep shift of Esser et al. 2024 (section 5.3.2).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from runtime.errors import UsageError

Float64 = npt.NDArray[np.float64]
Kind = Literal["scaled_linear", "flow"]
Spacing = Literal["trailing", "leading"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What a model was trained with, and how its steps are placed.

    `spacing` "trailing" starts at pure noise and is right for few steps; "leading" is Stable Diffusion's own, one above
    the multiples of train_steps // steps. `clean_end` False ends at the first training step's small remainder of noise
    instead of none. `shift` belongs to flow; the betas, `zero_terminal_snr`, "leading" and `clean_end` to
    scaled_linear.
    """

    kind: Kind
    train_steps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012
    zero_terminal_snr: bool = False
    shift: float = 1.0
    spacing: Spacing = "trailing"
    clean_end: bool = True


@dataclass(frozen=True)
class Points:
    """The places a sampler visits: `alpha` and `sigma` (steps + 1,), the last being where it ends; `time` (steps,) is
    what the model is told, 0 to 1000 for 1000 training steps."""

    kind: Kind
    alpha: Float64
    sigma: Float64
    time: Float64


def points(schedule: Schedule, steps: int) -> Points:
    """The places visited in `steps` steps. Raises UsageError when that many cannot be placed."""
    return points_at(schedule, timesteps(schedule, steps))


def timesteps(schedule: Schedule, steps: int) -> Float64:
    """The model's time values for `steps` steps, falling, (steps,). Whole numbers unless the kind is flow.

    Raises UsageError for fewer steps than 1 or more than the model was trained with.
    """
    count = schedule.train_steps
    leading = schedule.kind == "scaled_linear" and schedule.spacing == "leading"
    most = count - 1 if leading else count
    if not 1 <= steps <= most:
        raise UsageError(f"1 to {most} steps", f"{steps} were asked for", "choose another --steps")
    if schedule.kind == "flow":
        noise = np.linspace(1.0, 1.0 / steps, steps, dtype=np.float64)
        return count * _shifted(noise, schedule.shift)
    if leading:
        return np.arange(steps, dtype=np.float64)[::-1] * (count // steps) + 1.0
    return np.round(count - np.arange(steps) * (count / steps)) - 1.0


def points_at(schedule: Schedule, times: Float64) -> Points:
    """The places at the model's own `times` (steps,), falling, and the end."""
    if schedule.kind == "flow":
        sigma = np.append(times / schedule.train_steps, 0.0)
        return Points("flow", 1.0 - sigma, sigma, times)
    signal = alphas_cumprod(schedule)
    end = 1.0 if schedule.clean_end else signal[0]
    kept = np.append(signal[times.astype(np.int64)], end)
    return Points("scaled_linear", np.sqrt(kept), np.sqrt(1.0 - kept), times)


def alphas_cumprod(schedule: Schedule) -> Float64:
    """alpha^2 at every training step of a scaled_linear schedule, (train_steps,), falling."""
    ends = schedule.beta_start**0.5, schedule.beta_end**0.5
    signal = np.cumprod(1.0 - np.linspace(*ends, schedule.train_steps) ** 2, dtype=np.float64)
    if not schedule.zero_terminal_snr:
        return signal
    # Lin et al. 2023, Algorithm 1: shift the square roots so that the last is 0, stretch so that the first stays.
    root = np.sqrt(signal)
    shifted: Float64 = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return shifted**2


def _shifted(noise: Float64, shift: float) -> Float64:
    return shift * noise / (1.0 + (shift - 1.0) * noise)
