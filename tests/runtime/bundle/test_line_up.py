"""Which bundle plays which role."""

import json
from pathlib import Path

import pytest

from runtime.bundle import STARTER, Bundle, LineUp, find, line_up, write_manifest
from runtime.errors import BundleError
from tests.tiny_graphs import TinySizes, decoder, denoiser, layout, text_encoder, tiny_bundle, tiny_manifest


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A tiny bundle in the place of the embedded one."""
    folder = tmp_path / "installation" / "starter"
    bundle = tiny_bundle(folder)
    monkeypatch.setattr(line_up, "starter_folder", lambda: folder)
    return bundle


def one_role(folder: Path, role: str, sizes: TinySizes | None = None) -> Bundle:
    """A bundle that fills only `role`, like the tiny one but under another name."""
    sizes = sizes or TinySizes()
    folder.mkdir()
    {"decoder": decoder, "text_encoder": text_encoder}[role](folder / f"{role}.onnx", sizes)
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    manifest = tiny_manifest(sizes)
    return write_manifest(folder, {**manifest, "name": "other", "roles": {role: manifest["roles"][role]}})


def test_the_first_bundle_wins_and_the_starter_fills_the_rest(starter: Bundle, tmp_path: Path) -> None:
    mine, late = one_role(tmp_path / "mine", "decoder"), one_role(tmp_path / "late", "decoder")
    chosen = LineUp.with_starter(mine, late)
    assert {role: bundle.folder for role, bundle in chosen.bundles.items()} == {
        "text_encoder": starter.folder, "denoiser": starter.folder, "decoder": mine.folder,
        "upscaler": starter.folder}
    assert chosen.decoder == mine.manifest.decoder
    assert (chosen.denoiser, chosen.upscaler) == (starter.manifest.denoiser, starter.manifest.upscaler)
    assert chosen.text_encoder == starter.manifest.text_encoder
    with pytest.raises(BundleError, match="a bundle that fills the role sounds, but none of those chosen does"):
        _ = chosen.sounds
    assert find() == starter
    assert find(mine.folder) == mine


def test_a_missing_starter_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_up, "starter_folder", lambda: tmp_path / "none")
    for ask in (LineUp.with_starter, find, lambda: LineUp.from_dict({"decoder": {"bundle": "starter", "digest": ""}})):
        with pytest.raises(BundleError, match="the starter bundle, but it is missing from this installation"):
            ask()


def test_the_form_for_the_film_folder(starter: Bundle, tmp_path: Path) -> None:
    mine = one_role(tmp_path / "mine", "decoder")
    chosen = LineUp.with_starter(mine)
    data = json.loads(json.dumps(chosen.to_dict()))
    assert data["decoder"] == {"bundle": str(mine.folder), "digest": mine.digests["decoder"]}
    assert data["denoiser"] == {"bundle": STARTER, "digest": starter.digests["denoiser"]}
    assert LineUp.from_dict(data) == chosen
    assert chosen.changes(data) == {}
    assert chosen.digests() == {role: entry["digest"] for role, entry in data.items()}


def test_a_changed_part_is_reported(starter: Bundle, tmp_path: Path) -> None:
    mine = one_role(tmp_path / "mine", "decoder")
    data = LineUp.with_starter(mine).to_dict()
    manifest = tiny_manifest()
    manifest["roles"]["denoiser"]["steps"] = 8
    write_manifest(starter.folder, manifest)
    then, now = data["denoiser"]["digest"], find().digests["denoiser"]
    lines = LineUp.from_dict(data).changes({**data, "sounds": {"bundle": "x", "digest": "0123"}})
    assert list(lines) == ["denoiser", "sounds"]
    assert then[:12] in lines["denoiser"]
    assert now[:12] in lines["denoiser"]
    assert lines["sounds"].endswith("0123 then, none now")


@pytest.mark.parametrize("data", [{"director": {"bundle": STARTER}}, {"decoder": STARTER}, {"decoder": {"bundle": 1}},
                                  {"decoder": {"bundle": ""}}])
def test_line_ups_that_name_no_bundle_are_refused(data: dict[str, object], starter: Bundle) -> None:
    assert starter.roles
    with pytest.raises(BundleError, match="to name the bundle of each role"):
        LineUp.from_dict(data)


def test_line_ups_whose_bundle_is_gone_or_changed_roles_are_refused(starter: Bundle, tmp_path: Path) -> None:
    assert "sounds" not in starter.roles
    with pytest.raises(BundleError, match="there is no such folder"):
        LineUp.from_dict({"decoder": {"bundle": str(tmp_path / "gone")}})
    with pytest.raises(BundleError, match="to fill the role sounds"):
        LineUp.from_dict({"sounds": {"bundle": STARTER}})


@pytest.mark.parametrize(("role", "sizes", "message"), [
    ("text_encoder", TinySizes(context=5), r"the text encoder's context to fit the denoiser's context \(8, 4\)"),
    ("decoder", TinySizes(channels=3), r"the denoiser's latents to fit the decoder's latents \(3, 2, 3\), but it is"),
    ("decoder", TinySizes(cells_wide=5), r"decoder's latents \(2, 2, 5\), but it is \(2, 2, 3\)")])
def test_parts_that_do_not_fit_are_refused(role: str, sizes: TinySizes, message: str, starter: Bundle,
                                           tmp_path: Path) -> None:
    assert starter.roles
    with pytest.raises(BundleError, match=message):
        LineUp.with_starter(one_role(tmp_path / "mine", role, sizes))


@pytest.mark.parametrize("missing", ["layout", "sketch"])
def test_a_sketch_that_nothing_draws_or_nothing_takes_is_refused(missing: str, tmp_path: Path) -> None:
    sizes = TinySizes(sketch=3)
    bundle = tiny_bundle(tmp_path, sizes)
    manifest = tiny_manifest(sizes)
    assert LineUp.of(bundle).denoiser.parts(on_gpu=False) == ("graph", "layout")
    if missing == "layout":
        del manifest["roles"]["denoiser"]["layout"]
    else:
        denoiser(tmp_path / "denoiser.onnx")
    with pytest.raises(BundleError, match="a denoiser that takes a sketch, and a graph of its layout that draws one"):
        LineUp.of(write_manifest(tmp_path, manifest))


def test_a_sketch_of_another_size_is_refused(tmp_path: Path) -> None:
    tiny_bundle(tmp_path, TinySizes(sketch=3))
    layout(tmp_path / "layout.onnx", TinySizes(sketch=2))
    with pytest.raises(BundleError, match=r"the layout's sketch to fit the denoiser's sketch \(3, 16, 2, 3\)"):
        LineUp.of(write_manifest(tmp_path, tiny_manifest(TinySizes(sketch=3))))


def test_the_starters_upscaler_stays_out_where_frames_have_another_size(starter: Bundle, tmp_path: Path) -> None:
    for name, sizes, kept in (("same", TinySizes(), True), ("other", TinySizes(cells_wide=5), False)):
        manifest = tiny_manifest(sizes)
        tiny_bundle(tmp_path / name, sizes)
        del manifest["roles"]["upscaler"]
        chosen = LineUp.with_starter(write_manifest(tmp_path / name, manifest))
        assert ("upscaler" in chosen.bundles) == kept
        assert LineUp.from_dict(chosen.to_dict()) == chosen
    assert "upscaler" in starter.roles


def test_an_upscaler_for_another_size_is_refused(starter: Bundle, tmp_path: Path) -> None:
    other = tiny_bundle(tmp_path / "other", TinySizes(cells_wide=5))
    with pytest.raises(BundleError, match=r"the denoiser's frames to fit the upscaler's frames \(32, 80\)"):
        LineUp.from_dict({"denoiser": {"bundle": STARTER}, "upscaler": {"bundle": str(other.folder)}})
    assert starter.roles
