"""`moviefactory models build`, and films on backends that build engines, on a machine without a GPU."""

import json
from pathlib import Path

import pytest

from runtime.backends import engine_cache
from runtime.cli import main
from runtime.errors import BackendError, StorageError
from tests.tiny_films import IDEA, film_bundle, run

pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_bundle(tmp_path_factory.mktemp("models") / "tiny").folder


def test_engines_are_built_once_for_the_target_asked_for(bundle: Path, tmp_path: Path) -> None:
    words = ("models", "build", "--model", bundle, "--target", "sm89")
    first = run(*words, MOVIEFACTORY_CACHE=str(tmp_path / "cache"))
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    graphs = sorted(path.name for path in bundle.rglob("*.onnx"))
    assert sorted(line.split(":")[0] for line in lines[:-1]) == [f"{graph} for sm89" for graph in graphs]
    assert all(" MB, built in " in line for line in lines[:-1])
    assert lines[-1] == f"all engines are in {tmp_path / 'cache' / 'engines'}"
    assert f"{graphs[0]} for sm89: reading the graph\n" in first.stderr
    again = run(*words, MOVIEFACTORY_CACHE=str(tmp_path / "cache"))
    assert [line.split(", ")[1] for line in again.stdout.splitlines()[:-1]] == ["there already"] * len(graphs)


def test_engines_that_there_was_no_room_for_are_said(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MOVIEFACTORY_CACHE", str(tmp_path))
    monkeypatch.setattr(engine_cache.engine_for, "__defaults__", (1,))
    assert main(["models", "build", "--model", str(bundle), "--target", "sm89"]) == StorageError.exit_code
    graphs = len(list(bundle.rglob("*.onnx")))
    assert f"{graphs - 1} of them had to go again" in capsys.readouterr().err


def test_an_unknown_target_lists_the_known(bundle: Path, tmp_path: Path) -> None:
    result = run("models", "build", "--model", bundle, "--target", "sm30", MOVIEFACTORY_CACHE=str(tmp_path))
    assert result.returncode == BackendError.exit_code
    assert "sm30 is no target; there are " in result.stderr
    assert "sm89" in result.stderr
    assert not list(tmp_path.rglob("*.plan"))


def test_tensorrt_itself_missing_names_the_pip_line(bundle: Path, tmp_path: Path) -> None:
    result = run("models", "build", "--model", bundle, "--backend", "tensorrt", MOVIEFACTORY_CACHE=str(tmp_path))
    assert result.returncode == BackendError.exit_code
    assert 'expected TensorRT, but it is not installed; run `pip install "moviefactory[tensorrt]"`' in result.stderr


def test_a_film_without_a_gpu_is_refused_before_anything_is_built(bundle: Path, tmp_path: Path) -> None:
    result = run("make", IDEA, "-o", tmp_path / "movie.mp4", "--scenes", "1", "--model", bundle, "--backend",
                 "tensorrt_rtx", "--events", "json", MOVIEFACTORY_CACHE=str(tmp_path / "cache"))
    assert result.returncode == BackendError.exit_code
    assert result.stderr.count("\n") == 1
    assert "expected an NVIDIA GPU and its driver, but " in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["type"] == "Failed"
    assert not (tmp_path / "cache").exists()
