"""TensorRT-RTX takes every graph of the embedded bundle: engines are really built, which needs no GPU."""

from pathlib import Path

import pytest

from runtime.backends import build_ahead
from runtime.bundle import LineUp, find
from runtime.generators import finish

pytest.importorskip("tensorrt_rtx", reason="there is no TensorRT-RTX for this system")


def test_every_graph_of_the_starter_becomes_an_engine(tmp_path: Path) -> None:
    graphs = [graph for _, graph, _ in LineUp.of(find()).graphs(on_gpu=True)]
    assert len(graphs) == 8
    for graph in graphs:
        assert finish(build_ahead(graph, "tensorrt_rtx", cache=tmp_path)).stat().st_size > 10_000, graph.name
