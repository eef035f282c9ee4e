"""Who only reads a page writes nothing: no GET takes the database's write lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, event, update

from portal.bursts.models import Burst, BurstState
from portal.kit.db import db
from portal.services import utc_now
from tests.robustness.portals import portal_app, settings_in
from tests.robustness.test_bad_input import addresses
from tests.write_lock import WRITES


@contextmanager
def writes_of_this_thread() -> Iterator[list[str]]:
    """The statements that this thread writes with meanwhile."""
    seen: list[str] = []
    me = threading.get_ident()

    def heard(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if threading.get_ident() == me and WRITES.match(statement):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", heard)


def abandon_a_burst(app: Flask) -> None:
    """One that nobody runs any more, and one whose end nobody counted."""
    app.test_client().post("/bursts", data={"preset": "steady", "key": "gone"})
    long_ago = utc_now() - timedelta(hours=1)
    with app.app_context():
        values = {"state": BurstState.RUNNING, "heartbeat_at": long_ago, "started_at": long_ago}
        db.session.execute(update(Burst).values(values))
        db.session.commit()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr("portal.bursts.runner.Runner.start", lambda self, burst_id: None)
    with portal_app(settings_in(tmp_path)) as app:
        abandon_a_burst(app)
        yield app


def test_no_page_that_is_only_read_writes(app: Flask) -> None:
    client = app.test_client()
    wrote = {}
    for path in addresses(app, "GET", "1", "slo", "steady", "json"):
        with writes_of_this_thread() as seen:
            client.get(path)
        if seen:
            wrote[path] = seen
    assert wrote == {}
