"""From scene texts to a cue sheet: one ambience and up to two effects a scene, one piece of music for the film.

A scene's own sound hints come first, then its prompt. What fits nothing stays silent. Motion of the picture, if
known, says when a one-shot sounds.
"""

import dataclasses
from collections.abc import Sequence
from typing import Final

from runtime.screenplay import Scene
from runtime.sound.cues import Cue, CueSheet
from runtime.sound.library import Sound
from runtime.sound.search import Hit, Search

EFFECTS: Final = 2
"""Effects a scene at most."""

_OVERLAP: Final = 0.15
_RING: Final = 1.0
_PLACES: Final = (0.3, 0.65)
_NEARLY: Final = 0.7
"""A sound that takes the place of one that rests meets the hint's words nearly as well: creaking wood is no door."""


def plan(scenes: Sequence[Scene], tone: str, search: Search, *, seconds: Sequence[float] | None = None,
         motion: Sequence[Sequence[float] | None] | None = None, text: str = "") -> CueSheet:
    """The automatic cue sheet of a film.

    `seconds` are the scenes' true lengths (default: what the screenplay says); `motion` per scene one value per
    frame, how much the picture moves there, or None; `text` (title, logline) helps to choose among music of the
    same tone. The same input always gives the same sheet.
    """
    lengths = [scene.seconds for scene in scenes] if seconds is None else list(seconds)
    if len(lengths) != len(scenes) or (motion is not None and len(motion) != len(scenes)):
        raise ValueError(f"expected lengths and motion for {len(scenes)} scenes")
    starts = [sum(lengths[:number]) for number in range(len(scenes) + 1)]
    cues = [*_ambiences(scenes, starts, search), *_effects(scenes, starts, search, motion)]
    music = _music(tone, search, text)
    if music is not None:
        cues.append(Cue(id="music", sound=music.id, kind="music", start=0.0, end=starts[-1], fade_in=0.02,
                        fade_out=min(2.0, starts[-1] / 4)))
    return CueSheet(seconds=starts[-1], cues=tuple(cues))


def _ambiences(scenes: Sequence[Scene], starts: Sequence[float], search: Search) -> list[Cue]:
    """Beds: one cue for as long as consecutive scenes share the sound, crossfaded with the next."""
    runs: list[tuple[Sound, int, int]] = []
    for number, scene in enumerate(scenes):
        hint = search.find(scene.sounds.ambience, "ambience", 1) if scene.sounds.ambience.strip() else []
        hits = hint or search.find(scene.prompt, "ambience", 1, sentence=True)
        if not hits:
            continue
        sound = hits[0].sound
        if runs and runs[-1][0] == sound and runs[-1][2] == number:
            runs[-1] = (sound, runs[-1][1], number + 1)
        else:
            runs.append((sound, number, number + 1))
    cues = []
    for sound, first, after in runs:
        start, end = max(0.0, starts[first] - _OVERLAP), min(starts[-1], starts[after] + _OVERLAP)
        fade = min(2 * _OVERLAP, (end - start) / 2)
        cues.append(Cue(id=f"scene-{first + 1}/ambience", sound=sound.id, kind="ambience", start=start, end=end,
                        offset=_somewhere(sound, first), fade_in=fade,
                        fade_out=min(1.0, end - start) if after == len(scenes) else fade, scene=first + 1))
    return cues


def _effects(scenes: Sequence[Scene], starts: Sequence[float], search: Search,
             motion: Sequence[Sequence[float] | None] | None) -> list[Cue]:
    cues: list[Cue] = []
    before: frozenset[str] = frozenset()
    for number, scene in enumerate(scenes):
        chosen = _choose(scene, search, before)
        length = starts[number + 1] - starts[number]
        for place, sound in enumerate(chosen):
            cue = Cue(id=f"scene-{number + 1}/effect-{place + 1}", sound=sound.id, kind="effect",
                      start=starts[number], end=starts[number + 1], scene=number + 1, gain_db=-3.0 * place)
            if sound.loop is not None:
                cues.append(dataclasses.replace(
                    cue, start=max(0.0, cue.start - _OVERLAP), end=min(starts[-1], cue.end + _OVERLAP),
                    offset=_somewhere(sound, number), fade_in=2 * _OVERLAP, fade_out=2 * _OVERLAP))
            else:
                moment = _PLACES[place] * length
                if motion is not None and place == 0 and motion[number]:
                    moment = _busiest(motion[number] or (), length)
                cues.append(_one_shot(cue, sound, moment, starts[-1]))
        before = frozenset(sound.id for sound in chosen if sound.loop is None)
    return cues


def _choose(scene: Scene, search: Search, before: frozenset[str]) -> list[Sound]:
    """Up to two effects. A one-shot of the scene before rests: repeated cut after cut it would sound like a fault.

    A scene with a hint at its ambience and none at effects is meant to have none.
    """
    found: list[list[Hit]] = [search.find(hint, "effect", 3) for hint in scene.sounds.effects if hint.strip()]
    chosen: list[Sound] = []
    for hits in found:
        near = [hit for hit in hits if hit.lexical >= _NEARLY * hits[0].lexical]
        fresh = [hit.sound for hit in near if hit.sound.id not in before and hit.sound not in chosen]
        if fresh and len(chosen) < EFFECTS:
            chosen.append(fresh[0])
    if any(found) or (scene.sounds.ambience.strip() and not found):
        return chosen
    explained: frozenset[str] = frozenset()
    for hit in search.find(scene.prompt, "effect", 8, sentence=True):
        # The second effect must stand for something in the sentence that the first does not.
        new = hit.matched - explained
        if hit.sound.id in before or (chosen and not new):
            continue
        chosen.append(hit.sound)
        explained |= hit.matched
        if len(chosen) == EFFECTS:
            break
    return chosen


def _one_shot(cue: Cue, sound: Sound, moment: float, film_end: float) -> Cue:
    """Lay the sound's loudest moment on `moment` of its scene; start inside the file if there is no room before."""
    lead = sound.peak or 0.0
    offset = max(0.0, lead - moment)
    start = cue.start + max(0.0, moment - lead)
    end = min(start + sound.seconds - offset, cue.end + _RING, film_end)
    whole = end >= start + sound.seconds - offset - 1e-6
    return dataclasses.replace(cue, start=start, end=end, offset=offset, fade_in=0.06 if offset else 0.005,
                               fade_out=0.005 if whole else min(_RING, (end - start) / 2))


def _busiest(motion: Sequence[float], length: float) -> float:
    """Middle of the frame with most motion, in seconds from the scene's start."""
    frame = max(range(len(motion)), key=lambda index: motion[index])
    return (frame + 0.5) / len(motion) * length


def _somewhere(sound: Sound, number: int) -> float:
    """Another place of a loop for each scene, so that a bed heard twice is not the same twice."""
    if sound.loop is None:
        return 0.0
    start, end = sound.loop
    return start + (0.381966 * number) % 1.0 * (end - start)


def _music(tone: str, search: Search, text: str) -> Sound | None:
    pieces = search.rank(f"{tone} {text}", "music")
    for hit in pieces:
        if tone in hit.sound.moods:
            return hit.sound
    return next((hit.sound for hit in pieces if hit.fits), None)
