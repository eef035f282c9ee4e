"""Follows the alerts of each burst until they are quiet, whether or not a page is open.

One thread in each portal process looks every few seconds for bursts whose alerts may still move.
A conditional UPDATE gives each burst to one process; when that one dies, another one goes on, and
a portal that was down asks Prometheus for what it missed.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from datetime import datetime

from flask import Flask

from portal.alerts import kept
from portal.alerts.during import BEFORE_S, from_prometheus, may_change, watched_until
from portal.alerts.loaded import loaded_rules
from portal.alerts.managed import ManagedRule, managed_rules
from portal.alerts.numbers import marked
from portal.alerts.sampled import continued
from portal.alerts.transitions import AlertHistory, Source
from portal.bursts.models import Burst
from portal.clients.errors import ClientError
from portal.db import db
from portal.services import Services
from portal.slo.alerts.codes import TieCode
from portal.slo.alerts.grafana import analyse_grafana_all
from portal.slo.forecast import forecasts
from portal.slo.store import list_slos

LOOK_EVERY_S = 5.0
"""Grafana evaluates no rule more often than every 10 s."""

SAMPLES_S = 2.0
OTHERS_S = 30.0
log = logging.getLogger(__name__)


class AlertFollower:
    """The follower of one portal process."""

    def __init__(self, app: Flask) -> None:
        """``app`` gives its database and services."""
        self._app = app
        self._me = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="alert-follower", daemon=True)

    def start(self) -> None:
        """Follow in a thread of its own, until the process ends."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end after its present look."""
        self._stopped.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, so many seconds at most."""
        self._thread.join(seconds)

    def _follow(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            with self._app.app_context():
                try:
                    look(self._app.extensions["slo_lab"], self._me)
                except Exception:
                    log.exception("following alerts failed")


def look(services: Services, me: str) -> None:
    """One look at the alerts of every burst that this process watches, or may take over.

    What fails for one burst (a full disk, a burst that was deleted meanwhile) leaves the others.
    """
    now = services.clock()
    for burst in kept.unwatched(now):
        try:
            if kept.claim(burst, me, now):
                _watch(services, burst, now)
        except Exception:
            db.session.rollback()
            log.exception("alerts not kept")


def _watch(services: Services, burst: Burst, now: datetime) -> None:
    """Keep what the burst's alerts did so far; end the watch once nothing more can come."""
    watch = kept.watch_of(burst.id)
    if watch is None:
        return
    known = kept.histories(burst.id)
    troubles: list[str] = []
    for ask in (_prometheus, _grafana):
        try:
            kept.keep(burst, ask(services, burst, known, now))
        except ClientError as error:
            troubles.append(str(error))
    watch.trouble = " ".join(troubles)
    if watch.plans is None and (planned := forecasts(services, burst)) is not None:
        watch.plans = [forecast.to_json() for forecast in planned]
    db.session.flush()
    if _is_over(burst, kept.histories(burst.id), now, troubles):
        watch.done_at = now
    db.session.commit()


def _is_over(
    burst: Burst, histories: list[AlertHistory], now: datetime, troubles: list[str]
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
    found = kept.with_marks(from_prometheus(services, burst, end), known)
    return marked(found, loaded_rules(services)) if end == now else found


def _grafana(
    services: Services, burst: Burst, known: list[AlertHistory], now: datetime
) -> list[AlertHistory]:
    """Grafana tells the present alone: what it says now, added to what was kept."""
    if burst.started_at is None or watched_until(burst, now) < now:
        return []
    before = {kept.identity(one.name, one.labels): one for one in known if _is_grafanas(one)}
    since = burst.started_at.timestamp() - BEFORE_S
    others = services.readings.get(
        ("other alerts", burst.learner_id), OTHERS_S, lambda: _of_others(services, burst)
    )
    samples = [(_identity(one), one) for one in _samples(services)]
    found = (
        continued(before.get(key), sample, since, now.timestamp())
        for key, sample in samples
        if key not in others
    )
    return [history for history in found if history]


def _is_grafanas(history: AlertHistory) -> bool:
    return history.source is Source.GRAFANA


def _identity(sample: ManagedRule) -> str:
    return kept.identity(sample.rule.title, sample.labels)


def _samples(services: Services) -> list[ManagedRule]:
    """The rules as they stand now, asked for once a look, however many bursts are watched."""
    return services.readings.get("managed", SAMPLES_S, lambda: managed_rules(services))


def _of_others(services: Services, burst: Burst) -> set[str]:
    """The Grafana-managed rules that speak of another service than the learner's."""
    slos = [row.value for row in list_slos(burst.learner_id)]
    samples = _samples(services)
    judged = zip(samples, analyse_grafana_all([one.rule for one in samples], slos), strict=True)
    return {_identity(one) for one, said in judged if said.code is TieCode.OTHER_SERVICE}
