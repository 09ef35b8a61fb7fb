"""What it costs to go on: step, stages and scene in a process that has its engines open and has run before."""

import itertools
import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av

from runtime.bench.figures import Row, Scope
from runtime.bench.request import PROMPT, SEED
from runtime.bench.timed import Timed
from runtime.bench.work import Measured, Work, evaluation, listed
from runtime.events import Event, Step
from runtime.film import FilmFolder, embedder
from runtime.film.drawing import condition, denoise_request, drawn_by, normalisation, tokenizer
from runtime.film.memory import within_memory
from runtime.film.setup import Setup, set_up
from runtime.film.shots import CRF, PRESET, encode_texts, enlarged, render_scene, scene_parts
from runtime.media.video import Picture, VideoSettings, encode_clip, resize
from runtime.screenplay import Scene
from runtime.shot.decode import decode
from runtime.shot.denoise import Estimate, Latents
from runtime.shot.guidance import Latent
from runtime.shot.text import EncodedText, encode_text
from runtime.shot.upscale import PARTS, UpscalerGraphs, upscale
from runtime.sound.cues import CueSheet
from runtime.sound.mix import mix
from runtime.sound.plan import plan
from runtime.sound.search import Search

_TONE: Final = "dramatic"


def measure_step(work: Work) -> list[Measured]:
    """One evaluation of the denoiser."""
    denoiser, evaluate = evaluation(work)
    values, _ = work.measure("step", "step", evaluate, [denoiser])
    return [Measured(Row(name="step", scope="step", phase="warm", engine=denoiser.device, values=values,
                         unit="steps"), (denoiser.use(),))]


@dataclass(frozen=True)
class _Stages:
    """The stages of one scene, each fed with what the one before really gave; `rows` collects them."""

    work: Work
    setup: Setup
    rows: list[Measured]

    def text(self) -> tuple[EncodedText, EncodedText]:
        """The prompt and the text of nothing, encoded."""
        encoder = self.setup.line_up.text_encoder
        reader = tokenizer(self.setup.line_up)
        engine = self.work.timed("text_encoder")

        def encode(text: str) -> EncodedText:
            return encode_text(text, reader, engine, encoder.max_tokens)

        values, text = self.work.measure("stage.text", "stage", lambda: encode(PROMPT), [engine])
        self._row("stage.text", values, (1.0, "texts"), [engine])
        return text, encode("")

    def denoise(self, text: EncodedText, null: EncodedText) -> Latent:
        """The scene's latents."""
        denoiser = self.setup.line_up.denoiser
        engines = {part: self.work.timed("denoiser", part) for part in denoiser.parts(self.work.engines.on_gpu)}
        request = denoise_request(denoiser, self.setup.table, SEED,
                                  condition(denoiser, text.context, null.context))
        values, latents = self.work.measure("stage.denoise", "stage",
                                            lambda: _latents(drawn_by(request, denoiser, engines)), engines.values())
        self._row("stage.denoise", values, (self.setup.table.steps, "steps"), engines.values())
        return latents

    def decode(self, latents: Latent) -> list[Picture]:
        """The scene's frames as the model draws them."""
        engine, scale = self.work.timed("decoder"), normalisation(self.setup.line_up.denoiser)
        values, frames = self.work.measure("stage.decode", "stage", lambda: list(decode(latents, engine, scale)),
                                           [engine])
        self._row("stage.decode", values, (len(frames), "frames"), [engine])
        return frames

    def upscale(self, frames: list[Picture]) -> list[Picture]:
        """The frames enlarged; each of the upscaler's graphs is a row too."""
        engines = {part: self.work.timed("upscaler", part) for part in PARTS}
        values, large = self.work.measure("stage.upscale", "stage",
                                          lambda: _enlarge(frames, UpscalerGraphs(**engines)), engines.values())
        self._row("stage.upscale", values, (len(large), "frames"), engines.values())
        for part, engine in engines.items():
            if engine.seconds:
                self.rows.append(Measured(Row(name=f"stage.upscale.{part}", scope="stage", phase="warm",
                                              engine=engine.device, values=tuple(engine.seconds)), (engine.use(),)))
        return large

    def encode(self, frames: Sequence[Picture], folder: Path) -> None:
        """The frames at the film's size as a clip."""
        settings = VideoSettings(fps=self.setup.fps, crf=CRF, preset=PRESET)
        clip = folder / "clip.mp4"
        values, count = self.work.measure(
            "stage.encode", "stage", lambda: encode_clip(resize(frames, *self.setup.size), clip, settings))
        self.rows.append(Measured(Row(name="stage.encode", scope="stage", phase="warm", values=values, volume=count,
                                      unit="frames", host=True,
                                      engine=f"x264 by PyAV {av.__version__} on CPU")))

    def sound(self, seconds: float) -> None:
        """Sounds found for the scene, and mixed."""
        engines = self.work.engines
        values, _ = self.work.measure("stage.sound", "stage", lambda: _mixed(self.setup, self.work, seconds))
        device = engines.devices().get("text_encoder")  # an imported one may have no embedding of sentences
        ran_on = "numpy" if device is None else f"numpy, and {device} for the search"
        self.rows.append(Measured(Row(name="stage.sound", scope="stage", phase="warm", values=values, volume=seconds,
                                      unit="seconds of sound", engine=ran_on, host=True)))

    def _row(self, name: str, values: tuple[float, ...], made: tuple[float, str], engines: Iterable[Timed]) -> None:
        row = Row(name=name, scope="stage", phase="warm", engine=listed(engine.device for engine in engines),
                  values=values, volume=made[0], unit=made[1])
        self.rows.append(Measured(row, tuple(engine.use() for engine in engines)))


