"""Engines of TensorRT-RTX: really built, kept, found again, and never half there."""

import importlib.metadata
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from runtime.backends import engine_cache, tensorrt_child, tensorrt_library
from runtime.backends.engine_cache import cache_folder, engine_for, engine_key, prune
from runtime.backends.tensorrt_build import BuildRequest, Phase, build
from runtime.errors import BackendError, StorageError

pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")


def graph(path: Path, scale: float = 1.0, op: str = "Relu", domain: str = "", external: bool = False) -> Path:
    """x (B, 3, 8, 8) -> convolution -> `op`."""
    kernel = numpy_helper.from_array(np.full((4, 3, 3, 3), scale, np.float32), "kernel")
    nodes = [helper.make_node("Conv", ["x", "kernel"], ["y"], pads=[1, 1, 1, 1]),
             helper.make_node(op, ["y"], ["z"], domain=domain)]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", channels, 8, 8])
              for name, channels in (("x", 3), ("z", 4))]
    model = helper.make_model(helper.make_graph(nodes, "g", shapes[:1], shapes[1:], [kernel]),
                              opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    onnx.save_model(model, path, save_as_external_data=external, location=f"{path.name}.data", size_threshold=0)
    return path


def request(path: Path, **more: object) -> BuildRequest:
    return BuildRequest(**{"graph": path, "library": "tensorrt_rtx", "axes": {"B": 1}, **more})  # type: ignore[arg-type]


def built(asked: BuildRequest, folder: Path) -> tuple[Path, list[Phase]]:
    phases, work = [], engine_for(asked, folder)
    while True:
        try:
            phases.append(next(work))
        except StopIteration as end:
            return end.value, phases


def names(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()} if folder.exists() else set()


def test_an_engine_is_built_once_and_then_found(tmp_path: Path) -> None:
    asked = request(graph(tmp_path / "g.onnx"))
    plan, phases = built(asked, tmp_path / "cache")
    assert plan.stat().st_size > 10_000
    assert phases[0].name == "reading the graph"
    assert phases[-1].name == "writing the engine"
    assert len({phase.name for phase in phases}) > 2, "the library's own phases are told"
    assert names(tmp_path / "cache") == {".plan", ".lock"}
    first = plan.read_bytes()
    again, phases = built(asked, tmp_path / "cache")
    assert (again, phases) == (plan, [])
    plan.unlink()
    built(asked, tmp_path / "cache")
    assert plan.read_bytes() == first, "the same request gives the same engine"


def test_the_name_holds_everything_the_engine_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = graph(tmp_path / "g.onnx", external=True)
    keys = [engine_key(request(path)), engine_key(request(path, axes={"B": 2})),
            engine_key(request(path, targets=("sm89",))), engine_key(request(path, card="Host RTX (sm 8.9)")),
            engine_key(request(path, exact=True))]
    assert engine_key(request(path, axes={"B": 1, "N": 7})) == keys[0], "axes the graph does not have do not count"
    data = path.with_name("g.onnx.data")
    data.write_bytes(data.read_bytes()[::-1])
    keys.append(engine_key(request(path)))
    monkeypatch.setattr(engine_cache, "version", lambda _: "9.9")
    keys.append(engine_key(request(path)))
    assert len(set(keys)) == len(keys)


def test_an_engine_for_chosen_cards(tmp_path: Path) -> None:
    path = graph(tmp_path / "g.onnx")
    one, _ = built(request(path, targets=("sm89",)), tmp_path / "cache")
    default, _ = built(request(path), tmp_path / "cache")
    assert one != default
    with pytest.raises(BackendError, match=r"sm90 is no target; there are .*sm89"):
        built(request(path, targets=("sm90",)), tmp_path / "cache")


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda path: request(path, axes={}), "the free axis B of x was given no size"),
    (lambda path: request(graph(path, op="FusedGelu", domain="com.microsoft")), "operator FusedGelu"),
    (lambda path: request(path.with_name("none.onnx")), "cannot be read"),
])
def test_what_cannot_be_built_says_why_and_leaves_nothing(spoil: object, said: str, tmp_path: Path) -> None:
    asked = spoil(graph(tmp_path / "g.onnx"))  # type: ignore[operator]
    with pytest.raises(BackendError, match=said) as caught:
        built(asked, tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert ".plan" not in names(tmp_path / "cache")
    assert ".new" not in names(tmp_path / "cache")


def test_missing_weights_are_an_error(tmp_path: Path) -> None:
    path = graph(tmp_path / "g.onnx", external=True)
    path.with_name("g.onnx.data").unlink()
    with pytest.raises(BackendError, match=r"the weights .*g.onnx.data of g.onnx, but they cannot be read: No such"):
        built(request(path), tmp_path / "cache")


def test_what_a_killed_process_was_writing_goes(tmp_path: Path) -> None:
    asked, cache = request(graph(tmp_path / "g.onnx")), tmp_path / "cache"
    cache.mkdir()
    mine, others = cache / f".{engine_key(asked)}.plan.77.new", [cache / ".a.plan.78.new", cache / ".b.plan.79.new"]
    for draft in (mine, *others):
        draft.write_bytes(b"half")
    os.utime(others[0], (time.time() - 100_000, time.time() - 100_000))
    built(asked, cache)
    assert [draft.exists() for draft in (mine, *others)] == [False, False, True]


def test_damaged_weights_are_an_error(tmp_path: Path) -> None:
    path = graph(tmp_path / "g.onnx", external=True)
    path.with_name("g.onnx.data").write_bytes(b"short")
    with pytest.raises(BackendError, match=r"could not: .*(range|data|size)"):
        built(request(path), tmp_path / "cache")


def test_closing_the_generator_stops_the_process(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    slow = (f"import os, sys, time, pathlib; pathlib.Path({str(note)!r}).write_text(str(os.getpid()));"
            "print('{\"phase\": \"slow\", \"done\": 0, \"total\": 1}', flush=True); time.sleep(60)")
    work = build(request(graph(tmp_path / "g.onnx")), tmp_path / "out.plan", (sys.executable, "-c", slow))
    assert next(work) == Phase("slow", 0, 1)
    work.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
    assert not list(tmp_path.glob("*.plan*"))


@pytest.mark.parametrize(("code", "said"), [
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "want of memory"),
    ("import sys; sys.exit(3)", "ended with code 3;"),
    ("import sys; sys.stderr.write('loading\\nno driver\\n'); sys.exit(3)", "ended with code 3, saying: no driver;"),
])
def test_a_process_that_dies_is_told(code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=said):
        list(build(request(graph(tmp_path / "g.onnx")), tmp_path / "out.plan", (sys.executable, "-c", code)))


def test_a_disk_that_fills_leaves_nothing(tmp_path: Path) -> None:
    command = ("sh", "-c", f"ulimit -f 2; exec {sys.executable} -m runtime.backends.tensorrt_child")
    with pytest.raises(StorageError, match="cannot be written: file too large; free some space, or set MOVIEFACTORY"):
        list(build(request(graph(tmp_path / "g.onnx")), tmp_path / "cache/out.plan", command))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="MOVIEFACTORY_CACHE"):
        built(request(graph(tmp_path / "g.onnx")), tmp_path / "file")


