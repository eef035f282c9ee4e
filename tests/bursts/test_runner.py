"""The runner with a real engine process and a real mock service: every end has its name."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import undefer

from portal import end_app
from portal.bursts import runner as runner_module
from portal.bursts import store
from portal.bursts.engine.loop import GRACE_SECONDS
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import BurstFault, Profile, custom_profile
from portal.bursts.runner import (
    DISK_REASON,
    NOT_SAVED,
    OVERTAKEN_REASON,
    SETTLED_REASON,
    Runner,
    shown,
)
from portal.bursts.server_view import Counters, ServerView
from portal.bursts.start import start_burst
from portal.clients.errors import ClientError
from portal.clients.mockapp import MockappClient
from portal.config import Settings
from portal.kit.database_fault import DatabaseFault
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import BurstLimits
from portal.services import Services, utc_now
from tests.apps import portal_app
from tests.conftest import NOWHERE
from tests.mockapp.process import TOKEN, MockappProcess, running_mockapp, wait_until
from tests.patience import limited

PATIENCE = 60.0
LIMITS = BurstLimits(
    lease_s=PATIENCE,
    tick_s=0.2,
    silence_s=PATIENCE,
    leave_s=PATIENCE,
    last_words_s=PATIENCE,
    retry_s=0.1,
    alone_s=PATIENCE,
)
SHORT_LEASE_S = 3.0
FAULT = BurstFault(error_ratio=1.0)


class Bursts:
    """A portal without pages: starts bursts, and tells what became of them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.runner: Runner = app.extensions["slo_lab_runner"]

    @property
    def services(self) -> Services:
        return self.app.extensions["slo_lab"]  # type: ignore[no-any-return]

    @property
    def file(self) -> Path:
        """Of the database."""
        return self.services.settings.data_dir / "slo-lab.db"

    def limit(self, **limits: float) -> None:
        """Other limits of the bursts that begin from now on."""
        self.app.extensions["slo_lab"] = limited(self.services, "burst", **limits)

    def start(self, profile: Profile) -> int:
        """A new burst's number; its runner is on its way."""
        with self.app.app_context():
            learner = db.session.execute(db.select(Learner)).scalar_one()
            return start_burst(self.services, learner, profile, uuid4().hex).id

    def look(self, number: int) -> Burst:
        with self.app.app_context():
            burst = db.session.get_one(Burst, number, options=[undefer(Burst.record)])
            db.session.expunge(burst)
            return burst

    def wait_for(self, number: int, *states: BurstState) -> Burst:
        wait_until(lambda: self.look(number).state in states, PATIENCE)
        return self.look(number)

    def wait_for_end(self, number: int) -> Burst:
        """The burst with its last word said; what Prometheus counted may come later."""
        wait_until(lambda: self.look(number).ended_at, PATIENCE)
        return self.look(number)

    def wait_until_sending(self, number: int) -> Burst:
        wait_until(lambda: self.look(number).sent > 0, PATIENCE)
        return self.look(number)

    def wait_for_beats(self, number: int, count: int) -> None:
        """Until the runner has saved so many times more."""
        beats = {self.look(number).heartbeat_at}

        def enough() -> bool:
            beats.add(self.look(number).heartbeat_at)
            return len(beats) > count

        wait_until(enough, PATIENCE)

    def ask_to_stop(self, number: int) -> None:
        with self.app.app_context():
            store.request_stop(db.session.get_one(Burst, number))


class Idle(Runner):
    """Leaves its bursts queued."""

    def start(self, burst_id: int) -> None:
        pass


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def engines() -> list[int]:
    """The engine processes of this one."""
    words = ["ps", "-o", "pid=,stat=,command=", "--ppid", str(os.getpid())]
    listing = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    rows = [line.split(maxsplit=2) for line in listing.splitlines()]
    return [int(row[0]) for row in rows if "portal.bursts.engine" in row[2] and row[1][0] != "Z"]


def the_engine() -> int:
    (pid,) = engines()
    return pid


def profile(
    duration: float = 600.0, rate: float = 20.0, fault: BurstFault | None = None
) -> Profile:
    return replace(custom_profile(rate=rate, duration_seconds=duration), fault=fault)


