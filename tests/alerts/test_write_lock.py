"""A slow Prometheus, a follower and a burst at once: nobody holds the database's write lock."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from portal.alerts import record
from portal.alerts.follower import look
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import custom_profile
from portal.bursts.start import start_burst
from portal.config import Settings
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.store import save_slo
from portal.services import Services, utc_now
from portal.slo.objective import SLO, SLIKind
from tests.apps import portal_app
from tests.fakes.prometheus import EmptyPrometheus
from tests.fakes.server import Reply, Request
from tests.mockapp.process import TOKEN, running_mockapp, wait_until

ANSWER_S = 0.6
LOCK_S = 10.0
"""Longer than any short transaction, shorter than a test may take."""
PATIENCE = 120.0


class SlowPrometheus(EmptyPrometheus):
    """Needs ANSWER_S for an answer, and answers only once somebody else could write.

    ``locked``: the questions during which nobody could.
    """

    def __init__(self, database: Path) -> None:
        self.locked: list[str] = []
        self._database = database
        super().__init__()

    def _asked(self, request: Request) -> Reply:
        time.sleep(ANSWER_S)
        if not self._can_write():
            self.locked.append(request.path)
        return _firing(request) or super()._asked(request)

    def _can_write(self) -> bool:
        with closing(sqlite3.connect(self._database, timeout=LOCK_S)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
            return True


def _firing(request: Request) -> Reply | None:
    """One alert fires all the time, so that there is something to be kept."""
    asked = {**request.query, **request.form}
    if not asked.get("query", "").startswith("timestamp(ALERTS"):
        return None
    times = range(int(float(asked["start"])), int(float(asked["end"])) + 1)
    labels = {"alertname": "TooManyErrors", "alertstate": "firing"}
    series = {"metric": labels, "values": [[at, str(at)] for at in times]}
    data = {"resultType": "matrix", "result": [series]}
    return Reply.of({"status": "success", "data": data})


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[SlowPrometheus]:
    with SlowPrometheus(tmp_path / "slo-lab.db") as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, prometheus: SlowPrometheus) -> Iterator[Flask]:
    with running_mockapp() as mockapp:
        settings = Settings(
            data_dir=tmp_path,
            mockapp_url=mockapp.url,
            fault_token=TOKEN,
            prometheus_url=prometheus.url,
            scrape_interval=1,
        )
        with portal_app(settings, config={}) as app:
            yield app


def started(app: Flask) -> int:
    """A burst of some seconds, of a learner with an SLO."""
    services: Services = app.extensions["slo_lab"]
    with app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        save_slo(learner.id, SLO("availability", SLIKind.AVAILABILITY, 0.99), utc_now())
        profile = custom_profile(rate=20, duration_seconds=8)
        return start_burst(services, learner, profile, uuid4().hex).id


def found(app: Flask, number: int) -> Burst:
    with app.app_context():
        burst = db.session.get_one(Burst, number)
        db.session.expunge(burst)
        return burst


def follow(app: Flask, number: int) -> threading.Thread:
    """Look at the burst's alerts until it has ended."""

    def looks() -> None:
        while found(app, number).ended_at is None:
            with app.app_context():
                look(app.extensions["slo_lab"], "me")

    thread = threading.Thread(target=looks)
    thread.start()
    return thread


def test_a_slow_prometheus_holds_no_write_lock_and_ends_no_burst(
    app: Flask, prometheus: SlowPrometheus
) -> None:
    number = started(app)
    wait_until(lambda: found(app, number).sent > 0, PATIENCE)
    follower = follow(app, number)
    wait_until(lambda: found(app, number).ended_at, PATIENCE)
    follower.join(PATIENCE)
    burst = found(app, number)
    assert prometheus.locked == []
    assert (burst.state, burst.reason, burst.sent) == (BurstState.FINISHED, "", 160)
    with app.app_context():
        watch = record.watch_of(number)
        assert watch is not None
        assert watch.claimed_by == "me"
        assert [one.name for one in record.histories(number)] == ["TooManyErrors"]
    wait_until(lambda: found(app, number).server_counts is not None, PATIENCE)