def test_two_that_want_the_same_engine_build_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = tmp_path / "starts"
    counted = ("sh", "-c", f"echo x >> {starts}; sleep 0.5; exec {sys.executable} -m runtime.backends.tensorrt_child")
    monkeypatch.setattr("runtime.backends.tensorrt_build.child_command", lambda: counted)
    asked = request(graph(tmp_path / "g.onnx"))
    found: list[tuple[Path, list[Phase]]] = []
    threads = [threading.Thread(target=lambda: found.append(built(asked, tmp_path / "cache"))) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert starts.read_text() == "x\n"
    assert found[0][0] == found[1][0]
    assert any(phase.name.startswith("waiting") for _, phases in found for phase in phases)


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    for age, name in ((30, "old"), (20, "middle"), (10, "new")):
        plan = tmp_path / f"{name}.plan"
        plan.write_bytes(b"x" * 100)
        (tmp_path / f"{name}.lock").write_bytes(b"")
        os.utime(plan, (time.time() - age, time.time() - age))
    prune(tmp_path, 250)
    assert {path.stem for path in tmp_path.glob("*.plan")} == {"middle", "new"}
    assert not (tmp_path / "old.lock").exists()
    prune(tmp_path, 0, keep=tmp_path / "middle.plan")
    assert {path.stem for path in tmp_path.glob("*.plan")} == {"middle"}


def test_where_engines_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "engines"
    monkeypatch.delenv("MOVIEFACTORY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "x/moviefactory/engines"


def test_a_library_that_is_not_there_says_what_to_install() -> None:
    with pytest.raises(BackendError, match=r'it is not installed; run `pip install "moviefactory\[tensorrt\]"`'):
        tensorrt_library.load("tensorrt")


def test_a_library_for_older_drivers_is_found_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package == "tensorrt_rtx_cu12":
            return "1.7.1"
        raise importlib.metadata.PackageNotFoundError(package)

    assert tensorrt_library.cuda_release("tensorrt_rtx") == 13
    monkeypatch.setattr(importlib.metadata, "version", version)
    assert (tensorrt_library.version("tensorrt_rtx"), tensorrt_library.cuda_release("tensorrt_rtx")) == ("1.7.1", 12)
    with pytest.raises(BackendError, match="it is not installed"):
        tensorrt_library.version("tensorrt")
    assert tensorrt_library.cuda_release("tensorrt") is None


def test_a_build_ends_with_whoever_asked_for_it(monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    monitor = tensorrt_child._monitor(tensorrt_library.load("tensorrt_rtx"))
    monitor.phase_start("building", None, 3)
    assert monitor.step_complete("building", 0)
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert not monitor.step_complete("building", 1)
    assert capsys.readouterr().out.count("building") == 2


ENGINE_FOR = """
import pathlib, sys
from runtime.backends import tensorrt_build
from runtime.backends.engine_cache import engine_for
graph, cache, slow = sys.argv[1:]
if slow:
    tensorrt_build.child_command = lambda: ("sh", "-c", slow)
for phase in engine_for(tensorrt_build.BuildRequest(graph=pathlib.Path(graph), library="tensorrt_rtx", axes={"B": 1}),
                        pathlib.Path(cache)):
    print(phase.name, flush=True)
"""


def asking(path: Path, cache: Path, slow: str = "") -> "subprocess.Popen[str]":
    """A process that wants the engine of the graph at `path`."""
    return subprocess.Popen([sys.executable, "-c", ENGINE_FOR, str(path), str(cache), slow], stdout=subprocess.PIPE,
                            text=True, start_new_session=True)


def test_two_processes_that_want_the_same_engine_build_it_once(tmp_path: Path) -> None:
    path, cache, starts = graph(tmp_path / "g.onnx"), tmp_path / "cache", tmp_path / "starts"
    counted = f"echo x >> {starts}; sleep 1; exec {sys.executable} -m runtime.backends.tensorrt_child"
    both = [asking(path, cache, counted) for _ in range(2)]
    told = [process.communicate(timeout=100)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert starts.read_text() == "x\n"
    assert sum("waiting" in words for words in told) == 1
    assert names(cache) == {".plan", ".lock"}


def test_a_build_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    path, cache = graph(tmp_path / "g.onnx"), tmp_path / "cache"
    half = (f"echo half > {cache}/.{engine_key(request(path))}.plan.$PPID.new;"
            "echo '{\"phase\": \"slow\", \"done\": 0, \"total\": 1}'; exec sleep 60")
    process = asking(path, cache, half)
    assert process.stdout is not None
    assert process.stdout.readline() == "slow\n"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert ".new" in names(cache)
    plan, phases = built(request(path), cache)
    assert plan.stat().st_size > 1000
    assert not any("waiting" in phase.name for phase in phases)
    assert names(cache) == {".plan", ".lock"}
