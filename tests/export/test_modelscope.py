"""ModelScope text-to-video folders: what they become computes what diffusers and transformers do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnx
import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from onnx import TensorProto
from torch import Tensor, nn

from export.__main__ import main
from export.compare import relative_error
from export.convert import onnx_from
from export.networks import specs
from export.pipeline_networks import decoder
from export.spec import NetworkSpec, Tolerance
from runtime.backends import Array, build_ahead, open_engine
from runtime.bundle import Bundle, Engines, LineUp, open_bundle
from runtime.digest import file_sha256
from runtime.generators import finish
from runtime.shot import solvers
from runtime.shot.decode import Normalisation, decode
from runtime.shot.denoise import DenoiseRequest, Latents, denoise
from runtime.shot.encode import encode
from runtime.shot.guidance import Condition
from runtime.shot.noise import noise
from runtime.shot.schedule import Schedule
from runtime.shot.text import encode_text, open_tokenizer
from tests.export import tiny_modelscope as tiny
from tests.tiny_films import IDEA, run, tiny_sounds

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own

TEXT = "a red car on the coast"
SHAPE = (1, 4, tiny.FRAMES, 5, 9)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pipeline = tiny.pipeline(tmp_path_factory.mktemp("tokenizer"))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def folder(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "Text to Video 1.7b"
    reference.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def bundle(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """As `python -m export modelscope` makes it, the denoiser's weights in a file of their own."""
    out = tmp_path_factory.mktemp("bundles") / "modelscope"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("export.convert.LARGEST_FILE", 300_000)
        assert main(["modelscope", str(folder), "--out", str(out), "--precision", "fp32", "--frame", "72x40",
                     "--frames", str(tiny.FRAMES), "--encoder"]) == 0
    return open_bundle(out)


@pytest.fixture(scope="module")
def engines(bundle: Bundle) -> Iterator[Engines]:
    with Engines(LineUp.of(bundle), "cpu") as opened:
        yield opened


def test_the_manifest_says_how_to_sample_and_where_it_all_came_from(bundle: Bundle, folder: Path) -> None:
    bundle.verify()
    manifest = bundle.manifest
    assert bundle.roles == ("text_encoder", "denoiser", "decoder")
    assert (manifest.name, manifest.title, manifest.licence) == ("text-to-video-1.7b", "Text to Video 1.7b",
                                                                "CC-BY-NC-4.0")
    denoiser, text = manifest.denoiser, manifest.text_encoder
    assert denoiser is not None
    assert text is not None
    assert (denoiser.prediction, denoiser.solver, denoiser.steps, denoiser.guidance) == ("epsilon", "dpmpp_2m", 25, 9.0)
    assert (denoiser.frames, denoiser.fps, denoiser.size, denoiser.latent_shape) == (3, 8.0, (72, 40), SHAPE)
    assert denoiser.latent.mean == (0.0,) * 4
    assert denoiser.latent.std == (1 / 0.18215,) * 4
    assert [entry.file for entry in denoiser.graph.data] == ["denoiser.onnx.data"]
    assert text.max_tokens == tiny.TOKENS
    assert not text.embeds
    whole = {path.relative_to(folder).as_posix(): file_sha256(path) for path in folder.rglob("*") if path.is_file()}
    assert {source.name: source.sha256 for source in manifest.sources} == whole
    assert {source.licence for source in manifest.sources} == {"CC-BY-NC-4.0"}
    card = (bundle.folder / "MODEL_CARD.md").read_text("utf-8")
    for fact in ("licence CC-BY-NC-4.0", whole["unet/diffusion_pytorch_model.safetensors"], "dpmpp_2m, 25 steps",
                 "3 frames of 72x40 at 8 fps"):
        assert fact in card


def test_texts_are_encoded_as_the_pipeline_does(bundle: Bundle, engines: Engines, reference: Any) -> None:
    encoder = bundle.manifest.text_encoder
    assert encoder is not None
    tokenizer = open_tokenizer(bundle.check(encoder.tokenizer))
    for text in (TEXT, "", "red! " * 20):
        ours = encode_text(text, tokenizer, engines.get("text_encoder"), encoder.max_tokens)
        theirs, nothing = reference.encode_prompt(text, "cpu", 1, True)
        assert np.abs(ours.context - theirs.detach().numpy()).max() < 1e-4
        assert ours.embedding is None
    empty = encode_text("", tokenizer, engines.get("text_encoder"), encoder.max_tokens)
    assert np.abs(empty.context - nothing.detach().numpy()).max() < 1e-4


