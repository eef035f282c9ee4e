"""Alerts that fall silent as it gets worse, count instead of dividing, or look at the clock."""

from __future__ import annotations

import pytest

from portal.tie import AlertFinding, AlertRule, TieCode
from tests.patient import analyse_all
from tests.tie.cases import SLOS, expanded

BANDS = (
    ("RATIO > 0.01 and RATIO < 0.02", "5 % of the requests failed"),
    ("RATIO > 0.01 unless RATIO > 0.2", "20 % of the requests failed"),
    ("RATIO > 0.01 and RATIO < 0.5", "every request failed"),
    ("RATIO > 0.05 < 0.3", "every request failed"),
    ("RATIO > 0.05 and RATIO < 1", "every request failed"),
    ("GOOD / ALL < 0.99 > 0.5", "every request failed"),
    ("RATIO > 0.001 < 0.9", "every request failed"),
    ("RATIO > 0.144 or RATIO > 0.01 < 0.05", "5 % of the requests failed"),
    ("SLOW > 0.05 < 0.9", "every request was slow"),
    ("SLOW > 0.05 and SLOW < 0.5", "72 % of the requests were slow"),
)
WHOLE = (
    "RATIO > 0.05 and RATIO <= 1",
    "RATIO > 0.05 unless RATIO > 1.5",
    "RATIO > 0.05 < 0.1 or RATIO > 0.08",
)
FAILED = "http_requests_total{status=~'5..'}"
COUNTS = tuple(
    f"{count} > {limit}"
    for count in (f"sum(increase({FAILED}[5m]))", f"increase({FAILED}[5m])")
    for limit in (5, 10, 20, 50)
)
AVERAGES = tuple(
    f"avg{by} (rate({FAILED}[1m])) / avg{by} (rate(http_requests_total[1m])) > {limit}"
    for by in ("", " by (path)")
    for limit in (0.05, 0.144)
)
EACH_PATH = tuple(
    f"{bad} / {total} > 0.05"
    for bad, total in (
        (
            f"sum without (status) (rate({FAILED}[1m]))",
            "sum without (status) (rate(http_requests_total[1m]))",
        ),
        (
            f"rate({FAILED}[1m])",
            "on (path) group_left sum by (path) (rate(http_requests_total[1m]))",
        ),
    )
)
ALWAYS = ("vector(time()) > 0", "vector(time()) > 1e9", "vector(time() - 1e9) > 0")
AT_TIMES = (
    "day_of_week() == 1",
    "hour() < 6",
    "day_of_month() == 15",
    "vector(time() % 86400) < 3600",
)


@pytest.fixture(scope="module")
def found() -> dict[str, AlertFinding]:
    listed = [band for band, _ in BANDS]
    listed += [*WHOLE, *COUNTS, *AVERAGES, *EACH_PATH, *ALWAYS, *AT_TIMES, "vector(time()) < 0"]
    tried = analyse_all([AlertRule("a", expanded(one)) for one in listed], SLOS)
    return dict(zip(listed, tried, strict=True))


@pytest.mark.parametrize(("written", "day"), BANDS)
def test_an_alert_that_is_silent_in_a_larger_incident_is_not_tied(
    written: str, day: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI
    assert f"stays silent on the day on which {day}" in found[written].reason


def test_the_rungs_on_which_it_falls_silent_are_told(found: dict[str, AlertFinding]) -> None:
    days = found["RATIO > 0.01 and RATIO < 0.02"].diary.days
    fallen = [day for day in days if "falls silent" in day.told]
    assert len(fallen) == 4
    assert all(day.surprised for day in fallen)


@pytest.mark.parametrize("written", WHOLE)
def test_a_band_without_an_upper_end_is_tied(written: str, found: dict[str, AlertFinding]) -> None:
    assert found[written].code is TieCode.TIED, found[written].reason


@pytest.mark.parametrize("written", COUNTS)
def test_a_count_of_failures_depends_on_the_traffic(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI, found[written].reason
    assert "not out of how many" in found[written].reason


@pytest.mark.parametrize("written", AVERAGES)
def test_averages_over_different_series_depend_on_how_many_there_are(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI, found[written].reason
    assert "averaged over different numbers of series" in found[written].reason


@pytest.mark.parametrize("written", EACH_PATH)
def test_each_path_by_itself_is_tied_with_advice(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.TIED, found[written].reason
    assert "each path or method by itself" in found[written].advice


@pytest.mark.parametrize("written", ALWAYS)
def test_time_that_only_goes_on_always_fires(written: str, found: dict[str, AlertFinding]) -> None:
    assert found[written].code is TieCode.ALWAYS_FIRES, found[written].reason


@pytest.mark.parametrize("written", AT_TIMES)
def test_what_looks_at_the_clock_alone_says_so(
    written: str, found: dict[str, AlertFinding]
) -> None:
    assert found[written].code is TieCode.NOT_AN_SLI
    assert "looks at the clock alone" in found[written].reason


def test_time_never_falls_below_nothing(found: dict[str, AlertFinding]) -> None:
    finding = found["vector(time()) < 0"]
    assert finding.code is TieCode.NOT_AN_SLI
    assert "stays silent on the day on which every request failed" in finding.reason
