"""Looks at a process while it works: its memory fifty times a second, the energy counters before and after."""

import threading
from typing import Final

from runtime.bench.energy import Nvidia, Rapl
from runtime.bench.figures import Cost
from runtime.bench.memory import find_resident, process_tree

PERIOD: Final = 0.02


class Watch:
    """Watches one window of work at a time. `gpu` None for backends that use none: its figures are left out."""

    def __init__(self, rapl: Rapl, gpu: Nvidia | None) -> None:
        self._rapl, self._gpu, self._resident = rapl, gpu, find_resident()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._ram: list[int] = []
        self._vram: list[int] = []
        self._own_vram: list[int] = []
        self._before: tuple[float | None, float | None, float | None] = (None, None, None)

    def start(self, pid: int) -> None:
        """Begin a window of the process `pid`."""
        self._pid = pid
        for samples in (self._ram, self._vram, self._own_vram):
            samples.clear()
        self._before = self._joules()
        self._sample()
        self._stop.clear()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> Cost:
        """End the window: what it cost."""
        self.close()
        self._sample()
        cpu, dram, gpu = (None if then is None or now is None else now - then
                          for then, now in zip(self._before, self._joules(), strict=True))
        ram, vram, own = (max(samples, default=None) for samples in (self._ram, self._vram, self._own_vram))
        return Cost(ram=ram, vram=vram, own_vram=own, cpu=cpu, dram=dram, gpu=gpu)

    def close(self) -> None:
        """Look no longer."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        while not self._stop.wait(PERIOD):
            self._sample()

    def _sample(self) -> None:
        if self._resident is not None:
            _add(self._ram, self._resident(self._pid))
        if self._gpu is not None:
            _add(self._vram, self._gpu.used())
            _add(self._own_vram, self._gpu.used_by(set(process_tree(self._pid))))
        self._rapl.read()  # before it starts again at zero

    def _joules(self) -> tuple[float | None, float | None, float | None]:
        return *self._rapl.read(), None if self._gpu is None else self._gpu.joules()


def _add(samples: list[int], value: int | None) -> None:
    if value is not None:
        samples.append(value)
