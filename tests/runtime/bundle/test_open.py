"""Opening a bundle: what is read, and one clear line for everything that can be wrong with a manifest."""

import copy
import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.backends import TensorSpec
from runtime.bundle import (
    MANIFEST,
    Bundle,
    FlowSchedule,
    Latent,
    ScaledLinearSchedule,
    Source,
    open_bundle,
    write_manifest,
)
from runtime.errors import BundleError
from tests.tiny_graphs import TinySizes, tiny_bundle, tiny_manifest

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bundle")
    tiny_bundle(folder)
    data: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    return data


@pytest.fixture
def manifest(template: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(template)


def put(folder: Path, data: Any) -> Path:
    (folder / MANIFEST).write_text(json.dumps(data), "utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        open_bundle(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 500
    return line


def test_everything_written_is_read(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, TinySizes(batch="B"))
    found = bundle.manifest
    assert (found.name, found.version, found.licence) == ("tiny", "1", "Apache-2.0")
    assert found.sources == (Source("random numbers", "CC0-1.0"),)
    assert bundle.roles == ("text_encoder", "denoiser", "decoder", "upscaler")
    assert found.sounds is None
    denoiser, text, upscaler = found.denoiser, found.text_encoder, found.upscaler
    assert denoiser
    assert text
    assert upscaler
    assert denoiser.latent == Latent(2, 16, (0.0, 0.1), (1.0, 1.5))
    assert denoiser.schedule == FlowSchedule(3.0)
    assert (denoiser.solver, denoiser.steps, denoiser.guidance, denoiser.frames) == ("euler", 4, 1.0, 16)
    assert (denoiser.fps, denoiser.size, denoiser.default_domain) == (8.0, (48, 32), "clean")
    assert denoiser.domains == {"watermarked": 0, "clean": 1}
    assert denoiser.graph.inputs == (
        TensorSpec("latents", "float32", ("B", 2, 16, 2, 3)), TensorSpec("time", "float32", ("B",)),
        TensorSpec("context", "float32", ("B", 8, 4)), TensorSpec("domain", "int64", ("B",)))
    assert (text.tokenizer.file, text.max_tokens) == ("tokenizer.json", 8)
    assert (upscaler.scale, upscaler.sizes) == (4, ((192, 128), (48, 32)))
    assert [upscaler.clean.exact, upscaler.flow.exact] == [False, True]
    assert open_bundle(tmp_path) == open_bundle(tmp_path / MANIFEST) == bundle
    with pytest.raises(BundleError, match="fill the role sounds, but it fills only text_encoder, denoiser"):
        bundle.role("sounds")
    with pytest.raises(BundleError, match="a graph 'sharpen' of the upscaler, but it has clean, flow, backward"):
        bundle.graph("upscaler", "sharpen")


def test_diffusion_schedules_and_any_subset_of_roles(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["roles"] = {"denoiser": manifest["roles"]["denoiser"]}
    manifest["roles"]["denoiser"] |= {
        "prediction": "v", "solver": "dpmpp_2m", "fps": 23.976, "guidance": 7.5, "subjects": {"car": ["car", "cab"]},
        "schedule": {"kind": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps": 1000}}
    bundle = open_bundle(put(tmp_path, manifest))
    assert bundle.roles == ("denoiser",)
    assert bundle.manifest.denoiser
    assert bundle.manifest.denoiser.schedule == ScaledLinearSchedule(0.00085, 0.012, 1000, False)
    assert bundle.manifest.denoiser.subjects == {"car": ("car", "cab")}


def test_digest_is_of_the_canonical_manifest(tmp_path: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    bundle = open_bundle(put(tmp_path, manifest))
    assert bundle.digest == hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / MANIFEST).write_text(json.dumps(dict(reversed(manifest.items())), indent=8), "utf-8")
    again = open_bundle(tmp_path)
    assert (again.digest, again.digests) == (bundle.digest, bundle.digests)


def test_a_role_digest_changes_with_its_role_only(tmp_path: Path, manifest: dict[str, Any]) -> None:
    before = open_bundle(put(tmp_path, manifest))
    manifest["roles"]["upscaler"]["graphs"]["flow"]["sha256"] = "0" * 64
    manifest["title"] = "Another"
    after = open_bundle(put(tmp_path, manifest))
    assert before.digest != after.digest
    assert {role for role in before.roles if before.digests[role] != after.digests[role]} == {"upscaler"}


def test_no_bundle(tmp_path: Path) -> None:
    assert f"a model bundle with a bundle.json in {tmp_path}, but there is none" in refusal(tmp_path)
    assert "there is no such folder" in refusal(tmp_path / "none")
    assert "a model bundle" in refusal(tmp_path / ("x" * 300))
    (tmp_path / MANIFEST).mkdir()
    assert "there is none" in refusal(tmp_path)


@pytest.mark.parametrize(("raw", "reason"), [
    (b"", "line 1 is not: Expecting value"), (b'{\n"schema": 1,\n}', "line 3 is not"), (b"\xff\xfe{}", "it is not"),
    (b"[" * 100_000, "it is not"), (b'{"schema": NaN}', "NaN is no number"), (b'{"schema": 1e999}', "1e999 is no"),
    (b'{"a": ' + b"1" * 5000 + b"}", "it is not"), (b"[1]", "it holds something else"), (b"null", "something else"),
    (b'"' + b"x" * (2**24) + b'"', "at most 16 MiB, but it is larger")])
def test_not_json(raw: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(raw)
    assert reason in refusal(tmp_path)


@pytest.mark.parametrize("schema", [0, 2, "1", None, True, [1]])
def test_other_schema_versions(schema: Any, tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["schema"] = schema
    assert "to have schema 1, but it has " in refusal(put(tmp_path, manifest))


def test_required_features_are_refused_by_name(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["required"] = ["two-denoisers"]
    manifest["roles"] = {"anything": 1}  # what else a newer form holds does not matter
    assert 'but it requires "two-denoisers"; use a newer MovieFactory' in refusal(put(tmp_path, manifest))


def test_unknown_fields_and_roles_are_ignored(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["homepage"] = manifest["roles"]["decoder"]["tiles"] = manifest["roles"]["sound_encoder"] = {"x": 1}
    assert open_bundle(put(tmp_path, manifest)).roles == ("text_encoder", "denoiser", "decoder", "upscaler")


def graph_of(data: dict[str, Any]) -> dict[str, Any]:
    graph: dict[str, Any] = data["roles"]["denoiser"]["graph"]
    return graph


WRONG: list[tuple[Change, str]] = [
    (lambda m: m.pop("licence"), "licence in "),
    (lambda m: m.pop("roles"), "roles in "),
    (lambda m: m.update(roles={}), "roles in "),
    (lambda m: m.update(roles={"director": 1}), "one or more of text_encoder, denoiser, decoder, upscaler, sounds"),
    (lambda m: m.update(name="Mixed Case"), "name in "),
    (lambda m: m.update(sources=[{"name": "x"}]), "sources[0].licence in "),
    (lambda m: m.update(sources="mine"), "to be a list of what the bundle was made from"),
    (lambda m: m["roles"].update(decoder=[]), "roles.decoder in "),
    (lambda m: m["roles"]["denoiser"].pop("steps"), "roles.denoiser.steps in "),
    (lambda m: m["roles"]["denoiser"].update(steps=0), "to be a number of steps from 1 to 1000, but 0 came"),
    (lambda m: m["roles"]["denoiser"].update(steps=True), "to be a number of steps from 1 to 1000, but true came"),
    (lambda m: m["roles"]["denoiser"].update(solver="heun"), "one of euler, ddim, dpmpp_2m, lcm, but \"heun\" came"),
    (lambda m: m["roles"]["denoiser"].update(fps=0), "a frame rate above 0"),
    (lambda m: m["roles"]["denoiser"].update(frames=10**30), "roles.denoiser.frames in "),
    (lambda m: m["roles"]["denoiser"].update(size=[48]), "[width, height] in pixels, but a list of 1 came"),
    (lambda m: m["roles"]["denoiser"].update(size=[48, 33]), "graph.inputs.latents.shape in "),
    (lambda m: m["roles"]["denoiser"].update(frames=17), "graph.inputs.latents.shape in "),
    (lambda m: m["roles"]["denoiser"].update(schedule={"kind": "flow"}), "roles.denoiser.schedule.shift in "),
    (lambda m: m["roles"]["denoiser"].update(schedule={"kind": "scaled_linear", "beta_start": 0.1, "beta_end": 0.2}),
     "roles.denoiser.schedule.steps in "),
    (lambda m: m["roles"]["denoiser"].update(schedule={"kind": "cosine"}), "one of flow, scaled_linear"),
    (lambda m: m["roles"]["denoiser"].update(prediction="v"), "to be one that fits a flow schedule, but \"v\" came"),
    (lambda m: m["roles"]["denoiser"].update(default_domain="sharp"), "one of watermarked, clean, but \"sharp\" came"),
    (lambda m: m["roles"]["denoiser"]["latent"].update(std=[1]), "2 numbers, one per channel, but 1 came"),
    (lambda m: m["roles"]["denoiser"]["latent"].update(std=[1, 0]), "roles.denoiser.latent.std[1] in "),
    (lambda m: m["roles"]["denoiser"]["latent"].update(mean=[0, 10**400]), "roles.denoiser.latent.mean[1] in "),
    (lambda m: graph_of(m).pop("sha256"), "roles.denoiser.graph.sha256 in "),
    (lambda m: graph_of(m).update(sha256="A" * 64), "a SHA-256 digest in 64 lower-case hex digits"),
    (lambda m: graph_of(m)["inputs"].pop("time"), "roles.denoiser.graph.inputs.time in "),
    (lambda m: graph_of(m)["outputs"].pop("prediction"), "roles.denoiser.graph.outputs.prediction in "),
    (lambda m: graph_of(m)["inputs"]["time"].update(dtype="bfloat16"), "a numpy dtype, but \"bfloat16\" came"),
    (lambda m: graph_of(m)["inputs"]["time"].update(shape=[1.5]), "a size or the name of a free one, but 1.5 came"),
    (lambda m: m["roles"]["upscaler"]["graphs"].pop("flow"), "roles.upscaler.graphs.flow in "),
    (lambda m: m["roles"]["text_encoder"]["tokenizer"].pop("max_tokens"), "text_encoder.tokenizer.max_tokens in "),
    (lambda m: m["roles"].update(sounds={"folder": "sounds"}), "roles.sounds.files in "),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_field_is_named(change: Change, message: str, tmp_path: Path, manifest: dict[str, Any]) -> None:
    change(manifest)
    assert message in refusal(put(tmp_path, manifest))


def test_nonsense_anywhere_is_refused_or_harmless(tmp_path: Path, template: dict[str, Any]) -> None:
    """Each value in turn, at every depth, becomes something else: a BundleError or a bundle, never anything else."""
    def places(value: Any) -> Iterator[tuple[Any, Any]]:
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            if isinstance(item, dict | list):
                yield from places(item)

    draw = random.Random(0)
    count = refused = 0
    data = copy.deepcopy(template)
    for holder, key in places(data):
        kept, holder[key] = holder[key], draw.choice([None, -1, 0.5, "x", True, [[]], {"file": 1}, 10**400])
        try:
            open_bundle(put(tmp_path, data))
        except BundleError:
            refused += 1
        count, holder[key] = count + 1, kept
    assert refused > 0.7 * count


@pytest.mark.parametrize("path", ["../denoiser.onnx", "/etc/passwd", "a/../../b.onnx", "a\\b.onnx", "C:b.onnx", ".",
                                  "..", "./b.onnx", "a//b.onnx", "a/", "b\0.onnx", "b\n.onnx", "\ud800.onnx"])
def test_paths_that_climb_out_are_refused(path: str, tmp_path: Path, manifest: dict[str, Any]) -> None:
    graph_of(manifest)["file"] = path
    assert "leads elsewhere" in refusal(put(tmp_path, manifest))


def test_sound_folders_that_climb_out_are_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    entry = {"file": "a.opus", "sha256": "0" * 64, "bytes": 1}
    manifest["roles"]["sounds"] = {"folder": "../sounds", "files": [entry]}
    assert "leads elsewhere" in refusal(put(tmp_path, manifest))
    manifest["roles"]["sounds"] = {"folder": "sounds", "files": [{**entry, "file": "../a.opus"}]}
    assert "leads elsewhere" in refusal(put(tmp_path, manifest))


def link(place: Path, target: Path) -> None:
    try:
        place.symlink_to(target)
    except OSError:
        pytest.skip("this system does not let us make links")


@pytest.mark.parametrize("inside", [True, False])
def test_linked_files_are_refused(inside: bool, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = tiny_bundle(folder)
    place = folder / "denoiser.onnx"
    target = folder / "elsewhere.onnx" if inside else tmp_path / "elsewhere.onnx"
    place.rename(target)
    link(place, target)
    assert "it is or lies behind a link" in refusal(folder)
    with pytest.raises(BundleError, match="a link"):
        bundle.verify()


def test_linked_folders_and_manifests_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    tiny_bundle(folder)
    (folder / "upscaler").rename(tmp_path / "upscaler")
    link(folder / "upscaler", tmp_path / "upscaler")
    assert "link" in refusal(folder)
    (folder / "upscaler").unlink()
    (tmp_path / "upscaler").rename(folder / "upscaler")
    assert isinstance(open_bundle(folder), Bundle)
    (folder / MANIFEST).rename(tmp_path / MANIFEST)
    link(folder / MANIFEST, tmp_path / MANIFEST)
    assert "link" in refusal(folder)


def test_the_bundle_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "bundle")
    link(tmp_path / "models", tmp_path / "bundle")
    open_bundle(tmp_path / "models").verify()


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    link(tmp_path / "a", tmp_path / "b")
    link(tmp_path / "b", tmp_path / "a")
    assert "bundle" in refusal(tmp_path / "a")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_manifest(tmp_path: Path) -> None:
    tiny_bundle(tmp_path)
    (tmp_path / MANIFEST).chmod(0)
    assert "cannot be read" in refusal(tmp_path)


def test_written_manifests_survive_a_round(tmp_path: Path) -> None:
    first = tiny_bundle(tmp_path)
    text = (tmp_path / MANIFEST).read_text("utf-8")
    assert write_manifest(tmp_path, tiny_manifest()) == first
    assert (tmp_path / MANIFEST).read_text("utf-8") == text
