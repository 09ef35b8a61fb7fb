"""diffusers' network run by torch, in each of the ways that are compared."""

import copy
import time
from typing import Any, Final

import torch
from torch import nn
from torch._inductor import config as inductor

from benchmarks.side_by_side.networks import open_network
from benchmarks.side_by_side.task import Task, read_feeds
from runtime.backends import Array, TensorSpec, read_interface
from runtime.backends.engine import CheckedEngine, Target
from runtime.errors import BackendError

TRIES: Final = 2
"""Runs after the first by which the faster way of using bf16 is chosen; what is reported is measured later."""


class TorchEngine(CheckedEngine):
    """A network in torch behind the protocol of our own engines.

    `way` names precision and layout for people. Floating-point feeds are cast to `dtype`, but for the time, which
    bf16 cannot hold; with `autocast` torch chooses bf16 operation by operation. `frozen` says that a compiled module's
    weights are constants of its code.
    """

    def __init__(self, module: nn.Module, inputs: tuple[TensorSpec, ...], way: str, *,
                 dtype: torch.dtype = torch.float32, autocast: bool = False, frozen: bool = False) -> None:
        place = next(module.parameters()).device.type
        latents = next(spec for spec in inputs if spec.name == "latents")
        chip = f"CUDA, {torch.cuda.get_device_name()}" if place == "cuda" else place.upper()
        super().__init__(inputs, (TensorSpec("prediction", "float32", latents.shape),),
                         f"torch {torch.__version__} on {chip} ({way})")
        self.module, self.way = module, way
        self._place, self._dtype, self._autocast, self._frozen = place, dtype, autocast, frozen

    def compiled(self, *, frozen: bool = False) -> "TorchEngine":
        """The same weights through `torch.compile` in its default mode; its first run compiles."""
        module: Any = torch.compile(self.module, options={"freezing": True} if frozen else None)
        return TorchEngine(module, self.inputs, f"{self.way}, compiled{', frozen' if frozen else ''}",
                           dtype=self._dtype, autocast=self._autocast, frozen=frozen)

    def _infer(self, feeds: dict[str, Array], targets: dict[str, Target]) -> dict[str, Any]:
        given = [self._tensor(name, feed) for name, feed in feeds.items()]
        # The option alone keeps two ways of compiling apart, but freezes nothing: tracing looks at the global setting.
        with (torch.no_grad(), torch.autocast(self._place, torch.bfloat16, enabled=self._autocast),
              inductor.patch(freezing=self._frozen)):
            prediction = self.module(*given)
        torch.from_numpy(targets["prediction"]).copy_(prediction)  # waits for a GPU
        return dict(targets)

    def _tensor(self, name: str, feed: Array) -> torch.Tensor:
        tensor = torch.from_numpy(feed).to(self._place)
        return tensor.to(self._dtype) if tensor.is_floating_point() and name != "time" else tensor

    def _free(self) -> None:
        self.module = nn.Identity()


class TorchSide:
    """One network in memory, and the engines that share it as far as they can."""

    def __init__(self, task: Task, place: str) -> None:
        torch.set_num_threads(task.threads)
        model, _ = open_network(task)
        self._feeds = read_feeds(task)
        self._plain = TorchEngine(model.to(place), read_interface(task.graph).inputs, "fp32")
        self._kept: list[TorchEngine] = []
        self.tried: dict[str, float] = {}
        """Seconds of each way that was tried out, the one that was dropped too."""

    def open(self, way: str) -> TorchEngine:
        """The engine for 'eager', 'bf16', and after these 'compile' or 'frozen'. Raises BackendError when torch fails.
        """
        match way:
            case "eager":
                self._try(self._plain)
                return self._keep(self._plain)
            case "bf16":
                return self._keep(self._faster_bf16())
            case "compile":
                return self._fastest().compiled()
            case "frozen":  # constants folded and weights laid out for their kernels, as torch advises for CPUs
                return self._fastest().compiled(frozen=True)
        raise BackendError("eager, bf16, compile or frozen", f"'{way}' was asked for", "choose one of these")

    def _faster_bf16(self) -> TorchEngine:
        """Autocast or bf16 weights, whichever is faster here; memory holds one of them."""
        cast = self._autocast()
        self._try(cast)
        weights = TorchEngine(cast.module.to(torch.bfloat16), cast.inputs, "bf16 weights, channels last",
                              dtype=torch.bfloat16)
        self._try(weights)
        # What autocast ran with has become the weights in bf16 by now.
        return weights if self.tried[weights.way] <= self.tried[cast.way] else self._autocast()

    def _autocast(self) -> TorchEngine:
        module: Any = copy.deepcopy(self._plain.module)  # its type knows nothing of layouts
        return TorchEngine(module.to(memory_format=torch.channels_last), self._plain.inputs,
                           "bf16 autocast, channels last", autocast=True)

    def _fastest(self) -> TorchEngine:
        return min(self._kept, key=lambda engine: self.tried[engine.way])

    def _keep(self, engine: TorchEngine) -> TorchEngine:
        self._kept.append(engine)
        return engine

    def _try(self, engine: TorchEngine) -> None:
        spent = []
        for _ in range(1 + TRIES):
            start = time.perf_counter()
            engine.run(self._feeds)
            spent.append(time.perf_counter() - start)
        self.tried[engine.way] = min(spent[1:])
