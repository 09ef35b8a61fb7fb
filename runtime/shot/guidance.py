"""Guidance wraps the denoiser: outside, it is one function of latent and time, whatever it asks of the network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Array, Engine
from runtime.shot.controls import fitted

Latent = npt.NDArray[np.float32]
Predict = Callable[[Latent, float], Latent]

PAIR: Final = 2
"""Clips of a graph that is made for guidance: one with the text of nothing, one with the text."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What the denoiser is told beside the latent: `context` (1, N, D) the text, `domain` which look to draw in.

    A denoiser with controls (see `controls`) may be given (1, T, N, D), a text for each frame.

    `scale` other than 1 steers away from `null_context` (1, N, D), the text of nothing, and costs a second evaluation.
    """

    context: Latent
    domain: int
    null_context: Latent | None = None
    scale: float = 1.0


def guided(denoiser: Engine, condition: Condition) -> Predict:
    """The denoiser as a function of latent (1, C, T, h, w) and time, giving its prediction of the latent's shape.

    Classifier-free guidance (Ho and Salimans 2022, equation 6, written as null + scale (text - null)). A graph made for
    a pair of clips does both evaluations in one run, in twice the memory.
    """
    scale, null = np.float32(condition.scale), condition.null_context
    pair = any(spec.name == "latents" and spec.shape[0] == PAIR for spec in denoiser.inputs)
    if pair and null is None:
        null = condition.context
    if scale == 1.0 and not pair:
        return lambda latent, time: _evaluate(denoiser, latent, time, condition.context, condition.domain)
    if null is None:
        raise ValueError("guidance needs a null context")

    def predict(latent: Latent, time: float) -> Latent:
        if pair:
            both, twice = np.concatenate([null, condition.context]), np.repeat(latent, PAIR, axis=0)
            away, towards = np.split(_evaluate(denoiser, twice, time, both, condition.domain), PAIR)
        else:
            away = _evaluate(denoiser, latent, time, null, condition.domain)
            towards = _evaluate(denoiser, latent, time, condition.context, condition.domain)
        return away + scale * (towards - away)

    return predict


def _evaluate(denoiser: Engine, latent: Latent, time: float, context: Latent, domain: int) -> Latent:
    batch = len(latent)
    feeds: dict[str, Array] = {"latents": latent, "time": np.full(batch, time, np.float32), "context": context,
                               "domain": np.full(batch, domain, np.int64)}
    prediction: Latent = denoiser.run(fitted(feeds, denoiser))["prediction"].astype(np.float32, copy=False)
    return prediction
