"""A burst whose runner is gone ends with a name, although no page is open."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal.bursts.hearing import Hearing
from portal.bursts.models import Burst, BurstState
from portal.bursts.settler import start_settling
from portal.bursts.store import ABANDONED_REASON, NOT_BEGUN_REASON, settle_abandoned
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import BurstLimits
from portal.services import Services
from tests.alerts.test_course import add_burst
from tests.conftest import Clock

pytestmark = pytest.mark.both_databases

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


def test_one_that_never_began_is_told_as_such(learner: Learner, clock: Clock) -> None:
    burst = add_burst(learner, 0, BurstState.QUEUED)
    burst.started_at, burst.counts = None, {}
    db.session.commit()
    settle_abandoned(clock() + timedelta(hours=1), BurstLimits())
    assert (burst.state, burst.reason) == (BurstState.FAILED, NOT_BEGUN_REASON)


class Hands:
    """A monotonic clock that is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_after_the_database_was_away_a_silent_runner_is_given_a_moment(
    learner: Learner, clock: Clock
) -> None:
    """It may be well, and could not say so."""
    limits, hands = BurstLimits(), Hands()
    hearing = Hearing(limits, hands)
    burst = add_burst(learner, 0, BurstState.RUNNING)
    later = clock() + timedelta(hours=1)
    hearing.lose()
    hands.now_s += limits.abandoned_s - 1
    settle_abandoned(later, limits, (), hearing)
    assert burst.state == BurstState.RUNNING
    hands.now_s += 2
    settle_abandoned(later, limits, (), hearing)
    assert burst.state == BurstState.FAILED


def test_who_waits_long_for_the_database_or_in_vain_hears_nothing() -> None:
    limits, hands = BurstLimits(), Hands()
    hearing = Hearing(limits, hands)
    with hearing.listening():
        hands.now_s += limits.lock_s
    assert hearing.is_sure
    with hearing.listening():
        hands.now_s += limits.lock_s + 0.1
    assert not hearing.is_sure
    hands.now_s += limits.abandoned_s + 0.1
    assert hearing.is_sure
    with pytest.raises(PoolTimeoutError), hearing.listening():
        raise PoolTimeoutError
    assert not hearing.is_sure
