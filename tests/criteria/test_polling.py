"""How often open pages have a criterion checked."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from datetime import datetime, timedelta
from threading import Event, Timer
from threading import enumerate as threads
from typing import ClassVar
from unittest.mock import Mock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from portal.bursts.models import Burst, BurstState
from portal.criteria import store
from portal.criteria.base import Status, Subject, Verdict
from portal.criteria.checker import Checker
from portal.features import CRITERIA
from portal.kit.database_fault import DatabaseFault
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import CheckLimits
from portal.services import Services
from tests.conftest import Clock
from tests.patience import limited


class StartedChecks(Checker):
    """Notes the checks that would start."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, CRITERIA)
        self.started: list[str] = []

    def _start(self, learner_id: int, criterion_id: str, now: datetime) -> Future[None]:
        self.started.append(criterion_id)
        return Future()


@pytest.fixture
def checks(app: Flask) -> StartedChecks:
    """In the place of the app's checker."""
    checker = StartedChecks(app)
    app.extensions["slo_lab_checker"] = checker
    return checker


def add_burst(learner: Learner, clock: Clock) -> Burst:
    now, spec = clock(), {"rate": 20, "duration": 30}
    burst = Burst(
        learner=learner,
        key="k",
        preset="errors",
        title="Error burst",
        spec=spec,
        state=BurstState.RUNNING,
        requested_at=now,
        started_at=now,
        heartbeat_at=now,
        counts={},
    )
    db.session.add(burst)
    db.session.commit()
    return burst


def test_a_verdict_keeps_up_with_a_burst_and_its_aftermath(
    client: FlaskClient, learner: Learner, clock: Clock, checks: StartedChecks
) -> None:
    store.save(learner.id, "traffic", Verdict(Status.MET, "code", "", "", ""), clock())
    assert "every 15s" in client.get("/criteria/traffic").text
    burst = add_burst(learner, clock)
    clock.pass_seconds(5)
    assert "every 5s" in client.get("/criteria/traffic").text
    assert checks.started == ["traffic"]
    burst.state, burst.ended_at = BurstState.FINISHED, clock()
    db.session.commit()
    clock.pass_seconds(29)
    assert "every 5s" in client.get("/criteria/traffic").text
    clock.pass_seconds(2)
    assert "every 15s" in client.get("/criteria/traffic").text


@pytest.mark.parametrize(("status", "page_waits"), [(Status.MET, 15), (Status.NOT_MET, 5)])
def test_many_open_pages_cause_no_more_checks_than_one(
    client: FlaskClient,
    learner: Learner,
    clock: Clock,
    checks: StartedChecks,
    status: Status,
    page_waits: int,
) -> None:
    store.save(learner.id, "slo", Verdict(status, "code", "", "", ""), clock())
    almost = page_waits * 8 // 10
    for _ in range(almost):
        clock.pass_seconds(1)
        assert client.get("/criteria/slo").status_code == 200
    assert checks.started == []
    clock.pass_seconds(page_waits - almost)
    client.get("/criteria/slo")
    assert checks.started == ["slo"]


def test_what_the_learner_does_makes_every_older_verdict_stale(
    client: FlaskClient, learner: Learner, clock: Clock, checks: StartedChecks
) -> None:
    store.save(learner.id, "slo", Verdict(Status.MET, "code", "", "", ""), clock())
    clock.pass_seconds(1)
    assert client.post("/steps/slo/done").status_code == 409
    client.get("/criteria/slo")
    assert "slo" not in checks.started  # refused, so nothing was done
    assert client.post("/steps/meet-the-service/done").status_code == 303
    assert "slo" not in checks.started
    client.get("/criteria/slo")
    assert "slo" in checks.started


