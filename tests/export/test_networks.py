"""Every network of the starter, tiny: traced once, stored in each way, and run on every backend."""

import dataclasses
from pathlib import Path
from typing import Any, cast, get_args

import pytest
import torch
from torch import Tensor, nn

from export import networks
from export.compare import compare, references, relative_error
from export.convert import Traced, save, trace
from export.errors import ExportError
from export.networks import Frame
from export.spec import Form, NetworkSpec, Precision
from runtime.backends import read_interface
from tests.export import tiny_networks as tiny
from training.models.upscaler import positions

SPECS = {
    "text_encoder": networks.text_encoder(tiny.text_encoder()),
    **{spec.name: spec for spec in networks.denoiser(tiny.denoiser(), tiny.FRAME.cells(16), tiny.TEXT.tokens)},
    "decoder": networks.decoder(tiny.autoencoder(), tiny.FRAME),
    "decoder_encoder": networks.encoder(networks.EncoderGraph(tiny.autoencoder()), tiny.FRAME),
    **{spec.name: spec for spec in networks.upscaler(tiny.upscaler(), tiny.FRAME)},
}
FORMS = {f"{spec.name} ({form})": spec for form in get_args(Form) if form != "clip"
         for spec in networks.denoiser(tiny.denoiser(conditions=3 * (form == "controls")), tiny.FRAME.cells(16),
                                       tiny.TEXT.tokens, form)}
"""Other denoisers; `test_typed` runs them, in the precision in which most could go wrong."""


@pytest.fixture(scope="module", params=SPECS)
def traced(request: pytest.FixtureRequest) -> tuple[NetworkSpec, Traced]:
    spec = SPECS[request.param]
    return spec, trace(spec)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_the_graph_computes_what_the_network_does(traced: tuple[NetworkSpec, Traced], precision: Precision,
                                                  tmp_path: Path) -> None:
    spec, model = traced
    path = tmp_path / f"{spec.name}.onnx"
    save(model, path, precision)
    found = compare(spec, path, precision)
    assert {item.output for item in found} == set(spec.outputs)
    assert {item.device.split()[0] for item in found} == {"ONNX", "OpenVINO"}
    assert any("bf16" in item.device for item in found) <= (not spec.exact)
    interface = read_interface(path)
    assert interface.inputs == spec.inputs
    assert interface.data_files == ()


class Wrong(nn.Module):
    """A flow that is `off` pixels to the right of the network's, or where `still` sees no motion at all."""

    def __init__(self, flow: nn.Module, off: float, still: bool) -> None:
        super().__init__()
        self.flow, self._off, self._still = flow, off, still

    def forward(self, frame: Tensor, neighbour: Tensor) -> Tensor:
        right: Tensor = self.flow(frame, neighbour)
        if self._still:
            right = positions(torch.zeros_like(right).permute(0, 3, 1, 2)) + 0 * right
        return right + torch.tensor([2 * self._off / (frame.shape[-1] - 1), 0.0])


def flow_of_some_pixels(frame: Frame) -> NetworkSpec:
    network = tiny.upscaler()
    cast(Any, network.basicvsr.spynet.basic_module[-1]).basic_module[-1].conv.bias.data[:] = torch.tensor([3.0, -2.0])
    return networks.upscaler(network, frame, exact_flow=False)[1]


@pytest.mark.parametrize("frame", [tiny.FRAME, Frame()])
def test_no_motion_and_a_quarter_of_a_pixel_are_too_far_from_some_pixels(frame: Frame) -> None:
    spec = flow_of_some_pixels(frame)
    (truth,), (still,), (off,) = (
        references(dataclasses.replace(spec, module=module))
        for module in (spec.module, Wrong(spec.module, 0.0, still=True), Wrong(spec.module, 0.25, still=False)))
    for precision in get_args(Precision):
        for brain in (False, True):
            assert relative_error(still["flow"], truth["flow"]) > 3 * spec.limit(precision, brain)
        assert relative_error(off["flow"], truth["flow"]) > spec.limit(precision, brain=False)


@pytest.mark.parametrize("wrong", [(0.0, True), (0.25, False)])
def test_such_a_flow_is_refused(wrong: tuple[float, bool], tmp_path: Path) -> None:
    spec = flow_of_some_pixels(Frame())
    save(trace(dataclasses.replace(spec, module=Wrong(spec.module, *wrong))), tmp_path / "flow.onnx", "int8")
    with pytest.raises(ExportError, match=r"flow of upscaler_flow \(int8\) on .+ of torch, but it is"):
        compare(spec, tmp_path / "flow.onnx", "int8")


def test_positions_are_computed_exactly() -> None:
    assert [name for name, spec in SPECS.items() if spec.exact] == ["denoiser_layout", "upscaler_flow"]
    rounded = networks.upscaler(tiny.upscaler(), tiny.FRAME, exact_flow=False)
    assert not any(spec.exact for spec in rounded)
    assert [spec.name for spec in rounded if not spec.typed] == ["upscaler_flow"], "on a GPU graphs are what they say"
