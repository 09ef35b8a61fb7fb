"""The denoising loop on a real graph, against diffusers' own loop with the same graph."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
)

from runtime.backends.choose import open_engine
from runtime.backends.engine import Engine
from runtime.errors import BackendError
from runtime.events import Step
from runtime.shot.denoise import DenoiseRequest, Estimate, Latents, denoise
from runtime.shot.guidance import Condition, guided, laid_out
from runtime.shot.noise import noise
from runtime.shot.schedule import Schedule
from runtime.shot.solvers import Prediction, Solver, table
from tests.tiny_graphs import FLOAT, INT64, GraphBuilder, TinySizes, denoiser, layout

# diffusers calls numpy in a way that numpy 2 reports.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZES = TinySizes(frames=5, tokens=3)
SHAPE = (1, SIZES.channels, SIZES.frames, SIZES.cells_high, SIZES.cells_wide)
SD = Schedule(kind="scaled_linear")
FLOW = Schedule(kind="flow", shift=3.0)
BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return open_engine(denoiser(tmp_path_factory.mktemp("graphs") / "denoiser.onnx", SIZES), "cpu", 1)


@pytest.fixture(scope="module")
def pair_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    pair = TinySizes(batch=2, frames=5, tokens=3)
    return open_engine(denoiser(tmp_path_factory.mktemp("graphs") / "denoiser.onnx", pair), "cpu", 1)


def words(seed: int) -> Any:
    return noise(seed, (1, SIZES.tokens, SIZES.context))


def request(solver: Solver = "euler", schedule: Schedule = FLOW, prediction: Prediction = "flow",
            **condition: Any) -> DenoiseRequest:
    told = Condition(**{"context": words(1), "domain": 1, **condition})
    return DenoiseRequest(shape=SHAPE, table=table(solver, schedule, prediction, 5), seed=11, condition=told)


def finished(asked: DenoiseRequest, engine: Engine) -> Any:
    last = list(denoise(asked, engine))[-1]
    assert isinstance(last, Latents)
    return last.array


def pipeline(engine: Engine, scheduler: Any, asked: DenoiseRequest, guidance: float = 1.0) -> Any:
    """A diffusers pipeline's denoising loop, with the graph as its network."""
    latents = torch.from_numpy(noise(asked.seed, SHAPE)) * asked.table.initial_scale

    def network(sample: torch.Tensor, time: Any, context: Any) -> torch.Tensor:
        feeds = {"latents": sample.numpy(), "time": np.array([float(time)], np.float32), "context": context,
                 "domain": np.array([asked.condition.domain])}
        return torch.from_numpy(engine.run(feeds)["prediction"])

    for time in scheduler.timesteps:
        sample = scheduler.scale_model_input(latents, time) if hasattr(scheduler, "scale_model_input") else latents
        output = network(sample, time, asked.condition.context)
        if guidance != 1.0:
            empty = network(sample, time, asked.condition.null_context)
            output = empty + guidance * (output - empty)
        latents = scheduler.step(output, time, latents, return_dict=False)[0]
    return latents.numpy()


def scheduler_of(solver: Solver, schedule: Schedule, prediction: Prediction) -> Any:
    if schedule.kind == "flow":
        scheduler: Any = FlowMatchEulerDiscreteScheduler(shift=schedule.shift)
        scheduler.set_timesteps(sigmas=list(np.linspace(1.0, 1 / 5, 5)))
        return scheduler
    options = {**BETAS, "prediction_type": {"v": "v_prediction"}.get(prediction, prediction),
               "timestep_spacing": "trailing"}
    if solver == "ddim":
        scheduler = DDIMScheduler(**options, clip_sample=False)
    else:
        scheduler = (EulerDiscreteScheduler if solver == "euler" else DPMSolverMultistepScheduler)(**options)
    scheduler.set_timesteps(5)
    return scheduler


@pytest.mark.parametrize(("solver", "schedule", "prediction"),
                         [("euler", FLOW, "flow"), ("euler", SD, "epsilon"), ("ddim", SD, "v"), ("dpmpp_2m", SD, "v")])
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_the_loop_is_diffusers_loop(engine: Engine, solver: Solver, schedule: Schedule, prediction: Prediction,
                                    guidance: float) -> None:
    asked = request(solver, schedule, prediction, null_context=words(2), scale=guidance)
    expected = pipeline(engine, scheduler_of(solver, schedule, prediction), asked, guidance)
    got = finished(asked, engine)
    assert got.dtype == np.float32
    # The graph bends every rounding a little further, so this is looser than one step's 1e-5.
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_events(engine: Engine) -> None:
    plain = list(denoise(request(), engine))
    assert plain[:-1] == [Step(stage="denoise", done=done, total=5) for done in range(1, 6)]
    asked = DenoiseRequest(shape=SHAPE, table=request().table, seed=11, condition=request().condition, previews=True)
    kinds = [type(event) for event in denoise(asked, engine)]
    assert kinds == [Step, Estimate] * 4 + [Step, Latents]
    np.testing.assert_array_equal(finished(asked, engine), finished(request(), engine))


