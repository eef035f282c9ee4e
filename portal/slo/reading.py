"""An SLO's budget as Prometheus knows it now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.clients.errors import ClientError
from portal.clients.prometheus import PrometheusClient, Rows
from portal.promql.context import DEFAULT_BUCKETS
from portal.services import Services
from portal.slis.queries import SLIQueries
from portal.slis.reading import CHART_SPAN
from portal.slo.budget import Budget, Events, assess
from portal.slo.objective import SLO
from portal.slo.queries import NamedQuery, budget_queries, query_named

MAX_AGE_SECONDS = 4.5
HISTORY_STEP_SECONDS = 15


@dataclass(frozen=True)
class BudgetReading:
    """The budget and the queries behind it; ``reason`` says why there is none."""

    slo: SLO
    budget: Budget | None
    reason: str
    queries: tuple[NamedQuery, ...]


@dataclass(frozen=True)
class BudgetHistory:
    """Points (unix seconds, share of the budget left or None for a gap)."""

    start: datetime
    end: datetime
    remaining: tuple[tuple[float, float | None], ...]


def read_budget(services: Services, slo: SLO) -> BudgetReading:
    """The budget of the SLO now, shared among all open pages; never raises."""
    key = ("budget", slo.sli, slo.objective, slo.window, slo.job, slo.threshold_s)
    return services.readings.get(key, MAX_AGE_SECONDS, lambda: _read(services, slo))


def read_budget_history(services: Services, slo: SLO) -> BudgetHistory:
    """The share of the budget so far that was left, over the last 15 minutes; never raises."""
    key = ("budget history", slo.sli, slo.objective, slo.window, slo.job, slo.threshold_s)
    return services.readings.get(key, MAX_AGE_SECONDS * 2, lambda: _read_history(services, slo))


def _read_history(services: Services, slo: SLO) -> BudgetHistory:
    step = HISTORY_STEP_SECONDS
    end = services.clock().timestamp() // step * step
    start = end - CHART_SPAN.total_seconds()
    promql = query_named(slo, "error_budget_remaining").promql
    try:
        series = services.prometheus.query_range(promql, start, end, step)
    except ClientError:
        series = Rows([])
    known = dict(series[0].points) if series else {}
    moments = [start + i * step for i in range(int(CHART_SPAN.total_seconds() // step) + 1)]
    points = tuple((at, _finite(known.get(at))) for at in moments)
    return BudgetHistory(
        datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), points
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _read(services: Services, slo: SLO) -> BudgetReading:
    queries = tuple(budget_queries(slo, services.settings.scrape_interval))
    try:
        budget = _assess(services.prometheus, slo)
    except ClientError as error:
        return BudgetReading(slo, None, str(error), queries)
    return BudgetReading(slo, budget, "", queries)


def _assess(prometheus: PrometheusClient, slo: SLO) -> Budget:
    age = _number(prometheus, slo, "age")
    so_far = _events(prometheus, slo, "bad_events", "total_events")
    lately = _events(prometheus, slo, "page_bad_events", "page_total_events")
    return assess(slo, so_far, age or 0.0, lately)


def _events(prometheus: PrometheusClient, slo: SLO, bad: str, total: str) -> Events | None:
    counted = _number(prometheus, slo, total)
    if counted is None:
        return None
    return Events(bad=_number(prometheus, slo, bad) or 0.0, total=counted)


def _number(prometheus: PrometheusClient, slo: SLO, name: str) -> float | None:
    samples = prometheus.query(query_named(slo, name).promql)
    return samples[0].value if samples and math.isfinite(samples[0].value) else None


def bucket_bounds(services: Services, job: str) -> tuple[float, ...]:
    """The bounds (s) of the service's histogram; the mock app's own where they can't be asked."""
    return services.readings.get(("bounds", job), 60, lambda: _ask_bounds(services, job))


def _ask_bounds(services: Services, job: str) -> tuple[float, ...]:
    try:
        samples = services.prometheus.query(SLIQueries(job).buckets)
    except ClientError:
        return DEFAULT_BUCKETS
    found = sorted(float(s.labels.get("le", "inf")) for s in samples)
    return tuple(bound for bound in found if math.isfinite(bound)) or DEFAULT_BUCKETS
