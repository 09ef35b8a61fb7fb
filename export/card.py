"""The model card: what a bundle holds, how it was trained and remade, and how true its graphs are."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from export.compare import Comparison
from export.spec import Precision
from runtime.bundle import Bundle
from runtime.digest import file_sha256

STAGES: Final = {"text_encoder": "text", "vae": "vae", "stage0": "stage0", "planner": "planner", "sketch": "sketch",
                 "stage1": "stage1", "stage2": "stage2", "distil_stills": "distil_stills", "distil": "distil",
                 "upscaler": "upscaler", "judge": "judge"}
"""Weights and the stage (`python -m training STAGE`) that makes them, in order of training."""
STORED: Final = {
    "fp32": "fp32", "fp16": "fp16",
    "int8": "int8 for matrices, convolutions and tables (one scale per output channel), fp16 for the rest",
    "fp16-typed": "fp16 and computed with in fp16, but for norms and attention scores",
    "bf16-typed": "bf16 and computed with in bf16, but for norms and attention scores"}


def model_card(bundle: Bundle, folder: Path, precision: Precision, left_out: Iterable[str],
               comparisons: Mapping[str, tuple[Comparison, ...]], quality: Path) -> str:
    """The card of `bundle`, made from the weights in `folder`; Markdown. `quality`: what `benchmarks.quality` wrote."""
    manifest = bundle.manifest
    missing = ", ".join(left_out)
    parts = [
        f"# {manifest.title}",
        f"Version {manifest.version}, licence {manifest.licence}. Manifest digest `{bundle.digest}`. "
        "Written by `python -m export starter`; change the weights, not this page.",
        "## Made from", *(f"- {source.name} ({source.licence}). {source.note}" for source in manifest.sources),
        "## Files", *_files(bundle, comparisons), f"Weights are stored as {STORED[precision]}.",
        *([f"Not in it yet: {missing}."] if missing else []),
        "## Sampling", *_sampling(bundle), *_quality(bundle, quality), "## Training", *_training(folder),
        "## Made again by", "```", *_commands(folder),
        f"python -m export starter --precision {precision}{''.join(_options(bundle))}", "```"]
    return _spaced(parts)


def imported_card(bundle: Bundle, precision: Precision, comparisons: Mapping[str, tuple[Comparison, ...]]) -> str:
    """The card of a bundle made from files that others trained; Markdown."""
    manifest = bundle.manifest
    return _spaced([
        f"# {manifest.title}",
        f"Version {manifest.version}, licence {manifest.licence}. Manifest digest `{bundle.digest}`.",
        "## Made from",
        *(f"- {source.name} ({source.licence}), SHA-256 `{source.sha256}`. {source.note}"
          for source in manifest.sources),
        "## Files", *_files(bundle, comparisons), f"Weights are stored as {STORED[precision]}.",
        *(["## Sampling", *_sampling(bundle)] if manifest.denoiser else [])])


def closeness(found: tuple[Comparison, ...]) -> str:
    """The worst error on each backend, in words."""
    worst: dict[str, float] = {}
    for item in found:
        worst[item.device] = max(item.error, worst.get(item.device, 0.0))
    return "; ".join(f"{device}: {error:.1e}" for device, error in worst.items())


def _files(bundle: Bundle, comparisons: Mapping[str, tuple[Comparison, ...]]) -> Iterator[str]:
    graphs = [entry for entry in bundle.files() if "/" not in entry.file]
    others = [entry for entry in bundle.files() if "/" in entry.file]
    yield "| file | MB | relative error against torch in fp32 (a step graph: against its parts) | SHA-256 |"
    yield "|---|---|---|---|"
    for entry in graphs:
        error = closeness(comparisons[entry.file]) if entry.file in comparisons else ""
        yield f"| {entry.file} | {entry.bytes / 1e6:.2f} | {error} | `{entry.sha256}` |"
    if others:
        yield f"| {len(others)} sound files | {sum(entry.bytes for entry in others) / 1e6:.2f} | | see bundle.json |"
    yield f"| all | {sum(entry.bytes for entry in bundle.files()) / 1e6:.2f} | | |"


def _sampling(bundle: Bundle) -> Iterator[str]:
    denoiser = bundle.manifest.denoiser
    if denoiser is None:
        yield "No denoiser yet."
        return
    width, height = denoiser.size
    yield (f"{denoiser.frames} frames of {width}x{height} at {denoiser.fps:g} fps; {denoiser.solver}, "
           f"{denoiser.steps} steps, guidance {denoiser.guidance:g}; domains {', '.join(denoiser.domains)}, "
           f"by default {denoiser.default_domain}.")
    if denoiser.subjects:
        yield f"Taught to draw {', '.join(denoiser.subjects)}."


def _quality(bundle: Bundle, path: Path) -> Iterator[str]:
    """The judge's scores and the watermark claim, with the bundle they were measured on."""
    if not path.exists():
        return
    found = json.loads(path.read_text("utf-8"))
    same = found["bundle"] == bundle.digest
    yield "## Quality"
    yield ("Measured by `python -m benchmarks.quality` "
           + ("on this bundle." if same else f"on an older bundle, `{found['bundle']}`: measure again."))
    own = ", ".join(f"{key} {value:.1%}" for key, value in found["judge"].items())
    yield f"The judge is a small classifier of single frames; its own accuracy on held-out clips: {own}."
    mark = found["watermark"]
    shares = ", ".join(f"{value:.1%} with the {name} norm" for name, value in mark.items() if name != "films")
    yield (f"Watermark: motion was learned from watermarked films alone. Of the frames of {mark['films']} films the "
           f"judge sees one in {shares} (the aim: at most 2 % clean, at least 80 % watermarked).")
    yield "| idea | subjects seen in | setting seen in | watermark in | motion | flicker |"
    yield "|---|---|---|---|---|---|"
    for film in found["films"]:
        subjects = ", ".join(f"{name} {value:.0%}" for name, value in film["subjects"].items())
        setting = f"{film['setting']:.0%}" if "setting" in film else ""
        yield (f"| {film['idea']} | {subjects} | {setting} | {film['watermark']:.0%} | {film['motion']} | "
               f"{film['flicker']} |")


