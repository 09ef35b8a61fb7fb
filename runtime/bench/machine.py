"""What a benchmark ran on, without anything that names its user: no host name, no paths."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from runtime import __version__
from runtime.backends.installed import installed
from runtime.bench.energy import Nvidia

PACKAGES: Final = ("numpy", "av", "openvino", "onnxruntime", "onnxruntime-gpu", "tensorrt", "tensorrt-cu12",
                   "tensorrt-rtx", "tensorrt-rtx-cu12", "tokenizers", "usearch")
"""Those whose version changes what is measured."""

FLAGS: Final = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "sve", "bf16")
"""What a processor may be able to do that decides how fast it multiplies."""


def environment(gpu: Nvidia | None, card: str = "") -> dict[str, Any]:
    """The machine and its software; the names are optimum-benchmark's where it has one. `card` is the GPU that is used,
    where only its name is known."""
    about = _cpuinfo()
    flags = about.get("flags", about.get("Features", "")).split()
    memory = gpu.total() if gpu else None
    cards = gpu.names() if gpu else [card] if card else None
    return {
        "cpu": processor(), "cpu_count": os.cpu_count(), "cpu_usable": usable_cores(), "cpu_ram_mb": memory_mb(),
        "cpu_flags": [flag for flag in FLAGS if flag in flags], "load_average": _load(),
        "gpu": cards, "gpu_count": len(gpu.names()) if gpu else None,
        "gpu_vram_mb": None if memory is None else round(memory / 1e6),
        "system": platform.system(), "machine": platform.machine(), "platform": platform.platform(),
        "python_version": platform.python_version(), "moviefactory_version": __version__,
        "moviefactory_commit": _commit(),
        "packages": {name: version for name in PACKAGES if (version := installed(name)) is not None}}


def processor() -> str:
    """The processor's model name."""
    if name := _cpuinfo().get("model name"):
        return name
    if sys.platform == "darwin":
        return _said("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def _cpuinfo() -> dict[str, str]:
    """Linux's words about its first processor; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def usable_cores() -> int | None:
    """The cores this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def memory_mb() -> int | None:
    """The machine's memory, where the system says."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6)
    except (AttributeError, OSError, ValueError):
        return None


def _load() -> float | None:
    """How many processes wanted a core in the last minute: above 0 before a benchmark, others worked beside it."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _commit() -> str | None:
    """The commit the program runs from, '-dirty' where files were changed; None where it is no checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    return _said("git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _said(*command: str) -> str | None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip() or None

