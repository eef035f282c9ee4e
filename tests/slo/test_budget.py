"""The arithmetic of budgets and burn rates."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.slo.budget import (
    BudgetState,
    Events,
    ExhaustionState,
    allowed_bad_events,
    allowed_minutes,
    assess,
    burn_rate,
    burst_cost,
    error_ratio,
    exhaustion,
    remaining,
    window_share_used,
)
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window

HOUR = 3600.0
MONTH = Window.MONTH.seconds
objectives = st.integers(1, 9999).map(lambda n: n / 10000)
ratios = st.floats(0, 1)


def slo(objective: float = 0.99, window: Window = Window.LAB) -> SLO:
    return SLO("a", SLIKind.AVAILABILITY, objective, window)


def test_the_budget_in_events_is_a_share_of_all_events() -> None:
    assert allowed_bad_events(0.999, 12_000) == 12.0


def test_the_budget_in_minutes_is_a_share_of_the_window() -> None:
    assert allowed_minutes(0.999, MONTH) == pytest.approx(43.2)


@pytest.mark.parametrize(("bad", "left"), [(0, 1.0), (5, 0.5), (10, 0.0), (25, -1.5)])
def test_remaining_falls_with_bad_events_and_below_zero(bad: float, left: float) -> None:
    assert remaining(0.99, Events(bad, 1000)) == pytest.approx(left)


@given(objectives, ratios, st.floats(1e-3, 1e12))
def test_remaining_is_at_most_one(objective: float, ratio: float, total: float) -> None:
    left = remaining(objective, Events(ratio * total, total))
    assert left is not None
    assert left <= 1


@given(objectives, st.sampled_from(Window), st.floats(0, 1))
def test_burn_rate_one_exhausts_exactly_at_the_windows_end(
    objective: float, window: Window, covered: float
) -> None:
    age_s = covered * window.seconds
    budget = allowed_bad_events(objective, 1000)
    left = remaining(objective, Events(budget, 1000))
    assert left is not None
    rate = burn_rate(objective, budget / 1000)
    assert rate == pytest.approx(1)
    found = exhaustion(left, age_s, window.seconds, 1.0)
    if found.seconds is None:
        assert window.seconds - age_s == pytest.approx(0, abs=1e-3)
    else:
        assert age_s + found.seconds == pytest.approx(window.seconds)


@given(objectives, st.floats(0.01, 100))
def test_a_fresh_window_lasts_its_length_divided_by_the_burn_rate(
    objective: float, rate: float
) -> None:
    found = exhaustion(1.0, 0.0, MONTH, rate)
    assert found.seconds == pytest.approx(MONTH / rate)


def test_the_workbooks_page_rate_uses_two_percent_of_a_month_in_an_hour() -> None:
    left = remaining(0.999, Events(0.0144 * 1000, 1000))
    assert left is not None
    assert window_share_used(left, HOUR, MONTH) == pytest.approx(0.02)
    assert MONTH / 14.4 == 50 * HOUR


def test_nothing_burning_is_not_at_this_rate() -> None:
    assert exhaustion(0.5, 600, HOUR, 0.0).state is ExhaustionState.NOT_AT_THIS_RATE


def test_data_from_before_the_window_say_nothing_of_it() -> None:
    assert window_share_used(0.5, 2 * HOUR, HOUR) == 0.5
    assert exhaustion(0.5, 2 * HOUR, HOUR, 1.0).seconds == HOUR / 2


def test_a_rate_that_is_too_small_to_divide_by_is_none() -> None:
    found = exhaustion(0.5, 600, HOUR, 1e-320)
    assert (found.state, found.seconds) == (ExhaustionState.NOT_AT_THIS_RATE, None)


def test_an_overspent_window_is_already_exhausted_however_quiet_it_is_now() -> None:
    assert exhaustion(-6.0, 600, HOUR, 0.0).state is ExhaustionState.ALREADY


def test_a_window_that_is_used_up_to_the_last_event_is_exhausted() -> None:
    assert exhaustion(0.0, HOUR, HOUR, 1.0).state is ExhaustionState.ALREADY


def test_overspending_the_time_so_far_does_not_exhaust_the_window() -> None:
    found = exhaustion(-2.0, 600, HOUR, 3.0)
    assert found.state is ExhaustionState.IN_TIME
    assert found.seconds == pytest.approx((3600 - 600 * 3) / 3)


def test_no_requests_lately_gives_no_rate_to_reckon_with() -> None:
    assert exhaustion(0.5, 600, HOUR, None).state is ExhaustionState.NO_TRAFFIC


def test_no_data_is_no_zero() -> None:
    budget = assess(slo(), None, 0, None)
    assert budget.state is BudgetState.NO_DATA
    assert budget.sli is budget.remaining is budget.burn_rate is budget.share_used is None
    assert budget.exhaustion.state is ExhaustionState.NO_DATA
    assert budget.allowed_minutes == pytest.approx(0.6)


def test_no_traffic_is_no_hundred_percent() -> None:
    budget = assess(slo(), Events(0, 0), 60, Events(0, 0))
    assert budget.state is BudgetState.NO_TRAFFIC
    assert budget.sli is budget.remaining is None
    assert budget.exhaustion.state is ExhaustionState.NO_TRAFFIC


def test_all_figures_of_ten_minutes_of_data() -> None:
    budget = assess(slo(), Events(6, 1200), 600, Events(6, 600))
    assert budget.state is BudgetState.WITHIN
    assert budget.allowed == pytest.approx(12)
    assert budget.sli == pytest.approx(0.995)
    assert budget.remaining == pytest.approx(0.5)
    assert budget.share_used == pytest.approx(0.5 / 6)
    assert budget.burn_rate == pytest.approx(1)
    assert budget.exhaustion.seconds == pytest.approx(3300)


@pytest.mark.parametrize(
    ("bad", "is_estimated"),
    [
        (0, False),
        (5, False),
        (5.004, False),
        (5.006, True),
        (4.994, True),
        (99, False),
        (100, True),
    ],
)
def test_what_is_no_whole_number_of_bad_events_or_a_large_one_is_an_estimate(
    bad: float, is_estimated: bool
) -> None:
    assert assess(slo(), Events(bad, 1000), 600, None).bad_is_estimated is is_estimated
    assert not assess(slo(), None, 600, None).bad_is_estimated


@pytest.mark.parametrize(
    ("total", "shown"),
    [(0, None), (60, 0.6), (100, 1), (600, 6), (1_999, 20), (123_456, 1_230)],
)
def test_the_budget_in_events_is_told_of_the_total_that_is_told(
    total: float, shown: float | None
) -> None:
    assert assess(slo(), Events(0, total), 600, None).allowed_shown == shown
    assert assess(slo(), None, 600, None).allowed_shown is None


def test_an_empty_budget_is_exhausted() -> None:
    assert assess(slo(), Events(12, 1200), 600, None).state is BudgetState.EXHAUSTED


def test_a_burst_costs_its_bad_events_of_the_budget() -> None:
    assert burst_cost(0.99, Events(30, 100), Events(30, 1000)) == pytest.approx(3.0)
    assert burst_cost(0.99, Events(0, 0), Events(0, 0)) is None


def test_error_ratio_of_nothing_is_unknown() -> None:
    assert error_ratio(Events(0, 0)) is None
    assert error_ratio(Events(1, 4)) == 0.25


def increase(samples: list[int]) -> int:
    """What a counter grew by, a restart (a smaller value) counted from zero."""
    return sum(b - a if b >= a else b for a, b in itertools.pairwise(samples))


@given(
    st.lists(
        st.one_of(st.tuples(st.integers(0, 50), st.integers(0, 50)), st.none()),
        min_size=1,
        max_size=60,
    ),
    objectives,
)
def test_weighted_by_events_it_equals_a_recount_of_the_request_log(
    log: list[tuple[int, int] | None], objective: float
) -> None:
    """Each entry is one scrape interval's good and bad requests; None is a restart."""
    good, bad = [0], [0]
    for entry in log:
        more_good, more_bad = entry or (0, 0)
        start = (0, 0) if entry is None else (good[-1], bad[-1])
        good.append(start[0] + more_good)
        bad.append(start[1] + more_bad)
    counted = Events(increase(bad), increase(bad) + increase(good))
    requests = [entry for entry in log if entry is not None]
    all_bad, everything = sum(b for _, b in requests), sum(g + b for g, b in requests)
    ratio = error_ratio(counted)
    if everything == 0:
        assert ratio is None
        return
    assert ratio == all_bad / everything
    left = remaining(objective, counted)
    assert left is not None
    assert math.isclose(left, 1 - burn_rate(objective, all_bad / everything), abs_tol=1e-9)
