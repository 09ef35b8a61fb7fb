"""The comparison with diffusers: who may be timed, what its figures say, and that both sides are one network."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import nn

from benchmarks.against_diffusers import main
from benchmarks.side_by_side.figures import CONTENDERS, GOALS, Contender, Entry, Goal, judge, table, to_dict
from benchmarks.side_by_side.networks import Picture, filled, picture_spec
from benchmarks.side_by_side.race import Race, export
from benchmarks.side_by_side.task import Sampling, Task, draw_scene, read_feeds
from benchmarks.side_by_side.torch_engine import TorchEngine, TorchSide
from export.compare import relative_error
from export.convert import onnx_from
from export.typed import typed
from runtime.backends import TensorSpec, open_engine
from tests.export import tiny_networks as tiny

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own

EAGER, BF16, COMPILED, FROZEN, OURS, QUICK = CONTENDERS["cpu"]


def timed(contender: Contender, *seconds: float, error: float = 0.0) -> Entry:
    return Entry(contender=contender, device="a chip", limit=0.03, errors={"step": error}, first={"step": 9.0},
                 values={"step": seconds})


ENTRIES = (timed(EAGER, 8.0, 9.0, 10.0), timed(BF16, 4.0, 4.0, 3.0), Entry(contender=COMPILED, failed="no compiler"),
           Entry(contender=FROZEN, device="a chip", limit=0.03, errors={"step": 0.5}, first={"step": 1.0}),
           timed(OURS, 6.0, 6.0, 6.0), timed(QUICK, 2.0, 1.0, 2.0, error=0.01))


def test_goals_are_judged_by_the_fastest_of_each_side() -> None:
    first, second = (judge(goal, ENTRIES, "step") for goal in GOALS["cpu"])
    assert (first.reached, first.met, second.reached, second.met) == (4.5, True, 2.0, True)
    assert first.ours is second.ours is ENTRIES[5]
    assert second.theirs is ENTRIES[1]
    missed = judge(Goal(5.0, ("eager",)), ENTRIES, "step")
    assert missed.met is False
    assert "missed, 4.50x" in str(missed)


def test_a_goal_without_a_figure_is_not_judged() -> None:
    verdict = judge(Goal(1.3, ("compile",)), ENTRIES, "step")
    assert (verdict.met, verdict.reached) == (None, None)
    assert "cannot be said, theirs was not timed" in str(verdict)
    assert "cannot be said, ours" in str(judge(GOALS["cpu"][0], ENTRIES[:4], "step"))


def test_what_failed_or_differs_is_in_the_table_without_a_speed() -> None:
    lines = table(ENTRIES, "step").splitlines()
    assert lines[3].endswith("failed: no compiler")
    assert lines[4].endswith("differs: 5.0e-01 away from the network")
    assert lines[6].split() == ["MovieFactory,", "OpenVINO", "2.00", "s", "1.00", "s", "4.50", "2.00", "a", "chip"]


def test_the_report_holds_raw_seconds_and_is_json() -> None:
    found = json.loads(json.dumps(to_dict(ENTRIES, GOALS["cpu"], ["step"]), allow_nan=False))
    assert found["contenders"][0]["scopes"]["step"]["latency"]["values"] == [8.0, 9.0, 10.0]
    assert found["contenders"][3]["scopes"]["step"] == {"error": 0.5, "equal": False, "first_seconds": 1.0,
                                                         "latency": None}
    assert found["step"]["best_torch"] == BF16.name
    assert [goal["met"] for goal in found["step"]["goals"]] == [True, True]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    weights = tmp_path_factory.mktemp("weights")
    tiny.save_all(weights)
    return Task(network="starter", weights=str(weights), threads=1, place=str(tmp_path_factory.mktemp("place")))


@pytest.fixture(scope="module")
def exported(task: Task) -> dict[str, Any]:
    return export(task)


def test_both_sides_draw_the_same(task: Task, exported: dict[str, Any]) -> None:
    assert exported["sampling"] == {"steps": 4, "guidance": 1.0, "shift": 2.0, "shared_noise": 0.5}
    with Race(task, exported, "cpu") as race:
        entries = [race.admit(contender) for contender in (EAGER, dataclasses.replace(BF16, way="nothing"), OURS)]
        entries = race.time(entries, "scene", 2)
    eager, unknown, ours = entries
    assert eager.errors == {"step": 0.0, "scene": 0.0}
    assert "'nothing' was asked for" in unknown.failed
    assert 0.0 < ours.errors["step"] < ours.limit == 1e-4
    assert 0.0 < ours.errors["scene"] < ours.limit
    assert [len(entry.values.get("scene", ())) for entry in entries] == [2, 0, 2]


def test_who_differs_is_not_run_again(task: Task, exported: dict[str, Any]) -> None:
    with Race(task, exported, "cpu") as race:  # no process was started for it
        assert race.time([ENTRIES[3]], "step", 1) == [ENTRIES[3]]


def test_torch_uses_bf16_in_the_faster_way(task: Task, exported: dict[str, Any]) -> None:
    torch_side, feeds = TorchSide(task, "cpu"), read_feeds(task)
    plain, brain = torch_side.open("eager"), torch_side.open("bf16")
    assert len(torch_side.tried) == 3
    assert torch_side.tried[brain.way] == min(seconds for way, seconds in torch_side.tried.items() if "bf16" in way)
    ours, theirs = (draw_scene(engine, feeds, Sampling()) for engine in (brain, plain))
    assert 0.0 < relative_error(ours, theirs) < 3e-2


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # the compiler's own
def test_frozen_weights_are_constants_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("torch._inductor.config.compile_threads", 1)  # no processes that outlive the test
    layer = nn.Conv2d(3, 3, 1).requires_grad_(False)
    eager = TorchEngine(layer, (TensorSpec("latents", "float32", (1, 3, 4, 4)),), "fp32")
    engines, feeds = (eager.compiled(), eager.compiled(frozen=True)), {"latents": np.ones((1, 3, 4, 4), np.float32)}
    before = eager.run(feeds)["prediction"]
    assert all(relative_error(engine.run(feeds)["prediction"], before) < 1e-6 for engine in engines)
    layer.weight.mul_(2.0)
    compiled, frozen = (relative_error(engine.run(feeds)["prediction"], before) for engine in engines)
    assert compiled > 0.1
    assert frozen < 1e-6


def small_picture() -> Picture:
    torch.manual_seed(0)
    return filled(Picture(UNet2DConditionModel(
        block_out_channels=(16, 32), norm_num_groups=8, layers_per_block=1, cross_attention_dim=12,
        attention_head_dim=(2, 4), use_linear_projection=True, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"))))


def test_gpus_are_given_the_network_in_bfloat16(tmp_path: Path) -> None:
    task = Task(network="full", weights=None, threads=1, place=str(tmp_path), precision="bf16-typed")
    spec = picture_spec(small_picture(), (4, 6), 5)
    with torch.no_grad():
        expected = spec.module(*map(torch.from_numpy, spec.feeds[0].values()))[0].numpy()
    onnx_from(typed(spec, task.precision), task.graph)
    kinds = {tensor.data_type for tensor in onnx.load(task.graph).graph.initializer if len(tensor.dims) == 4}
    assert kinds == {onnx.TensorProto.BFLOAT16}
    with open_engine(task.graph, "openvino") as engine:
        assert relative_error(engine.run(spec.feeds[0])["prediction"], expected) < 4e-2


def test_a_full_size_network_is_exported_with_its_weights_beside_it(tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.convert.LARGEST_FILE", 100_000)
    picture = small_picture()
    feeds = {"latents": np.random.default_rng(1).standard_normal((1, 4, 4, 6), np.float32),
             "time": np.array([62.6], np.float32), "context": np.ones((1, 5, 12), np.float32)}
    with torch.no_grad():
        expected = picture(*map(torch.from_numpy, feeds.values())).numpy()
    graph = tmp_path / "network.onnx"
    onnx_from(picture_spec(picture, (4, 6), 5), graph)
    assert graph.with_name("network.onnx.data").exists()
    for backend in ("cpu", "openvino"):
        with open_engine(graph, backend, exact=True) as engine:
            assert relative_error(engine.run(feeds)["prediction"], expected) < 1e-4


def test_missing_weights_are_said_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--weights", str(tmp_path), "--rounds", "1"]) == 2
    said = capsys.readouterr().err
    assert "python -m training stage0" in said
    assert "--random" in said
    assert main(["--rounds", "0"]) == 2
