"""The autoencoder stage: the code is computed from drawn pictures, then the decoder learns to make pictures of it.

Whoever trains the decoder longer keeps the code, so that pools of latents and the networks that learned from them
stay what they are. Loss: L1 on pixels and on their differences (edges carry this drawn style), at full and at half
size, so that seams between cells cost too; a little noise on the latents, as few sampling steps leave it.
"""

import functools
import random
from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import Request, facts, parse, train
from training.finished import load_autoencoder
from training.loop import Batch, Schedule, device, laid_out, layout
from training.models import weights
from training.models.autoencoder import Autoencoder, AutoencoderConfig
from training.pixels import to_picture, to_tensor
from training.world import clip as clips
from training.world import preview
from training.world.actors import Box
from training.world.compose import draw
from training.world.domains import watermarked

SCHEDULE = Schedule(clips=100_000, batch=4, rate=1e-3, warmup=800, ema=0.998, weight_decay=0.0)
FITTED: Final = 2000
"""Pictures the code is computed from."""
LATENT_NOISE: Final = 0.15
"""The most noise on latents, whose variance is about 1."""
CUTS: Final = 4
"""Crops taken from one drawn frame: drawing costs more than learning."""
HELD: Final = 64


class VaeJob:
    """Trains the decoder of an `Autoencoder` on `size` x `size` crops of 768x320 frames; its code stays."""

    name = "vae"

    def __init__(self, autoencoder: Autoencoder, seed: int = 0, size: int = 256) -> None:
        self.autoencoder = laid_out(autoencoder.requires_grad_(True))
        self.model: nn.Module = self.autoencoder
        self._item = functools.partial(crops, seed=seed, size=size)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random crops, (B, 3, size, size) in -1..1, `CUTS` of them from one frame."""
        for batch in data.batches(self._item, start // CUTS, max(1, count // CUTS)):
            yield {"picture": batch["pictures"].flatten(0, 1)}

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """What the decoder misses, at full and at half size."""
        pictures = batch["picture"]
        with torch.no_grad(), torch.autocast(pictures.device.type, enabled=False):
            latents = self.autoencoder.encode(pictures)
        amount = LATENT_NOISE * torch.rand((len(latents), 1, 1, 1), generator=generator, device=latents.device)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        noisy = (latents + amount * noise).contiguous(memory_format=layout())
        rebuilt = self.autoencoder.decode(noisy).float()
        halves = missed(F.avg_pool2d(rebuilt, 2), F.avg_pool2d(pictures, 2))
        return missed(rebuilt, pictures) + halves, {"psnr": psnr_of(rebuilt, pictures)}


def missed(rebuilt: Tensor, pictures: Tensor) -> Tensor:
    """L1 on pixels and on their differences, of pictures (B, 3, H, W) in -1..1."""
    error = (rebuilt - pictures).abs().mean()
    return error + sum((torch.diff(rebuilt, dim=d) - torch.diff(pictures, dim=d)).abs().mean() for d in (2, 3))


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
        left, top = _corner(rng, frame.boxes, (width, height), size)
        part = to_tensor(picture[top : top + size, left : left + size])
        cut.append(part.flip(2) if rng.random() < 0.5 else part)
    return {"pictures": torch.stack(cut)}


def _corner(rng: random.Random, boxes: tuple[Box, ...], frame: tuple[int, int], size: int) -> tuple[int, int]:
    width, height = frame
    left, top = rng.randint(0, width - size), rng.randint(0, height - size)
    if boxes and rng.random() < 0.6:
        box = rng.choice(boxes)
        middle = (box[0] + box[2]) / 2 * width + rng.uniform(-0.25, 0.25) * size
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
    """Compute the code, train the decoder, measure on held-out frames; `vae.safetensors`, a sheet of reconstructions.

    `--clips 0` computes the code alone.
    """
    run(parse("vae", SCHEDULE, arguments), AutoencoderConfig())


def run(request: Request, config: AutoencoderConfig, fitted: int = FITTED, size: int = 256) -> None:
    """As `main`."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    if not (request.weights / "vae.safetensors").exists():
        model = Autoencoder(config)
        model.fit(one_of_each(1 << 39, fitted, seed, size))
        weights.save(request.weights, "vae", model.state_dict(), {"config": config, "clips": 0})
        print(f"vae: the code of {fitted:,} pictures is computed", flush=True)
    model = load_autoencoder(request.weights)
    trainer = train(VaeJob(model, seed, size), request)
    model.load_state_dict({**model.state_dict(), **trainer.average})
    pictures = one_of_each(data.HELD, HELD, seed, size).to(device())
    with torch.no_grad():
        rebuilt = torch.cat([model.eval()(part) for part in pictures.split(8)])
    found = round(psnr_of(rebuilt, pictures), 2)
    weights.save(request.weights, "vae", model.state_dict(),
                 {"config": config, "psnr": found, **facts(trainer, request)})
    rows = [[to_picture(p) for p in side[:6]] for side in (pictures, rebuilt)]
    preview.save(preview.sheet(rows), request.out / "rebuilt.png")
    print(f"vae: held-out PSNR {found} dB", flush=True)
