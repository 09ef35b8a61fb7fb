"""Diffusers folders: every form their files come in, and what is wrong with them in one line."""

import json
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from export.clip_tokenizer import convert_tokenizer
from export.diffusers_folder import fill, tensor_files
from export.errors import ExportError
from export.modelscope import FAMILY
from export.networks import Frame
from export.noise_schedule import noise_schedule
from export.pipeline import Request, build
from runtime.bundle import open_bundle
from runtime.shot.text import open_tokenizer, tokenise
from tests.export import full_disk
from tests.export import tiny_modelscope as tiny
from tests.tiny_graphs import tiny_bundle

VAE = "vae/diffusion_pytorch_model.safetensors"
UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published")
    tiny.pipeline(place / "words").save_pretrained(place / "folder")
    return place / "folder"


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    shutil.copytree(published, tmp_path / "folder")
    return tmp_path / "folder"


def old_names(folder: Path) -> None:
    """As the autoencoder's attention was called when ModelScope's folder was written."""
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    found = load_file(folder / VAE)
    for new, old in names.items():
        found = {name.replace(new, old): value for name, value in found.items()}
    assert any("proj_attn" in name for name in found)
    save_file(found, folder / VAE)


def torch_form(folder: Path) -> None:
    torch.save(load_file(folder / VAE), (folder / VAE).with_suffix(".bin"))
    (folder / VAE).unlink()


def half(folder: Path) -> None:
    (folder / VAE).rename((folder / VAE).with_suffix(".fp16.safetensors"))


def shards(folder: Path) -> None:
    AutoencoderKL.from_pretrained(folder / "vae").save_pretrained(folder / "sharded", max_shard_size="20KB")
    shutil.rmtree(folder / "vae")
    (folder / "sharded").rename(folder / "vae")
    assert len(list((folder / "vae").glob("*.safetensors"))) > 1


@pytest.mark.parametrize("form", [None, old_names, torch_form, half, shards])
def test_every_form_gives_the_same_network(form: Callable[[Path], None] | None, folder: Path, published: Path) -> None:
    expected = AutoencoderKL.from_pretrained(published / "vae").state_dict()
    if form is not None:
        form(folder)
    with torch.device("meta"):
        network = AutoencoderKL.from_config(AutoencoderKL.load_config(published / "vae"))
    found = fill(network, folder / "vae").state_dict()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_text_encoders_of_all_times_fit(published: Path, tmp_path: Path) -> None:
    found = load_file(published / "text_encoder/model.safetensors")
    bare = {name.removeprefix("text_model."): value for name, value in found.items()}
    layouts = [bare, {f"text_model.{name}": value for name, value in bare.items()} | {
        "text_model.embeddings.position_ids": torch.arange(tiny.TOKENS)[None]}]
    for layout in layouts:
        save_file(layout, tmp_path / "model.safetensors")
        network = CLIPTextModel(CLIPTextModel.config_class.from_pretrained(published / "text_encoder"))
        filled = fill(getattr(network, "text_model", network), tmp_path).state_dict()
        assert all(torch.equal(filled[name], value) for name, value in bare.items())


@pytest.mark.parametrize("pad", ["!", "<|endoftext|>"])
def test_tokens_are_those_of_transformers(pad: str, tmp_path: Path) -> None:
    theirs = tiny.tokenizer(tmp_path / "words", pad)
    facts = convert_tokenizer(tmp_path / "words", tmp_path / "tokenizer.json")
    assert facts.length == tiny.TOKENS
    ours = open_tokenizer(tmp_path / "tokenizer.json")
    padding = (ours.padding or {})["pad_id"]
    assert padding == theirs.pad_token_id
    for text in ("a red car", "", "Wow!", "A  RED\ncar, on the coast's 3rd hill ...", "é 车 🚗", "red car " * 20):
        ids, _ = tokenise(text, ours, facts.length)
        expected = theirs(text, padding="max_length", truncation=True, max_length=facts.length).input_ids
        assert [*ids, *[padding] * (facts.length - len(ids))] == expected, text


