"""The starter library, and a small library of tones written for a test."""

import hashlib
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runtime
from runtime.sound.library import Library, open_library

RATE = 48000
MakeLibrary = Callable[[dict[str, dict[str, Any]]], Library]
WriteWav = Callable[[Path, np.ndarray], None]
Tone = Callable[..., np.ndarray]


def _write_wav(path: Path, samples: np.ndarray) -> None:
    """Stereo float samples as 16-bit WAV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def _tone(seconds: float, hertz: float, level: float = 0.2) -> np.ndarray:
    """A sine, (n, 2)."""
    wave_ = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave_, wave_], axis=1)


@pytest.fixture
def write_wav() -> WriteWav:
    return _write_wav


@pytest.fixture
def tone() -> Tone:
    return _tone


@pytest.fixture(scope="session")
def starter() -> Library:
    return open_library(Path(runtime.__file__).parent / "starter" / "sounds")


@pytest.fixture
def make_library(tmp_path: Path) -> MakeLibrary:
    """Writes `{name: entry}` as a library; an entry's `samples` become its file, the rest its fields."""
    def make(entries: dict[str, dict[str, Any]]) -> Library:
        rows = []
        for name, entry in entries.items():
            samples = entry["samples"]
            _write_wav(tmp_path / "library" / name, samples)
            data = (tmp_path / "library" / name).read_bytes()
            fields = {key: value for key, value in entry.items() if key != "samples"}
            rows.append({"file": name, "kind": "effect", "caption": name, "licence": "CC0-1.0",
                         "seconds": len(samples) / RATE, "sha256": hashlib.sha256(data).hexdigest(), **fields})
        (tmp_path / "library" / "sounds.json").write_text(json.dumps({"version": 1, "sounds": rows}))
        return open_library(tmp_path / "library")

    return make
