"""Engines of the full size, for every network. What a step and a comparison cost is `benchmarks.full_size`."""

from pathlib import Path

import pytest

from runtime.backends import build_ahead
from runtime.generators import finish
from tests.export.full_networks import NETWORKS, write_apart

LEAST_MB = {"denoiser": 2700, "denoiser_step": 2700, "text_encoder": 600, "decoder": 90, "decoder_encoder": 60,
            "upscaler_clean": 2, "upscaler_flow": 2, "upscaler_backward": 2, "upscaler_forward": 2}
"""Their weights in half precision."""


@pytest.mark.proof
@pytest.mark.parametrize("name", NETWORKS)
def test_tensorrt_builds_engines_of_it(name: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")
    write_apart(name, tmp_path)
    for graph in sorted(tmp_path.glob("*.onnx")):
        plan = finish(build_ahead(graph, "tensorrt_rtx", cache=tmp_path / "engines"))
        assert plan.stat().st_size > LEAST_MB[graph.stem] * 1e6
