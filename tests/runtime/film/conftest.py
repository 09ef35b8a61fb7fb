"""One bundle and one finished film, copied for each test that changes it."""

import shutil
from pathlib import Path

import pytest

from runtime.film import FilmRequest, make
from tests.tiny_films import IDEA, film_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_bundle(tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture(scope="session")
def finished(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with movie.mp4 and movie.film: three scenes, seed 5."""
    place = tmp_path_factory.mktemp("finished")
    list(make(FilmRequest(idea=IDEA, out=place / "movie.mp4", scenes=3, seed=5, models=(bundle,), backend="cpu")))
    return place


@pytest.fixture
def film(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished film's folder, the film beside it."""
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy" / "movie.film"
