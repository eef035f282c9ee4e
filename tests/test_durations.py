"""Durations as people read them, and as Prometheus writes and reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.durations import (
    duration,
    milliseconds,
    minutes,
    prometheus_duration,
    prometheus_seconds,
    spelled_seconds,
)
from portal.promql.nodes import Selector
from portal.promql.parser import parse
from tests.language import complaints


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
        (1e9, "11,574 d 1 h"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_minutes_are_durations() -> None:
    assert (minutes(0.6), minutes(40.3)) == ("36 s", "40 min 18 s")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 ms"),
        (0.00004, "0.04 ms"),
        (0.0013, "1.3 ms"),
        (0.0143, "14 ms"),
        (0.9, "900 ms"),
        (0.9996, "1 s"),
        (1.94, "1.9 s"),
        (12.4, "12 s"),
        (3579.133, "59 min 39 s"),
    ],
)
def test_milliseconds(seconds: float, shown: str) -> None:
    assert milliseconds(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(9.25, "9.2 s"), (59.9, "59.9 s"), (83.42, "83.4 s (1 min 23 s)"), (308, "308 s (5 min 8 s)")],
)
def test_seconds_beside_minutes_are_told_both_ways(seconds: float, shown: str) -> None:
    assert spelled_seconds(seconds) == shown


@given(st.floats(0, 1e9))
def test_no_duration_has_an_exponent_or_several_of_one(seconds: float) -> None:
    for shown in (duration(seconds), milliseconds(seconds), spelled_seconds(seconds)):
        assert complaints(shown) == []


@pytest.mark.parametrize(("seconds", "text"), [(90, "90s"), (0.5, "500ms"), (1.5, "1500ms")])
def test_durations_for_prometheus_are_whole_numbers(seconds: float, text: str) -> None:
    assert prometheus_duration(seconds) == text


@given(st.integers(1, 10**9))
def test_promql_reads_back_the_duration_that_was_written(milliseconds: int) -> None:
    written = prometheus_duration(milliseconds / 1000)
    assert prometheus_seconds(written) == pytest.approx(milliseconds / 1000)
    read = parse(f"x[{written}]")
    assert isinstance(read, Selector)
    assert read.range_s == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5s", 5), ("1m30s", 90), ("250ms", 0.25), ("1h", 3600), ("1d", 86400), ("1w", 604800)],
)
def test_what_prometheus_writes_is_read(written: str, seconds: float) -> None:
    assert prometheus_seconds(written) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "1m 30s", "-5s", "5sx"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert prometheus_seconds(text) is None
