"""The text encoder and the decoder of published pipelines, as transformers and diffusers define them."""

from typing import Any

import numpy as np
from torch import Tensor, nn

from export.networks import LOUD, Frame, from_bytes, normal, specs, to_bytes
from export.spec import NetworkSpec, Tolerance


class TextGraph(nn.Module):
    """A CLIP text encoder as its pipeline uses it: padding is read like words, so the mask changes nothing."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """tokens, mask (1, N) int64 -> context (1, N, D): the last layer's states after the final norm."""
        return self.encoder(input_ids=tokens).last_hidden_state


def text_encoder(encoder: nn.Module, tokens: int, vocabulary: int) -> NetworkSpec:
    """tokens, mask (1, `tokens`) -> context. There is no embedding: CLIP's states are no space of sentences."""
    draw = np.random.default_rng(0)
    feeds = [{"tokens": draw.integers(0, vocabulary, (1, tokens)), "mask": np.ones((1, tokens), np.int64)}
             for _ in range(2)]
    return NetworkSpec(name="text_encoder", module=TextGraph(encoder), inputs=specs(feeds[0]), outputs=("context",),
                       feeds=tuple(feeds), tolerance=Tolerance())


class DecoderGraph(nn.Module):
    """The autoencoder's latents (1, C, h, w) to pictures (1, H, W, 3) uint8."""

    def __init__(self, autoencoder: nn.Module) -> None:
        super().__init__()
        self.autoencoder: Any = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        """`latents` as the autoencoder made them, before its scaling factor."""
        return to_bytes(self.autoencoder.decode(latents, return_dict=False)[0])


class EncoderGraph(nn.Module):
    """Pictures (1, H, W, 3) uint8 to the autoencoder's latents (1, C, h, w): the middle of what it finds likely."""

    def __init__(self, autoencoder: nn.Module) -> None:
        super().__init__()
        self.autoencoder: Any = autoencoder

    def forward(self, picture: Tensor) -> Tensor:
        """Latents before the autoencoder's scaling factor. Nothing is drawn by chance."""
        return self.autoencoder.encode(from_bytes(picture, self.autoencoder.dtype)).latent_dist.mode()


def decoder(autoencoder: Any, frame: Frame, ratio: int) -> NetworkSpec:
    """latents -> picture, one frame at a time. The second feed is loud: what overflows is a black frame, and no error
    when a film is made."""
    config, draw = autoencoder.config, np.random.default_rng(0)
    latents = normal(draw, 1, config.latent_channels, *frame.cells(ratio)) / np.float32(config.scaling_factor)
    feeds = ({"latents": latents}, {"latents": latents * np.float32(LOUD)})
    return NetworkSpec(name="decoder", module=DecoderGraph(autoencoder), inputs=specs(feeds[0]), outputs=("picture",),
                       feeds=feeds, tolerance=Tolerance())
