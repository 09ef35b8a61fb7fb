"""Percentiles and the like, against numpy; figures in words."""

import numpy as np
import pytest

from runtime.bench.figures import Row, latency, percentile
from runtime.bench.words import duration


@pytest.mark.parametrize("count", [1, 2, 3, 10, 101])
def test_figures_are_numpys(count: int) -> None:
    values = np.random.default_rng(count).gamma(2.0, 0.1, count).tolist()
    figures = latency(values)
    assert figures["values"] == values
    assert figures["count"] == count
    assert figures["total"] == pytest.approx(np.sum(values))
    assert figures["mean"] == pytest.approx(np.mean(values))
    assert figures["stdev"] == pytest.approx(np.std(values))
    for percent in (50, 90, 95, 99):
        assert figures[f"p{percent}"] == pytest.approx(np.percentile(values, percent))
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)


def test_operations_a_second_are_at_the_median() -> None:
    row = Row(name="step", scope="step", phase="warm", engine="x", values=(1.0, 2.0, 9.0), flops=4 * 10**12)
    assert row.tflops == 2.0
    assert Row(name="step", scope="step", phase="warm", engine="x", values=(1.0,)).tflops is None


@pytest.mark.parametrize(("seconds", "words"), [
    (0.0, "0 µs"), (83e-6, "83 µs"), (1.236e-3, "1.24 ms"), (0.0417, "41.7 ms"), (0.5, "500 ms"), (2.049, "2.05 s"),
    (64.21, "64.2 s"), (200.0, "3 min 20 s"), (7384.0, "123 min 4 s")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
