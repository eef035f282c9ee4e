"""``slo-lab burst`` follows a burst to its end and says little where nobody watches."""

from __future__ import annotations

from threading import Timer

import pytest
from flask import Flask

from portal.bursts import cli
from portal.bursts.models import Burst, BurstState
from portal.db import db
from portal.learners.models import Learner
from portal.services import Services


def running(learner: Learner, services: Services) -> Burst:
    now = services.clock()
    burst = Burst(
        learner_id=learner.id,
        key="k",
        preset="steady",
        title="Steady traffic",
        spec={"rate": 20, "duration": 30},
        state=BurstState.RUNNING,
        requested_at=now,
        heartbeat_at=now,
        counts={"sent": 1200, "good": 1199},
    )
    db.session.add(burst)
    db.session.commit()
    return burst


def finish(app: Flask, burst_id: int) -> None:
    with app.app_context():
        burst = db.session.get_one(Burst, burst_id)
        burst.state, burst.server_counts = BurstState.FINISHED, {}
        db.session.commit()


def test_progress_is_told_once_where_nobody_watches(
    app: Flask, learner: Learner, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    burst_id = running(learner, services).id
    timer = Timer(3 * cli.LOOK_SECONDS, finish, (app, burst_id))
    timer.start()
    ended = cli._follow(burst_id)
    timer.join()
    assert ended.state == BurstState.FINISHED
    assert capsys.readouterr().err.splitlines() == ["  running: sent 1,200, good 1,199"]