def test_a_page_asks_soon_while_a_verdict_is_on_its_way(
    app: Flask, client: FlaskClient, learner: Learner, clock: Clock, checks: StartedChecks
) -> None:
    store.save(learner.id, "slo", Verdict(Status.NOT_MET, "code", "", "", ""), clock())
    assert "every 5s" in client.get("/criteria/slo").text
    ends: Future[None] = Future()
    checks._running[learner.id, "slo"] = ends, clock()
    assert "every 1s" in client.get("/criteria/slo").text
    ends.set_result(None)
    assert "every 5s" in client.get("/criteria/slo").text


def test_a_check_that_a_reset_overtook_is_forgotten(
    app: Flask, learner: Learner, clock: Clock
) -> None:
    class Reset:
        """Resets the lab while it is looked at."""

        id: ClassVar[str] = "slo"
        title: ClassVar[str] = "An SLO"
        optional: ClassVar[bool] = False

        def collect(self, subject: Subject) -> bool:
            if self.resets:
                store.forget(learner.id)
                db.session.commit()
            return True

        def judge(self, evidence: bool) -> Verdict:
            return Verdict(Status.MET, "code", "", "", "")

        resets = False

    criterion = Reset()
    checker = Checker(app, [criterion])
    assert checker.check_now(learner.id, ["slo"], clock())
    assert store.stored_verdict(learner.id, "slo") is not None
    criterion.resets = True
    clock.pass_seconds(1)
    assert checker.check_now(learner.id, ["slo"], clock())
    db.session.expire_all()
    assert store.stored_verdict(learner.id, "slo") is None


def test_a_check_that_began_before_the_learner_acted_looks_again(
    app: Flask, learner: Learner, clock: Clock
) -> None:
    class Looks:
        """Met once there is something to see; the first look ends when it is told to."""

        id: ClassVar[str] = "slo"
        title: ClassVar[str] = "An SLO"
        optional: ClassVar[bool] = False

        def __init__(self) -> None:
            self.work: list[str] = []
            self.looked, self.go_on = Event(), Event()

        def collect(self, subject: Subject) -> list[str]:
            seen = list(self.work)
            self.looked.set()
            self.go_on.wait(60)
            return seen

        def judge(self, evidence: list[str]) -> Verdict:
            return Verdict(Status.MET if evidence else Status.NOT_MET, "code", "", "", "")

    criterion = Looks()
    checker = Checker(app, [criterion])
    checker.refresh(learner.id, ["slo"], clock(), timedelta(0))
    assert criterion.looked.wait(60)
    criterion.work.append("saved")
    Timer(0.1, criterion.go_on.set).start()
    assert checker.check_now(learner.id, ["slo"], clock())
    db.session.expire_all()
    kept = store.stored_verdict(learner.id, "slo")
    assert kept is not None
    assert kept.met_now


def test_a_check_that_does_not_end_is_overdue_and_says_so(
    app: Flask, learner: Learner, clock: Clock
) -> None:
    class Hangs:
        """Never ends before it is told to."""

        id: ClassVar[str] = "slo"
        title: ClassVar[str] = "An SLO"
        optional: ClassVar[bool] = False

        def __init__(self) -> None:
            self.looked, self.go_on = Event(), Event()
            self.looks = 0

        def collect(self, subject: Subject) -> bool:
            self.looks += 1
            self.looked.set()
            return self.go_on.wait(60)

        def judge(self, evidence: bool) -> Verdict:
            return Verdict(Status.MET, "code", "", "", "")

    criterion = Hangs()
    checker = Checker(app, [criterion])
    checker.refresh(learner.id, ["slo"], clock(), timedelta(0))
    assert criterion.looked.wait(60)
    clock.pass_seconds(CheckLimits.longest_s - 1)
    checker.refresh(learner.id, ["slo"], clock(), timedelta(0))
    assert store.stored_verdict(learner.id, "slo") is None
    clock.pass_seconds(2)
    checker.refresh(learner.id, ["slo"], clock(), timedelta(0))
    for thread in [one for one in threads() if one.name == "overdue"]:
        thread.join(60)
    db.session.expire_all()
    kept = store.stored_verdict(learner.id, "slo")
    assert kept is not None
    assert (kept.status, kept.verdict["code"]) == (Status.CANNOT_CHECK, "too_slow")
    assert f"No verdict within {CheckLimits.longest_s:g} s." in kept.verdict["observed"]
    assert criterion.looks == 1  # nobody looks a second time beside it
    criterion.go_on.set()


