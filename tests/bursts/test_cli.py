"""``slo-lab burst`` follows a burst to its end and says little where nobody watches."""

from __future__ import annotations

import pytest

from portal.bursts import cli
from portal.bursts.models import Burst, BurstState
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from tests.conftest import Clock


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


def test_progress_is_told_once_where_nobody_watches(
    learner: Learner,
    services: Services,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    burst = running(learner, services)
    looks: list[int] = []

    def look(burst_id: int) -> Burst:
        looks.append(burst_id)
        if len(looks) > 3:
            burst.state, burst.server_counts = BurstState.FINISHED, {}
        return burst

    monkeypatch.setattr(cli, "_look", look)
    ended = cli._follow(burst.id, every=600.0)
    assert ended.state == BurstState.FINISHED
    assert capsys.readouterr().err.splitlines() == ["  running: sent 1,200, good 1,199"]


def test_each_look_gives_up_a_burst_that_nobody_runs_any_more(
    learner: Learner, services: Services, clock: Clock
) -> None:
    burst = running(learner, services)
    assert cli._look(burst.id).state == BurstState.RUNNING
    clock.pass_seconds(60)
    assert cli._look(burst.id).state == BurstState.FAILED


def test_a_burst_that_was_left_is_not_followed_for_ever_where_prometheus_is_away(
    learner: Learner, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    burst = running(learner, services)
    burst.state, burst.started_at, burst.ended_at = BurstState.FAILED, clock(), clock()
    burst.counted_before = {"by_status": {"200": 1.0}, "within": {}}
    db.session.commit()
    clock.pass_seconds(services.limits.burst.uncounted_s + 1)

    def still(_seconds: float) -> None:
        pytest.fail("It is looked at again.")

    monkeypatch.setattr("portal.bursts.cli.time.sleep", still)
    assert cli._follow(burst.id, every=600.0).server_counts is None
