"""Counting, and percentiles in bounded memory."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bursts.engine.tally import MAX_STATUSES, Durations, Tally


@given(
    st.lists(st.floats(1e-5, 60.0), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]),
)
def test_a_percentile_is_within_half_a_percent_of_the_truth(
    seconds: list[float], share: float
) -> None:
    durations = Durations()
    for value in seconds:
        durations.add(value)
    truth = sorted(seconds)[max(1, math.ceil(share * len(seconds))) - 1]
    (told,) = durations.quantiles(share)
    assert told is not None
    assert truth * 0.999999 <= told <= truth * 1.00501


def test_nothing_measured_has_no_percentiles() -> None:
    assert Durations().quantiles(0.5, 0.99) == [None, None]


@pytest.mark.parametrize("seconds", [0.0, -0.001, 1e-9, 1e6])
def test_durations_beyond_the_scale_are_counted_all_the_same(seconds: float) -> None:
    durations = Durations()
    durations.add(seconds)
    assert durations.quantiles(0.5) != [None]


def test_every_request_is_in_one_place() -> None:
    tally = Tally(slow_seconds=0.5)
    for _ in range(7):
        tally.start(10.0, 10.001)
    tally.answered(200, 10.0, 10.1)
    tally.answered(404, 10.0, 10.1)
    tally.answered(503, 10.0, 10.1)
    tally.answered(200, 10.0, 10.9)
    tally.timed_out(10.0, 15.0)
    tally.broke("connection", 10.0, 10.1)
    assert (tally.sent, tally.good, tally.slow, tally.in_flight) == (7, 3, 1, 1)
    assert tally.failed == {"503": 1, "timeout": 1, "connection": 1}
    assert tally.by_status == {"200": 2, "404": 1, "503": 1}


def test_bad_is_failed_or_slow_from_the_first_due_to_the_last_end() -> None:
    tally = Tally(slow_seconds=0.5)
    tally.answered(200, 1.0, 1.1)
    assert (tally.first_bad_due, tally.last_bad_end) == (None, None)
    tally.answered(500, 3.0, 3.1)
    tally.answered(200, 2.0, 4.0)
    tally.broke("connection", 3.5, 3.6)
    assert (tally.first_bad_due, tally.last_bad_end) == (2.0, 4.0)


def test_latency_counts_from_the_due_time_and_includes_timeouts() -> None:
    tally = Tally()
    tally.answered(200, 10.0, 12.0)
    tally.timed_out(10.0, 15.0)
    tally.broke("connection", 10.0, 10.0)
    assert tally.latency.quantiles(0.5, 1.0) == pytest.approx([2.0, 5.0], rel=0.006)


def test_a_service_with_hundreds_of_statuses_fills_no_memory() -> None:
    tally = Tally()
    for status in range(100, 600):
        tally.answered(status, 0.0, 0.1)
    assert len(tally.by_status) <= MAX_STATUSES + 1
    assert sum(tally.by_status.values()) == 500
    assert tally.good + sum(tally.failed.values()) == 500
