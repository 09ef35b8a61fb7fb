"""The pictures of a film: texts, then scene by scene latents, frames and the finished clip.

Every artefact is written as it is made, a few frames at a time, so memory does not grow with the number of scenes.
"""

import itertools
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.bundle import Engines
from runtime.errors import StorageError
from runtime.events import Event, Notice, Preview, StageStarted, Step
from runtime.film.drawing import condition, denoise_request, drawn, normalisation, tokenizer, upscaler_graphs
from runtime.film.folder import FilmFolder
from runtime.film.setup import Setup
from runtime.film.store import Artefact, Store
from runtime.media.files import replacing
from runtime.media.video import (
    FrameWriter,
    Picture,
    VideoSettings,
    clip_writer,
    lossless_writer,
    read_frames,
    resize,
    write_picture,
)
from runtime.screenplay import Scene
from runtime.shot.decode import CHUNK, decode
from runtime.shot.denoise import Latents
from runtime.shot.text import encode_text
from runtime.shot.upscale import upscale

CRF: Final = 21
PRESET: Final = "superfast"
"""As near to the pictures as "veryfast" at 18 (46.7 and 46.4 dB, three scenes at 3072x1280) in two thirds of the time;
files are a quarter larger."""

Tensor = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SceneParts:
    """The artefacts of one scene; each depends on those before it. `null` is the text of nothing, for guidance."""

    number: int
    prompt: str
    seed: int
    count: int
    text: Artefact
    null: Artefact | None
    latents: Artefact
    frames: Artefact
    clip: Artefact


def scene_parts(number: int, scene: Scene, setup: Setup) -> SceneParts:
    """What scene `number` (from 1) is made of."""
    digests, denoiser = setup.line_up.digests(), setup.line_up.denoiser
    text = _text(scene.prompt, digests)
    null = None if denoiser.guidance == 1.0 else _text("", digests)
    seed, count = scene.seed or 0, setup.frames(scene.seconds)
    # The denoiser always draws all its frames and shorter scenes are cut, so the length is no input of the latents.
    latents = Artefact("latents", {"text": text.key, "seed": seed, "steps": setup.table.steps,
                                   "domain": denoiser.default_domain, "denoiser": digests["denoiser"]})
    frames = Artefact("frames", {"latents": latents.key, "count": count, "decoder": digests["decoder"]})
    upscaler = digests["upscaler"] if enlarged(setup) else None
    clip = Artefact("clip", {"frames": frames.key, "size": list(setup.size), "upscaler": upscaler, "crf": CRF,
                             "preset": PRESET, "fps": str(setup.fps)})
    return SceneParts(number, scene.prompt, seed, count, text, null, latents, frames, clip)


def encode_texts(scenes: Sequence[SceneParts], setup: Setup, engines: Engines,
                 store: Store) -> Generator[Event, None, None]:
    """Encode the words of every scene that is still to be drawn, then free the text encoder."""
    due = [parts for parts in scenes if not any(map(store.has, (parts.clip, parts.frames, parts.latents)))]
    wanted = {part.key: (part, parts.prompt if part is parts.text else "", parts.number)
              for parts in due for part in (parts.text, parts.null) if part is not None and not store.has(part)}
    if not wanted:
        return
    yield StageStarted(stage="text")
    encoder = setup.line_up.text_encoder
    reader = tokenizer(setup.line_up)
    engine = engines.get("text_encoder")
    for done, (part, prompt, number) in enumerate(wanted.values(), 1):
        encoded = encode_text(prompt, reader, engine, encoder.max_tokens)
        if encoded.cut:
            yield Notice(scene=number, code="text-cut",
                         message=f"scene {number}: the model reads {encoder.max_tokens} tokens; the last {encoded.cut} "
                                 "of its text were left out")
        _save(store, part, encoded.context, engines)
        yield Step(stage="text", done=done, total=len(wanted))
    engines.release("text_encoder")


