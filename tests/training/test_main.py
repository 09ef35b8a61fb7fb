"""The command line of training."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
if sys.argv[1] == "kept":
    from training.__main__ import keep_memory
    keep_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(60):
    torch.ones(16 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_a_stage_that_does_not_exist_is_told_which_ones_do() -> None:
    found = subprocess.run([sys.executable, "-m", "training", "stage7"], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "STAGE is one of text, vae, stage0" in found.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_used_again_without_asking_the_system() -> None:
    kept, usual = (int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True,
                                      check=True).stdout) for how in ("kept", "usual"))
    assert kept < usual / 3
