"""Guidance wraps the denoiser: outside, it is one function of latent and time, whatever it asks of the network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Array, Engine
from runtime.shot.controls import fitted

Latent = npt.NDArray[np.float32]
Predict = Callable[[Latent, float], Latent]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What the denoiser is told beside the latent: `context` (1, N, D) the text, `domain` which look to draw in.

    A denoiser with controls (see `controls`) may be given (1, T, N, D), a text for each frame.

    `scale` other than 1 steers away from `null_context` (1, N, D), the text of nothing, and costs a second evaluation;
    `batched` does both in one run of the graph, which takes twice the memory and needs a graph with a free batch axis.
    """

    context: Latent
    domain: int
    null_context: Latent | None = None
    scale: float = 1.0
    batched: bool = False


def guided(denoiser: Engine, condition: Condition) -> Predict:
    """The denoiser as a function of latent (1, C, T, h, w) and time, giving its prediction of the latent's shape.

    Classifier-free guidance (Ho and Salimans 2022, equation 6, written as null + scale (text - null)).
    """
    scale, null = np.float32(condition.scale), condition.null_context
    if scale == 1.0:
        return lambda latent, time: _evaluate(denoiser, latent, time, condition.context, condition.domain)
    if null is None:
        raise ValueError("guidance needs a null context")

    def predict(latent: Latent, time: float) -> Latent:
        if condition.batched:
            both = np.concatenate([null, condition.context])
            away, towards = np.split(_evaluate(denoiser, np.repeat(latent, 2, axis=0), time, both, condition.domain), 2)
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
