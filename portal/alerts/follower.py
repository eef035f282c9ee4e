"""Follows the alerts of each burst until they are quiet, whether or not a page is open.

One thread in each portal process looks every few seconds for bursts whose alerts may still move.
A conditional UPDATE gives each burst to one process; when that one dies, another one goes on, and
a portal that was down asks Prometheus for what it missed.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.alerts import record
from portal.alerts.course import BEFORE_S, from_prometheus, may_change, watched_until
from portal.alerts.grafana_annotations import corrected
from portal.alerts.grafana_rules import ManagedRule, managed_rules
from portal.alerts.grafana_samples import continued
from portal.alerts.grounds import marked
from portal.alerts.transitions import AlertHistory, AlertSource
from portal.bursts.models import Burst
from portal.clients.errors import ClientError
from portal.clients.grafana import AlertAnnotation
from portal.kit.database_fault import fault_of
from portal.kit.db import db
from portal.objectives.forecast import forecasts
from portal.objectives.store import list_slos
from portal.rulefolder.rules import loaded_rules
from portal.services import Services
from portal.tie.codes import TieCode
from portal.tie.grafana import analyse_grafana

log = logging.getLogger(__name__)


class AlertFollower:
    """The follower of one portal process."""

    def __init__(self, app: Flask) -> None:
        """``app`` gives its database and services."""
        self._app = app
        self._me = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._services: Services = app.extensions["slo_lab"]

    def start(self) -> None:
        """Follow in the background, until that is stopped."""
        what, every = "looks at the alerts of bursts", self._services.limits.follow_every_s
        self._services.background.repeat("alert-follower", what, every, self._look)

    def _look(self) -> None:
        with self._app.app_context():
            look(self._services, self._me)


def look(services: Services, me: str) -> None:
    """One look at the alerts of every burst that this process watches, or may take over.

    What fails for one burst (a full disk, a burst that was deleted meanwhile) leaves the others.
    """
    now = services.clock()
    with _logged():
        for burst in record.unwatched(now):
            with _logged():
                if record.claim(burst, me, now):
                    _keep(burst, _gather(services, burst, now), me, now)


@contextmanager
def _logged() -> Iterator[None]:
    """What fails is told in the log, and tried again at the next look."""
    try:
        yield
    except SQLAlchemyError as error:
        db.session.rollback()
        extra = {"fault": fault_of(error).value, "reason": str(error)}
        log.error("alerts not kept", extra=extra)
    except Exception:
        db.session.rollback()
        log.exception("alerts not kept")


@dataclass(frozen=True)
class Gathered:
    """What one look at a burst's alerts found; ``plans`` is None where nothing new is known."""

    histories: tuple[AlertHistory, ...]
    troubles: tuple[str, ...]
    plans: list[dict[str, Any]] | None


def _gather(services: Services, burst: Burst, now: datetime) -> Gathered:
    """Ask everybody, and write nothing: an answer may take seconds."""
    known, watch = record.histories(burst.id), record.watch_of(burst.id)
    found: list[AlertHistory] = []
    troubles: list[str] = []
    for ask in (_prometheus, _grafana):
        try:
            found += ask(services, burst, known, now)
        except ClientError as error:
            troubles.append(str(error))
    planned = forecasts(services, burst) if watch and watch.plans is None else None
    plans = None if planned is None else [forecast.to_json() for forecast in planned]
    return Gathered(tuple(found), tuple(troubles), plans)


def _keep(burst: Burst, gathered: Gathered, me: str, now: datetime) -> None:
    """Save it in one short transaction; end the watch once nothing more can come.

    Nothing is saved when another process took the watch over, or a reset ended it, meanwhile.
    """
    watch = record.watch_held(burst, me)
    if watch is None:
        return
    record.keep(burst, gathered.histories)
    watch.trouble = " ".join(gathered.troubles)
    if gathered.plans is not None:
        watch.plans = gathered.plans
    db.session.flush()
    if _is_over(burst, record.histories(burst.id), now, gathered.troubles):
        watch.done_at = now
    db.session.commit()


def _is_over(
    burst: Burst, histories: list[AlertHistory], now: datetime, troubles: Sequence[str]
) -> bool:
    """A system that can't be asked is asked again for as long as the burst's alerts may move."""
    if watched_until(burst, now) < now:
        return True
    return not troubles and not may_change(burst, histories, now)


def _prometheus(
    services: Services, burst: Burst, known: list[AlertHistory], now: datetime
) -> list[AlertHistory]:
    """Prometheus remembers, so it is asked for the whole time since the burst began."""
    end = watched_until(burst, now)
    found = record.with_marks(from_prometheus(services, burst, end), known)
    return marked(found, loaded_rules(services)) if end == now else found


def _grafana(
    services: Services, burst: Burst, known: list[AlertHistory], now: datetime
) -> list[AlertHistory]:
    """What Grafana says now, added to what was kept, and put right by what it kept itself.

    Once the burst's time is over its present state is of no interest; what it kept still is.
    """
    if burst.started_at is None:
        return []
    end = watched_until(burst, now)
    before = {record.identity(one.name, one.labels): one for one in known if _is_grafanas(one)}
    since = burst.started_at.timestamp() - BEFORE_S
    key, others_s = ("other alerts", burst.learner_id), services.limits.reading.others_s
    others = services.readings.get(key, others_s, lambda: _of_others(services, burst))
    samples = [(_identity(one), one) for one in _samples(services)]
    kept = _annotations(services, since, end.timestamp()) if samples else []
    found: list[AlertHistory | None] = []
    for identity, sample in samples:
        seen = before.get(identity)
        if end == now:
            seen = continued(seen, sample, since, now.timestamp())
        if identity not in others:
            found.append(corrected(seen, kept, sample))
    return [history for history in found if history]


def _annotations(services: Services, start: float, end: float) -> list[AlertAnnotation]:
    """What Grafana kept; nothing where it keeps none or tells none, then samples must do."""
    try:
        return services.grafana.alert_annotations(start=start, end=end)
    except ClientError:
        return []


def _is_grafanas(history: AlertHistory) -> bool:
    return history.source is AlertSource.GRAFANA


def _identity(sample: ManagedRule) -> str:
    return record.identity(sample.rule.title, sample.labels)


def _samples(services: Services) -> list[ManagedRule]:
    """The rules as they stand now, asked for once a look, however many bursts are watched."""
    alerts_s = services.limits.reading.alerts_s
    return services.readings.get("managed", alerts_s, lambda: managed_rules(services))


def _of_others(services: Services, burst: Burst) -> set[str]:
    """The Grafana-managed rules that speak of another service than the learner's."""
    slos = [row.value for row in list_slos(burst.learner_id)]
    samples = _samples(services)
    told = analyse_grafana([one.rule for one in samples], slos, memory=services.trials)
    judged = zip(samples, told, strict=True)
    return {_identity(one) for one, said in judged if said.code is TieCode.OTHER_SERVICE}
