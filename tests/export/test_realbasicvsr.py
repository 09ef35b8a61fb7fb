"""Published RealBasicVSR checkpoints: every layout they come in, what they become, and what is refused."""

import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from export.errors import ExportError
from export.networks import Frame
from export.realbasicvsr import Request, build, upscaler_from
from runtime.bundle import Engines, LineUp, open_bundle
from runtime.shot.upscale import UpscalerGraphs, upscale
from tests.export import full_disk
from tests.tiny_graphs import tiny_bundle
from training.models.upscaler import PUBLISHED, Upscaler, UpscalerConfig

SMALL = UpscalerConfig(channels=8, cleaning_blocks=2, propagation_blocks=3, tail=(6, 4), flow_levels=3,
                       flow_widths=(6, 5, 4, 3), flow_shrink=1)
FRAME = Frame(48, 32)
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


def tensors(config: UpscalerConfig = SMALL) -> dict[str, Tensor]:
    torch.manual_seed(0)
    network = Upscaler(config)
    for parameter in network.parameters():
        if not parameter.any():
            parameter.data.normal_(0.0, 0.05)
    return network.state_dict()


def published(found: dict[str, Tensor]) -> dict[str, Any]:
    """As OpenMMLab's tools save it: two generators, a discriminator, what the training was, random states."""
    stale = {f"generator.{name}": value + 1 for name, value in found.items()}
    average = {f"generator_ema.{name}": value for name, value in found.items()}
    return {"meta": {"epoch": 1, "iter": 150_000, "mmedit_version": "0.12"},
            "state_dict": {**stale, **average, "discriminator.conv.weight": torch.ones(2),
                           "step_counter": torch.ones(1)}}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "RealBasicVSR_x4.pth"
    torch.save(published(tensors()), path)
    return path


def test_a_checkpoint_becomes_an_upscaler_that_computes_what_it_did(checkpoint: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "export", "realbasicvsr", str(checkpoint), "--out",
                           str(tmp_path / "vsr"), "--precision", "fp32", "--frame", "48x32"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bundle = open_bundle(tmp_path / "vsr")
    assert bundle.roles == ("upscaler",)
    assert bundle.manifest.upscaler is not None
    assert bundle.manifest.upscaler.sizes == ((192, 128), (48, 32))
    (source,) = bundle.manifest.sources
    assert source.licence == "Apache-2.0"
    assert len(source.sha256) == 64
    assert source.sha256 in (tmp_path / "vsr/MODEL_CARD.md").read_text()
    frames = [np.random.default_rng(k).integers(0, 256, (32, 48, 3), np.uint8) for k in range(3)]
    with Engines(LineUp.of(bundle), "cpu") as engines:
        graphs = UpscalerGraphs(*(engines.get("upscaler", part) for part in ("clean", "flow", "backward", "forward")))
        pictures = [item for item in upscale(frames, graphs) if isinstance(item, np.ndarray)]
    network = Upscaler(SMALL).eval()
    network.load_state_dict(tensors())
    clip = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)[None] / 255
    with torch.no_grad():
        expected = (network(clip).pictures[0].clamp(0, 1) * 255).permute(0, 2, 3, 1).numpy()
    assert np.abs(np.stack(pictures) - expected).max() <= 0.51 + 1e-3


@pytest.mark.parametrize("layout", ["ema", "generator", "bare", "safetensors"])
def test_every_layout_gives_the_same_network(layout: str, tmp_path: Path) -> None:
    found = tensors()
    held: Any = {"ema": published(found), "generator": {"state_dict": {f"generator.{k}": v for k, v in found.items()}},
                 "bare": found, "safetensors": found}[layout]
    path = tmp_path / ("file.safetensors" if layout == "safetensors" else "file.pth")
    if layout == "safetensors":
        save_file(held, path)
    else:
        torch.save(held, path)
    from export.checkpoints import open_checkpoint

    network = upscaler_from(open_checkpoint(path))
    assert network.config == SMALL
    for name, value in network.state_dict().items():
        assert torch.equal(value, found[name]), name


def test_the_published_size_is_recognised() -> None:
    with torch.device("meta"):
        names = Upscaler(PUBLISHED).state_dict()
    # Constants may be missing from a file.
    found = {name: torch.empty(value.shape) for name, value in names.items() if not name.endswith((".mean", ".std"))}
    assert upscaler_from(found, cleaning_passes=2).config == UpscalerConfig(
        **{**PUBLISHED.__dict__, "cleaning_passes": 2})


