"""What happens when a measured process fails, dies or is given up."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.bench.energy import Rapl
from runtime.bench.memory import process_tree
from runtime.bench.processes import make_film, measure
from runtime.bench.request import BenchRequest, check_request
from runtime.bench.run import bench
from runtime.bench.talk import Talk
from runtime.bench.watch import Watch
from runtime.bundle import write_manifest
from runtime.errors import BackendError, BundleError, MovieFactoryError, UsageError
from tests.tiny_films import film_bundle
from tests.tiny_graphs import TinySizes, decoder, denoiser, tiny_manifest


@pytest.fixture
def watch() -> Iterator[Watch]:
    with closing(Watch(Rapl(), None)) as watch:
        yield watch


def python(code: str) -> tuple[str, ...]:
    """A measured process that does something else."""
    return (sys.executable, "-c", code)


def test_a_process_that_dies_says_why(watch: Watch, bundle: Path) -> None:
    request = BenchRequest(models=(bundle,), backend="cpu")
    with pytest.raises(BackendError, match="ended with code 3: no more memory"):
        measure("step", request, watch, python("import sys; print('no more memory', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(BackendError, match="code 0: it said nothing"):
        measure("step", request, watch, python("print('{}'); print('noise of a library')"))


def test_a_processes_error_comes_through(watch: Watch, bundle: Path) -> None:
    error = {"error": {"code": "bundle", "expected": "this", "got": "that came", "fix": "do so"}}
    with pytest.raises(BundleError, match="expected this, but that came; do so"):
        measure("step", BenchRequest(models=(bundle,)), watch, python(f"print({json.dumps(json.dumps(error))})"))


def test_a_damaged_graph_is_the_childs_error(watch: Watch, tmp_path: Path) -> None:
    folder = film_bundle(tmp_path / "tiny").folder
    graph = folder / "denoiser.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(BundleError, match="truncated"):
        measure("cold", BenchRequest(scope="step", models=(folder,), backend="cpu"), watch)
    with pytest.raises(BundleError, match="truncated"):
        make_film(BenchRequest(models=(folder,), backend="cpu", scenes=1), tmp_path / "movie.mp4", tmp_path, watch)


def test_a_benchmark_that_is_given_up_leaves_no_process(bundle: Path) -> None:
    before = set(process_tree(os.getpid()))
    work = bench(BenchRequest(scope="step", models=(bundle,), backend="cpu", processes=2))
    next(work)
    next(work)
    work.close()
    deadline = time.monotonic() + 30
    while set(process_tree(os.getpid())) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(process_tree(os.getpid())) <= before


def test_a_child_whose_watcher_is_gone_stops(tmp_path: Path) -> None:
    with (tmp_path / "asked").open("w+") as asked, (tmp_path / "told").open("w+") as told:
        talk = Talk(asked, told)
        with pytest.raises(SystemExit), talk.window("step"):
            raise AssertionError("nothing may be measured")
        told.seek(0)
        assert told.read() == '{"begin": "step"}\n'


def test_a_step_needs_a_denoiser_only(watch: Watch, tmp_path: Path) -> None:
    sizes = TinySizes(batch="batch")
    denoiser(tmp_path / "denoiser.onnx", sizes)
    manifest = tiny_manifest(sizes)
    manifest["roles"] = {"denoiser": {**manifest["roles"]["denoiser"], "guidance": 3.0}}
    request = BenchRequest(scope="step", models=(write_manifest(tmp_path, manifest).folder,), backend="openvino",
                           repeat=3, warmup=0)
    assert set(check_request(request).bundles) == {"denoiser"}
    found = measure("step", request, watch)
    [row] = found.rows
    assert len(row.values) == 3
    # Guidance evaluates twice: for the text and for the text of nothing.
    assert row.flops == 2 * (2 * (2 * 16 * 2 * 3) * (2 * 9) + 2 * 2 * 4 + 2 * 2 * 1)
    assert row.cost is not None
    assert [peak.engine[-6:] for peak in found.peaks] in (["(bf16)", " (f32)"], [" (f32)"])


def test_a_bundle_without_a_denoiser_is_no_step(tmp_path: Path) -> None:
    decoder(tmp_path / "decoder.onnx")
    manifest = tiny_manifest()
    manifest["roles"] = {"decoder": manifest["roles"]["decoder"]}
    folder = write_manifest(tmp_path, manifest).folder
    with pytest.raises(BundleError, match="fills only decoder"):
        check_request(BenchRequest(scope="step", models=(folder,), backend="cpu"))


@pytest.mark.parametrize(("wrong", "error", "words"), [
    ({"repeat": 0}, UsageError, "--repeat to be 1 or more"), ({"warmup": -1}, UsageError, "--warmup to be 0 or more"),
    ({"processes": 0}, UsageError, "--processes"), ({"scenes": 0}, UsageError, "--scenes"),
    ({"steps": 0}, UsageError, "--steps"), ({"scope": "world"}, UsageError, "a scope: step, stage, scene, film"),
    ({"backend": "metal"}, BackendError, "'metal' was asked for"), ({"size": (7, 7)}, UsageError, "a size this model")])
def test_what_cannot_be_measured_is_refused_first(wrong: dict[str, object], error: type[MovieFactoryError], words: str,
                                                  bundle: Path) -> None:
    asked: dict[str, object] = {"models": (bundle,), "backend": "cpu", **wrong}
    with pytest.raises(error, match=words):
        check_request(BenchRequest(**asked))  # type: ignore[arg-type]


def test_requests_cross_to_the_measured_process_whole(bundle: Path) -> None:
    request = BenchRequest(scope="film", models=(bundle,), backend="cpu", size=(48, 32), steps=2, repeat=7)
    assert BenchRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    assert BenchRequest.from_dict(json.loads(json.dumps(BenchRequest().to_dict()))) == BenchRequest()
