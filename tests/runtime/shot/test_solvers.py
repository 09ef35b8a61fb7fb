"""Every table, step by step, against diffusers' schedulers and against a problem with a known answer."""

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchLCMScheduler,
    LCMScheduler,
)

from runtime.errors import BundleError, UsageError
from runtime.shot.schedule import Points, Schedule, alphas_cumprod, points, points_at, timesteps
from runtime.shot.solvers import Prediction, Solver, SolverTable, estimate, step, table, table_at

# diffusers calls numpy in a way that numpy 2 reports.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPE = (1, 4, 3, 5, 6)
BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
THEIRS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}
SD = Schedule(kind="scaled_linear")
SD_LEADING = Schedule(kind="scaled_linear", spacing="leading", clean_end=False)
PREDICTIONS: tuple[Prediction, ...] = ("epsilon", "v", "x0")


def model(latent: torch.Tensor, time: float) -> torch.Tensor:
    """A network of sorts: not linear in the latent, different at every time, of the latent's own size."""
    weights = torch.Generator().manual_seed(int(time * 1000))
    bias = torch.randn(latent.shape, generator=weights).to(latent.dtype)
    return 0.7 * torch.tanh(latent.roll(1, -1)) + 0.3 * latent.sin() + 0.5 * bias


def start() -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(5))


def compare(solved: SolverTable, scheduler: Any, worst: float = 1e-5) -> None:
    """Walk both from the same latent and compare the latents after each step, relative to their own size."""
    theirs = start() * solved.initial_scale
    state = np.zeros((solved.rows, *SHAPE), np.float32)
    state[0] = theirs.numpy()
    assert solved.steps == len(scheduler.timesteps)
    for index, time in enumerate(scheduler.timesteps):
        assert float(time) == pytest.approx(solved.time[index], abs=1e-3)
        scaled = scheduler.scale_model_input(theirs, time) if hasattr(scheduler, "scale_model_input") else theirs
        output = model(scaled, float(time))
        mine = model(torch.from_numpy(state[0] * np.float32(solved.input_scale[index])), float(time)).numpy()
        fresh = None
        options = {}
        if isinstance(scheduler, LCMScheduler | FlowMatchLCMScheduler):
            options["generator"] = torch.Generator().manual_seed(index)
            fresh = torch.randn(SHAPE, generator=torch.Generator().manual_seed(index)).numpy()
        theirs = scheduler.step(output, time, theirs, return_dict=False, **options)[0]
        state = step(solved, index, state, mine, fresh)
        assert state.dtype == np.float32
        scale = float(theirs.abs().max())
        assert np.abs(state[0] - theirs.numpy()).max() < worst * scale, f"step {index}"


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("schedule", [SD, SD_LEADING], ids=["trailing", "leading"])
@pytest.mark.parametrize("steps", [1, 4, 25])
def test_ddim(schedule: Schedule, prediction: Prediction, steps: int) -> None:
    scheduler = DDIMScheduler(**BETAS, prediction_type=THEIRS[prediction], clip_sample=False,
                              set_alpha_to_one=schedule.clean_end, timestep_spacing=schedule.spacing, steps_offset=1)
    scheduler.set_timesteps(steps)
    # diffusers' alphas are float32: near the end, 1 - alpha^2 has four digits left.
    compare(table("ddim", schedule, prediction, steps), scheduler, worst=5e-5 if prediction == "x0" else 1e-5)


def test_ddim_in_float64_is_exact() -> None:
    scheduler = DDIMScheduler(**BETAS, clip_sample=False, timestep_spacing="trailing")
    scheduler.alphas_cumprod = torch.from_numpy(alphas_cumprod(SD))
    scheduler.final_alpha_cumprod = torch.tensor(1.0, dtype=torch.float64)
    scheduler.set_timesteps(20)
    solved = table("ddim", SD, "epsilon", 20)
    theirs = start().double()
    state = theirs.numpy()[None].copy()
    for index, time in enumerate(scheduler.timesteps):
        theirs = scheduler.step(model(theirs, float(time)), time, theirs, return_dict=False)[0]
        state = step(solved, index, state, model(torch.from_numpy(state[0]), float(time)).numpy())
        np.testing.assert_allclose(state[0], theirs.numpy(), rtol=0, atol=1e-11 * float(theirs.abs().max()))


