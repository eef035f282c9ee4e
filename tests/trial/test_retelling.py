"""What is asked of promtool instead of what was written: another clock, shorter windows."""

from __future__ import annotations

import pytest

from portal.trial.retelling import DATES, Retelling
from portal.trial.scene import InventedSeries, Scene, TrialQuestion
from tests.patience import PATIENT
from tests.patient import ENGINE

TOLD = Retelling(1000, 7200, graph=True)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("time() - x > 5", "(time() + 1000) - x > 5"),
        ("timestamp( up ) * 2", "(timestamp( up ) + 1000) * 2"),
        ("hour()", "hour(vector(time() + 1000))"),
        ("hour(timestamp(x))", "hour((timestamp(x) + 1000))"),
        ("month ( ) # time()", "month (vector(time() + 1000) ) # time()"),
        ("avg_over_time(x[28d:1m])", "avg_over_time(x[7260s:1m])"),
        ("avg_over_time(x[1h30m:])", "avg_over_time(x[1h30m:])"),
        ("x[5m] @ end()", "x[5m] @ 7200.000"),
        ("x[5m:1m] @ start ( )", "x[5m:1m] @ 0"),
    ],
)
def test_the_clock_and_what_reaches_too_far_are_retold(written: str, told: str) -> None:
    assert TOLD.of(written) == told


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (time) (x{time="time()", a=~"[5d:1m]"})',
        "rate(x[30d]) @ 600",
        "month(process_start_time_seconds)",
        "timestamp + on (hour) time",
        "start:x + `hour()`",
    ],
)
def test_all_else_stays_as_it_was_written(expr: str) -> None:
    assert TOLD.of(expr) == expr


def test_where_nothing_is_drawn_the_ends_are_now() -> None:
    assert Retelling(1000, 7200).of("x @ end()") == "x @ end()"


def test_a_scene_begins_at_its_epoch() -> None:
    exprs = ("vector(time())", "timestamp(a)", "hour()", "day_of_week()", "month()", "year()")
    questions = tuple(TrialQuestion(expr, 60) for expr in exprs)
    scene = Scene(5, (InventedSeries("a", "1x100"),), questions, epoch_s=DATES[1])
    [found] = ENGINE.answers([scene], PATIENT.promtool.queries)
    values = [answer.samples[0].value for answer in found]
    assert values == [DATES[1] + 60, DATES[1] + 60, 22, 2, 12, 2030]
