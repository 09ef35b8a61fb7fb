"""Every network of the starter, tiny: traced once, stored in each way, and run on every backend."""

from pathlib import Path
from typing import get_args

import pytest

from export import networks
from export.compare import compare
from export.convert import Traced, save, trace
from export.spec import Form, NetworkSpec, Precision
from runtime.backends import read_interface
from tests.export import tiny_networks as tiny

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


def test_positions_are_computed_exactly() -> None:
    assert [name for name, spec in SPECS.items() if spec.exact] == ["denoiser_layout", "upscaler_flow"]
    rounded = networks.upscaler(tiny.upscaler(), tiny.FRAME, exact_flow=False)
    assert not any(spec.exact for spec in rounded)
    assert [spec.name for spec in rounded if not spec.typed] == ["upscaler_flow"], "on a GPU graphs are what they say"
