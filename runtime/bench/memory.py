"""How much memory a process and its children hold right now."""

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Resident = Callable[[int], int | None]
"""A process id to the resident bytes of its process tree; None when they cannot be read."""


def find_resident() -> Resident | None:
    """How this machine tells: Linux by itself, others through psutil where it is installed."""
    if Path("/proc/self/statm").is_file():
        return resident_by_proc
    try:
        importlib.import_module("psutil")
    except ImportError:
        return None
    return resident_by_psutil


def process_tree(pid: int) -> Iterator[int]:
    """A process and all below it, as Linux's /proc lists them; those that just ended are left out."""
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for thread in threads for child in (thread / "children").read_text("ascii").split()]
    except OSError:
        return
    for child in children:
        yield from process_tree(child)


def resident_by_proc(pid: int) -> int | None:
    """From Linux's /proc."""
    pages = []
    for member in process_tree(pid):
        try:
            pages.append(int(Path(f"/proc/{member}/statm").read_text("ascii").split()[1]))
        except (OSError, IndexError):
            continue
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") if pages else None


def resident_by_psutil(pid: int) -> int | None:
    """From psutil."""
    psutil: Any = importlib.import_module("psutil")
    try:
        process = psutil.Process(pid)
        return sum(int(member.memory_info().rss) for member in (process, *process.children(recursive=True)))
    except psutil.Error:
        return None
