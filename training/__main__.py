"""`python -m training STAGE`: each stage of the starter is a command."""

import ctypes
import importlib
import sys

STAGES = {
    "text": "training.text.distill",
    "vae": "training.stages.vae",
    "stage0": "training.stages.stage0",
    "planner": "training.stages.planner",
    "sketch": "training.stages.sketch",
    "stage1": "training.stages.stage1",
    "stage2": "training.stages.stage2",
    "distil_stills": "training.stages.distil_stills",
    "distil": "training.stages.distil",
    "upscaler": "training.stages.upscaler",
    "judge": "training.stages.judge",
    "sounds": "training.sounds.make",
}
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of mallopt's parameters."""


def main() -> None:
    """Run one stage with the remaining arguments."""
    if len(sys.argv) < 2 or sys.argv[1] not in STAGES:
        sys.exit("usage: python -m training STAGE [options], where STAGE is one of " + ", ".join(STAGES))
    keep_memory()
    importlib.import_module(STAGES[sys.argv[1]]).main(sys.argv[2:])


def keep_memory() -> None:
    """Let freed memory stay with the process.

    A step on the CPU frees gigabytes and takes them again; with each large piece going back to the system, a third of
    the time went into clearing pages.
    """
    # glibc's; other C libraries and systems do as they like.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)


if __name__ == "__main__":
    main()
