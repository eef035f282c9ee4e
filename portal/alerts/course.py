"""What the alerts did during one burst, and until things were quiet again.

Prometheus is asked anew as long as the burst is watched; Grafana's part, and what is shown later,
is what the follower kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.alerts import record
from portal.alerts.transitions import AlertHistory, AlertSource, collect
from portal.bursts.models import Burst
from portal.bursts.store import bursts_between
from portal.clients.errors import ClientError
from portal.kit.age import is_old
from portal.rulefile.states import ACTIVE
from portal.services import Services

BEFORE_S = 30
"""Seconds before the burst that tell in which state the alerts were."""

SETTLE = timedelta(minutes=20)
"""How long after its end an alert may still be the burst's: longer than the longest lab window."""

QUIET_S = 60
"""Seconds without a pending or firing alert after which nobody waits for another one."""


@dataclass(frozen=True)
class AlertsDuring:
    """The alerts that moved, or the ``reason`` why they are not known.

    ``start``, ``end`` and ``first_failure`` are Unix times: of the burst's first request, of what
    was looked at, of the due time of the first failed or slow request (None: there was none).
    ``changing``: more may come. With a ``reason``, ``histories`` hold what was kept before.
    """

    number: int
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
            burst.number, reason="This burst has not started.", changing=burst.is_active
        )
    now = services.clock()
    start, end = burst.started_at, watched_until(burst, now)
    known, watch = record.histories(burst.id), record.watch_of(burst.id)
    reason = ""
    if watch is None or watch.done_at is None or watch.trouble:
        try:
            known = _asked(services, burst, known, end if end < now else None, now)
        except ClientError as error:
            reason = str(error)
    first = burst.count_of("first_bad_due_at")
    return AlertsDuring(
        burst.number,
        tuple(known),
        start.timestamp(),
        end.timestamp(),
        first or None,
        changing=bool(reason) or may_change(burst, known, now),
        reason=reason,
    )


def from_prometheus(services: Services, burst: Burst, end: datetime) -> list[AlertHistory]:
    """What Prometheus knows of the alerts from just before the burst until ``end``."""
    start = (burst.started_at or end).timestamp() - BEFORE_S
    job = burst.learner.service.job
    found = collect(services.prometheus, start, end.timestamp(), job)
    return [one for one in found if one.labels.get("sloth_service", job) == job]


def _asked(
    services: Services,
    burst: Burst,
    known: list[AlertHistory],
    settled: datetime | None,
    now: datetime,
) -> list[AlertHistory]:
    """Prometheus' part as it is now, beside Grafana's that was kept."""
    key = ("alerts during", burst.id, settled)
    ask = services.readings.get
    shared_s = services.limits.reading.alerts_s
    found = ask(key, shared_s, lambda: from_prometheus(services, burst, settled or now))
    return [
        *record.with_marks(found, known),
        *(one for one in known if one.source is AlertSource.GRAFANA),
    ]


def watched_until(burst: Burst, now: datetime) -> datetime:
    """Now; at most SETTLE after the burst's end, or the beginning of the next burst."""
    started_at = burst.started_at or now
    latest = min(now, (burst.ended_at or now) + SETTLE)
    later = [
        other.started_at
        for other in bursts_between(burst.learner_id, started_at, latest)
        if other.id != burst.id and other.started_at and other.started_at > started_at
    ]
    return min([latest, *later])


def may_change(burst: Burst, found: list[AlertHistory], now: datetime) -> bool:
    """Whether the burst's alerts are worth another look: it runs, or one is active, or just was."""
    if watched_until(burst, now) < now:
        return False
    if burst.ended_at is None or any(history.now in ACTIVE for history in found):
        return True
    return not is_old(burst.ended_at, now, timedelta(seconds=QUIET_S))