def test_the_denoiser_computes_what_diffusers_does(engines: Engines, reference: Any) -> None:
    context = noise(2, (1, tiny.TOKENS, 16))
    for time in (999.0, 480.0, 1.0):
        latents = noise(int(time), SHAPE)
        ours = engines.get("denoiser").run({"latents": latents, "time": np.array([time], np.float32),
                                            "context": context, "domain": np.zeros(1, np.int64)})["prediction"]
        with torch.no_grad():
            theirs = reference.unet(torch.from_numpy(latents), time, torch.from_numpy(context)).sample.numpy()
        assert np.abs(ours - theirs).max() < 1e-4


def test_a_pair_of_clips_is_two_clips(folder: Path, reference: Any, tmp_path: Path) -> None:
    assert main(["modelscope", str(folder), "--out", str(tmp_path / "pair"), "--precision", "fp32", "--frame", "72x40",
                 "--frames", str(tiny.FRAMES), "--form", "pair"]) == 0
    latents, context = noise(3, (2, *SHAPE[1:])), noise(4, (2, tiny.TOKENS, 16))
    times = np.array([803, 24], np.float32)
    with open_engine(tmp_path / "pair/denoiser.onnx", "cpu") as engine:
        ours = engine.run({"latents": latents, "time": times, "context": context,
                           "domain": np.zeros(2, np.int64)})["prediction"]
    with torch.no_grad():
        theirs = reference.unet(*map(torch.from_numpy, (latents, times, context))).sample.numpy()
    assert np.abs(ours - theirs).max() < 1e-4


def test_pictures_are_encoded_as_diffusers_does(bundle: Bundle, engines: Engines, reference: Any) -> None:
    pictures = np.random.default_rng(5).integers(0, 256, (3, 40, 72, 3), dtype=np.uint8)
    denoiser = bundle.manifest.denoiser
    assert denoiser is not None
    ours = encode(pictures, engines.get("decoder", "encoder"), Normalisation(denoiser.latent.mean, denoiser.latent.std))
    scaled = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        theirs = reference.vae.encode(scaled).latent_dist.mode() * reference.vae.config.scaling_factor
    assert ours.shape == (1, 4, 3, 5, 9)
    assert np.abs(ours[0].swapaxes(0, 1) - theirs.numpy()).max() < 1e-4


def test_films_made_of_words_do_without_the_encoder(bundle: Bundle) -> None:
    assert {path.name for _, path, _ in LineUp.of(bundle).graphs(on_gpu=True)} == {
        "text_encoder.onnx", "denoiser.onnx", "decoder.onnx"}
    assert "decoder_encoder.onnx" in {entry.file for entry in bundle.files()}


class Decoded(nn.Module):
    """The decoder before its pictures become bytes."""

    def __init__(self, autoencoder: Any) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        picture: Tensor = self.autoencoder.decode(latents, return_dict=False)[0]
        return picture


def test_the_decoder_computes_what_diffusers_does(engines: Engines, reference: Any, tmp_path: Path) -> None:
    feed = decoder(reference.vae, tiny.FRAME, 8).feeds[0]
    with torch.no_grad():
        theirs = reference.vae.decode(torch.from_numpy(feed["latents"])).sample.numpy()
    onnx_from(NetworkSpec(name="decoded", module=Decoded(reference.vae), inputs=specs(feed), outputs=("picture",),
                          feeds=(feed,), tolerance=Tolerance()), tmp_path / "decoded.onnx")
    with open_engine(tmp_path / "decoded.onnx", "cpu") as engine:
        assert np.abs(engine.run(feed)["picture"] - theirs).max() < 1e-4
    pictures = engines.get("decoder").run(feed)["picture"]
    levels = (theirs.clip(-1, 1).transpose(0, 2, 3, 1) + 1) * 127.5
    assert pictures.shape == (1, 40, 72, 3)
    assert np.abs(pictures - levels).max() <= 0.5 + 0.02


@pytest.mark.parametrize(("solver", "scheduler", "prediction"), [
    ("dpmpp_2m", DPMSolverMultistepScheduler, "epsilon"), ("ddim", DDIMScheduler, "epsilon"),
    ("dpmpp_2m", DPMSolverMultistepScheduler, "v_prediction")])
