"""Stable Diffusion 2 with inserted layers: fresh ones change nothing, trained ones are those of their stages."""

import copy
import dataclasses
import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel

from export.__main__ import main
from export.compare import Comparison, compare
from export.errors import ExportError
from export.pipeline import Request
from export.spec import NetworkSpec
from export.stable_diffusion import family
from runtime.backends import Engine, open_engine
from runtime.bundle import Engines, LineUp, open_bundle
from runtime.digest import file_sha256
from runtime.film import drawing
from runtime.film.decisions import Settings
from runtime.film.setup import solver_table
from runtime.shot.denoise import DenoiseRequest, Latents, denoise
from runtime.shot.guidance import Shallow
from runtime.shot.noise import noise
from runtime.shot.stepper import denoise_stepwise
from tests.export import tiny_modelscope as tiny
from tests.export.tiny_networks import filled
from training.models import weights
from training.models.denoiser import Denoiser, DenoiserConfig
from training.models.frozen import frozen_digest

FRAMES = 4
CONFIG = DenoiserConfig(latent_channels=4, widths=(8, 16), layers=2, attention=(True, False), head=4, context=16,
                        groups=4, frames=FRAMES, temporal=1.0, insert_at_output=False, layout=False)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def folder(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a download cache has it."""
    path = tmp_path_factory.mktemp("published") / "models--stabilityai--stable-diffusion-2/snapshots" / ("0f" * 20)
    reference.save_pretrained(path)
    return path


def around(unet: Any, config: DenoiserConfig = CONFIG) -> Denoiser:
    torch.manual_seed(1)
    return Denoiser(config, unet)


def trained(model: Denoiser, folder: Path, **more: Any) -> Path:
    """The stages' files of a denoiser, which say `more` besides."""
    facts = {"config": dataclasses.asdict(model.config), "clips": 1, "guidance": 3.5, "shared_noise": 0.9,
             "around": frozen_digest(model.unet), "prediction": "epsilon", **more}
    for stage, prefix in (("stage1", "inserts."), ("stage2", "temporal.")):
        weights.save(folder, stage, {name: value for name, value in model.state_dict().items()
                                     if name.startswith(prefix)}, facts)
    return folder


def exported(folder: Path, layers: Path, out: Path, *more: str) -> int:
    return main(["sd2", str(folder), "--layers", str(layers), "--out", str(out), "--frames", str(FRAMES), "--frame",
                 "72x40", "--precision", "fp32", *more])


def last(events: Iterable[object]) -> np.ndarray:
    *_, latents = events
    assert isinstance(latents, Latents)
    return latents.array


def predicted(graph: Path, latents: np.ndarray, time: float, context: np.ndarray, domain: int) -> np.ndarray:
    with open_engine(graph, "cpu") as engine:
        return engine.run({"latents": latents, "time": np.array([time], np.float32), "context": context,
                           "domain": np.array([domain], np.int64)})["prediction"]


def test_fresh_layers_leave_stable_diffusion_as_it_was(reference: Any, folder: Path, tmp_path: Path) -> None:
    layers = trained(around(reference.unet), tmp_path / "layers")
    assert exported(folder, layers, tmp_path / "bundle") == 0
    latents, context = noise(1, (1, 4, FRAMES, 5, 9)), noise(2, (1, tiny.TOKENS, 16))
    for time, domain in ((999.0, 0), (21.0, 1)):
        ours = predicted(tmp_path / "bundle/denoiser.onnx", latents, time, context, domain)
        with torch.no_grad():
            theirs = reference.unet(torch.from_numpy(latents[0].swapaxes(0, 1).copy()), time,
                                    torch.from_numpy(context.repeat(FRAMES, axis=0))).sample.numpy()
        assert np.abs(ours[0].swapaxes(0, 1) - theirs).max() < 1e-4


def test_a_large_denoiser_has_left_memory_when_backends_load_its_graph(reference: Any, folder: Path, tmp_path: Path,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    layers, left, loads = trained(around(reference.unet), tmp_path / "layers"), {}, compare

    def unets() -> list[Any]:
        return [network for network in gc.get_objects() if type(network) is type(reference.unet)
                and any(tensor.device.type == "cpu" and tensor.nbytes for tensor in network.parameters())]

    gc.collect()
    others = unets()  # those of fixtures

    def counted(spec: NetworkSpec, *given: Any) -> tuple[Comparison, ...]:
        left[spec.name] = [network for network in unets() if not any(network is other for other in others)]
        return loads(spec, *given)

    monkeypatch.setattr("export.graphs.LARGEST_FILE", 0)
    monkeypatch.setattr("export.graphs.compare", counted)
    assert exported(folder, layers, tmp_path / "bundle") == 0
    assert left["denoiser"] == []


def test_the_bundle_is_what_was_trained_and_says_what_it_was_made_of(reference: Any, folder: Path,
                                                                     tmp_path: Path) -> None:
    model = filled(around(reference.unet))
    layers = trained(model, tmp_path / "layers", steps=4)
    assert exported(folder, layers, tmp_path / "bundle", "--layers-licence", "mine") == 0
    bundle = open_bundle(tmp_path / "bundle")
    bundle.verify()
    manifest, denoiser = bundle.manifest, bundle.manifest.denoiser
    assert (manifest.name, manifest.title, manifest.licence) == (
        "stable-diffusion-2", "stable-diffusion-2", "CreativeML Open RAIL++-M and mine")
    assert denoiser is not None
    assert (denoiser.prediction, denoiser.domains, denoiser.default_domain) == ("epsilon", {"watermarked": 0,
                                                                                           "clean": 1}, "clean")
    assert (denoiser.shared_noise, denoiser.frames, denoiser.size) == (0.9, FRAMES, (72, 40))
    assert (denoiser.steps, denoiser.guidance) == (4, 3.5), "as the layers were trained to be sampled"
    theirs = {source.name: source for source in manifest.sources if source.licence == "mine"}
    assert {name: source.sha256 for name, source in theirs.items()} == {
        path.name: file_sha256(path) for path in layers.iterdir()}, "tensors, and what was told of them"
    assert theirs["stage2.json"].note == "From layers, beside the diffusers folder."
    unet, = (source for source in manifest.sources if source.name == "unet/diffusion_pytorch_model.safetensors")
    assert (unet.licence, unet.note) == ("CreativeML Open RAIL++-M", "From the diffusers folder stable-diffusion-2.")
    latents, context = noise(3, (1, 4, FRAMES, 5, 9)), noise(4, (1, tiny.TOKENS, 16))
    for domain in (0, 1):
        ours = predicted(bundle.folder / "denoiser.onnx", latents, 500.0, context, domain)
        with torch.no_grad():
            theirs = model(torch.from_numpy(latents), torch.tensor([500.0]), torch.from_numpy(context),
                           torch.tensor([domain])).numpy()
        assert np.abs(ours - theirs).max() < 2e-3, "stages are stored in half precision"


@pytest.mark.proof
def test_guidance_over_a_pair_of_clips_draws_the_same_scene_step_graph_or_not(reference: Any, folder: Path,
                                                                              tmp_path: Path) -> None:
    layers = trained(filled(around(reference.unet)), tmp_path / "layers")
    context, null = noise(2, (1, tiny.TOKENS, 16)), noise(5, (1, tiny.TOKENS, 16))
    drawn = []
    for form in ("clip", "pair"):
        assert exported(folder, layers, tmp_path / form, "--form", form, "--step", "--steps", "3") == 0
        line_up = LineUp.of(open_bundle(tmp_path / form))
        denoiser = line_up.denoiser
        asked = DenoiseRequest(shape=denoiser.latent_shape, table=solver_table(Settings(), line_up), seed=7,
                               condition=drawing.condition(denoiser, context, null))
        with Engines(line_up, "cpu") as engines:
            drawn += [last(denoise(asked, engines.get("denoiser"))),
                      last(denoise_stepwise(asked, engines.get("denoiser", "step")))]
    for other in drawn[1:]:
        np.testing.assert_allclose(other, drawn[0], rtol=1e-3, atol=1e-3)


@pytest.mark.proof
def test_deep_features_serve_some_steps_step_graph_or_not(reference: Any, folder: Path, tmp_path: Path) -> None:
    layers = trained(filled(around(reference.unet)), tmp_path / "layers")
    assert exported(folder, layers, tmp_path / "bundle", "--form", "cached", "--step", "--steps", "7") == 0
    line_up = LineUp.of(open_bundle(tmp_path / "bundle"))
    denoiser = line_up.denoiser
    assert denoiser.refresh == 3
    assert dataclasses.replace(denoiser, refresh=1).parts(on_gpu=False) == ("graph",), "it never rests"
    for on_gpu, names in ((True, {"denoiser_step.onnx", "denoiser_step_shallow.onnx"}),
                          (False, {"denoiser.onnx", "denoiser_shallow.onnx"})):
        assert {path.name for role, path, _ in line_up.graphs(on_gpu) if role == "denoiser"} == names
    context, null = noise(2, (1, tiny.TOKENS, 16)), noise(5, (1, tiny.TOKENS, 16))
    asked = DenoiseRequest(shape=denoiser.latent_shape, table=solver_table(Settings(), line_up), seed=7,
                           condition=drawing.condition(denoiser, context, null))
    with Engines(line_up, "cpu") as engines:
        def drawn(refresh: int) -> tuple[Any, Any]:
            first, second = (Shallow(engines.get("denoiser", part), refresh) for part in ("shallow", "step_shallow"))
            return (last(denoise(asked, engines.get("denoiser"), first)),
                    last(denoise_stepwise(asked, engines.get("denoiser", "step"), second)))

        alone, usual = last(denoise(asked, engines.get("denoiser"))), last(drawing.drawn(asked, denoiser, engines))
        always, (apart, together) = drawn(1), drawn(3)
        counted = Counted(engines.get("denoiser"))
        list(denoise(asked, counted, Shallow(engines.get("denoiser", "shallow"), 3)))
    assert counted.runs == 2 * 3, "text and no text, in steps 1, 4 and 7"
    for found in always:
        np.testing.assert_allclose(found, alone, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(together, apart, rtol=1e-3, atol=1e-3)
    assert np.abs(apart - alone).max() > 1e-3
    np.testing.assert_array_equal(usual, apart)


class Counted:
    """An engine that counts its runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.runs = engine, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def run(self, *given: Any, **more: Any) -> Any:
        self.runs += 1
        return self._engine.run(*given, **more)


@pytest.mark.parametrize(("folded", "asked"), [({}, ("--guidance", "1")), ({"guidance": 1.0}, ())])
def test_a_pair_without_guidance_is_refused(folded: dict[str, Any], asked: tuple[str, ...], reference: Any,
                                            folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = trained(around(reference.unet), tmp_path / "layers", **folded)
    assert exported(folder, layers, tmp_path / "bundle", "--form", "pair", *asked) != 0
    assert "leave --form pair out" in capsys.readouterr().err


def test_layers_are_sampled_as_asked_or_as_the_last_stage_says(reference: Any, tmp_path: Path) -> None:
    layers = trained(around(reference.unet), tmp_path, steps=4, guidance=1.0)
    plain = Request(folder=tmp_path, out=tmp_path, licence="")
    assert family(layers).sampling(plain) == (4, 1.0)
    assert family(layers).sampling(dataclasses.replace(plain, steps=30, guidance=0.0)) == (30, 0.0)
    tensors, told = weights.load(layers, "stage2")
    silent = {name: value for name, value in told.items() if name not in {"steps", "guidance"}}
    weights.save(layers, "stage2", tensors, silent)
    assert family(layers).sampling(plain) == (25, 9.0), "as published, for stage 2 says nothing"
    weights.save(layers, "distil", tensors, {**silent, "steps": 2, "guidance": 1.5})
    assert family(layers).sampling(plain) == (2, 1.5)


@pytest.mark.parametrize("stage", ["stage1", "stage2"])
def test_layers_trained_around_other_weights_of_the_same_shape_are_refused(
        stage: str, reference: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(2)
    other = UNet2DConditionModel.from_config(reference.unet.config)
    layers = trained(around(reference.unet), tmp_path / "layers")
    tensors, told = weights.load(layers, stage)
    weights.save(layers, stage, tensors, {**told, "around": frozen_digest(other)})
    assert exported(folder, layers, tmp_path / "bundle") != 0
    said = capsys.readouterr().err
    assert f"expected layers in {layers} trained around {folder / 'unet'}, but {stage} says around" in said
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("prediction", ["flow", "v"])
def test_layers_trained_to_predict_something_else_are_refused(
        prediction: str, reference: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = trained(around(reference.unet), tmp_path / "layers", prediction=prediction)
    assert exported(folder, layers, tmp_path / "bundle") != 0
    said = capsys.readouterr().err
    assert f"layers in {layers} trained as {folder} was, but stage1 says prediction {prediction}, not epsilon" in said
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("fact", ["around", "prediction"])
def test_layers_that_do_not_say_what_they_go_into_are_refused(fact: str, reference: Any, tmp_path: Path) -> None:
    layers = trained(around(reference.unet), tmp_path)
    tensors, told = weights.load(layers, "stage1")
    weights.save(layers, "stage1", tensors, {name: value for name, value in told.items() if name != fact})
    with pytest.raises(ExportError, match=rf"stage1.json to say {fact}, but it does not"):
        family(layers)


def test_a_network_in_half_precision_is_still_the_same_one(reference: Any) -> None:
    half = copy.deepcopy(reference.unet).half()
    assert frozen_digest(half) == frozen_digest(reference.unet)
    half.conv_in.bias.data[0] += 0.01
    assert frozen_digest(half) != frozen_digest(reference.unet)


def test_layers_that_are_missing_are_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exported(folder, tmp_path, tmp_path / "bundle") != 0
    assert f"expected the stage stage1 in {tmp_path}, but it is not there" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(("change", "said"), [
    ({"groups": 2}, "theirs had groups 2, not 4"), ({"frames": 8}, "theirs had frames 8, not 4"),
    ({"domains": 1}, "theirs had domains 1, not 2 (watermarked, clean)")])
def test_layers_of_another_network_are_refused(change: dict[str, Any], said: str, folder: Path, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    layers = trained(around(None, dataclasses.replace(CONFIG, **change)), tmp_path / "layers")
    assert exported(folder, layers, tmp_path / "bundle") != 0
    assert said in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_another_kind_of_pipeline_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.pipeline(tmp_path / "words").save_pretrained(tmp_path / "modelscope")
    layers = trained(around(None), tmp_path / "layers")
    assert exported(tmp_path / "modelscope", layers, tmp_path / "bundle") != 0
    assert "unet to be a UNet2DConditionModel" in capsys.readouterr().err
