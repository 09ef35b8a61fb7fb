"""The decoder once more, alone: the encoder is frozen as soon as pools hold its latents, its counterpart need not be.

It learns from what it will be given: latents with the small errors few sampling steps leave. The loss is the
autoencoder's own, on two scales, so that seams between cells, which a difference of neighbours hardly sees, cost too.
"""

import functools
from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import Request, facts, parse, train
from training.finished import load_autoencoder
from training.loop import Batch, Schedule, laid_out, layout
from training.models import weights
from training.models.autoencoder import Autoencoder
from training.stages.vae import crop, held_out, judged, missed, psnr_of
from training.world import preview

SCHEDULE = Schedule(clips=40_000, batch=4, rate=5e-4, warmup=400, ema=0.998, weight_decay=0.0)
LATENT_NOISE: Final = 0.2
"""The most noise on latents, as a share of their standard deviation."""


class DecoderJob:
    """Trains the decoder half of `autoencoder`; `std` (C,) is its latents' standard deviation."""

    name = "decoder"

    def __init__(self, autoencoder: Autoencoder, std: Tensor, seed: int = 0, size: int = 256) -> None:
        autoencoder.requires_grad_(False)
        for parameter in autoencoder.decoder_parameters():
            parameter.requires_grad_(True)
        self.autoencoder = laid_out(autoencoder)
        self.model: nn.Module = self.autoencoder
        self._std = std.view(1, -1, 1, 1)
        self._item = functools.partial(crop, seed=seed, size=size)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random crops, (B, 3, size, size) in -1..1."""
        return data.batches(self._item, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """What the decoder misses, at full and at half size."""
        pictures = batch["picture"].contiguous(memory_format=layout())
        with torch.no_grad():
            latents = self.autoencoder.encode(pictures).float()
        amount = LATENT_NOISE * torch.rand((len(latents), 1, 1, 1), generator=generator, device=latents.device)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        rebuilt = self.autoencoder.decode(latents + amount * noise * self._std).float()
        halves = missed(F.avg_pool2d(rebuilt, 2), F.avg_pool2d(pictures, 2))
        return missed(rebuilt, pictures) + halves, {"psnr": psnr_of(rebuilt, pictures)}


def main(arguments: list[str]) -> None:
    """Train, measure on held-out frames, write `decoder.safetensors` and a sheet of reconstructions."""
    run(parse("decoder", SCHEDULE, arguments))


def run(request: Request) -> None:
    """As `main`."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    autoencoder, told = load_autoencoder(request.weights)
    job = DecoderJob(autoencoder, torch.tensor(told["std"], device=next(autoencoder.parameters()).device), seed)
    trainer = train(job, request)
    autoencoder.load_state_dict({**autoencoder.state_dict(), **trainer.average})
    found, rows = judged(autoencoder.eval(), held_out(seed).to(trainer.device))
    weights.save(request.weights, "decoder", trainer.average,
                 {"encoder": weights.digest(autoencoder.encoder_state()), "psnr": found, **facts(trainer, request)})
    preview.save(preview.sheet(rows), request.out / "rebuilt.png")
    print(f"decoder: held-out PSNR {found} dB", flush=True)
