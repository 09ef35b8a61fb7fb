"""Stage 0: a text-to-image UNet on square, clean single pictures of the world, then frozen for good.

Flow matching (Lipman et al., 2022): x_t = (1 - t) x_0 + t noise, the network predicts noise - x_0; t is logit-normal,
so most of the work is done in the middle (Esser et al., 2024, section 3.1).
"""

import functools
import random
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from training import data
from training.command import Request, facts, parse, train
from training.finished import load_autoencoder, load_unet, text_models
from training.loop import Batch, Schedule, device, laid_out, layout
from training.models import weights
from training.models.denoiser import DenoiserConfig, stage0_unet
from training.models.text_encoder import TextEncoder
from training.noise import unit_noise
from training.pools import Drawn, FromPool, Pool, Shape, places_of
from training.sampling import Prompted
from training.world import clip as clips
from training.world import preview
from training.world.captions import caption
from training.world.clip import Clip
from training.world.compose import draw
from training.world.domains import DOMAINS

SCHEDULE = Schedule(clips=2_000_000, batch=64, rate=8e-4, warmup=4000, ema=0.997)
SIZE = 320
POOL_SEED = 1 << 41
MIDDLE = 0.7
"""Where times are centred, on the logistic scale: the latents' coarse channels are three times as loud as the noise, so
shapes are decided late in the noising (the same reason for which large pictures need a shift: Esser et al., 5.3.2)."""

STARTS = 0.1
"""The share of times that are 1: a film of few steps begins there, where the normal law never comes."""


class Stage0Job:
    """Trains the UNet on a pool of stills."""

    name = "stage0"

    def __init__(self, config: DenoiserConfig, items: FromPool, encoder: TextEncoder) -> None:
        self.model = laid_out(stage0_unet(config))
        self._items, self._encoder = items, encoder

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Random items of the pool."""
        return data.batches(self._items, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Weighted flow-matching loss."""
        latents = batch["latents"][:, 0].float().contiguous(memory_format=layout())
        context = read(self._encoder, batch)
        noisy, time, target = corrupt(latents, generator)
        found = self.model(noisy, time * 1000, context).sample
        loss = ((found.float() - target).square() * batch["weight"][:, 0]).mean()
        return loss, {}


@torch.no_grad()
def read(encoder: TextEncoder, batch: Batch) -> Tensor:
    """Token states (B, N, D) of the batch's captions."""
    context: Tensor = encoder.context(batch["tokens"], batch["mask"])
    return context.float()


def corrupt(latents: Tensor, generator: torch.Generator, middle: float = MIDDLE, starts: float = STARTS
            ) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy latents, time (B,) in 0..1, and the velocity to predict; `middle` is where times are centred, `starts` how
    many are 1."""
    count = latents.shape[0]
    time = torch.randn(count, generator=generator, device=latents.device).add(middle).sigmoid()
    first = torch.rand(count, generator=generator, device=latents.device) < starts
    time = time.masked_fill(first, 1.0)
    noise = unit_noise(latents.shape, generator)
    share = time.view(-1, *[1] * (latents.ndim - 1))
    return (1 - share) * latents + share * noise, time, noise - latents


def still_clip(index: int, seed: int) -> Clip:
    """The clip behind item `index` of the stills."""
    return clips.sample(POOL_SEED + (seed << 32) + index, films=False)


def still(index: int, seed: int) -> Drawn:
    """Item `index` of the stills: one moment of a clip, square."""
    clip = still_clip(index, seed)
    moment = random.Random(f"still/{seed}/{index}").uniform(0.6, 1.4)
    frame = next(iter(draw(clip, 1, SIZE, SIZE, start=moment)))
    return Drawn(clip, frame.picture[None], places_of([frame]), DOMAINS["clean"])


def filled_pool(request: Request, shape: Shape, draw_item: Callable[[int], Drawn]) -> Pool:
    """The stage's pool in its run folder, drawn and encoded as far as it was missing."""
    autoencoder = load_autoencoder(request.weights)
    config = autoencoder.config
    pool = Pool(request.out / "pool", shape, config.latent_channels, config.ratio)
    for count in pool.fill(draw_item, autoencoder):
        print(f"pool: {count:,}/{shape.items:,} items", flush=True)
    return pool


def main(arguments: list[str]) -> None:
    """Fill the pool, train, write `stage0.safetensors` and a sheet of samples for held-out captions."""
    request = parse("stage0", SCHEDULE, arguments)
    run(request, DenoiserConfig())
    _sheet(request)


def run(request: Request, config: DenoiserConfig) -> None:
    """Fill the pool, train, save the averaged network."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    encoder, tokenizer = text_models(request.weights)
    pool = filled_pool(request, Shape(request.items, 1, SIZE, SIZE), functools.partial(still, seed=seed))
    items = FromPool(pool, functools.partial(still_clip, seed=seed), tokenizer, seed)
    trainer = train(Stage0Job(config, items, encoder), request)
    weights.save(request.weights, "stage0", trainer.average, {"config": config, **facts(trainer, request)},
                 compact=True)


def _sheet(request: Request) -> None:
    prompted = Prompted(request.weights, size=(SIZE, SIZE))
    unet, _ = load_unet(request.weights)
    captions = [caption(still_clip(k, 0), 0) for k in range(data.HELD, data.HELD + 24)]
    pictures = prompted.stills(laid_out(unet.to(device())), captions, seed=1)
    preview.save(preview.sheet([pictures[i : i + 6] for i in range(0, 24, 6)]), request.out / "samples.png")
    (request.out / "samples.txt").write_text("\n".join(captions) + "\n")
