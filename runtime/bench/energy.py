"""Energy and video memory as the hardware counts them. What it does not count is None; nothing is estimated."""

import importlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, Self

POWERCAP: Final = Path("/sys/class/powercap")


class Rapl:
    """The energy counters of processor packages and memory (Intel's RAPL, which AMD speaks too) on Linux.

    They count what the whole package used, other programs included, and start again at zero when full, so `read` must
    come more often than that (an hour at 70 W). Most systems let only administrators read them.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        self._zones: list[_Zone] = []
        for path in sorted(root.glob("intel-rapl:*")):
            try:
                zone = _Zone(path)
            except (OSError, ValueError):
                continue
            if zone.kind is not None:
                self._zones.append(zone)

    def read(self) -> tuple[float | None, float | None]:
        """Joules of all packages and of all memory since this object was made; None where there is no counter."""
        for zone in self._zones:
            zone.advance()
        return self._sum("package"), self._sum("dram")

    def _sum(self, kind: str) -> float | None:
        joules = [zone.joules for zone in self._zones if zone.kind == kind]
        return sum(joules) if joules else None


class _Zone:
    """One counter."""

    def __init__(self, path: Path) -> None:
        name = (path / "name").read_text("ascii").strip()
        self.kind = "package" if name.startswith("package") else "dram" if name == "dram" else None
        self._counter = path / "energy_uj"
        self._range = int((path / "max_energy_range_uj").read_text("ascii"))
        self._last = int(self._counter.read_text("ascii"))
        self.joules = 0.0

    def advance(self) -> None:
        """Add what was used since the last time."""
        now = int(self._counter.read_text("ascii"))
        self.joules += (now - self._last) % (self._range + 1) / 1e6
        self._last = now


class Nvidia:
    """The NVIDIA GPUs of this machine, all together, through NVML (package nvidia-ml-py)."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._gpus = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]

    @classmethod
    def open(cls) -> Self | None:
        """None where the package, the driver or a GPU is missing."""
        try:
            library: Any = importlib.import_module("pynvml")
        except ImportError:
            return None
        try:
            library.nvmlInit()
            return cls(library)
        except library.NVMLError:
            return None

    def names(self) -> list[str]:
        """What the GPUs are called."""
        return [str(self._library.nvmlDeviceGetName(gpu)) for gpu in self._gpus]

    def total(self) -> int | None:
        """Bytes of memory on all of them."""
        return self._sum(lambda gpu: self._library.nvmlDeviceGetMemoryInfo(gpu).total)

    def used(self) -> int | None:
        """Bytes in use, whoever uses them."""
        return self._sum(lambda gpu: self._library.nvmlDeviceGetMemoryInfo(gpu).used)

    def used_by(self, processes: Collection[int]) -> int | None:
        """Bytes that these processes hold; None where the driver does not tell (Windows, containers)."""
        try:
            sizes = [item.usedGpuMemory for gpu in self._gpus
                     for item in self._library.nvmlDeviceGetComputeRunningProcesses(gpu) if item.pid in processes]
        except self._library.NVMLError:
            return None
        return None if not sizes or None in sizes else sum(sizes)

    def joules(self) -> float | None:
        """Since the driver was loaded; None for GPUs that do not count (before Volta)."""
        millijoules = self._sum(self._library.nvmlDeviceGetTotalEnergyConsumption)
        return None if millijoules is None else millijoules / 1e3

    def _sum(self, read: Any) -> int | None:
        try:
            values = [int(read(gpu)) for gpu in self._gpus]
        except self._library.NVMLError:
            return None
        return sum(values) if values else None
