"""How a recording fills a span of the film: loops without a seam, music that ends instead of stopping."""

from dataclasses import dataclass
from typing import Final

from runtime.sound.library import Sound

_SEAM: Final = 0.03
_BLIND_SEAM: Final = 1.0
_RING: Final = 2.2


@dataclass(frozen=True)
class Span:
    """`seconds` of the recording from `source`, laid at `at` seconds after the cue's start.

    The fades overlap those of the neighbouring spans; `even` fades keep the power even (for joins of unlike sound),
    others the amplitude (for joins of the same sound).
    """

    source: float
    at: float
    seconds: float
    fade_in: float = 0.0
    fade_out: float = 0.0
    even: bool = False


def lay(sound: Sound, offset: float, seconds: float) -> list[Span]:
    """Spans that fill `seconds` with `sound` from `offset` on; fewer when the recording ends and does not loop.

    Recordings with loop points repeat between them. Ambience and music without loop points repeat as a whole with a
    one-second crossfade. Music that knows its bar and ending leaves its loop on the last bar line that gives the
    closing chord 2.2 s or more to ring.
    """
    cut = _bar_line(sound, offset, seconds)
    if cut is None:
        return _loop(sound, offset, seconds)
    ending, at = sound.ending or 0.0, cut
    body = _loop(sound, offset, at)
    last = body[-1]
    body[-1] = Span(last.source, last.at, last.seconds, last.fade_in, min(_SEAM, last.seconds / 2), last.even)
    return [*body, Span(ending, at, min(seconds - at, sound.seconds - ending))]


def _bar_line(sound: Sound, offset: float, seconds: float) -> float | None:
    """When the ending starts, in seconds after the cue's start; None when it cannot be used."""
    if sound.kind != "music" or not sound.bar or sound.ending is None:
        return None
    into = offset % sound.bar
    bars = int((seconds - _RING + into + 1e-6) / sound.bar)
    at = bars * sound.bar - into
    fits = at >= sound.bar and seconds - at <= sound.seconds - sound.ending + 0.5
    return at if fits and (sound.loop is None or sound.loop[1] <= sound.ending) else None


def _loop(sound: Sound, offset: float, seconds: float) -> list[Span]:
    if sound.loop is not None:
        first, last = sound.loop
        seam, even = min(_SEAM, sound.seconds - last, (last - first) / 4), False
    elif sound.kind == "effect":
        length = min(seconds, sound.seconds - offset)
        return [Span(offset, 0.0, length)] if length > 0 else []
    else:
        seam, even = min(_BLIND_SEAM, sound.seconds / 4), True
        first, last = 0.0, sound.seconds - seam
    place = offset if offset < last else first + (offset - first) % (last - first)
    spans: list[Span] = []
    at = tail = 0.0
    while at < seconds - 1e-6:
        run = min(last - place, seconds - at)
        more = at + run < seconds - 1e-6
        before, tail = tail, min(seam, seconds - at - run) if more else 0.0
        spans.append(Span(place, at, run + tail, before, tail, even))
        at, place = at + run, first
    return spans
