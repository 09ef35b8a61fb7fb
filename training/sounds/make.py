"""Render the starter sound library: `python -m training.sounds.make --out runtime/starter/sounds`.

Every sound has a random generator of its own, seeded by its name, so one recipe can change without moving another.
"""

import argparse
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from runtime.sound.library import INDEX, VERSION
from runtime.sound.loudness import integrated
from training.sounds import animals, creatures, lively_pieces, machines, places, quiet_pieces, vehicles, weather
from training.sounds.dsp import RATE, Recipe, Signal, settled
from training.sounds.encode import opus
from training.sounds.score import Piece, record

LICENCE: Final = "Apache-2.0"
BIT_RATE: Final = 60000
MUSIC_BIT_RATE: Final = 56000
"""Music is half of the library, and has none of the noise of rain and engines that Opus needs bits for."""
RECIPES: Final = (*vehicles.RECIPES, *animals.RECIPES, *creatures.RECIPES, *machines.RECIPES, *weather.RECIPES,
                  *places.RECIPES)
PIECES: Final = (*quiet_pieces.PIECES, *lively_pieces.PIECES)

_PEAK: Final = 0.7
_CREST: Final = 10.0
_LEAD: Final = 0.04


@dataclass(frozen=True)
class Rendered:
    """A finished sound, (n, 2) float32, and what its entry says about time."""

    samples: npt.NDArray[np.float32]
    times: dict[str, Any]


def main(arguments: list[str]) -> None:
    """Render all sounds, or only those named, into a folder and write its `sounds.json`."""
    parser = argparse.ArgumentParser(prog="python -m training.sounds.make", description="Render the starter sounds.")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="render these anew and keep the other files")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    known = _known(options.out / INDEX)
    entries = []
    for item in (*RECIPES, *PIECES):
        old = known.get(f"{_kind(item)}/{item.name}.opus")
        if options.only is not None and item.name not in options.only and old is not None:
            entries.append({**old, **words(item)})
            continue
        entries.append(_write(item, options.out))
        print(f"{item.name}: {entries[-1]['seconds']} s, {entries[-1]['loudness']} LUFS", flush=True)
    # A line a sound: a quarter smaller than with each word on its own.
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    text = (f'{{"version": {VERSION}, "name": "MovieFactory starter sounds", "licence": "{LICENCE}", "sounds": [\n'
            f'{lines}\n]}}\n')
    (options.out / INDEX).write_text(text, encoding="utf-8")


def words(item: Recipe | Piece) -> dict[str, Any]:
    """The part of an entry that search reads."""
    moods = item.moods if isinstance(item, Piece) else ()
    return {"file": f"{_kind(item)}/{item.name}.opus", "kind": _kind(item), "caption": item.caption,
            "tags": list(item.tags), "synonyms": list(item.synonyms), "moods": list(moods), "licence": LICENCE}


def render(item: Recipe | Piece, seed: int = 0) -> Rendered:
    """Make one sound, ready to be encoded."""
    if isinstance(item, Piece):
        piece = record(item)
        return Rendered(_levelled(piece.samples),
                        {"bpm": item.bpm, "bar": round(piece.bar, 6), "loop": [round(t, 6) for t in piece.loop],
                         "ending": round(piece.ending, 6)})
    samples = item.make(np.random.default_rng([seed, zlib.crc32(item.name.encode())]))
    samples = _softened(settled(samples, 24.0, item.loops))
    if item.loops:
        # A little of the other end on both sides: the codec and the mixer's seam find what they expect there.
        lead = round(_LEAD * RATE)
        looped = np.concatenate([samples[-lead:], samples, samples[:lead]])
        return Rendered(_levelled(looped), {"loop": [_LEAD, round(_LEAD + len(samples) / RATE, 6)]})
    fade = np.minimum(1, np.arange(len(samples), 0, -1) / (0.06 * RATE)) * np.minimum(1, np.arange(len(samples)) / 96)
    finished = _levelled(samples * fade[:, None])
    return Rendered(finished, {"peak": _loudest(finished)})


def _kind(item: Recipe | Piece) -> str:
    return "music" if isinstance(item, Piece) else item.kind


def _softened(samples: Signal) -> Signal:
    """Peaks more than 20 dB above the RMS bent down: one stray grain must not set the level of the whole."""
    knee = _CREST * float(np.sqrt(np.mean(samples**2)))
    return knee * np.tanh(samples / knee)


def _levelled(samples: Signal) -> npt.NDArray[np.float32]:
    return (samples * (_PEAK / np.abs(samples).max())).astype(np.float32)


def _loudest(samples: npt.NDArray[np.float32]) -> float:
    """Second at which the loudest 50 ms begin."""
    hop = round(0.05 * RATE)
    power = [float(np.square(samples[start:start + hop]).sum()) for start in range(0, len(samples) - hop + 1, hop // 5)]
    return round(int(np.argmax(power)) * (hop // 5) / RATE, 3)


def _write(item: Recipe | Piece, folder: Path) -> dict[str, Any]:
    rendered = render(item)
    if not np.isfinite(rendered.samples).all():
        raise ValueError(f"{item.name} came out with broken values")
    data = opus(rendered.samples, MUSIC_BIT_RATE if isinstance(item, Piece) else BIT_RATE)
    entry = words(item)
    path = folder / entry["file"]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return {**entry, "sha256": hashlib.sha256(data).hexdigest(), "seconds": round(len(rendered.samples) / RATE, 6),
            "loudness": round(integrated(rendered.samples), 2), **rendered.times}


def _known(index: Path) -> dict[str, dict[str, Any]]:
    if not index.exists():
        return {}
    return {row["file"]: row for row in json.loads(index.read_text(encoding="utf-8"))["sounds"]
            if (index.parent / row["file"]).exists()}


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
