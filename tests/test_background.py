"""What runs beside the requests has a name, says what it does, and ends when it is told to."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from portal import create_app, end_app
from portal.background import Background
from portal.config import Settings
from portal.features import start_background
from portal.kit.db import db, migrate_to_head
from portal.learners import ensure_solo_learner
from portal.services import Services, utc_now
from tests.apps import portal_app

PATIENCE = 60.0
PORTAL = Path(__file__).parent.parent / "portal"


def test_nobody_else_begins_a_thread() -> None:
    text = {path: path.read_text() for path in PORTAL.rglob("*.py")}
    begin = [
        path.name for path, it in text.items() if "ThreadPoolExecutor" in it or "Thread(" in it
    ]
    assert begin == ["background.py"]


def test_a_thread_bears_its_name_and_says_what_it_does() -> None:
    background, begun, go_on = Background(), threading.Event(), threading.Event()
    names: list[str] = []

    def work() -> None:
        names.append(threading.current_thread().name)
        begun.set()
        go_on.wait(PATIENCE)

    assert background.start("reader", "reads something", work)
    assert begun.wait(PATIENCE)
    assert [(task.thread, task.what) for task in background.tasks] == [
        ("reader", "reads something")
    ]
    go_on.set()
    assert background.stop(PATIENCE) == []
    assert names == ["reader"]
    assert background.tasks == []


def test_after_the_end_nothing_begins() -> None:
    background, done = Background(), list[str]()
    pool = background.pool("short", 1)
    background.stop()
    assert not background.start("late", "comes too late", lambda: done.append("thread"))
    assert pool.submit("comes too late", done.append, "pool").cancelled()
    assert done == []


def test_what_waits_for_its_turn_is_cancelled_and_what_runs_may_end() -> None:
    background, begun, go_on = Background(), threading.Event(), threading.Event()
    pool = background.pool("short", 1)

    def run() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    running = pool.submit("runs", run)
    waiting = pool.submit("waits", go_on.set)
    assert begun.wait(PATIENCE)
    assert background.stop(0.01) == ["short_0"]
    assert waiting.cancelled()
    go_on.set()
    assert background.stop(PATIENCE) == []
    assert running.done()


def test_what_is_done_side_by_side_is_done_to_the_end_whatever_was_stopped() -> None:
    background = Background()
    pool = background.pool("short", 2)
    works = [lambda number=number: number for number in range(5)]
    assert pool.side_by_side("counts", works) == [0, 1, 2, 3, 4]
    assert background.stop(PATIENCE) == []
    assert pool.side_by_side("counts", works) == [0, 1, 2, 3, 4]


def test_work_that_comes_again_survives_its_own_failure(caplog: pytest.LogCaptureFixture) -> None:
    background, third = Background(), threading.Event()
    looks: list[int] = []

    def look() -> None:
        looks.append(len(looks))
        if len(looks) == 3:
            third.set()
        raise ValueError("as if")

    background.repeat("looker", "looks again and again", 0.001, look)
    assert third.wait(PATIENCE)
    assert background.stop(PATIENCE) == []
    assert caplog.text.count("background work failed") == len(looks)


def test_two_portals_in_one_process_leave_no_thread_when_they_end(settings: Settings) -> None:
    before = set(threading.enumerate())
    for name in ("one", "two"):
        app = create_app(replace(settings, data_dir=settings.data_dir / name))
        migrate_to_head(app)
        with app.app_context():
            ensure_solo_learner(utc_now())
        start_background(app)
        client = app.test_client()
        assert client.get("/steps").status_code == 200
        assert client.post("/criteria/slo/check").status_code == 303
        services: Services = app.extensions["slo_lab"]
        threads = {task.thread for task in services.background.tasks}
        assert {"alert-follower", "annotator", "settler"} <= threads
        assert end_app(app, PATIENCE) == []
    assert set(threading.enumerate()) - before == set()


def test_a_request_after_the_end_is_refused_and_opens_no_database(settings: Settings) -> None:
    opened: list[object] = []
    with portal_app(settings) as app:
        client = app.test_client()
        assert client.get("/steps").status_code == 200
        with app.app_context():
            event.listen(db.engine, "connect", lambda *_: opened.append(_))
        assert end_app(app, PATIENCE) == []
        for answer in (client.get("/steps"), client.post("/criteria/slo/check")):
            assert answer.status_code == 503
            assert "Try again in a moment" in answer.text
    assert opened == []
