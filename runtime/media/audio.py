"""Samples to sound files and back. A track is (n, 2) float32, left and right, full scale 1."""

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from runtime.media.files import reading, replacing, unreadable

Samples = npt.NDArray[np.float32]

ANOTHER: Final = "put a sound that plays in its place"
BLOCK: Final = 4096


def decode(path: Path, rate: int = 48000) -> Samples:
    """The whole of a sound file, (n, 2) at `rate`. Mono goes to both sides unchanged; more channels are mixed down.

    Sample 0 is the first one decoded, whatever the file's time stamps say: an MP3's first stamp is 23 ms late while
    its padding is gone already. Raises StorageError when the file is missing, damaged or silent by lack of a track.
    """
    blocks = list(_decoded(path, rate))
    if not blocks:
        raise unreadable(path, "a sound", "nothing is in it", ANOTHER)
    track = np.concatenate(blocks, axis=1).T
    return np.ascontiguousarray(np.repeat(track, 2, axis=1) if track.shape[1] == 1 else track)


def encode_flac(samples: Samples, path: Path, rate: int = 48000) -> None:
    """Write `samples` as FLAC, 24 bits; what is beyond full scale is cut off."""
    levels = np.rint(np.clip(samples, -1.0, 1.0) * np.float32(2**23 - 1)).astype(np.int32) << 8
    _encode(levels, path, ("flac", "flac", "s32"), rate)


def encode_wav(samples: Samples, path: Path, rate: int = 48000) -> None:
    """Write `samples` as WAV in float32, exactly."""
    _encode(samples, path, ("wav", "pcm_f32le", "flt"), rate)


def to_frame(block: Samples | npt.NDArray[np.int32], kind: str, rate: int, first: int) -> AudioFrame:
    """`block` (n, 2), whose first sample is number `first` of the track, as a frame of sample format `kind`."""
    array: Any = np.ascontiguousarray(block.T if kind.endswith("p") else block.reshape(1, -1))
    frame = AudioFrame.from_ndarray(array, format=kind, layout="stereo")
    frame.sample_rate, frame.pts = rate, first
    return frame


def _decoded(path: Path, rate: int) -> Generator[Samples, None, None]:
    """Yield blocks (channels, n) at `rate`, one channel if the file is mono, else two."""
    resampler: AudioResampler | None = None
    with reading(path, "a sound", ANOTHER), av.open(str(path)) as container:
        if not container.streams.audio:
            raise unreadable(path, "a sound", "there is no sound in it", ANOTHER)
        for frame in container.decode(container.streams.audio[0]):
            if resampler is None:
                layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                # Mixed down without going over full scale, whatever the file's own sample format.
                resampler = AudioResampler(format="fltp", layout=layout, rate=rate, options={"rematrix_maxval": "1"})
            frame.pts = None
            yield from _arrays(resampler.resample(frame))
        if resampler is not None:
            yield from _arrays(resampler.resample(None))


def _arrays(frames: Iterable[AudioFrame]) -> Generator[Samples, None, None]:
    for frame in frames:
        yield frame.to_ndarray().astype(np.float32, copy=False)


def _encode(samples: npt.NDArray[np.float32] | npt.NDArray[np.int32], path: Path, codec: tuple[str, str, str],
            rate: int) -> None:
    container_name, codec_name, kind = codec
    with replacing(path) as part, av.open(str(part), "w", format=container_name) as container:
        stream = container.add_stream(codec_name, rate=rate, layout="stereo", format=kind)
        if not isinstance(stream, AudioStream):
            raise TypeError(codec_name)
        for first in range(0, len(samples), BLOCK):
            container.mux(stream.encode(to_frame(samples[first:first + BLOCK], kind, rate, first)))
        container.mux(stream.encode(None))
