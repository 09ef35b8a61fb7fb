"""The TensorRT adapter, without a GPU: its engines are really built, and run on a driver that is the host's memory.

What stands in for TensorRT's runtime computes the same graph with ONNX Runtime, reading and writing the addresses it
is given. What it cannot show: that a real one takes the calls. `tests/runtime/backends/test_engine_cache.py` has the
real builds.
"""

import ctypes
import dataclasses
import gc
import io
import json
import shutil
import subprocess
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.step import add_step
from runtime.backends import Engine, cuda_driver, open_engine, prepare_engine, probe, tensorrt_engine, tensorrt_library
from runtime.backends.cuda_driver import DeviceArray, Gpu
from runtime.backends.engine_cache import prune
from runtime.backends.onnx_file import read_interface
from runtime.backends.peak import measure_peak
from runtime.bench.cold import measure_build
from runtime.bench.request import BenchRequest
from runtime.bench.talk import Talk
from runtime.bench.warm import measure_scene, measure_step
from runtime.bench.work import open_work
from runtime.bundle import Engines, LineUp, open_bundle
from runtime.errors import BackendError, OutOfMemory
from runtime.events import FilmDone, Notice
from runtime.film import FilmRequest, make
from runtime.film.decisions import Settings
from runtime.film.drawing import condition, denoise_request, drawn
from runtime.film.setup import set_up
from runtime.generators import finish
from runtime.shot.denoise import Latents
from runtime.shot.noise import noise
from runtime.shot.upscale import PARTS, UpscalerGraphs, upscale
from tests import tiny_films, tiny_graphs
from tests.tiny_films import film_bundle
from tests.tiny_graphs import TinySizes

real = pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")
SOURCE = Path(__file__).with_name("host_cuda.c")
MIB = 2**20
ACTIVATIONS = 8 * MIB
"""What every execution context takes of the GPU."""


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A CUDA driver whose GPU is the host."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to make a driver with")
    path = tmp_path_factory.mktemp("driver") / "libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, SOURCE], check=True)
    return ctypes.CDLL(str(path))


@pytest.fixture
def gpu(driver: Any, monkeypatch: pytest.MonkeyPatch) -> Gpu:
    driver.host_devices(1)
    driver.host_begins(0)
    for told in (driver.host_used, driver.host_peak, driver.host_allocations, driver.host_uploads):
        told.restype = ctypes.c_size_t
    driver.host_total.argtypes = [ctypes.c_size_t]
    driver.host_total(1024 * MIB)
    found = Gpu(driver)
    monkeypatch.setattr(cuda_driver, "gpu", lambda: found)
    return found


class HostKernels:
    """What TensorRT-RTX calls a runtime cache: here the number of times something was compiled."""

    compiled = 0
    refuses = False

    def __init__(self) -> None:
        self.found = b""

    def deserialize(self, blob: bytes) -> bool:
        self.found = b"" if self.refuses else blob
        return not self.refuses

    def serialize(self) -> memoryview:
        return memoryview(self.found)


class HostConfig:
    """What TensorRT-RTX calls a runtime configuration."""

    def __init__(self) -> None:
        self.kernels: HostKernels | None = None

    def create_runtime_cache(self) -> HostKernels:
        return HostKernels()

    def set_runtime_cache(self, kernels: HostKernels) -> bool:
        self.kernels = kernels
        return True


class HostContext:
    """What TensorRT calls an execution context, for one graph."""

    def __init__(self, graph: Path, gpu: Gpu, config: HostConfig) -> None:
        import onnxruntime

        self._config = config
        self._memory = DeviceArray(gpu, "uint8", (ACTIVATIONS,))
        self._session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
        self._stream, self._places = gpu.stream, dict[str, int]()
        self.names = [node.name for node in (*self._session.get_inputs(), *self._session.get_outputs())]

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._places[name] = address
        return address != 0

    def execute_async_v3(self, stream: int) -> bool:
        feeds = {node.name: self._at(node) for node in self._session.get_inputs()}
        for node, value in zip(self._session.get_outputs(), self._session.run(None, feeds), strict=True):
            self._at(node)[...] = value
        if self._config.kernels is not None and not self._config.kernels.found:
            HostKernels.compiled += 1
            self._config.kernels.found = b"kernels %d" % HostKernels.compiled
        return stream == self._stream

    def _at(self, node: Any) -> Any:
        kind = np.dtype({"tensor(float)": "f4", "tensor(float16)": "f2", "tensor(int64)": "i8",
                         "tensor(uint8)": "u1"}[node.type])
        shape = [1 if isinstance(size, str) else size for size in node.shape]
        count = int(np.prod(shape))
        raw: Any = (ctypes.c_byte * (count * kind.itemsize)).from_address(self._places[node.name])
        return np.frombuffer(raw, kind).reshape(shape)


