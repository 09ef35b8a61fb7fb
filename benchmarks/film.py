"""How long a film takes, stage by stage, and how much memory: `python -m benchmarks.film [--out film.json] [...]`.

The film is made in a process of its own, from nothing, in a temporary folder; its events carry the times.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

IDEA = "a race between a car and an airplane"


def main() -> int:
    """Make one film and print what it cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.film", description=__doc__)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--size", help="WxH (default: the model's)")
    parser.add_argument("--out", type=Path, default=Path("film-benchmark.json"), help="the JSON file to write")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moviefactory-benchmark-") as place:
        result = measure(options, Path(place) / "movie.mp4")
    show(result)
    options.out.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(f"written to {options.out}")
    return 0


def measure(options: argparse.Namespace, film: Path) -> dict[str, Any]:
    """Make the film and give its figures: seconds, MiB and the machine."""
    command = [sys.executable, "-m", "runtime", "make", IDEA, "-o", str(film), "--scenes", str(options.scenes),
               "--seed", str(options.seed), "--backend", options.backend, "--events", "json"]
    command += ["--model", str(options.model)] if options.model else []
    command += ["--size", options.size] if options.size else []
    started = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    events, after_scene = [], []
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["type"] == "SceneDone":
            after_scene.append(peak_memory(process.pid))
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.time()
    if status:
        raise SystemExit("the film was not made")
    devices = {event["message"] for event in events if event["type"] == "Notice" and event["code"] == "device"}
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
    return {"idea": IDEA, "scenes": options.scenes, "seed": options.seed, "wall_seconds": round(ended - started, 2),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2), "peak_mib": round(peak),
            "peak_mib_after_scene": after_scene, "stages": stages(events, started),
            "film_mib": round(film.stat().st_size / 2**20, 2),
            "folder_mib": round(sum(path.stat().st_size for path in film.with_suffix(".film").rglob("*")
                                    if path.is_file()) / 2**20, 2),
            "devices": sorted(devices), "machine": machine()}


def stages(events: list[dict[str, Any]], started: float) -> dict[str, float]:
    """Seconds of each stage, from one stage's start to the next's; 'start' is what passes before the first."""
    spent = {"start": 0.0}
    now, since = "start", started
    for event in events:
        if event["type"] not in ("StageStarted", "FilmDone"):
            continue
        spent[now] = spent.get(now, 0.0) + event["time"] - since
        now, since = event.get("stage", "end"), event["time"]
    return {stage: round(seconds, 2) for stage, seconds in spent.items()}


def peak_memory(pid: int) -> int | None:
    """The most memory the process has had so far, in MiB, where the system says."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), None)


def machine() -> dict[str, Any]:
    """What it ran on."""
    cpu, flags = platform.processor(), ""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            cpu = line.split(":", 1)[1].strip() if line.startswith("model name") else cpu
            flags = line if line.startswith("flags") else flags
    except OSError:
        pass
    return {"cpu": cpu, "cores": os.cpu_count(), "amx_bf16": "amx_bf16" in flags, "system": platform.platform(),
            "python": platform.python_version()}


def show(result: dict[str, Any]) -> None:
    """Print the figures."""
    for stage, seconds in result["stages"].items():
        print(f"{stage:10} {seconds:8.2f} s")
    print(f"{'in all':10} {result['wall_seconds']:8.2f} s, {result['cpu_seconds']:.2f} s of CPU")
    print(f"{'memory':10} {result['peak_mib']:8} MiB at most")
    print("\n".join(result["devices"]))


if __name__ == "__main__":
    sys.exit(main())
