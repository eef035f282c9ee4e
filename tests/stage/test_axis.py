"""The axis that all lanes share."""

from __future__ import annotations

import pytest

from portal.stage.axis import Axis, since_start

AXIS = Axis(start=980.0, end=1120.0, origin=1000.0, width=800, left=50.0)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00"), (28.4, "0:28"), (-20, "−0:20"), (59.6, "1:00"), (754, "12:34"), (3600, "60:00")],
)
def test_seconds_are_told_as_a_clock_shows_them(seconds: float, told: str) -> None:
    assert since_start(seconds) == told


def test_a_moment_has_one_place_and_those_beyond_stand_at_the_ends() -> None:
    assert (AXIS.x(980), AXIS.x(1120)) == (50.0, 790.0)
    assert (AXIS.x(0), AXIS.x(9e9)) == (50.0, 790.0)
    assert AXIS.x(1050) == pytest.approx(50 + 70 * AXIS.a_second)


@pytest.mark.parametrize("most", [3, 4, 9])
def test_marks_are_round_and_no_more_than_there_is_room_for(most: int) -> None:
    marks = AXIS.marks(most)
    assert 2 <= len(marks) <= most + 1
    assert "start" in {mark.label for mark in marks}
    assert [mark.x for mark in marks] == sorted(mark.x for mark in marks)


def test_marks_count_from_the_start() -> None:
    labels = [mark.label for mark in AXIS.marks(9)]
    assert labels == ["−0:20", "start", "0:20", "0:40", "1:00", "1:20", "1:40", "2:00"]
