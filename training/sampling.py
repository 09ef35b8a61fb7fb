"""Sampling in torch, for the stages to look at what they have learned. The app samples in `runtime/shot`."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import torch
from torch import Tensor, nn

from runtime.shot.schedule import Schedule, points
from training.finished import load_autoencoder, load_denoiser, text_models
from training.loop import device, laid_out
from training.models.text_encoder import TextEncoder
from training.noise import STEADY, unit_noise
from training.pixels import to_picture
from training.text.tokenizer import Tokenizer
from training.world import preview
from training.world.compose import HEIGHT, WIDTH, Picture
from training.world.domains import DOMAINS

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Noisy latents, time (B,) in 0..1, context (B, N, D) -> noise - x_0."""

UNGUIDED: Final = 0.3
"""The flow time below which guidance no longer decides anything, and is spared (Kynkäänniemi et al., 2024)."""
IDEAS: Final = (
    "a red car on a coast road", "an airplane above the clouds at sunset", "a sailing boat on a stormy sea",
    "a rocket leaving the moon", "a whale under water", "a hot-air balloon over a desert",
    "a train crossing snow mountains", "a robot in a city at night",
    "a white horse and a black dog running across a meadow", "a race between a yellow car and an airplane",
)
"""The ten films by which the starter is judged."""


STEPS: Final = 4
SHIFT: Final = 3.0
"""How films are sampled: in so few steps, more of them at noisy latents."""
FOLDED: Final = 2.0
"""The scale of guidance that stages 1 and 2 fold in: films are sampled without any more."""


@torch.no_grad()
def contexts(encoder: TextEncoder, tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Token states (B, N, D)."""
    tokens, mask = tokenizer(texts)
    found: Tensor = encoder.context(torch.from_numpy(tokens).to(device()), torch.from_numpy(mask).to(device()))
    return found.float()


def times(steps: int, shift: float = 1.0) -> list[float]:
    """The app's own steps + 1 flow times from 1 to 0; `shift` > 1 spends more of them on noisy latents."""
    return [float(sigma) for sigma in points(Schedule(kind="flow", shift=shift), steps).sigma]


@torch.no_grad()
def guided(velocity: Velocity, x: Tensor, time: float, pair: tuple[Tensor, Tensor], scale: float) -> Tensor:
    """Classifier-free guidance, down to `UNGUIDED`; `pair` holds the contexts of the text and of no text (B, N, D)."""
    moment = torch.full((x.shape[0],), time, device=x.device)
    wanted = velocity(x, moment, pair[0]).float()
    if scale == 1.0 or time < UNGUIDED:
        return wanted
    free = velocity(x, moment, pair[1]).float()
    return free + scale * (wanted - free)


@torch.no_grad()
def integrate(velocity: Velocity, noise: Tensor, pair: tuple[Tensor, Tensor], knots: Sequence[float],
              scale: float = 1.0, order: Literal[1, 2] = 1) -> Iterator[Tensor]:
    """What becomes of `noise` at each of the knots: Euler's steps, or Adams and Bashforth's of second order.

    The second order costs no more evaluations. The last step is Euler's: there is little left to bend (as in
    DPM-Solver++ for few steps).
    """
    x, before = noise, None
    yield x
    for here, there in itertools.pairwise(knots):
        found = slope = guided(velocity, x, here, pair, scale)
        if order == 2 and before is not None and there != knots[-1]:
            slope = found + (found - before[1]) * (there - here) / (2 * (here - before[0]))
        before = here, found
        x = x + (there - here) * slope
        yield x


def last(states: Iterator[Tensor]) -> Tensor:
    """Where an integration ends."""
    *_, end = states
    return end


@dataclass(frozen=True)
class Take:
    """How a clip is sampled: whose norm, how many frames, the times of Euler's steps, the guidance scale."""

    domain: int
    frames: int
    knots: Sequence[float]
    guidance: float
    seed: int = 1


class Prompted:
    """Text to pictures with the networks of a weights folder."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self.encoder, self.tokenizer = text_models(folder)
        self.autoencoder = load_autoencoder(folder)
        ratio = self.autoencoder.config.ratio
        self._size = (self.autoencoder.config.latent_channels, size[1] // ratio, size[0] // ratio)

    def size_of(self, frames: int) -> tuple[int, int, int, int]:
        """(C, T, h, w) of a clip's latents."""
        return self._size[0], frames, self._size[1], self._size[2]

    def contexts(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Contexts of the texts and of no text, each (B, N, D)."""
        free = contexts(self.encoder, self.tokenizer, [""]).expand(len(texts), -1, -1)
        return contexts(self.encoder, self.tokenizer, texts), free

    def stills(self, unet: nn.Module, texts: Sequence[str], seed: int, scale: float = 3.0, steps: int = 16
               ) -> list[Picture]:
        """One picture a text from the text-to-image network."""
        generator = torch.Generator().manual_seed(seed)
        noise = unit_noise((len(texts), *self._size), generator).to(device())

        def velocity(x: Tensor, time: Tensor, context: Tensor) -> Tensor:
            with torch.autocast(x.device.type, torch.bfloat16):
                found: Tensor = unet(x, time * 1000, context).sample
            return found

        states = integrate(velocity, noise, self.contexts(texts), times(steps, SHIFT), scale, order=2)
        return self.pictures(last(states))

    def velocity(self, denoiser: nn.Module, domain: int) -> Velocity:
        """A denoiser with one domain's norm as a velocity; latents (B, C, T, h, w)."""

        def velocity(x: Tensor, time: Tensor, context: Tensor) -> Tensor:
            with torch.autocast(x.device.type, torch.bfloat16):
                found: Tensor = denoiser(x, time * 1000, context, torch.full((len(x),), domain, device=x.device))
            return found

        return velocity

    def film(self, denoiser: nn.Module, text: str, take: Take) -> list[Picture]:
        """The frames of one clip."""
        generator = torch.Generator().manual_seed(take.seed)
        noise = unit_noise((1, *self.size_of(take.frames)), generator, STEADY).to(device())
        velocity = self.velocity(denoiser, take.domain)
        states = integrate(velocity, noise, self.contexts([text]), take.knots, take.guidance)
        return self.pictures(last(states)[0].transpose(0, 1))

    @torch.no_grad()
    def pictures(self, latents: Tensor) -> list[Picture]:
        """Latents (B, C, h, w) to pictures."""
        found = []
        for part in latents.split(8):
            with torch.autocast(part.device.type, torch.bfloat16):
                found += [to_picture(picture) for picture in self.autoencoder.decode(part)]
        return found


def film_sheet(folder: Path, stages: tuple[str, ...], out: Path, frames: int) -> None:
    """Draw `IDEAS` with both domains' norms: `clean.png` and `watermarked.png`, four frames a row, in Euler's steps as
    the app takes them.
    """
    denoiser = laid_out(load_denoiser(folder, stages, temporal=frames > 1)[0].eval())
    prompted = Prompted(folder, (WIDTH, HEIGHT))
    for name, number in DOMAINS.items():
        take = Take(number, frames, times(STEPS, SHIFT), 1.0)
        rows = [prompted.film(denoiser, idea, take)[:: max(1, frames // 4)] for idea in IDEAS]
        preview.save(preview.sheet([[p[::2, ::2] for p in row] for row in rows], IDEAS), out / f"{name}.png")
