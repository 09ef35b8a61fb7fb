"""`python -m training STAGE`: each stage of the starter is a command."""

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


def main() -> None:
    """Run one stage with the remaining arguments."""
    if len(sys.argv) < 2 or sys.argv[1] not in STAGES:
        sys.exit("usage: python -m training STAGE [options], where STAGE is one of " + ", ".join(STAGES))
    importlib.import_module(STAGES[sys.argv[1]]).main(sys.argv[2:])


if __name__ == "__main__":
    main()
