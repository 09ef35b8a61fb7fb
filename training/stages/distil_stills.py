"""Few-step distillation on single pictures: the inserted layers learn to draw in four evaluations (see `distil`)."""

from training.command import parse
from training.loop import Schedule
from training.sampling import film_sheet
from training.stages.distil import STILLS, run

SCHEDULE = Schedule(clips=200_000, batch=32, rate=2e-4, warmup=1000, ema=0.998, decay=0.5)


def main(arguments: list[str]) -> None:
    """Run the teacher, train the student, write `distil_stills.safetensors` and a sheet of four-step samples."""
    request = parse(STILLS, SCHEDULE, arguments)
    run(request, STILLS, frames=1)
    film_sheet(request.weights, (STILLS,), request.out, frames=1)