class HostCudaEngine:
    """What TensorRT calls an engine: it holds its weights, which are all of its plan."""

    device_memory_size_v2 = ACTIVATIONS

    def __init__(self, graph: Path, plan: bytes, gpu: Gpu) -> None:
        self._weights = DeviceArray(gpu, "uint8", (len(plan),))
        self._graph, self._gpu = graph, gpu
        interface = read_interface(graph)
        self._specs = {spec.name: spec for spec in (*interface.inputs, *interface.outputs)}
        self.num_io_tensors = len(self._specs)

    def get_tensor_name(self, index: int) -> str:
        return list(self._specs)[index]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(1 if isinstance(size, str) else size for size in self._specs[name].shape)

    def get_tensor_dtype(self, name: str) -> Any:
        return {"float32": real.DataType.FLOAT, "float16": real.DataType.HALF, "int64": real.DataType.INT64,
                "uint8": real.DataType.UINT8}[self._specs[name].dtype]

    def create_runtime_config(self) -> HostConfig:
        return HostConfig()

    def create_execution_context(self, config: HostConfig) -> HostContext:
        return HostContext(self._graph, self._gpu, config)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where built engines are kept: the tests share their graphs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def library(gpu: Gpu, built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[bytes, Path]]:
    """TensorRT-RTX with a runtime of ours: the dictionary it is lent says which graph an engine is of."""
    graphs: dict[bytes, Path] = {}
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(built))

    class Runtime:
        def __init__(self, log: Any) -> None:
            self._log = log

        def deserialize_cuda_engine(self, plan: bytes) -> HostCudaEngine | None:
            if not plan.startswith(b"vtrt") or plan not in graphs:
                self._log.log(real.ILogger.Severity.ERROR, "IRuntime::deserializeCudaEngine: Error Code 1: "
                                                           "Serialization (magic number does not match)")
                return None
            try:
                return HostCudaEngine(graphs[plan], plan, gpu)
            except OutOfMemory:  # as TensorRT has it, in NVIDIA/TensorRT issue 4258
                self._log.log(real.ILogger.Severity.ERROR, "[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda "
                                                           "Runtime (out of memory)")
                return None

    ours = types.SimpleNamespace(Runtime=Runtime, ILogger=real.ILogger, nptype=real.nptype)
    monkeypatch.setattr(tensorrt_library, "load", lambda _: ours)
    prepare = tensorrt_engine.prepare

    def noted(graph: Path, *more: Any, **named: Any) -> Any:
        plan = yield from prepare(graph, *more, **named)
        graphs[plan.read_bytes()] = graph
        return plan

    monkeypatch.setattr(tensorrt_engine, "prepare", noted)
    yield graphs
    gc.collect()


def opened(path: Path) -> tuple[Engine, Engine]:
    """A graph on the GPU and on the CPU."""
    return open_engine(path, "tensorrt_rtx"), open_engine(path, "cpu")


def test_the_driver_copies_there_and_back_and_gives_memory_back(gpu: Gpu, driver: Any) -> None:
    assert (gpu.name, gpu.capability, gpu.cuda) == ("Host RTX", "8.9", "13.1")
    gc.collect()
    assert gpu.described() == "Host RTX (sm 8.9), 1.1 GB of memory, 1.1 free; driver for CUDA 13.1"
    before = driver.host_used()
    array = DeviceArray(gpu, "float32", (3, 5)).fill(np.arange(15, dtype=np.float32).reshape(3, 5))
    assert driver.host_used() == before + 60
    assert np.array_equal(array.host(), np.arange(15).reshape(3, 5))
    driver.cuCtxSetCurrent(None)
    del array
    gc.collect()
    assert driver.host_used() == before
    assert driver.host_current(), "memory is given back on any thread"


