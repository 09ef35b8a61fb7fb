"""A bundle's files: verified against the manifest, and described for one."""

import hashlib
import json
import os
from pathlib import Path

import onnx
import pytest

from runtime.bundle import MANIFEST, Bundle, FileEntry, open_bundle, write_manifest
from runtime.errors import BackendError, BundleError, StorageError
from tests.tiny_graphs import denoiser, tiny_bundle, tiny_manifest


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny_bundle(tmp_path / "bundle")


def test_verify_checks_every_file(bundle: Bundle) -> None:
    listed = {entry.file for entry in bundle.checked()}
    there = {path.relative_to(bundle.folder).as_posix() for path in bundle.folder.rglob("*") if path.is_file()}
    assert listed == there - {MANIFEST}
    bundle.verify()


@pytest.mark.parametrize("name", ["denoiser.onnx", "tokenizer.json", "upscaler/forward.onnx"])
def test_damage_is_named(name: str, bundle: Bundle) -> None:
    bundle.verify()
    path = bundle.folder / name
    whole = path.read_bytes()
    for content, message in ((whole[:-1], f"have {len(whole)} bytes, but it is truncated: {len(whole) - 1} bytes"),
                             (b"", "truncated: 0 bytes"), (whole + b"\0", "it is longer"),
                             (whole[:-1] + bytes([whole[-1] ^ 1]), "it was altered")):
        path.write_bytes(content)
        with pytest.raises(BundleError, match=message) as caught:
            bundle.verify()
        assert str(path) in str(caught.value)
    path.unlink()
    with pytest.raises(BundleError, match="it is missing"):
        bundle.verify()
    path.mkdir()
    with pytest.raises(BundleError, match="it is something else"):
        bundle.verify()
    path.rmdir()
    path.write_bytes(whole)
    bundle.verify()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_refused_without_waiting(bundle: Bundle) -> None:
    (bundle.folder / "denoiser.onnx").unlink()
    os.mkfifo(bundle.folder / "denoiser.onnx")
    with pytest.raises(BundleError, match="it is something else"):
        bundle.verify()


def test_describing_is_by_content(bundle: Bundle) -> None:
    raw = (bundle.folder / "denoiser.onnx").read_bytes()
    assert bundle.graph("denoiser").file == FileEntry("denoiser.onnx", hashlib.sha256(raw).hexdigest(), len(raw))


def test_sounds_list_all_their_files(bundle: Bundle) -> None:
    sounds = bundle.folder / "sounds"
    (sounds / "music").mkdir(parents=True)
    (sounds / "sounds.json").write_text("{}", "utf-8")
    (sounds / "music" / "théme.opus").write_bytes(b"not really")
    whole = write_manifest(bundle.folder, {**tiny_manifest(), "roles": {"sounds": {"folder": "sounds"}}})
    assert [entry.file for entry in whole.files()] == ["sounds/music/théme.opus", "sounds/sounds.json"]
    whole.verify()
    (sounds / "music" / "théme.opus").write_bytes(b"not at all")
    with pytest.raises(BundleError, match="altered"):
        whole.verify()


def test_weights_beside_the_graph_are_listed_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    tiny_bundle(folder)
    onnx.save(onnx.load(denoiser(tmp_path / "d.onnx")), folder / "upscaler" / "denoiser.onnx",
              save_as_external_data=True, location="denoiser.data", size_threshold=150)
    manifest = tiny_manifest()
    manifest["roles"]["denoiser"]["graph"] = {"file": "upscaler/denoiser.onnx"}
    bundle = write_manifest(folder, manifest)
    (data,) = bundle.graph("denoiser").data
    assert data.file == "upscaler/denoiser.data"
    bundle.check_graph(bundle.graph("denoiser"))
    (folder / data.file).write_bytes(bytes(data.bytes))
    with pytest.raises(BundleError, match=r"denoiser.data .* altered"):
        bundle.check_graph(bundle.graph("denoiser"))


def test_weights_that_are_not_listed_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = tiny_bundle(folder)
    onnx.save(onnx.load(folder / "denoiser.onnx"), folder / "denoiser.onnx", save_as_external_data=True,
              location="w.bin", size_threshold=150)
    bundle = write_manifest(folder, tiny_manifest())
    bundle.verify()
    data = json.loads((folder / "bundle.json").read_text("utf-8"))
    del data["roles"]["denoiser"]["graph"]["data"]
    (folder / "bundle.json").write_text(json.dumps(data), "utf-8")
    unlisted = open_bundle(folder)
    for look in (unlisted.verify, lambda: unlisted.check_graph(unlisted.graph("denoiser"))):
        with pytest.raises(BundleError, match=r"list every file that denoiser.onnx reads, but w.bin is not listed"):
            look()


def test_manifests_of_missing_or_foreign_files_are_not_written(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = tiny_bundle(folder)
    before = (folder / MANIFEST).read_bytes()
    for change, kind, message in (
            ({"decoder": {"graph": {"file": "none.onnx"}}}, BackendError, "No such file"),
            ({"decoder": {"graph": {"file": "tokenizer.json"}}}, BackendError, "to be an ONNX model"),
            ({"decoder": {"graph": {"file": "../d.onnx"}}}, BundleError, "leads elsewhere"),
            ({"decoder": {"graph": {"file": "text_encoder.onnx"}}}, BundleError, r"roles\.decoder\.graph\.\w+\.\w+ in"),
            ({"sounds": {"folder": "sounds"}}, BundleError, "it is not there")):
        with pytest.raises(kind, match=message):
            write_manifest(folder, {**tiny_manifest(), "roles": change})
    assert (folder / MANIFEST).read_bytes() == before
    assert {path.name for path in folder.iterdir() if path.name.startswith(".")} == set()
    bundle.verify()


def test_a_manifest_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    tiny_bundle(folder)
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).mkdir()
    with pytest.raises(StorageError, match="to write"):
        write_manifest(folder, tiny_manifest())
    assert {path.name for path in folder.iterdir() if path.name.startswith(".")} == set()
