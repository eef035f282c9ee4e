"""Numbers and times as people read them."""

from __future__ import annotations

import pytest

from portal.kit.rendering import count, duration, milliseconds, minutes, percent


@pytest.mark.parametrize(
    ("ratio", "digits", "shown"),
    [
        (1.0, 2, "100 %"),
        (0.99999, 2, "99.99 %"),
        (0.9987, 2, "99.87 %"),
        (0.804, 2, "80.4 %"),
        (0.1, 2, "10 %"),
        (0.0, 2, "0 %"),
        (-0.00001, 2, "0 %"),
        (-11.4, 0, "−1140 %"),
        (1.0, 0, "100 %"),
        (0.999, 0, "99 %"),
        (2.118, 2, "211.8 %"),
    ],
)
def test_percent(ratio: float, digits: int, shown: str) -> None:
    assert percent(ratio, digits) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (95, "1 min 35 s"),
        (7200, "2 h"),
        (7260, "2 h 1 min"),
        (90061, "1 d 1 h"),
        (86401, "1 d 1 s"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0013, "1.3 ms"), (0.0143, "14 ms"), (0.9, "900 ms"), (1.94, "1.9 s"), (12.4, "12 s")],
)
def test_milliseconds(seconds: float, shown: str) -> None:
    assert milliseconds(seconds) == shown


def test_minutes_and_counts() -> None:
    assert minutes(0.6) == "36 s"
    assert count(12345.4) == "12,345"
