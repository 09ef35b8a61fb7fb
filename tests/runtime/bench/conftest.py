"""One tiny bundle and one benchmark of it, looked at by many tests."""

from pathlib import Path

import pytest

from runtime.bench.request import BenchRequest
from runtime.bench.run import Report, bench
from tests.tiny_films import film_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_bundle(tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture(scope="session")
def measured(bundle: Path) -> tuple[list[str], Report]:
    """Every scope of the tiny bundle on ONNX Runtime, and what was said meanwhile."""
    work = bench(BenchRequest(scope="film", models=(bundle,), backend="cpu", scenes=1, repeat=2, warmup=0, processes=2))
    said = []
    while True:
        try:
            said.append(next(work))
        except StopIteration as end:
            return said, end.value
