"""How far a film is, and how it is told to people."""

import io

import pytest

from runtime.cli.display import Plain, display_for
from runtime.cli.films import default_output
from runtime.cli.progress import Progress, duration
from runtime.events import FilmStarted, Notice, Preview, SceneDone, StageStarted, Step


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_progress_goes_one_way_from_nothing_to_everything() -> None:
    progress = Progress()
    seen = [progress.fraction]

    def see(*events: object) -> None:
        for event in events:
            progress.see(event)  # type: ignore[arg-type]
            seen.append(progress.fraction)

    see(StageStarted(stage="script"), FilmStarted(title="x", scenes=2, seed=1, folder="x"))
    for scene in (1, 2):
        for stage in ("denoise", "decode", "upscale"):
            see(StageStarted(scene=scene, stage=stage),
                *(Step(scene=scene, stage=stage, done=done, total=4) for done in (1, 2, 3, 4)))
        see(SceneDone(scene=scene, path="x", take=1, cached=False))
    see(StageStarted(stage="mix"))
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == pytest.approx(0.95)


def test_time_left_goes_by_the_pace_of_this_run() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.see(FilmStarted(title="x", scenes=10, seed=1, folder="x"))
    assert progress.seconds_left is None
    for scene in range(1, 5):
        progress.see(SceneDone(scene=scene, path="x", take=1, cached=True))
    assert progress.seconds_left is None  # what was there before says nothing
    clock.now += 12.0
    progress.see(SceneDone(scene=5, path="x", take=1, cached=False))
    # One scene (9.5 % of the work) took 12 s; 52.5 % is left.
    assert progress.seconds_left == pytest.approx(12.0 / 0.095 * 0.525)


def test_words() -> None:
    progress = Progress()
    progress.see(FilmStarted(title="x", scenes=10, seed=1, folder="x"))
    progress.see(StageStarted(scene=3, stage="denoise"))
    assert progress.words == "scene 3 of 10: drawing"
    progress.see(StageStarted(stage="join"))
    assert progress.words == "joining"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (45, "45 s"), (200, "3 min"), (7500, "2 h 5 min")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_plain_lines_and_a_reader_who_leaves() -> None:
    stream = io.StringIO()
    display = Plain(stream)
    with display:
        display.show(FilmStarted(title="The Whale", scenes=1, seed=7, folder="/films/whale.film"))
        display.show(StageStarted(scene=1, stage="denoise"))
        display.show(Step(scene=1, stage="denoise", done=1, total=4))
        display.show(Preview(scene=1, path="/films/whale.film/previews/a.jpg"))
        display.show(Notice(code="device", message="the denoiser runs on an abacus"))
        assert stream.getvalue().splitlines() == [
            "“The Whale”: 1 scene, seed 7, in /films/whale.film", "scene 1 of 1: drawing",
            "scene 1 of 1: preview /films/whale.film/previews/a.jpg", "note: the denoiser runs on an abacus"]
        stream.close()
        display.show(SceneDone(scene=1, path="x", take=1, cached=False))


def test_events_and_quiet_leave_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet, events in ((True, False), (False, True)):
        display_for(quiet, events).show(FilmStarted(title="x", scenes=1, seed=7, folder="x"))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("idea", "name"), [
    ("A race between a car and an airplane!", "a-race-between-a-car-and-an-airplane.mp4"), ("🚗", "movie.mp4"),
    ("../../etc/passwd", "etc-passwd.mp4"), ("word " * 100, "-".join(["word"] * 12) + ".mp4"),
    ("Гонка", "гонка.mp4")])
def test_a_film_is_named_after_its_idea(idea: str, name: str) -> None:
    assert str(default_output(idea)) == name
