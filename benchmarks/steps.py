"""What more evaluations a scene would give: `python -m benchmarks.steps [--model FOLDER] [--weights FOLDER] [--out F]`.

The starter draws a scene in four steps without having been distilled. Distillation would teach it to end, in four,
where many steps end. So this draws the same films, from the same noise, in a few steps and in many, and says how far
apart they end and whether the judge (`python -m training judge`) sees more in the latter. Where it does not, there is
nothing to distil.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.quality import Shot, Verdict, conditions, look, restless, share, shot
from runtime.bundle import Engines, LineUp, open_bundle
from runtime.film.decisions import Settings
from runtime.film.setup import set_up
from runtime.shot.pixels import Picture
from training import data
from training.stages import judge as judges
from training.stages.films import film_clip
from training.world.captions import caption
from training.world.clip import Clip
from training.world.compose import FRAMES, HEIGHT, WIDTH, draw

STEPS: Final = (1, 2, 3, 4, 6, 8, 24)
SEED: Final = 1


def main() -> int:
    """Draw, look, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("runtime/starter"), help="the bundle")
    parser.add_argument("--weights", type=Path, default=Path("training/weights"), help="where the judge's weights are")
    parser.add_argument("--films", type=int, default=32, help="how many held-out captions are filmed")
    parser.add_argument("--out", type=Path, help="JSON file; printed only by default")
    options = parser.parse_args()
    judge, _ = judges.load_judge(options.weights)
    held = [film_clip(data.HELD + k, 0) for k in range(options.films)]
    bundle = open_bundle(options.model)
    line_up = LineUp.of(bundle)
    films: dict[int, list[Shot]] = {}
    with Engines(line_up, "auto") as engines:
        told = conditions([caption(clip, k) for k, clip in enumerate(held)], line_up, engines)
        for steps in STEPS:
            setup = set_up(Settings(steps=steps), line_up)
            films[steps] = [shot(one, setup, engines, SEED + k) for k, one in enumerate(told)]
        setup = set_up(Settings(steps=STEPS[-1]), line_up)
        others = [shot(one, setup, engines, SEED + len(held) + k) for k, one in enumerate(told)]
    most = films[STEPS[-1]]
    apart = distance(others, most)
    rows: dict[str, dict[str, float]] = {"drawn by the world": seen(
        judge, held, [[frame.picture for frame in draw(clip, FRAMES, WIDTH, HEIGHT)] for clip in held])}
    for steps, found in films.items():
        rows[str(steps)] = {"away": round(distance(found, most) / apart, 3),
                            **seen(judge, held, [film.frames for film in found])}
    for name, row in rows.items():
        print(name, json.dumps(row), flush=True)
    if options.out:
        options.out.write_text(json.dumps({"bundle": bundle.digest, "films": len(held), "seeds_apart": round(apart, 3),
                                           "steps": rows}, indent=1) + "\n", "utf-8")
    return 0


def distance(films: Sequence[Shot], others: Sequence[Shot]) -> float:
    """|difference| / |other| of latents, Euclidean norms, the mean over films."""
    return float(np.mean([np.linalg.norm(one.latents - other.latents) / np.linalg.norm(other.latents)
                          for one, other in zip(films, others, strict=True)]))


def seen(judge: judges.Judge, held: Sequence[Clip], films: Sequence[list[Picture]]) -> dict[str, float]:
    """Shares of frames in which the judge sees all whom the clip names, and its setting; and how films move.

    `detail` is the mean difference between neighbouring pixels, 0 to 255.
    """
    verdicts = [(look(judge, frames), clip) for frames, clip in zip(films, held, strict=True)]
    moved = [restless(frames) for frames in films]
    places = [verdict.settings.argmax(axis=1) == judges.SETTING_NAMES.index(clip.setting) for verdict, clip in verdicts]
    return {"subjects": share(np.concatenate([named(verdict, clip) for verdict, clip in verdicts])),
            "setting": share(np.concatenate(places)),
            **{key: round(float(np.mean([film[key] for film in moved])), 3) for key in ("motion", "flicker")},
            "detail": round(float(np.mean([detail(frame) for frames in films for frame in frames])), 2)}


def named(verdict: Verdict, clip: Clip) -> np.ndarray:
    """In which frames (T,) the judge sees everyone the clip names."""
    numbers = [judges.SUBJECT_NAMES.index(actor.subject) for actor in clip.actors]
    return np.asarray((verdict.subjects[:, numbers] > 0.5).all(axis=1))


def detail(frame: Picture) -> float:
    """The mean absolute difference between neighbouring pixels, across and down."""
    values = frame.astype(np.float32)
    return float((np.abs(np.diff(values, axis=0)).mean() + np.abs(np.diff(values, axis=1)).mean()) / 2)


if __name__ == "__main__":
    sys.exit(main())
