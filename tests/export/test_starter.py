"""`python -m export starter` on real, tiny weights: what it makes is a bundle the app opens and can run."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from export import card, starter
from export.__main__ import main
from export.errors import ExportError
from export.parts import Part
from export.starter import PARTS, Built, Request, assembled, build
from runtime.backends import Array, open_engine
from runtime.bundle import LAYOUT, Engines, LineUp, open_bundle
from runtime.film.drawing import drawn
from runtime.shot import solvers
from runtime.shot.decode import Normalisation, decode
from runtime.shot.denoise import DenoiseRequest, Latents
from runtime.shot.guidance import Condition, laid_out
from runtime.shot.schedule import Schedule
from runtime.shot.stepper import denoise_stepwise
from runtime.shot.text import encode_text, open_tokenizer
from tests.export import tiny_networks as tiny
from training.models import weights
from training.world.domains import DOMAINS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights")
    tiny.save_all(path)
    return path


@pytest.fixture(scope="module")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("bundle") / "starter"
    (out / "sounds").mkdir(parents=True)
    (out / "sounds" / "sounds.json").write_text("{}")
    return build(Request(folder, out, frame=tiny.FRAME))


def test_the_bundle_fills_every_role_and_verifies(built: Built) -> None:
    bundle = open_bundle(built.bundle.folder)
    assert bundle.roles == ("text_encoder", "denoiser", "decoder", "upscaler", "sounds")
    assert built.left_out == {}
    bundle.verify()
    files = {path.name for path in bundle.folder.iterdir()}
    assert files == {"text_encoder.onnx", "denoiser.onnx", "denoiser_layout.onnx", "decoder.onnx",
                     "upscaler_clean.onnx", "upscaler_flow.onnx", "upscaler_backward.onnx", "upscaler_forward.onnx",
                     "tokenizer.json", "sounds", "bundle.json", "MODEL_CARD.md"}


def test_the_manifest_says_how_to_sample(built: Built) -> None:
    denoiser = built.bundle.manifest.denoiser
    upscaler = built.bundle.manifest.upscaler
    assert denoiser is not None
    assert upscaler is not None
    assert (denoiser.prediction, denoiser.solver, denoiser.steps, denoiser.guidance) == ("flow", "euler", 4, 1.0)
    assert (denoiser.frames, denoiser.fps, denoiser.size) == (4, 8.0, (64, 32))
    assert denoiser.latent.ratio == 16
    assert (denoiser.latent.mean, denoiser.latent.std) == ((0.0,) * 4, (1.0,) * 4)
    assert dict(denoiser.domains) == DOMAINS
    assert denoiser.default_domain == "clean"
    assert denoiser.subjects == {"car": ("car",), "whale": ("whale",)}
    assert denoiser.shared_noise == 0.5
    assert upscaler.sizes == ((256, 128), (64, 32)), "enlarged, and as it is drawn"
    assert not any(graph.exact for graph in (upscaler.clean, upscaler.flow, upscaler.backward, upscaler.forward))


def test_the_app_draws_a_scene_with_it(built: Built) -> None:
    bundle = built.bundle
    denoiser, encoder = bundle.manifest.denoiser, bundle.manifest.text_encoder
    assert denoiser is not None
    assert encoder is not None
    table = solvers.table(denoiser.solver, Schedule(kind="flow", shift=2.0), denoiser.prediction, denoiser.steps)
    with Engines(LineUp.of(bundle), "cpu") as engines:
        for part in ("clean", "flow", "backward", "forward"):
            engines.get("upscaler", part)
        text = encode_text("a red car", open_tokenizer(bundle.check(encoder.tokenizer)), engines.get("text_encoder"),
                           encoder.max_tokens)
        condition = Condition(context=text.context, domain=denoiser.domains["clean"], scale=denoiser.guidance)
        request = DenoiseRequest(shape=(1, 4, 4, 2, 4), table=table, seed=1, condition=condition)
        *_, made = drawn(request, denoiser, engines)
        assert isinstance(made, Latents)
        normalisation = Normalisation(denoiser.latent.mean, denoiser.latent.std)
        pictures = list(decode(made.array, engines.get("decoder"), normalisation))
    assert [picture.shape for picture in pictures] == [(32, 64, 3)] * 4
    assert all(picture.std() > 1.0 for picture in pictures)


def last(events: Iterable[object]) -> Array:
    *_, latents = events
    assert isinstance(latents, Latents)
    return latents.array


@pytest.mark.proof
def test_with_controls_that_say_nothing_it_draws_the_same_scene_step_graph_or_not(folder: Path, built: Built,
                                                                                 tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "weights", ignore=shutil.ignore_patterns("upscaler.*"))
    controlled = build(Request(tmp_path / "weights", tmp_path / "bundle", frame=tiny.FRAME, step=True,
                               form="controls")).bundle
    found = []
    noise = np.random.default_rng(3)
    context = noise.standard_normal((1, 8, 16), np.float32)
    for bundle in (built.bundle, controlled):
        facts = bundle.manifest.denoiser
        assert facts is not None
        table = solvers.table(facts.solver, Schedule(kind="flow", shift=2.0), facts.prediction, facts.steps)
        asked = DenoiseRequest(shape=facts.latent_shape, table=table, seed=1, condition=Condition(context=context,
                                                                                                  domain=1))
        with Engines(LineUp.of(bundle), "cpu") as engines:
            found.append(last(drawn(asked, facts, engines)))
            if facts.step is not None:
                told = dataclasses.replace(asked.condition, sketch=laid_out(engines.get("denoiser", LAYOUT), context))
                found.append(last(denoise_stepwise(dataclasses.replace(asked, condition=told),
                                                   engines.get("denoiser", "step"))))
                own = np.repeat(context[:, None], 4, axis=1)
                own[:, 3] *= -1
                asked = dataclasses.replace(asked, condition=Condition(context=own, domain=1))
                found.append(last(drawn(asked, facts, engines)))
    plain, whole, stepwise, other = found
    np.testing.assert_allclose(whole, plain, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(stepwise, plain, rtol=1e-3, atol=1e-4)
    assert np.abs(other - plain).max() > 0.01, "a text of one frame's own is heard"


def test_its_decoder_draws_what_the_autoencoder_draws(built: Built) -> None:
    latents = np.random.default_rng(5).standard_normal((1, 4, 2, 4)).astype(np.float32)
    with open_engine(built.bundle.check_graph(built.bundle.graph("decoder")), "cpu") as engine:
        picture = engine.run({"latents": latents})["picture"]
    with torch.no_grad():
        expected = tiny.autoencoder().decode(torch.from_numpy(latents))[0].permute(1, 2, 0).clamp(-1, 1).numpy()
    assert picture.shape == (1, 32, 64, 3)
    assert np.abs(picture[0].astype(np.float64) / 127.5 - 1 - expected).mean() < 0.02


def test_the_card_holds_sizes_figures_and_commands(built: Built) -> None:
    card = (built.bundle.folder / "MODEL_CARD.md").read_text()
    for fact in ("clips 60,000", "psnr 27.5", "figures.captions_cosine 0.5", "python -m training distil",
                 "python -m export starter --precision int8", "euler, 4 steps, guidance 1", built.bundle.digest,
                 "| denoiser.onnx |"):
        assert fact in card
    assert "\n\n\n" not in card


def test_the_card_tells_what_was_measured_and_on_which_bundle(folder: Path, built: Built, tmp_path: Path) -> None:
    film = {"idea": "a red car", "subjects": {"car": 0.9375}, "setting": 1.0, "watermark": 0.0, "motion": 3.1,
            "flicker": 0.02}
    found = {"bundle": built.bundle.digest, "judge": {"watermark": 0.995}, "films": [film],
             "watermark": {"films": 32, "watermarked": 0.91, "clean": 0.004}}
    for digest, said in ((built.bundle.digest, "on this bundle"), ("0" * 64, "on an older bundle, `000")):
        (tmp_path / "quality.json").write_text(json.dumps({**found, "bundle": digest}))
        text = card.model_card(built.bundle, folder, "int8", [], built.comparisons, tmp_path / "quality.json")
        for fact in (said, "watermark 99.5%", "91.0% with the watermarked norm, 0.4% with the clean norm",
                     "| a red car | car 94% | 100% | 0% | 3.1 | 0.02 |"):
            assert fact in text
    assert "## Quality" not in card.model_card(built.bundle, folder, "int8", [], built.comparisons, tmp_path / "none")


def test_missing_stages_are_left_out_and_named(folder: Path, tmp_path: Path) -> None:
    weights_folder = tmp_path / "weights"
    weights_folder.mkdir()
    for name in ("text_encoder.json", "text_encoder.safetensors", "tokenizer.json"):
        shutil.copy(folder / name, weights_folder)
    command = [sys.executable, "-W", "error::UserWarning:export", "-m", "export", "starter",
               "--weights", str(weights_folder), "--out", str(tmp_path / "bundle"), "--precision", "fp16"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert open_bundle(tmp_path / "bundle").roles == ("text_encoder",)
    for role, stage in (("denoiser", "stage0"), ("decoder", "vae"), ("upscaler", "upscaler"), ("sounds", "sounds")):
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"left out: {role} "))
        assert f"python -m training {stage}" in line


def test_nothing_trained_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"expected finished weights in .*, but there are none"):
        build(Request(tmp_path, tmp_path / "bundle"))
    assert not (tmp_path / "bundle" / "bundle.json").exists()


def test_the_denoiser_is_put_together_from_its_stages(folder: Path) -> None:
    model, sampling = assembled(folder)
    assert sampling == {"steps": 4, "guidance": 1.0, "shift": 2.0, "shared_noise": 0.5}
    for name, value in tiny.denoiser().state_dict().items():
        assert torch.equal(model.state_dict()[name], value.half().float()), name


def test_before_distillation_the_teacher_samples_with_guidance(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "weights")
    (tmp_path / "weights" / "distil.safetensors").unlink()
    _, sampling = assembled(tmp_path / "weights")
    assert sampling == {"steps": starter.TEACHER_STEPS, "guidance": 3.5, "shift": 2.0, "shared_noise": 0.5}


def test_a_stage_that_touches_the_frozen_layers_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "weights")
    tensors, facts = weights.load(folder, "stage2")
    name = next(name for name in tiny.denoiser().state_dict() if name.startswith("unet."))
    weights.save(tmp_path / "weights", "stage2", {**tensors, name: tiny.denoiser().state_dict()[name]}, facts)
    with pytest.raises(ExportError, match="stage2 to leave the text-to-image layers"):
        assembled(tmp_path / "weights")


def test_stages_that_do_not_fill_the_network_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "weights")
    (tmp_path / "weights" / "distil.safetensors").unlink()
    tensors, facts = weights.load(folder, "stage2")
    tensors.pop(next(iter(tensors)))
    weights.save(tmp_path / "weights", "stage2", tensors, facts)
    with pytest.raises(ExportError, match="fill one denoiser"):
        assembled(tmp_path / "weights")


def cut(name: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        file = path / f"{name}.safetensors"
        file.write_bytes(file.read_bytes()[:99])

    return damage


def short(name: str) -> Callable[[Path], None]:
    """A tensor fewer than its network has."""
    def damage(path: Path) -> None:
        tensors, facts = weights.load(path, name)
        tensors.pop(next(iter(tensors)))
        weights.save(path, name, tensors, facts)

    return damage


@pytest.mark.parametrize(("damage", "said"), [
    *((cut(name), f"the stage {name} in .* to be whole") for name in ("stage1", "text_encoder", "vae", "upscaler")),
    *((short(name), rf"{name}.safetensors in .* to fill the network of {name}.json, but Missing key\(s\).*; take both")
      for name in ("text_encoder", "vae", "upscaler")),
    (lambda path: (path / "text_encoder.json").write_text("<html>404"), "the stage text_encoder in .* to be whole"),
    (lambda path: (path / "text_encoder.json").unlink(), "text_encoder.json beside text_encoder.safetensors in "),
    (lambda path: (path / "stage2.json").write_text("<html>404"), "the stage stage2 in .* to be whole"),
    (lambda path: (path / "stage1.json").unlink(), "stage1.json beside stage1.safetensors in .*, but it is not there"),
    (lambda path: (path / "vae.json").write_text("{}"), ".*vae.json to say config, but it does not"),
    (lambda path: (path / "distil.json").write_text('{"config": {}, "shift": 1}'), ".*distil.json to say shared_noise"),
])
def test_a_damaged_stage_is_an_error_of_one_line(damage: Callable[[Path], object], said: str, folder: Path,
                                                 tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder, tmp_path / "weights")
    damage(tmp_path / "weights")
    code = main(["starter", "--weights", str(tmp_path / "weights"), "--out", str(tmp_path / "bundle")])
    error = capsys.readouterr().err
    assert code == ExportError.exit_code
    assert re.fullmatch(f"export: expected {said}.*\\n", error), error
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(("raised", "code", "said"), [
    (ModuleNotFoundError("No module named 'torch'", name="torch"), 1, "torch is not installed; run `pip install"),
    (KeyboardInterrupt(), 130, "stopped; what was there before is as it was"),
    (RuntimeError("Error(s) in loading state_dict for Upscaler:\n\tMissing key(s): clean.weight\n\tUnexpected key(s)"),
     1, "RuntimeError came: Error(s) in loading state_dict for Upscaler: Missing key(s): clean.weight; please")])
def test_what_nobody_foresaw_is_one_line_too(raised: BaseException, code: int, said: str, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
                                             ) -> None:
    def fails(*_: object) -> None:
        raise raised

    monkeypatch.setattr(starter, "build", fails)
    assert main(["starter", "--out", str(tmp_path / "bundle")]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error


def test_roles_are_not_lost(folder: Path, built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has trained one stage and exports with the default --out keeps the other roles."""
    place, one = tmp_path / "bundle", tmp_path / "weights"
    shutil.copytree(built.bundle.folder, place)
    one.mkdir()
    for file in folder.glob("vae.*"):
        shutil.copy(file, one)
    assert main(["starter", "--weights", str(one), "--out", str(place)]) == ExportError.exit_code
    error = capsys.readouterr().err
    assert re.fullmatch("export: expected a bundle that fills all roles of the one in .*, but it would lack "
                        "text_encoder, denoiser, upscaler; remove that folder, or choose another --out\n", error), error
    open_bundle(place).verify()
    assert open_bundle(place).digest == built.bundle.digest
    assert {path.name for path in tmp_path.iterdir()} == {"bundle", "weights"}


def test_an_export_that_fails_leaves_the_bundle_before_as_it_was(folder: Path, built: Built, tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "bundle"
    shutil.copytree(built.bundle.folder, place)

    def broken(_: Request) -> Part:
        raise ExportError("a graph", "none came", "look")

    monkeypatch.setattr("export.starter.PARTS", {"decoder": PARTS["decoder"], "upscaler": broken})
    with pytest.raises(ExportError, match="none came"):
        build(Request(folder, place, frame=tiny.FRAME))
    bundle = open_bundle(place)
    bundle.verify()
    assert bundle.digest == built.bundle.digest
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
