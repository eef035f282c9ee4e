"""What it takes to make an alert fire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.slo.objective import SLO, SLIKind
from portal.slo.planner import (
    PlannedBurst,
    WindowCounts,
    needs_arithmetic,
    never_fires_because,
    plan,
    plan_alerts,
    plan_pair,
)
from portal.slo.windows import Window, alert_pairs


def slo(objective: float, window: Window = Window.MONTH) -> SLO:
    return SLO("a", SLIKind.AVAILABILITY, objective, window)


@pytest.mark.parametrize(
    ("minutes", "objective", "failures"),
    [
        (5, 0.999, 9), (5, 0.99, 101), (5, 0.95, 1543),
        (10, 0.999, 18), (10, 0.99, 202), (10, 0.95, 3086),
    ],
)  # fmt: skip
def test_failures_that_page_after_minutes_of_health_at_two_per_second(
    minutes: int, objective: float, failures: int
) -> None:
    page = alert_pairs(Window.MONTH)[0]
    found = plan(
        page.limit(slo(objective).error_budget), WindowCounts(minutes * 120), PlannedBurst(20)
    )
    assert found.failures == failures


def test_twenty_percent_errors_at_twenty_per_second_take_77_seconds() -> None:
    found = plan(0.144, WindowCounts(600, 0, 300), PlannedBurst(rate=20, error_share=0.2))
    assert found.seconds == pytest.approx(77.14, abs=0.01)
    assert (found.requests, found.failures) == (1543, 309)
    assert "600 × 0.144" in found.sentence
    assert found.sentence.startswith("600 requests in the last 5 min: (600 × 0.144) / (20 × ")
    assert (
        "= 77.1 s (1 min 17 s). By then 20/s with 20 % errors bring 308.6 failed" in found.sentence
    )
    assert found.sentence.endswith("so it takes 309.")


def test_sums_of_a_short_time_fit() -> None:
    sentence = plan(0.03, WindowCounts(260), PlannedBurst(rate=20, error_share=0.2)).sentence
    assert "= 2.3 s. By then 20/s with 20 % errors bring 9.2 failed requests" in sentence
    assert sentence.endswith("so it takes 10.")


def test_a_share_of_errors_at_the_limit_never_fires() -> None:
    found = plan(0.144, WindowCounts(600), PlannedBurst(rate=500, error_share=0.144))
    assert not found.can_fire
    assert "14.4 %" in found.sentence


@pytest.mark.parametrize("limit", [1.0, 1.44])
def test_a_limit_of_all_requests_never_fires(limit: float) -> None:
    found = plan(limit, WindowCounts(0), PlannedBurst(rate=500))
    assert not found.can_fire
    assert "never" in found.sentence


def test_nothing_sent_never_fires() -> None:
    assert not plan(0.1, WindowCounts(10), PlannedBurst(rate=0)).can_fire


def test_failures_in_the_history_count() -> None:
    assert plan(0.1, WindowCounts(1000, failed=80), PlannedBurst(10)).failures == 23


def test_above_the_limit_already_needs_nothing_more() -> None:
    found = plan(0.1, WindowCounts(1000, failed=200), PlannedBurst(10, 0.01))
    assert (found.seconds, found.failures) == (0.0, 0)
    assert "already" in found.sentence


@given(st.floats(0.001, 0.99), st.integers(0, 100_000), st.floats(0.5, 500), st.floats(0.001, 1))
def test_one_failure_fewer_stays_at_or_below_the_limit(
    limit: float, requests: int, rate: float, share: float
) -> None:
    found = plan(limit, WindowCounts(requests), PlannedBurst(rate, share))
    if found.failures is None or found.seconds is None:
        assert share <= limit + 1e-6
        return
    at_limit = (share * rate * found.seconds) / (requests + rate * found.seconds or 1)
    assert at_limit <= limit + 1e-6
    sent = found.failures / share
    assert found.failures / (requests + sent) > limit - 1e-6


def test_the_longer_wait_of_the_two_windows_decides() -> None:
    pair = alert_pairs(Window.LAB)[0]
    found = plan_pair(
        slo(0.99, Window.LAB), pair, WindowCounts(600), WindowCounts(50), PlannedBurst(2, 0.2)
    )
    assert found.seconds == pytest.approx(600 * 0.03 / (2 * 0.17))


def test_each_alert_has_its_plan_and_a_missing_window_is_empty() -> None:
    plans = plan_alerts(slo(0.99), {"1h": WindowCounts(600)}, PlannedBurst(20))
    assert [pair.long for pair, _ in plans] == ["1h", "6h", "1d", "3d"]
    assert [found.failures for _, found in plans] == [101, 1, 1, 1]


@pytest.mark.parametrize(
    ("objective", "never"),
    [
        (0.9, ["1h"]), (0.93, ["1h"]), (0.94, []), (0.8, ["1h", "6h"]),
        (0.5, ["1h", "6h", "1d"]), (0.999, []),
    ],
)  # fmt: skip
def test_which_alerts_of_the_set_could_never_fire(objective: float, never: list[str]) -> None:
    found = [p.long for p in alert_pairs(Window.MONTH) if never_fires_because(slo(objective), p)]
    assert found == never


def test_never_comes_with_the_arithmetic() -> None:
    sentence = never_fires_because(slo(0.9), alert_pairs(Window.MONTH)[0])
    assert sentence is not None
    assert "14.4 × 0.1 = 1.44" in sentence
    assert "1.4 %" in sentence
    assert "93.06 %" in sentence


def test_many_nines_on_little_traffic_get_the_arithmetic() -> None:
    sentence = needs_arithmetic(slo(0.99999), 600)
    assert sentence is not None
    assert "600 requests × 0.00001 = 0.006" in sentence
    assert "100,000 requests" in sentence


def test_no_number_is_told_with_an_exponent() -> None:
    sentence = needs_arithmetic(slo(0.9999999), 1420) or ""
    assert "1,420 requests × 0.0000001 = 0.000142 bad requests allowed" in sentence
    assert "overspends the budget 7,042 times" in sentence


def test_enough_traffic_needs_no_warning() -> None:
    assert needs_arithmetic(slo(0.99), 600) is None
    assert needs_arithmetic(slo(0.99), 0) is None


def test_without_history_the_first_failure_is_enough_and_nothing_is_reckoned_with_zeros() -> None:
    found = plan(0.03, WindowCounts(0, 0, 25), PlannedBurst(rate=20, error_share=0.2))
    assert found.failures == 1
    assert found.sentence == (
        "No request came in the last 25 s: the first one that fails is enough."
    )


def test_the_window_that_decides_is_named() -> None:
    held = {"5m": WindowCounts(600, 0, 300), "25s": WindowCounts(50, 0, 25)}
    burst = PlannedBurst(rate=20, error_share=0.2)
    plans = {
        pair.name: found.sentence for pair, found in plan_alerts(slo(0.99, Window.LAB), held, burst)
    }
    assert plans["page 5m/25s"].startswith("600 requests in the last 5 min: ")
    assert plans["ticket 15m/75s"].startswith("No request came in the last ")


def test_one_request_is_one_request() -> None:
    burst = PlannedBurst(rate=1, error_share=1.0)
    assert plan(0.5, WindowCounts(1, 0, 300), burst).sentence.startswith("1 request in the last")
    assert "bring 1 failed request, so" in plan(0.5, WindowCounts(1, 0, 300), burst).sentence
