"""A film within the memory there is.

Engines stay open from scene to scene, since opening them costs, for as long as they fit. How much a graph takes is not
known before: its file does not state the sizes of its inner tensors (only TensorRT says, and `TensorRtEngine` compares
that with what is free). So the roomy way is tried first, and the first time memory runs out the rest of the run goes
the sparing way: phases unload in order, the engines of one role being closed before another's are opened; the decoder
gets one frame a run; what the upscaler has for later waits in the host's memory. What does not fit then does not fit
at all, and nothing finished is lost.
"""

from collections.abc import Callable, Generator
from contextlib import closing

from runtime.bundle import Engines
from runtime.errors import OutOfMemory
from runtime.events import Event, Notice, StageStarted
from runtime.film.setup import Setup


def within_memory(work: Callable[[], Generator[Event, None, None]], setup: Setup,
                  engines: Engines) -> Generator[Event, None, None]:
    """The events of `work`, which finds again what it finished: begun once more, sparingly, when memory runs out.

    Close it to stop. Raises OutOfMemory, which says what would fit, when sparing memory is not enough.
    """
    stage = ""
    while True:
        try:
            with closing(work()) as events:
                for event in events:
                    if isinstance(event, StageStarted):
                        stage = event.stage
                    yield event
        except (OutOfMemory, MemoryError) as error:
            expected, got = _said(error)
            if engines.sparing:
                raise OutOfMemory(expected, f"{got}, with nothing but the model of the stage '{stage}' open",
                                  _ways(stage, setup, engines.on_gpu)) from error
        else:
            return
        # Out of the except block: until its end the error holds on to what the failed run had in memory.
        engines.spare_memory()
        yield Notice(code="memory", message=f"memory ran out: expected {expected}, but {got}; from now on one model at "
                                            "a time is kept open, which takes longer")


def _said(error: OutOfMemory | MemoryError) -> tuple[str, str]:
    """What was expected, what came."""
    if isinstance(error, OutOfMemory):
        return error.expected, error.got
    return "enough memory", "the machine has no more"


def _ways(stage: str, setup: Setup, on_gpu: bool) -> str:
    """What would fit, where `stage` does not even alone."""
    ways = ["close other programs and give the same command again: it goes on from here"]
    if on_gpu:
        ways.append("so it does with --backend auto, in the machine's own memory")
    if stage == "upscale":
        width, height = setup.line_up.denoiser.size
        ways.append(f"a new film of --size {width}x{height} needs no upscaler")
    return "; ".join(ways)
