"""What the networks of a line-up are asked for, on real graphs."""

import dataclasses
from pathlib import Path

import numpy as np

from runtime.bundle import LAYOUT, Engines, LineUp
from runtime.film.decisions import Settings
from runtime.film.drawing import condition, drawn
from runtime.film.setup import solver_table
from runtime.shot.denoise import DenoiseRequest, Latents, denoise
from runtime.shot.guidance import laid_out
from runtime.shot.noise import noise
from tests.tiny_graphs import TinySizes, tiny_bundle


def test_a_scene_is_drawn_by_its_layout(tmp_path: Path) -> None:
    sizes = TinySizes(frames=4, sketch=3)
    line_up = LineUp.of(tiny_bundle(tmp_path, sizes))
    facts, context = line_up.denoiser, noise(1, (1, sizes.tokens, sizes.context))
    request = DenoiseRequest(shape=facts.latent_shape, table=solver_table(Settings(), line_up), seed=1,
                             condition=condition(facts, context))
    with Engines(line_up, "cpu") as engines:
        *_, found = drawn(request, facts, engines)
        told = dataclasses.replace(request.condition, sketch=laid_out(engines.get("denoiser", LAYOUT), context))
        *_, expected = denoise(dataclasses.replace(request, condition=told), engines.get("denoiser"))
        *_, without = denoise(request, engines.get("denoiser"))
    assert isinstance(found, Latents)
    assert isinstance(expected, Latents)
    assert isinstance(without, Latents)
    np.testing.assert_array_equal(found.array, expected.array)
    assert np.abs(found.array - without.array).max() > 0.01
