from __future__ import annotations

import pytest

from bench.figures import Figure, percentile


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.99, 7.0),
        ([float(n) for n in range(100, 0, -1)], 0.99, 99.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 1.0, 3.0),
    ],
)
def test_a_percentile_is_one_of_the_values(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


@pytest.mark.parametrize(
    ("value", "aim", "verdict"), [(1.0, 1.0, "met"), (1.1, 1.0, "MISSED"), (9.0, None, "")]
)
def test_a_figure_stands_beside_its_aim(value: float, aim: float | None, verdict: str) -> None:
    figure = Figure("page p99", value, "ms", aim, "idle: 8 ms")
    assert figure.verdict == verdict
    assert str(figure).startswith("page p99")
    assert "idle: 8 ms" in str(figure)
