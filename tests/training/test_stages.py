"""Every stage once, at a tiny size, through the functions the commands call: pools, training, weights, resume."""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.world.test_captions import is_named
from training import data, pools
from training.command import Request
from training.finished import load_autoencoder, load_denoiser, load_unet, text_models
from training.loop import Schedule
from training.models import weights
from training.models.autoencoder import AutoencoderConfig
from training.models.denoiser import DenoiserConfig
from training.models.frozen import frozen_digest
from training.models.layout import ROWS, SCENERY, WHO, Plan, Planner
from training.models.text_encoder import TextConfig, TextEncoder, save_text_encoder
from training.sampling import Prompted, Take, times
from training.stages import distil, planner, sketch, stage0, stage1, stage2, vae
from training.stages.films import film, film_clip, single_frames
from training.world.captions import ADJECTIVES, ALONE, REMARKS
from training.world.clip import HELD_OUT, HELD_OUT_COUPLE
from training.world.compose import FRAMES, HEIGHT, WIDTH
from training.world.domains import DOMAINS
from training.world.settings import SETTINGS
from training.world.subjects import SUBJECTS

pytestmark = pytest.mark.proof

TOKENIZER = Path("runtime/starter/tokenizer.json")
AUTOENCODER = AutoencoderConfig(latent_channels=4)
TINY = DenoiserConfig(latent_channels=4, widths=(32, 32), attention=(False, True), context=32, groups=8, frames=FRAMES)


