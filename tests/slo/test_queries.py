"""The PromQL behind an SLO's numbers, run by promtool."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.shop.series import quoted
from portal.slo.objective import SLO, SLIKind
from portal.slo.queries import budget_queries, query_named
from portal.slo.windows import Window
from tests.slo.promtest import Expected, check_rules, run

AVAILABILITY = SLO("a", SLIKind.AVAILABILITY, 0.99, Window.LAB)
LATENCY = SLO("b", SLIKind.LATENCY, 0.95, Window.LAB, threshold_s=1)
SERIES = {
    'http_requests_total{job="flask-app",status="200"}': "0+99x60",
    'http_requests_total{job="flask-app",status="500"}': "0+1x60",
    'http_requests_total{job="other",status="500"}': "0+50x60",
    'http_request_duration_seconds_count{job="flask-app"}': "0+100x60",
    'http_request_duration_seconds_bucket{job="flask-app",le="1.0"}': "0+90x60",
    'up{job="flask-app"}': "1+0x60",
}
NO_RULES = "groups: []\n"


def value(slo: SLO, name: str, wanted: float) -> Expected:
    promql = query_named(slo, name, 5).promql
    return Expected(f"abs(({promql}) - {wanted}) < bool 1e-3 * {max(wanted, 1)}", 300, (1,))


def test_each_number_is_what_the_series_say(tmp_path: Path) -> None:
    expected = [
        value(AVAILABILITY, "total_events", 6000),
        value(AVAILABILITY, "bad_events", 60),
        value(AVAILABILITY, "allowed_bad_events", 60),
        value(AVAILABILITY, "sli", 0.99),
        value(AVAILABILITY, "error_budget_remaining", 0),
        value(AVAILABILITY, "burn_rate", 1),
        value(AVAILABILITY, "age", 305),
        value(LATENCY, "bad_events", 600),
        value(LATENCY, "sli", 0.9),
        value(LATENCY, "burn_rate", 2),
        value(LATENCY, "page_bad_events", 600),
        value(LATENCY, "page_total_events", 6000),
    ]
    run(tmp_path, NO_RULES, SERIES, expected)


def test_without_errors_bad_events_are_zero_and_without_series_there_is_no_total(
    tmp_path: Path,
) -> None:
    bad, total = (
        query_named(AVAILABILITY, name, 5).promql for name in ("bad_events", "total_events")
    )
    run(tmp_path, NO_RULES, {"up": "1+0x60"}, [Expected(bad, 300, (0,)), Expected(total, 300, ())])


@pytest.mark.parametrize("slo", [AVAILABILITY, LATENCY], ids=["availability", "latency"])
def test_every_query_is_valid_and_explained(slo: SLO, tmp_path: Path) -> None:
    queries = budget_queries(slo, 5)
    rules = "".join(
        f"  - record: q:{query.name}\n    expr: {quoted(query.promql)}\n" for query in queries
    )
    done = check_rules(tmp_path, f"groups:\n- name: g\n  rules:\n{rules}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(query.meaning.endswith(".") and query.unit for query in queries)
    assert len({query.name for query in queries}) == len(queries)