def test_too_little_memory_says_how_much_there_is(gpu: Gpu) -> None:
    with pytest.raises(OutOfMemory, match=r"expected 2,048 MiB of memory on Host RTX, but 1,0\d\d of 1,024 MiB"):
        DeviceArray(gpu, "float32", (1 << 29,))


def test_no_gpu_is_one_line(driver: Any, gpu: Gpu) -> None:
    driver.host_devices(0)
    with pytest.raises(BackendError, match="expected an NVIDIA GPU, but the driver shows none; look at CUDA_VISIBLE"):
        Gpu(driver)
    driver.host_begins(100)  # what a real one says where CUDA_VISIBLE_DEVICES hides all
    with pytest.raises(BackendError, match="expected an NVIDIA GPU, but the driver shows none; look at CUDA_VISIBLE"):
        Gpu(driver)


def test_a_card_is_named_before_it_is_used(gpu: Gpu, driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_driver", lambda: driver)
    driver.cuCtxSetCurrent(None)
    assert cuda_driver.card() == "Host RTX"
    assert not driver.host_current()


@pytest.mark.parametrize(("about", "said"), [
    ({"capability": "6.1"}, r"expected an NVIDIA GPU of the RTX 20 generation or newer for TensorRT-RTX, but Host RTX "
                            r"is older \(sm 6.1\); choose --backend cuda"),
    ({"cuda": "12.8"}, r"expected a driver for CUDA 13, as the installed TensorRT-RTX needs, or a newer one, but this "
                       r"one is for CUDA 12.8; install a newer NVIDIA driver, or `pip install tensorrt-rtx-cu12`")])
def test_what_is_too_old_is_said_before_anything_is_built(about: dict[str, str], said: str, gpu: Gpu, tmp_path: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in about.items():
        monkeypatch.setattr(gpu, name, value)
    with pytest.raises(BackendError, match=said):
        list(prepare_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), "tensorrt_rtx", tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_whoever_asks_what_runs_is_not_stopped_by_what_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise AttributeError("module 'tensorrt_rtx' has no attribute 'Runtime'")

    monkeypatch.setattr(tensorrt_library, "load", broken)
    report = next(report for report in probe() if report.name == "tensorrt_rtx")
    assert str(report.why_not).startswith("it failed: module 'tensorrt_rtx' has no attribute 'Runtime'")


def test_no_driver_is_said_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_LIBRARY", "libcuda.so.of-nobody")
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(tmp_path / "cache"))
    cuda_driver.gpu.cache_clear()
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    with pytest.raises(BackendError, match=r"an NVIDIA GPU and its driver, but the driver's library .+ is not on this"):
        list(prepare_engine(graph, "tensorrt_rtx"))
    assert not (tmp_path / "cache").exists()
    report = next(report for report in probe() if report.name == "tensorrt_rtx")
    assert report.why_not is not None
    assert "`moviefactory models build` works without a GPU" in report.why_not


def test_it_computes_what_the_cpu_does(library: dict[bytes, Path], tmp_path: Path) -> None:
    on_gpu, on_cpu = opened(tiny_graphs.clean(tmp_path / "graph.onnx"))
    feeds = {spec.name: np.random.default_rng(0).random([int(size) for size in spec.shape], np.float32)
             for spec in on_cpu.inputs}
    with on_gpu, on_cpu:
        assert on_gpu.device.startswith("TensorRT-RTX 1.")
        assert on_gpu.device.endswith("on Host RTX (sm 8.9)")
        expected = on_cpu.run(feeds)
        for _ in range(2):
            found = on_gpu.run(feeds)
            assert all(np.array_equal(found[name], value) for name, value in expected.items())
        out = {name: np.zeros_like(value) for name, value in expected.items()}
        found = on_gpu.run(feeds, out)
        assert all(found[name] is out[name] and np.array_equal(out[name], value) for name, value in expected.items())
    with pytest.raises(BackendError, match="this one was closed"):
        on_gpu.run(feeds)


def test_an_engine_that_does_not_load_is_built_again(library: dict[bytes, Path], tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    graph, cache = tiny_graphs.clean(tmp_path / "graph.onnx"), tmp_path / "cache"
    open_engine(graph, "tensorrt_rtx", cache=cache).close()
    plan, = cache.glob("*.plan")
    whole = plan.read_bytes()
    plan.write_bytes(bytes(4) + whole[4:])
    plan.with_suffix(".8.9.jit").write_bytes(b"kernels of the old one")
    open_engine(graph, "tensorrt_rtx", cache=cache).close()
    assert plan.read_bytes() == whole
    assert not plan.with_suffix(".8.9.jit").exists()
    library.clear()
    # Which tells nobody whose engine it is.
    monkeypatch.setattr(tensorrt_engine, "prepare", lambda graph, library, cache, exact: tensorrt_engine.build_ahead(
        graph, library, (), cache, exact=exact))
    with pytest.raises(BackendError, match=r"expected .+\.plan to load on Host RTX \(sm 8.9\), but it failed: .*magic "
                                           "number does not match"):
        open_engine(graph, "tensorrt_rtx", cache=cache)


def test_the_reason_is_that_of_the_last_failure(library: dict[bytes, Path], driver: Any, tmp_path: Path) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    tensorrt_library.listener("tensorrt_rtx").log(real.ILogger.Severity.ERROR, "some cache was not taken")
    assert tensorrt_library.listener("tensorrt_rtx") is tensorrt_library.listener("tensorrt_rtx")
    driver.host_total(driver.host_used() + ACTIVATIONS // 2)
    with pytest.raises(OutOfMemory):
        open_engine(graph, "tensorrt_rtx")


@pytest.mark.parametrize(("method", "found", "said"), [
    ("get_tensor_shape", (1, 3, 64, 96), r"float32 \(1, 3, 64, 96\)"),
    ("get_tensor_dtype", real.DataType.HALF, r"float16 \(1, 3, 32, 48\)")])
def test_an_engine_of_other_sizes_is_refused(method: str, found: Any, said: str, library: dict[bytes, Path],
                                             tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostCudaEngine, method, lambda *_: found)
    with pytest.raises(BackendError, match=rf"an engine whose 'frame' is float32 \(1, 3, 32, 48\), but it is {said}"):
        open_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), "tensorrt_rtx")


def test_an_exact_graph_has_an_engine_of_its_own(gpu: Gpu, tmp_path: Path) -> None:
    graph, cache = tiny_graphs.clean(tmp_path / "graph.onnx"), tmp_path / "cache"
    rounded = finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache))
    exact = finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache, exact=True))
    assert exact != rounded
    assert exact.read_bytes() != rounded.read_bytes()
    assert finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache, exact=True)) == exact


