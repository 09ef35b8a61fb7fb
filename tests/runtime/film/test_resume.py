"""Films that are interrupted: by kill -9, Ctrl-C, a full or read-only disk, another process, or on request."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Cancelled, FilmFolderError, StorageError
from runtime.events import Event, Failed, Paused, Resumed, SceneDone, Step
from runtime.film import FilmFolder, FilmRequest, holder, make, render
from tests.tiny_films import IDEA, ROOT, command, run

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


def words(bundle: Path, out: Path, scenes: int = 3) -> list[str | Path]:
    """The command line that makes `finished`'s film, or one of more scenes."""
    return ["make", IDEA, "-o", out, "--scenes", str(scenes), "--seed", "5", "--model", bundle, "--backend", "cpu"]


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def records(folder: Path) -> dict[Path, int]:
    """The finished artefacts and when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.record")}


@posix
def test_killed_at_any_moment_nothing_finished_is_lost(bundle: Path, finished: Path, tmp_path: Path) -> None:
    """Five runs are killed at random events, a little later still; the last one ends as if nothing had happened."""
    out, folder = tmp_path / "movie.mp4", tmp_path / "movie.film"
    chance = random.Random(1)
    kept: dict[Path, int] = {}
    for _ in range(5):
        with subprocess.Popen(command(*words(bundle, out), "--events", "json"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, cwd=ROOT) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 25)):
                process.stdout.readline()
            time.sleep(chance.random() * 0.05)
            process.kill()
        now = records(folder)
        assert kept.items() <= now.items()
        kept = now
    result = run(*words(bundle, out))
    assert (result.returncode, result.stderr) == (0, "")
    assert kept.items() <= records(folder).items()
    assert out.read_bytes() == (finished / "movie.mp4").read_bytes()
    assert [line["n"] for line in journal(folder)] == list(range(1, len(journal(folder)) + 1))
    assert list(folder.rglob("*.part")) == []


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_hand(bundle: Path, tmp_path: Path, number: signal.Signals) -> None:
    out, folder = tmp_path / "movie.mp4", tmp_path / "movie.film"
    scenes = 30  # enough to be still at work when the signal comes
    # A test run in the background ignores Ctrl-C, and so would what it starts.
    with subprocess.Popen(command(*words(bundle, out, scenes)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd=ROOT,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
                          ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(f"scene 2 of {scenes}: decoding"):
                break
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines() == [f"moviefactory: stopped; everything finished so far is kept: go on with "
                                 f"`moviefactory render {folder}`"]
    assert journal(folder)[-1]["type"] == "Failed"
    assert journal(folder)[-1]["code"] == "cancelled"
    result = run("render", folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"scene 1 of {scenes}: there already" in result.stdout
    whole = tmp_path / "whole.mp4"
    assert run(*words(bundle, whole, scenes)).returncode == 0
    assert out.read_bytes() == whole.read_bytes()


def test_closing_the_events_stops_and_going_on_ends_the_same(bundle: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "movie.mp4"
    request = FilmRequest(idea=IDEA, out=out, scenes=3, seed=5, models=(bundle,), backend="cpu")
    events = make(request)
    for event in events:
        if isinstance(event, Step) and (event.scene, event.stage, event.done) == (2, "upscale", 5):
            break
    events.close()
    folder = tmp_path / "movie.film"
    assert holder(folder / "lock") is None
    assert list(folder.rglob("*.part")) == []
    assert [event.cached for event in make(request) if isinstance(event, SceneDone)] == [True, False, False]
    assert out.read_bytes() == (finished / "movie.mp4").read_bytes()


def test_one_process_writes(film: Path) -> None:
    with FilmFolder.existing(film):
        assert holder(film / "lock") == os.getpid()
        before = (film / "events.jsonl").read_bytes()
        result = run("render", film)
        assert result.returncode == FilmFolderError.exit_code
        assert result.stderr.count("\n") == 1
        assert f"process {os.getpid()} is working in it" in result.stderr
        assert "--film" in result.stderr
        with pytest.raises(FilmFolderError, match=f"process {os.getpid()}"):
            list(render(film))
        assert (film / "events.jsonl").read_bytes() == before
    assert holder(film / "lock") is None
    assert run("render", film).returncode == 0


def test_the_lock_of_a_dead_process_is_taken_over(film: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import os, sys, time\nfrom pathlib import Path\n"
                           "from runtime.film import FilmFolder\n"
                           "with FilmFolder.existing(Path(sys.argv[1])):\n    print('held', flush=True)\n"
                           "    time.sleep(60)", str(film)], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert holder(film / "lock") == process.pid
        process.kill()
    assert (film / "lock").read_text().strip() == str(process.pid)
    assert [event.cached for event in render(film) if isinstance(event, SceneDone)] == [True, True, True]


def test_cancel(film: Path) -> None:
    seen: list[Event] = []

    def cancel_while_drawing() -> None:
        for event in render(film, 2, 7):
            seen.append(event)
            if isinstance(event, Step) and event.stage == "denoise":
                (film / "cancel").touch()

    with pytest.raises(Cancelled, match="a cancel request came") as caught:
        cancel_while_drawing()
    assert "moviefactory render" in caught.value.fix
    assert isinstance(seen[-1], Failed)
    assert seen[-1].code == "cancelled"
    assert not (film / "cancel").exists()
    assert [event.cached for event in render(film) if isinstance(event, SceneDone)] == [True, False, True]


def test_pause(film: Path) -> None:
    kinds = []
    for event in render(film, 2, 7):
        kinds.append(type(event))
        if isinstance(event, Step) and event.stage == "decode" and Paused not in kinds:
            (film / "pause").touch()
        if isinstance(event, Paused):
            threading.Timer(0.3, (film / "pause").unlink).start()
    assert kinds.count(Paused) == kinds.count(Resumed) == 1
    assert kinds.index(Resumed) == kinds.index(Paused) + 1


def test_cancel_while_paused(film: Path) -> None:
    events = render(film, 2, 7)
    (film / "pause").touch()  # withdrawn: it was there before the work began
    next(events)
    assert not (film / "pause").exists()
    (film / "pause").touch()
    assert isinstance(next(events), Paused)
    (film / "cancel").touch()
    assert isinstance(next(events), Failed)
    with pytest.raises(Cancelled):
        next(events)


@posix
def test_a_limit_on_file_size_is_a_full_disk(bundle: Path, finished: Path, tmp_path: Path) -> None:
    """Too little room for the finished film: everything before it is kept, and more room is all it takes."""
    out, folder = tmp_path / "movie.mp4", tmp_path / "movie.film"
    room = (finished / "movie.mp4").stat().st_size - 1000
    largest = max(path.stat().st_size for path in (finished / "movie.film").rglob("*")
                  if path.is_file() and path.name != "events.jsonl")
    assert largest < room, "the film must be the largest file for this test"
    result = subprocess.run(command(*words(bundle, out)), capture_output=True, text=True, cwd=ROOT, timeout=120,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)), check=False)
    assert result.returncode == StorageError.exit_code
    assert result.stderr.count("\n") == 1
    assert "free some space" in result.stderr
    assert not out.exists()
    assert [event.cached for event in render(folder) if isinstance(event, SceneDone)] == [True, True, True]
    assert out.read_bytes() == (finished / "movie.mp4").read_bytes()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 192 KiB, where this process may mount one."""
    place = Path(tempfile.mkdtemp(prefix="moviefactory-small-"))
    mounted = sys.platform == "linux" and shutil.which("mount") is not None and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode == 0
    if not mounted:
        place.rmdir()
        pytest.skip("needs the right to mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


def test_a_full_disk(bundle: Path, small_disk: Path) -> None:
    result = run(*words(bundle, small_disk / "movie.mp4"))
    assert result.returncode == StorageError.exit_code
    assert result.stderr.count("\n") == 1
    assert "the disk is full" in result.stderr
    folder = small_disk / "movie.film"
    done = records(folder)
    assert run("render", folder).returncode == StorageError.exit_code
    assert done.items() <= records(folder).items()


@posix
def test_a_read_only_folder(bundle: Path, tmp_path: Path) -> None:
    # Root may write anywhere, unless it gives that right up.
    as_anyone = ["setpriv", "--bounding-set", "-dac_override", "--"] if os.geteuid() == 0 else []
    if as_anyone and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to try this as root")
    place = tmp_path / "locked"
    place.mkdir(mode=0o555)
    result = subprocess.run([*as_anyone, *command("make", IDEA, "-o", place / "movie.mp4", "--model", bundle)],
                            capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (StorageError.exit_code, 1)
    assert "writing there is not allowed" in result.stderr
    assert list(place.iterdir()) == []
    # The film folder may be elsewhere: the output is tried before anything is rendered.
    result = subprocess.run([*as_anyone, *command("make", IDEA, "-o", place / "movie.mp4", "--film",
                                                  tmp_path / "film", "--model", bundle)],
                            capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (StorageError.exit_code, 1)
    assert not (tmp_path / "film" / "text").exists()
