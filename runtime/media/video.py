"""Pictures to video files and back, one frame at a time. A picture is (H, W, 3) uint8, sRGB."""

import importlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from runtime.errors import UsageError
from runtime.media.files import reading, replacing, unreadable

Picture = npt.NDArray[np.uint8]

RENDER_AGAIN: Final = "render that scene again"

EXACT_TIMES: Final = {"movie_timescale": "48000"}
"""An MP4 states lengths in these units; FFmpeg's own milliseconds would round a frame of 24000/1001 a second."""

_TO_VIDEO: Final = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
_FROM_VIDEO: Final = _TO_VIDEO | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True, kw_only=True)
class VideoSettings:
    """How a clip is encoded. `crf` 0 (best) to 51; `preset` from ultrafast to veryslow; `threads` 0 for all cores.

    Clips to be joined need the same settings, but for `threads`.
    """

    fps: Fraction = Fraction(8)
    crf: int = 18
    preset: str = "veryfast"
    threads: int = 0


class FrameWriter:
    """Takes pictures of one size, one after another; the first decides the size."""

    def __init__(self, container: OutputContainer, open_stream: Callable[[int, int], VideoStream],
                 convert: Callable[[VideoFrame], VideoFrame], fps: Fraction) -> None:
        self._container, self._open_stream, self._convert, self._fps = container, open_stream, convert, fps
        self._stream: VideoStream | None = None
        self.frames = 0

    def write(self, picture: Picture) -> None:
        """Add a picture. Raises UsageError for a size the codec cannot take, ValueError when the size changes."""
        height, width = picture.shape[:2]
        if self._stream is None:
            self._stream = self._open_stream(width, height)
        elif (self._stream.width, self._stream.height) != (width, height):
            raise ValueError(f"a clip of {self._stream.width}x{self._stream.height} was given {width}x{height}")
        frame = self._convert(_frame(picture))
        frame.pts, frame.time_base = self.frames, 1 / self._fps
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def finish(self) -> None:
        """Write what the codec still holds. Raises ValueError when no picture came."""
        if self._stream is None:
            raise ValueError("a clip needs at least one picture")
        self._container.mux(self._stream.encode(None))


@contextmanager
def clip_writer(path: Path, settings: VideoSettings) -> Iterator[FrameWriter]:
    """Write an H.264 clip to `path`: 4:2:0, BT.709, every clip able to start anywhere in a join.

    The file appears when the block ends well. Raises StorageError when it cannot be written.
    """
    reformatter = VideoReformatter()

    def convert(frame: VideoFrame) -> VideoFrame:
        return reformatter.reformat(
            frame, format="yuv420p", interpolation=_TO_VIDEO, src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, dst_color_trc=ColorTrc.BT709,
            dst_color_primaries=ColorPrimaries.BT709)

    with replacing(path) as part, av.open(str(part), "w", format="mp4", options=EXACT_TIMES) as container:

        def open_stream(width: int, height: int) -> VideoStream:
            if width % 2 or height % 2:
                raise UsageError("an even width and height for H.264", f"{width}x{height} was asked for",
                                 "choose another --size")
            options = {"crf": str(settings.crf), "preset": settings.preset, "x264-params": _x264_parameters(),
                       "threads": str(settings.threads) if settings.threads else "auto"}
            stream = container.add_stream("libx264", rate=settings.fps, options=options)
            context = stream.codec_context
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            context.time_base = 1 / settings.fps
            context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
            return stream

        writer = FrameWriter(container, open_stream, convert, settings.fps)
        yield writer
        writer.finish()


def _x264_parameters() -> str:
    """stitchable: headers that do not depend on the pictures, so that clips can share them.

    With AVX-512 x264 165 gives one of two encodings of the same pictures, as its memory happens to lie (4 of 24 runs
    differed, with one thread too; 0 of 24 with AVX2). The same film must be the same file, so AVX2 it is.
    """
    # Where numpy looks itself; there is no public way to ask.
    numpy_core = importlib.import_module("numpy._core._multiarray_umath")
    features: dict[str, bool] = getattr(numpy_core, "__cpu_features__", {})
    return "stitchable=1:asm=avx2" if features.get("AVX512F") else "stitchable=1"


