"""Beside the editor each SLO has its SLI as a query, fit for a rule."""

from __future__ import annotations

from portal.alerts.slos import GuardedSLO
from portal.promql import classify
from portal.slo.objective import SLO, SLIKind


def test_each_slo_is_asked_for_by_its_own_sli() -> None:
    availability = GuardedSLO(SLO("a", SLIKind.AVAILABILITY, 0.99)).sli
    latency = GuardedSLO(SLO("l", SLIKind.LATENCY, 0.95, threshold_s=0.5)).sli
    assert (classify(availability).sli, classify(latency).sli) == ("availability", "latency")
    assert 'le="0.5"' in latency
    for query in (availability, latency):
        assert "\n" not in query
        assert 'job="flask-app"' in query
