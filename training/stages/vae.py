"""The autoencoder stage: pictures of the world, both domains, to latents of ratio 16 and back.

Loss: L1 on pixels and on their differences (edges carry this drawn style) plus a KL term strong enough to keep the
latents near unit variance and the decoder forgiving of small latent errors, which few-step sampling makes.
"""

import functools
import random
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import facts, parse, train
from training.loop import Batch, Schedule, laid_out, layout
from training.models import weights
from training.models.autoencoder import Autoencoder, AutoencoderConfig, latent_statistics
from training.pixels import to_picture, to_tensor
from training.world import clip as clips
from training.world import preview
from training.world.actors import Box
from training.world.compose import Picture, draw
from training.world.domains import watermarked

SCHEDULE = Schedule(clips=60_000, batch=4, rate=8e-4, warmup=200, ema=0.998, weight_decay=0.0)
KL_WEIGHT = 3e-4


class VaeJob:
    """Trains an `Autoencoder` on `size` x `size` crops of 768x320 frames."""

    name = "vae"

    def __init__(self, config: AutoencoderConfig, seed: int = 0, size: int = 256) -> None:
        self.autoencoder = laid_out(Autoencoder(config))
        self.model: nn.Module = self.autoencoder
        self._item = functools.partial(crop, seed=seed, size=size)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random crops, (B, 3, size, size) in -1..1."""
        return data.batches(self._item, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction plus KL."""
        pictures = batch["picture"].contiguous(memory_format=layout())
        mean, logvar = self.autoencoder.moments(pictures)
        mean, logvar = mean.float(), logvar.float()
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        rebuilt = self.autoencoder.decode(mean + noise * (0.5 * logvar).exp()).float()
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
        return missed(rebuilt, pictures) + KL_WEIGHT * kl, {"psnr": psnr_of(rebuilt, pictures),
                                                            "kl": float(kl.detach())}


def missed(rebuilt: Tensor, pictures: Tensor) -> Tensor:
    """L1 on pixels and on their differences, of pictures (B, 3, H, W) in -1..1."""
    error = (rebuilt - pictures).abs().mean()
    return error + sum((torch.diff(rebuilt, dim=d) - torch.diff(pictures, dim=d)).abs().mean() for d in (2, 3))


@torch.no_grad()
def psnr_of(rebuilt: Tensor, pictures: Tensor) -> float:
    """Mean peak signal-to-noise ratio of a batch in -1..1, in dB."""
    return float((-10 * torch.log10((rebuilt.clamp(-1, 1) - pictures).square().mean(dim=(1, 2, 3)) / 4)).mean())


def crop(index: int, seed: int, size: int) -> dict[str, Tensor]:
    """Item `index`: one random crop of one random frame, mostly around a subject, one in four watermarked."""
    rng = random.Random(f"vae/{seed}/{index}")
    clip = clips.sample(rng.getrandbits(40), films=False)
    width, height = (768, 320) if rng.random() < 0.6 else (320, 320)
    frame = next(iter(draw(clip, 1, width, height, start=rng.uniform(0.3, 1.7))))
    picture = frame.picture
    if rng.random() < 0.25:
        picture = watermarked([picture], rng.getrandbits(32))[0]
    left, top = _corner(rng, frame.boxes, (width, height), size)
    cut = picture[top : top + size, left : left + size]
    return {"picture": to_tensor(cut)}


def _corner(rng: random.Random, boxes: tuple[Box, ...], frame: tuple[int, int], size: int) -> tuple[int, int]:
    width, height = frame
    left, top = rng.randint(0, width - size), rng.randint(0, height - size)
    if boxes and rng.random() < 0.6:
        box = rng.choice(boxes)
        middle = (box[0] + box[2]) / 2 * width + rng.uniform(-0.25, 0.25) * size
        left = min(width - size, max(0, round(middle - size / 2)))
    return left, top


def held_out(seed: int) -> Tensor:
    """Crops (64, 3, 256, 256) no training sees."""
    return torch.stack([crop(data.HELD + k, seed, 256)["picture"] for k in range(64)])


def judged(model: Autoencoder, pictures: Tensor) -> tuple[float, list[list[Picture]]]:
    """PSNR of what comes back, in dB, and two rows to look at: drawn and rebuilt."""
    rebuilt = torch.cat([reconstruct(model, part) for part in pictures.split(8)])
    rows = [[to_picture(p) for p in side[:6]] for side in (pictures, rebuilt)]
    return round(psnr_of(rebuilt, pictures), 2), rows


@torch.no_grad()
def reconstruct(model: Autoencoder, pictures: Tensor) -> Tensor:
    """Encode and decode without noise, clamped to -1..1; pictures (B, 3, H, W)."""
    return F.hardtanh(model(pictures).float())


def main(arguments: list[str]) -> None:
    """Train, measure on held-out frames, write `vae.safetensors`, `vae.json` and a sheet of reconstructions."""
    request = parse("vae", SCHEDULE, arguments)
    torch.manual_seed(request.schedule.seed)
    config = AutoencoderConfig()
    trainer = train(VaeJob(config, request.schedule.seed), request)
    model = Autoencoder(config).to(trainer.device)
    model.load_state_dict({**trainer.job.model.state_dict(), **trainer.average})
    pictures = held_out(request.schedule.seed).to(trainer.device)
    found, rows = judged(model, pictures)
    mean, std = latent_statistics(model, pictures)
    told = {"config": config, "mean": mean, "std": std, "psnr": found, **facts(trainer, request)}
    weights.save(request.weights, "vae", model.state_dict(), told)
    preview.save(preview.sheet(rows), request.out / "rebuilt.png")
    print(f"vae: held-out PSNR {found} dB, latent std {std.mean():.3f}", flush=True)


