"""The sound of a film: the automatic cue sheet, a person's edits on top, one mixed track."""

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from runtime.bundle import Engines, LineUp
from runtime.events import Event, Notice, StageStarted
from runtime.film.decisions import Film
from runtime.film.drawing import tokenizer
from runtime.film.setup import Setup
from runtime.film.shots import SceneParts, motion
from runtime.film.store import Artefact, Store, read_text, write_text
from runtime.media.audio import encode_flac
from runtime.shot.text import encode_text
from runtime.sound import cues
from runtime.sound.cues import CueSheet
from runtime.sound.mix import mix
from runtime.sound.plan import plan
from runtime.sound.search import Embed, Search, Vectors


def embedder(line_up: LineUp, engines: Engines) -> Embed | None:
    """The line-up's text encoder as what `Search` takes; the engine opens at the first use. None when it has no
    embedding."""
    encoder = line_up.text_encoder
    if not encoder.embeds:
        return None
    reader = tokenizer(line_up)

    def embed(texts: Sequence[str]) -> Vectors:
        engine = engines.get("text_encoder")
        found = (encode_text(text, reader, engine, encoder.max_tokens).embedding for text in texts)
        return np.stack([vector for vector in found if vector is not None])

    return embed


@dataclass(frozen=True)
class SoundParts:
    """The cue sheet and what it depends on; the mix also depends on the edits, so it is known only with the sheet."""

    seconds: tuple[float, ...]
    sheet: Artefact


def sound_parts(film: Film, setup: Setup, scenes: Sequence[SceneParts]) -> SoundParts:
    """What the film's sound is made of."""
    script = film.screenplay
    seconds = tuple(float(parts.count / setup.fps) for parts in scenes)
    heard = [{"prompt": scene.prompt, "ambience": scene.sounds.ambience, "effects": list(scene.sounds.effects)}
             for scene in script.scenes]
    sheet = Artefact("cues", {"scenes": heard, "frames": [parts.frames.key for parts in scenes], "tone": script.tone,
                              "text": _music_text(film), "seconds": list(seconds), "library": setup.library.digest,
                              "text_encoder": setup.line_up.digests()["text_encoder"]})
    return SoundParts(seconds, sheet)


def plan_sound(film: Film, setup: Setup, scenes: Sequence[SceneParts], engines: Engines,
               store: Store) -> Generator[Event, None, None]:
    """Write the automatic cue sheet if it is not there."""
    parts = sound_parts(film, setup, scenes)
    if store.has(parts.sheet):
        return
    yield StageStarted(stage="sound")
    embed = embedder(setup.line_up, engines)
    if embed is None:
        yield Notice(code="sounds-by-words", message="the text encoder says nothing of what sentences mean: sounds are "
                                                     "found by their words alone")
    search = Search(setup.library, embed)
    moved = [motion(scene, store) if store.has(scene.frames) else None for scene in scenes]
    sheet = plan(film.screenplay.scenes, film.screenplay.tone, search, seconds=parts.seconds, motion=moved,
                 text=_music_text(film))
    write_text(store.prepare(parts.sheet), cues.to_json(sheet))
    store.keep(parts.sheet, engines.devices())
    engines.release("text_encoder")


def mix_sound(film: Film, setup: Setup, scenes: Sequence[SceneParts],
              store: Store) -> Generator[Event, None, Artefact]:
    """Apply the edits to the cue sheet and mix if that is still to be done; gives the mix."""
    parts = sound_parts(film, setup, scenes)
    path = store.path(parts.sheet)
    automatic = cues.from_json(read_text(path, "delete it; it is made again"), str(path))
    for name in cues.stale(automatic, film.cues):
        yield Notice(code="cue-edit-lost", message=f"the edit of the sound {name!r} has no effect: the film has no "
                                                   "such sound any more")
    sheet = cues.apply(automatic, film.cues)
    part = mix_part(sheet, setup)
    if not store.has(part):
        yield StageStarted(stage="mix")
        encode_flac(mix(sheet, setup.library, sheet.seconds), store.prepare(part))
        store.keep(part, {})
    return part


def mix_part(sheet: CueSheet, setup: Setup) -> Artefact:
    """The mix of a sheet."""
    return Artefact("mix", {"sheet": dataclasses.asdict(sheet), "library": setup.library.digest})


def _music_text(film: Film) -> str:
    return f"{film.screenplay.title}. {film.screenplay.logline}"
