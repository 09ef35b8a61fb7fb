"""Real graphs in every backend, against the ONNX reference implementation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.reference
import pytest

from runtime.backends import Array, Engine, TensorSpec, open_engine
from runtime.errors import BackendError
from tests import tiny_graphs
from tests.tiny_graphs import FLOAT, INT64, GraphBuilder, TinySizes

BACKENDS = ("cpu", "openvino")
BUILDERS = [tiny_graphs.text_encoder, tiny_graphs.denoiser, tiny_graphs.decoder, tiny_graphs.clean, tiny_graphs.flow,
            tiny_graphs.backward, tiny_graphs.forward]


def feeds_for(inputs: tuple[TensorSpec, ...], seed: int = 0, batch: int = 2) -> dict[str, Array]:
    """Random feeds; integers are small enough to be indices of the tiny graphs."""
    draw = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    for spec in inputs:
        shape = tuple(batch if isinstance(size, str) else size for size in spec.shape)
        feeds[spec.name] = (draw.integers(0, 2, shape).astype(spec.dtype) if "int" in spec.dtype else
                            draw.standard_normal(shape).astype(spec.dtype))
    if "mask" in feeds:
        feeds["mask"][:, 0] = 1
        feeds["tokens"] = draw.integers(0, 257, feeds["tokens"].shape)
    return feeds


def reference(path: Path, feeds: dict[str, Array]) -> dict[str, Array]:
    model = onnx.load(path)
    names = [output.name for output in model.graph.output]
    return dict(zip(names, onnx.reference.ReferenceEvaluator(model).run(names, feeds), strict=True))


def close(got: dict[str, Array], want: dict[str, Array], tolerance: float) -> None:
    assert got.keys() == want.keys()
    for name, array in want.items():
        assert got[name].dtype == array.dtype
        unit = 255 if array.dtype == np.uint8 else 1
        np.testing.assert_allclose(got[name].astype(float), array.astype(float), rtol=tolerance,
                                   atol=tolerance * unit, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("build", BUILDERS)
def test_tiny_graphs_match_the_reference(build: Callable[[Path, TinySizes], Path], backend: str,
                                         tmp_path: Path) -> None:
    path = build(tmp_path / "graph.onnx", TinySizes(frames=3, uint8=True))
    with open_engine(path, backend, 1, exact=True) as engine:
        for seed in (1, 2):
            feeds = feeds_for(engine.inputs, seed)
            close(engine.run(feeds), reference(path, feeds), 1e-2 if "picture" in reference(path, feeds) else 1e-5)
    with open_engine(path, backend, 1) as engine:  # bfloat16 where the processor has it: 8 bits of mantissa
        for name, want in reference(path, feeds).items():
            wrong = engine.run(feeds)[name].astype(float) - want
            assert np.sqrt(np.mean(wrong**2) / np.mean(want.astype(float)**2)) < 2e-2, name


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_input_matters(backend: str, tmp_path: Path) -> None:
    for build in BUILDERS:
        with open_engine(build(tmp_path / f"{build.__name__}.onnx", TinySizes(frames=3)), backend, 1,
                         exact=True) as engine:
            feeds = feeds_for(engine.inputs, 1)
            before = engine.run(feeds)
            for name, array in feeds.items():
                changed = {**feeds, name: 1 - array if "int" in str(array.dtype) and name != "tokens" else
                           (array + 1) % 257 if name == "tokens" else array + 0.3}
                if name == "mask":
                    changed[name][:, 0] = 1
                after = engine.run(changed)
                assert any(not np.allclose(before[key], after[key], atol=1e-4) for key in before), (build, name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_free_axes_take_any_size_and_change_it(backend: str, tmp_path: Path) -> None:
    path = tiny_graphs.text_encoder(tmp_path / "graph.onnx", TinySizes(batch="batch"))
    with open_engine(path, backend, 1, exact=True) as engine:
        assert engine.inputs[0] == TensorSpec("tokens", "int64", ("batch", 8))
        for batch in (1, 3, 3, 1):
            feeds = feeds_for(engine.inputs, batch, batch)
            close(engine.run(feeds), reference(path, feeds), 1e-5)
        feeds["mask"] = np.ones((2, 8), np.int64)
        with pytest.raises(BackendError, match=r"'mask' to be int64 \(batch, 8\) with batch = 1, but int64 \(2, 8\)"):
            engine.run(feeds)


@pytest.mark.parametrize("backend", BACKENDS)
def test_outputs_whose_size_only_the_graph_knows(backend: str, tmp_path: Path) -> None:
    g = GraphBuilder(0)
    g.output("y", g.add("NonZero", g.input("x", FLOAT, 6)), INT64, 1, "found")
    with open_engine(g.save(tmp_path / "graph.onnx"), backend, 1) as engine:
        first = engine.run({"x": np.array([0, 1, 0, 2, 3, 0], np.float32)})["y"]
        second = engine.run({"x": np.array([1, 0, 0, 0, 0, 0], np.float32)})["y"]
        assert (first.tolist(), second.tolist()) == ([[1, 3, 4]], [[0]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_are_the_callers(backend: str, tmp_path: Path) -> None:
    path = tiny_graphs.decoder(tmp_path / "graph.onnx")
    with open_engine(path, backend, 1, exact=True) as engine:
        feeds = [feeds_for(engine.inputs, seed) for seed in (1, 2, 3)]
        first = engine.run(feeds[0])["picture"]
        kept, mine = first.copy(), np.zeros_like(first)
        assert engine.run(feeds[1], {"picture": mine})["picture"] is mine
        written = mine.copy()
        engine.run(feeds[2])
        np.testing.assert_array_equal(first, kept)
        np.testing.assert_array_equal(mine, written)
        close({"picture": mine}, reference(path, feeds[1]), 1e-5)
    np.testing.assert_array_equal(first, kept)


class Lender:
    """Memory of another library, lent by DLPack only."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()