def render_scene(parts: SceneParts, setup: Setup, engines: Engines,
                 folder: FilmFolder) -> Generator[Event, None, None]:
    """Make what is missing of a scene. Close it to stop; what is finished stays."""
    if not folder.store.has(parts.frames):
        if not folder.store.has(parts.latents):
            yield from _draw(parts, setup, engines, folder.store)
        yield from _decode(parts, setup, engines, folder)
    yield from _encode(parts, setup, engines, folder.store)


def motion(parts: SceneParts, store: Store) -> list[float]:
    """How much the picture moves into each frame: mean absolute difference, 0 to 255; 0 for the first."""
    moved, before = [], None
    for picture in read_frames(store.path(parts.frames)):
        now = picture[::4, ::4].astype(np.int16)
        moved.append(0.0 if before is None else float(np.abs(now - before).mean()))
        before = now
    return moved


def enlarged(setup: Setup) -> bool:
    """Whether the film is larger than what the model draws."""
    return any(wanted > drawn for wanted, drawn in zip(setup.size, setup.line_up.denoiser.size, strict=True))


def _text(prompt: str, digests: Mapping[str, str]) -> Artefact:
    return Artefact("text", {"prompt": prompt, "text_encoder": digests["text_encoder"]})


def _draw(parts: SceneParts, setup: Setup, engines: Engines, store: Store) -> Generator[Event, None, None]:
    yield StageStarted(stage="denoise")
    denoiser = setup.line_up.denoiser
    told = condition(denoiser, _load(store, parts.text), None if parts.null is None else _load(store, parts.null))
    for item in drawn(denoise_request(denoiser, setup.table, parts.seed, told), denoiser, engines):
        if isinstance(item, Latents):
            _save(store, parts.latents, item.array, engines)
        elif isinstance(item, Step):
            yield item


def _decode(parts: SceneParts, setup: Setup, engines: Engines, folder: FilmFolder) -> Generator[Event, None, None]:
    yield StageStarted(stage="decode")
    store = folder.store
    pictures = decode(_load(store, parts.latents), engines.get("decoder"), normalisation(setup.line_up.denoiser),
                      1 if engines.sparing else CHUNK)
    preview = folder.preview(parts.frames.key)
    with lossless_writer(store.prepare(parts.frames), setup.fps) as writer:
        for done, picture in enumerate(itertools.islice(pictures, parts.count), 1):
            writer.write(picture)
            if done == (parts.count + 1) // 2:
                write_picture(picture, preview)
                yield Preview(path=str(preview))
            yield Step(stage="decode", done=done, total=parts.count)
    store.keep(parts.frames, engines.devices())


def _encode(parts: SceneParts, setup: Setup, engines: Engines, store: Store) -> Generator[Event, None, None]:
    """Enlarge where the film is larger than what the model draws, and encode."""
    stage: Final = "upscale" if enlarged(setup) else "encode"
    yield StageStarted(stage=stage)
    frames = read_frames(store.path(parts.frames))
    with clip_writer(store.prepare(parts.clip), VideoSettings(fps=setup.fps, crf=CRF, preset=PRESET)) as writer:
        if not enlarged(setup):
            for done, picture in enumerate(frames, 1):
                _write(writer, picture, setup)
                yield Step(stage="encode", done=done, total=parts.count)
        else:
            for item in upscale(frames, upscaler_graphs(engines), engines.sparing):
                if isinstance(item, Step):
                    yield item
                else:
                    _write(writer, item, setup)
    store.keep(parts.clip, engines.devices())


def _write(writer: FrameWriter, picture: Picture, setup: Setup) -> None:
    for sized in resize([picture], *setup.size):
        writer.write(sized)


def _save(store: Store, part: Artefact, array: Tensor, engines: Engines) -> None:
    with replacing(store.prepare(part)) as draft, draft.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    store.keep(part, engines.devices())


def _load(store: Store, part: Artefact) -> Tensor:
    path: Path = store.path(part)
    try:
        with path.open("rb") as file:  # np.load by itself leaves it open when a signal ends it
            array: Tensor = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise StorageError(f"{path} to be an array", f"it cannot be read: {error}",
                           "delete it and render again") from error
    return array