def test_who_asks_for_a_check_waits_a_little_and_no_longer(
    app: Flask, services: Services, learner: Learner, clock: Clock
) -> None:
    class Hangs:
        """Ends when it is told to."""

        id: ClassVar[str] = "slo"
        title: ClassVar[str] = "An SLO"
        optional: ClassVar[bool] = False
        go_on = Event()

        def collect(self, subject: Subject) -> bool:
            return self.go_on.wait(60)

        def judge(self, evidence: bool) -> Verdict:
            return Verdict(Status.MET, "code", "", "", "")

    app.extensions["slo_lab"] = limited(services, "check", wait_s=0.05)
    checker, criterion = Checker(app, [Hangs()]), Hangs()
    assert not checker.check_now(learner.id, ["slo"], clock())
    assert checker.is_checking(learner.id, "slo")
    criterion.go_on.set()


def test_a_verdict_is_as_old_as_the_look_that_it_rests_on(
    app: Flask, learner: Learner, clock: Clock
) -> None:
    class Slow:
        """Takes a minute, in which much may happen that it does not see."""

        id: ClassVar[str] = "slo"
        title: ClassVar[str] = "An SLO"
        optional: ClassVar[bool] = False

        def collect(self, subject: Subject) -> bool:
            clock.pass_seconds(60)
            return True

        def judge(self, evidence: bool) -> Verdict:
            return Verdict(Status.MET, "code", "", "", "")

    began = clock()
    assert Checker(app, [Slow()]).check_now(learner.id, ["slo"], began)
    db.session.expire_all()
    kept = store.stored_verdict(learner.id, "slo")
    assert kept is not None
    assert kept.checked_at == began


def test_a_clock_that_went_back_makes_every_verdict_stale_and_no_age_negative(
    client: FlaskClient, learner: Learner, clock: Clock, checks: StartedChecks
) -> None:
    checks.work_done(learner.id, clock())
    clock.pass_seconds(1)
    store.save(learner.id, "slo", Verdict(Status.MET, "code", "", "", ""), clock())
    clock.pass_seconds(-3600)
    page = client.get("/criteria/slo").text
    assert "checked before the clock was set back" in page
    assert checks.started == ["slo"]
    assert client.post("/criteria/slo/check").status_code == 303
    assert checks.started == ["slo", "slo"]
    clock.pass_seconds(2)
    store.save(learner.id, "slo", Verdict(Status.MET, "code", "", "", ""), clock())
    clock.pass_seconds(1)
    assert "checked 1 s ago" in client.get("/criteria/slo").text
    assert checks.started == ["slo", "slo"]


def test_a_check_that_could_not_be_saved_says_so(
    app: Flask,
    client: FlaskClient,
    learner: Learner,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It died in the pool: the page went on showing the verdict from before, and nobody knew."""
    checker: Checker = app.extensions["slo_lab_checker"]
    assert checker.check_now(learner.id, ["slo"], clock())
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    clock.pass_seconds(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "save", Mock(side_effect=full))
        assert checker.check_now(learner.id, ["slo"], clock())
        assert checker.unsaved == {(learner.id, "slo"): DatabaseFault.UNKNOWN}
        page = client.get("/criteria/slo").text
    assert "The last check could not be saved." in page
    assert "verdict not saved" in caplog.text
    clock.pass_seconds(60)
    assert checker.check_now(learner.id, ["slo"], clock())
    assert "could not be saved" not in client.get("/criteria/slo").text