def request(folder: Path, stage: str, items: int = 4, batch: int = 2) -> Request:
    schedule = Schedule(clips=4, batch=batch, rate=1e-3, warmup=1, ema=0.5)
    return Request(out=folder / stage, weights=folder / "weights", minutes=None, items=items, schedule=schedule)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which all stages of the denoiser have run once, over random text and picture encoders."""
    folder = tmp_path_factory.mktemp("workshop")
    torch.manual_seed(0)
    (folder / "weights").mkdir()
    (folder / "weights/tokenizer.json").write_bytes(TOKENIZER.read_bytes())
    save_text_encoder(TextEncoder(TextConfig(factor=8, width=32, layers=1, heads=2)), folder / "weights", {})
    vae.run(replace(request(folder, "vae"), schedule=Schedule(clips=8, batch=1)), AUTOENCODER, size=64)
    stage0.run(request(folder, "stage0"), TINY)
    planner.run(request(folder, "planner"), TINY)
    sketch.run(request(folder, "sketch"))
    stage1.run(request(folder, "stage1"))
    stage2.run(request(folder, "stage2", items=2, batch=1))
    distil.run(request(folder, "distil_stills"), distil.STILLS, frames=1)
    distil.run(request(folder, "distil", items=2, batch=1))
    return folder


def test_every_stage_leaves_its_own_tensors_and_no_others(workshop: Path) -> None:
    found = {stage: weights.load(workshop / "weights", stage)[0]
             for stage in ("stage0", "planner", "sketch", "stage1", "stage2", "distil_stills", "distil")}
    assert all(name.startswith("planner.") for name in found["planner"])
    assert all(name.startswith("sketch.") for name in found["sketch"])
    assert all(name.startswith(("inserts.", "sketch.")) for name in found["stage1"])
    assert all(name.startswith("temporal.") for name in found["stage2"])
    assert found["distil_stills"].keys() == found["stage1"].keys()
    assert found["distil"].keys() == found["stage1"].keys() | found["stage2"].keys()
    assert any(not torch.equal(found["distil"][name], value) for name, value in found["stage2"].items())


def test_stage_1_tells_what_it_was_taught_to_draw(workshop: Path) -> None:
    told = weights.load(workshop / "weights", "stage1")[1]["subjects"]
    assert len(told) == 16
    assert told["airplane"] == ["airplane", "plane"]


def test_inserted_layers_tell_what_they_were_trained_around_and_to_predict(workshop: Path) -> None:
    around = frozen_digest(load_unet(workshop / "weights")[0])
    for stage in ("stage1", "stage2", "distil_stills", "distil"):
        told = weights.load(workshop / "weights", stage)[1]
        assert (told["around"], told["prediction"]) == (around, "flow"), stage
        assert stage == "stage1" or (told["steps"], told["guidance"]) == (4, 1.0), "guidance is folded in"


def test_the_distilled_model_still_has_stage_0s_very_bits(workshop: Path) -> None:
    model, _ = load_denoiser(workshop / "weights", ("distil",), temporal=True)
    frozen, _ = weights.load(workshop / "weights", "stage0")
    own = model.unet.state_dict()
    assert own.keys() == frozen.keys()
    assert all(torch.equal(value.cpu(), frozen[name]) for name, value in own.items())


def test_a_stage_goes_on_from_its_run_and_from_kept_weights_alone(workshop: Path, capsys: pytest.CaptureFixture[str],
                                                                  tmp_path: Path) -> None:
    longer = request(workshop, "stage1")
    longer = replace(longer, schedule=replace(longer.schedule, clips=6))
    stage1.run(longer)
    assert "going on at 4 clips" in capsys.readouterr().out
    stage1.run(replace(longer, out=tmp_path / "elsewhere"))
    assert "kept weights at 6 clips" in capsys.readouterr().out


def test_a_pool_is_filled_once_and_its_latents_are_the_encoders(workshop: Path) -> None:
    autoencoder = load_autoencoder(workshop / "weights")
    shape = pools.Shape(4, 1, stage0.SIZE, stage0.SIZE)
    pool = pools.Pool(workshop / "stage0/pool", shape, 4, 16)
    assert list(pool.fill(lambda index: stage0.still(index, 0), autoencoder)) == []
    picture = torch.from_numpy(stage0.still(2, 0).pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        expected = autoencoder.encode(picture)
    np.testing.assert_allclose(pool.latents[2], expected, rtol=2e-3, atol=0.01)
    autoencoder.middle += 0.1
    with pytest.raises(ValueError, match="encoded by another autoencoder"):
        next(pool.fill(lambda index: stage0.still(index, 0), autoencoder))
    with pytest.raises(ValueError, match="another pool"):
        pools.Pool(workshop / "stage0/pool", pools.Shape(3, 1, stage0.SIZE, stage0.SIZE), 4, 16)


def test_a_pool_of_another_world_is_refused(workshop: Path) -> None:
    autoencoder = load_autoencoder(workshop / "weights")
    pool = pools.Pool(workshop / "stage1/pool", pools.Shape(4, 1, WIDTH, HEIGHT), 4, 16)

    def draw(index: int) -> pools.Drawn:
        return film(index, 0, 1, 0.5)

    def repainted(index: int) -> pools.Drawn:
        return replace(draw(index), pictures=draw(index).pictures // 2 if index == 3 else draw(index).pictures)

    def elsewhere(index: int) -> pools.Drawn:
        return replace(draw(index), places=draw(index).places + 0.1)

    assert list(pool.fill(draw, autoencoder)) == []
    for other in (repainted, elsewhere):
        with pytest.raises(ValueError, match="drawn of another world"):
            next(pool.fill(other, autoencoder))


def test_a_pool_grows_by_what_is_missing(workshop: Path, tmp_path: Path) -> None:
    shutil.copytree(workshop / "stage0/pool", tmp_path / "pool")
    autoencoder = load_autoencoder(workshop / "weights")
    drawn = []

    def draw(index: int) -> pools.Drawn:
        drawn.append(index)
        return stage0.still(index, 0)

    before = pools.Pool(tmp_path / "pool", pools.Shape(4, 1, stage0.SIZE, stage0.SIZE), 4, 16).latents.copy()
    longer = pools.Pool(tmp_path / "pool", pools.Shape(6, 1, stage0.SIZE, stage0.SIZE), 4, 16)
    assert list(longer.fill(draw, autoencoder)) == [6]
    np.testing.assert_array_equal(longer.latents[:4], before)
    expected = pools.Pool(tmp_path / "whole", pools.Shape(6, 1, stage0.SIZE, stage0.SIZE), 4, 16)
    assert list(expected.fill(draw, autoencoder)) == [6]
    np.testing.assert_array_equal(longer.latents, expected.latents)
    np.testing.assert_array_equal(longer.places, expected.places)


def test_computing_the_decoder_anew_leaves_the_latents_as_they_are(workshop: Path, tmp_path: Path) -> None:
    shutil.copytree(workshop / "weights", tmp_path / "weights")
    again = request(tmp_path, "vae")
    vae.run(replace(again, schedule=replace(again.schedule, clips=12, seed=5)), AUTOENCODER, size=64)
    before, after = load_autoencoder(workshop / "weights"), load_autoencoder(tmp_path / "weights")
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    latents = before.encode(picture)
    assert torch.equal(after.encode(picture), latents)
    assert not torch.equal(after.decode(latents), before.decode(latents))


def test_a_planner_is_judged_by_who_is_there_and_by_overlap(workshop: Path) -> None:
    texts = text_models(workshop / "weights")
    items = [planner.item(data.HELD + index, texts[1], 0, plain=True) for index in range(16)]
    batch = {name: torch.stack([item[name] for item in items])
             for name in ("places", "turns", "kinds", "colours", "scene")}
    truth = batch["places"]
    assert truth.shape == (16, planner.LOOKS, ROWS, 7)
    assert (truth[:, 0, SCENERY, 2] > 0).sum() > 8, "all but those without a text have scenery"
    assert 0 < (truth[:, 0, 1, 2] > 0).sum() < 16, "some clips have two actors"

    class Knowing(Planner):
        known = truth

        def plan(self, context: torch.Tensor) -> Plan:
            boxes, turns = torch.zeros(16, FRAMES, ROWS, 4), torch.zeros(16, FRAMES, ROWS)
            boxes[:, planner.looks(FRAMES)], turns[:, planner.looks(FRAMES)] = self.known[..., :4], batch["turns"]
            there = (self.known[:, 0, :, 2] > 0).float() - 0.5
            # What kind it is in the first numbers, what colour in the next, as angles; so with the scene's three.
            who = torch.zeros(16, ROWS, WHO)
            for start, name, count in ((0, "kinds", planner.KINDS), (2, "colours", planner.COLOURS)):
                angle = 2 * torch.pi * batch[name] / len(count)
                who[:, :SCENERY, start], who[:, :SCENERY, start + 1] = angle.cos(), angle.sin()
            for number, names in enumerate(planner.SCENE.values()):
                angle = 2 * torch.pi * batch["scene"][:, number] / len(names)
                who[:, SCENERY, 2 * number], who[:, SCENERY, 2 * number + 1] = angle.cos(), angle.sin()
            return Plan(there, boxes, turns, there, who)

    def sure(layer: torch.nn.Module, start: int) -> None:
        assert isinstance(layer, torch.nn.Linear)
        angles = 2 * torch.pi * torch.arange(layer.out_features) / layer.out_features
        layer.weight.data.zero_()
        layer.bias.data.zero_()
        layer.weight.data[:, start], layer.weight.data[:, start + 1] = angles.cos(), angles.sin()

    knowing = Knowing(32, FRAMES)
    examined = planner.Examined(knowing)
    sure(examined.kind, 0)
    sure(examined.colour, 2)
    for number, layer in enumerate(examined.scene):
        sure(layer, 2 * number)
    assert planner.judged(examined, texts, 16) == {"there": 1.0, "overlap": 1.0, "turned": 0.0, "scenery": 0.0,
                                                   "kinds": 1.0, "colours": 1.0, "setting": 1.0, "time": 1.0,
                                                   "weather": 1.0}
    knowing.known = truth.clone()
    someone = int((truth[:, 0, 0, 2] > 0).nonzero()[0])
    knowing.known[someone, :, 0] = 0.0
    assert planner.judged(examined, texts, 16)["there"] == pytest.approx(1 - 1 / 32, abs=1e-4)
    sure(examined.kind, 1)
    assert planner.judged(examined, texts, 16)["kinds"] < 0.5
    knowing.known[:, :, SCENERY, 0] += 0.1
    assert planner.judged(examined, texts, 16)["scenery"] == pytest.approx(0.1 / 4, abs=1e-3)


def test_stage1_begins_with_the_finished_planner_and_sketch(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class CaughtError(Exception):
        pass

    def catch(job: Any, request: Request) -> None:
        raise CaughtError(job.model)

    monkeypatch.setattr(stage1, "train", catch)
    with pytest.raises(CaughtError) as caught:
        stage1.run(request(workshop, "stage1"))
    begun = caught.value.args[0].state_dict()
    for part in ("planner", "sketch"):
        for name, value in weights.load(workshop / "weights", part)[0].items():
            assert torch.equal(begun[name], value), name


def test_the_sketch_learns_nothing_from_watermarked_pictures(workshop: Path) -> None:
    encoder, tokenizer = text_models(workshop / "weights")
    denoiser, config = load_denoiser(workshop / "weights", ("sketch",), temporal=False)
    assert denoiser.planner is not None
    assert denoiser.sketch is not None
    items = single_frames(request(workshop, "stage1"), tokenizer)
    job = sketch.SketchJob(sketch.Guessing(denoiser.sketch, config.latent_channels), denoiser.planner, items, encoder)
    batch = {name: torch.stack([items(index)[name] for index in range(8)]) for name in items(0)}
    losses = [float(job.loss({**batch, "domain": torch.full((8,), DOMAINS[name])}, torch.Generator())[0].detach())
              for name in ("clean", "watermarked")]
    assert losses[0] > 0
    assert losses[1] == 0


def test_a_text_without_a_place_means_one_that_suits() -> None:
    moved = 0
    for index in range(200):
        clip = film_clip(index, 0)
        home = planner.at_home(clip)
        assert planner.at_home(home) == home
        assert replace(home, setting=clip.setting) == clip
        for actor in home.actors:
            assert (actor.subject, home.setting) not in HELD_OUT
            assert actor.place in SETTINGS[home.setting].levels
        moved += home != clip
    assert moved > 50
    cars = {planner.at_home(film_clip(index, 0)).setting for index in range(400)
            if [actor.subject for actor in film_clip(index, 0).actors] == ["car"] and film_clip(index, 0).time == "day"
            and film_clip(index, 0).weather == "clear"}
    assert cars == {"desert"}


def test_remarks_name_nobody_and_those_who_are_there_stay_named() -> None:
    rng, remarks, alone = random.Random(0), 0, 0
    names = {noun for subject in SUBJECTS.values() for noun in subject.nouns}
    assert not names & {word for words in (*REMARKS, *ALONE, *ADJECTIVES) for word in words.split()}
    for index in range(400):
        clip = film_clip(index, 0)
        text = planner.remarked(clip, True, rng)
        remarks += any(text.endswith(f", {remark}") for remark in REMARKS)
        done = [words for words in ALONE if f" {words} " in f"{text} "]
        alone += bool(done) and len(clip.actors) == 1
        assert all(is_named(text, actor) for actor in clip.actors)
    assert 60 < remarks < 140
    assert 15 < alone < 100


def test_nouns_that_are_no_words_leave_only_the_scenery_to_be_told(workshop: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    texts = text_models(workshop / "weights")
    monkeypatch.setattr(planner, "NONSENSE", 1.0)
    monkeypatch.setattr(planner, "EMPTY", 0.0)
    items = [planner.item(index, texts[1], 0) for index in range(40)]
    assert all(item["named"].tolist() == [0.0, 0.0, 1.0] for item in items)
    assert len({planner.no_word(random.Random(k)) for k in range(40)}) > 35
    job = planner.PlannerJob(planner.Examined(Planner(TINY.context, FRAMES)), texts, 0)
    batch = next(job.batches(0, 8))
    _, found = job.loss(batch, torch.Generator().manual_seed(0))
    # Who they are, and where, costs nothing: any other truth does as well.
    _, other = job.loss({**batch, "kinds": batch["kinds"] * 0, "colours": batch["colours"] * 0},
                        torch.Generator().manual_seed(0))
    assert found == other
    assert job.loss({**batch, "scene": batch["scene"] * 0}, torch.Generator().manual_seed(0))[1] != found


def test_a_trained_planner_knows_each_kind_in_each_colour_and_each_scenery(workshop: Path) -> None:
    texts = text_models(workshop / "weights")
    found = planner.known(planner.Examined(Planner(TINY.context, FRAMES)), texts, 512)
    assert {name: values.shape[1] for name, values in found.items()} == {"actors": WHO, "sceneries": WHO}
    assert 50 < len(found["actors"]) <= sum(len(subject.colours) + 1 for subject in SUBJECTS.values())
    assert 50 < len(found["sceneries"]) < 12 * 4 * 5
    kept, _ = weights.load(workshop / "weights", "planner")
    model, _ = load_denoiser(workshop / "weights", ("sketch",), temporal=False)
    assert model.planner is not None
    assert torch.equal(model.planner.actors.cpu(), kept["planner.actors"])


def test_some_places_are_left_empty_and_some_actors_doubled(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = text_models(workshop / "weights")[1]

    def there(index: int) -> int:
        return int(planner._there(planner.item(index, tokenizer, 0)["places"][None])[0, :2].sum())

    monkeypatch.setattr(planner, "WITHOUT", 0.0)
    before = [there(index) for index in range(30)]
    monkeypatch.setattr(planner, "ALIKE", 1.0)
    assert {there(index) for index in range(30)} <= {0, 1, 2}
    assert sum(there(index) == 1 for index in range(30)) < before.count(1) / 2
    monkeypatch.setattr(planner, "EMPTY", 1.0)
    monkeypatch.setattr(planner, "NOWHERE", 0.0)
    assert {there(index) for index in range(30)} == {0}


def test_a_garbled_text_keeps_its_ends_and_most_of_its_words() -> None:
    rng, changed = random.Random(0), 0
    for length in (2, 3, 9):
        for _ in range(50):
            tokens = np.arange(12) + 1000
            planner.garble(tokens, length, 100, rng)
            odd = np.flatnonzero(tokens < 100)
            changed += len(odd)
            assert 0 not in odd
            assert all(odd < length - 1)
            assert len(odd) <= 3
            assert (np.delete(tokens, odd) == np.delete(np.arange(12) + 1000, odd)).all()
    assert changed > 100


def test_items_without_a_text_have_no_layout(workshop: Path) -> None:
    pool = pools.Pool(workshop / "stage1/pool", pools.Shape(4, 1, WIDTH, HEIGHT), 4, 16)
    _, tokenizer = text_models(workshop / "weights")
    for drop, there in ((0.0, True), (1.0, False)):
        items = pools.FromPool(pool, lambda index: film_clip(index, 0), tokenizer, 0, drop)
        assert any(items(index)["places"].any() for index in range(8)) == there


def test_emphasis_has_mean_one_and_weighs_the_actor() -> None:
    places = np.zeros((2, ROWS, 7), np.float32)
    places[0, 0] = (0.25, 0.5, 0.5, 1.0, 1.0, 0.0, 1.0)
    places[:, SCENERY] = (-0.2, 0.0, 0.8, 1.0, 1.0, 0.0, 1.0)
    weight = pools.emphasis(places, (8, 16))
    np.testing.assert_allclose(weight.mean(axis=(1, 2, 3)), 1.0, rtol=1e-6)
    assert weight[0, 0, 6, 5] == pytest.approx(5 * weight[0, 0, 0, 0])
    assert (weight[1] == 1).all()
    beyond = np.zeros_like(places)
    beyond[0, 0] = (-0.5, 0.5, 0.5, 1.5, 1.0, 0.0, 1.0)
    weight = pools.emphasis(beyond, (8, 16))
    assert weight[0, 0, 7, 0] == weight[0, 0, 4, 7] == pytest.approx(5 * weight[0, 0, 0, 0])


def test_film_items_keep_their_domain_and_avoid_the_held_out_pairs() -> None:
    clean, marked = film(3, 0, frames=1, marked_share=0.0), film(3, 0, frames=1, marked_share=1.0)
    assert (clean.domain, marked.domain) == (DOMAINS["clean"], DOMAINS["watermarked"])
    difference = np.abs(clean.pictures.astype(int) - marked.pictures).mean(axis=(0, 3))
    assert difference[140:180, 330:440].mean() > 2 * difference[:60].mean(), "the mark is in the middle"
    for index in range(3000):
        clip = film_clip(index, 0)
        shown = {actor.subject for actor in clip.actors}
        assert not {(subject, clip.setting) for subject in shown} & HELD_OUT
        assert shown != HELD_OUT_COUPLE


def test_sampling_in_torch_gives_the_asked_frames_the_same_every_time(workshop: Path) -> None:
    model, _ = load_denoiser(workshop / "weights", ("distil",), temporal=True)
    prompted = Prompted(workshop / "weights", (96, 64))
    take = Take(DOMAINS["clean"], 4, times(2), guidance=2.0)
    first, second = (prompted.film(model.eval(), "a red car", take) for _ in range(2))
    assert len(first) == 4
    assert first[0].shape == (64, 96, 3)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], prompted.film(model.eval(), "a whale under water", take)[0])
