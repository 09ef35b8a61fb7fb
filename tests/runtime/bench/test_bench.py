"""A whole benchmark of a tiny bundle: what is measured, that it fits together, and the form it is written in."""

import dataclasses
import getpass
import io
import json
import socket
from pathlib import Path
from xml.etree import ElementTree

import onnx
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from runtime.backends import cuda_driver
from runtime.bench.chart import chart, groups
from runtime.bench.figures import Cost
from runtime.bench.machine import environment, processor
from runtime.bench.report import schema, to_dict, to_json
from runtime.bench.request import BenchRequest
from runtime.bench.run import Report, bench
from runtime.bundle import write_manifest
from runtime.cli.bench import _table
from runtime.errors import BackendError
from runtime.generators import finish
from tests.tiny_films import SIZES, film_bundle
from tests.tiny_graphs import tiny_manifest

Measured = tuple[list[str], Report]

COLD = ["cold.import", "cold.load", "cold.first_step"]
STAGES = ["stage.text", "stage.denoise", "stage.decode", "stage.upscale", "stage.upscale.clean", "stage.upscale.flow",
          "stage.upscale.backward", "stage.upscale.forward", "stage.encode", "stage.sound"]
FILMS = ["film.first", "film.cached", "film.again"]


def test_every_row_is_there_in_order(measured: Measured) -> None:
    said, report = measured
    assert [row.name for row in report.rows] == [*COLD, "step", *STAGES, "scene", *FILMS]
    assert said == ["cold start 1 of 2", "cold start 2 of 2", "one step of the denoiser", "stage by stage",
                    "whole scenes", "a film of 1 scene, nothing cached", "a film of 1 scene, 1 of 2",
                    "a film of 1 scene, 2 of 2", "a film that is finished"]


def test_rows_hold_every_run_and_name_what_ran_them(measured: Measured) -> None:
    rows = {row.name: row for row in measured[1].rows}
    assert all(value > 0 for row in rows.values() for value in row.values)
    counts = {name: len(row.values) for name, row in rows.items()}
    # Four frames, twice: cleaned and drawn once each, a flow between neighbours in either direction.
    runs = {"stage.upscale.clean": 8, "stage.upscale.flow": 12, "stage.upscale.backward": 8,
            "stage.upscale.forward": 8}
    assert counts == {**dict.fromkeys(rows, 2), **runs, "film.first": 1, "film.again": 1}
    assert all(row.engine.startswith("ONNX Runtime ") and row.engine.endswith(" on CPU")
               for name, row in rows.items() if name not in ("stage.encode", "stage.sound"))
    assert rows["stage.encode"].engine.startswith("x264 by PyAV ")
    assert [row.phase for row in rows.values()] == ["cold"] * 3 + ["warm"] * 12 + ["cold"] * 3


def test_parts_add_up(measured: Measured) -> None:
    rows = {row.name: row for row in measured[1].rows}
    load = rows["cold.load"]
    assert set(load.parts) == {"text_encoder", "denoiser", "decoder", "upscaler"}
    assert sum(load.parts.values()) == pytest.approx(sum(load.values) / len(load.values))
    graphs = sum(sum(rows[f"stage.upscale.{part}"].values) for part in ("clean", "flow", "backward", "forward"))
    assert graphs <= sum(rows["stage.upscale"].values)
    first = rows["film.first"]
    assert {"start", "script", "text", "denoise", "decode", "upscale", "sound", "mix", "join"} == set(first.parts)
    assert 0 < sum(first.parts.values()) < first.values[0] + 1e-3  # events carry whole milliseconds
    assert not {"denoise", "upscale"} & set(rows["film.again"].parts)


def test_operations_of_stages_are_those_of_their_graphs(measured: Measured) -> None:
    rows = {row.name: row for row in measured[1].rows}
    # One 3x3 convolution of 2 channels to 2 over 16 cells by 4 frames ... of the denoiser, and two tiny products.
    convolution, words, clock = 2 * (2 * 4 * 2 * 3) * (2 * 9), 2 * 2 * 4, 2 * 2 * 1
    assert rows["step"].flops == convolution + words + clock
    assert rows["stage.denoise"].flops == 4 * (convolution + words + clock)
    assert rows["stage.upscale.clean"].flops == 2 * (3 * 32 * 48) * (3 * 9)
    flops = {part: rows[f"stage.upscale.{part}"].flops or 0 for part in ("clean", "flow", "backward", "forward")}
    assert rows["stage.upscale"].flops == (4 * flops["clean"] + 6 * flops["flow"] + 4 * flops["backward"]
                                           + 4 * flops["forward"])
    assert rows["scene"].flops is None
    assert all(row.flops is None for row in rows.values() if row.phase == "cold")


def test_the_report_fits_its_schema_and_reads_like_optimum_benchmarks(measured: Measured) -> None:
    form = schema()
    Draft202012Validator.check_schema(form)
    data = json.loads(to_json(measured[1]))
    Draft202012Validator(form).validate(data)
    step = data["report"]["step"]
    assert {"memory", "latency", "throughput", "energy"} <= step.keys()
    assert {"unit", "count", "total", "mean", "stdev", "p50", "p90", "p95", "p99", "values"} == step["latency"].keys()
    assert step["throughput"] == {"unit": "steps/s", "value": pytest.approx(1 / step["latency"]["mean"])}
    assert data["report"]["scene"]["throughput"]["value"] == pytest.approx(
        4 / data["report"]["scene"]["latency"]["mean"])
    assert data["report"]["stage.upscale.flow"]["memory"] is None
    # numpy and onnxruntime alone are larger than this.
    assert data["report"]["film.first"]["memory"]["max_ram"] > 30


