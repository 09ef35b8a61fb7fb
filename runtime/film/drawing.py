"""A line-up in the terms of `shot`: what its networks read, are told and are asked for."""

import dataclasses
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

from runtime.backends import Engine
from runtime.bundle import LAYOUT, Denoiser, Engines, LineUp
from runtime.events import Step
from runtime.shot.decode import Normalisation
from runtime.shot.denoise import DenoiseRequest, Estimate, Latents, denoise
from runtime.shot.guidance import Condition, Latent, Shallow, laid_out
from runtime.shot.solvers import SolverTable
from runtime.shot.stepper import denoise_stepwise
from runtime.shot.text import open_tokenizer
from runtime.shot.upscale import PARTS, UpscalerGraphs

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def tokenizer(line_up: LineUp) -> "Tokenizer":
    """What the text encoder reads with; its file is compared with its digest. Raises BundleError."""
    return open_tokenizer(line_up.bundle("text_encoder").check(line_up.text_encoder.tokenizer))


def condition(denoiser: Denoiser, context: Latent, null: Latent | None = None, domain: str | None = None) -> Condition:
    """The text's `context`, that of no text where the denoiser is guided, and a domain, by default the denoiser's."""
    return Condition(context=context, domain=denoiser.domains[domain or denoiser.default_domain], null_context=null,
                     scale=denoiser.guidance)


def denoise_request(denoiser: Denoiser, table: SolverTable, seed: int, told: Condition) -> DenoiseRequest:
    """One scene of the denoiser's whole length."""
    return DenoiseRequest(shape=denoiser.latent_shape, table=table, seed=seed, condition=told,
                          shared_noise=denoiser.shared_noise)


def drawn(request: DenoiseRequest, denoiser: Denoiser, engines: Engines
          ) -> Generator[Step | Estimate | Latents, None, None]:
    """Denoise, on a GPU with the step graph, if the denoiser has one. Raises as `Engines.get` does."""
    return drawn_by(request, denoiser, {part: engines.get("denoiser", part) for part in denoiser.parts(engines.on_gpu)})


def drawn_by(request: DenoiseRequest, denoiser: Denoiser, graphs: Mapping[str, Engine]
             ) -> Generator[Step | Estimate | Latents, None, None]:
    """`drawn` with engines that are open: those of `denoiser.parts`, in their order."""
    (part, whole), *others = graphs.items()
    if LAYOUT in graphs:
        told = request.condition
        told = dataclasses.replace(told, sketch=laid_out(graphs[LAYOUT], told.context))
        request = dataclasses.replace(request, condition=told)
    shallow = [Shallow(engine, denoiser.refresh) for other, engine in others if other != LAYOUT]
    return (denoise_stepwise if part == "step" else denoise)(request, whole, *shallow)


def normalisation(denoiser: Denoiser) -> Normalisation:
    """How the decoder's latents are made of the denoiser's."""
    return Normalisation(denoiser.latent.mean, denoiser.latent.std)


def upscaler_graphs(engines: Engines) -> UpscalerGraphs:
    """The upscaler's engines, opened if they are not. Raises as `Engines.get` does."""
    return UpscalerGraphs(*(engines.get("upscaler", part) for part in PARTS))
