"""An SLO's budget as Prometheus knows it at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.clients.errors import ClientError
from portal.clients.prometheus import Rows
from portal.clients.shape import numeral
from portal.kit.charts import CHART_SPAN
from portal.numbers import finite
from portal.services import Services
from portal.shop import BUCKETS
from portal.shop.queries import SLIQueries
from portal.slo.budget import Budget, Events, assess
from portal.slo.objective import SLO
from portal.slo.planner import needs_arithmetic
from portal.slo.queries import NamedQuery, budget_queries, query_named
from portal.slo.windows import page_window

INSTANT_STEP_SECONDS = 5
HISTORY_STEP_SECONDS = 15
COUNTED = ("bad_events", "total_events", "age", "page_bad_events", "page_total_events")


@dataclass(frozen=True)
class BudgetReading:
    """The budget at ``at`` (unix seconds) and the queries behind it.

    ``reason`` says why there is none.
    """

    slo: SLO
    at: float
    budget: Budget | None
    reason: str
    queries: tuple[NamedQuery, ...]

    @property
    def page_window(self) -> str:
        """The window that the burn rate is measured over, a Prometheus duration."""
        return page_window(self.slo.window)

    @property
    def arithmetic(self) -> str | None:
        """What the objective means for this little traffic; None where it allows an event."""
        events = self.budget.events if self.budget else None
        return needs_arithmetic(self.slo, events.total) if events else None


@dataclass(frozen=True)
class BudgetHistory:
    """Points (unix seconds, share of the budget left or None for a gap)."""

    start: datetime
    end: datetime
    remaining: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True)
class _Counted:
    """What Prometheus counted, as ``assess`` takes it; ``reason``: why nobody knows."""

    so_far: Events | None = None
    age_s: float = 0.0
    lately: Events | None = None
    reason: str = ""


def reading_instant(services: Services) -> float:
    """The moment (unix seconds) that every figure of a page is of.

    It moves in steps, so that pages opened one after the other show the same.
    """
    return services.clock().timestamp() // INSTANT_STEP_SECONDS * INSTANT_STEP_SECONDS


def read_budget(services: Services, slo: SLO, at: float) -> BudgetReading:
    """The budget of the SLO at ``at``, shared among all open pages; never raises."""
    key = ("counted", slo.sli, slo.window, slo.job, slo.threshold_s, at)
    counted = services.readings.get(
        key, services.limits.reading.numbers_s, lambda: _count(services, slo, at)
    )
    budget = None
    if not counted.reason:
        budget = assess(slo, counted.so_far, counted.age_s, counted.lately)
    queries = tuple(budget_queries(slo, services.settings.scrape_interval))
    return BudgetReading(slo, at, budget, counted.reason, queries)


def read_budget_history(services: Services, slo: SLO, at: float) -> BudgetHistory:
    """The share of the budget so far that was left, over 15 minutes up to ``at``; never raises."""
    end = at // HISTORY_STEP_SECONDS * HISTORY_STEP_SECONDS
    key = ("budget history", slo.sli, slo.objective, slo.window, slo.job, slo.threshold_s, end)
    history_s = services.limits.reading.history_s
    return services.readings.get(key, history_s, lambda: _read_history(services, slo, end))


def _read_history(services: Services, slo: SLO, end: float) -> BudgetHistory:
    step = HISTORY_STEP_SECONDS
    start = end - CHART_SPAN.total_seconds()
    interval_s = services.settings.scrape_interval
    promql = query_named(slo, "error_budget_remaining", interval_s).promql
    try:
        series = services.prometheus.query_range(promql, start, end, step)
    except ClientError:
        series = Rows([])
    known = dict(series[0].points) if series else {}
    moments = [start + i * step for i in range(int(CHART_SPAN.total_seconds() // step) + 1)]
    points = tuple((at, finite(known.get(at))) for at in moments)
    return BudgetHistory(
        datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), points
    )


def _count(services: Services, slo: SLO, at: float) -> _Counted:
    try:
        interval = services.settings.scrape_interval
        asked = [query_named(slo, name, interval).promql for name in COUNTED]
        said = services.prometheus.all_numbers(asked, at)
    except ClientError as error:
        return _Counted(reason=str(error))
    bad, total, age, page_bad, page_total = (rows[0].value if rows else None for rows in said)
    return _Counted(
        so_far=_events(bad, total), age_s=age or 0.0, lately=_events(page_bad, page_total)
    )


def _events(bad: float | None, total: float | None) -> Events | None:
    return None if total is None else Events(bad=bad or 0.0, total=total)


def bucket_bounds(services: Services, job: str) -> tuple[float, ...]:
    """The bounds (s) of the service's histogram; the mock app's own where they can't be asked."""
    return services.readings.get(
        ("bounds", job), services.limits.reading.buckets_s, lambda: _ask_bounds(services, job)
    )


def _ask_bounds(services: Services, job: str) -> tuple[float, ...]:
    try:
        samples = services.prometheus.query(SLIQueries(job).buckets)
    except ClientError:
        return BUCKETS
    found = (numeral(sample.labels.get("le")) for sample in samples)
    return tuple(sorted(le for le in found if le is not None and math.isfinite(le))) or BUCKETS
