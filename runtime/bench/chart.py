"""Where the time goes, as an SVG picture: groups of bars, each group of one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from runtime.bench.figures import Row
from runtime.bench.run import Report
from runtime.bench.words import duration, is_part, said

WIDTH: Final = 860
LEFT: Final = 190
"""Room for the names before the bars."""
RIGHT: Final = 190
"""Room for the figures behind them."""
BAR: Final = 18
STEP: Final = 26

WHOLE: Final = "#2f6db3"
PART: Final = "#9dc1e6"
INK: Final = "#1c2733"
FAINT: Final = "#5b6875"
PAPER: Final = "#ffffff"


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its seconds, what is written behind it, and whether it is contained in another."""

    name: str
    seconds: float
    note: str
    part: bool = False


@dataclass(frozen=True)
class Group:
    """Bars of one scale under a heading."""

    title: str
    bars: tuple[Bar, ...]


def chart(report: Report) -> str:
    """The report as an SVG document of its own: no script, no font and no picture from elsewhere."""
    bundle = report.line_up.bundle("denoiser").manifest
    engines = ", ".join(dict.fromkeys(row.engine for row in report.rows if row.name in ("step", "cold.first_step")))
    title = f"Where the time goes: {bundle.title}"
    below = (f"{engines} · {report.device}", f"{bundle.name} {bundle.version} · medians")
    body, y = [], 34.0
    body.append(_text(24, y, title, 20, INK, bold=True))
    for line in below:
        y += 20
        body.append(_text(24, y, line, 13, FAINT))
    for group in groups(report.rows):
        y += 40
        body.append(_text(24, y, group.title, 15, INK, bold=True))
        y += 10
        longest = max(bar.seconds for bar in group.bars) or 1.0
        for bar in group.bars:
            body += _bar(y, bar, bar.seconds / longest)
            y += STEP
    height = round(y + 24)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img" font-family="system-ui, sans-serif">\n<title>{escape(title)}</title>\n'
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>\n' + "\n".join(body) + "\n</svg>\n")


def groups(rows: Sequence[Row]) -> list[Group]:
    """What is drawn: the stages of a scene, the cold start, and the stages of a whole film, where they were measured.

    The scene's shares are of its stages' sum.
    """
    stages = [row for row in rows if row.scope == "stage" and row.phase == "warm"]
    single = [row for row in rows if row.name in ("step", "scene")]
    total = sum(row.typical for row in stages if not is_part(row))
    found = []
    if stages:
        bars = tuple(_stage(row, total, stages) for row in stages)
        found.append(Group(f"One scene, stage by stage: {duration(total)}", bars))
    if single:
        found.append(Group("Warm", tuple(Bar(said(row), row.typical, duration(row.typical)) for row in single)))
    cold = [row for row in rows if row.name.startswith("cold.")]
    if cold:
        found.append(Group("Cold start, in a fresh process", tuple(bar for row in cold for bar in _with_parts(row))))
    found += [Group(f"{said(row)}: {duration(row.typical)}".capitalize(), _shares(row.parts))
              for row in rows if row.name in ("film.first", "film.cached")]
    return found


def _stage(row: Row, total: float, stages: Sequence[Row]) -> Bar:
    if is_part(row):
        # A graph runs many times in its stage: what it takes of a scene is all of them.
        scenes = next(len(whole.values) for whole in stages if row.name.startswith(f"{whole.name}."))
        seconds, runs = sum(row.values) / scenes, len(row.values) // scenes
        return Bar(said(row), seconds, f"{duration(seconds)}, {runs} runs", part=True)
    share = f" ({100 * row.typical / total:.0f} %)" if total > 0 else ""
    return Bar(said(row), row.typical, duration(row.typical) + share)


def _with_parts(row: Row) -> list[Bar]:
    parts = [Bar(name.replace("_", " "), seconds, duration(seconds), part=True) for name, seconds in row.parts.items()]
    return [Bar(said(row), row.typical, duration(row.typical)), *(parts if len(parts) > 1 else ())]


def _shares(parts: Mapping[str, float]) -> tuple[Bar, ...]:
    total = sum(parts.values()) or 1.0
    return tuple(Bar(name, seconds, f"{duration(seconds)} ({100 * seconds / total:.0f} %)")
                 for name, seconds in parts.items())


def _bar(y: float, bar: Bar, share: float) -> list[str]:
    width = max(1.0, share * (WIDTH - LEFT - RIGHT))
    inset = 40 if bar.part else 24
    return [_text(inset, y + BAR - 5, bar.name, 13, FAINT if bar.part else INK),
            f'<rect x="{LEFT}" y="{y:g}" width="{width:.1f}" height="{BAR}" rx="2" '
            f'fill="{PART if bar.part else WHOLE}"/>',
            _text(LEFT + width + 8, y + BAR - 5, bar.note, 13, INK)]


def _text(x: float, y: float, words: str, size: int, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}"{weight}>{escape(words)}</text>'