@pytest.mark.parametrize("backend", BACKENDS)
def test_feeds_may_be_lent_frozen_or_strided(backend: str, tmp_path: Path) -> None:
    with open_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), backend, 1) as engine:
        frame = feeds_for(engine.inputs)["frame"]
        want = engine.run({"frame": frame})["cleaned"]
        frozen, strided = frame.copy(), np.repeat(frame, 2, axis=3)[..., ::2]
        frozen.flags.writeable = False
        for other in (Lender(frame.copy()), frozen, strided, np.asfortranarray(frame)):
            np.testing.assert_array_equal(engine.run({"frame": other})["cleaned"], want)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_held_serves_any_number_of_runs(backend: str, tmp_path: Path) -> None:
    with open_engine(tiny_graphs.forward(tmp_path / "graph.onnx"), backend, 1, exact=True) as engine:
        feeds = feeds_for(engine.inputs)
        held = engine.hold({name: feeds[name] for name in ("frame", "flow")})
        assert held.keys() == {"frame", "flow"}
        for seed in (1, 2):
            other = feeds_for(engine.inputs, seed)
            close(engine.run(other | held), engine.run(other | {name: feeds[name] for name in held}), 0)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(tiny_graphs.denoiser(tmp_path / "graph.onnx", TinySizes(frames=3)), "cpu", 1)


def test_feeds_that_do_not_fit_are_refused(engine: Engine) -> None:
    good = feeds_for(engine.inputs)
    cases: list[tuple[dict[str, Any], str]] = [
        ({name: good[name] for name in good if name != "time"}, "context, domain, latents, time, but time did not"),
        ({**good, "sigma": good["time"]}, "but sigma came too"),
        ({**good, "time": good["time"].astype(np.float64)}, r"'time' to be float32 \(1\), but float64 \(1,\) came"),
        ({**good, "time": good["time"].astype(">f4")}, r"'time' to be float32 \(1\), but >f4 \(1,\) came"),
        ({**good, "time": good["time"].reshape(())}, r"'time' to be float32 \(1\), but float32 \(\) came"),
        ({**good, "latents": good["latents"][:, :, 1:]}, r"\(1, 2, 3, 2, 3\), but float32 \(1, 2, 2, 2, 3\) came"),
        ({**good, "time": [0.5]}, "numpy array or to lend its memory by DLPack, but list does not")]
    for feeds, message in cases:
        with pytest.raises(BackendError, match=message):
            engine.run(feeds)


