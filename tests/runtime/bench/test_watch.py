"""Memory and energy: real processes, counters that are files, and a driver with NVML's interface."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.bench.energy import Nvidia, Rapl
from runtime.bench.memory import process_tree, resident_by_proc, resident_by_psutil
from runtime.bench.watch import Watch

MIB = 2**20

FAMILY = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "x = bytearray(range(256)) * (40 * 4096); print('there', flush=True); "
                          "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print("there", flush=True)
input()
child.communicate("\\n")
"""


@pytest.fixture
def family() -> Iterator["subprocess.Popen[str]"]:
    """A small process whose child holds 40 MiB."""
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate("\n")


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="needs Linux's /proc")
def test_memory_is_that_of_the_whole_family(family: "subprocess.Popen[str]") -> None:
    assert len(list(process_tree(family.pid))) == 2
    found = resident_by_proc(family.pid)
    assert found is not None
    assert 40 * MIB < found < 120 * MIB
    pytest.importorskip("psutil")
    other = resident_by_psutil(family.pid)
    assert other is not None
    assert abs(other - found) < MIB


def test_a_process_that_is_gone_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        gone = process.pid
    assert resident_by_proc(gone) is None


def zone(root: Path, name: str, kind: str, microjoules: int) -> Path:
    """A RAPL counter as Linux shows it, full at 1000."""
    folder = root / name
    folder.mkdir()
    for file, content in (("name", kind), ("max_energy_range_uj", "1000"), ("energy_uj", str(microjoules))):
        (folder / file).write_text(f"{content}\n")
    return folder / "energy_uj"


def test_energy_counters_are_added_up_and_start_again(tmp_path: Path) -> None:
    first, second = zone(tmp_path, "intel-rapl:0", "package-0", 900), zone(tmp_path, "intel-rapl:1", "package-1", 10)
    memory = zone(tmp_path, "intel-rapl:0:0", "dram", 5)
    zone(tmp_path, "intel-rapl:0:1", "core", 7)
    rapl = Rapl(tmp_path)
    assert rapl.read() == (0.0, 0.0)
    for file, value in ((first, 950), (second, 30), (memory, 6)):
        file.write_text(f"{value}\n")
    assert rapl.read() == pytest.approx((70e-6, 1e-6))
    first.write_text("49\n")  # past its end: 51 to 1000 and zero, and 49
    assert rapl.read() == pytest.approx((170e-6, 1e-6))


def test_no_counter_is_no_energy(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 1).unlink()
    assert Rapl(tmp_path).read() == (None, None)
    assert Rapl(tmp_path / "nothing").read() == (None, None)


class Driver:
    """NVML's interface over two GPUs of 8 GB; the second counts no energy when `old`."""

    class NVMLError(Exception):
        """What NVML raises."""

    def __init__(self, old: bool = False, processes: list[Any] | None = None) -> None:
        self.old, self.processes, self.millijoules = old, processes or [], 5000

    def nvmlInit(self) -> None:
        """Start."""

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return f"GPU {handle}"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        return SimpleNamespace(total=8 * 10**9, used=(handle + 1) * 10**9)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:
        return self.processes if handle == 0 else []

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        if self.old and handle == 1:
            raise self.NVMLError("not supported")
        return self.millijoules


def test_gpus_are_taken_together() -> None:
    mine, other = SimpleNamespace(pid=1, usedGpuMemory=3), SimpleNamespace(pid=2, usedGpuMemory=4)
    gpu = Nvidia(Driver(processes=[mine, other]))
    assert gpu.names() == ["GPU 0", "GPU 1"]
    assert (gpu.total(), gpu.used(), gpu.joules()) == (16 * 10**9, 3 * 10**9, 10.0)
    assert gpu.used_by({1}) == 3
    assert gpu.used_by({7}) is None
    assert Nvidia(Driver(processes=[SimpleNamespace(pid=1, usedGpuMemory=None)])).used_by({1}) is None
    assert Nvidia(Driver(old=True)).joules() is None


def test_a_machine_without_nvml_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Nvidia.open() is None
    driver = Driver()
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    assert Nvidia.open() is not None

    def refuse() -> None:
        raise Driver.NVMLError("no driver")

    driver.nvmlInit = refuse  # type: ignore[method-assign]
    assert Nvidia.open() is None


def test_a_window_holds_only_its_own(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    driver = Driver(processes=[SimpleNamespace(pid=os.getpid(), usedGpuMemory=12)])
    with closing(Watch(Rapl(tmp_path), Nvidia(driver))) as watch:
        counter.write_text("100\n")
        watch.start(os.getpid())
        counter.write_text("400\n")
        driver.millijoules = 6500
        cost = watch.stop()
    assert cost.cpu == pytest.approx(300e-6)
    assert (cost.dram, cost.gpu, cost.vram, cost.own_vram) == (None, 3.0, 3 * 10**9, 12)
    assert cost.ram is None or cost.ram > MIB
    with closing(Watch(Rapl(tmp_path / "nothing"), None)) as watch:
        watch.start(os.getpid())
        cost = watch.stop()
    assert (cost.cpu, cost.dram, cost.gpu, cost.vram, cost.own_vram) == (None,) * 5
