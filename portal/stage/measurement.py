"""What Prometheus says of the time around a burst: the SLI, each scrape, the budget left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from portal.clients.errors import ClientError
from portal.clients.prometheus import Series
from portal.kit.charts import Points
from portal.numbers import finite, promql_number
from portal.services import Services
from portal.shop.queries import WINDOW, SLIQueries
from portal.slo.objective import SLO
from portal.slo.queries import error_ratio, query_named

MOST_POINTS = 240
MOST_BUDGET_POINTS = 48
MOST_SECONDS = 3600
"""Of a longer stretch not every scrape is looked up."""


@dataclass(frozen=True)
class Measurement:
    """``sli`` and ``remaining``: Unix seconds and a share, or None for a gap; at most 1.

    ``scrapes``: Unix seconds. ``reason``: why nothing is known, a sentence.
    """

    sli: Points = ()
    scrapes: tuple[float, ...] = ()
    remaining: Points = ()
    reason: str = ""


def measure(
    services: Services, job: str, slo: SLO | None, start: float, end: float, *, settled: bool
) -> Measurement:
    """The stretch from ``start`` to ``end`` (Unix seconds), shared among all open pages.

    ``settled``: nothing in it changes any more. Never raises.
    """
    limits = services.limits.reading
    max_age = limits.history_s if settled else limits.burst_s
    sli = None if slo is None else (slo.sli, slo.threshold_s, slo.objective, slo.window)
    # One that goes on is one reading, however far its end has come.
    key = ("stage", job, sli, round(start), round(end) if settled else None)
    return services.readings.get(key, max_age, lambda: _asked(services, job, slo, start, end))


def _asked(services: Services, job: str, slo: SLO | None, start: float, end: float) -> Measurement:
    first, last = math.floor(start), math.ceil(end)
    step = max(1, math.ceil((last - first) / MOST_POINTS))
    ask = services.prometheus.query_range
    scraped = SLIQueries(job).scraped_at
    every = 1 if last - first <= MOST_SECONDS else last - first
    questions = [
        partial(ask, sli_query(job, slo), first, last, step),
        partial(ask, scraped, first, last, every),
    ]
    if slo is not None:
        interval = services.settings.scrape_interval
        slow = max(interval, math.ceil((last - first) / MOST_BUDGET_POINTS))
        left = query_named(slo, "error_budget_remaining", interval).promql
        questions.append(partial(ask, left, first, last, slow))
    try:
        sli, scrapes, *remaining = services.prometheus.side_by_side(questions)
    except ClientError as error:
        return Measurement(reason=str(error))
    return Measurement(
        sli=_points(sli, range(first, last + 1, step)),
        scrapes=_moments(scrapes, first, last),
        remaining=_points(remaining[0], range(first, last + 1, slow)) if remaining else (),
    )


def sli_query(job: str, slo: SLO | None) -> str:
    """The SLI of the last minute, 0..1: that of an SLO, or availability without one."""
    if slo is None:
        return SLIQueries(job).availability
    return f"{promql_number(1)} - {error_ratio(slo, WINDOW)}"


def _points(series: list[Series], moments: range) -> Points:
    known = dict(series[0].points) if series else {}
    return tuple((float(at), finite(known.get(float(at)))) for at in moments)


def _moments(series: list[Series], first: float, last: float) -> tuple[float, ...]:
    told = {value for one in series for _, value in one.points}
    return tuple(sorted(at for at in told if first <= at <= last))
