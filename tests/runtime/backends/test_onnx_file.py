"""The interface of an ONNX file, against the onnx package."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from runtime.backends import TensorSpec, read_interface
from runtime.backends.onnx_file import NEWEST_OPSET
from runtime.errors import BackendError
from tests import tiny_graphs
from tests.tiny_graphs import GraphBuilder, TinySizes


def by_onnx(path: Path, kind: str) -> tuple[TensorSpec, ...]:
    """The same through the onnx package."""
    graph = onnx.load(path).graph
    weights = {weight.name for weight in graph.initializer}
    return tuple(TensorSpec(value.name, helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
                            tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim))
                 for value in getattr(graph, kind) if value.name not in weights)


@pytest.mark.parametrize("build", [tiny_graphs.text_encoder, tiny_graphs.denoiser, tiny_graphs.decoder,
                                   tiny_graphs.clean, tiny_graphs.flow, tiny_graphs.backward, tiny_graphs.forward])
@pytest.mark.parametrize("sizes", [TinySizes(), TinySizes(batch="batch", frames=300, uint8=True)])
def test_interface_is_what_onnx_reads(build: Callable[[Path, TinySizes], Path], sizes: TinySizes,
                                      tmp_path: Path) -> None:
    path = build(tmp_path / "graph.onnx", sizes)
    interface = read_interface(path)
    assert interface.inputs == by_onnx(path, "input")
    assert interface.outputs == by_onnx(path, "output")
    assert (interface.opset, interface.data_files) == (18, ())


def test_weights_declared_as_inputs_and_nameless_axes(tmp_path: Path) -> None:
    g = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, 0]),
         helper.make_tensor_value_info("w", TensorProto.DOUBLE, [1])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [])], [numpy_helper.from_array(np.ones(1), "w")])
    path = tmp_path / "g.onnx"
    path.write_bytes(helper.make_model(g, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3),
                                                         helper.make_opsetid("", 17)]).SerializeToString())
    interface = read_interface(path)
    assert interface.inputs == (TensorSpec("x", "float64", ("x.0", 0)),)
    assert interface.outputs == (TensorSpec("y", "float64", ()),)
    assert interface.opset == 17


def test_weights_in_another_file_are_named(tmp_path: Path) -> None:
    path = tiny_graphs.denoiser(tmp_path / "a.onnx")
    onnx.save(onnx.load(path), tmp_path / "b.onnx", save_as_external_data=True, location="b.data", size_threshold=150)
    assert read_interface(tmp_path / "b.onnx").data_files == ("b.data",)


def test_truncation_anywhere_is_noticed(tmp_path: Path) -> None:
    whole = tiny_graphs.denoiser(tmp_path / "graph.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    for length in range(0, len(whole) - 8, 7):  # the last bytes are the operator set, without which it is no model
        cut.write_bytes(whole[:length])
        with pytest.raises(BackendError, match="to be an ONNX model, but it is damaged or something else"):
            read_interface(cut)


def test_random_bytes_never_crash(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    whole = np.frombuffer(tiny_graphs.text_encoder(tmp_path / "graph.onnx").read_bytes(), np.uint8)
    path = tmp_path / "noisy.onnx"
    refused = 0
    for _ in range(300):
        noisy = whole.copy()
        noisy[draw.integers(0, len(noisy), 20)] = draw.integers(0, 256, 20)
        path.write_bytes(noisy.tobytes())
        try:
            read_interface(path)
        except BackendError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "damaged"), (b"hello world" * 20, "damaged"), (b"PK\x03\x04" + bytes(100), "damaged")])
def test_what_is_no_model_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(content)
    with pytest.raises(BackendError, match=reason):
        read_interface(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="No such file"):
        read_interface(tmp_path / "none.onnx")
    with pytest.raises(BackendError, match="cannot be read"):
        read_interface(tmp_path)


def test_newer_opset_is_refused(tmp_path: Path) -> None:
    g = GraphBuilder(0)
    g.output("y", g.add("Abs", g.input("x", TensorProto.FLOAT, 2)), TensorProto.FLOAT, 2)
    path = g.save(tmp_path / "graph.onnx", NEWEST_OPSET + 1)
    with pytest.raises(BackendError, match=f"operator set {NEWEST_OPSET} or older, but it uses {NEWEST_OPSET + 1}"):
        read_interface(path)


@pytest.mark.parametrize(("kind", "name"), [(TensorProto.BFLOAT16, "bfloat16"), (TensorProto.STRING, "text")])
def test_types_numpy_does_not_know_are_refused(kind: int, name: str, tmp_path: Path) -> None:
    g = GraphBuilder(0)
    g.output("y", g.input("x", kind, 2), kind, 2)
    with pytest.raises(BackendError, match=f"of a type numpy knows, but it is {name}"):
        read_interface(g.save(tmp_path / "graph.onnx"))


def test_shapeless_tensors_are_refused(tmp_path: Path) -> None:
    g = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "g",
                          [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    path = tmp_path / "g.onnx"
    path.write_bytes(helper.make_model(g, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString())
    with pytest.raises(BackendError, match="tensor with a shape"):
        read_interface(path)
