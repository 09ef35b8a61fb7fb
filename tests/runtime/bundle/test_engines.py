"""Engines on demand from a bundle, in both libraries."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from runtime.bundle import MANIFEST, Engines, LineUp, open_bundle
from runtime.errors import BackendError, BundleError
from tests.tiny_graphs import TinySizes, decoder, tiny_bundle


@pytest.fixture
def line_up(tmp_path: Path) -> LineUp:
    return LineUp.of(tiny_bundle(tmp_path / "bundle"))


@pytest.mark.parametrize("backend", ["cpu", "openvino"])
def test_engines_open_late_once_and_again_after_release(backend: str, line_up: LineUp) -> None:
    with Engines(line_up, backend, 1) as engines:
        assert engines.devices() == {}
        first = engines.get("decoder")
        assert engines.get("decoder") is first
        assert list(engines.devices()) == ["decoder"]
        latents = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 2, 2, 3)
        before = first.run({"latents": latents})["picture"]
        flow = engines.get("upscaler", "flow")
        engines.release("decoder")
        with pytest.raises(BackendError, match="this one was closed"):
            first.run({"latents": latents})
        assert list(engines.devices()) == ["upscaler"]
        np.testing.assert_array_equal(engines.get("decoder").run({"latents": latents})["picture"], before)
    with pytest.raises(BackendError, match="this one was closed"):
        flow.run({})


def test_exact_graphs_are_not_lowered(line_up: LineUp) -> None:
    with Engines(line_up, "openvino", 1) as engines:
        assert engines.get("upscaler", "flow").device.endswith("(f32)")


def test_damage_is_found_before_the_graph_is_opened(line_up: LineUp) -> None:
    path = line_up.bundle("denoiser").folder / "denoiser.onnx"
    path.write_bytes(path.read_bytes().replace(b"prediction", b"projection"))
    with Engines(line_up, "cpu", 1) as engines, pytest.raises(BundleError, match="it was altered"):
        engines.get("denoiser")


def test_a_graph_must_be_what_its_manifest_promises(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    tiny_bundle(folder)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    raw = decoder(folder / "other.onnx", TinySizes(cells_wide=4)).read_bytes()
    manifest["roles"]["decoder"]["graph"] |= {"file": "other.onnx", "bytes": len(raw),
                                              "sha256": hashlib.sha256(raw).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with Engines(LineUp.of(open_bundle(folder)), "cpu", 1) as engines, pytest.raises(
            BundleError, match=r"other.onnx to have latents float32 \(1, 2, 2, 3\), as the manifest says, but it has "
                               r"latents float32 \(1, 2, 2, 4\)"):
        engines.get("decoder")


def test_roles_nobody_fills_and_backends_nobody_has(line_up: LineUp) -> None:
    with Engines(line_up, "cpu", 1) as engines, pytest.raises(BundleError, match="role sounds, but none"):
        engines.get("sounds")
    with Engines(line_up, "metal", 1) as engines, pytest.raises(BackendError, match="'metal' was asked for"):
        engines.get("decoder")


def test_sparing_memory_only_one_role_is_open(line_up: LineUp) -> None:
    with Engines(line_up, "cpu", 1) as engines:
        denoiser, _ = engines.get("denoiser"), engines.get("decoder")
        engines.spare_memory()
        assert engines.devices() == {}
        with pytest.raises(BackendError, match="this one was closed"):
            denoiser.run({})
        flow = engines.get("upscaler", "flow")
        assert engines.get("upscaler", "clean") is not flow
        assert engines.get("upscaler", "flow") is flow, "the parts of a role are needed together"
        engines.get("decoder")
        assert list(engines.devices()) == ["decoder"]