def test_a_film_uses_the_engine_that_was_built_for_its_card(gpu: Gpu, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    graph, cache = tiny_graphs.clean(tmp_path / "graph.onnx"), tmp_path / "cache"
    default = finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache))
    others = finish(tensorrt_engine.build_ahead(graph, "tensorrt_rtx", ("sm120",), cache))
    assert finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache)) == default
    own = finish(tensorrt_engine.build_ahead(graph, "tensorrt_rtx", ("sm89",), cache))
    assert finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache)) == own
    assert len({default, others, own}) == 3
    # The default leaves Turing out.
    monkeypatch.setattr(gpu, "capability", "7.5")
    turing = finish(tensorrt_engine.prepare(graph, "tensorrt_rtx", cache))
    assert turing not in {default, others, own}
    assert turing == finish(tensorrt_engine.build_ahead(graph, "tensorrt_rtx", ("sm75",), cache))


def test_tensorrt_builds_for_the_card_in_the_machine(gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    monkeypatch.setattr(tensorrt_library, "version", lambda _: "10.13")
    first = tensorrt_engine.build_request(graph, "tensorrt")
    assert first.card == "Host RTX (sm 8.9), driver for CUDA 13.1"
    monkeypatch.setattr(gpu, "capability", "12.0")
    assert tensorrt_engine.build_request(graph, "tensorrt") != first
    assert tensorrt_engine.build_request(graph, "tensorrt_rtx").card == ""


def test_what_was_compiled_is_kept_beside_the_engine(library: dict[bytes, Path], tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    cache = tmp_path / "cache"
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(cache))
    feeds = {spec.name: np.ones([int(size) for size in spec.shape], np.float32)
             for spec in read_interface(graph).inputs}

    def compiled() -> int:
        before = HostKernels.compiled
        with open_engine(graph, "tensorrt_rtx") as engine:
            engine.run(feeds)
            engine.run(feeds)
        return HostKernels.compiled - before

    assert [compiled(), compiled()] == [1, 0]
    plan, = (cache / "engines").glob("*.plan")
    kept = plan.with_suffix(".8.9.jit")
    first = kept.read_bytes()
    assert first
    monkeypatch.setattr(HostKernels, "refuses", True)  # a newer driver, another version, a damaged file
    assert compiled() == 1
    assert kept.read_bytes() != first
    monkeypatch.setattr(HostKernels, "refuses", False)
    kept.unlink()
    kept.mkdir()  # cannot be written
    assert compiled() == 1
    kept.rmdir()
    assert compiled() == 1
    assert {path.name for path in kept.parent.iterdir()} == {plan.name, kept.name, plan.with_suffix(".lock").name}
    prune(kept.parent, plan.stat().st_size)
    assert not plan.exists()
    assert not kept.exists()


def test_the_real_library_has_what_keeping_compiled_kernels_takes() -> None:
    for owner, name in ((real.ICudaEngine, "create_runtime_config"), (real.IRuntimeConfig, "create_runtime_cache"),
                        (real.IRuntimeConfig, "set_runtime_cache"), (real.IRuntimeCache, "deserialize"),
                        (real.IRuntimeCache, "serialize")):
        assert callable(getattr(owner, name))
    assert "runtime_config" in real.ICudaEngine.create_execution_context.__doc__


@pytest.mark.parametrize("backend", ["tensorrt_rtx", "cpu"])
def test_what_is_kept_feeds_the_next_graph(backend: str, library: dict[bytes, Path], tmp_path: Path) -> None:
    folder = tiny_graphs.tiny_bundle(tmp_path / "bundle").folder
    frames = [np.random.default_rng(k).integers(0, 256, (32, 48, 3), np.uint8) for k in range(3)]
    made = []
    for name in (backend, "openvino"):
        with Engines(LineUp.of(open_bundle(folder)), name) as engines:
            graphs = UpscalerGraphs(*(engines.get("upscaler", part)
                                      for part in PARTS))
            kept = graphs.clean.run({"frame": np.zeros((1, 3, 32, 48), np.float32)}, keep=["cleaned"])["cleaned"]
            assert isinstance(kept, np.ndarray) == (name == "openvino")
            made.append([item for item in upscale(frames, graphs) if isinstance(item, np.ndarray)])
    del kept
    gc.collect()  # what was kept may outlive its engine
    for ours, theirs in zip(*made, strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 2  # OpenVINO computes in bfloat16 where it can


def test_a_step_graph_draws_what_the_cpu_draws(library: dict[bytes, Path], tmp_path: Path) -> None:
    bundle, _ = add_step(film_bundle(tmp_path / "bundle", TinySizes(tokens=8), guidance=3.0), "fp32")
    setup = set_up(Settings(), LineUp.of(bundle))
    told = condition(setup.line_up.denoiser, noise(1, (1, 8, 4)), noise(2, (1, 8, 4)))
    made = []
    for backend in ("tensorrt_rtx", "cpu"):
        with Engines(setup.line_up, backend) as engines:
            denoiser = setup.line_up.denoiser
            *_, done = drawn(denoise_request(denoiser, setup.table, 7, told), denoiser, engines)
            assert isinstance(done, Latents)
            made.append(done.array)
    assert len(library) == 1, "the denoiser alone needs no engine"
    np.testing.assert_allclose(made[0], made[1], rtol=1e-4, atol=1e-5)


def test_a_benchmark_opens_alone_what_does_not_fit_beside_the_others(library: dict[bytes, Path], driver: Any,
                                                                     tmp_path: Path) -> None:
    folder = film_bundle(tmp_path / "bundle").folder
    request = BenchRequest(models=(folder,), backend="tensorrt_rtx", repeat=1, warmup=0)
    roles = ("text_encoder", "denoiser", "decoder", "upscaler")
    talk = Talk(io.StringIO("\n" * 99), io.StringIO())
    driver.host_peak()
    with (work := open_work(request, talk)).engines:
        assert all(map(work.opened, roles))
        assert not work.engines.sparing
    driver.host_total(driver.host_peak() - MIB)
    with (work := open_work(request, talk)).engines:
        assert all(map(work.opened, roles))
        assert work.engines.sparing
        scene, = measure_scene(work)
    assert (scene.row.name, len(scene.row.values)) == ("scene", 1)


def test_the_peak_stays_on_the_gpu(library: dict[bytes, Path], driver: Any) -> None:
    peak = measure_peak("tensorrt_rtx", size=64, seconds=0.0)
    assert peak.engine.endswith("on Host RTX (sm 8.9)")
    assert peak.work == "2 matrix products of 64 x 64 x 64, float16 in and out"
    uploads = driver.host_uploads()
    measure_peak("tensorrt_rtx", size=64, seconds=0.2)
    assert driver.host_uploads() == uploads + 1


def test_a_benchmark_times_the_building_and_the_step_graph(library: dict[bytes, Path], tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(tmp_path / "cache"))
    bundle, _ = add_step(film_bundle(tmp_path / "bundle", TinySizes(tokens=8), guidance=3.0), "fp32")
    request = BenchRequest(scope="step", models=(bundle.folder,), backend="tensorrt_rtx", repeat=2, warmup=1)
    answers, told = io.StringIO("\n" * 9), io.StringIO()
    measure_build(request.to_dict(), Talk(answers, told))
    row, = json.loads(told.getvalue().splitlines()[-1])["rows"]
    assert (row["name"], row["parts"].keys()) == ("cold.build", {"denoiser"})
    assert row["engine"].startswith("TensorRT-RTX 1.")
    assert row["values"] == [sum(row["parts"].values())]
    work = open_work(request, Talk(answers, told))
    with work.engines:
        measured, = measure_step(work)
    use, = measured.uses
    assert (use.graph.name, use.runs) == ("denoiser_step.onnx", 2)
    assert measured.row.engine.endswith(" on Host RTX (sm 8.9)")
    assert [path.name for path in library.values()] == ["denoiser_step.onnx"], "films on a GPU need no other"


def test_what_steps_hand_on_lies_in_two_buffers_that_go_round(library: dict[bytes, Path], driver: Any,
                                                              tmp_path: Path) -> None:
    on_gpu, on_cpu = opened(tiny_graphs.clean(tmp_path / "graph.onnx"))
    before = driver.host_used()
    frame = np.random.default_rng(0).random([int(size) for size in on_cpu.inputs[0].shape], np.float32)
    ours: Any = frame
    theirs = frame
    taken = []
    for _ in range(5):
        ours = on_gpu.run({"frame": ours}, keep=["cleaned"])["cleaned"]
        theirs = on_cpu.run({"frame": theirs})["cleaned"]
        taken.append(driver.host_allocations())
    assert taken[0] < taken[1] == taken[-1]
    assert np.array_equal(ours.host(), theirs)
    others = [on_gpu.run({"frame": frame}, keep=["cleaned"])["cleaned"] for _ in range(4)]
    del others
    assert driver.host_used() - before == 3 * frame.nbytes, "one held, two spare, whatever was needed for a while"
    on_gpu.close()
    del on_gpu, ours
    gc.collect()
    assert driver.host_used() < before, "the engine's own buffers are given back as well"


def test_what_is_held_is_uploaded_once(library: dict[bytes, Path], driver: Any, tmp_path: Path) -> None:
    on_gpu, on_cpu = opened(tiny_graphs.forward(tmp_path / "graph.onnx"))
    draw = np.random.default_rng(0)
    feeds = {spec.name: draw.random([int(size) for size in spec.shape], np.float32) for spec in on_cpu.inputs}
    with on_gpu, on_cpu:
        held = on_gpu.hold({"frame": feeds["frame"], "backward": feeds["backward"]})
        before, want = driver.host_uploads(), on_cpu.run(feeds)
        for _ in range(3):
            found = on_gpu.run({**feeds, **on_gpu.hold(held)})
            assert all(np.array_equal(found[name], value) for name, value in want.items())
        assert driver.host_uploads() - before == 3 * (len(feeds) - len(held))
        with pytest.raises(BackendError, match=r"expected 'frame' to be float32 .+, but float64 .+ came"):
            on_gpu.hold({"frame": feeds["frame"].astype(float)})
        driver.host_total(driver.host_used())
        with pytest.raises(OutOfMemory):
            on_gpu.hold(feeds)
    with pytest.raises(BackendError, match="this one was closed"):
        on_gpu.hold(feeds)


def test_another_size_than_it_was_built_for_is_refused(library: dict[bytes, Path], tmp_path: Path) -> None:
    bundle = tiny_graphs.tiny_bundle(tmp_path / "bundle", TinySizes(batch="B"))
    with Engines(LineUp.of(bundle), "tensorrt_rtx") as engines:
        encoder = engines.get("text_encoder")
        feeds = {spec.name: np.ones((2, 8), np.int64) for spec in encoder.inputs}
        with pytest.raises(BackendError, match=r"expected '\w+' to be int64 \(1, 8\), but int64 \(2, 8\) came"):
            encoder.run(feeds)


def test_a_real_runtime_without_a_gpu_gives_its_own_reason(gpu: Gpu, tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(tmp_path / "cache"))
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    with pytest.raises(BackendError, match=r"\.plan to load on Host RTX \(sm 8\.9\), but it failed: \w+"):
        open_engine(graph, "tensorrt_rtx")


def test_what_an_engine_will_take_is_compared_with_what_is_free(library: dict[bytes, Path], driver: Any,
                                                                tmp_path: Path) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    before = driver.host_used()
    open_engine(graph, "tensorrt_rtx").close()
    assert driver.host_used() == before
    driver.host_total(before + 4 * MIB)
    with pytest.raises(OutOfMemory, match=r"^expected 8 MiB of memory on Host RTX, but \d of \d+ MiB are free; close"):
        open_engine(graph, "tensorrt_rtx")
    assert driver.host_used() == before, "what was taken before it failed is given back"


def test_the_librarys_own_word_on_memory_is_understood(library: dict[bytes, Path], driver: Any, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tiny_graphs.clean(tmp_path / "graph.onnx")
    driver.host_total(driver.host_used() + 16)
    monkeypatch.setattr(Gpu, "require", lambda *_: None)
    with pytest.raises(OutOfMemory, match=r"enough memory for .+\.plan to load on Host RTX .+, but it said: out of m"):
        open_engine(graph, "tensorrt_rtx")


@pytest.mark.parametrize("sparing", [False, True])
def test_sparingly_a_longer_clip_takes_no_more_of_the_gpu(sparing: bool, library: dict[bytes, Path], driver: Any,
                                                          tmp_path: Path) -> None:
    frames = [np.random.default_rng(k).integers(0, 256, (32, 48, 3), np.uint8) for k in range(9)]
    with Engines(LineUp.of(tiny_graphs.tiny_bundle(tmp_path / "bundle")), "tensorrt_rtx") as engines:
        graphs = UpscalerGraphs(*(engines.get("upscaler", part) for part in PARTS))
        peaks = []
        for count in (3, 9):
            driver.host_peak()
            list(upscale(frames[:count], graphs, sparing))
            peaks.append(driver.host_peak())
    assert (peaks[0] == peaks[1]) == sparing


def test_a_film_on_a_gpu_that_cannot_hold_all_its_models(library: dict[bytes, Path], driver: Any,
                                                         tmp_path: Path) -> None:
    bundle = tiny_films.film_bundle(tmp_path / "bundle", dataclasses.replace(tiny_films.SIZES, batch="B")).folder
    request = FilmRequest(idea=tiny_films.IDEA, out=tmp_path / "roomy.mp4", scenes=2, seed=5, models=(bundle,),
                          backend="tensorrt_rtx")
    before = driver.host_used()
    driver.host_peak()
    list(make(request))
    all_at_once = driver.host_peak()
    driver.host_total(all_at_once - 12 * MIB)
    events, left = [], []
    for event in make(dataclasses.replace(request, out=tmp_path / "sparing.mp4")):
        events.append(event)
        if isinstance(event, Notice) and event.code == "memory":
            left.append(driver.host_used() - before)
    assert left == [0], "the second try begins with an empty GPU"
    assert isinstance(events[-1], FilmDone)
    assert (tmp_path / "sparing.mp4").read_bytes() == (tmp_path / "roomy.mp4").read_bytes()
    driver.host_total(before + 5 * MIB)
    with pytest.raises(OutOfMemory, match=r"expected 8 MiB of memory on Host RTX, but .+ --backend auto, in the mach"):
        list(make(dataclasses.replace(request, out=tmp_path / "never.mp4")))
