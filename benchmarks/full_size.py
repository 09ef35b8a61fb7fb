"""The full models, really exported and run: `python -m benchmarks.full_size [--model realbasicvsr] [--form cached]`.

`sd2` is MovieFactory at Stable Diffusion 2's widths, as `python -m export sd2` takes it from a download and from
training, `modelscope` the text-to-video model, `realbasicvsr` the upscaler, both as published. Weights are random: what
a graph costs does not depend on them. (`starter` is the bundle that is here.) The model is exported, then a step of its
networks is run on each backend, and an engine of each graph is built by TensorRT-RTX, which needs no GPU. Every part is
a process of its own, so that its memory is its own. `sd2` takes three quarters of an hour, 22 GB of memory and 30 GB of
disk.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.film import machine
from runtime.bundle import manifest, open_bundle
from runtime.bundle.manifest import GraphEntry

STARTER: Final = Path("runtime/starter")
VAE: Final[dict[str, Any]] = {
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
TEXT: Final[dict[str, Any]] = {
    "vocab_size": 49408, "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23,
    "num_attention_heads": 16, "max_position_embeddings": 77, "hidden_act": "gelu", "projection_dim": 1024}
STEP: Final = """
import json, pathlib, sys, time
import numpy as np
from runtime.backends import open_engine
graph, backend, exact = sys.argv[1:]
begun = time.perf_counter()
with open_engine(pathlib.Path(graph), backend, exact=exact == "True") as engine:
    opened = time.perf_counter()
    draw = np.random.default_rng(0)
    feeds = {spec.name: np.zeros(spec.shape, spec.dtype) if "int" in spec.dtype else
             draw.standard_normal(spec.shape).astype(spec.dtype) for spec in engine.inputs}
    began, made = time.perf_counter(), engine.run(feeds)
    print(json.dumps({"device": engine.device, "open_seconds": round(opened - begun, 1), "finite":
                      all(bool(np.isfinite(value).all()) for value in made.values()),
                      "step_seconds": round(time.perf_counter() - began, 2)}))
"""
ENGINE: Final = """
import json, pathlib, sys, time
from runtime.backends import build_ahead
from runtime.generators import finish
begun = time.perf_counter()
graph, cache, exact = sys.argv[1:]
plan = finish(build_ahead(pathlib.Path(graph), "tensorrt_rtx", cache=pathlib.Path(cache), exact=exact == "True"))
print(json.dumps({"seconds": round(time.perf_counter() - begun, 1), "mb": round(plan.stat().st_size / 1e6, 1)}))
"""


def main() -> int:
    """Make the model, export it, run a step, build engines; print and write what each cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_size", description=__doc__)
    parser.add_argument("--model", default="sd2", choices=("sd2", "modelscope", "realbasicvsr", "starter"))
    parser.add_argument("--frames", type=int, default=16, help="of a clip")
    parser.add_argument("--frame", default="768x320", metavar="WxH")
    parser.add_argument("--precision", nargs="+", default=["fp16", "fp16-typed"])
    parser.add_argument("--form", default="clip", choices=("clip", "pair", "cached"), help="of the denoiser")
    parser.add_argument("--step", action="store_true", help="step graphs too")
    parser.add_argument("--only", choices=("make",), help="stop after this (in a process of its own)")
    parser.add_argument("--place", type=Path, help="folder to work in (default: a temporary one)")
    parser.add_argument("--out", type=Path, help="the JSON file to write (default: printed only)")
    options = parser.parse_args()
    if options.only == "make":
        if options.model == "realbasicvsr":
            make_upscaler(options.place)
        else:
            make(options.place, options.frames, options.model)
        return 0
    with tempfile.TemporaryDirectory(prefix="moviefactory-full-") as temporary:
        result = measure(options, options.place or Path(temporary))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        print(f"written to {options.out}")
    return 0


