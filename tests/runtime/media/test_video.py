"""Clips are encoded and read back: number, order, timing, colour, exactness, and what goes wrong."""

import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from runtime.errors import StorageError, UsageError
from runtime.media.video import (
    Picture,
    VideoSettings,
    clip_writer,
    encode_clip,
    read_frames,
    resize,
    write_lossless,
    write_picture,
)

FAST = VideoSettings(preset="ultrafast", crf=12, threads=1)


def scenery(count: int, width: int = 192, height: int = 80) -> Iterator[Picture]:
    """Smooth gradients in every channel with a disc that moves right, one place per frame."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    for index in range(count):
        picture = np.stack([255 * x / width, 255 * y / height, 128 + 100 * np.sin(x / 30 + index / 3)], axis=-1)
        inside = (x - 20 - 8 * index) ** 2 + (y - height / 2) ** 2 < 15**2
        picture[inside] = (230, 60, 40)
        yield picture.round().astype(np.uint8)


def exact(ticks: int | None, unit: Fraction | None) -> Fraction:
    assert ticks is not None
    assert unit is not None
    return ticks * unit


def psnr(one: Picture, other: Picture) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other.astype(float)) ** 2)))


def test_clip_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "scène 1.mp4"
    assert encode_clip(scenery(16), path, FAST) == 16
    frames = list(read_frames(path))
    assert len(frames) == 16
    for sent, got in zip(scenery(16), frames, strict=True):
        assert got.shape == (80, 192, 3)
        assert got.dtype == np.uint8
        assert psnr(sent, got) > 30
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("fps", [Fraction(8), Fraction(24000, 1001)])
def test_clip_timing_and_tags(tmp_path: Path, fps: Fraction) -> None:
    path = tmp_path / "clip.mp4"
    encode_clip(scenery(13), path, VideoSettings(fps=fps, preset="veryfast", threads=1))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == fps
        assert stream.codec_context.pix_fmt == "yuv420p"
        context = stream.codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert exact(stream.duration, stream.time_base) == 13 / fps
        times = [exact(frame.pts, stream.time_base) for frame in container.decode(stream)]
    assert times == [index / fps for index in range(13)]


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 140, 200)])
def test_flat_colours_are_bt709(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    """The stored luma and chroma against the standard's own formula (ITU-R BT.709-6, items 3.2 to 3.4)."""
    path = tmp_path / "flat.mp4"
    encode_clip([np.full((64, 64, 3), colour, np.uint8)] * 2, path, FAST)
    with av.open(str(path)) as container:
        planes = next(container.decode(video=0)).to_ndarray()
    red, green, blue = (value / 255 for value in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    stored = [16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748]
    got = [planes[:64].mean(), planes[64:80].mean(), planes[80:].mean()]
    np.testing.assert_allclose(got, stored, atol=1.01)
    assert np.abs(next(read_frames(path)).reshape(-1, 3).mean(axis=0) - colour).max() < 3


def test_lossless_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "frames.mkv"
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (50, 70, 3), dtype=np.uint8) for _ in range(5)]
    frames += [np.zeros((50, 70, 3), np.uint8), np.full((50, 70, 3), 255, np.uint8)]
    assert write_lossless(frames, path) == 7
    back = list(read_frames(path))
    assert len(back) == 7
    for sent, got in zip(frames, back, strict=True):
        np.testing.assert_array_equal(sent, got)


def test_lossless_at_the_models_own_size(tmp_path: Path) -> None:
    path = tmp_path / "frames.mkv"
    frames = list(scenery(3, 768, 320))
    write_lossless(frames, path, Fraction(24))
    np.testing.assert_array_equal(np.stack(list(read_frames(path))), np.stack(frames))
    assert path.stat().st_size < 3 * 768 * 320 * 3


