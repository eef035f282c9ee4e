"""A Prometheus of small numbers, and the SLO form filled in."""

from __future__ import annotations

from portal.clients.prometheus import PrometheusClient, Rows, Sample, Series
from tests.conftest import NOWHERE

FORM = {
    "sli": "availability",
    "threshold": "0.3",
    "objective": "99 %",
    "window": "1h",
    "why": "Below it our users begin to complain.",
}


class Counting(PrometheusClient):
    """``total`` requests in every window, ``bad`` of them bad; the lab is eleven minutes old."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.bad, self.total = 3.0, 600.0
        self.asked: list[tuple[str, float | None]] = []

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        self.asked.append((promql, at))
        if "count_over_time" in promql:
            return Rows([Sample({}, 660.0, 0.0)])
        bad = "5.." in promql or " - sum" in promql
        return Rows([Sample({}, self.bad if bad else self.total, 0.0)])

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        return Rows([])
