"""What an alert did on each rung and on each day beside the ladder."""

from __future__ import annotations

import pytest

from portal.slo.objective import SLO, SLIKind
from portal.tie import AlertRule
from portal.tie.diary import AlertTried
from portal.trial.climb import AlertTrial
from portal.trial.diary import Diary, Span, TriedDay
from portal.trial.distraction import DISTRACTIONS
from tests.patient import analyse

SLOS = SLO("availability", SLIKind.AVAILABILITY, 0.99)
FAST = SLO("latency", SLIKind.LATENCY, 0.95, threshold_s=0.3)
JOB = 'job="flask-app"'
RATIO = (
    f'sum(rate(http_requests_total{{{JOB},status=~"5.."}}[5m]))'
    f" / sum(rate(http_requests_total{{{JOB}}}[5m]))"
)
BY_PATH = RATIO.replace("sum(", "sum by (path) (")
DOWN = "the service could not be scraped"


def diary(expr: str, for_s: float = 0.0, slo: SLO = SLOS, **labels: str) -> Diary:
    """What an alert of that expression did."""
    return analyse(AlertRule("Alert", expr, for_s, labels), [slo]).diary


def day(found: Diary, start: str) -> TriedDay:
    """The first day whose name begins so."""
    return next(day for day in found.days if day.name.startswith(start))


def test_the_rungs_come_in_order_then_the_days() -> None:
    found = diary(f"{RATIO} > 0.144", 60)
    shares = [one.truth[0].value for one in found.days[:8]]
    assert shares == sorted(shares, key=lambda share: share or 0)
    assert [one.name for one in found.days[8:]] == [one.name for one in DISTRACTIONS]
    assert found.surprising == 0
    assert found.about == "requests that failed"


def test_an_alert_is_pending_then_firing_from_the_rung_of_its_limit() -> None:
    found = diary(f"{RATIO} > 0.144", 60)
    states = [[state for state, *_ in one.spans] for one in found.days[:8]]
    assert states == [["inactive"]] * 5 + [["pending", "firing"]] * 3
    assert day(found, "5 %").told == "it stays silent, as it may"
    assert day(found, "14.4 %").told == "it fires, as it should"
    assert day(found, "14.4 %").name.endswith("failed, 14.4 times what the objective allows")
    assert day(diary(f"{RATIO} > 0.144"), "14.4 %").spans == (Span("firing", 0.0, 1.0),)


def test_an_alert_that_fires_too_early_surprises() -> None:
    found = diary(f"{RATIO} > 0.001")
    assert [one.name[:5] for one in found.in_order[:2]] == ["0.2 %", "0.85 "]
    assert found.surprising == 2
    assert found.in_order[0].told == "it fires, before the objective is in danger"


def test_an_alert_about_something_else_surprises_on_the_ladder_and_beside_it() -> None:
    found = diary("up == 0")
    assert day(found, "all requests failed").told == (
        "it stays silent, though the budget is nearly gone"
    )
    lost = day(found, DOWN)
    assert lost.surprised
    assert lost.told == "it fires, though that is none of its SLO’s business"
    assert [value for _, value in lost.truth] == [0, 0, None, None]
    assert lost.spans[0].start == lost.truth[2].at > 0


def test_an_alert_on_each_path_shows_the_rung_on_which_one_page_fires_it() -> None:
    found = diary(f"{BY_PATH} > 0.144")
    [early] = [one for one in found.days if "one page" in one.name or "another page" in one.name]
    assert (early.told, early.surprised) == ("it fires, as it looks at each by itself", False)


def test_a_label_that_changes_keeps_it_pending() -> None:
    found = diary(f"{RATIO} > 0.144", 60, reading="{{ $value }}")
    failed = day(found, "all requests failed")
    assert failed.surprised
    assert failed.spans == (Span("pending", 0.0, 1.0),)
    assert failed.told == "it stays pending: its label changes with the value"


def test_what_fires_on_nothing_surprises_on_the_idle_day() -> None:
    found = diary(f"{RATIO} > 0.144 or absent(rate(http_requests_total[5m]) > 0)")
    idle = day(found, "nobody sent a request")
    assert idle.surprised
    assert idle.told == "it fires, which proves nothing"


def test_slowness_has_a_ladder_of_its_own() -> None:
    bucket = f'rate(http_request_duration_seconds_bucket{{{JOB},le="0.3"}}[5m])'
    count = f"rate(http_request_duration_seconds_count{{{JOB}}}[5m])"
    found = diary(f"1 - sum({bucket}) / sum({count}) > 0.3", slo=FAST)
    assert found.about == "requests slower than 0.3 s"
    assert day(found, "all requests were slow").told == "it fires, as it should"
    ago = day(found, "requests had failed and been slow an hour ago")
    assert [value for _, value in ago.truth] == [1, 1, 0, 0]


def test_a_budget_of_a_millionth_is_told_with_all_its_digits() -> None:
    found = diary(f"{RATIO} > 0.0000144", slo=SLO("availability", SLIKind.AVAILABILITY, 0.999999))
    said = "0.00002 % of the requests failed, 0.2 times what the objective allows"
    assert day(found, "0.00002 %").name == said
    assert day(found, "0.00002 %").truth[0].value == pytest.approx(0.2e-6)


def test_a_rung_is_told_as_the_verdict_tells_it() -> None:
    assert day(diary(f"{RATIO} > 0.144"), "0.85 %").name.startswith("0.85 % of the requests failed")
    assert day(diary(f"{RATIO} > 0.144"), "1 %").name.endswith("just what the objective allows")


def test_a_threshold_of_microseconds_is_told_without_an_exponent() -> None:
    quick = SLO("latency", SLIKind.LATENCY, 0.95, threshold_s=0.00005)
    assert AlertTried(AlertTrial(), quick).diary.about == "requests slower than 0.00005 s"


def test_what_was_not_tried_has_no_days() -> None:
    assert diary("sum(").days == ()
    assert diary("queue_length > 5").days == ()