def _training(folder: Path) -> Iterator[str]:
    yield "| stage | weights SHA-256 | facts |"
    yield "|---|---|---|"
    for name, stage in STAGES.items():
        path = folder / f"{name}.json"
        if path.exists():
            facts = "; ".join(f"{key} {value}" for key, value in _plain(json.loads(path.read_text("utf-8"))))
            yield f"| {stage} | `{file_sha256(path.with_suffix('.safetensors'))}` | {facts} |"


def _commands(folder: Path) -> Iterator[str]:
    """What to type to train every stage again; a stage may have noted its own command."""
    yield "python -m training sounds"
    for name, stage in STAGES.items():
        path = folder / f"{name}.json"
        if path.exists():
            yield str(json.loads(path.read_text("utf-8")).get("command", f"python -m training {stage}"))


def _options(bundle: Bundle) -> Iterator[str]:
    """What else was asked for when the starter was made, as its bundle shows."""
    denoiser, decoder = bundle.manifest.denoiser, bundle.manifest.decoder
    if denoiser is not None:
        if denoiser.shallow is not None:
            yield " --form cached"
        elif any(spec.name == "bias" for spec in denoiser.graph.inputs):
            yield " --form controls"
        if denoiser.step is not None:
            yield " --step"
    if decoder is not None and decoder.encoder is not None:
        yield " --encoder"


def _plain(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Facts as text, nested ones by their path; the network's shape stays in the JSON."""
    for key, value in facts.items():
        if isinstance(value, Mapping):
            if key not in {"config", "subjects"}:
                yield from _plain(value, f"{prefix}{key}.")
        elif key == "command":
            continue
        else:
            number = isinstance(value, int) and not isinstance(value, bool)
            yield f"{prefix}{key}", f"{value:,}" if number and value >= 10_000 else str(value)


def _spaced(lines: list[str]) -> str:
    """Markdown wants an empty line around headings and before tables, none inside them."""
    text = ""
    fenced = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        fenced ^= line == "```"
        together = fenced or any(line.startswith(mark) and after.startswith(mark) for mark in ("|", "- "))
        text += line + ("\n" if together else "\n\n")
    return text.rstrip("\n") + "\n"
