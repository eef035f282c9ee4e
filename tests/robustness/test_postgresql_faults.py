"""A real PostgreSQL that is locked, read-only or away has the same names."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Timer

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from portal.features import CRITERIA
from portal.kit import postgresql_pool
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.db import db
from portal.kit.error_pages import DOUBT
from portal.kit.postgresql_pool import be_patient
from portal.limits import PostgreSQLLimits
from tests.patience import PATIENT
from tests.robustness.portals import SLO_FORM, ask, portal_app
from tests.robustness.postgresql import PostgreSQLServer, postgresql_server, programs
from tests.robustness.rows import fill, pages
from tests.robustness.test_database import IdleChecker, settings_in, words
from tests.stack.labs import SLO_LAB, environment

BINARIES = programs()
pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed")


@pytest.fixture
def server() -> Iterator[PostgreSQLServer]:
    assert BINARIES is not None
    with postgresql_server(BINARIES) as server:
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