def test_same_input_same_file(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        encode_clip(scenery(4), tmp_path / name, FAST)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_better_settings_give_better_pictures(tmp_path: Path) -> None:
    quality = []
    for crf in (10, 40):
        encode_clip(scenery(4), tmp_path / "a.mp4", VideoSettings(crf=crf, preset="veryfast", threads=1))
        quality.append(np.mean([psnr(*pair) for pair in zip(scenery(4), read_frames(tmp_path / "a.mp4"), strict=True)]))
    assert quality[0] > quality[1] + 2


def test_a_failed_encode_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    encode_clip(scenery(2), path, FAST)
    before = path.read_bytes()

    def broken() -> Iterator[Picture]:
        yield from scenery(3)
        raise RuntimeError("out of paint")

    with pytest.raises(RuntimeError, match="out of paint"):
        encode_clip(broken(), path, FAST)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with clip_writer(path, FAST) as writer:
        for picture in scenery(3):
            writer.write(picture)
        assert not path.exists()
    assert path.exists()


def test_wrong_pictures(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(ValueError, match="at least one picture"):
        encode_clip([], path, FAST)
    with pytest.raises(UsageError, match=r"even width and height.*191x80"):
        encode_clip(scenery(1, 191, 80), path, FAST)
    with pytest.raises(ValueError, match="192x80 was given 96x80"):
        encode_clip([*scenery(1), *scenery(1, 96, 80)], path, FAST)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"expected to write .*is not a folder; create it"):
        encode_clip(scenery(1), tmp_path / "none" / "clip.mp4", FAST)


@pytest.mark.parametrize("content", [b"", b"not a video at all", None, "cut"])
def test_unreadable_videos(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "clip.mp4"
    if content == "cut":
        encode_clip(scenery(8), path, FAST)
        path.write_bytes(path.read_bytes()[:-200])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(StorageError, match=r"clip\.mp4 to be a video.*render that scene again"):
        list(read_frames(path))


def test_damaged_pictures_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    encode_clip(scenery(16), path, VideoSettings(crf=5, threads=1))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle:middle + 40] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(StorageError, match="render that scene again"):
        list(read_frames(path))


def test_resize() -> None:
    big = next(scenery(1, 384, 160))
    small = next(resize([big], 192, 80))
    np.testing.assert_allclose(small, big.reshape(80, 2, 192, 2, 3).mean(axis=(1, 3)), atol=1.01)
    back = next(resize([small], 384, 160))
    assert back.shape == (160, 384, 3)
    assert psnr(big, back) > 28
    assert next(resize([big], 384, 160)) is big
    assert len(list(resize(scenery(5), 96, 40))) == 5


def test_png_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    picture = np.random.default_rng(1).integers(0, 256, (31, 45, 3), dtype=np.uint8)
    write_picture(picture, path)
    np.testing.assert_array_equal(_png(path.read_bytes()), picture)
    np.testing.assert_array_equal(next(read_frames(path)), picture)


@pytest.mark.parametrize("name", ["picture.jpg", "picture.JPEG"])
def test_jpeg(tmp_path: Path, name: str) -> None:
    picture = next(scenery(1, 191, 79))
    write_picture(picture, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    assert psnr(next(read_frames(tmp_path / name)), picture) > 30


def test_other_picture_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.jpg or \.jpeg.*picture\.gif"):
        write_picture(next(scenery(1)), tmp_path / "picture.gif")


def _png(data: bytes) -> Picture:
    """A PNG reader of its own, for 8-bit RGB (W3C PNG, sections 5, 9 and 10)."""
    position, body, size = 8, b"", (0, 0)
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        content = data[position + 8:position + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack(">II", content[:8])
            assert content[8:10] == b"\x08\x02"
        elif kind == b"IDAT":
            body += content
        position += 12 + length
    width, height = size
    raw = zlib.decompress(body)
    out = np.zeros((height + 1, 3 * (width + 1)), np.int64)
    for y in range(height):
        line = raw[y * (3 * width + 1):(y + 1) * (3 * width + 1)]
        for x in range(3 * width):
            left, up, corner = (int(out[y + 1, x]), int(out[y, x + 3]), int(out[y, x]))
            guess = left + up - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            predicted = (0, left, up, (left + up) // 2, nearest)[line[0]]
            out[y + 1, x + 3] = (line[1 + x] + predicted) % 256
    return out[1:, 3:].reshape(height, width, 3).astype(np.uint8)
