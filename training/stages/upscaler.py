"""The upscaler stage: clips of the world at 768x320 to the same clips drawn at 3072x1280.

The inputs are what the upscaler will see: half of them the autoencoder's own reconstructions, with noise on the latents
as few sampling steps leave it, half drawings with made-up degradations (all of them, as long as there is no finished
autoencoder). Loss: Charbonnier and edges on the picture, L1 between the cleaned frame and the target made smaller
(RealBasicVSR, section 4), and, since the flow network starts from nothing, how well it warps frames onto neighbours.
The targets need no sharpening: they are drawn.
"""

import dataclasses
import functools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import data
from training.command import facts, parse, train
from training.degradations import degraded
from training.finished import load_autoencoder
from training.loop import Batch, Schedule, device, laid_out
from training.models import weights
from training.models.autoencoder import Autoencoder
from training.models.upscaler import SCALE, Upscaled, Upscaler, UpscalerConfig, warp
from training.world import clip as clips
from training.world import preview
from training.world.clip import Clip
from training.world.compose import FPS, Picture, Window, draw

SCHEDULE = Schedule(clips=8_000, batch=4, rate=1e-3, warmup=400, ema=0.998, weight_decay=0.0)
SIZE: Final = (768, 320)
FRAMES: Final = 5
CROP, CONTEXT, MARGIN = 64, 128, 16
"""In small pixels: what is trained on, what the autoencoder sees of the frame, what the degradations see beside it."""
LATENT_NOISE = 0.15
"""The most noise on latents, whose variance is about 1."""
EDGES, CLEANED, MOTION = 1.0, 0.5, 0.5
HELD_ITEMS = 24


@dataclasses.dataclass(frozen=True)
class Rebuilder:
    """A finished autoencoder."""

    model: Autoencoder

    @torch.no_grad()
    def __call__(self, frames: Tensor, generator: torch.Generator) -> Tensor:
        """Frames (B, T, 3, H, W) in 0..1 through noisy latents and back; the noise is partly common to a clip."""
        batch, count = frames.shape[:2]
        latents = self.model.encode(frames.flatten(0, 1) * 2 - 1).float()

        def noise(*shape: int) -> Tensor:
            return torch.randn(*shape, *latents.shape[1:], generator=generator, device=frames.device)

        amount = LATENT_NOISE * torch.rand(batch, 1, 1, 1, 1, generator=generator, device=frames.device)
        mixed = amount * (0.7 * noise(batch, 1) + 0.7 * noise(batch, count))
        rebuilt = self.model.decode(latents + mixed.flatten(0, 1)).float()
        return (rebuilt.clamp(-1, 1) * 0.5 + 0.5).unflatten(0, (batch, count))


class UpscalerJob:
    """Trains an `Upscaler` on crops of 64x64 of 5 frames; every second one through `rebuilder`, if there is one."""

    name = "upscaler"

    def __init__(self, config: UpscalerConfig, seed: int = 0, rebuilder: Rebuilder | None = None) -> None:
        self.model: nn.Module = laid_out(Upscaler(config))
        self.rebuilder = rebuilder
        self._item = functools.partial(item, seed=seed, rebuilt=rebuilder is not None)

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Batches of `item`."""
        return data.batches(self._item, start, count)

    def inputs(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """The degraded crops (B, T, 3, 64, 64) of a batch."""
        chosen = batch["rebuilt"].nonzero()[:, 0].tolist()
        if not chosen or self.rebuilder is None:
            return batch["degraded"]
        result = batch["degraded"].clone()
        rebuilt = self.rebuilder(batch["drawn"][chosen], generator)
        for place, frames in zip(chosen, rebuilt, strict=True):
            left, top = batch["corner"][place].tolist()
            result[place] = frames[..., top : top + CROP, left : left + CROP]
        return result

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """Picture, edges, cleaned frames and motion."""
        made, target = self.model(self.inputs(batch, generator)), batch["target"]
        pictures = made.pictures.float()
        error = ((pictures - target).square() + 1e-6).sqrt().mean()
        edges = sum((torch.diff(pictures, dim=d) - torch.diff(target, dim=d)).abs().mean() for d in (3, 4))
        small = F.avg_pool2d(target.flatten(0, 1), SCALE).unflatten(0, target.shape[:2])
        cleaned = (made.cleaned.float() - small).abs().mean()
        motion = _missed(made, small)
        psnr = _psnr(pictures, target).mean()
        figures = {"psnr": float(psnr), "cleaned": float(cleaned.detach()), "motion": float(motion.detach())}
        return error + EDGES * edges + CLEANED * cleaned + MOTION * motion, figures


def _missed(made: Upscaled, small: Tensor) -> Tensor:
    """What is left between clean frames and their neighbours warped onto them, mean of both directions."""
    before, after = small[:, :-1].flatten(0, 1), small[:, 1:].flatten(0, 1)
    ahead = warp(after, made.ahead.flatten(0, 1), padding="border") - before
    behind = warp(before, made.behind.flatten(0, 1), padding="border") - after
    return (ahead.abs().mean() + behind.abs().mean()) / 2


def item(index: int, seed: int, rebuilt: bool) -> dict[str, Tensor]:
    """Item `index`: a crop of five frames.

    `target` (T, 3, 256, 256) is drawn at 3072x1280. `drawn` (T, 3, 128, 128) is drawn at 768x320 and holds the crop at
    `corner` (x, y), all on the grid of the latents; `degraded` (T, 3, 64, 64) is the crop with made-up degradations,
    unless it is to be `rebuilt`: every second item, if so asked.
    """
    rng = random.Random(f"upscaler/{seed}/{index}")
    clip = clips.sample(rng.getrandbits(40), films=False)
    start = rng.uniform(0.0, 2.0 - FRAMES / FPS)
    left, top = _interesting(rng, clip, start)
    context = [min(size - CONTEXT, max(0, place - (CONTEXT - CROP) // 2))
               for place, size in zip((left, top), SIZE, strict=True)]
    drawn = _frames(clip, 1, start, (context[0], context[1], CONTEXT, CONTEXT))
    target = _frames(clip, SCALE, start, (left * SCALE, top * SCALE, CROP * SCALE, CROP * SCALE))
    x, y = left - context[0], top - context[1]
    through = rebuilt and index % 2 == 1
    if through:
        small = torch.zeros(FRAMES, 3, CROP, CROP)
    else:
        across, down = (min(CONTEXT - CROP - 2 * MARGIN, max(0, place - MARGIN)) for place in (x, y))
        side = CROP + 2 * MARGIN
        small = degraded(drawn[..., down : down + side, across : across + side], f"upscaler/{seed}/{index}")
        small = small[..., y - down : y - down + CROP, x - across : x - across + CROP].contiguous()
    return {"target": target, "drawn": drawn, "degraded": small, "corner": torch.tensor([x, y]),
            "rebuilt": torch.tensor(through)}


def _interesting(rng: random.Random, clip: Clip, start: float) -> tuple[int, int]:
    """Left and top of a crop, multiples of 16: mostly the one of three in which there is most to see."""
    places = [(16 * rng.randint(0, (SIZE[0] - CROP) // 16), 16 * rng.randint(0, (SIZE[1] - CROP) // 16))
              for _ in range(3)]
    if rng.random() < 0.2:
        return places[0]
    tiny = next(iter(draw(clip, 1, SIZE[0] // 4, SIZE[1] // 4, start + FRAMES / FPS / 2))).picture.astype(np.float32)
    detail = np.abs(np.diff(tiny, axis=0))[:, :-1] + np.abs(np.diff(tiny, axis=1))[:-1]
    side = CROP // 4
    return max(places, key=lambda at: float(detail[at[1] // 4 :, at[0] // 4 :][:side, :side].sum()))


def _frames(clip: Clip, scale: int, start: float, window: Window) -> Tensor:
    """(T, 3, H, W) in 0..1: `window` of the frame at `scale` times 768x320."""
    drawn = draw(clip, FRAMES, SIZE[0] * scale, SIZE[1] * scale, start, window)
    pictures = np.stack([frame.picture for frame in drawn])
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()).float() / 255


def _psnr(pictures: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each clip (B,), in dB."""
    return -10 * torch.log10((pictures.detach().clamp(0, 1) - target).square().mean(dim=(1, 2, 3, 4)))


