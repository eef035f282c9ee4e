"""The alert windows that belong to an SLO's window."""

from __future__ import annotations

import pytest

from portal.config import Settings
from portal.shop import SCRAPE_INTERVAL_S
from portal.slo.windows import (
    Severity,
    Window,
    alert_pairs,
    current_window,
    page_window,
    recorded_windows,
    seconds,
)
from tests.slo.intervals import SLOWEST_S

WORKBOOK = [
    (Severity.PAGE, "1h", "5m"),
    (Severity.PAGE, "6h", "30m"),
    (Severity.TICKET, "1d", "2h"),
    (Severity.TICKET, "3d", "6h"),
]


@pytest.mark.parametrize(
    ("window", "pairs", "factors"),
    [
        (Window.MONTH, WORKBOOK, [14.4, 6, 3, 1]),
        (Window.FOUR_WEEKS, WORKBOOK, [13.44, 5.6, 2.8, 0.9333333]),
        (Window.WEEK, WORKBOOK, [13.44, 3.5, 1.4, 0.98]),
        (Window.LAB, [(Severity.PAGE, "5m", "25s"), (Severity.TICKET, "15m", "75s")], [3, 1]),
    ],
)
def test_the_pairs_and_factors_of_each_window(
    window: Window, pairs: list[tuple[Severity, str, str]], factors: list[float]
) -> None:
    found = alert_pairs(window)
    assert [(pair.severity, pair.long, pair.short) for pair in found] == pairs
    assert [pair.factor for pair in found] == pytest.approx(factors)


@pytest.mark.parametrize(
    ("window", "percents"),
    [
        (Window.MONTH, (2, 5, 10, 10)),
        (Window.WEEK, (8, 12.5, 20, 42)),
        (Window.LAB, (25, 25)),
    ],
)
def test_a_pair_burning_all_through_its_long_window_uses_its_share_of_the_budget(
    window: Window, percents: tuple[float, ...]
) -> None:
    used = [p.factor * seconds(p.long) / window.seconds * 100 for p in alert_pairs(window)]
    assert used == pytest.approx(percents)


@pytest.mark.parametrize("window", Window)
def test_no_short_window_holds_fewer_than_five_scrapes_of_the_slowest_lab(window: Window) -> None:
    shortest = min(seconds(pair.short) for pair in alert_pairs(window))
    assert shortest >= 5 * SLOWEST_S


def test_a_lab_that_says_nothing_scrapes_as_the_facts_say() -> None:
    assert SCRAPE_INTERVAL_S == Settings.from_env({}).scrape_interval <= SLOWEST_S


@pytest.mark.parametrize("window", Window)
def test_the_short_window_is_a_twelfth_of_the_long_one(window: Window) -> None:
    assert {seconds(p.long) / seconds(p.short) for p in alert_pairs(window)} == {12.0}


def test_every_window_an_alert_reads_is_recorded_and_the_slos_own_comes_last() -> None:
    assert recorded_windows(Window.LAB) == ("25s", "75s", "5m", "15m", "1h")
    assert recorded_windows(Window.MONTH) == ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")


def test_the_burn_rate_now_is_that_of_the_most_urgent_page() -> None:
    assert page_window(Window.LAB) == "5m"
    assert page_window(Window.MONTH) == "1h"


@pytest.mark.parametrize("window", Window)
def test_the_current_burn_rate_is_over_sloths_window(window: Window) -> None:
    """The quick page's short window: 5 minutes for all of Sloth's own periods."""
    assert current_window(window) == ("25s" if window is Window.LAB else "5m")


def test_a_window_has_words() -> None:
    assert Window.MONTH.label == "30 days"
    assert Window.LAB.label == "1 hour (lab window)"
