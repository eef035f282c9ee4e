"""When requests are due."""

from __future__ import annotations

import pytest

from portal.bursts.engine.schedule import ClosedSchedule, OpenSchedule


def test_an_open_schedule_is_a_metronome() -> None:
    schedule = OpenSchedule(100.0, 10, 4)
    assert [schedule.take(123.0) for _ in range(4)] == pytest.approx([100.0, 100.1, 100.2, 100.3])
    assert schedule.is_over(123.0)
    assert schedule.next_due() is None


def test_an_open_schedule_does_not_wait_for_answers() -> None:
    schedule = OpenSchedule(100.0, 10, 600)
    schedule.take(100.0)
    assert schedule.next_due() == pytest.approx(100.1)
    assert not schedule.is_over(200.0)


def test_a_closed_schedule_waits_for_the_answer() -> None:
    schedule = ClosedSchedule(100.0, 500, 15, None)
    assert schedule.take(100.0) == 100.0
    assert schedule.next_due() is None
    schedule.ended(100.7)
    assert schedule.next_due() == 100.7


def test_a_closed_schedule_keeps_to_its_cap() -> None:
    schedule = ClosedSchedule(100.0, 500, 15, None)
    schedule.take(100.0)
    schedule.ended(100.0001)
    assert schedule.next_due() == pytest.approx(100.002)


def test_a_closed_schedule_ends_with_its_time() -> None:
    schedule = ClosedSchedule(100.0, 500, 15, None)
    schedule.take(100.0)
    schedule.ended(115.2)
    assert schedule.next_due() is None
    assert schedule.is_over(115.2)


def test_a_closed_schedule_ends_with_its_number() -> None:
    schedule = ClosedSchedule(100.0, 500, 15, 1)
    assert not schedule.is_over(100.0)
    schedule.take(100.0)
    schedule.ended(100.1)
    assert schedule.is_over(100.1)