@pytest.mark.parametrize(("change", "prediction", "zero_snr"), [
    ({}, "epsilon", False), ({"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}, "v", True)])
def test_what_the_model_was_trained_with(change: dict[str, Any], prediction: str, zero_snr: bool,
                                         tmp_path: Path) -> None:
    path = tmp_path / "scheduler_config.json"
    path.write_text(json.dumps(tiny.BETAS | change), "utf-8")
    found = noise_schedule(path)
    assert found.prediction == prediction
    assert found.schedule == {"kind": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps": 1000,
                              "zero_terminal_snr": zero_snr}


def configured(file: str, **changes: Any) -> Callable[[Path], None]:
    """Write other values into a configuration."""
    def change(folder: Path) -> None:
        path = folder / file
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")

    return change


def tensors(file: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Change a file's tensors in place."""
    def changed(folder: Path) -> None:
        found = load_file(folder / file)
        change(found)
        save_file(found, folder / file)

    return changed


def cut(folder: Path) -> None:
    (folder / UNET).write_bytes((folder / UNET).read_bytes()[:20_000])


def removed(file: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        path = folder / file
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def written(file: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / file).write_text(text, "utf-8")

    return write


def index_that_leads_elsewhere(folder: Path) -> None:
    (folder / UNET).unlink()
    (folder / f"{UNET}.index.json").write_text(json.dumps({"weight_map": {"conv_in.weight": "../../x.bin"}}), "utf-8")


def missing_shard(folder: Path) -> None:
    (folder / UNET).unlink()
    (folder / f"{UNET}.index.json").write_text(json.dumps({"weight_map": {"conv_in.weight": "a.safetensors"}}), "utf-8")


SCHEDULER = "scheduler/scheduler_config.json"


@pytest.mark.parametrize(("spoil", "said"), [
    (removed("model_index.json"), r"a diffusers folder with a model_index.json, but there is none in"),
    (removed("vae"), r"a part vae in .*, but it is missing"),
    (configured("model_index.json", text_encoder=[None, None]), r"a part text_encoder in .*, but it is missing"),
    (configured("model_index.json", unet=["diffusers", "UNet2DConditionModel"]),
     r"unet to be a UNet3DConditionModel, but .* says it is a UNet2DConditionModel"),
    (written("model_index.json", "{"), r"model_index.json to be JSON, but it is not"),
    (written("vae/config.json", "[]"), r"config.json to hold a JSON object, but it holds a list"),
    (removed("unet/config.json"), r"a file .*config.json, but it cannot be read"),
    (configured("unet/config.json", block_out_channels=[8]), r"unet.config.json to describe a network, but "),
    (configured("text_encoder/config.json", hidden_size="wide"), r"text_encoder.config.json to describe a network"),
    (removed(UNET), r"the tensors of a network in .*unet, but there is no"),
    (index_that_leads_elsewhere, r"to name a file beside it for each tensor, but it does not"),
    (missing_shard, r"a file .*a.safetensors, but it cannot be read"),
    (cut, r"to be a whole torch or safetensors file"),
    (tensors(UNET, lambda found: [found.pop(name) for name in ("conv_in.bias", "conv_out.bias")]),
     r"the \d+ tensors of the UNet3DConditionModel .*, but 2 are missing, first conv_in.bias;"),
    (tensors(UNET, lambda found: found.update(extra=torch.ones(1))), r"but 1 is unknown, first extra;"),
    (tensors(UNET, lambda found: found.update({"conv_in.bias": torch.ones(3)})),
     r"conv_in.bias in .* of shape \(8,\), as its config.json says, but it is \(3,\); 1 is of a wrong shape"),
    (configured(SCHEDULER, beta_schedule="squaredcos_cap_v2"), r"to be 'scaled_linear', but it is 'squaredcos_cap_v2'"),
    (configured(SCHEDULER, trained_betas=[0.1]), r"it lists betas of its own"),
    (configured(SCHEDULER, prediction_type="sample"), r"to be epsilon or v_prediction, but it is 'sample'"),
    (configured(SCHEDULER, rescale_betas_zero_snr=True), r"to be v_prediction, .* but it is 'epsilon'"),
    (configured(SCHEDULER, beta_end=None), r"beta_end in .* to be a number above 0, but it is None"),
    (removed(SCHEDULER), r"a file .*scheduler_config.json, but it cannot be read"),
    (removed("tokenizer/tokenizer.json"), r"the tokenizer's words in .*vocab.json, but there is no such file"),
    (written("tokenizer/tokenizer.json", "{}"), r"a CLIP tokenizer in "),
    (configured("text_encoder/config.json", vocab_size=100), r"at most the 100 different tokens .* has 522"),
    (configured("text_encoder/config.json", max_position_embeddings=7), r"at most the 7 tokens of a text .* has 12"),
    (configured("text_encoder/config.json", hidden_size=32), r"32 numbers a token, .* cross-attention has 16"),
    (configured("unet/config.json", out_channels=8), r"4 latent channels, .*the unet's output has 8"),
    (configured("unet/config.json", sample_size=None), r"a sample_size in .*, but there is none; say the size"),
])
def test_what_is_wrong_is_said_in_one_line(spoil: Callable[[Path], None], said: str, folder: Path,
                                           tmp_path: Path) -> None:
    spoil(folder)
    with pytest.raises(ExportError, match=said) as caught:
        build(Request(folder=folder, out=tmp_path / "out", licence="mine"), FAMILY)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_size_that_is_no_whole_number_of_cells_is_refused(published: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"multiples of 8, but 70x40 was asked for"):
        build(Request(folder=published, out=tmp_path / "out", licence="mine", frame=Frame(70, 40)), FAMILY)


def test_a_file_that_runs_code_is_refused(folder: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    (folder / UNET).unlink()
    (folder / UNET).with_suffix(".bin").write_bytes(pickle.dumps({"conv_in.weight": Trap()}, protocol=2))
    with pytest.raises(ExportError, match="run code"):
        build(Request(folder=folder, out=tmp_path / "out", licence="mine"), FAMILY)
    assert {path.name for path in tmp_path.iterdir()} == {"folder"}


def test_a_bundle_of_another_name_stays(published: Path, tmp_path: Path) -> None:
    before = tiny_bundle(tmp_path / "out").digest
    with pytest.raises(ExportError, match="there is 'tiny'; remove that folder"):
        build(Request(folder=published, out=tmp_path / "out", licence="mine"), FAMILY)
    assert open_bundle(tmp_path / "out").digest == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_foreign_is_overwritten(published: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("not a bundle")
    with pytest.raises(ExportError, match="choose another --out"):
        build(Request(folder=published, out=tmp_path, licence="mine"), FAMILY)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX")
def test_a_disk_that_is_full_from_the_tokenizer_on_is_one_line(published: Path, tmp_path: Path) -> None:
    full_disk.refuses(tmp_path / "out", "modelscope", published)


def test_the_first_form_there_is_counts(tmp_path: Path) -> None:
    for name in ("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.bin",
                 "diffusion_pytorch_model.safetensors"):
        (tmp_path / name).touch()
        assert tensor_files(tmp_path) == (tmp_path / name,)
