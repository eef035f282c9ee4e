"""The lanes of a stage: each mark, area and span stands for what was recorded."""

from __future__ import annotations

import re

import pytest

from portal.alerts.transitions import AlertHistory, Transition
from portal.bursts.record import SecondView
from portal.rulefile.states import AlertState
from portal.stage.alert_lane import AlertSpan, alert_drawing, spans_of
from portal.stage.axis import Axis
from portal.stage.budget_lane import budget_drawing, spent_at
from portal.stage.drawing import LaneDrawing
from portal.stage.sli_lane import below_since, sli_drawing
from portal.stage.users_lane import users_drawing

START = 1000.0


def axis(end: float = 1120.0, width: int = 800) -> Axis:
    return Axis(START - 20, end, START, width, left=50.0)


def shapes(drawing: LaneDrawing, look: str) -> int:
    """How many shapes of a look there are: each begins with one move."""
    return sum(len(re.findall("M", one.d)) for one in drawing.strokes if one.look == look)


def d_of(drawing: LaneDrawing, look: str) -> str:
    return "".join(stroke.d for stroke in drawing.strokes if stroke.look == look)


def numbers_in(d: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", d)]


def test_each_request_is_one_mark_of_its_own_shape() -> None:
    views = [
        SecondView(0, sent=20, fast=12, slow=3, failed=5, given_up=1),
        SecondView(1, sent=4, fast=4, not_sent=2),
    ]
    drawing = users_drawing(axis(), START, views)
    found = {stroke.look: shapes(drawing, stroke.look) for stroke in drawing.strokes}
    assert found == {
        "mark fast": 16,
        "mark slow": 3,
        "mark failed": 4,
        "mark given-up": 1,
        "mark not-sent": 2,
    }


def test_a_mark_stands_in_the_second_in_which_it_was_due() -> None:
    on = axis()
    drawing = users_drawing(
        on, START, [SecondView(0), SecondView(1), SecondView(2, sent=3, fast=3)]
    )
    places = [float(x) for x in re.findall(r"M([\d.]+)", d_of(drawing, "mark fast"))]
    assert all(on.x(START + 2) <= x <= on.x(START + 3) for x in places)


@pytest.mark.parametrize(
    ("views", "end"),
    [
        ([SecondView(0, sent=41, fast=41)], 1120.0),
        ([SecondView(0, sent=20, fast=20)], 1120.0 + 600),
    ],
    ids=["more than 40 a second", "seconds too narrow"],
)
def test_where_marks_have_no_room_there_are_columns(views: list[SecondView], end: float) -> None:
    looks = {stroke.look for stroke in users_drawing(axis(end), START, views).strokes}
    assert looks == {"column fast"}


def test_the_heights_of_a_column_are_the_shares_of_its_kinds() -> None:
    views = [SecondView(0, sent=400, fast=300, failed=100), SecondView(1, sent=200, fast=200)]
    drawing = users_drawing(axis(), START, views)
    fast = [float(h) for h in re.findall(r"v([\d.]+)", d_of(drawing, "column fast"))]
    (failed,) = (float(h) for h in re.findall(r"v([\d.]+)", d_of(drawing, "column failed")))
    assert fast[0] == pytest.approx(3 * failed, abs=0.2)
    assert fast[0] + failed == pytest.approx(2 * fast[1], abs=0.2)


def test_narrow_seconds_share_a_column_and_nothing_is_lost() -> None:
    views = [SecondView(n, sent=10, fast=10) for n in range(600)]
    drawing = users_drawing(axis(START + 660, 330), START, views)
    assert 40 < shapes(drawing, "column fast") < 300


def test_nothing_sent_draws_nothing() -> None:
    assert users_drawing(axis(), START, []).strokes == ()


POINTS = [(START + n, value) for n, value in enumerate([1.0, 1.0, None, 0.98, 0.9, 0.995, 1.0])]


def test_a_gap_is_a_gap() -> None:
    drawing = sli_drawing(axis(), POINTS, (), 0.99)
    assert shapes(drawing, "sli") == 2


def test_what_lies_below_the_objective_is_filled_and_only_that() -> None:
    on = axis()
    drawing = sli_drawing(on, POINTS, (), 0.99)
    (level,) = set(numbers_in(d_of(drawing, "objective"))[1::2])
    filled = numbers_in(d_of(drawing, "short"))
    assert min(filled[1::2]) == pytest.approx(level, abs=0.11)
    assert on.x(START + 3) == pytest.approx(min(filled[0::2]), abs=0.1)
    assert on.x(START + 4) < max(filled[0::2]) < on.x(START + 5)


def test_a_line_that_never_falls_below_fills_nothing() -> None:
    drawing = sli_drawing(axis(), [(START, 1.0), (START + 9, 0.995)], (), 0.99)
    assert d_of(drawing, "short") == ""


def test_each_scrape_is_a_tick() -> None:
    assert shapes(sli_drawing(axis(), POINTS, (START, START + 5), 0.99), "scrape") == 2


def test_the_moment_below_counts_from_the_start() -> None:
    points = [(START - 5, 0.5), (START, 1.0), (START + 7, 0.98)]
    assert below_since(points, 0.99, START) == START + 7
    assert below_since(points, 0.9, START) is None


def test_the_budget_is_drawn_down_to_zero_and_what_is_overspent_below_it() -> None:
    on = axis()
    drawing = budget_drawing(on, [(START, 1.0), (START + 10, 0.5), (START + 20, -0.5)])
    (zero,) = set(numbers_in(d_of(drawing, "base"))[1::2])
    left, over = numbers_in(d_of(drawing, "left")), numbers_in(d_of(drawing, "over"))
    assert max(left[1::2]) == pytest.approx(zero, abs=0.1)
    assert min(over[1::2]) == pytest.approx(zero, abs=0.1)
    assert max(left[0::2]) == pytest.approx(on.x(START + 15), abs=0.1)
    assert min(over[0::2]) == pytest.approx(on.x(START + 15), abs=0.1)


def test_a_budget_that_was_spent_before_is_not_spent_by_this_burst() -> None:
    assert spent_at([(START - 5, 0.4), (START + 5, 0.1), (START + 9, -0.1)], START) == START + 9
    assert spent_at([(START - 5, -0.4), (START + 5, -0.1)], START) is None
    assert spent_at([(START - 5, 0.4), (START + 5, 0.1)], START) is None
    assert spent_at([(START - 5, None), (START + 5, -0.1)], START) == START + 5


def history(
    *steps: tuple[AlertState, float], before: AlertState = AlertState.INACTIVE
) -> AlertHistory:
    moves = tuple(Transition(state, at) for state, at in steps)
    return AlertHistory("CheckoutErrors", {}, before, moves)


PATH = history(
    (AlertState.PENDING, START + 10),
    (AlertState.FIRING, START + 25),
    (AlertState.RESOLVED, START + 80),
)


def test_the_spans_follow_each_other_without_gaps() -> None:
    assert spans_of(PATH, START - 20, START + 100) == [
        AlertSpan(AlertState.INACTIVE, START - 20, START + 10),
        AlertSpan(AlertState.PENDING, START + 10, START + 25),
        AlertSpan(AlertState.FIRING, START + 25, START + 80),
        AlertSpan(AlertState.RESOLVED, START + 80, START + 100),
    ]


def test_nothing_is_drawn_beyond_what_is_known() -> None:
    assert spans_of(PATH, START - 20, START + 30)[-1].end == START + 30
    assert spans_of(PATH, START + 40, START + 60) == [
        AlertSpan(AlertState.FIRING, START + 40, START + 60)
    ]


def test_a_state_has_its_word_where_there_is_room() -> None:
    wide = alert_drawing(axis(), PATH, START + 100, 84)
    assert [word.text for word in wide.words] == [
        "inactive",
        "pending",
        "firing since 0:25",
        "resolved",
    ]
    narrow = alert_drawing(axis(width=120), PATH, START + 100, 40)
    assert [word.text for word in narrow.words] == []
    assert shapes(narrow, "firing") == 1