def test_a_file_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"state_dict": Trap()}, protocol=2))
    torch.save({"state_dict": Trap()}, tmp_path / "trap2.pth")
    for name in ("trap.pth", "trap2.pth"):
        with pytest.raises(ExportError, match="run code"):
            build(Request(checkpoint=tmp_path / name, out=tmp_path / "out", frame=FRAME))
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()


def test_what_is_no_checkpoint_is_said_in_one_line(checkpoint: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pth"
    cut.write_bytes(checkpoint.read_bytes()[:20_000])
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    (tmp_path / "page.pth").write_text("<!DOCTYPE html><title>not found</title>")
    (tmp_path / "pointer.pth").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"backward_trunk.weight": torch.ones(1)}, tmp_path / "basicsr.pth")
    for name, said in (("cut.pth", "whole"), ("cut.safetensors", "whole"), ("list.pth", "holds a list"),
                       ("basicsr.pth", "backward_trunk"),
                       ("page.pth", "to be a torch file, but it begins with"), ("pointer.pth", "download it again"),
                       ("none.pth", "there is none")):
        with pytest.raises(ExportError, match=said) as caught:
            build(Request(checkpoint=tmp_path / name, out=tmp_path / "out", frame=FRAME))
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_missing_added_and_misshapen_tensors_are_named() -> None:
    found = tensors()
    missing = {name: value for name, value in found.items() if name != "basicvsr.fusion.weight"}
    with pytest.raises(ExportError, match=r"basicvsr.fusion.weight among them, but it is missing"):
        upscaler_from(missing)
    with pytest.raises(ExportError, match=r"image_cleaning.0.main.0.weight, but it is missing"):
        upscaler_from({k: v for k, v in found.items() if k != "image_cleaning.0.main.0.weight"})
    with pytest.raises(ExportError, match=r"one more: basicvsr.extra.weight"):
        upscaler_from(found | {"basicvsr.extra.weight": torch.ones(1)})
    with pytest.raises(ExportError, match=r"fusion.weight of shape \(8, 16, 1, 1\), but it is \(8, 15, 1, 1\)"):
        upscaler_from(found | {"basicvsr.fusion.weight": torch.ones(8, 15, 1, 1)})


def test_nothing_half_written_is_left_and_nothing_foreign_is_overwritten(checkpoint: Path, tmp_path: Path,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "photo.jpg").write_text("not a bundle")
    with pytest.raises(ExportError, match="choose another --out"):
        build(Request(checkpoint=checkpoint, out=out, frame=FRAME))
    assert [path.name for path in out.iterdir()] == ["photo.jpg"]

    def broken(*_: object) -> None:
        raise ExportError("a graph", "none", "no")

    monkeypatch.setattr("export.realbasicvsr.write_manifest", broken)
    with pytest.raises(ExportError):
        build(Request(checkpoint=checkpoint, out=tmp_path / "other", frame=FRAME))
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def test_a_bundle_of_another_name_is_not_replaced(checkpoint: Path, tmp_path: Path) -> None:
    before = tiny_bundle(tmp_path / "mine")
    with pytest.raises(ExportError, match="an older 'realbasicvsr', but there is 'tiny'; remove that folder"):
        build(Request(checkpoint=checkpoint, out=tmp_path / "mine", frame=FRAME))
    open_bundle(tmp_path / "mine").verify()
    assert open_bundle(tmp_path / "mine").digest == before.digest
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@posix
def test_told_to_end_it_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "export", "realbasicvsr", str(checkpoint), "--out", str(tmp_path / "vsr"),
               "--frame", "48x32"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate()
    assert error == "export: stopped; what was there before is as it was\n"
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_full_disk_is_one_line_and_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    full_disk.refuses(tmp_path / "vsr", "realbasicvsr", checkpoint, "--frame", "48x32")


def test_behind_a_link_the_bundle_is_replaced_where_it_is(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "disk" / "bundle").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "bundle")
    for _ in range(2):
        build(Request(checkpoint=checkpoint, out=tmp_path / "link", frame=FRAME)).verify()
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["bundle"]
