"""Scene clips and one sound track to a film file, without touching a picture."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from runtime.errors import StorageError
from runtime.media.audio import Samples, to_frame
from runtime.media.files import reading, replacing, unreadable
from runtime.media.video import EXACT_TIMES, RENDER_AGAIN

CLIP: Final = "a scene clip"

HELD_BACK: Final = 2
"""How many frames x264 may hold back to put them in coding order. Counted in for every clip, so that the decoding times
of a clip of one frame, which needs none, fit between its neighbours'."""


@dataclass(frozen=True, kw_only=True)
class JoinSettings:
    """`metadata` is written as the file's tags: title, comment, encoder, artist, date, copyright and the like."""

    rate: int = 48000
    bit_rate: int = 192_000
    metadata: Mapping[str, str] = field(default_factory=dict)


def join(clips: Sequence[Path], samples: Iterable[Samples], path: Path,
         settings: JoinSettings) -> Generator[int, None, None]:
    """Write the film to `path` (MP4, H.264 and AAC, index in front) and yield the number of clips done after each.

    The film is there when the generator ends; close it and nothing is. `samples` are blocks (n, 2) at `settings.rate`;
    the track is cut or filled with silence to the pictures' length. Memory does not grow with the number of clips.
    Raises StorageError naming the clip that cannot be read or does not match the first, or `path` if that cannot be
    written.
    """
    if not clips:
        raise ValueError("a film needs at least one clip")
    with _open(clips[0]) as first:
        like = _Form.of(first.streams.video[0])
    options = {"movflags": "+faststart", **EXACT_TIMES}
    with replacing(path) as part, av.open(str(part), "w", format="mp4", options=options) as film:
        film.metadata.update(_tags(settings.metadata))
        with _open(clips[0]) as first:
            video = film.add_stream_from_template(first.streams.video[0])
        video.time_base = 1 / like.fps
        sound = _Sound(film, samples, settings)
        frames = 0
        for done, clip in enumerate(clips, start=1):
            for packet in _packets(clip, like, frames):
                packet.stream = video
                film.mux(packet)
                frames += 1
                sound.write_until(frames / like.fps)
            yield done
        sound.finish()


@dataclass(frozen=True)
class _Form:
    """What clips must share so that one header serves all."""

    width: int
    height: int
    fps: Fraction
    header: bytes

    @staticmethod
    def of(stream: VideoStream) -> "_Form":
        context = stream.codec_context
        return _Form(context.width, context.height, stream.average_rate or Fraction(0), bytes(context.extradata or b""))


class _Sound:
    """The AAC track, encoded as far as the pictures have come."""

    def __init__(self, film: OutputContainer, samples: Iterable[Samples], settings: JoinSettings) -> None:
        self._film, self._blocks, self._rate = film, iter(samples), settings.rate
        stream = film.add_stream("aac", rate=settings.rate, layout="stereo")
        if not isinstance(stream, AudioStream):
            raise TypeError("aac")
        stream.bit_rate = settings.bit_rate
        self._stream, self._written, self._rest = stream, 0, np.zeros((0, 2), np.float32)

    def write_until(self, seconds: Fraction) -> None:
        """Encode up to `seconds` of the track; silence where it has ended."""
        count = round(seconds * self._rate) - self._written
        block = self._take(count)
        self._film.mux(self._stream.encode(to_frame(block, "fltp", self._rate, self._written)))
        self._written += count

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._film.mux(self._stream.encode(None))

    def _take(self, count: int) -> Samples:
        parts, missing = [self._rest], count - len(self._rest)
        while missing > 0:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((missing, 2), np.float32)
            parts.append(block)
            missing -= len(block)
        together = np.concatenate(parts).astype(np.float32, copy=False)
        self._rest = together[count:]
        return together[:count]


def _packets(clip: Path, like: _Form, offset: int) -> Generator["Packet[VideoStream]", None, None]:
    """The clip's pictures as they are, timed to start at frame `offset`, in units of one frame."""
    with _open(clip) as container, reading(clip, CLIP, RENDER_AGAIN):
        stream = container.streams.video[0]
        if _Form.of(stream) != like:
            raise _other(clip, "it is of another size, frame rate or encoding")
        count, shown = 0, set()
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.pts is None or packet.time_base is None or packet.is_corrupt:
                raise _other(clip, "a picture in it is damaged")
            frame = packet.pts * packet.time_base * like.fps
            shown.add(frame)
            packet.time_base = 1 / like.fps
            packet.pts, packet.dts, packet.duration = offset + round(frame), offset + count - HELD_BACK, 1
            count += 1
            yield packet
        if shown != set(range(stream.frames)):
            raise _other(clip, f"{count} of its {stream.frames} pictures are in place")


def _open(clip: Path) -> InputContainer:
    with reading(clip, CLIP, RENDER_AGAIN):
        container = av.open(str(clip))
        if not container.streams.video:
            container.close()
            raise _other(clip, "there is no picture in it")
        return container


def _other(clip: Path, got: str) -> StorageError:
    return unreadable(clip, CLIP, got, RENDER_AGAIN)


def _tags(metadata: Mapping[str, str]) -> dict[str, str]:
    # FFmpeg writes its own name as the encoder unless told under this key.
    return {"encoding_tool" if key == "encoder" else key: value for key, value in metadata.items()}
