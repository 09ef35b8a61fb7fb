"""Training data by index: item k is a pure function of (seed, k), drawn in worker processes during training."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

Item = dict[str, Tensor]

HELD: Final = 1 << 40
"""Item numbers from `HELD` on are never trained on: the models are judged by them."""

WORKERS: Final = max(1, min(14, (os.cpu_count() or 2) - 1))


class _Drawn(Dataset[Item]):
    def __init__(self, item: Callable[[int], Item]) -> None:
        self._item = item

    def __getitem__(self, index: int) -> Item:
        return self._item(index)


class _From(Sampler[int]):
    def __init__(self, start: int) -> None:
        self._start = start

    def __iter__(self) -> Iterator[int]:
        index = self._start
        while True:
            yield index
            index += 1


def _start(_: int) -> None:
    """A worker has one thread, and is not asked to end before the stage has saved.

    Ctrl-C, and whoever ends a program with all of its processes, reach a process group: workers form their own. They
    go when the stage lets go of them, or notice that it is gone.
    """
    torch.set_num_threads(1)
    if sys.platform != "win32":
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def batches(item: Callable[[int], Item], start: int, count: int, workers: int = WORKERS) -> Iterator[Item]:
    """Batches of items start, start+1, ... for ever, drawn ahead by `workers` processes (0: in this one)."""
    options: dict[str, Any] = {"prefetch_factor": 4} if workers else {}
    loader = DataLoader(_Drawn(item), batch_size=count, sampler=_From(start), num_workers=workers,
                        worker_init_fn=_start, **options)
    return iter(loader)
