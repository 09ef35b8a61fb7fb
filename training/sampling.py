"""Sampling in torch, for the stages to look at what they have learned. The app samples in `runtime/shot`."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.loop import device
from training.text.model import TextEncoder, load_text_encoder
from training.text.tokenizer import Tokenizer
from training.world.compose import Picture

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Noisy latents, time (B,) in 0..1, context (B, N, D) -> noise - x_0."""


def text_models(folder: Path) -> tuple[TextEncoder, Tokenizer]:
    """The finished text encoder, frozen, on the training device, and its tokenizer."""
    encoder = load_text_encoder(folder).requires_grad_(False).to(device())
    return encoder, Tokenizer(folder / "tokenizer.json")


@torch.no_grad()
def contexts(encoder: TextEncoder, tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Token states (B, N, D)."""
    tokens, mask = tokenizer(texts)
    found: Tensor = encoder.context(torch.from_numpy(tokens).to(device()), torch.from_numpy(mask).to(device()))
    return found.float()


def times(steps: int, shift: float = 1.0) -> list[float]:
    """steps + 1 flow times from 1 to 0; `shift` > 1 spends more of them on noisy latents."""
    even = [1 - k / steps for k in range(steps + 1)]
    return [shift * t / (1 + (shift - 1) * t) for t in even]


@torch.no_grad()
def guided(velocity: Velocity, x: Tensor, time: float, contexts_: tuple[Tensor, Tensor], scale: float) -> Tensor:
    """Classifier-free guidance; `contexts_` are that of the text and that of no text, each (B, N, D)."""
    moment = torch.full((x.shape[0],), time, device=x.device)
    wanted = velocity(x, moment, contexts_[0]).float()
    if scale == 1.0:
        return wanted
    free = velocity(x, moment, contexts_[1]).float()
    return free + scale * (wanted - free)


@torch.no_grad()
def euler(velocity: Velocity, noise: Tensor, contexts_: tuple[Tensor, Tensor], knots: Sequence[float],
          scale: float = 1.0) -> Tensor:
    """Integrate from knots[0] to knots[-1]."""
    x = noise
    for here, there in itertools.pairwise(knots):
        x = x + (there - here) * guided(velocity, x, here, contexts_, scale)
    return x


class Prompted:
    """Text to pictures with the networks of a weights folder."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        from training.stages.stage0 import load_autoencoder

        self.encoder, self.tokenizer = text_models(folder)
        self.autoencoder, facts = load_autoencoder(folder)
        ratio = self.autoencoder.config.ratio
        self._size = (self.autoencoder.config.latent_channels, size[1] // ratio, size[0] // ratio)
        self._mean, self._std = (torch.tensor(facts[key], device=device())[:, None, None] for key in ("mean", "std"))

    def stills(self, unet: nn.Module, texts: Sequence[str], seed: int, scale: float = 3.0, steps: int = 20
               ) -> list[Picture]:
        """One picture a text."""
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn((len(texts), *self._size), generator=generator).to(device())
        pair = (contexts(self.encoder, self.tokenizer, texts),
                contexts(self.encoder, self.tokenizer, [""]).expand(len(texts), -1, -1))

        def velocity(x: Tensor, time: Tensor, context: Tensor) -> Tensor:
            with torch.autocast(x.device.type, torch.bfloat16):
                found: Tensor = unet(x, time * 1000, context).sample
            return found

        return self.pictures(euler(velocity, noise, pair, times(steps), scale))

    @torch.no_grad()
    def pictures(self, latents: Tensor) -> list[Picture]:
        """Normalised latents (B, C, h, w) to pictures."""
        from training.stages.vae import to_picture

        found = []
        for part in (latents * self._std + self._mean).split(8):
            with torch.autocast(part.device.type, torch.bfloat16):
                found += [to_picture(picture) for picture in self.autoencoder.decode(part)]
        return found
