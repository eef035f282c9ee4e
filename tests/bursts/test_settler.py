"""A burst whose runner is gone ends with a name, although no page is open."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask

from portal.bursts.models import Burst, BurstState
from portal.bursts.settler import start_settling
from portal.bursts.store import ABANDONED_REASON, settle_abandoned
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import BurstLimits
from portal.services import Services
from tests.alerts.test_course import add_burst
from tests.conftest import Clock

PATIENCE = 60.0


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(hours=-1)])
def test_nobody_has_to_look_for_an_abandoned_burst_to_end(
    app: Flask, learner: Learner, services: Services, clock: Clock, jump: timedelta
) -> None:
    """Not even after the clock went back, which makes the last word one of the future."""
    last_heard = services.clock() - timedelta(seconds=services.limits.burst.abandoned_s + 1)
    clock.now += jump
    burst = Burst(
        learner_id=learner.id,
        key="gone",
        preset="steady",
        title="Steady traffic",
        spec={},
        state=BurstState.RUNNING,
        requested_at=last_heard,
        started_at=last_heard,
        heartbeat_at=last_heard,
        counts={"sent": 42},
    )
    db.session.add(burst)
    db.session.commit()
    start_settling(app)
    end = time.monotonic() + PATIENCE
    while burst.is_active and time.monotonic() < end:
        time.sleep(0.05)
        db.session.expire_all()
    assert (burst.state, burst.reason) == (BurstState.FAILED, ABANDONED_REASON)
    assert burst.ended_at == last_heard


@pytest.mark.parametrize(("now_s", "ended_s"), [(700, 600), (100, 100), (-3600, 0)])
def test_it_ended_when_it_was_last_heard_of_but_not_in_the_future_nor_before_it_began(
    learner: Learner, clock: Clock, now_s: float, ended_s: float
) -> None:
    began = clock()
    burst = add_burst(learner, 0, BurstState.RUNNING)
    burst.heartbeat_at = began + timedelta(seconds=600)
    db.session.commit()
    settle_abandoned(began + timedelta(seconds=now_s), BurstLimits())
    assert burst.ended_at == began + timedelta(seconds=ended_s)
