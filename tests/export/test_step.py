"""Step graphs draw what denoiser, guidance and solver draw apart, from the same file of weights."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export import step
from export.errors import ExportError
from export.run_graph import Way, run_apart
from export.spec import Precision
from export.step import NAME, add_step
from runtime.backends import open_engine
from runtime.bundle import MANIFEST, Bundle, Engines, LineUp, write_manifest
from runtime.film.decisions import Settings
from runtime.film.drawing import condition, denoise_request
from runtime.film.setup import Setup, set_up
from runtime.shot.controls import NEUTRAL
from runtime.shot.denoise import DenoiseRequest, Estimate, Latents, denoise
from runtime.shot.noise import noise
from runtime.shot.stepper import denoise_stepwise
from tests.tiny_films import SIZES, film_bundle

BETAS = {"kind": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps": 1000}
SAMPLING: dict[str, dict[str, Any]] = {
    "flow": {},
    "two rows, guided": {"prediction": "epsilon", "schedule": BETAS, "solver": "dpmpp_2m", "steps": 5, "guidance": 4.0},
    "fresh noise": {"prediction": "v", "schedule": BETAS, "solver": "lcm", "steps": 3, "shared_noise": 0.7}}

SKETCHED = dataclasses.replace(SIZES, sketch=3)


def opened(folder: Path, kind: str) -> Setup:
    """A bundle with a step graph, sampled as `kind` says."""
    return set_up(Settings(), LineUp.of(add_step(film_bundle(folder, **SAMPLING[kind]), "fp32")[0]))


def request(setup: Setup, previews: bool = False) -> DenoiseRequest:
    words = (1, SIZES.tokens, SIZES.context)
    told = condition(setup.line_up.denoiser, noise(1, words), noise(2, words))
    return dataclasses.replace(denoise_request(setup.line_up.denoiser, setup.table, 7, told), previews=previews)


@pytest.mark.parametrize("kind", SAMPLING)
def test_a_scene_is_the_same_step_graph_or_not(kind: str, tmp_path: Path) -> None:
    setup = opened(tmp_path, kind)
    asked = request(setup)
    with Engines(setup.line_up, "cpu") as engines:
        *_, apart = denoise(asked, engines.get("denoiser"))
        together = list(denoise_stepwise(asked, engines.get("denoiser", "step")))
    assert isinstance(apart, Latents)
    assert isinstance(together[-1], Latents)
    assert len(together) == setup.table.steps + 1
    np.testing.assert_allclose(together[-1].array, apart.array, rtol=1e-4, atol=1e-5)


def test_previews_are_the_same_too(tmp_path: Path) -> None:
    setup = opened(tmp_path, "two rows, guided")
    asked = request(setup, previews=True)
    with Engines(setup.line_up, "cpu") as engines:
        found = [[item.array for item in run if isinstance(item, Estimate)]
                 for run in (denoise(asked, engines.get("denoiser")),
                             denoise_stepwise(asked, engines.get("denoiser", "step")))]
    assert len(found[0]) == 4
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5)


def test_both_graphs_read_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "LEAST_BESIDE", 120)
    line_up = opened(tmp_path, "two rows, guided").line_up
    line_up.bundle("denoiser").verify()
    denoiser = line_up.denoiser
    assert denoiser.step is not None
    assert denoiser.graph.data == denoiser.step.data
    assert [entry.file for entry in denoiser.step.data] == ["denoiser.onnx.data"]
    used = [tensor for tensor in onnx.load(tmp_path / NAME, load_external_data=False).graph.initializer
            if tensor.data_location == onnx.TensorProto.EXTERNAL]
    assert used
    assert {spec.name for spec in denoiser.step.inputs} == {"state", "time", "input_scale", "matrix", "context",
                                                            "domain", "null", "scale"}


def test_weights_that_lie_beside_the_graph_already_stay_there(tmp_path: Path) -> None:
    bundle = film_bundle(tmp_path)
    path = tmp_path / "denoiser.onnx"
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="denoiser.onnx.data", size_threshold=120)
    before = (tmp_path / "denoiser.onnx.data").read_bytes()
    manifest = json.loads((tmp_path / "bundle.json").read_text("utf-8"))
    bundle, compared = add_step(write_manifest(tmp_path, manifest), "fp32")
    bundle.verify()
    assert {item.output for item in compared[NAME]} == {"next_state", "estimate"}
    assert all(0 <= item.error <= item.limit and "ONNX Runtime" in item.device for item in compared[NAME])
    assert (tmp_path / "denoiser.onnx.data").read_bytes() == before


def test_a_bfloat16_step_graph_is_compared_where_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backends: list[str] = []

    def noted(path: Path, backend: str, **more: Any) -> Any:
        backends.append(backend)
        return open_engine(path, backend, **more)

    monkeypatch.setattr("export.run_graph.open_engine", noted)
    add_step(film_bundle(tmp_path), "bf16-typed")
    assert set(backends) == {"openvino"}


def test_large_graphs_are_compared_in_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def noted(graph: Path, way: Way, feeds: Any) -> Any:
        ran.append(graph.name)
        return run_apart(graph, way, feeds)

    monkeypatch.setattr("export.run_graph.LARGEST_FILE", 0)
    monkeypatch.setattr("export.run_graph.run_apart", noted)
    _, compared = add_step(film_bundle(tmp_path, guidance=3.0, steps=1), "fp32")
    assert all("ONNX Runtime" in item.device for item in compared[NAME])
    assert ran == ["denoiser_step.onnx", "denoiser.onnx", "denoiser.onnx"]


@pytest.mark.parametrize(("right", "wrong"), [("null", "context"), ("null_sketch", "sketch")])
def test_a_step_graph_that_is_wrong_is_refused(right: str, wrong: str, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    again = step._again

    def misread(nodes: list[Any], kept: set[str]) -> list[Any]:
        copies = again(nodes, kept)
        for node in copies:
            node.input[:] = [wrong if name == right else name for name in node.input]
        return copies

    monkeypatch.setattr(step, "_again", misread)
    with pytest.raises(ExportError, match=r"next_state of denoiser_step.onnx within 1.0e-04 of its parts"):
        add_step(film_bundle(tmp_path, SKETCHED, **SAMPLING["two rows, guided"]), "int8")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("kind", SAMPLING)
def test_a_step_graph_is_its_parts_whatever_can_be_told(kind: str, precision: Precision, tmp_path: Path) -> None:
    _, found = add_step(told_more(film_bundle(tmp_path, SKETCHED, **SAMPLING[kind])), precision)
    assert all(item.error <= item.limit == 1e-4 for item in found[NAME]), "both read the same weights"


@pytest.mark.parametrize("name", sorted(NEUTRAL))
def test_an_input_that_is_lost_is_found_although_films_never_say_it(name: str, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    right = step.step_graph

    def lost(*given: Any) -> onnx.ModelProto:
        graph = right(*given)
        value = next(value for value in graph.graph.input if value.name == name)
        silence = np.zeros([size.dim_value for size in value.type.tensor_type.shape.dim],
                           helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
        graph.graph.initializer.append(numpy_helper.from_array(silence, "silence"))
        for node in graph.graph.node:
            node.input[:] = ["silence" if read == name else read for read in node.input]
        return graph

    monkeypatch.setattr(step, "step_graph", lost)
    with pytest.raises(ExportError, match=r"next_state of denoiser_step.onnx within 1.0e-04 of its parts"):
        add_step(told_more(film_bundle(tmp_path, SKETCHED, **SAMPLING["two rows, guided"])), "fp32")


def told_more(bundle: Bundle) -> Bundle:
    """The bundle with a denoiser that also takes whatever else one can be told."""
    path, size = bundle.folder / "denoiser.onnx", SKETCHED
    graph = onnx.load(path)
    shapes = {"start": [1], "bias": [size.frames] * 2,
              "condition": [1, size.channels, size.frames, size.cells_high, size.cells_wide]}
    kinds = {name: TensorProto.INT64 if name == "start" else TensorProto.FLOAT for name in shapes}
    graph.graph.input.extend(helper.make_tensor_value_info(name, kinds[name], shape) for name, shape in shapes.items())
    last = next(node for node in graph.graph.node if "prediction" in node.output)
    graph.graph.node.remove(last)
    graph.graph.initializer.append(numpy_helper.from_array(np.array(0.3, np.float32), "some"))
    graph.graph.node.extend([
        helper.make_node("Cast", ["start"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["bias"], ["mean"], keepdims=0),
        helper.make_node("Sum", [last.input[0], "number", "mean", "condition"], ["told"]),
        helper.make_node("Mul", ["told", "some"], ["prediction"])])
    onnx.save(graph, path)
    return write_manifest(bundle.folder, json.loads((bundle.folder / MANIFEST).read_text("utf-8")))
