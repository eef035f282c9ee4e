"""Moments as people read them: the zone stands beside them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from portal.moments import clock, clock_mark, clock_of_seconds, day_and_clock, day_mark

AT = datetime(2026, 11, 22, 13, 3, 11, tzinfo=UTC)


@pytest.fixture(
    params=[("UTC", "13", "UTC"), ("CET-1", "14", "CET"), ("<+0530>-5:30", "18", "+0530")]
)
def zone(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, str]]:
    """The hour of ``AT`` in a zone, and the zone's name."""
    setting, hour, name = request.param
    monkeypatch.setenv("TZ", setting)
    time.tzset()
    yield hour, name
    monkeypatch.undo()
    time.tzset()


def test_every_time_names_its_zone(zone: tuple[str, str]) -> None:
    hour, name = zone
    minute = "33" if name == "+0530" else "03"
    assert clock(AT) == f"{hour}:{minute}:11 {name}"
    assert clock_of_seconds(AT.timestamp()) == clock(AT)
    assert day_and_clock(AT) == f"2026-11-22 {hour}:{minute} {name}"
    assert clock_mark(AT.timestamp()) == f"{hour}:{minute} {name}"


def test_the_end_of_a_long_axis_is_a_day() -> None:
    assert day_mark(AT.timestamp()) == "11-22"
