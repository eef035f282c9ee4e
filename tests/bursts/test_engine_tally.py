"""Counting in bounded memory, in all and by the second."""

from __future__ import annotations

import pytest

from portal.bursts.engine.tally import MAX_STATUSES, Tally
from portal.bursts.record import BurstRecord


def test_every_request_is_in_one_place() -> None:
    tally = Tally(slow_seconds=0.5)
    for _ in range(7):
        tally.start("/", 10.0, 10.001)
    tally.answered("/", 200, 10.0, 10.1)
    tally.answered("/", 404, 10.0, 10.1)
    tally.answered("/", 503, 10.0, 10.1)
    tally.answered("/", 200, 10.0, 10.9)
    tally.timed_out("/", 10.0, 15.0)
    tally.broke("/", "connection", 10.0, 10.1)
    assert (tally.sent, tally.good, tally.slow, tally.in_flight) == (7, 3, 1, 1)
    assert tally.failed == {"503": 1, "timeout": 1, "connection": 1}
    assert tally.by_status == {"200": 2, "404": 1, "503": 1}


def test_bad_is_failed_or_slow_from_the_first_due_to_the_last_end() -> None:
    tally = Tally(slow_seconds=0.5)
    tally.answered("/", 200, 1.0, 1.1)
    assert (tally.first_bad_due, tally.last_bad_end) == (None, None)
    tally.answered("/", 500, 3.0, 3.1)
    tally.answered("/", 200, 2.0, 4.0)
    tally.broke("/", "connection", 3.5, 3.6)
    assert (tally.first_bad_due, tally.last_bad_end) == (2.0, 4.0)


def test_latency_counts_from_the_due_time_and_includes_timeouts() -> None:
    tally = Tally()
    tally.answered("/", 200, 10.0, 12.0)
    tally.timed_out("/", 10.0, 15.0)
    tally.broke("/", "connection", 10.0, 10.0)
    assert tally.latency.quantiles(0.5, 1.0) == pytest.approx([2.0, 5.0], rel=0.006)


def test_a_service_with_hundreds_of_statuses_fills_no_memory() -> None:
    tally = Tally()
    for status in range(100, 600):
        tally.answered("/", status, 0.0, 0.1)
    assert len(tally.by_status) <= MAX_STATUSES + 1
    assert sum(tally.by_status.values()) == 500
    assert tally.good + sum(tally.failed.values()) == 500


def test_each_second_holds_what_was_due_in_it_by_path_and_outcome() -> None:
    tally = Tally(slow_seconds=0.5, start=100.0)
    for path, due in (("/", 100.0), ("/", 100.9), ("/checkout", 101.5), ("/", 101.6)):
        tally.start(path, due, due)
    tally.answered("/", 200, 100.0, 100.1)
    tally.answered("/", 200, 100.9, 102.0)
    tally.answered("/checkout", 500, 101.5, 101.6)
    tally.start("/", 101.9, 101.9)
    tally.kept_back("/", 101.9)
    tally.cut_off("/", 101.6)
    record = BurstRecord()
    part = tally.seconds.part(unix_offset=1_000.0)
    assert part
    record.take(part)
    assert record.start == 1_100.0
    assert record.seconds == {
        0: {("/", "sent"): 2, ("/", "fast"): 1, ("/", "slow"): 1},
        1: {
            ("/checkout", "sent"): 1,
            ("/", "sent"): 1,
            ("/checkout", "500"): 1,
            ("/", "not_sent"): 1,
            ("/", "cut"): 1,
        },
    }
    assert tally.seconds.part(unix_offset=1_000.0) is None


def test_a_part_tells_only_what_changed_and_in_totals() -> None:
    tally = Tally(start=0.0)
    tally.start("/", 0.5, 0.5)
    tally.seconds.part(0.0)
    tally.answered("/", 200, 0.5, 3.2)
    tally.start("/", 2.5, 2.5)
    part = tally.seconds.part(0.0)
    assert part
    assert [told.second for told in part.seconds] == [0, 2]
    assert set(part.seconds[0].counts) == {("/", "sent", 1), ("/", "slow", 1)}
    assert part.latency_total == pytest.approx(2.7)
