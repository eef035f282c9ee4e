"""What the alerts did during one burst, and until things were quiet again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.alerts.transitions import ACTIVE, AlertHistory, collect
from portal.bursts.models import Burst
from portal.bursts.store import bursts_between
from portal.clients.errors import ClientError
from portal.services import Services

BEFORE_S = 30
"""Seconds before the burst that tell in which state the alerts were."""

SETTLE = timedelta(minutes=20)
"""How long after its end an alert may still be the burst's: longer than the longest lab window."""

QUIET_S = 60
"""Seconds without a pending or firing alert after which nobody waits for another one."""

SHARED_S = 2.0


@dataclass(frozen=True)
class AlertsDuring:
    """The alerts that moved, or the ``reason`` why they are not known.

    ``start``, ``end`` and ``first_failure`` are Unix times: of the burst's first request, of what
    was looked at, of the due time of the first failed or slow request (None: there was none).
    ``changing``: more may come.
    """

    burst_id: int
    histories: tuple[AlertHistory, ...] = ()
    start: float = 0.0
    end: float = 0.0
    first_failure: float | None = None
    changing: bool = False
    reason: str = ""


def alerts_during(services: Services, burst: Burst) -> AlertsDuring:
    """The alerts' transitions from just before the burst until they are quiet again."""
    if burst.started_at is None:
        return AlertsDuring(
            burst.id, reason="This burst has not started.", changing=burst.is_active
        )
    now = services.clock()
    start, end = burst.started_at, _end(burst, burst.started_at, now)
    job = burst.learner.service.job
    try:
        found = services.readings.get(
            ("alerts during", burst.id, end if end < now else None),
            SHARED_S,
            lambda: collect(
                services.prometheus, start.timestamp() - BEFORE_S, end.timestamp(), job
            ),
        )
    except ClientError as error:
        return AlertsDuring(burst.id, start=start.timestamp(), changing=True, reason=str(error))
    first = burst.counts.get("first_bad_due_at")
    return AlertsDuring(
        burst.id,
        tuple(found),
        start.timestamp(),
        end.timestamp(),
        float(first) if first else None,
        changing=end == now and _may_change(burst, found, now),
    )


def _end(burst: Burst, started_at: datetime, now: datetime) -> datetime:
    """Now; at most SETTLE after the burst's end, or the beginning of the next burst."""
    latest = min(now, (burst.ended_at or now) + SETTLE)
    later = [
        other.started_at
        for other in bursts_between(burst.learner_id, started_at, latest)
        if other.id != burst.id and other.started_at and other.started_at > started_at
    ]
    return min([latest, *later])


def _may_change(burst: Burst, found: list[AlertHistory], now: datetime) -> bool:
    if burst.ended_at is None or any(history.now in ACTIVE for history in found):
        return True
    return (now - burst.ended_at).total_seconds() < QUIET_S
