"""Where a bundle is put: nothing is lost, nothing half-written stays."""

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from export.errors import ExportError
from export.replacing import fresh_folder
from runtime.bundle import Bundle, open_bundle, write_manifest
from runtime.errors import StorageError
from tests.tiny_graphs import TinySizes, tiny_bundle, tiny_manifest

ROOT = Path(__file__).parents[2]
HERE = platform.node().partition(".")[0]
OTHER = TinySizes(frames=4)
EXPORT = """
import sys
from pathlib import Path
from export.replacing import fresh_folder
from tests.tiny_graphs import tiny_bundle

with fresh_folder(Path(sys.argv[1]), "tiny") as folder:
    tiny_bundle(folder)
    print(folder, flush=True)
    sys.stdin.readline()
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An older bundle."""
    tiny_bundle(tmp_path / "out")
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def whole(folder: Path) -> Bundle:
    bundle = open_bundle(folder)
    bundle.verify()
    return bundle


@contextmanager
def an_export(out: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Another process that has written a bundle and waits for a line before it puts it into `out`; and its draft."""
    with subprocess.Popen([sys.executable, "-c", EXPORT, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Makes a folder a disk of its own, where this process may."""
    def mounted(place: Path) -> None:
        if sys.platform != "linux" or shutil.which("mount") is None or subprocess.run(
                ["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount")

    yield mounted
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()] if os.name == "posix" else []
    for place in places:
        if place.startswith(f"{tmp_path}/"):
            subprocess.run(["umount", place], check=True)


def put(out: Path, write: Callable[[Path], object], name: str = "tiny") -> None:
    with fresh_folder(out, name) as folder:
        write(folder)


def draft(out: Path) -> Path:
    """What is left of an export of this process."""
    return out.parent / f".{out.name}.{HERE}.{os.getpid()}.new"


def test_a_newer_bundle_takes_the_place_of_an_older_one(out: Path) -> None:
    (out / "MODEL_CARD.md").write_text("# Tiny")
    with fresh_folder(out, "tiny") as folder:
        made = tiny_bundle(folder, OTHER)
    assert whole(out).digest == made.digest
    assert not (out / "MODEL_CARD.md").exists()
    assert names(out.parent) == ["out"]


@pytest.mark.parametrize(("spoil", "name", "said"), [
    (lambda _: None, "other", "no bundle in .* or an older 'other', but there is 'tiny'; remove that folder"),
    (lambda out: (out / "photo.jpg").touch(), "tiny", "it holds photo.jpg; move that away"),
    (lambda out: (out / "upscaler" / "notes.txt").touch(), "tiny", "it holds upscaler.notes.txt; move that away"),
    (lambda out: (out / "mine").mkdir(), "tiny", "it holds mine; move that away"),
    (lambda out: (out / "bundle.json").write_text("{"), "tiny", "what it holds cannot be told: .*to be JSON"),
    (lambda out: (out.rename(out.parent / "gone"), out.touch()), "tiny", "out is a file; choose another --out"),
])
def test_what_would_be_lost_is_said_before_any_work(spoil: Callable[[Path], object], name: str, said: str, out: Path
                                                    ) -> None:
    spoil(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(ExportError, match=said) as caught, fresh_folder(out, name):
        pytest.fail("work has begun")
    assert "\n" not in str(caught.value)
    assert sorted(out.rglob("*")) == before
    assert not draft(out).exists()


def test_where_a_disk_begins_no_bundle_can_be_put(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is where a disk begins; choose a folder inside it"), \
            fresh_folder(Path(tmp_path.anchor)):
        pytest.fail("work has begun")


def test_a_bundle_that_fills_less_is_not_put_in_place_and_not_lost(out: Path) -> None:
    roles = tiny_manifest()["roles"]

    def write(folder: Path) -> None:
        tiny_bundle(folder)
        write_manifest(folder, {**tiny_manifest(), "roles": {"decoder": roles["decoder"]}})

    with pytest.raises(ExportError, match=r"it would lack text_encoder, denoiser, upscaler; .* whole in ") as caught:
        put(out, write, name="")
    assert str(draft(out)) in str(caught.value)
    assert whole(draft(out)).roles == ("decoder",)
    assert len(whole(out).roles) == 4


def test_what_came_meanwhile_is_not_lost(out: Path) -> None:
    def write(folder: Path) -> None:
        tiny_bundle(folder, OTHER)
        (out / "notes.txt").write_text("mine")

    with pytest.raises(ExportError, match=r"it holds notes.txt; .* whole in "):
        put(out, write)
    assert (out / "notes.txt").read_text() == "mine"
    assert whole(draft(out)).digest != whole(out).digest


def test_a_disk_that_refuses_the_move_loses_neither_bundle(out: Path, mount: Callable[[Path], None]) -> None:
    before = whole(out).digest

    def write(folder: Path) -> None:
        mount(folder)
        tiny_bundle(folder, OTHER)

    with pytest.raises(StorageError, match=r"to put the new bundle in .* busy; .* whole in ") as caught:
        put(out, write)
    assert whole(out).digest == before
    assert whole(draft(out)).digest != before
    assert str(draft(out)) in str(caught.value)


def test_an_older_bundle_that_cannot_be_deleted_is_out_of_the_way(out: Path, mount: Callable[[Path], None],
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    (out / "sounds").mkdir()
    mount(out / "sounds")
    with fresh_folder(out, "tiny", keep="sounds") as folder:
        made = tiny_bundle(folder, OTHER)
    assert whole(out).digest == made.digest
    assert f"left: {folder} (of the bundle before" in capsys.readouterr().out


def test_two_exports_to_one_place_do_not_touch_each_others_drafts(out: Path) -> None:
    with an_export(out) as (process, theirs):
        with fresh_folder(out, "tiny") as folder:
            made = tiny_bundle(folder, OTHER)
            assert folder != theirs
        assert whole(out).digest == made.digest
        later = whole(theirs).digest
        process.communicate("\n")
    assert process.returncode == 0
    assert whole(out).digest == later
    assert names(out.parent) == ["out"]


@posix
def test_what_a_killed_export_left_goes_with_the_next(out: Path) -> None:
    with an_export(out) as (process, theirs):
        process.kill()
    assert theirs.is_dir()
    with fresh_folder(out, "tiny") as folder:
        assert not theirs.exists()
        tiny_bundle(folder)
    assert names(out.parent) == ["out"]


def test_killed_between_two_moves_the_bundle_before_comes_back(out: Path) -> None:
    before = whole(out).digest
    (out.parent / f".out.{HERE}.{dead()}.new").mkdir()
    out.rename(out.parent / f".out.{HERE}.{dead()}.old")
    with pytest.raises(ExportError, match="there is 'tiny'"), fresh_folder(out, "other"):
        pytest.fail("work has begun")
    assert whole(out).digest == before
    assert names(out.parent) == ["out"]


def test_of_another_machine_a_draft_is_kept_for_a_day(out: Path) -> None:
    for name in (".out.elsewhere.1.new", ".out.elsewhere.2.new", ".out.1.new", f".outer.{HERE}.{dead()}.new"):
        (out.parent / name).mkdir()
    long_ago = time.time() - 100_000
    os.utime(out.parent / ".out.elsewhere.2.new", (long_ago, long_ago))
    with fresh_folder(out, "tiny") as folder:
        tiny_bundle(folder)
    assert len(names(out.parent)) == 4
    assert not (out.parent / ".out.elsewhere.2.new").exists()


@posix
def test_sounds_that_find_no_room_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "out" / "sounds").mkdir(parents=True)
    for name in ("rain.wav", "wind.wav"):
        (tmp_path / "out" / "sounds" / name).write_bytes(bytes(100_000))
    script = ("import sys; from pathlib import Path; from export.replacing import fresh_folder\n"
              "with fresh_folder(Path(sys.argv[1]), keep='sounds'): pass")
    limited = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", sys.executable, "-c", script, str(tmp_path / "out")]
    # Python's own half-written bytecode would be found by others.
    done = subprocess.run(limited, capture_output=True, text=True, check=False, cwd=ROOT,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    said = done.stderr.splitlines()[-1]
    assert said.startswith("runtime.errors.StorageError: expected room to write "), done.stderr
    assert said.endswith("run it again; what was there before is as it was")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out" / "sounds") == ["rain.wav", "wind.wav"]