@contextmanager
def lossless_writer(path: Path, fps: Fraction = Fraction(8)) -> Iterator[FrameWriter]:
    """Write pictures to `path` so that they come back exactly: FFV1 with checksums, as RGB, in Matroska."""
    with replacing(path) as part, av.open(str(part), "w", format="matroska") as container:

        def open_stream(width: int, height: int) -> VideoStream:
            options = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}
            stream = container.add_stream("ffv1", rate=fps, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
            stream.codec_context.time_base = 1 / fps
            return stream

        writer = FrameWriter(container, open_stream, lambda frame: frame.reformat(format="bgr0"), fps)
        yield writer
        writer.finish()


def encode_clip(frames: Iterable[Picture], path: Path, settings: VideoSettings) -> int:
    """`clip_writer` for frames at hand; gives their number."""
    with clip_writer(path, settings) as writer:
        for picture in frames:
            writer.write(picture)
    return writer.frames


def write_lossless(frames: Iterable[Picture], path: Path, fps: Fraction = Fraction(8)) -> int:
    """`lossless_writer` for frames at hand; gives their number."""
    with lossless_writer(path, fps) as writer:
        for picture in frames:
            writer.write(picture)
    return writer.frames


def read_frames(path: Path) -> Generator[Picture, None, None]:
    """Yield the pictures of any video; exactly those that were written if it is lossless.

    Raises StorageError when the file is missing or damaged.
    """
    reformatter = VideoReformatter()
    with reading(path, "a video", RENDER_AGAIN), av.open(str(path)) as container:
        if not container.streams.video:
            raise unreadable(path, "a video", "there is no picture in it", RENDER_AGAIN)
        # Damage is an error, not grey blocks.
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        for frame in container.decode(container.streams.video[0]):
            if frame.is_corrupt:
                raise unreadable(path, "a video", "a picture in it is damaged", RENDER_AGAIN)
            yield _picture(reformatter.reformat(frame, format="rgb24", interpolation=_FROM_VIDEO))


def resize(frames: Iterable[Picture], width: int, height: int) -> Generator[Picture, None, None]:
    """Yield the frames at another size: averaged over areas where it gets smaller, Lanczos where it gets larger."""
    reformatter = VideoReformatter()
    for picture in frames:
        if picture.shape[:2] == (height, width):
            yield picture
            continue
        smaller = width <= picture.shape[1] and height <= picture.shape[0]
        method = Interpolation.AREA if smaller else Interpolation.LANCZOS
        frame = reformatter.reformat(_frame(picture), width=width, height=height,
                                     interpolation=method | Interpolation.ACCURATE_RND)
        yield _picture(frame)


def write_picture(picture: Picture, path: Path) -> None:
    """Write one picture as PNG or JPEG, by the ending of `path`. Raises StorageError when it cannot be written."""
    frame = _frame(picture)
    if path.suffix.lower() == ".png":
        codec, pixels = "png", "rgb24"
    elif path.suffix.lower() in (".jpg", ".jpeg"):
        codec, pixels = "mjpeg", "yuvj420p"
        frame = frame.reformat(format=pixels, dst_colorspace=Colorspace.ITU601, src_color_range=ColorRange.JPEG,
                               dst_color_range=ColorRange.JPEG, interpolation=_TO_VIDEO)
    else:
        raise UsageError("a picture's name to end in .png, .jpg or .jpeg", f"{path.name} came", "choose another name")
    encoder = av.CodecContext.create(codec, "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError(codec)
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = pixels, Fraction(1)
    if codec == "mjpeg":
        encoder.qmin, encoder.qmax = 2, 4
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    with replacing(path) as part:
        part.write_bytes(b"".join(bytes(packet) for packet in packets))


def _frame(picture: Picture) -> VideoFrame:
    return VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")


def _picture(frame: VideoFrame) -> Picture:
    array: Picture = frame.to_ndarray().astype(np.uint8, copy=False)
    return array
