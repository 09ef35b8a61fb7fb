"""Are we faster than diffusers? `python -m benchmarks.against_diffusers [--network starter|full] [...]`.

The same weights, noise, embeddings and solver table on both sides; whoever does not compute what the network does in
fp32 is not timed; the others run in turns on the same cores. benchmarks/README.md says more.
"""

import argparse
import dataclasses
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.figures import CONTENDERS, GOALS, Entry, closeness, judge, table, to_dict
from benchmarks.side_by_side.race import Race, export
from benchmarks.side_by_side.task import Scope, Task
from runtime.bench.energy import Nvidia
from runtime.bench.machine import environment, usable_cores
from runtime.bench.words import duration
from runtime.errors import MovieFactoryError, UsageError

NO_GPU = "RTX GPU: not measured"
ONE: dict[Scope, str] = {"step": "one evaluation of the denoiser", "scene": "a scene, from its noise to its latents"}


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, print, write."""
    options = parse(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="moviefactory-against-") as place:
            result = compare(options, place)
    except MovieFactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        print(f"written to {options.json}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against_diffusers", description=__doc__)
    parser.add_argument("--network", choices=("starter", "full"), default="starter",
                        help="the starter's, or Stable Diffusion 2's UNet with random weights: one step of one picture")
    parser.add_argument("--weights", type=Path, default=Path("training/weights"), help="the starter's finished stages")
    parser.add_argument("--random", action="store_true", help="the starter with random weights: as fast as finished")
    parser.add_argument("--rounds", type=int, default=10, help="runs of each contender that count")
    parser.add_argument("--threads", type=int, default=usable_cores() or 1,
                        help="of each contender (default: all usable cores)")
    parser.add_argument("--json", type=Path, help="the JSON file to write")
    return parser.parse_args(argv)


def compare(options: argparse.Namespace, place: str) -> dict[str, Any]:
    """Export, then compare on the CPU and, where torch has one, on a GPU: the report as JSON values.

    Raises UsageError for what cannot be compared. What a contender fails with is part of the report.
    """
    for name in ("rounds", "threads"):
        if getattr(options, name) < 1:
            raise UsageError(f"--{name} to be 1 or more", f"{getattr(options, name)} was given", "choose a larger one")
    random = options.random or options.network == "full"
    task = Task(network=options.network, weights=None if random else str(options.weights), threads=options.threads,
                place=place)
    about = described(options, task)
    machine = about["environment"]
    print(f"{task.network}, {about['weights']} weights, {task.threads} threads, {options.rounds} rounds; "
          f"{machine['cpu']}, load {machine['load_average']}", flush=True)
    exported = export(task)
    found = {**about, "tolerance": exported["tolerance"], "cpu": on_device(task, exported, "cpu", options.rounds)}
    if machine["gpu"]:
        # GPUs compute in the types a graph says; diffusers is given bf16 too.
        halves = dataclasses.replace(task, precision="bf16-typed")
        return {**found, "cuda": on_device(halves, export(halves), "cuda", options.rounds)}
    print(NO_GPU)
    return {**found, "cuda": None}


def on_device(task: Task, exported: dict[str, Any], place: str, rounds: int) -> dict[str, Any]:
    """All contenders of one device: equivalence first, then their times."""
    with Race(task, exported, place) as race:
        entries: list[Entry] = []
        for contender in CONTENDERS[place]:
            entries.append(race.admit(contender))
            for scope in entries[-1].errors or task.scopes[:1]:
                print(f"{scope}: {closeness(entries[-1], scope)}", flush=True)
        for scope in task.scopes:
            entries = race.time(entries, scope, rounds)
            print(f"\n{ONE[scope]}\n{table(entries, scope)}")
            print(*(judge(goal, entries, scope) for goal in GOALS[place]), sep="\n", flush=True)
        tried = dict(race.tried)
    print(f"\ntorch tried {', '.join(f'{way} {duration(seconds)}' for way, seconds in tried.items())}")
    print(f"memory: {', '.join(f'{side} {size / 1e9:.1f} GB' for side, size in memory(entries).items())}")
    return {**to_dict(entries, GOALS[place], task.scopes), "tried_seconds": tried}


def memory(entries: Sequence[Entry]) -> dict[str, int]:
    """Resident bytes of each side's process with all of its contenders open."""
    return {entry.contender.side: entry.memory for entry in entries if entry.memory is not None}


def described(options: argparse.Namespace, task: Task) -> dict[str, Any]:
    """What is compared, where and with which command; names no path and no user."""
    command = (f"python -m benchmarks.against_diffusers --network {task.network} --rounds {options.rounds} "
               f"--threads {task.threads}{' --random' if options.random else ''}")
    import torch  # the processes that are measured load their own; this one only asks for a GPU

    gpu = torch.cuda.is_available()
    about = environment(Nvidia.open() if gpu else None, torch.cuda.get_device_name() if gpu else "")
    packages = {name: importlib.metadata.version(name) for name in ("torch", "diffusers")}
    return {"schema": 1, "name": "against_diffusers", "command": command, "network": task.network,
            "weights": "random" if task.weights is None else "finished", "threads": task.threads,
            "rounds": options.rounds, "environment": {**about, "packages": {**about["packages"], **packages}}}


if __name__ == "__main__":
    sys.exit(main())