@pytest.fixture
def mockapp() -> Iterator[MockappProcess]:
    with running_mockapp() as process:
        yield process


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    # No Prometheus, so no scrape that the end would be worth waiting for.
    folder = tmp_path_factory.mktemp("portal")
    settings = Settings(data_dir=folder, prometheus_url=NOWHERE, scrape_interval=0)
    with portal_app(settings, config={}) as app:
        yield app
        wait_until(lambda: not any(name.startswith("burst-") for name in threads()), PATIENCE)


def at(app: Flask, mockapp: MockappProcess, burst_limits: BurstLimits = LIMITS) -> Bursts:
    """Bursts of that portal at that service."""
    services: Services = app.extensions["slo_lab"]
    client = MockappClient(mockapp.url, TOKEN, timeout=PATIENCE)
    limits = replace(services.limits, burst=burst_limits)
    app.extensions["slo_lab"] = replace(services, mockapp=client, limits=limits)
    app.extensions["slo_lab_runner"] = Runner(app)
    return Bursts(app)


@pytest.fixture
def bursts(app: Flask, mockapp: MockappProcess) -> Bursts:
    return at(app, mockapp)


def fault_is_set(bursts: Bursts) -> bool:
    return bursts.services.mockapp.fault().is_set


def test_a_burst_runs_to_its_end_with_exact_counts(bursts: Bursts, mockapp: MockappProcess) -> None:
    burst = bursts.wait_for_end(bursts.start(profile(duration=2, rate=50)))
    assert (burst.state, burst.reason) == (BurstState.FINISHED, "")
    assert (burst.sent, burst.good, burst.failed) == (100, 100, 0)
    assert mockapp.counts() == {"200": 100}
    assert burst.started_at
    assert burst.ended_at
    assert burst.ended_at - burst.started_at >= timedelta(seconds=1.9)


