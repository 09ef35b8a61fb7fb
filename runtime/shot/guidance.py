"""Guidance wraps the denoiser: outside, it is one function of latent and time, whatever it asks of the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Array, Engine
from runtime.shot.controls import SKETCH, fitted

Latent = npt.NDArray[np.float32]
Predict = Callable[[Latent, float], Latent]

DEEP: Final = "deep"
"""What a denoiser's inner levels give to the outermost, where its graph says so."""
PAIR: Final = 2
"""Clips of a graph that is made for guidance: one with the text of nothing, one with the text."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What the denoiser is told beside the latent: `context` (1, N, D) the text, `domain` which look to draw in.

    A denoiser with controls (see `controls`) may be given (1, T, N, D), a text for each frame. `sketch` (1, S, T, h, w)
    is the text's layout as `laid_out` draws it, for a denoiser that takes one; the text of nothing has none.

    `scale` other than 1 steers away from `null_context` (1, N, D), the text of nothing, and costs a second evaluation.
    """

    context: Latent
    domain: int
    null_context: Latent | None = None
    scale: float = 1.0
    sketch: Latent | None = None


@dataclass(frozen=True)
class Shallow:
    """The denoiser's outermost level as a graph of its own, for all but every `refresh`-th step."""

    engine: Engine
    refresh: int


def laid_out(layout: Engine, context: Latent) -> Latent:
    """The sketch (1, S, T, h, w) of a clip's layout, which the engine `layout` plans from the text's context (1, N, D),
    or (1, T, N, D). Once for all steps: it hangs on the text alone."""
    sketch: Latent = layout.run(fitted({"context": context}, layout))[SKETCH]
    return sketch


def guided(denoiser: Engine, condition: Condition, shallow: Shallow | None = None) -> Predict:
    """The denoiser as a function of latent (1, C, T, h, w) and time, giving its prediction of the latent's shape.

    Classifier-free guidance (Ho and Salimans 2022, equation 6, written as null + scale (text - null)). A graph made for
    a pair of clips does both evaluations in one run, in twice the memory. With `shallow`, calls must come in the order
    of the steps: what the inner levels gave in one serves the next ones (Ma et al., 2024, DeepCache).
    """
    scale, null = np.float32(condition.scale), condition.null_context
    text: dict[str, Array] = {"context": condition.context}
    if condition.sketch is not None:
        text[SKETCH] = condition.sketch
    pair = any(spec.name == "latents" and spec.shape[0] == PAIR for spec in denoiser.inputs)
    if scale == 1.0 and not pair:
        evaluate = _evaluation(denoiser, condition.domain, shallow)
        return lambda latent, time: evaluate(latent, time, text)
    if null is None and scale != 1.0:
        raise ValueError("guidance needs a null context")
    nothing = text if null is None else {name: np.zeros_like(value) for name, value in text.items()} | {"context": null}
    both = {name: np.concatenate([nothing[name], text[name]]) for name in text}
    # Apart, each has deep features of its own.
    first, second = (_evaluation(denoiser, condition.domain, shallow) for _ in range(2))

    def predict(latent: Latent, time: float) -> Latent:
        if pair:
            away, towards = np.split(first(np.repeat(latent, PAIR, axis=0), time, both), PAIR)
        else:
            away, towards = first(latent, time, nothing), second(latent, time, text)
        return away + scale * (towards - away)

    return predict


def _evaluation(denoiser: Engine, domain: int, shallow: Shallow | None
                ) -> Callable[[Latent, float, Mapping[str, Array]], Latent]:
    """Latent, time and what is said of the clip to the prediction; the whole denoiser, or in between its outermost
    level."""
    calls = 0
    deep: Array | None = None

    def evaluate(latent: Latent, time: float, told: Mapping[str, Array]) -> Latent:
        nonlocal calls, deep
        batch = len(latent)
        feeds: dict[str, Array] = {"latents": latent, "time": np.full(batch, time, np.float32),
                                   "domain": np.full(batch, domain, np.int64), **told}
        if shallow is None:
            made = denoiser.run(fitted(feeds, denoiser))
        elif deep is None or calls % shallow.refresh == 0:
            made = denoiser.run(fitted(feeds, denoiser), keep=[DEEP])
            deep = made[DEEP]
        else:
            made = shallow.engine.run(fitted({**feeds, DEEP: deep}, shallow.engine))
        calls += 1
        prediction: Latent = made["prediction"].astype(np.float32, copy=False)
        return prediction

    return evaluate
