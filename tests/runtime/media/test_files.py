"""Files appear whole or not at all, and what the disk refuses is said in one line."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import StorageError
from runtime.media.files import replacing, writing


def test_the_new_replaces_the_old_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as part:
        assert part.parent == tmp_path
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_interruption_leaves_the_old(tmp_path: Path, interruption: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise interruption

    with pytest.raises(interruption):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_files_have_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    with replacing(tmp_path / "ours") as part:
        part.write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(("code", "said"), [
    (errno.ENOSPC, "room to write film.mp4, but the disk is full; free some space"),
    (errno.EDQUOT, "room to write film.mp4, but your share of the disk is used up; free"),
    (errno.EACCES, "to write film.mp4, but writing there is not allowed; choose a folder that is not read-only"),
    (errno.EROFS, "to write film.mp4, but writing there is not allowed"),
    (errno.ENOENT, "to write film.mp4, but . is not a folder; create it"),
    (errno.EIO, f"to write film.mp4, but {os.strerror(errno.EIO).lower()}; check the disk"),
])
def test_refusals(code: int, said: str) -> None:
    with pytest.raises(StorageError) as caught, writing(Path("film.mp4")):
        raise OSError(code, os.strerror(code))
    assert str(caught.value).startswith("expected " + said)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a folder that refuses even the superuser")
def test_a_folder_that_cannot_be_written() -> None:
    with pytest.raises(StorageError, match=r"/sys/kernel/film\.mp4.*not allowed"), \
            replacing(Path("/sys/kernel/film.mp4")) as part:
        part.write_text("x")


FILLED = """
import resource, sys
from pathlib import Path
import numpy as np
from runtime.errors import StorageError
from runtime.media.audio import encode_wav
from runtime.media.join import JoinSettings, join
from runtime.media.video import VideoSettings, encode_clip, write_lossless, write_picture

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
frames = [rng.integers(0, 256, (128, 256, 3), dtype=np.uint8) for _ in range(8)]
settings = VideoSettings(preset="ultrafast", crf=10, threads=1)
encode_clip(frames, folder / "clip.mp4", settings)
size = (folder / "clip.mp4").stat().st_size
work = {
    "clip": lambda path: encode_clip(frames, path, settings),
    "frames": lambda path: write_lossless(frames, path),
    "picture": lambda path: write_picture(frames[0], path.with_suffix(".png")),
    "sound": lambda path: encode_wav(np.zeros((48000, 2), np.float32), path),
    "film": lambda path: list(join([folder / "clip.mp4"] * 2, [], path, JoinSettings())),
}
# From nothing at all to a few bytes short of the whole file.
for name, limit in [("clip", 0), ("clip", 5000), ("clip", size - 1), ("clip", size - 2000), ("frames", 50000),
                    ("picture", 5000), ("sound", 300000), ("film", 30000), ("film", 2 * size)]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    try:
        work[name](folder / "new.mp4")
    except StorageError as error:
        print(name, limit, "StorageError", error.expected.startswith("room to write " + str(folder / "new.")))
    print(sorted(path.name for path in folder.iterdir()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a file size limit stands in for a full disk")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """At whatever byte the disk refuses: one clear error, and no file that is not whole."""
    done = subprocess.run([sys.executable, "-c", FILLED, str(tmp_path)], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 18
    assert all(line.endswith("StorageError True") for line in lines[::2])
    assert set(lines[1::2]) == {"['clip.mp4']"}
