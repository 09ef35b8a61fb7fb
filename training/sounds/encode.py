"""Samples into a small file: Opus in Ogg, the same bytes for the same samples."""

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

_FRAME = 960


def opus(samples: npt.NDArray[np.float32], bit_rate: int) -> bytes:
    """Encode (n, 2) float32 at 48 kHz as Ogg Opus. Time 0 of the file is sample 0."""
    target = io.BytesIO()
    # bitexact: without it every file gets a random stream number and the encoder's version.
    with av.open(target, "w", format="opus", options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream("libopus", rate=48000, layout="stereo",
                                 options={"application": "audio", "vbr": "on", "compression_level": "10",
                                          "flags": "+bitexact"})
        stream.bit_rate = bit_rate
        for start in range(0, len(samples), _FRAME):
            part = np.ascontiguousarray(samples[start:start + _FRAME].reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return target.getvalue()
