"""Rows and durations in words, for tables and charts."""

from typing import Final

from runtime.bench.figures import Row

ROWS: Final = {
    "cold.build": "build engines", "cold.load_new": "open new engines", "cold.first_step_new": "their first step",
    "cold.import": "import", "cold.load": "open engines", "cold.first_step": "first step",
    "step": "denoiser step", "stage.text": "text", "stage.denoise": "denoise", "stage.decode": "decode",
    "stage.upscale": "upscale", "stage.encode": "encode", "stage.sound": "sound", "scene": "one scene",
    "film.first": "first film", "film.cached": "next film", "film.again": "finished film"}


def said(row: Row) -> str:
    """What a row is called; parts of an earlier row by their own name."""
    return ROWS.get(row.name, row.name.rsplit(".", 1)[-1])


def is_part(row: Row) -> bool:
    """Whether a row's time is contained in that of another."""
    return row.name not in ROWS


def duration(seconds: float) -> str:
    """'83 µs', '1.24 ms', '2.05 s', '3 min 20 s': three digits that count."""
    if seconds >= 120:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            digits = 2 if seconds < 10 * size else 1 if seconds < 100 * size else 0
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds * 1e6:.0f} µs"
