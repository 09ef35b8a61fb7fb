"""Films joined from clips: pictures in place, sound in step, tags, the layout of the file, and what goes wrong."""

import struct
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from runtime.errors import StorageError
from runtime.media.audio import Samples, decode
from runtime.media.join import JoinSettings, join
from runtime.media.video import Picture, VideoSettings, encode_clip, read_frames

RATE = 48000
FAST = VideoSettings(preset="veryfast", crf=16, threads=1)


def numbered(first: int, count: int, size: tuple[int, int] = (128, 64)) -> Iterator[Picture]:
    """Pictures that say their number in 8 bars of black and white."""
    width, height = size
    for number in range(first, first + count):
        picture = np.zeros((height, width, 3), np.uint8)
        for bit in range(8):
            if number >> bit & 1:
                picture[:, bit * width // 8:(bit + 1) * width // 8] = 255
        yield picture


def exact(ticks: int | None, unit: Fraction | None) -> Fraction:
    assert ticks is not None
    assert unit is not None
    return ticks * unit


def number(picture: Picture) -> int:
    bars = picture.reshape(picture.shape[0], 8, -1).mean(axis=(0, 2)) > 127
    return int(sum(1 << bit for bit in range(8) if bars[bit]))


def make(folder: Path, lengths: list[int], settings: VideoSettings = FAST) -> list[Path]:
    clips, first = [], 0
    for index, length in enumerate(lengths):
        clips.append(folder / f"scene {index}.mp4")
        encode_clip(numbered(first, length), clips[-1], settings)
        first += length
    return clips


def silence(seconds: float) -> Samples:
    return np.zeros((round(seconds * RATE), 2), np.float32)


def boxes(data: bytes) -> list[str]:
    """The names of an MP4's outermost boxes, in order (ISO 14496-12, section 4.2)."""
    names, position = [], 0
    while position < len(data):
        size, name = struct.unpack(">I4s", data[position:position + 8])
        if size == 1:
            size = struct.unpack(">Q", data[position + 8:position + 16])[0]
        names.append(name.decode("latin1"))
        position += size
    return names


@pytest.mark.parametrize("lengths", [[16, 16, 16], [16, 1, 5, 2, 16, 3], [1], [1, 1, 1, 16], [2, 16, 1]])
def test_pictures_in_place(tmp_path: Path, lengths: list[int]) -> None:
    clips, film = make(tmp_path, lengths), tmp_path / "film.mp4"
    total = sum(lengths)
    assert list(join(clips, [silence(total / 8)], film, JoinSettings())) == list(range(1, len(lengths) + 1))
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert exact(stream.duration, stream.time_base) == Fraction(total, 8)
        assert stream.frames == total
        assert stream.average_rate == 8
        times = [exact(frame.pts, stream.time_base) for frame in container.decode(stream)]
    assert times == [Fraction(index, 8) for index in range(total)]
    assert [number(picture) for picture in read_frames(film)] == list(range(total))
    with av.open(str(film)) as container:
        coded = [(exact(packet.pts, packet.time_base), exact(packet.dts, packet.time_base))
                 for packet in container.demux(video=0) if packet.size]
    assert all(early[1] < late[1] for early, late in pairwise(coded))
    assert all(pts >= dts for pts, dts in coded)


def test_pictures_are_copied_bit_for_bit(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [16, 3, 9]), tmp_path / "film.mp4"
    list(join(clips, [silence(3.5)], film, JoinSettings()))

    def pictures(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert pictures(film) == [data for clip in clips for data in pictures(clip)]


@pytest.mark.parametrize("fps", [Fraction(8), Fraction(24), Fraction(24000, 1001), Fraction(7)])
def test_a_click_and_a_flash_meet(tmp_path: Path, fps: Fraction) -> None:
    """One white frame and one click at the same moment; then both measured in the finished file."""
    total, flash = 33, 21
    pictures = [np.full((64, 128, 3), 255 if index == flash else 0, np.uint8) for index in range(total)]
    settings = VideoSettings(fps=fps, preset="veryfast", crf=16, threads=1)
    encode_clip(pictures[:16], tmp_path / "a.mp4", settings)
    encode_clip(pictures[16:], tmp_path / "b.mp4", settings)
    track = silence(float(total / fps))
    click = round(flash / fps * RATE)
    track[click:click + 40] = 0.8
    blocks = (track[first:first + 777] for first in range(0, len(track), 777))
    film = tmp_path / "film.mp4"
    list(join([tmp_path / "a.mp4", tmp_path / "b.mp4"], blocks, film, JoinSettings()))

    with av.open(str(film)) as container:
        sound, video = container.streams.audio[0], container.streams.video[0]
        assert exact(sound.duration, sound.time_base) == Fraction(round(total / fps * RATE), RATE)
        assert sound.start_time == video.start_time == 0
        seen = [float(exact(frame.pts, video.time_base)) for frame in container.decode(video)
                if frame.to_ndarray(format="gray").mean() > 127]
    heard = decode(film)
    assert 0 <= len(heard) - len(track) < 1024
    loud = np.flatnonzero(np.abs(heard[:, 0]) > 0.4)
    assert seen == [pytest.approx(flash / fps, abs=1e-4)]
    assert abs(loud[0] - click) <= RATE // 1000
    assert abs(loud[0] / RATE - seen[0]) < 0.001
    assert np.abs(heard[len(track):]).max(initial=0) < 0.05


def test_sound_lines_up_to_the_sample(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [16, 5]), tmp_path / "film.mp4"
    rng = np.random.default_rng(0)
    track = np.cumsum(rng.standard_normal((126000, 2)), axis=0).astype(np.float32)
    track = track - track.mean(axis=0)
    track = 0.5 * track / np.abs(track).max()
    list(join(clips, [track], film, JoinSettings(bit_rate=256000)))
    heard = decode(film)[:len(track)]
    count = 2 * len(track)
    product = np.fft.rfft(heard[:, 1], count) * np.conj(np.fft.rfft(track[:, 1], count))
    assert int(np.argmax(np.fft.irfft(product, count))) == 0
    assert np.sqrt(np.mean((heard - track) ** 2)) < 0.02


@pytest.mark.parametrize("seconds", [0.0, 0.7, 9.0])
def test_the_track_is_as_long_as_the_pictures(tmp_path: Path, seconds: float) -> None:
    clips, film = make(tmp_path, [16, 6]), tmp_path / "film.mp4"
    track = silence(seconds) + np.float32(0.25)
    list(join(clips, [track], film, JoinSettings()))
    with av.open(str(film)) as container:
        sound = container.streams.audio[0]
        assert exact(sound.duration, sound.time_base) == Fraction(22, 8)
        assert container.duration == 2_750_000
    heard = decode(film)[:132000, 0]
    kept = min(132000, len(track))
    np.testing.assert_allclose(heard[200:max(200, kept - 200)], 0.25, atol=0.03)
    np.testing.assert_allclose(heard[kept + 2048:], 0.0, atol=0.01)


def test_the_index_is_in_front_and_the_streams_are_woven(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [16] * 6), tmp_path / "film.mp4"
    list(join(clips, [silence(12)], film, JoinSettings()))
    names = boxes(film.read_bytes())
    assert names.index("moov") < names.index("mdat")
    with av.open(str(film)) as container:
        order = sorted((packet.pos or 0, packet.stream.type, exact(packet.dts, packet.time_base))
                       for packet in container.demux() if packet.size)
    latest = {"video": Fraction(0), "audio": Fraction(0)}
    for _, kind, time in order:
        latest[str(kind)] = time
        assert abs(latest["video"] - latest["audio"]) < 0.5


def test_tags(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [4]), tmp_path / "film.mp4"
    tags = {"title": "Ein Rennen – 赛跑 🏁", "comment": '{"idea": "a \\"race\\"", "seed": 1}' + "x" * 5000,
            "encoder": "MovieFactory 0.1.0"}
    list(join(clips, [], film, JoinSettings(metadata=tags)))
    with av.open(str(film)) as container:
        assert {key: container.metadata[key] for key in tags} == tags


def test_without_tags_nothing_of_ours_is_in_the_file(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [4]), tmp_path / "film.mp4"
    list(join(clips, [], film, JoinSettings()))
    with av.open(str(film)) as container:
        assert not {"title", "comment", "creation_time"} & set(container.metadata)


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    clips, film = make(tmp_path, [4, 4, 4]), tmp_path / "film.mp4"
    film.write_bytes(b"the film of yesterday")
    work = join(clips, [], film, JoinSettings())
    assert next(work) == 1
    work.close()
    assert film.read_bytes() == b"the film of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "scene 0.mp4", "scene 1.mp4", "scene 2.mp4"]


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other size", "other rate", "other settings", "sound only"])
def test_a_clip_that_does_not_fit(tmp_path: Path, damage: str) -> None:
    clips, film = make(tmp_path, [4, 4]), tmp_path / "film.mp4"
    clip = clips[1]
    match damage:
        case "gone":
            clip.unlink()
        case "empty":
            clip.write_bytes(b"")
        case "cut":
            clip.write_bytes(clip.read_bytes()[:-300])
        case "other size":
            encode_clip(numbered(0, 4, (64, 64)), clip, FAST)
        case "other rate":
            encode_clip(numbered(0, 4), clip, VideoSettings(fps=Fraction(24), preset="veryfast", crf=16, threads=1))
        case "other settings":
            encode_clip(numbered(0, 4), clip, VideoSettings(preset="ultrafast", crf=16, threads=1))
        case "sound only":
            with av.open(str(clip), "w") as container:
                stream = container.add_stream("aac", rate=RATE, layout="stereo")
                assert isinstance(stream, av.AudioStream)
                frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
                frame.sample_rate = RATE
                container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(StorageError, match=r"scene 1\.mp4 to be a scene clip.*; render that scene again"):
        list(join(clips, [], film, JoinSettings()))
    assert not film.exists()
    assert not list(tmp_path.glob(".*"))


def test_no_clips(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one clip"):
        list(join([], [], tmp_path / "film.mp4", JoinSettings()))


def test_memory_does_not_grow_with_scenes(tmp_path: Path) -> None:
    """Python's own memory while 4 and 40 clips are joined, the sound given block by block."""
    clips, film = make(tmp_path, [16, 16]), tmp_path / "film.mp4"

    def peak(count: int) -> int:
        blocks = (silence(0.5) for _ in range(4 * count))
        tracemalloc.start()
        list(join(clips[:1] * count, blocks, film, JoinSettings()))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    few, many = peak(4), peak(40)
    assert many < few + 300_000
    assert len(list(read_frames(film))) == 640
