"""With every scrape interval that a lab may have the generated alerts do what they promise.

Rules are evaluated as often as the service is scraped, but not at the same moment: each second
between two scrapes is one way in which the two may fall together.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.slo.objective import SLO, SLIKind
from portal.slo.rules import alert_name, rule_file
from portal.slo.windows import Window, alert_pairs
from tests.slo.intervals import allowed
from tests.slo.promtest import firing, run

RATE = 2
BEGINS_S, ENDS_S, LAST_S = 300, 480, 540
MISSED_S = 400
"""One scrape about here comes to nothing."""
BROKEN, CALM = "broken", "calm"
LAB, MONTH = (
    SLO(f"availability-{window}", SLIKind.AVAILABILITY, 0.99, window, BROKEN)
    for window in (Window.LAB, Window.MONTH)
)
SPARED = SLO("spared", SLIKind.AVAILABILITY, 0.99, Window.LAB, CALM)
CASES = [(every_s, late_s) for every_s in allowed() for late_s in range(every_s)]


def failed(job: str, second: int) -> int:
    """Requests that failed by then: all during the outage, or one in two hundred."""
    if job == CALM:
        return second // 100
    return RATE * min(max(0, second - BEGINS_S), ENDS_S - BEGINS_S)


def scraped(job: str, every_s: int, late_s: int) -> dict[str, str]:
    """The counters as promtool takes them, a value a second: one at each scrape, but for one."""
    missed = MISSED_S - MISSED_S % every_s + late_s
    seconds = range(late_s, LAST_S, every_s)
    told = {at: (RATE * at - failed(job, at), failed(job, at)) for at in seconds if at != missed}
    return {
        f'http_requests_total{{job="{job}",path="/",status="{status}"}}': " ".join(
            str(told[second][number]) if second in told else "_" for second in range(LAST_S)
        )
        for number, status in enumerate((200, 500))
    }


@pytest.mark.parametrize(("every_s", "late_s"), CASES)
def test_an_outage_pages_within_a_minute_and_until_it_ends_and_nothing_else_does(
    every_s: int, late_s: int, tmp_path: Path
) -> None:
    pages = [alert_name(slo, alert_pairs(slo.window)[0]) for slo in (LAB, MONTH)]
    series = scraped(BROKEN, every_s, late_s) | scraped(CALM, every_s, late_s)
    moments = range(60 + -60 % every_s, LAST_S, every_s)
    expected = [firing(at, 0, sloth_service=CALM, sloth_severity="page") for at in moments]
    expected += [firing(at, 0) for at in moments if at < BEGINS_S]
    expected += [
        firing(at, 1, alertname=page)
        for page in pages
        for at in moments
        if BEGINS_S + 60 <= at < ENDS_S
    ]
    rules = rule_file([LAB, MONTH, SPARED], every_s)
    run(tmp_path, rules, series, expected, step_s=1, evaluated_s=every_s)


@pytest.mark.parametrize("every_s", allowed())
def test_the_labs_rules_are_evaluated_as_often_as_the_service_is_scraped(every_s: int) -> None:
    assert rule_file([LAB], every_s).count(f"    interval: {every_s}s\n") == 3
