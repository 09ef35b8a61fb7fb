"""TensorRT and TensorRT-RTX run a graph: one adapter, since their Python interfaces agree.

Buffers are allocated once for each input and output. What stays on the GPU between graphs (`keep`) gets a buffer of
its own, which goes round: a step's latents are written where those of the step before last were. Before the library
takes memory, what it will need is compared with what is free. Never run on hardware: written to the documentation,
tried against a driver and a library that compute in host memory.
"""

import dataclasses
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import numpy as np

from runtime.backends import cuda_driver, engine_cache, tensorrt_library
from runtime.backends.cuda_driver import DeviceArray, Gpu, Spares
from runtime.backends.engine import Array, CheckedEngine, Target, TensorSpec, failing, failure
from runtime.backends.jit_cache import JitCache
from runtime.backends.onnx_file import read_interface
from runtime.backends.tensorrt_build import BuildRequest, Phase
from runtime.backends.tensorrt_library import TITLES, Name
from runtime.errors import BackendError, OutOfMemory
from runtime.generators import finish

TURING: Final = "sm75"
"""GPUs (RTX 20) that TensorRT-RTX builds for only when they are named."""

OLDEST: Final = (7, 5)
"""The compute capability below which neither library runs."""

FREE_AXIS: Final = 1
"""The size engines are built for along axes that a graph leaves free: one text, one clip at a time."""


def build_request(graph: Path, library: Name, targets: tuple[str, ...] = (), *, exact: bool = False) -> BuildRequest:
    """What to build for `graph`. Raises BackendError when it is no graph, or TensorRT has no GPU to build for."""
    free = {size for spec in read_interface(graph).inputs for size in spec.shape if isinstance(size, str)}
    card = ""
    if library == "tensorrt":
        tensorrt_library.version(library)  # what is to be installed first is said first
        gpu = cuda_driver.gpu()
        card = f"{gpu.name} (sm {gpu.capability}), driver for CUDA {gpu.cuda}"
    return BuildRequest(graph=graph, library=library, axes=dict.fromkeys(free, FREE_AXIS), targets=targets, card=card,
                        exact=exact)


def build_ahead(graph: Path, library: Name, targets: tuple[str, ...] = (), cache: Path | None = None, *,
                exact: bool = False) -> Generator[Phase, None, Path]:
    """The engine's file, built first if there is none; yields the phases of that. Close it to stop.

    TensorRT-RTX needs no GPU for this; `targets` are GPU generations such as 'sm89' (none: all of its default);
    `exact` as in `choose.open_engine`. Raises BackendError and StorageError as `engine_cache.engine_for` does.
    """
    return (yield from engine_cache.engine_for(build_request(graph, library, targets, exact=exact),
                                               cache or engine_cache.cache_folder()))


def prepare(graph: Path, library: Name, cache: Path | None = None, *, exact: bool = False
            ) -> Generator[Phase, None, Path]:
    """`build_ahead` for the GPU in this machine. Raises BackendError, before anything is built, when there is none, or
    it or its driver is too old.

    An engine that was built for its very generation is preferred to the default of TensorRT-RTX, which leaves Turing
    out.
    """
    tensorrt_library.load(library)
    _check_card(cuda_driver.gpu(), library)
    generation = f"sm{cuda_driver.gpu().capability.replace('.', '')}"
    folder = cache or engine_cache.cache_folder()
    own = library == "tensorrt_rtx" and (
        generation == TURING or engine_cache.has(build_request(graph, library, (generation,), exact=exact), folder))
    return (yield from build_ahead(graph, library, (generation,) if own else (), folder, exact=exact))


def _check_card(gpu: Gpu, library: Name) -> None:
    """What both libraries would refuse only once everything has been built."""
    if tuple(map(int, gpu.capability.split("."))) < OLDEST:
        raise BackendError(f"an NVIDIA GPU of the RTX 20 generation or newer for {TITLES[library]}",
                           f"{gpu.name} is older (sm {gpu.capability})", "choose --backend cuda, or another")
    release = tensorrt_library.cuda_release(library)
    if release is not None and int(gpu.cuda.split(".")[0]) < release:
        raise BackendError(f"a driver for CUDA {release}, as the installed {TITLES[library]} needs, or a newer one",
                           f"this one is for CUDA {gpu.cuda}",
                           f"install a newer NVIDIA driver, or `pip install {library.replace('_', '-')}-cu12`")


