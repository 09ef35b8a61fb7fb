"""A whole tiny bundle, sounds included, and requests for tiny films: every real part, a second of work."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from runtime.bundle import Bundle, write_manifest
from runtime.media.audio import encode_wav
from tests.tiny_graphs import TinySizes, tiny_bundle, tiny_manifest

ROOT = Path(__file__).parents[1]
SIZES = TinySizes(frames=4, tokens=96)
IDEA = "a race between a red car and an airplane"


def tiny_sounds(folder: Path) -> None:
    """A library of one effect, one ambience and one piece of music, half a second each."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(24000, dtype=np.float32) / 48000
    rows = []
    for name, kind, tags, pitch in (("engine.wav", "effect", ["car", "engine", "race", "airplane"], 110.0),
                                    ("wind.wav", "ambience", ["wind", "road", "coast", "sky"], 330.0),
                                    ("drums.wav", "music", ["drums"], 220.0)):
        tone = (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
        encode_wav(np.stack([tone, tone], axis=1), folder / name)
        rows.append({"file": name, "kind": kind, "caption": " ".join(tags), "tags": tags, "seconds": 0.5,
                     "moods": ["dramatic", "tense", "epic"] if kind == "music" else [], "licence": "CC0-1.0",
                     "loop": [0.0, 0.5] if kind != "effect" else None,
                     "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()})
    (folder / "sounds.json").write_text(json.dumps({"version": 1, "sounds": rows}), "utf-8")


def film_bundle(folder: Path, sizes: TinySizes = SIZES, **denoiser: Any) -> Bundle:
    """A bundle that fills every role; `denoiser` replaces fields of its denoiser section."""
    tiny_bundle(folder, sizes)
    tiny_sounds(folder / "sounds")
    manifest = tiny_manifest(sizes)
    manifest["roles"]["denoiser"].update(denoiser)
    manifest["roles"]["sounds"] = {"folder": "sounds"}
    return write_manifest(folder, manifest)


def command(*words: str | Path) -> list[str]:
    """The command line, as `python -m runtime`."""
    return [sys.executable, "-W", "error", "-m", "runtime", *map(str, words)]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end and give what it said."""
    return subprocess.run(command(*words), capture_output=True, text=True, encoding="utf-8", cwd=ROOT, timeout=300,
                          env={**os.environ, "COLUMNS": "120", **environment}, check=False)