def test_a_clip_is_the_one_that_the_pipeline_draws(solver: solvers.Solver, scheduler: Any, prediction: str,
                                                   bundle: Bundle, engines: Engines, reference: Any) -> None:
    part, encoder = bundle.manifest.denoiser, bundle.manifest.text_encoder
    assert part is not None
    assert encoder is not None
    tokenizer = open_tokenizer(bundle.check(encoder.tokenizer))
    text, null = (encode_text(words, tokenizer, engines.get("text_encoder"), encoder.max_tokens).context
                  for words in (TEXT, ""))
    table = solvers.table(solver, Schedule(kind="scaled_linear"), "v" if prediction == "v_prediction" else "epsilon", 4)
    request = DenoiseRequest(shape=SHAPE, table=table, seed=7, condition=Condition(
        context=text, domain=part.domains[part.default_domain], null_context=null, scale=part.guidance))
    *_, drawn = denoise(request, engines.get("denoiser"))
    assert isinstance(drawn, Latents)
    # Both start at the last training step, which is where ours always does.
    reference.scheduler = scheduler(**tiny.BETAS, prediction_type=prediction, timestep_spacing="trailing",
                                    **({"clip_sample": False} if scheduler is DDIMScheduler else {}))
    with torch.no_grad():
        theirs = reference(TEXT, height=40, width=72, num_frames=tiny.FRAMES, num_inference_steps=4,
                           guidance_scale=part.guidance, latents=torch.from_numpy(noise(7, SHAPE)),
                           output_type="latent").frames
        pictures = reference.decode_latents(theirs)[0].permute(1, 2, 3, 0).clamp(-1, 1).numpy()
    # Random weights and a guidance of 9 drive latents to 50 and more, so the error is counted in their own size.
    assert relative_error(drawn.array, theirs.numpy()) < 1e-5
    ours = np.stack(list(decode(drawn.array, engines.get("decoder"),
                                Normalisation(part.latent.mean, part.latent.std))))
    assert np.abs(ours - (pictures + 1) * 127.5).max() <= 1.0


def test_half_precision_weights_pass_too(folder: Path, tmp_path: Path) -> None:
    assert main(["modelscope", str(folder), "--out", str(tmp_path / "half"), "--frames", "2", "--licence", "my own",
                 "--form", "cached"]) == 0
    half = open_bundle(tmp_path / "half")
    assert half.manifest.licence == "my own"
    denoiser = half.manifest.denoiser
    assert denoiser is not None
    assert denoiser.size == (64, 64)  # its own sample_size
    assert denoiser.refresh == 3
    feeds: dict[str, Array] = {
        "latents": noise(1, denoiser.latent_shape), "time": np.array([480], np.float32),
        "context": noise(2, (1, tiny.TOKENS, 16)), "domain": np.zeros(1, np.int64)}
    with Engines(LineUp.of(half), "cpu") as engines:
        whole, shallow = engines.get("denoiser"), engines.get("denoiser", "shallow")
        made = whole.run(feeds)
        again = shallow.run({**feeds, "deep": made["deep"]})["prediction"]
        other = shallow.run({**feeds, "deep": made["deep"] + 1})["prediction"]
    np.testing.assert_allclose(again, made["prediction"], rtol=1e-4, atol=1e-5)
    assert np.abs(other - again).max() > 1e-3


def test_half_precision_is_what_its_graphs_compute_in(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")
    assert main(["modelscope", str(folder), "--out", str(tmp_path / "typed"), "--precision", "bf16-typed", "--frame",
                 "72x40", "--frames", str(tiny.FRAMES), "--step"]) == 0
    for name in ("denoiser", "decoder"):
        path = tmp_path / f"typed/{name}.onnx"
        assert TensorProto.BFLOAT16 in {tensor.data_type for tensor in onnx.load(path).graph.initializer}
        assert finish(build_ahead(path, "tensorrt_rtx", cache=tmp_path)).stat().st_size > 100_000


def test_a_film_is_made_with_it(bundle: Bundle, tmp_path: Path) -> None:
    tiny_sounds(tmp_path / "sounds")
    done = run("make", IDEA, "-o", tmp_path / "movie.mp4", "--model", bundle.folder, "--sounds", tmp_path / "sounds",
               "--scenes", "2", "--steps", "2", "--backend", "cpu", "--seed", "3")
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "movie.mp4")) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(container.streams.video[0])]
        assert container.streams.audio[0].codec_context.name == "aac"
    assert [frame.shape for frame in frames] == [(40, 72)] * 2 * tiny.FRAMES
    assert min(frame.std() for frame in frames) > 1
    lines = (tmp_path / "movie.film/events.jsonl").read_text("utf-8").splitlines()
    said = {event["code"] for event in map(json.loads, lines) if event["type"] == "Notice"}
    assert {"no-upscaler", "sounds-by-words"} <= said
