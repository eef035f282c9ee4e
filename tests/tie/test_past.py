"""Alerts that compare with the past: what they do when nothing new happens, and when all is new."""

from __future__ import annotations

import pytest

from portal.tie import AlertFinding, AlertRule, TieCode
from tests.patient import analyse_all
from tests.tie.cases import SLOS, expanded

AGO = (
    "(sum(rate(http_requests_total{status=~'5..'}[1m] offset %s))"
    " / sum(rate(http_requests_total[1m] offset %s)))"
)
HOUR, WEEK = AGO % ("1h", "1h"), AGO % ("1w", "1w")
PASSING = (
    "up unless up offset 1h",
    "up unless up offset 1w",
    "up offset 1d unless up",
    "http_requests_total unless http_requests_total offset 10m",
    f"RATIO unless {HOUR}",
    f"RATIO > 0.144 unless {HOUR} > 0.144",
    f"RATIO > 0.144 unless {WEEK} > 0.144",
    f"RATIO > 2 * {WEEK}",
    f"RATIO > 0.05 and RATIO > 1.1 * {HOUR}",
    "sum(delta(http_requests_total{status=~'5..'}[5m]))"
    " / sum(delta(http_requests_total[5m])) > 0.05",
    "ALL < 0.5 * sum(rate(http_requests_total{job='flask-app'}[1m] offset 1h))",
)
LASTING = (
    "RATIO > 0.05 and on () up offset 1h",
    "RATIO > 0.05 and on () (up == 1 and up OFFSET 5m == 1)",
    "RATIO > 0.05 unless on () absent(up offset 1d)",
    "1 - avg_over_time((RATIO)[28d:1m]) < 0.99",
    "count_over_time((RATIO > 0.05)[10m:1m]) > 5",
    "sum_over_time((RATIO > bool 0.05)[30m:1m]) >= 20",
)


@pytest.fixture(scope="module")
def found() -> dict[str, AlertFinding]:
    listed = (*PASSING, *LASTING)
    tried = analyse_all([AlertRule("a", expanded(one)) for one in listed], SLOS)
    return dict(zip(listed, tried, strict=True))


@pytest.mark.parametrize("written", PASSING)
def test_what_falls_silent_while_it_lasts_is_not_tied(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI, found[written].reason


@pytest.mark.parametrize("written", LASTING)
def test_a_past_that_was_always_so_changes_nothing(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.TIED, found[written].reason
