"""What a burst cost of an error budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.bursts.models import Burst
from portal.clients.errors import ClientError
from portal.services import Services
from portal.slo.budget import Events, burst_cost
from portal.slo.objective import SLO
from portal.slo.queries import bad_events, total_events

MAX_AGE_SECONDS = 60.0


@dataclass(frozen=True)
class BurstCost:
    """A burst's bad and total events, and the ``share`` of the budget so far that they are."""

    burst: Burst
    events: Events
    share: float


def read_burst_cost(services: Services, slo: SLO, burst: Burst, whole: Events) -> BurstCost | None:
    """The cost of a burst that has ended; ``whole`` counts the window so far. Never raises.

    Failed requests are the burst's own record. Slow ones are asked of Prometheus, since the record
    knows one limit and the SLO may have another.
    """
    events = _events(services, slo, burst)
    share = burst_cost(slo.objective, events, whole) if events else None
    return BurstCost(burst, events, share) if events and share is not None else None


def _events(services: Services, slo: SLO, burst: Burst) -> Events | None:
    if burst.started_at is None or burst.ended_at is None:
        return None
    if slo.threshold_s is None:
        return Events(burst.failed, burst.sent)
    late = 2 * services.settings.scrape_interval
    start, end = burst.started_at.timestamp() - late, burst.ended_at.timestamp() + late
    if services.clock().timestamp() < end:
        return None
    key = ("burst cost", burst.id, slo.job, slo.threshold_s)
    ask = services.readings.get
    return ask(key, MAX_AGE_SECONDS, lambda: _counted(services, slo, start, end))


def _counted(services: Services, slo: SLO, start: float, end: float) -> Events | None:
    """What the service counted, from two scrapes before the burst until two after it."""
    window = f"{math.ceil(end - start)}s"
    try:
        bad, total = (
            services.prometheus.query(count(slo, "increase", window), end)
            for count in (bad_events, total_events)
        )
    except ClientError:
        return None
    if not total or not math.isfinite(total[0].value):
        return None
    return Events(round(bad[0].value) if bad else 0, round(total[0].value))
