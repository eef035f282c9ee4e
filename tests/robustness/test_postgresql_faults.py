"""A real PostgreSQL that is locked, read-only or away has the same names."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from portal.bursts.models import ACTIVE
from portal.bursts.settler import start_settling
from portal.clients.postgresql import PostgreSQLTrouble
from portal.features import CRITERIA
from portal.kit import postgresql_pool
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.db import db
from portal.kit.error_pages import DOUBT
from portal.kit.postgresql_pool import be_patient
from portal.limits import PostgreSQLLimits
from tests.mockapp.process import TOKEN, running_mockapp
from tests.patience import PATIENT
from tests.robustness.portals import SLO_FORM, ask, portal_app
from tests.robustness.portals import settings_in as settings_with
from tests.robustness.postgresql import PostgreSQLServer, needed_programs, postgresql_server
from tests.robustness.rows import fill, pages
from tests.robustness.test_database import IdleChecker, settings_in, words
from tests.stack.labs import SLO_LAB, environment, wait_until


@pytest.fixture
def server() -> Iterator[PostgreSQLServer]:
    with postgresql_server(needed_programs()) as server:
        yield server


@pytest.fixture
def url(server: PostgreSQLServer) -> str:
    return server.url


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    limits = replace(PATIENT, busy_ms=20, postgresql=PostgreSQLLimits(connections=2))
    with portal_app(replace(settings_in(tmp_path), database_url=url), limits=limits) as app:
        app.extensions["slo_lab_checker"] = IdleChecker(app, CRITERIA)
        with app.app_context():
            fill(app.extensions["slo_lab"])
        yield app


def connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def told(app: Flask) -> list[str]:
    """What the pages say that don't answer; no page fails in another way."""
    answers = [ask(app.test_client(), path) for path in pages(app)]
    assert [one.path for one in answers if one.status >= 500 and one.status != 503] == []
    return [words(one.text) for one in answers if one.status == 503]


def refusal(app: Flask) -> str:
    answer = app.test_client().post("/slos", data=SLO_FORM)
    assert answer.status_code == 503
    said = words(answer.text)
    assert DOUBT in said
    assert SLO_FORM["why"] in said
    return said


def test_another_programs_lock_is_named_and_waited_for_no_longer_than_sqlites(
    app: Flask, url: str
) -> None:
    with closing(connected(url)) as other, other.transaction():
        other.execute("LOCK TABLE learner, slo, burst IN ACCESS EXCLUSIVE MODE")
        said = told(app)
        assert said
        assert [one for one in said if DatabaseFault.LOCKED.sentence not in one] == []
        assert DatabaseFault.LOCKED.sentence in refusal(app)
    assert told(app) == []


def test_a_read_only_server_is_named_and_read(app: Flask, url: str) -> None:
    with closing(connected(url)) as other:
        other.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
    with app.app_context():
        db.engine.dispose()
    assert told(app) == []
    assert DatabaseFault.READ_ONLY.sentence in refusal(app)


def test_a_server_that_is_gone_is_named(app: Flask, url: str) -> None:
    with closing(connected(f"{url.rpartition('/')[0]}/template1")) as other:
        own = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        other.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
        other.execute(own)
        said = told(app)
        assert said
        assert [one for one in said if DatabaseFault.AWAY.sentence not in one] == []
        assert DatabaseFault.AWAY.sentence in refusal(app)


def test_the_first_request_after_a_restart_succeeds(app: Flask, server: PostgreSQLServer) -> None:
    client = app.test_client()
    assert client.get("/slos").status_code == 200
    server.stop()
    server.start()  # and nobody has noticed: the connections at hand are those of before
    assert client.get("/slos").status_code == 200
    server.stop()
    assert DatabaseFault.AWAY.sentence in refusal(app)
    server.start()
    assert client.post("/slos", data=SLO_FORM).status_code == 303


def test_a_server_that_stands_still_is_named_and_waited_for_no_longer_than_told(
    app: Flask, server: PostgreSQLServer
) -> None:
    client = app.test_client()
    assert client.get("/slos").status_code == 200
    server.stand_still()
    try:
        assert DatabaseFault.SILENT.sentence in refusal(app)
        assert client.get("/readyz").status_code == 503
    finally:
        server.go_on()
    assert client.post("/slos", data=SLO_FORM).status_code == 303