class TensorRtEngine(CheckedEngine):
    """A graph on an NVIDIA GPU, built for one size along each of its axes."""

    own = DeviceArray

    def __init__(self, graph: Path, library: Name, cache: Path | None = None, *, exact: bool = False) -> None:
        """Open `graph`, whose engine is built, and kept in the folder `cache`, if it is not there yet. `exact` forbids
        rounding to TF32.

        Raises BackendError when the library, the driver or the GPU is missing or too old, or one of them refuses;
        OutOfMemory when the GPU has too little free.
        """
        module = tensorrt_library.load(library)
        self._gpu: Gpu = cuda_driver.gpu()
        self._log = tensorrt_library.listener(library)
        self._log.messages.clear()
        device = f"{TITLES[library]} {tensorrt_library.version(library)} on {self._gpu.name}"
        with failing(f"{device} to open {graph}", "choose another --backend"):
            self._gpu.enter()
            # The runtime must outlive its engine, which must outlive its context.
            self._runtime: Any = module.Runtime(self._log)
            built: list[Phase] = []
            plan = finish(prepare(graph, library, cache, exact=exact), built.append)
            try:
                self._engine: Any = self._loaded(plan)
            except BackendError as error:
                if built or isinstance(error, OutOfMemory):
                    raise
                # Damaged, or of another driver's time: nothing but building it again helps.
                engine_cache.forget(plan)
                self._log.messages.clear()
                plan = finish(prepare(graph, library, cache, exact=exact))
                self._engine = self._loaded(plan)
            # An input that nothing in the graph reads may have been left out.
            self._bound = {self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)}
            interface = read_interface(graph)
            inputs, outputs = (tuple(self._as_built(spec, module) for spec in specs)
                               for specs in (interface.inputs, interface.outputs))
            super().__init__(inputs, outputs, f"{device} (sm {self._gpu.capability})")
            self._buffers = {spec.name: self._buffer(spec) for spec in (*self.inputs, *self.outputs)}
            self._spares = {spec.name: Spares(self._gpu) for spec in self.outputs}
            # What lies between the graph's layers; where weights are streamed it would be more, but ours are not.
            self._gpu.require(self._engine.device_memory_size_v2)
            self._jit = JitCache.of(self._engine, plan, self._gpu.capability) if library == "tensorrt_rtx" else None
            self._context: Any = self._made(self._engine.create_execution_context(
                *([] if self._jit is None else [self._jit.config])), plan)
        self._ran = False

    def _loaded(self, plan: Path) -> Any:
        # A plan is nearly all weights, and they go to the GPU whole.
        self._gpu.require(plan.stat().st_size)
        return self._made(self._runtime.deserialize_cuda_engine(plan.read_bytes()), plan)

    def _as_built(self, spec: TensorSpec, module: Any) -> TensorSpec:
        """`spec` with the sizes that the engine has along free axes. Raises BackendError when it differs otherwise: the
        library would write beyond our buffers."""
        if spec.name not in self._bound:
            return dataclasses.replace(spec, shape=tuple(FREE_AXIS if isinstance(size, str) else size
                                                         for size in spec.shape))
        shape = tuple(int(size) for size in self._engine.get_tensor_shape(spec.name))
        dtype = np.dtype(module.nptype(self._engine.get_tensor_dtype(spec.name))).name
        if dtype != spec.dtype or len(shape) != len(spec.shape) or any(
                size < 0 or (isinstance(wanted, int) and size != wanted)
                for size, wanted in zip(shape, spec.shape, strict=True)):
            raise BackendError(f"an engine whose '{spec.name}' is {spec}", f"it is {dtype} {shape}",
                               "report this, and choose another --backend")
        return dataclasses.replace(spec, shape=shape)

    def _infer(self, feeds: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
        self._gpu.enter()
        self._log.messages.clear()
        bound = {name: feed if isinstance(feed, DeviceArray) else self._buffers[name].fill(feed)
                 for name, feed in feeds.items()}
        for spec in self.outputs:
            kept = isinstance(targets[spec.name], str)
            bound[spec.name] = self._buffer(spec, self._spares[spec.name]) if kept else self._buffers[spec.name]
        for name in self._bound:
            if not self._context.set_tensor_address(name, bound[name].address):
                raise RuntimeError(tensorrt_library.reason(self._log.messages))
        if not self._context.execute_async_v3(self._gpu.stream):
            raise RuntimeError(tensorrt_library.reason(self._log.messages))
        self._gpu.synchronise()
        if self._jit is not None and not self._ran:
            # Now rather than on closing: a film that is stopped has waited for these kernels too.
            self._jit.save()
        self._ran = True
        return {name: bound[name] if isinstance(target, str) else bound[name].host(target)
                for name, target in targets.items()}

    def _made(self, thing: Any, plan: Path) -> Any:
        if thing is None:
            raise failure(RuntimeError(tensorrt_library.reason(self._log.messages)),
                          f"{plan} to load on {self._gpu.name} (sm {self._gpu.capability})",
                          "choose another --backend")
        return thing

    def _buffer(self, spec: TensorSpec, spares: Spares | None = None) -> DeviceArray:
        return DeviceArray(self._gpu, spec.dtype, tuple(int(size) for size in spec.shape), spares)

    def _held(self, array: Array) -> DeviceArray:
        self._gpu.enter()
        return DeviceArray(self._gpu, array.dtype.name, array.shape).fill(array)

    def _free(self) -> None:
        self._context = self._jit = self._engine = self._runtime = None
        self._buffers = {}
        for spares in self._spares.values():
            spares.close()
