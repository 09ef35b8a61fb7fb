"""Video super-resolution with RealBasicVSR (Chan et al. 2022) whose two loops over time run here.

The network is four graphs, so that a clip of any length runs with the same ones: every frame is cleaned; a backward
pass hands a feature from each frame to the one before it, moved along the optical flow; a forward pass does the same
towards the end, meets the backward feature, and draws the frame. The graphs warp; at each end of the clip the feature
is zero, and zero wherever it is looked up.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from runtime.backends.engine import Engine
from runtime.errors import BundleError
from runtime.events import Step
from runtime.shot.pixels import Picture, to_network, to_pictures

Tensor = npt.NDArray[np.float32]


@dataclass(frozen=True)
class UpscalerGraphs:
    """The four graphs. All tensors float32: frames and features (1, ., h, w), pictures 0 to 1.

    A `flow` is (1, h, w, 2): for each place of a frame, where in its neighbour to look, x and y from -1 to 1 between
    the corner pixels' centres. Positions rather than shifts, because a backend that computes in bf16 rounds sums of
    the two by whole pixels; as a graph's input they stay exact.

    `clean`: frame to cleaned. `flow`: frame, neighbour to flow, along which neighbour warps onto frame. `backward`:
    frame, feature of the frame after, flow to it, to this frame's `backward`. `forward`: frame, feature of the frame
    before, flow to it, this frame's backward, to this frame's `forward` and its large `picture`.
    """

    clean: Engine
    flow: Engine
    backward: Engine
    forward: Engine


PARTS: Final = tuple(field.name for field in fields(UpscalerGraphs))
"""What the graphs are called in a bundle."""


def upscale(frames: Iterable[Picture], graphs: UpscalerGraphs,
            sparing: bool = False) -> Generator[Step | Picture, None, None]:
    """Yield each frame (H, W, 3) enlarged, in order, and a Step after each half of a frame's work. Close it to stop.

    Memory holds the clip's small frames and backward features, and one large picture. A GPU holds them as well;
    `sparing`, they wait in the host's memory, and what the GPU holds does not grow with the clip: each crosses over
    and back instead.
    """
    waiting: dict[str, list[str]] = {name: [] if sparing else [name] for name in ("cleaned", "backward")}
    cleaned = [graphs.clean.run({"frame": to_network(frame)}, keep=waiting["cleaned"])["cleaned"] for frame in frames]
    total = 2 * len(cleaned)
    behind: list[Tensor] = []
    feature, flow = _nothing(graphs.backward, cleaned)
    for done, index in enumerate(reversed(range(len(cleaned))), start=1):
        if behind:
            flow = _flow(graphs, cleaned[index], cleaned[index + 1])
        feature = graphs.backward.run({"frame": cleaned[index], "feature": feature, "flow": flow},
                                      keep=waiting["backward"])["backward"]
        behind.append(feature)
        yield Step(stage="upscale", done=done, total=total)
    feature, flow = _nothing(graphs.forward, cleaned)
    for index, frame in enumerate(cleaned):
        if index:
            flow = _flow(graphs, frame, cleaned[index - 1])
        outputs = graphs.forward.run({"frame": frame, "feature": feature, "flow": flow, "backward": behind.pop()},
                                     keep=["forward"])
        feature = outputs["forward"]
        yield to_pictures(outputs["picture"])[0]
        yield Step(stage="upscale", done=len(cleaned) + index + 1, total=total)


def _flow(graphs: UpscalerGraphs, frame: Tensor, neighbour: Tensor) -> Tensor:
    flow: Tensor = graphs.flow.run({"frame": frame, "neighbour": neighbour}, keep=["flow"])["flow"]
    return flow


def _nothing(graph: Engine, cleaned: list[Tensor]) -> tuple[Tensor, Tensor]:
    """A zero feature, and some flow, for the clip's end where `graph` begins."""
    height, width = cleaned[0].shape[2:] if cleaned else (0, 0)
    channels = next(spec.shape[1] for spec in graph.inputs if spec.name == "feature")
    if not isinstance(channels, int):
        raise BundleError("the upscaler's feature to have a fixed number of channels", f"it has '{channels}'",
                          "export the bundle again")
    return np.zeros((1, channels, height, width), np.float32), np.zeros((1, height, width, 2), np.float32)