def test_outputs_that_do_not_fit_are_refused(engine: Engine) -> None:
    feeds, shape = feeds_for(engine.inputs), (1, 2, 3, 2, 3)
    frozen = np.empty(shape, np.float32)
    frozen.flags.writeable = False
    cases: list[tuple[dict[str, Array], str]] = [
        ({"noise": np.empty(shape, np.float32)}, "outputs prediction, but noise was asked for"),
        ({"prediction": np.empty(shape, np.float16)}, "but float16"),
        ({"prediction": np.empty((1, 2, 3, 2, 4), np.float32)}, r"but float32 \(1, 2, 3, 2, 4\) came"),
        ({"prediction": np.empty(shape, np.float32, order="F")}, "C-contiguous"), ({"prediction": frozen}, "writable")]
    for out, message in cases:
        with pytest.raises(BackendError, match=message):
            engine.run(feeds, out)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_fails_says_why(backend: str, tmp_path: Path) -> None:
    g = GraphBuilder(0)
    left, right = g.input("left", FLOAT, 1, "n"), g.input("right", FLOAT, "m", 1)  # nothing says that n must be m
    g.output("y", g.add("MatMul", left, right), FLOAT, 1, 1)
    with open_engine(g.save(tmp_path / "graph.onnx"), backend, 1) as engine:
        good = {"left": np.ones((1, 3), np.float32), "right": np.ones((3, 1), np.float32)}
        assert engine.run(good)["y"] == 3
        with pytest.raises(BackendError, match=r"to run the graph, but it failed: .+; try another") as caught:
            engine.run({**good, "left": np.ones((1, 4), np.float32)})
        assert "\n" not in str(caught.value)
        assert engine.run(good)["y"] == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_closed_engines_refuse_to_run(backend: str, tmp_path: Path) -> None:
    with open_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), backend, 1) as engine:
        feeds = feeds_for(engine.inputs)
    engine.close()
    with pytest.raises(BackendError, match="this one was closed"):
        engine.run(feeds)


def test_weights_in_another_file_are_found_and_missed(tmp_path: Path) -> None:
    path = tiny_graphs.denoiser(tmp_path / "a.onnx", TinySizes(frames=3))
    big = tmp_path / "b.onnx"
    onnx.save(onnx.load(path), big, save_as_external_data=True, location="b.data", size_threshold=150)
    for backend in BACKENDS:
        with open_engine(big, backend, 1, exact=True) as engine:
            feeds = feeds_for(engine.inputs)
            close(engine.run(feeds), reference(path, feeds), 1e-5)
    (tmp_path / "b.data").unlink()
    for backend in BACKENDS:
        with pytest.raises(BackendError, match="it failed"):
            open_engine(big, backend, 1)


def test_openvino_keeps_compiled_graphs_and_survives_damage(tmp_path: Path) -> None:
    path, cache = tiny_graphs.decoder(tmp_path / "graph.onnx"), tmp_path / "cache"
    for damage in (False, True, False):
        with open_engine(path, "openvino", 1, exact=True, cache=cache) as engine:
            feeds = feeds_for(engine.inputs)
            close(engine.run(feeds), reference(path, feeds), 1e-5)
        (blob,) = cache.glob("*.blob")
        if damage:
            blob.write_bytes(blob.read_bytes()[:100])


def test_unaligned_memory_is_fine(tmp_path: Path) -> None:
    for backend in BACKENDS:
        with open_engine(tiny_graphs.clean(tmp_path / "graph.onnx"), backend, 1, exact=True) as engine:
            frame = feeds_for(engine.inputs)["frame"]
            raw = bytearray(frame.nbytes + 4)
            odd = np.frombuffer(raw, np.float32, frame.size, offset=4).reshape(frame.shape)
            odd[:] = frame
            np.testing.assert_allclose(engine.run({"frame": odd})["cleaned"], engine.run({"frame": frame})["cleaned"])