@pytest.mark.parametrize("solver", ["ddim", "dpmpp_2m", "euler"])
def test_zero_terminal_snr(solver: Solver) -> None:
    schedule = Schedule(kind="scaled_linear", zero_terminal_snr=True)
    scheduler: Any
    if solver == "ddim":
        scheduler = DDIMScheduler(**BETAS, prediction_type="v_prediction", clip_sample=False,
                                  rescale_betas_zero_snr=True, timestep_spacing="trailing")
    else:
        kind = EulerDiscreteScheduler if solver == "euler" else DPMSolverMultistepScheduler
        scheduler = kind(**BETAS, prediction_type="v_prediction", rescale_betas_zero_snr=True,
                         timestep_spacing="trailing")
    scheduler.set_timesteps(8)
    solved = table(solver, schedule, "v", 8)
    # diffusers takes 2^-12 for the alpha that is 0; ours is exact but for Euler, whose latent it divides.
    compare(solved, scheduler, worst=1e-5 if solver == "ddim" else 1e-3)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("steps", [1, 2, 4, 20])
def test_dpmpp_2m(prediction: Prediction, steps: int) -> None:
    scheduler = DPMSolverMultistepScheduler(**BETAS, prediction_type=THEIRS[prediction], timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    compare(table("dpmpp_2m", SD, prediction, steps), scheduler)


@pytest.mark.parametrize("steps", [8, 25])
def test_dpmpp_2m_that_ends_in_a_little_noise(steps: int) -> None:
    scheduler = DPMSolverMultistepScheduler(**BETAS, timestep_spacing="leading", steps_offset=1,
                                            final_sigmas_type="sigma_min")
    scheduler.set_timesteps(steps)
    at = points_at(SD_LEADING, scheduler.timesteps.numpy().astype(np.float64))
    compare(table_at("dpmpp_2m", at, "epsilon"), scheduler)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
@pytest.mark.parametrize("steps", [1, 4, 25])
def test_euler(prediction: Prediction, spacing: str, steps: int) -> None:
    schedule = SD if spacing == "trailing" else Schedule(kind="scaled_linear", spacing="leading")
    scheduler = EulerDiscreteScheduler(**BETAS, prediction_type=THEIRS[prediction], timestep_spacing=spacing,
                                       steps_offset=1)
    scheduler.set_timesteps(steps)
    solved = table("euler", schedule, prediction, steps)
    compare(solved, scheduler)
    assert solved.initial_scale == pytest.approx(float(scheduler.init_noise_sigma), rel=3e-3)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("steps", [1, 4])
def test_lcm(prediction: Prediction, steps: int) -> None:
    scheduler = LCMScheduler(**BETAS, prediction_type=THEIRS[prediction])
    solved = table("lcm", SD, prediction, steps)
    scheduler.set_timesteps(timesteps=[int(time) for time in solved.time])
    compare(solved, scheduler)


def test_lcm_on_its_own_time_steps() -> None:
    scheduler = LCMScheduler(**BETAS)
    scheduler.set_timesteps(4)
    at = points_at(SD, scheduler.timesteps.numpy().astype(np.float64))
    compare(table_at("lcm", at, "epsilon"), scheduler)


@pytest.mark.parametrize("solver", ["euler", "ddim"])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_euler_on_flow(solver: Solver, shift: float) -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(sigmas=list(np.linspace(1.0, 1 / 6, 6)))
    compare(table(solver, Schedule(kind="flow", shift=shift), "flow", 6), scheduler)


def test_lcm_on_flow() -> None:
    scheduler = FlowMatchLCMScheduler(shift=3.0)
    scheduler.set_timesteps(sigmas=list(np.linspace(1.0, 0.25, 4)))
    compare(table("lcm", Schedule(kind="flow", shift=3.0), "flow", 4), scheduler)


@pytest.mark.parametrize("steps", [3, 20])
def test_dpmpp_2m_on_flow(steps: int) -> None:
    scheduler = DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0)
    scheduler.set_timesteps(steps)
    sigma = scheduler.sigmas.numpy().astype(np.float64)
    # It tells the model whole numbers; the place itself is not rounded.
    at = Points("flow", 1 - sigma, sigma, scheduler.timesteps.numpy().astype(np.float64))
    compare(table_at("dpmpp_2m", at, "flow"), scheduler)


@pytest.mark.parametrize(("solver", "prediction", "order"),
                         [("ddim", "epsilon", 1), ("euler", "v", 1), ("dpmpp_2m", "x0", 2), ("dpmpp_2m", "flow", 2)])
