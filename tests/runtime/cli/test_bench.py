"""`moviefactory bench` as people meet it."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from runtime import errors
from runtime.bench.memory import process_tree
from runtime.bench.report import schema
from tests.tiny_films import ROOT, command, film_bundle, run


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_bundle(tmp_path_factory.mktemp("models") / "tiny").folder


def test_a_step_is_a_table_a_report_and_a_chart(bundle: Path, tmp_path: Path) -> None:
    result = run("bench", "--scope", "step", "--model", bundle, "--backend", "cpu", "--repeat", "3", "--processes", "1",
                 "--json", tmp_path / "bench.json", "--chart", tmp_path / "bench.svg", COLUMNS="80")
    assert (result.returncode, result.stderr) == (0, "")
    for words in ("import ", "open engines", "first step", "denoiser step", "p50", "p99", "models: tiny 1",
                  "ONNX Runtime", "TFLOP/s", "written to"):
        assert words in result.stdout
    assert "…" not in result.stdout
    data = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(data)
    assert data["report"].keys() == {"cold.import", "cold.load", "cold.first_step", "step"}
    assert len(data["report"]["step"]["latency"]["values"]) == 3
    ElementTree.parse(tmp_path / "bench.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bench.json", "bench.svg"]


@pytest.mark.parametrize(("words", "error", "said"), [
    (("--backend", "metal"), errors.BackendError, "'metal' was asked for"),
    (("--model", "nowhere"), errors.BundleError, "there is no such folder"),
    (("--json", "nowhere/bench.json"), errors.StorageError, "nowhere is not a folder"),
    (("--json", "."), errors.UsageError, "is a folder"),
    (("--chart", "bench.png"), errors.UsageError, "to end in .svg"),
    (("--json", "x.svg", "--chart", "x.svg"), errors.UsageError, "both are x.svg"),
    (("--repeat", "0"), errors.UsageError, "--repeat to be 1 or more")])
def test_what_cannot_be_measured_is_one_line_at_once(words: tuple[str, ...], error: type[errors.MovieFactoryError],
                                                     said: str, bundle: Path, tmp_path: Path) -> None:
    model = () if "--model" in words else ("--model", str(bundle))
    result = subprocess.run([*command("bench"), *model, *words], capture_output=True, text=True, check=False,
                            cwd=tmp_path, env=_environment())
    assert (result.returncode, result.stdout) == (error.exit_code, "")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scope_is_one_line() -> None:
    result = run("bench", "--scope", "world")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "'world'" in result.stderr


def test_interrupting_it_leaves_nothing(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    with subprocess.Popen(command("bench", "--model", bundle, "--backend", "cpu", "--repeat", "1000000", "--scope",
                                  "step", "--processes", "1", "--json", tmp_path / "bench.json"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
                          env={**_environment(), "TMPDIR": str(tmp_path / "temporary")},
                          # A shell's background jobs ignore it.
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
                          ) as process:
        _wait_for_a_child(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (130, "", "moviefactory: stopped\n")
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_help_explains_scopes_and_exit_codes() -> None:
    said = run("bench", "--help").stdout
    for words in ("usage: moviefactory bench", "one evaluation of the denoiser", "p50", "exit codes", "--chart"):
        assert words in said


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def _wait_for_a_child(pid: int) -> None:
    deadline = time.monotonic() + 300
    while len(list(process_tree(pid))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