def measure(options: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Everything, one process after the other."""
    told = {"model": options.model}
    if options.model == "starter":
        return {**told, "rows": ran(STARTER, "", place), "machine": machine()}
    made = [sys.executable, "-m", "benchmarks.full_size", "--only", "make", "--place", str(place)]
    told |= {"frame": options.frame}
    if options.model == "realbasicvsr":
        takes = ["realbasicvsr", str(place / "vsr.safetensors")]
    else:
        takes = [options.model, str(place / "published"), "--frames", str(options.frames), "--form", options.form,
                 "--encoder", *(["--step"] if options.step else [])]
        if options.model == "sd2":
            takes += ["--layers", str(place / "layers")]
        told |= {"frames": options.frames, "form": options.form}
    rows = {"make": cost("make", [*made, "--model", options.model, "--frames", str(options.frames)])}
    for precision in options.precision:
        bundle = place / precision
        rows[f"export {precision}"] = cost(f"export {precision}", [
            sys.executable, "-m", "export", *takes, "--out", str(bundle), "--frame", options.frame, "--precision",
            precision])
        rows[f"export {precision}"]["mb"] = {
            path.name: round(path.stat().st_size / 1e6, 1) for path in sorted(bundle.glob("*.onnx*"))}
        rows |= ran(bundle, f"{precision} ", place)
    return {**told, "rows": rows, "machine": machine()}


def ran(bundle: Path, name: str, place: Path) -> dict[str, dict[str, Any]]:
    """A run of the denoiser's and the upscaler's graphs on each backend for the CPU, and an engine of every graph."""
    rows: dict[str, dict[str, Any]] = {}
    graphs = sorted(bundle.glob("*.onnx"))
    exact = {graph.file.file for graph in all_graphs(bundle) if graph.exact}
    for graph in graphs:
        for backend in ("cpu", "openvino") if graph.stem.startswith(("denoiser", "upscaler")) else ():
            row = f"step {name}{graph.stem} {backend}"
            rows[row] = cost(row, [sys.executable, "-c", STEP, str(graph), backend, str(graph.name in exact)])
    for graph in graphs:
        row = f"engine {name}{graph.stem}"
        rows[row] = cost(row, [sys.executable, "-c", ENGINE, str(graph), str(place / "engines"),
                               str(graph.name in exact)])
    return rows


def all_graphs(bundle: Path) -> list[GraphEntry]:
    """What the bundle's manifest says of its graphs; nothing where the export failed."""
    if not bundle.exists():
        return []
    opened = open_bundle(bundle)
    return [graph for role in opened.roles for graph in manifest.graphs(opened.role(role)).values()]


def cost(name: str, command: list[str]) -> dict[str, Any]:
    """What the process `name` took, and the JSON on its last line; `failed` holds the end of what it said when it did.

    The memory is that of the process and whichever of its children needed most.
    """
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True,
                                   env={**os.environ, "PYTHONPATH": os.getcwd()})
        assert process.stdout is not None
        with process.stdout as answers:
            said = answers.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        complaints.seek(0)
        complained = complaints.read().strip().splitlines()
    row: dict[str, Any] = {"wall_seconds": round(time.monotonic() - begun, 1),
                           "peak_mib": round(usage.ru_maxrss / 1024)}
    if process.returncode:
        # Who runs out of memory is ended by signal 9 and says nothing.
        row["failed"] = (complained or [f"ended with {process.returncode}"])[-1][:300]
    elif said and said[-1].startswith("{"):
        row |= json.loads(said[-1])
    if compared := dict(line.split(": ", 1) for line in said if ".onnx: " in line):
        row["compared"] = compared
    print(f"{name}: {json.dumps(row)}", flush=True)
    return row


def make(place: Path, frames: int, model: str) -> None:
    """Write the published folder of `model`, and layers for sd2, into `place`, in half precision."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, TextToVideoSDPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    around: dict[str, Any] = {
        "unet": (make_unet() if model == "modelscope" else make_layers(place, frames)).half(),
        "vae": AutoencoderKL(**VAE).half(), "text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT)).half(),
        "tokenizer": CLIPTokenizer.from_pretrained(str(words(place / "words")), local_files_only=True),
        "scheduler": DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
                                   clip_sample=False, steps_offset=1)}
    pipeline = (TextToVideoSDPipeline(**around) if model == "modelscope" else StableDiffusionPipeline(
        **around, safety_checker=None, feature_extractor=None, requires_safety_checker=False))
    pipeline.save_pretrained(place / "published")


def make_unet() -> Any:
    """ModelScope's, which is diffusers' default."""
    from diffusers import UNet3DConditionModel

    from benchmarks.side_by_side.networks import filled

    return filled(UNet3DConditionModel())


def make_layers(place: Path, frames: int) -> Any:
    """Stable Diffusion's, the layers around it written into `place`."""
    from diffusers import UNet2DConditionModel

    from benchmarks.side_by_side.networks import FULL, filled
    from export.stable_diffusion import shape_of
    from training.models import weights
    from training.models.denoiser import Denoiser, DenoiserConfig
    from training.models.frozen import frozen_digest

    unet = UNet2DConditionModel(**FULL)
    config = DenoiserConfig(**shape_of(unet.config), frames=frames, temporal=1.0, insert_at_output=False,
                            layout=False)
    model = filled(Denoiser(config, unet))
    facts = {"config": dataclasses.asdict(config), "clips": 0, "guidance": 9.0, "shared_noise": 0.9,
             "around": frozen_digest(unet), "prediction": "epsilon"}
    for stage, prefix in (("stage1", "inserts."), ("stage2", "temporal.")):
        weights.save(place / "layers", stage, {name: value for name, value in model.state_dict().items()
                                               if name.startswith(prefix)}, facts)
    return unet


def make_upscaler(place: Path) -> None:
    """Write the checkpoint, in the authors' names."""
    import torch
    from safetensors.torch import save_file

    from benchmarks.side_by_side.networks import filled
    from training.models.upscaler import PUBLISHED, Upscaler

    torch.manual_seed(0)
    place.mkdir(parents=True, exist_ok=True)
    save_file(filled(Upscaler(PUBLISHED)).state_dict(), place / "vsr.safetensors")


def words(folder: Path) -> Path:
    """A tokenizer of CLIP's kind that knows letters only: what it says is not looked at."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    known = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(known)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": "!", "do_lower_case": True,
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}), "utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