def bicubic(frames: Tensor) -> Tensor:
    """Frames (B, T, 3, h, w) at four times their size, the plain way."""
    large = F.interpolate(frames.flatten(0, 1), scale_factor=SCALE, mode="bicubic", align_corners=False)
    return large.clamp(0, 1).unflatten(0, frames.shape[:2])


def finished_autoencoder(folder: Path) -> Rebuilder | None:
    """The autoencoder among finished weights, if it is there."""
    try:
        return Rebuilder(load_autoencoder(folder))
    except FileNotFoundError:
        return None


@torch.no_grad()
def judge(job: UpscalerJob, model: Upscaler, seed: int) -> tuple[dict[str, float], list[list[Picture]]]:
    """Held-out PSNR of `model` and of bicubic enlargement, by kind of input, and rows bicubic | ours | drawn."""
    scores: dict[str, list[float]] = {}
    rows = []
    for index in range(data.HELD, data.HELD + HELD_ITEMS):
        one = {key: value[None].to(device()) for key, value in item(index, seed, job.rebuilder is not None).items()}
        inputs = job.inputs(one, torch.Generator(device()).manual_seed(index))
        sides = bicubic(inputs), model(inputs).pictures.float(), one["target"]
        kind = "rebuilt" if bool(one["rebuilt"]) else "degraded"
        for name, side in (("bicubic", sides[0]), ("psnr", sides[1])):
            scores.setdefault(f"{name}_{kind}", []).append(float(_psnr(side, one["target"])[0]))
        rows.append([_picture(side[0, FRAMES // 2]) for side in sides])
    return {key: round(sum(values) / len(values), 2) for key, values in scores.items()}, rows


def _picture(frame: Tensor) -> Picture:
    return (frame.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def main(arguments: list[str]) -> None:
    """Train, measure on held-out clips, write `upscaler.safetensors`, `upscaler.json` and a sheet `upscaled.png`."""
    request = parse("upscaler", SCHEDULE, arguments)
    seed = request.schedule.seed
    torch.manual_seed(seed)
    config = UpscalerConfig()
    rebuilder = finished_autoencoder(request.weights)
    if rebuilder is None:
        print("upscaler: no finished autoencoder, made-up degradations only", flush=True)
    job = UpscalerJob(config, seed, rebuilder)
    trainer = train(job, request)
    model = laid_out(Upscaler(config)).to(trainer.device)
    model.load_state_dict({**job.model.state_dict(), **trainer.average})
    scores, rows = judge(job, model.eval(), seed)
    told = {"config": config, "rebuilt": rebuilder is not None, **scores, **facts(trainer, request)}
    weights.save(request.weights, "upscaler", model.state_dict(), told)
    preview.save(preview.sheet(rows[:8]), request.out / "upscaled.png")
    print("upscaler: held-out " + ", ".join(f"{key} {value} dB" for key, value in scores.items()), flush=True)
