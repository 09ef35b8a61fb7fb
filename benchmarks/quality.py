"""How good the starter's pictures are: `python -m benchmarks.quality [--model FOLDER] [--weights FOLDER] [--out docs]`.

Makes the ten films by which the starter is judged the way anyone would (`moviefactory make IDEA --scenes 1 --seed 1`,
first try), writes a contact sheet of each, and lets the judge (`python -m training judge`) say what their frames show.
Then it measures the paper's claim: how many frames carry a watermark when drawn with either domain's norm.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import torch
from torch.nn import functional as F

from runtime.bundle import Engines, LineUp, open_bundle
from runtime.film.decisions import Settings
from runtime.film.drawing import condition, denoise_request, drawn, normalisation, tokenizer
from runtime.film.setup import Setup, set_up
from runtime.shot.decode import decode
from runtime.shot.denoise import Latents
from runtime.shot.guidance import Condition
from runtime.shot.pixels import Picture
from runtime.shot.text import encode_text
from training import data
from training.pixels import to_picture, to_tensor
from training.sampling import IDEAS
from training.stages import judge as judges
from training.stages.films import film_clip
from training.world import preview
from training.world.captions import caption

SHOWN: Final = (
    (("car",), "coast road"), (("airplane",), "above the clouds"), (("sailing boat",), "open sea"),
    (("rocket",), "moon"), (("whale",), "under water"), (("balloon",), "desert"), (("train",), "snow mountains"),
    (("robot",), "city"), (("horse", "dog"), "meadow"), (("car", "airplane"), None),
)
"""What each of the ten ideas names: subjects and setting (the race has none)."""
SHEET: Final = (480, 200)
SEED: Final = 1
CLAIM_FILMS: Final = 32


@dataclass(frozen=True)
class Verdict:
    """What the judge says of frames: probabilities of subjects (T, 16) and settings (T, 12), and of the mark (T,)."""

    subjects: np.ndarray
    settings: np.ndarray
    marked: np.ndarray


def main() -> int:
    """Make, look, judge, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("runtime/starter"), help="the bundle")
    parser.add_argument("--weights", type=Path, default=Path("training/weights"), help="where the judge's weights are")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="sheets and quality.json go there")
    options = parser.parse_args()
    judge, accuracy = judges.load_judge(options.weights)
    films = []
    for number, (idea, (subjects, setting)) in enumerate(zip(IDEAS, SHOWN, strict=True), 1):
        frames = make(idea, options.model)
        write_sheet(frames, options.out / "sheets" / f"{number:02}.jpg")
        films.append({"idea": idea, **scored(look(judge, frames), subjects, setting), **restless(frames)})
        print(json.dumps(films[-1]), flush=True)
    result = {"bundle": open_bundle(options.model).digest, "seed": SEED, "judge": accuracy, "films": films,
              "watermark": claim(options.model, judge)}
    (options.out / "quality.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps({key: result[key] for key in ("judge", "watermark")}))
    return 0


def make(idea: str, model: Path) -> list[Picture]:
    """The frames of a one-scene film with default settings, (320, 768, 3), made small again from what is in the MP4."""
    with tempfile.TemporaryDirectory(prefix="moviefactory-quality-") as place:
        film = Path(place) / "movie.mp4"
        subprocess.run([sys.executable, "-m", "runtime", "make", idea, "-o", str(film), "--scenes", "1",
                        "--seed", str(SEED), "--model", str(model), "--quiet"], check=True)
        with av.open(film) as container:
            return [frame.reformat(768, 320, "rgb24", interpolation="AREA").to_ndarray().astype(np.uint8, copy=False)
                    for frame in container.decode(video=0)]


def write_sheet(frames: list[Picture], path: Path) -> None:
    """Eight moments of a film, in reading order, as a JPEG; no words on it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = [resized(frames[round(k * (len(frames) - 1) / 7)], *SHEET) for k in range(8)]
    preview.save(preview.sheet([small[:4], small[4:]]), path)


def resized(picture: Picture, width: int, height: int) -> Picture:
    """A picture (H, W, 3) at another size."""
    return to_picture(F.interpolate(to_tensor(picture)[None], size=(height, width), mode="bilinear", antialias=True)[0])


@torch.no_grad()
def look(judge: judges.Judge, frames: list[Picture]) -> Verdict:
    """Show frames to the judge."""
    tensors = torch.stack([to_tensor(resized(frame, judges.WIDTH, judges.HEIGHT)) for frame in frames])
    subjects, settings, mark = judge(tensors)
    return Verdict(subjects.sigmoid().numpy(), settings.softmax(1).numpy(), mark.sigmoid().numpy())


def scored(verdict: Verdict, subjects: tuple[str, ...], setting: str | None) -> dict[str, Any]:
    """Shares of frames in which the judge sees each named subject, the setting, a watermark, and what it sees most."""
    seen = {name: share(verdict.subjects[:, judges.SUBJECT_NAMES.index(name)] > 0.5) for name in subjects}
    places = verdict.settings.argmax(axis=1)
    found: dict[str, Any] = {"subjects": seen, "watermark": share(verdict.marked > 0.5)}
    if setting:
        found["setting"] = share(places == judges.SETTING_NAMES.index(setting))
    found["seen"] = [judges.SUBJECT_NAMES[int(verdict.subjects.mean(axis=0).argmax())],
                     judges.SETTING_NAMES[int(np.bincount(places).argmax())]]
    return found


def restless(frames: list[Picture]) -> dict[str, float]:
    """Mean change from frame to frame, 0 to 255, and how much of it is taken back by the next one (flicker, 0 to 1)."""
    clip = np.stack([frame[::4, ::4] for frame in frames]).astype(np.float32)
    steps = np.diff(clip, axis=0)
    back = np.clip(-np.sign(steps[:-1]) * steps[1:], 0, np.abs(steps[:-1]))
    change = float(np.abs(steps).mean())
    return {"motion": round(change, 2), "flicker": round(float(back.mean()) / max(change, 1e-6), 3)}


def claim(model: Path, judge: judges.Judge) -> dict[str, Any]:
    """Share of frames in which the judge sees a watermark, by the norm they were drawn with."""
    texts = [*IDEAS, *(caption(film_clip(data.HELD + k, 0), k) for k in range(CLAIM_FILMS - len(IDEAS)))]
    setup = set_up(Settings(), LineUp.of(open_bundle(model)))
    found: dict[str, Any] = {"films": len(texts)}
    with Engines(setup.line_up, "auto") as engines:
        for name in setup.line_up.denoiser.domains:
            told = conditions(texts, setup.line_up, engines, name)
            marks = [look(judge, shot(one, setup, engines, SEED).frames).marked > 0.5 for one in told]
            found[name] = share(np.concatenate(marks))
    return found


def conditions(texts: Sequence[str], line_up: LineUp, engines: Engines, domain: str | None = None) -> list[Condition]:
    """What the denoiser is told by each text, in a domain, by default its own."""
    reader, encoder = tokenizer(line_up), engines.get("text_encoder")
    contexts = [encode_text(text, reader, encoder, line_up.text_encoder.max_tokens).context for text in texts]
    return [condition(line_up.denoiser, context, domain=domain) for context in contexts]


@dataclass(frozen=True)
class Shot:
    """A scene's latents (1, C, T, h, w) and its frames before they are enlarged."""

    latents: np.ndarray
    frames: list[Picture]


def shot(told: Condition, setup: Setup, engines: Engines, seed: int) -> Shot:
    """One scene, drawn and decoded."""
    *_, done = drawn(denoise_request(setup.line_up.denoiser, setup.table, seed, told), setup.line_up.denoiser, engines)
    assert isinstance(done, Latents)
    frames = decode(done.array, engines.get("decoder"), normalisation(setup.line_up.denoiser))
    return Shot(done.array, list(frames))


def share(hits: np.ndarray) -> float:
    """The share of true values."""
    return round(float(np.mean(hits)), 4)


if __name__ == "__main__":
    sys.exit(main())
