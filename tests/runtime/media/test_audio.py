"""Sounds written and read back: where samples land, how channels are mixed, what goes wrong."""

from pathlib import Path

import av
import numpy as np
import pytest

from runtime.errors import StorageError
from runtime.media.audio import Samples, decode, encode_flac, encode_wav

RATE = 48000


def noise_burst(seconds: float = 0.5, channels: int = 2, rate: int = RATE) -> Samples:
    """Quiet noise with a loud burst 0.2 s in: easy to place by correlation."""
    rng = np.random.default_rng(3)
    track = rng.standard_normal((round(seconds * rate), channels)).astype(np.float32) * 0.01
    start = round(0.2 * rate)
    track[start:start + rate // 50] *= 30
    loud: Samples = np.clip(track, -0.9, 0.9)
    return loud


def write(path: Path, track: Samples, codec: str, layout: str, rate: int = RATE) -> None:
    """Encode with FFmpeg directly, so that reading is tested against another's writing."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        kind = stream.codec_context.format.name
        resampler = av.AudioResampler(format=kind, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(track.T), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def lag(sent: Samples, got: Samples) -> int:
    """By how many samples `got` is late, from the cross-correlation."""
    count = len(sent) + len(got)
    product = np.fft.rfft(got, count) * np.conj(np.fft.rfft(sent, count))
    best = int(np.argmax(np.fft.irfft(product, count)))
    return best if best < count // 2 else best - count


def test_wav_is_exact(tmp_path: Path) -> None:
    track = noise_burst() * 1.5
    encode_wav(track, tmp_path / "a.wav")
    got = decode(tmp_path / "a.wav")
    assert got.dtype == np.float32
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got, track)


def test_flac_keeps_24_bits_and_clips(tmp_path: Path) -> None:
    track = noise_burst()
    encode_flac(track, tmp_path / "a.flac")
    np.testing.assert_allclose(decode(tmp_path / "a.flac"), track, atol=2.0**-23)
    encode_flac(track * 3, tmp_path / "a.flac")
    np.testing.assert_allclose(decode(tmp_path / "a.flac"), np.clip(track * 3, -1, 1), atol=2.0**-22)


@pytest.mark.parametrize(("name", "codec"), [("a.flac", "flac"), ("a.ogg", "libopus"), ("a.m4a", "aac"),
                                             ("a.mp3", "libmp3lame"), ("a.wav", "pcm_s16le")])
def test_sample_zero_is_sample_zero(tmp_path: Path, name: str, codec: str) -> None:
    track = noise_burst()
    write(tmp_path / name, track, codec, "stereo")
    got = decode(tmp_path / name)
    assert got.shape[1] == 2
    assert 0 <= len(got) - len(track) < 1500
    assert lag(track[:, 0], got[:, 0]) == 0
    assert lag(track[:, 1], got[:, 1]) == 0


def test_mp3_stamps_would_be_late(tmp_path: Path) -> None:
    """The trap that placing by index avoids: the first stamp of an MP3 is not 0."""
    write(tmp_path / "a.mp3", noise_burst(), "libmp3lame", "stereo")
    with av.open(str(tmp_path / "a.mp3")) as container:
        frame = next(container.decode(audio=0))
        assert frame.pts is not None
        assert frame.time_base is not None
        assert frame.pts * frame.time_base > 0.02


def test_mono_goes_to_both_sides_unchanged(tmp_path: Path) -> None:
    track = noise_burst(channels=1)
    write(tmp_path / "a.flac", track, "flac", "mono")
    got = decode(tmp_path / "a.flac")
    assert got.shape == (len(track), 2)
    np.testing.assert_array_equal(got[:, 0], got[:, 1])
    np.testing.assert_allclose(got[:, 0], track[:, 0], atol=2.0**-15)


def test_surround_is_mixed_down(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    track = (rng.standard_normal((4800, 6)) * 0.05).astype(np.float32)
    write(tmp_path / "a.wav", track, "pcm_f32le", "5.1")
    got = decode(tmp_path / "a.wav")
    assert got.shape == (4800, 2)
    left, right, centre, _, back_left, back_right = track.T.astype(np.float64)
    half = np.sqrt(0.5)
    for mixed, side, back in ((got[:, 0], left, back_left), (got[:, 1], right, back_right)):
        # ITU-R BS.775, annex 4: each side takes the centre and its own surround at -3 dB, the whole kept in range.
        np.testing.assert_allclose(mixed, (side + half * centre + half * back) / (1 + 2 * half), atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_other_rates(tmp_path: Path, rate: int) -> None:
    time = np.arange(rate) / rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)[:, None].astype(np.float32)
    write(tmp_path / "a.wav", tone, "pcm_f32le", "mono", rate)
    got = decode(tmp_path / "a.wav")[:, 0]
    assert abs(len(got) - RATE) <= 2
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(got)) / RATE)
    np.testing.assert_allclose(got[600:-600], expected[600:-600], atol=2e-3)
    assert decode(tmp_path / "a.wav", 32000).shape[0] == pytest.approx(32000, abs=2)


def test_lengths_around_a_block(tmp_path: Path) -> None:
    for count in (1, 4095, 4096, 4097, 10000):
        track = np.linspace(-0.5, 0.5, 2 * count, dtype=np.float32).reshape(count, 2)
        encode_wav(track, tmp_path / "a.wav")
        np.testing.assert_array_equal(decode(tmp_path / "a.wav"), track)


@pytest.mark.parametrize("content", [None, b"", b"RIFF", b"nothing to hear"])
def test_unreadable_sounds(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.flac"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match=r"a\.flac to be a sound"):
        decode(path)


def test_a_video_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=8)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "bgr0"
        container.mux(stream.encode(av.VideoFrame(16, 16, "bgr0")))
        container.mux(stream.encode(None))
    with pytest.raises(StorageError, match="no sound in it"):
        decode(path)