def test_percent_is_of_the_peak_measured_on_the_same_engine(measured: Measured) -> None:
    data = to_dict(measured[1])
    [peak] = data["peak"]
    step = data["report"]["step"]
    assert (peak["engine"], peak["device"]) == (step["engine"], step["device"])
    assert peak["value"] > 0
    assert step["compute"]["value"] == pytest.approx(step["compute"]["flops"] / step["latency"]["p50"] / 1e12)
    assert step["compute"]["percent_of_peak"] == pytest.approx(100 * step["compute"]["value"] / peak["value"])


def test_rows_name_the_chip_that_did_the_work(measured: Measured) -> None:
    """As of a GPU: what encodes and mixes is the processor all the same."""
    report = dataclasses.replace(measured[1], device="NVIDIA GeForce RTX 4090")
    data = to_dict(report)
    Draft202012Validator(schema()).validate(json.loads(json.dumps(data)))
    devices = {name: row["device"] for name, row in data["report"].items()}
    assert {name for name, device in devices.items() if device == processor()} == {
        "cold.import", "stage.encode", "stage.sound"}
    assert {devices["step"], devices["stage.upscale.flow"], data["peak"][0]["device"]} == {report.device}
    assert environment(None, report.device)["gpu"] == [report.device]


def test_the_table_has_video_memory_where_it_was_measured(measured: Measured) -> None:
    def shown(report: Report) -> str:
        said = io.StringIO()
        Console(width=200, file=said).print(_table(report))
        return said.getvalue()

    assert "VRAM" not in shown(measured[1])
    row = next(row for row in measured[1].rows if row.name == "step")
    costs = (Cost(vram=9_000_000_000, own_vram=7_654_321_000), Cost(vram=9_000_000_000))
    rows = tuple(dataclasses.replace(row, cost=cost) for cost in costs)
    told = shown(dataclasses.replace(measured[1], rows=rows))
    assert "VRAM" in told
    assert "7654 MB" in told, "its own where the driver tells"
    assert "9000 MB" in told


def test_a_gpu_is_asked_for_before_anything_is_measured(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "_LIBRARY", "libcuda.so.of-nobody")
    with pytest.raises(BackendError, match=r"an NVIDIA GPU and its driver, but .+ is not on this machine"):
        next(bench(BenchRequest(models=(bundle,), backend="cuda")))


def test_the_schema_notices_what_is_wrong(measured: Measured) -> None:
    validator = Draft202012Validator(schema())
    data = to_dict(measured[1])
    row = data["report"]["step"]
    for broken in ({**row, "latency": {**row["latency"], "p50": None}}, {**row, "device": ""},
                   {**row, "energy": {"unit": "J", "cpu": -1, "ram": None, "gpu": None}}, {**row, "extra": 1}):
        assert not validator.is_valid({**data, "report": {"step": broken}})


def test_what_it_ran_on_is_said_without_names_and_paths(measured: Measured, bundle: Path) -> None:
    data = to_dict(measured[1])
    assert data["config"]["bundles"]["denoiser"].keys() == {"name", "version", "digest"}
    assert data["config"]["environment"]["packages"].keys() >= {"numpy", "onnxruntime"}
    assert data["config"]["environment"]["gpu"] is None
    assert data["config"]["workload"] | {"prompt": "", "idea": ""} == {
        "prompt": "", "idea": "", "seed": 1, "frames": 4, "fps": 8, "size_in": [48, 32], "size_out": [192, 128],
        "steps": 4, "solver": "euler", "guidance": 1.0, "scenes": 1}
    text = json.dumps(data)
    for private in (str(bundle), str(Path.home()), str(Path(__file__).parents[3])):
        assert private not in text
    for private in (getpass.getuser(), socket.gethostname()):
        assert f'"{private}"' not in text


def test_the_chart_draws_every_stage(measured: Measured) -> None:
    _, report = measured
    drawn = ElementTree.fromstring(chart(report))
    names = [item.text for item in drawn.iter("{http://www.w3.org/2000/svg}text")]
    for word in ("text", "denoise", "decode", "upscale", "clean", "encode", "sound", "first step", "open engines"):
        assert word in names
    assert report.device in " ".join(filter(None, names))
    titles = [group.title for group in groups(report.rows)]
    assert [title.split(":")[0] for title in titles] == ["One scene, stage by stage", "Warm",
                                                         "Cold start, in a fresh process", "First film", "Next film"]
    bars = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    assert len(bars) == sum(len(group.bars) for group in groups(report.rows))
    width = float(drawn.attrib["width"])
    assert all(float(bar.attrib["x"]) + float(bar.attrib["width"]) < width for bar in bars)


def test_a_model_without_an_embedding_of_sentences_is_measured_too(tmp_path: Path) -> None:
    folder = film_bundle(tmp_path / "tiny").folder
    path = folder / "text_encoder.onnx"
    model = onnx.load(path)
    del model.graph.output[1]
    onnx.save(model, path)
    manifest = tiny_manifest(SIZES)
    manifest["roles"]["sounds"] = {"folder": "sounds"}
    write_manifest(folder, manifest)
    work = bench(BenchRequest(scope="stage", models=(folder,), backend="cpu", repeat=1, warmup=0, processes=1))
    report = finish(work)
    (row,) = [row for row in report.rows if row.name == "stage.sound"]
    assert row.engine == "numpy"