def test_previews_approach_the_result(engine: Engine) -> None:
    asked = DenoiseRequest(shape=SHAPE, table=table("euler", FLOW, "flow", 20), seed=1, condition=request().condition,
                           previews=True)
    events = list(denoise(asked, engine))
    final = events[-1]
    assert isinstance(final, Latents)
    far = [float(np.abs(event.array - final.array).mean()) for event in events if isinstance(event, Estimate)]
    assert far[-1] < 0.3 * far[0]


def test_seed_text_and_domain_matter(engine: Engine) -> None:
    base = finished(request(), engine)
    np.testing.assert_array_equal(base, finished(request(), engine))
    other_seed = DenoiseRequest(shape=SHAPE, table=request().table, seed=12, condition=request().condition)
    for other in (other_seed, request(context=words(3)), request(domain=0)):
        assert np.abs(finished(other, engine) - base).max() > 1e-3


def test_lcm_draws_fresh_noise_that_repeats(engine: Engine) -> None:
    asked = request("lcm", SD, "v")
    np.testing.assert_array_equal(finished(asked, engine), finished(asked, engine))


def test_closing_stops_it(engine: Engine) -> None:
    work = denoise(request(), engine)
    assert next(work) == Step(stage="denoise", done=1, total=5)
    work.close()
    assert list(work) == []


@pytest.mark.parametrize("told", [{"null_context": words(2), "scale": 3.0}, {"scale": 1.0}])
def test_a_graph_for_a_pair_does_both_passes_at_once(told: dict[str, Any], engine: Engine, pair_engine: Engine) -> None:
    apart, together = (guided(runner, Condition(context=words(1), domain=1, **told))(noise(4, SHAPE), 500.0)
                       for runner in (engine, pair_engine))
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_guidance_formula(engine: Engine) -> None:
    latent = noise(4, SHAPE)

    def told(**more: Any) -> Any:
        return guided(engine, Condition(domain=0, **more))(latent, 321.0)

    text, null = told(context=words(1)), told(context=words(2))
    both = told(context=words(1), null_context=words(2), scale=7.5)
    np.testing.assert_allclose(both, null + 7.5 * (text - null), atol=1e-5)
    np.testing.assert_array_equal(told(context=words(1), null_context=words(2), scale=1.0), text)
    np.testing.assert_allclose(told(context=words(1), null_context=words(2), scale=0.0), null, atol=1e-6)
    with pytest.raises(ValueError, match="null context"):
        told(context=words(1), scale=2.0)


def overflowing(path: Path) -> Path:
    """A denoiser whose numbers grow beyond what it can hold."""
    g = GraphBuilder(0)
    latents = g.input("latents", FLOAT, *SHAPE)
    time = g.add("ReduceSum", g.input("time", FLOAT, 1), keepdims=0)
    text = g.add("ReduceSum", g.input("context", FLOAT, 1, SIZES.tokens, SIZES.context), keepdims=0)
    domain = g.add("Cast", g.add("ReduceSum", g.input("domain", INT64, 1), keepdims=0), to=FLOAT)
    g.output("prediction", g.add("Exp", g.add("Sum", latents, time, text, domain)), FLOAT, *SHAPE)
    return g.save(path)


def test_overflow_is_reported_at_the_first_step(tmp_path: Path) -> None:
    with open_engine(overflowing(tmp_path / "denoiser.onnx"), "cpu", 1) as engine, \
            pytest.raises(BackendError, match=r"step 1 on ONNX Runtime.*half precision.*float32 or bfloat16"):
        next(denoise(request(), engine))


@pytest.mark.parametrize("batch", [1, 2])
def test_a_text_is_laid_out_and_the_text_of_nothing_is_not(batch: int, tmp_path: Path) -> None:
    one = TinySizes(frames=5, tokens=3, sketch=4)
    many = dataclasses.replace(one, batch=batch)
    with (open_engine(layout(tmp_path / "layout.onnx", one), "cpu", 1) as planner,
          open_engine(denoiser(tmp_path / "denoiser.onnx", many), "cpu", 1) as runner,
          open_engine(denoiser(tmp_path / "one.onnx", one), "cpu", 1) as alone):
        sketch = laid_out(planner, words(1))
        assert sketch.shape == (1, 4, *SHAPE[2:])
        latent = noise(4, SHAPE)

        def evaluated(context: Any, drawn: Any) -> Any:
            feeds = {"latents": latent, "time": np.array([500.0], np.float32), "context": context,
                     "domain": np.array([1]), "sketch": drawn}
            return alone.run(feeds)["prediction"]

        away, towards = evaluated(words(2), np.zeros_like(sketch)), evaluated(words(1), sketch)
        told = Condition(context=words(1), domain=1, null_context=words(2), scale=3.0, sketch=sketch)
        np.testing.assert_allclose(guided(runner, told)(latent, 500.0), away + 3.0 * (towards - away), rtol=1e-4,
                                   atol=1e-5)
        assert np.abs(evaluated(words(1), np.zeros_like(sketch)) - towards).max() > 0.01