def measure_stages(work: Work) -> list[Measured]:
    """Each stage of one scene by itself. The engines of a stage are freed before the next, so memory is its own."""
    stages = _Stages(work, set_up(work.request.settings, work.line_up), [])
    text, null = stages.text()
    work.engines.release("text_encoder")
    latents = stages.denoise(text, null)
    work.engines.release("denoiser")
    frames = stages.decode(latents)
    work.engines.release("decoder")
    seconds = len(frames) / float(stages.setup.fps)
    if enlarged(stages.setup):
        frames = stages.upscale(frames)
        work.engines.release("upscaler")
    with tempfile.TemporaryDirectory(prefix="moviefactory-") as folder:
        stages.encode(frames, Path(folder))
    frames.clear()
    stages.sound(seconds)
    return stages.rows


def measure_scene(work: Work) -> list[Measured]:
    """One scene from its words to its clip, with an empty film folder each time, as a film makes it."""
    setup = set_up(work.request.settings, work.line_up)
    parts = scene_parts(1, Scene(prompt=PROMPT, seconds=setup.most_seconds, seed=SEED), setup)
    for role in ("denoiser", "decoder", *(["upscaler"] if enlarged(setup) else [])):
        work.opened(role)  # even without a warm-up no run opens them, but where they do not fit at once
    with tempfile.TemporaryDirectory(prefix="moviefactory-") as place:
        numbers = itertools.count()

        def run() -> None:
            with FilmFolder.new(Path(place) / f"{next(numbers)}.film") as folder:
                def scene() -> Generator[Event, None, None]:
                    yield from encode_texts([parts], setup, work.engines, folder.store)
                    yield from render_scene(parts, setup, work.engines, folder)

                with closing(within_memory(scene, setup, work.engines)) as events:
                    for _ in events:
                        pass

        values, _ = work.measure("scene", "scene", run)
    return [Measured(Row(name="scene", scope="scene", phase="warm", engine=work.ran_on(), values=values,
                         volume=parts.count, unit="frames"))]


MEASURES: Final[dict[Scope, Callable[[Work], list[Measured]]]] = {
    "step": measure_step, "stage": measure_stages, "scene": measure_scene}


def _latents(events: Iterable[Step | Estimate | Latents]) -> Latent:
    return next(item.array for item in events if isinstance(item, Latents))


def _enlarge(frames: list[Picture], graphs: UpscalerGraphs) -> list[Picture]:
    return [item for item in upscale(frames, graphs) if not isinstance(item, Step)]


def _mixed(setup: Setup, work: Work, seconds: float) -> CueSheet:
    search = Search(setup.library, embedder(setup.line_up, work.engines))
    sheet = plan([Scene(prompt=PROMPT, seconds=seconds)], _TONE, search, seconds=[seconds])
    mix(sheet, setup.library, sheet.seconds)
    return sheet
