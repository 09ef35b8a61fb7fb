"""The commands that look at things: script, models, sounds, doctor."""

import argparse
import platform
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runtime import __version__
from runtime.errors import BackendError, BundleError, MovieFactoryError, UsageError

if TYPE_CHECKING:
    from runtime.bundle import Manifest
    from runtime.sound.library import Kind
    from runtime.sound.search import Search

KINDS: Final["tuple[Kind, ...]"] = ("effect", "ambience", "music")


def run_script(options: argparse.Namespace) -> int:
    """Write a screenplay."""
    from runtime import screenplay
    from runtime.cli.server import server_from_environment
    from runtime.film.request import SCENES
    from runtime.media.files import check_writable, replacing
    from runtime.story import host, warning, write_offline, write_with_server

    if options.out is not None:
        check_writable(options.out)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    scenes = SCENES if options.scenes is None else options.scenes
    usual = _usual_model()
    denoiser = usual.denoiser if usual else None
    limit = denoiser.frames / denoiser.fps if denoiser else 2.0
    seconds = limit if options.seconds is None else options.seconds
    server = server_from_environment()
    if options.writer == "openai":
        if server is None:
            raise UsageError("the address of a script server for --writer openai", "none is configured",
                             "set OPENAI_BASE_URL (for Ollama http://localhost:11434/v1) and OPENAI_MODEL")
        _note(f"the idea is sent to {host(server)}")
        script = write_with_server(options.idea, scenes, seconds, seed, server)
    else:
        script = write_offline(options.idea, scenes, seconds, seed)
    _note(f"seed {seed}")
    if usual and denoiser and (unknown := warning(script, denoiser.subjects, usual.title)):
        _note(unknown)
    text = screenplay.to_json(script)
    if options.out is None:
        _print(text.rstrip("\n"))
        return 0
    with replacing(options.out) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
    return 0


def run_models_list(options: argparse.Namespace) -> int:
    """List bundles."""
    from runtime.bundle import MANIFEST, find, open_bundle

    path: Path | None = options.path
    if path is None:
        folders = [find().folder]
    elif path.is_dir() and not (path / MANIFEST).is_file():
        folders = sorted(child for child in path.iterdir() if (child / MANIFEST).is_file())
    else:
        folders = [path]
    if not folders:
        raise BundleError(f"bundles in {path}", "there are none", "name a bundle or a folder of bundles")
    for folder in folders:
        try:
            bundle = open_bundle(folder)
        except BundleError as error:
            if len(folders) == 1:
                raise
            _print(f"{folder.name}: cannot be used: {error}")
            continue
        manifest = bundle.manifest
        size = sum(entry.bytes for entry in bundle.files())
        _print(f"{manifest.name} {manifest.version}: {manifest.title} ({manifest.licence}, {size / 1e6:.1f} MB)")
        _print(f"  fills {', '.join(bundle.roles)}")
        if manifest.denoiser:
            drawn = manifest.denoiser
            _print(f"  scenes up to {drawn.frames / drawn.fps:g} s ({drawn.frames} frames), {drawn.steps} steps")
            if drawn.subjects:
                _print(f"  draws {', '.join(drawn.subjects)}")
        if manifest.upscaler:
            _print("  sizes " + ", ".join(f"{width}x{height}" for width, height in manifest.upscaler.sizes))
        _print(f"  {bundle.folder}")
    return 0


def run_models_verify(options: argparse.Namespace) -> int:
    """Check every file of a bundle."""
    from runtime.bundle import open_bundle

    bundle = open_bundle(options.path)
    count = 0
    for entry in bundle.checked():
        count += 1
        _print(f"whole: {entry.file}")
    _print(f"{bundle.manifest.name} {bundle.manifest.version}: all {count} files are as they were published")
    return 0


def run_sounds_list(options: argparse.Namespace) -> int:
    """List a library."""
    from runtime.film.setup import sound_library

    library = sound_library(options.model, options.sounds)
    for kind in KINDS:
        for sound in library.of_kind(kind):
            moods = f" ({', '.join(sound.moods)})" if sound.moods else ""
            _print(f"{kind:9} {sound.seconds:6.1f} s  {sound.id}  {sound.caption}{moods}")
    return 0


def run_sounds_search(options: argparse.Namespace) -> int:
    """Show which sounds fit a text, as a film would choose them."""
    from runtime.bundle import Engines
    from runtime.film import embedder, line_up_for
    from runtime.film.setup import sound_library
    from runtime.sound.search import Search

    library = sound_library(options.model, options.sounds)
    try:
        line_up = line_up_for(options.model, with_sounds=False)
    except BundleError as error:
        _note(f"searched by words alone: {error}")
        return _found(Search(library), options.text)
    with Engines(line_up) as engines:
        embed = embedder(line_up, engines)
        if embed is None:
            _note("searched by words alone: this text encoder has no embedding of sentences")
        return _found(Search(library, embed), options.text)


def run_doctor(_options: argparse.Namespace) -> int:
    """Say what this machine can run."""
    from runtime.backends import GPU_BACKENDS, probe
    from runtime.bench.machine import memory_mb, processor, usable_cores
    from runtime.cli.server import server_from_environment

    _print(f"MovieFactory {__version__}, Python {platform.python_version()}, {platform.system()} "
           f"{platform.machine()}")
    memory = memory_mb()
    _print(f"machine: {processor()}, {usable_cores()} cores" + (f", {memory / 1e3:.0f} GB of memory" if memory else ""))
    _print(f"GPU: {_gpu()}")
    reports = probe()
    for report in reports:
        what = report.device if report.available else f"no: {report.why_not}"
        unproven = " (never run on hardware by its makers)" if report.name in GPU_BACKENDS else ""
        _print(f"backend {report.name}: {what}{unproven}")
    _print(f"video: {_video()}")
    _print(f"starter bundle: {_starter()}")
    server = server_from_environment()
    _print("script server: " + (f"{server.base_url}, model {server.model}" if server else
                                "none configured (only --writer openai needs one)"))
    _print(f"free disk space here: {shutil.disk_usage('.').free / 1e9:.0f} GB")
    if not any(report.available for report in reports):
        raise BackendError("a backend that runs", "none does", "run `pip install onnxruntime`")
    return 0


def _found(search: "Search", text: str) -> int:
    for kind in KINDS:
        hits = search.find(text, kind)
        for hit in hits:
            meaning = "" if hit.cosine is None else f", meaning {hit.cosine:.2f}"
            _print(f"{kind:9} {hit.sound.id}  {hit.sound.caption} (words {hit.lexical:.2f}{meaning})")
        if not hits:
            _print(f"{kind:9} nothing fits")
    return 0


def _usual_model() -> "Manifest | None":
    """The starter; a script can be written where no model is installed."""
    from runtime.bundle import find

    try:
        return find().manifest
    except BundleError:
        return None


def _starter() -> str:
    from runtime.bundle import find

    try:
        bundle = find()
        bundle.verify()
    except MovieFactoryError as error:
        return f"no: {error}"
    return f"{bundle.manifest.name} {bundle.manifest.version}, whole ({bundle.folder})"


def _gpu() -> str:
    from runtime.backends.cuda_driver import gpu

    try:
        return gpu().described()
    except BackendError as error:
        return f"none that can be used: {error.got}"


def _video() -> str:
    import av

    missing = [name for name in ("libx264", "aac", "ffv1", "flac") if name not in av.codecs_available]
    return f"PyAV {av.__version__} lacks {', '.join(missing)}" if missing else f"PyAV {av.__version__}, H.264 and AAC"


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


def _note(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
