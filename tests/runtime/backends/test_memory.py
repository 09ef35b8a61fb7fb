"""Libraries that run out of memory: each says so in its own words, callers get one error."""

from pathlib import Path

import numpy as np
import pytest

from runtime.backends import open_engine
from runtime.backends.engine import failure
from runtime.errors import BackendError, OutOfMemory
from tests.tiny_graphs import greedy_decoder


@pytest.mark.parametrize("backend", ["cpu", "openvino"])
def test_a_graph_that_takes_more_than_there_is(backend: str, tmp_path: Path) -> None:
    """Nothing pretends here: from two frames on the graph asks for more than any machine can address."""
    with open_engine(greedy_decoder(tmp_path / "graph.onnx"), backend, 1) as engine:
        latents = np.zeros((4, 2, 2, 3), np.float32)
        with pytest.raises(OutOfMemory, match=r"^expected enough memory for (ONNX Runtime|OpenVINO) .+, but it said: "
                                              r"Failed to allocate .*\d{15}.*; close other programs, or choose"):
            engine.run({"latents": latents})
        assert engine.run({"latents": latents[:1]})["picture"].shape == (1, 3, 32, 48)


@pytest.mark.parametrize(("text", "kept"), [
    # As found in reports of users: onnxruntime issue 22702, TensorRT issues 3017 and 4258, openvino issue 33422.
    ("Non-zero status code returned while running Conv node. Status Message: bfc_arena.cc:376 void* onnxruntime::"
     "BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 939524096",
     "Failed to allocate memory for requested buffer of size 939524096"),
    ("CUDA failure 2: out of memory ; GPU=0 ; hostname=ada ; file=cuda_allocator.cc ; line=47", "out of memory"),
    ("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", "ALLOC_FAILED"),
    ("CUDNN failure: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0", "ALLOCATION_FAILED"),
    ("Error Code 1: Cuda Runtime (out of memory)", "out of memory"),
    ("Error Code 2: OutOfMemory (no further information)", "OutOfMemory (no further information)"),
    ("Check 'ptr' failed at cpu_memory.cpp:257:\nFailed to allocate 7663872811008 bytes of memory\n",
     "Failed to allocate 7663872811008 bytes of memory"),
    ("std::bad_alloc", "bad_alloc"), ("bad allocation", "bad allocation"),
    ("could not allocate memory", "could not allocate memory"),
    ("[Errno 12] Cannot allocate memory", "Cannot allocate memory")])
def test_every_librarys_words_are_known(text: str, kept: str) -> None:
    error = failure(RuntimeError(text), "Abacus 1.0 to run the graph", "never mind")
    assert isinstance(error, OutOfMemory)
    assert (error.expected, error.got) == ("enough memory for Abacus 1.0 to run the graph", f"it said: {kept}")


def test_pythons_own_error_counts_and_others_do_not() -> None:
    assert isinstance(failure(MemoryError(), "Abacus 1.0 to run the graph", "never mind"), OutOfMemory)
    other = failure(RuntimeError("memory format is not supported"), "Abacus 1.0 to run the graph", "never mind")
    assert type(other) is BackendError
    assert str(other) == ("expected Abacus 1.0 to run the graph, but it failed: memory format is not supported; "
                          "never mind")


def test_arrays_of_our_own_count_too(tmp_path: Path) -> None:
    with open_engine(greedy_decoder(tmp_path / "graph.onnx"), "cpu", 1) as engine:
        latents = np.broadcast_to(np.float32(0), (1 << 45, 2, 2, 3))
        with pytest.raises(OutOfMemory, match="Unable to allocate"):
            engine.run({"latents": latents})