def test_a_statement_that_takes_too_long_is_given_up_by_both_sides(app: Flask, url: str) -> None:
    with app.app_context():
        with pytest.raises(OperationalError) as told:
            db.session.execute(text("SET statement_timeout = 50; SELECT pg_sleep(60)"))
        assert fault_of(told.value) is DatabaseFault.SILENT
        db.session.rollback()
        be_patient(db.session.connection(), 0.1)
        with pytest.raises(OperationalError) as told:
            db.session.execute(text("SELECT pg_sleep(60)"))
        assert fault_of(told.value) is DatabaseFault.SILENT
        db.session.rollback()
        assert db.session.scalar(text("SELECT 1")) == 1


def test_a_server_without_a_free_connection_is_waited_for_and_named(app: Flask, url: str) -> None:
    with closing(connected(url)) as other:
        other.execute("CREATE ROLE learner LOGIN CONNECTION LIMIT 1")
        other.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO learner")
    options = replace(PATIENT, busy_ms=200)
    limited_url = url.replace("lab@", "learner@")
    engine = create_engine(limited_url, **postgresql_pool.options(options))
    with engine.connect() as only:
        with pytest.raises(OperationalError) as told:
            engine.connect()
        assert fault_of(told.value) is DatabaseFault.CROWDED
        only.rollback()
        Timer(0.05, only.close).start()
        with engine.connect() as second:
            assert second.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_a_right_that_was_taken_away_is_named(app: Flask, url: str) -> None:
    with closing(connected(url)) as other:
        other.execute("CREATE ROLE learner LOGIN")
        other.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO learner")
        other.execute("ALTER ROLE lab SET role TO learner")
    with app.app_context():
        db.engine.dispose()
    assert told(app) == []
    assert DatabaseFault.DENIED.sentence in refusal(app)


AWAY_S = 5.0


@pytest.mark.parametrize("how", ["stands still", "is stopped"])
def test_a_burst_goes_on_without_its_database_and_ends_as_it_would_have(
    server: PostgreSQLServer, tmp_path: Path, how: str
) -> None:
    """Nor does another portal take it for abandoned, once the database is there again."""
    leave, come_back = {
        "stands still": (server.stand_still, server.go_on),
        "is stopped": (server.stop, server.start),
    }[how]
    burst = replace(PATIENT.burst, abandoned_s=3.0, alone_s=2.5)
    database = PostgreSQLLimits(answer_s=1.0)
    limits = replace(PATIENT, burst=burst, busy_ms=500, postgresql=database)
    with ExitStack() as stack:
        mockapp = stack.enter_context(running_mockapp())
        own, other = (
            replace(
                settings_with(tmp_path / name, mockapp_url=mockapp.url),
                database_url=server.url,
                fault_token=TOKEN,
            )
            for name in ("own", "other")
        )
        app = stack.enter_context(portal_app(own, limits=limits))
        start_settling(stack.enter_context(portal_app(other, limits=limits)))
        typed = {"rate": "20", "duration": "9", "error_percent": "100", "latency_ms": "0"}
        assert app.test_client().post("/bursts/custom", data=typed).status_code == 303
        wait_until(mockapp.counts)
        leave()
        end, faults = time.monotonic() + AWAY_S, set()
        while time.monotonic() < end:
            faults.add(mockapp.fault()["error_ratio"])
            time.sleep(0.2)
        come_back()
        wait_until(lambda: _state(server.url)[0] not in ACTIVE)
        state, reason, counts = _state(server.url)
    assert (state, reason) == ("finished", "")
    assert faults == {1.0}
    assert (counts["sent"], counts["failed"]) == (180, {"500": 180})


def _state(url: str) -> tuple[str, str, dict[str, Any]]:
    with closing(connected(url)) as other:
        row = other.execute("SELECT state, reason, counts FROM burst").fetchone()
    assert row
    return row[0], row[1], row[2]


def test_the_lab_page_is_shown_without_its_database_and_says_what_ails_it(
    app: Flask, server: PostgreSQLServer
) -> None:
    server.stop()
    page = app.test_client().get("/lab")
    assert page.status_code == 200
    assert PostgreSQLTrouble.AWAY.what in words(page.text)


def test_a_reset_refuses_while_a_portal_elsewhere_uses_the_database(
    app: Flask, url: str, tmp_path: Path
) -> None:
    environ = environment(tmp_path / "elsewhere", SLO_LAB_DATABASE_URL=url)
    command = [SLO_LAB[0], "reset", "lab", "--yes"]

    def reset() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    refused = reset()
    assert refused.returncode == 1
    assert "Another portal or command of the lab uses this database." in refused.stderr
    with app.app_context():
        db.session.remove()
        db.engine.dispose()  # as if it had ended
    assert reset().stdout == "The whole lab: reset.\n"