def test_order_of_convergence(solver: Solver, prediction: Prediction, order: int) -> None:
    """Gaussian data of deviation s: the ideal network is linear and every path is scaled by the ratio of the
    marginal deviations, so the error is known exactly and falls as steps^-order."""
    s, schedule = 0.4, Schedule(kind="flow") if prediction == "flow" else SD

    def error(steps: int) -> float:
        ends = (0.9, 0.1) if prediction == "flow" else (-3.0, 1.0)
        grid = np.linspace(*ends, steps + 1)
        # Even in sigma for flow, even in the logarithm of alpha / sigma otherwise.
        sigma = grid if prediction == "flow" else 1 / np.sqrt(1 + np.exp(2 * grid))
        alpha = 1 - sigma if prediction == "flow" else np.sqrt(1 - sigma**2)
        solved = table_at(solver, Points(schedule.kind, alpha, sigma, np.arange(steps, 0, -1.0)), prediction)
        spread = np.sqrt(alpha**2 * s**2 + sigma**2)
        state = np.zeros((solved.rows, 1))
        state[0] = spread[0] / (alpha[0] if solver == "euler" else 1)
        for i in range(steps):
            latent = state[0] * solved.input_scale[i]
            x0, noise = latent * alpha[i] * s**2 / spread[i] ** 2, latent * sigma[i] / spread[i] ** 2
            output = {"epsilon": noise, "x0": x0, "v": alpha[i] * noise - sigma[i] * x0, "flow": noise - x0}
            state = step(solved, i, state, output[prediction])
        final = state[0] * (alpha[-1] if solver == "euler" else 1)
        return float(abs(final[0] - spread[-1]))

    measured = np.log2(error(160) / error(320))
    assert measured == pytest.approx(order, abs=0.15)


def test_the_carried_estimate_is_x0_and_a_perfect_model_is_reached() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(SHAPE)
    unit = rng.standard_normal(SHAPE)
    for solver, schedule, prediction in (("ddim", SD, "v"), ("euler", SD, "epsilon"), ("lcm", SD, "x0"),
                                         ("dpmpp_2m", Schedule(kind="flow", shift=2.0), "flow")):
        solved = table(solver, schedule, prediction, 5)  # type: ignore[arg-type]
        at = points(schedule, 5)
        state = np.zeros((solved.rows, *SHAPE))
        alpha, sigma = at.alpha[0], at.sigma[0]
        state[0] = (alpha * truth + sigma * unit) / (alpha if solver == "euler" else 1)
        for i in range(5):
            x, a, s = state[0] * solved.input_scale[i], at.alpha[i], at.sigma[i]
            eps = (x - a * truth) / s
            output = {"epsilon": eps, "v": a * eps - s * truth, "x0": truth, "flow": eps - truth}[prediction]
            np.testing.assert_allclose(estimate(solved, i, state[0], output), truth, atol=1e-3)
            state = step(solved, i, state, output, unit)
            if solver == "dpmpp_2m":
                np.testing.assert_allclose(state[1], truth, atol=1e-3)
        np.testing.assert_allclose(state[0], truth, atol=1e-4)


def test_schedule_of_stable_diffusion() -> None:
    signal = alphas_cumprod(SD)
    np.testing.assert_allclose(signal[[0, 499, 999]], [0.9991, 0.2777, 0.0047], atol=5e-5)
    leading = timesteps(SD_LEADING, 50)
    np.testing.assert_array_equal(leading, np.arange(981, 0, -20))
    assert points(SD_LEADING, 50).alpha[-1] ** 2 == pytest.approx(0.99915)
    assert alphas_cumprod(Schedule(kind="scaled_linear", zero_terminal_snr=True))[-1] == 0.0


@pytest.mark.parametrize("steps", [1, 3, 7, 999])
@pytest.mark.parametrize("schedule", [SD, SD_LEADING, Schedule(kind="flow", shift=5.0)])
def test_times_fall_and_stay_inside(schedule: Schedule, steps: int) -> None:
    at = points(schedule, steps)
    assert len(at.time) == steps
    assert len(at.alpha) == len(at.sigma) == steps + 1
    assert np.all(np.diff(at.sigma) < 0)
    assert at.time.min() >= 0
    assert at.time.max() <= 1000


@pytest.mark.parametrize("steps", [0, -1, 1001, 10**9])
def test_impossible_numbers_of_steps(steps: int) -> None:
    with pytest.raises(UsageError, match="1 to 1000 steps"):
        table("ddim", SD, "epsilon", steps)
    with pytest.raises(UsageError, match="1 to 999 steps"):
        table("ddim", SD_LEADING, "epsilon", 1000)


def test_predictions_that_do_not_fit() -> None:
    with pytest.raises(BundleError, match="flow"):
        table("ddim", SD, "flow", 4)
    with pytest.raises(BundleError, match="scaled_linear"):
        table("euler", Schedule(kind="flow"), "v", 4)
    with pytest.raises(BundleError, match="pure noise"):
        table("ddim", Schedule(kind="scaled_linear", zero_terminal_snr=True), "epsilon", 4)
    with pytest.raises(BundleError, match="ddim, euler, lcm or dpmpp_2m"):
        table("heun", SD, "v", 4)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="epsilon, v, flow or x0"):
        table("ddim", SD, "score", 4)  # type: ignore[arg-type]
