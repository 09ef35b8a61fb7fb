"""The rules of the house as tests: who may import whom, what loads early, how large things may get."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("runtime", "export", "gui", "training")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 400, 59, 6
MIB = 2**20

HEAVY = {"torch", "diffusers", "transformers", "scipy", "skia", "PySide6", "tensorrt", "tensorrt_rtx", "openvino",
         "openai", "onnxruntime", "onnx"}

# Put together here so that this file does not name them itself.
REGISTRIES = tuple(".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("download", "pytorch", "org"), ("pypi", "nvidia", "com"),
    ("conda", "anaconda", "org"), ("registry", "npmjs", "org"), ("ghcr", "io"), ("docker", "io")))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def tracked() -> list[Path]:
    """The files git tracks; without git or a checkout there is nothing to check."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for path in (ROOT / os.fsdecode(line) for line in listed.split(b"\0") if line) if path.is_file()]


def test_imports_go_one_way() -> None:
    """The contracts of `.importlinter`."""
    # The command itself is run so that its cache does not end up in the tree.
    result = subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
                             "--config", ".importlinter", "--no-cache"], cwd=ROOT, capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", ["runtime", "runtime.film", "runtime.cli", "runtime.cli.films",
                                    "runtime.cli.inspection", "runtime.cli.bench", "runtime.bench.run",
                                    "runtime.bench.child"])
def test_importing_the_app_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}\nprint(sorted({{name.split('.')[0] for name in sys.modules}} & {HEAVY!r}))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True,
                            check=True)
    assert result.stdout.strip() == "[]"


def test_files_are_short() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_functions_are_short() -> None:
    lengths = {f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
               for path in SOURCES for node in functions(path)}
    assert {where: lines for where, lines in lengths.items() if lines > MOST_FUNCTION_LINES} == {}


def test_functions_take_few_parameters() -> None:
    counts = {f"{name(path)}:{node.name}": _parameters(node) for path in SOURCES for node in functions(path)}
    assert {where: count for where, count in counts.items() if count > MOST_PARAMETERS} == {}


def _parameters(node: Function) -> int:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in every if argument.arg not in ("self", "cls")])


def test_the_tree_stays_small() -> None:
    files = tracked()
    pictures = [path for path in files if path.is_relative_to(ROOT / "docs")
                and path.suffix.lower() in (".webp", ".jpg", ".jpeg", ".png", ".gif", ".svg")]
    bundle = [path for path in files if path.is_relative_to(ROOT / "runtime" / "starter")]
    assert sum(path.stat().st_size for path in files) < 44 * MIB
    assert sum(path.stat().st_size for path in bundle) <= 40_000_000
    assert sum(path.stat().st_size for path in pictures) <= 6 * MIB


def test_no_line_names_a_package_registry() -> None:
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" in raw[:8192]:
            continue  # not text
        for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
            found += [f"{name(path)}:{number}" for host in REGISTRIES if host in line]
    assert found == []
