"""A benchmark as JSON, in the form of `bench.schema.json`: optimum-benchmark's, with what it has no place for."""

import importlib.resources
import json
from typing import Any, Final

from runtime.bench.figures import Cost, Row, latency
from runtime.bench.machine import processor
from runtime.bench.request import IDEA, PROMPT, SEED
from runtime.bench.run import Report

SCHEMA: Final = 1


def schema() -> dict[str, Any]:
    """The JSON Schema of `to_dict`'s form."""
    text = importlib.resources.files("runtime.bench").joinpath("bench.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def to_dict(report: Report) -> dict[str, Any]:
    """The report as JSON values. Names no path and no user."""
    request = report.request
    config = {"name": "moviefactory bench", "scope": request.scope, "backend": request.backend,
              "repeat": request.repeat, "warmup": request.warmup, "processes": request.processes,
              "workload": _workload(report), "bundles": _bundles(report), "environment": report.environment}
    peaks = [{"engine": peak.engine, "device": report.device, "unit": "TFLOP/s", "value": peak.tflops,
              "work": peak.work} for peak in report.peaks]
    return {"schema": SCHEMA, "config": config, "peak": peaks,
            "report": {row.name: _row(row, report) for row in report.rows}}


def to_json(report: Report) -> str:
    """`to_dict` as text."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _workload(report: Report) -> dict[str, Any]:
    facts, request = report.line_up.denoiser, report.request
    full = "upscaler" in report.line_up.bundles and request.covers("stage")
    size = request.size or (report.line_up.upscaler.sizes[0] if full else None)
    return {"prompt": PROMPT, "idea": IDEA, "seed": SEED, "frames": facts.frames, "fps": facts.fps,
            "size_in": list(facts.size), "size_out": None if size is None else list(size),
            "steps": request.steps or facts.steps, "solver": facts.solver, "guidance": facts.guidance,
            "scenes": request.scenes if request.covers("film") else None}


def _bundles(report: Report) -> dict[str, Any]:
    return {role: {"name": bundle.manifest.name, "version": bundle.manifest.version,
                   "digest": bundle.digests[role]} for role, bundle in report.line_up.bundles.items()}


def _row(row: Row, report: Report) -> dict[str, Any]:
    seconds = latency(row.values)
    throughput = {"unit": f"{row.unit}/s", "value": row.volume / seconds["mean"]} if seconds["mean"] > 0 else None
    return {"scope": row.scope, "phase": row.phase, "backend": report.request.backend, "engine": row.engine,
            "device": processor() if row.host else report.device, "latency": seconds, "throughput": throughput,
            "memory": _memory(row.cost), "energy": _energy(row.cost, len(row.values)),
            "compute": _compute(row, report), "parts": dict(row.parts)}


def _memory(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None or all(value is None for value in (cost.ram, cost.vram, cost.own_vram)):
        return None
    return {"unit": "MB", "max_ram": _mb(cost.ram), "max_global_vram": _mb(cost.vram),
            "max_process_vram": _mb(cost.own_vram)}


def _energy(cost: Cost | None, runs: int) -> dict[str, Any] | None:
    if cost is None:
        return None
    joules = {"cpu": cost.cpu, "ram": cost.dram, "gpu": cost.gpu}
    if all(value is None for value in joules.values()):
        return None
    return {"unit": "J", **{name: None if value is None else value / runs for name, value in joules.items()}}


def _compute(row: Row, report: Report) -> dict[str, Any] | None:
    if row.flops is None:
        return None
    return {"flops": row.flops, "unit": "TFLOP/s", "value": row.tflops,
            "percent_of_peak": report.percent_of_peak(row)}


def _mb(size: int | None) -> float | None:
    return None if size is None else size / 1e6
