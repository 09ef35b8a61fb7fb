"""The training loop: exact resume, the rate's schedule, what is saved."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from training.command import Request, parse, train
from training.loop import Batch, Schedule, Trainer


class Line:
    """A network that learns y = 3x + 1 from noisy points; the noise comes from the step's generator."""

    name = "line"

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model: nn.Module = nn.Sequential(nn.Linear(1, 8), nn.SiLU(), nn.Linear(8, 1))

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        index = start
        while True:
            yield {"x": torch.sin(torch.arange(index, index + count, dtype=torch.float32))[:, None]}
            index += count

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        noise = torch.randn(batch["x"].shape, generator=generator, device=batch["x"].device)
        return (self.model(batch["x"]) - 3 * batch["x"] - 1 + 0.1 * noise).float().square().mean(), {"one": 1.0}


def finished(folder: Path, cuts: tuple[int, ...], clips: int = 320) -> dict[str, Tensor]:
    """The state after `clips`, interrupted at each number of clips in `cuts`."""
    for end in (*cuts, clips):
        trainer = Trainer(Line(), Schedule(clips=clips, batch=8, rate=1e-2, warmup=16, ema=0.9), folder)
        trainer.resume()
        batches = trainer.job.batches(trainer.seen, 8)
        while trainer.seen < end:
            trainer.step(next(batches))
        trainer.save()
    return load_file(folder / "state.safetensors")


def test_a_run_cut_off_twice_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, cut = finished(tmp_path / "whole", ()), finished(tmp_path / "cut", (40, 200))
    assert whole.keys() == cut.keys()
    assert any(key.startswith("optimizer/exp_avg/") for key in whole)
    assert all(torch.equal(value, cut[key]) for key, value in whole.items())


def test_it_learns_and_stops_at_the_schedules_end(tmp_path: Path) -> None:
    trainer = Trainer(Line(), Schedule(clips=4000, batch=8, rate=3e-2, warmup=16), tmp_path)
    first, _ = trainer.step(next(trainer.job.batches(0, 8)))
    for _ in trainer.run():
        pass
    assert trainer.seen == 4000
    last, _ = trainer.step(next(trainer.job.batches(4000, 8)))
    assert last < first / 5


def test_the_rate_warms_up_stays_and_falls_to_zero() -> None:
    schedule = Schedule(clips=1000, batch=10, rate=1.0, warmup=100, decay=0.2)
    assert schedule.rate_at(0) == pytest.approx(0.1)
    assert schedule.rate_at(500) == 1.0
    assert schedule.rate_at(900) == pytest.approx(0.5)
    assert schedule.rate_at(1000) == 0.0


class Interrupted(Line):
    """Its process is asked to end while it computes its sixth step."""

    steps = 0

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        self.steps += 1
        if self.steps == 6:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch, generator)


def test_a_run_that_is_asked_to_end_saves_and_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    schedule = Schedule(clips=320, batch=8, rate=1e-2, warmup=16, ema=0.9)
    request = Request(out=tmp_path / "cut", weights=tmp_path, minutes=None, items=0, schedule=schedule)
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit, match="stopped and saved at 48 clips"):
        train(Interrupted(), request)
    assert signal.getsignal(signal.SIGTERM) == handler
    train(Line(), request)
    whole, cut = finished(tmp_path / "whole", ()), load_file(tmp_path / "cut/state.safetensors")
    assert all(torch.equal(value, cut[key]) for key, value in whole.items())


def test_another_jobs_folder_is_refused(tmp_path: Path) -> None:
    finished(tmp_path, (), clips=8)
    job = Line()
    job.name = "other"
    with pytest.raises(ValueError, match="holds a run of line, not of other"):
        Trainer(job, Schedule(clips=8, batch=8), tmp_path).resume()


def test_from_kept_weights_alone_what_only_serves_training_begins_anew(tmp_path: Path) -> None:
    job = Line()
    trainer = Trainer(job, Schedule(clips=80, batch=8), tmp_path)
    before = {name: value.detach().clone() for name, value in trainer.weights.items()}
    trainer.start_from({"0.weight": torch.full((8, 1), 2.0)}, 40)
    assert trainer.seen == 40
    assert torch.equal(trainer.weights["0.weight"], torch.full((8, 1), 2.0))
    assert torch.equal(trainer.average["0.weight"], torch.full((8, 1), 2.0))
    assert all(torch.equal(trainer.weights[name], value) for name, value in before.items() if name != "0.weight")
    with pytest.raises(ValueError, match="kept weights of line hold none of what it trains"):
        trainer.start_from({"another.weight": torch.zeros(8, 1)}, 40)


def test_a_card_shows_what_decides_the_weights_and_nobodys_folders() -> None:
    usual = Schedule(clips=320, batch=8, rate=1e-2)
    given = ["--out", "/home/somebody/run", "--weights", "/home/somebody/weights", "--minutes", "90", "--clips", "640",
             "--items=500", "--batch", "8", "--rate", "2e-3"]
    request = parse("line", usual, given)
    assert request.command == "python -m training line --items=500 --clips=640 --rate=0.002"
    assert parse("line", usual, request.command.split()[4:]).schedule == request.schedule
    assert parse("line", usual, []).command == "python -m training line"
