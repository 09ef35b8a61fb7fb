"""Films on machines with too little memory: made the sparing way, or stopped with a word on what would fit."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from runtime.backends import Array, Engine, open_engine
from runtime.backends.engine import Feed
from runtime.bundle import write_manifest
from runtime.errors import OutOfMemory
from runtime.events import Event, FilmDone, Notice, StageStarted
from runtime.film import FilmRequest, make
from tests.tiny_films import IDEA, SIZES, film_bundle
from tests.tiny_graphs import greedy_decoder, tiny_manifest

Fits = Callable[[set[str], int], bool]
"""Whether these graphs (by file name) may be open together while one of them runs on so many frames."""


class Budgeted:
    """An engine on a machine whose memory is a rule: opening and running ask it, whatever they would really take."""

    open: ClassVar[set[str]] = set()

    def __init__(self, graph: Path, engine: Engine, fits: Fits) -> None:
        self.inputs, self.outputs, self.device = engine.inputs, engine.outputs, engine.device
        self._graph, self._engine, self._fits = graph.name, engine, fits
        self._ask(self.open | {graph.name}, 1)
        self.open.add(graph.name)

    def run(self, feeds: Mapping[str, Feed], out: Mapping[str, Array] | None = None,
            keep: Collection[str] = ()) -> dict[str, Array]:
        first: Any = next(iter(feeds.values()))
        self._ask(self.open, first.shape[0])
        return self._engine.run(feeds, out, keep)

    def close(self) -> None:
        self.open.discard(self._graph)
        self._engine.close()

    def _ask(self, graphs: set[str], frames: int) -> None:
        if not self._fits(graphs, frames):
            raise OutOfMemory("7 MiB of memory on Abacus", "5 of 6 MiB are free")


@pytest.fixture
def budget(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fits], None]:
    """Set the machine's memory."""

    def limit(fits: Fits) -> None:
        monkeypatch.setattr(Budgeted, "open", set())
        monkeypatch.setattr("runtime.bundle.engines.open_engine", lambda graph, *more, **named: Budgeted(
            graph, open_engine(graph, *more, **named), fits))

    return limit


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose decoder takes any number of frames at once."""
    return film_bundle(tmp_path_factory.mktemp("models") / "free", dataclasses.replace(SIZES, batch="B")).folder


@pytest.fixture(scope="module")
def roomy(free: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film that comes of it where memory is no question."""
    out = tmp_path_factory.mktemp("roomy") / "film.mp4"
    list(make(asked(free, out)))
    return out.read_bytes()


def asked(bundle: Path, out: Path, **fields: Any) -> FilmRequest:
    return dataclasses.replace(FilmRequest(idea=IDEA, out=out, scenes=2, seed=5, models=(bundle,), backend="cpu"),
                               **fields)


def notices(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice) and event.code == "memory"]


def stages(events: list[Event]) -> list[tuple[int | None, str]]:
    return [(event.scene, event.stage) for event in events if isinstance(event, StageStarted) and event.scene]


UPSCALER = {"clean.onnx", "flow.onnx", "backward.onnx", "forward.onnx"}
ROOMY = [(scene, stage) for scene in (1, 2) for stage in ("denoise", "decode", "upscale")]


@pytest.mark.parametrize(("fits", "again"), [
    (lambda graphs, frames: frames == 1, "decode"),
    (lambda graphs, frames: not {"denoiser.onnx", "decoder.onnx"} <= graphs, "decode"),
    (lambda graphs, frames: not {"decoder.onnx", "clean.onnx"} <= graphs, "upscale"),
    (lambda graphs, frames: frames == 1 and len({name in UPSCALER for name in graphs}) == 1, "decode")])
def test_the_sparing_way_makes_the_same_film(roomy: bytes, free: Path, budget: Callable[[Fits], None], tmp_path: Path,
                                             fits: Fits, again: str) -> None:
    budget(fits)
    events = list(make(asked(free, tmp_path / "film.mp4")))
    assert (tmp_path / "film.mp4").read_bytes() == roomy
    assert notices(events) == ["memory ran out: expected 7 MiB of memory on Abacus, but 5 of 6 MiB are free; from "
                               "now on one model at a time is kept open, which takes longer"]
    # Only the stage that failed is begun again, and only in the first scene.
    place = ROOMY.index((1, again))
    assert stages(events) == [*ROOMY[:place + 1], *ROOMY[place:]]


def test_with_room_nothing_is_closed_between_scenes(budget: Callable[[Fits], None], free: Path,
                                                    tmp_path: Path) -> None:
    together: list[set[str]] = []

    def fits(graphs: set[str], frames: int) -> bool:
        together.append(set(graphs))
        return frames <= 4

    budget(fits)
    assert notices(list(make(asked(free, tmp_path / "film.mp4")))) == []
    assert {"denoiser.onnx", "decoder.onnx", *UPSCALER} in together


def test_what_does_not_fit_at_all_stops_and_loses_nothing(budget: Callable[[Fits], None], free: Path,
                                                          tmp_path: Path) -> None:
    request = asked(free, tmp_path / "film.mp4")
    events: list[Event] = []

    def collect() -> None:
        for event in make(request):
            events.append(event)

    budget(lambda graphs, frames: "forward.onnx" not in graphs)
    with pytest.raises(OutOfMemory) as caught:
        collect()
    assert str(caught.value) == (
        "expected 7 MiB of memory on Abacus, but 5 of 6 MiB are free, with nothing but the model of the stage "
        "'upscale' open; close other programs and give the same command again: it goes on from here; a new film of "
        "--size 48x32 needs no upscaler")
    assert (caught.value.code, caught.value.exit_code) == ("out-of-memory", 5)
    assert len(notices(events)) == 1
    budget(lambda graphs, frames: True)
    events.clear()
    collect()
    assert stages(events) == ROOMY[2:]
    assert isinstance(events[-1], FilmDone)


def test_the_size_that_is_named_does_fit(budget: Callable[[Fits], None], free: Path, tmp_path: Path) -> None:
    budget(lambda graphs, frames: "forward.onnx" not in graphs)
    assert isinstance(list(make(asked(free, tmp_path / "film.mp4", size=(48, 32))))[-1], FilmDone)


def test_pythons_own_want_of_memory(budget: Callable[[Fits], None], free: Path, tmp_path: Path) -> None:
    def fits(_: set[str], frames: int) -> bool:
        if frames > 1:
            raise MemoryError
        return True

    budget(fits)
    events = list(make(asked(free, tmp_path / "film.mp4", scenes=1)))
    assert notices(events) == ["memory ran out: expected enough memory, but the machine has no more; from now on one "
                               "model at a time is kept open, which takes longer"]


@pytest.mark.parametrize("backend", ["cpu", "openvino"])
def test_a_decoder_that_really_asks_for_too_much(backend: str, tmp_path: Path) -> None:
    """No rule here: the libraries themselves fail from two frames on."""
    folder = film_bundle(tmp_path / "greedy", dataclasses.replace(SIZES, batch="B")).folder
    greedy_decoder(folder / "decoder.onnx")
    manifest = tiny_manifest(dataclasses.replace(SIZES, batch="B"))
    manifest["roles"]["sounds"] = {"folder": "sounds"}
    write_manifest(folder, manifest)
    events = list(make(asked(folder, tmp_path / "film.mp4", scenes=1, backend=backend)))
    assert "Failed to allocate" in notices(events)[0]
    assert isinstance(events[-1], FilmDone)
