"""An alert that depends on the date guards nothing on the other days."""

from __future__ import annotations

import pytest

from portal.tie import AlertFinding, AlertRule, TieCode
from tests.patient import analyse_all
from tests.tie.cases import SLOS, expanded

AT_SOME_DATES = (
    "RATIO > 0.05 and on () vector(time()) < 2e9",
    "RATIO > 0.05 and on () hour() > 8",
    "RATIO > 0.05 unless on () day_of_week() == 0",
    "RATIO > 0.05 and on () year() > 2000",
    "RATIO > 0.05 and on () vector(time() % 86400) > 3600",
    "RATIO > 0.05 and on () vector(time()) < 1.7e9",
    "hour() > 8",
)
AT_ALL_DATES = (
    "RATIO > 0.05 and on () vector(time()) > 1.7e9",
    "RATIO > 0.05 and on () timestamp(up) > 1.7e9",
    "RATIO > 0.05 and on () (time() - timestamp(up) < 300)",
    "RATIO > 0.05 * (time() > bool 1.7e9)",
    "RATIO > 0.05 and on () process_start_time_seconds > 1e9",
)


@pytest.fixture(scope="module")
def found() -> dict[str, AlertFinding]:
    listed = (*AT_SOME_DATES, *AT_ALL_DATES)
    tried = analyse_all([AlertRule("a", expanded(one)) for one in listed], SLOS)
    return dict(zip(listed, tried, strict=True))


@pytest.mark.parametrize("written", AT_SOME_DATES)
def test_what_depends_on_the_date_is_not_tied(written: str, found: dict[str, AlertFinding]) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI, found[written].reason


@pytest.mark.parametrize("written", AT_ALL_DATES)
def test_what_holds_at_every_date_to_come_is_no_limit(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.TIED, found[written].reason


def test_the_reason_names_the_clock(found: dict[str, AlertFinding]) -> None:
    assert "depends on the time of day" in found["RATIO > 0.05 and on () hour() > 8"].reason
    assert "on the date" in found["RATIO > 0.05 and on () vector(time()) < 2e9"].reason
