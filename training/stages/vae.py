"""The autoencoder stage: code and decoder are computed from drawn pictures.

Where there is a code already it is kept, so that pools of latents and the networks that learned from them stay what
they are; the decoder is computed anew.
"""

import functools
import random
import time
from typing import Final

import torch
from torch import Tensor

from training import data
from training.command import Request, machine, parse
from training.finished import load_autoencoder
from training.loop import Schedule, device
from training.models import weights
from training.models.autoencoder import Autoencoder, AutoencoderConfig
from training.pixels import to_picture, to_tensor
from training.world import clip as clips
from training.world import preview
from training.world.compose import Seen, draw
from training.world.domains import watermarked

SCHEDULE = Schedule(clips=2000, batch=1, rate=0.0, warmup=0)
"""`clips` is how many pictures code and decoder are computed from."""
CUTS: Final = 4
"""Crops taken from one drawn frame: drawing costs more than computing."""
HELD: Final = 64


@torch.no_grad()
def psnr_of(rebuilt: Tensor, pictures: Tensor) -> float:
    """Mean peak signal-to-noise ratio of a batch in -1..1, in dB."""
    return float((-10 * torch.log10((rebuilt.clamp(-1, 1) - pictures).square().mean(dim=(1, 2, 3)) / 4)).mean())


def crops(index: int, seed: int, size: int) -> dict[str, Tensor]:
    """Item `index`: `CUTS` random crops of one random frame, mostly around a subject, one frame in four watermarked."""
    rng = random.Random(f"vae/{seed}/{index}")
    clip = clips.sample(rng.getrandbits(40), films=False)
    width, height = (768, 320) if rng.random() < 0.6 else (320, 320)
    frame = next(iter(draw(clip, 1, width, height, start=rng.uniform(0.3, 1.7))))
    picture = frame.picture
    if rng.random() < 0.25:
        picture = watermarked([picture], rng.getrandbits(32))[0]
    cut = []
    for _ in range(CUTS):
        left, top = _corner(rng, frame.actors, (width, height), size)
        part = to_tensor(picture[top : top + size, left : left + size])
        cut.append(part.flip(2) if rng.random() < 0.5 else part)
    return {"pictures": torch.stack(cut)}


def _corner(rng: random.Random, actors: tuple[Seen, ...], frame: tuple[int, int], size: int) -> tuple[int, int]:
    width, height = frame
    left, top = rng.randint(0, width - size), rng.randint(0, height - size)
    if actors and rng.random() < 0.6:
        seen = rng.choice(actors)
        middle = (seen.left + seen.right) / 2 * width + rng.uniform(-0.25, 0.25) * size
        left = min(width - size, max(0, round(middle - size / 2)))
    return left, top


def one_of_each(start: int, count: int, seed: int, size: int = 256) -> Tensor:
    """One crop (count, 3, size, size) of each of the frames from number `start` on."""
    drawn = data.batches(functools.partial(crops, seed=seed, size=size), start, 10)
    parts: list[Tensor] = []
    while sum(map(len, parts)) < count:
        parts.append(next(drawn)["pictures"][:, 0])
    return torch.cat(parts)[:count]


def main(arguments: list[str]) -> None:
    """Compute code and decoder, measure on held-out frames; `vae.safetensors` and a sheet of reconstructions."""
    run(parse("vae", SCHEDULE, arguments), AutoencoderConfig())


def run(request: Request, config: AutoencoderConfig, size: int = 256) -> None:
    """As `main`."""
    seed, count, started = request.schedule.seed, request.schedule.clips, time.monotonic()
    torch.manual_seed(seed)
    pictures = one_of_each(1 << 39, count, seed, size)
    if (request.weights / "vae.safetensors").exists():
        model = load_autoencoder(request.weights).cpu()
    else:
        model = Autoencoder(config)
        model.fit_code(pictures)
    model.fit_decoder(pictures)
    held = one_of_each(data.HELD, HELD, seed, size).to(device())
    rebuilt = model.to(device())(held)
    found = round(psnr_of(rebuilt, held), 2)
    weights.save(request.weights, "vae", model.state_dict(),
                 {"config": model.config, "psnr": found, "clips": count, "seed": seed,
                  "minutes": round((time.monotonic() - started) / 60, 1), "machine": machine(),
                  "command": request.command})
    request.out.mkdir(parents=True, exist_ok=True)
    rows = [[to_picture(p) for p in side[:6]] for side in (held, rebuilt)]
    preview.save(preview.sheet(rows), request.out / "rebuilt.png")
    print(f"vae: held-out PSNR {found} dB", flush=True)