def test_a_database_that_only_takes_its_time_is_not_called_silent(
    bursts: Bursts,
    mockapp: MockappProcess,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    written = runner_module._Run._written

    def slowly(run: Any, values: dict[str, Any], *rest: Any) -> Any:
        time.sleep(1.0)
        return written(run, values, *rest)

    monkeypatch.setattr(runner_module._Run, "_written", slowly)
    bursts.limit(lock_s=0.1)
    number = bursts.start(profile(duration=3, rate=20))
    seen: list[str] = []
    while not bursts.look(number).ended_at:
        with bursts.app.app_context():
            burst = db.session.get_one(Burst, number)
            seen.append(shown(bursts.runner, burst).reason)
    assert bursts.look(number).sent == 60
    assert set(seen) == {""}
    assert "burst not saved" not in caplog.text


def test_the_record_by_the_second_adds_up_to_the_counts(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    half = BurstFault(error_ratio=0.5)
    burst = bursts.wait_for_end(bursts.start(profile(duration=3, rate=50, fault=half)))
    record = burst.by_second
    assert record
    assert [view.sent for view in record.views()] == [50, 50, 50]
    assert sum(view.good for view in record.views()) == burst.good == 75
    assert record.totals()["500"] == burst.failed == 75
    assert burst.started_at
    assert abs(record.start - burst.started_at.timestamp()) < PATIENCE


def test_a_killed_engine_leaves_the_seconds_that_it_told(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    bursts.limit(record_s=0.1)
    number = bursts.start(profile(duration=600, rate=50))
    wait_until(lambda: bursts.look(number).by_second, PATIENCE)
    os.kill(the_engine(), signal.SIGKILL)
    burst = bursts.wait_for_end(number)
    assert burst.state == BurstState.FAILED
    assert burst.by_second
    assert burst.by_second.totals()["sent"] == burst.sent


@pytest.mark.parametrize("view", [ServerView({"200": 9.0}, within={"+Inf": 9.0}), None])
def test_what_prometheus_counted_is_kept_once_it_is_known(
    bursts: Bursts,
    mockapp: MockappProcess,
    monkeypatch: pytest.MonkeyPatch,
    view: ServerView | None,
) -> None:
    asked: list[tuple[object, object]] = []

    def seen(_: Services, _job: str, before: object, ended: object) -> ServerView | None:
        asked.append((before, ended))
        return view

    monkeypatch.setattr(runner_module, "counters_before", lambda *_: "before")
    monkeypatch.setattr(runner_module, "seen_since", seen)
    number = bursts.start(profile(1.0))
    wait_until(lambda: bursts.look(number).server_counts is not None, PATIENCE)
    burst = bursts.look(number)
    assert ServerView.of_record(burst.server_counts) == view
    assert asked == [("before", burst.ended_at)]


def test_a_burst_over_which_the_clock_goes_back_ends_no_earlier_than_it_began(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    services, back = bursts.services, timedelta(0)

    def clock() -> datetime:
        return utc_now() - back

    bursts.app.extensions["slo_lab"] = replace(services, clock=clock)
    number = bursts.start(profile(600.0))
    bursts.wait_until_sending(number)
    back = timedelta(hours=1)
    bursts.ask_to_stop(number)
    burst = bursts.wait_for_end(number)
    bursts.app.extensions["slo_lab"] = services
    assert burst.ended_at == burst.started_at


def test_the_fault_is_there_during_the_burst_and_gone_after_it(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    burst = bursts.wait_for_end(bursts.start(profile(duration=4, fault=FAULT)))
    assert not fault_is_set(bursts)
    assert burst.state == BurstState.FINISHED
    assert burst.failed_by_kind == mockapp.counts() == {"500": 80}


def test_a_fault_outlives_its_lease_only_by_being_renewed(bursts: Bursts) -> None:
    bursts.limit(lease_s=SHORT_LEASE_S)
    number = bursts.start(profile(duration=600, fault=FAULT))
    began = bursts.wait_until_sending(number).heartbeat_at
    past = began + timedelta(seconds=SHORT_LEASE_S + 1)
    wait_until(lambda: bursts.look(number).heartbeat_at > past, PATIENCE)
    # Once it has ended it would not come back without a renewal.
    wait_until(lambda: fault_is_set(bursts), PATIENCE)
    bursts.ask_to_stop(number)
    bursts.wait_for_end(number)


def test_stop_ends_it_with_what_was_sent_so_far(bursts: Bursts, mockapp: MockappProcess) -> None:
    number = bursts.start(profile(fault=FAULT))
    bursts.wait_until_sending(number)
    assert fault_is_set(bursts)
    bursts.ask_to_stop(number)
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason) == (BurstState.STOPPED, "Stopped before its time.")
    assert burst.sent - burst.cut <= sum(mockapp.counts().values()) <= burst.sent < 12_000
    assert not fault_is_set(bursts)
    assert engines() == []


def test_one_asked_to_stop_while_queued_stops(bursts: Bursts) -> None:
    bursts.app.extensions["slo_lab_runner"] = Idle(bursts.app)
    number = bursts.start(profile())
    bursts.app.extensions["slo_lab_runner"] = bursts.runner
    assert bursts.look(number).state == BurstState.QUEUED
    bursts.ask_to_stop(number)
    bursts.runner.start(number)
    burst = bursts.wait_for_end(number)
    assert burst.state == BurstState.STOPPED
    assert burst.sent < 200


def test_the_heartbeat_goes_on_while_it_runs(bursts: Bursts) -> None:
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    bursts.wait_for_beats(number, 4)
    bursts.ask_to_stop(number)
    bursts.wait_for_end(number)


def test_a_killed_engine_is_told_with_the_numbers_so_far(bursts: Bursts) -> None:
    number = bursts.start(profile(fault=FAULT))
    bursts.wait_until_sending(number)
    os.kill(the_engine(), signal.SIGKILL)
    burst = bursts.wait_for_end(number)
    assert burst.state == BurstState.FAILED
    assert "own process ended unexpectedly (signal 9)" in burst.reason
    assert burst.sent > 0
    assert not fault_is_set(bursts)


def test_a_silent_engine_is_ended(bursts: Bursts) -> None:
    bursts.limit(silence_s=2.0, leave_s=1.0)
    number = bursts.start(profile(fault=FAULT))
    wait_until(engines, PATIENCE)
    os.kill(the_engine(), signal.SIGSTOP)
    burst = bursts.wait_for_end(number)
    assert burst.state == BurstState.FAILED
    assert burst.reason == "The burst's own process fell silent, so it was ended."
    assert engines() == []
    assert not fault_is_set(bursts)


def test_without_the_service_a_burst_without_fault_finishes_with_failures_alone(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    end(mockapp)
    burst = bursts.wait_for_end(bursts.start(profile(duration=1)))
    assert burst.state in {BurstState.FINISHED, BurstState.FAILED}
    assert burst.good == 0
    assert burst.failed == burst.sent


def test_without_the_service_a_fault_can_t_be_switched_on(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    end(mockapp)
    burst = bursts.wait_for_end(bursts.start(profile(fault=FAULT)))
    assert burst.state == BurstState.FAILED
    assert burst.reason.startswith("The fault could not be switched on: ")
    assert burst.sent == 0


def test_a_service_killed_midway_shows_as_broken_connections(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    number = bursts.start(profile(duration=3, fault=BurstFault(hang=True)))
    wait_until(mockapp.hung_requests, PATIENCE)  # till it is killed no request ends
    end(mockapp)
    burst = bursts.wait_for_end(number)
    assert burst.state == BurstState.FINISHED
    assert burst.failed_by_kind == {"connection": 60}


def test_a_frozen_service_does_not_keep_the_end_away(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    """Each renewal of the fault takes its full time now, and messages are read all the same."""
    hasty = MockappClient(mockapp.url, TOKEN, timeout=1.5)
    bursts.app.extensions["slo_lab"] = replace(bursts.services, mockapp=hasty)
    number = bursts.start(profile(fault=FAULT))
    bursts.wait_until_sending(number)
    mockapp.process.send_signal(signal.SIGSTOP)
    try:
        bursts.wait_for_beats(number, 2)  # messages pile up behind each
        bursts.ask_to_stop(number)
        burst = bursts.wait_for(number, BurstState.STOPPED)
    finally:
        mockapp.process.send_signal(signal.SIGCONT)
    assert burst.counts["kind"] == "stopped"


def test_who_was_given_up_for_dead_ends_and_has_the_last_word(bursts: Bursts) -> None:
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    with bursts.app.app_context():
        end: dict[str, Any] = {"state": BurstState.FAILED, "reason": "given up", "counts": {}}
        db.session.execute(update(Burst).where(Burst.id == number).values(end))
        db.session.commit()
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason) == (BurstState.FAILED, SETTLED_REASON)
    assert burst.sent > 0
    assert engines() == []


def test_the_own_runner_s_burst_is_not_given_up_after_the_machine_stood_still(
    bursts: Bursts,
) -> None:
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    with bursts.app.app_context():
        store.settle_abandoned(utc_now() + timedelta(hours=1), LIMITS, bursts.runner.followed)
    assert bursts.look(number).state == BurstState.RUNNING
    bursts.ask_to_stop(number)
    assert bursts.wait_for_end(number).state == BurstState.STOPPED
    wait_until(lambda: not bursts.runner.followed, PATIENCE)


class Leaping:
    """The runner's clock, which can go on while nothing else does."""

    sleep = staticmethod(time.sleep)

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


def test_an_engine_is_not_silent_while_the_machine_stands_still(
    bursts: Bursts, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Leaping()
    monkeypatch.setattr(runner_module, "time", clock)
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    clock.ahead = 10 * LIMITS.silence_s
    bursts.wait_for_beats(number, 4)
    bursts.ask_to_stop(number)
    assert bursts.wait_for_end(number).state == BurstState.STOPPED


class FullDisk:
    """While it is full, no page can be added to the database; SQLite itself says so."""

    def __init__(self, app: Flask) -> None:
        self._engine = _engine_of(app)
        self._pages = 1 << 30

    def fill(self) -> None:
        self._pages = 1  # means: no more than there are
        event.listen(self._engine, "before_cursor_execute", self._prepare)

    def free(self) -> None:
        self._pages = 1 << 30

    def _prepare(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        cursor.execute(f"PRAGMA max_page_count = {self._pages}")
        if self._pages == 1 and statement.startswith("UPDATE burst"):
            cursor.execute("INSERT INTO filler VALUES (zeroblob(100000))")


def _engine_of(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


@pytest.fixture
def disk(bursts: Bursts) -> Iterator[FullDisk]:
    with bursts.app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS filler (bytes)")
    disk = FullDisk(bursts.app)
    yield disk
    event.remove(_engine_of(bursts.app), "before_cursor_execute", disk._prepare)


def seen(bursts: Bursts, number: int) -> Burst:
    """As the pages show it."""
    with bursts.app.app_context():
        return shown(bursts.runner, db.session.get_one(Burst, number))


def test_a_disk_that_stays_full_ends_the_burst_and_nothing_is_lost(
    bursts: Bursts, disk: FullDisk
) -> None:
    bursts.limit(full_s=1.0)
    number = bursts.start(profile(fault=FAULT))
    before = bursts.wait_until_sending(number)
    disk.fill()
    wait_until(lambda: seen(bursts, number).ended_at, PATIENCE)
    burst = seen(bursts, number)
    assert burst.state == BurstState.FAILED
    assert burst.reason == f"{DISK_REASON} {DatabaseFault.FULL.what} {NOT_SAVED}"
    assert not fault_is_set(bursts)
    assert bursts.look(number).state == BurstState.RUNNING
    with bursts.app.app_context():
        later = utc_now() + timedelta(hours=1)
        store.settle_abandoned(later, LIMITS)  # nothing to be saved here either
    told = burst.sent
    disk.free()
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason) == (BurstState.FAILED, DISK_REASON)
    assert burst.sent == told > before.sent
    wait_until(lambda: bursts.runner.unsaved == {}, PATIENCE)
    assert seen(bursts, number).reason == DISK_REASON


def test_a_disk_that_is_full_for_a_moment_leaves_no_trace(bursts: Bursts, disk: FullDisk) -> None:
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    disk.fill()
    wait_until(lambda: NOT_SAVED in seen(bursts, number).reason, PATIENCE)
    disk.free()
    wait_until(lambda: bursts.runner.unsaved == {}, PATIENCE)
    assert seen(bursts, number).reason == ""
    bursts.wait_for_beats(number, 3)
    bursts.ask_to_stop(number)
    assert bursts.wait_for_end(number).state == BurstState.STOPPED


def test_a_locked_database_ends_no_burst(bursts: Bursts, mockapp: MockappProcess) -> None:
    bursts.limit(lock_s=0.1, full_s=0.0)
    number = bursts.start(profile(duration=4, rate=50))
    bursts.wait_until_sending(number)
    with closing(sqlite3.connect(bursts.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_until(lambda: seen(bursts, number).ended_at, PATIENCE)
        burst = seen(bursts, number)
        assert burst.state == BurstState.FINISHED
        assert burst.reason == f"{DatabaseFault.LOCKED.what} {NOT_SAVED}"
        assert bursts.look(number).state == BurstState.RUNNING
        other.execute("ROLLBACK")
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason, burst.sent) == (BurstState.FINISHED, "", 200)
    wait_until(lambda: bursts.runner.unsaved == {}, PATIENCE)


def end(mockapp: MockappProcess) -> None:
    mockapp.process.kill()
    mockapp.process.wait()


def test_the_engine_gives_up_on_its_runner_before_another_portal_does() -> None:
    limits = BurstLimits()
    assert limits.alone_s + 0.5 < limits.abandoned_s


def test_a_runner_that_stands_still_sends_nothing_more(bursts: Bursts) -> None:
    """Its engine is a process of its own, which goes on without it for no longer than that."""
    bursts.limit(alone_s=1.0)
    go_on = threading.Event()
    go_on.set()

    def clock() -> datetime:
        if threading.current_thread().name.startswith("burst-"):
            go_on.wait(PATIENCE)
        return utc_now()

    bursts.app.extensions["slo_lab"] = replace(bursts.services, clock=clock)
    number = bursts.start(profile())
    bursts.wait_until_sending(number)
    go_on.clear()
    try:
        wait_until(lambda: engines() == [], PATIENCE)
    finally:
        go_on.set()
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason) == (BurstState.FAILED, SETTLED_REASON)


def test_a_burst_that_was_given_up_breaks_nothing_any_more(
    bursts: Bursts, mockapp: MockappProcess
) -> None:
    number = bursts.start(profile(fault=FAULT))
    wait_until(lambda: fault_is_set(bursts), PATIENCE)
    with bursts.app.app_context():
        db.session.execute(update(Burst).where(Burst.id == number).values(state=BurstState.FAILED))
        db.session.commit()
    burst = bursts.wait_for_end(number)
    assert burst.reason == SETTLED_REASON
    assert not fault_is_set(bursts)
    fence = bursts.services.mockapp.fault().newest_fence
    assert fence == burst.fence > 0
    with pytest.raises(ClientError) as caught:
        bursts.services.mockapp.set_fault(lifetime_seconds=60, error_ratio=1, fence=fence - 1)
    assert caught.value.status == 409


def test_a_burst_that_another_one_overtook_ends(bursts: Bursts) -> None:
    number = bursts.start(profile(fault=FAULT))
    fence = bursts.wait_until_sending(number).fence
    bursts.services.mockapp.clear_fault(fence + 1)
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.reason) == (BurstState.FAILED, OVERTAKEN_REASON)
    assert not fault_is_set(bursts)


def test_a_fence_is_above_what_the_service_remembers(bursts: Bursts) -> None:
    """Its memory may be longer than ours: the database was started over, or an old copy."""
    bursts.services.mockapp.clear_fault(1_000_000)
    number = bursts.start(profile(fault=FAULT))
    assert bursts.wait_until_sending(number).fence == 1_000_001
    assert fault_is_set(bursts)
    bursts.ask_to_stop(number)
    bursts.wait_for_end(number)


def test_a_database_that_is_away_as_a_burst_begins_is_waited_for(bursts: Bursts) -> None:
    engine, tried, away = _engine_of(bursts.app), threading.Event(), threading.Event()

    def refuse(*_: Any) -> None:
        if threading.current_thread().name.startswith("burst-") and not away.is_set():
            tried.set()
            raise sqlite3.OperationalError("unable to open database file")

    event.listen(engine, "before_cursor_execute", refuse)
    number = bursts.start(profile(duration=1, rate=10))
    assert tried.wait(PATIENCE)
    assert bursts.look(number).state == BurstState.QUEUED
    away.set()
    burst = bursts.wait_for_end(number)
    assert (burst.state, burst.sent) == (BurstState.FINISHED, 10)


def test_a_stop_is_heard_and_carried_out_within_a_second() -> None:
    assert BurstLimits().tick_s + GRACE_SECONDS < 0.9


def test_a_portal_that_ends_ends_its_burst_the_engine_and_the_fault(
    settings: Settings, mockapp: MockappProcess
) -> None:
    with portal_app(replace(settings, scrape_interval=0), config={}) as app:
        bursts = at(app, mockapp)
        number = bursts.start(profile(fault=FAULT))
        bursts.wait_until_sending(number)
        assert end_app(app, PATIENCE) == []
        assert engines() == []
        assert not fault_is_set(bursts)
        burst = bursts.look(number)
        assert (burst.state, burst.reason) == (BurstState.FAILED, store.CUT_SHORT)
        assert burst.sent > 0
        assert Counters.of_record(burst.counted_before) is not None
        assert burst.server_counts is None  # whoever comes next asks Prometheus


def test_a_portal_that_ends_keeps_what_its_burst_sent_to_the_request(
    settings: Settings, mockapp: MockappProcess
) -> None:
    with portal_app(replace(settings, scrape_interval=0), config={}) as app:
        bursts = at(app, mockapp)
        number = bursts.start(profile(rate=400.0))
        bursts.wait_until_sending(number)
        assert end_app(app, PATIENCE) == []
        burst = bursts.look(number)
        counted = sum(mockapp.counts().values())
        assert burst.sent - (burst.count_of("cut") or 0) <= counted <= burst.sent


def test_a_portal_that_ends_waits_for_no_last_words_of_a_frozen_engine(
    settings: Settings, mockapp: MockappProcess
) -> None:
    with portal_app(replace(settings, scrape_interval=0), config={}) as app:
        bursts = at(app, mockapp, replace(LIMITS, last_words_s=0.2))
        number = bursts.start(profile())
        bursts.wait_until_sending(number)
        os.kill(the_engine(), signal.SIGSTOP)
        assert end_app(app, PATIENCE) == []
        assert engines() == []
        burst = bursts.look(number)
        assert (burst.state, burst.reason) == (BurstState.FAILED, store.ABANDONED_REASON)


def test_the_engine_takes_no_module_from_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gevent", "json", "portal"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'taken')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    with runner_module._engine(PATIENCE) as engine:
        pass
    assert engine.returncode is not None
    assert not (tmp_path / "taken").exists()


def test_the_engine_is_told_of_no_later_moment_than_the_heartbeat_that_was_saved(
    bursts: Bursts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would go on sending after another portal may have given the burst up."""
    saving_s, told, saved_at = 0.3, [], []
    write, save = runner_module._write, runner_module._Run._save

    def slow_save(self: Any, **values: Any) -> bool:
        is_saved = save(self, **values)
        saved_at.append(time.monotonic())
        time.sleep(saving_s)
        return is_saved

    def noted_write(engine: Any, line: str) -> None:
        if line.startswith("here "):
            told.append(float(line.split()[1]) - saved_at[-1])
        write(engine, line)

    monkeypatch.setattr(runner_module, "_write", noted_write)
    monkeypatch.setattr(runner_module._Run, "_save", slow_save)
    number = bursts.start(profile())
    wait_until(lambda: len(told) > 4, PATIENCE)
    bursts.ask_to_stop(number)
    bursts.wait_for_end(number)
    assert max(told) <= 0
