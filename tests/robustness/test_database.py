"""The database locked, away, read-only, full, damaged or newer: each has its name on every page."""

from __future__ import annotations

import html
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal import cli
from portal.config import Settings
from portal.criteria.checker import Checker
from portal.errors import SLOLabError
from portal.features import CRITERIA
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.db import db
from portal.kit.error_pages import DOUBT
from portal.wsgi import prepared_app
from tests.patience import PATIENT
from tests.robustness.cell import portal_cell
from tests.robustness.forms import is_kept
from tests.robustness.portals import SLO_FORM, ask, portal_app
from tests.robustness.rows import fill, pages

Breaker = Callable[[Flask, Path], AbstractContextManager[None]]


class IdleChecker(Checker):
    """Checks nothing: the pages show the verdicts that were kept."""

    def _start(self, learner_id: int, criterion_id: str, now: datetime) -> Future[None]:
        done: Future[None] = Future()
        done.set_result(None)
        return done


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data with a row in every table, in the one file of the database."""
    folder = tmp_path_factory.mktemp("filled")
    with portal_app(settings_in(folder)) as app, app.app_context():
        fill(app.extensions["slo_lab"])
        for table in db.metadata.sorted_tables:
            assert db.session.execute(table.select()).first() is not None, table.name
    with closing(sqlite3.connect(folder / "slo-lab.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def settings_in(folder: Path) -> Settings:
    nowhere = "http://127.0.0.1:9"
    return Settings(
        data_dir=folder,
        cache_dir=folder,
        htmx="vendored",
        mockapp_url=nowhere,
        prometheus_url=nowhere,
    )


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    with portal_app(settings_in(folder), limits=replace(PATIENT, busy_ms=20)) as app:
        app.extensions["slo_lab_checker"] = IdleChecker(app, CRITERIA)
        yield app


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def fresh_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def locked(app: Flask, file: Path) -> Iterator[None]:
    """Another program has the file for itself."""
    fresh_connections(app)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def writing(app: Flask, file: Path) -> Iterator[None]:
    """Another program writes, and lets others read."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def away(app: Flask, file: Path) -> Iterator[None]:
    """The disk is gone."""
    fresh_connections(app)
    file.parent.rename(file.parent.with_name("elsewhere"))
    yield
    file.parent.with_name("elsewhere").rename(file.parent)


@contextmanager
def read_only(app: Flask, file: Path) -> Iterator[None]:
    """As a file without the right to write is, to somebody who is not root."""
    with _each_connection(app, "PRAGMA query_only = ON"):
        yield


@contextmanager
def full(app: Flask, file: Path) -> Iterator[None]:
    """Not a page more."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE filler (text)")
        connection.execute("INSERT INTO filler VALUES (zeroblob(1))")
        connection.commit()
    with _each_connection(app, "PRAGMA max_page_count = 1"):  # means: no more than there are
        yield


@contextmanager
def _each_connection(app: Flask, pragma: str) -> Iterator[None]:
    def prepare(connection: Any, record: Any) -> None:
        connection.execute(pragma)

    with app.app_context():
        engine = db.engine
    fresh_connections(app)
    event.listen(engine, "connect", prepare)
    try:
        yield
    finally:
        event.remove(engine, "connect", prepare)


@contextmanager
def damaged(app: Flask, file: Path) -> Iterator[None]:
    """Every page but the first one is overwritten."""
    fresh_connections(app)
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (size - 4096))
    yield


@contextmanager
def no_database(app: Flask, file: Path) -> Iterator[None]:
    """Another file of that name."""
    fresh_connections(app)
    file.write_bytes(b"This is no database, but a text. " * 500)
    yield


@contextmanager
def newer(app: Flask, file: Path) -> Iterator[None]:
    """Upgraded by a newer portal, under this one."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("ALTER TABLE slo RENAME COLUMN why TO reason")
        connection.execute("ALTER TABLE burst RENAME COLUMN reason TO cause")
        connection.commit()
    yield


BREAKERS: dict[Breaker, DatabaseFault] = {
    locked: DatabaseFault.LOCKED,
    writing: DatabaseFault.LOCKED,
    away: DatabaseFault.LOST,
    read_only: DatabaseFault.READ_ONLY,
    full: DatabaseFault.FULL,
    damaged: DatabaseFault.DAMAGED,
    no_database: DatabaseFault.DAMAGED,
    newer: DatabaseFault.NEWER,
}
STILL_READ = {writing, read_only, full}
"""What keeps nobody from reading."""


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda one: one.__name__)
def test_every_page_answers_or_names_what_is_wrong_with_the_database(
    app: Flask, folder: Path, caplog: pytest.LogCaptureFixture, breaker: Breaker
) -> None:
    client, fault = app.test_client(), BREAKERS[breaker]
    with breaker(app, folder / "slo-lab.db"):
        answers = {path: ask(client, path) for path in pages(app)}
        told = {path for path, one in answers.items() if one.status == 503}
        unnamed = [path for path in told if fault.sentence not in words(answers[path].text)]
    wrong = {path: one.status for path, one in answers.items() if one.status >= 500}
    assert {path: status for path, status in wrong.items() if status != 503} == {}
    assert unnamed == []
    assert bool(told) == (breaker not in STILL_READ)
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda one: one.__name__)
def test_a_form_is_told_the_name_and_promised_nothing(
    app: Flask, folder: Path, breaker: Breaker
) -> None:
    why = "A reason that is longer than a page of the database. " * 20
    fault, client = BREAKERS[breaker], app.test_client()
    with breaker(app, folder / "slo-lab.db"):
        for number in range(20):  # the pages that there are may have room for a few
            form = {**SLO_FORM, "title": f"Another {number}", "why": why[:900]}
            answer = client.post("/slos", data=form)
            if answer.status_code != 303:
                break
    assert answer.status_code == 503
    said = words(answer.text)
    assert fault.sentence in said
    assert DOUBT in said
    assert "still there" not in said


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda one: one.__name__)
def test_what_is_sent_or_checked_is_kept_or_told_the_name(
    folder: Path, caplog: pytest.LogCaptureFixture, breaker: Breaker
) -> None:
    file, fault = folder / "slo-lab.db", BREAKERS[breaker]
    limits = replace(PATIENT, busy_ms=20)
    with portal_cell(settings_in(folder), lanes=1, limits=limits) as cell:
        with breaker(cell.app, file):
            checks = cell.checks()
            sent = [cell.start_burst(), *cell.forms(), *checks]
        unsaved = set(cell.checker.unsaved.values())
    wrong = {one.path: words(one.text) for one in sent if one.status >= 500}
    assert {path: said for path, said in wrong.items() if fault.sentence not in said} == {}
    assert {one.status for one in sent if one.status >= 500} <= {503}
    assert [one.path for one in sent if one.typed and not is_kept(file, one)] == []
    assert unsaved <= {fault}
    begun = any(one.status < 500 for one in checks)
    assert bool(unsaved) == begun or breaker is full  # the pages that there are may have room
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_newer_database_is_refused_at_the_start_in_one_sentence(app: Flask, folder: Path) -> None:
    with newer(app, folder / "slo-lab.db"), pytest.raises(SLOLabError) as refused:
        prepared_app(settings_in(folder))
    assert DatabaseFault.NEWER.sentence in str(refused.value)


def test_a_lock_at_the_start_is_named(app: Flask, folder: Path) -> None:
    with locked(app, folder / "slo-lab.db"), pytest.raises(SLOLabError) as refused:
        prepared_app(settings_in(folder))
    assert DatabaseFault.LOCKED.sentence in str(refused.value)


class ServerError(Exception):
    """An error of psycopg, as far as it is looked at."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("as the server says it")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "fault"),
    [
        (None, DatabaseFault.AWAY),
        ("08006", DatabaseFault.AWAY),
        ("57P01", DatabaseFault.AWAY),
        ("57014", DatabaseFault.SILENT),
        ("57P03", DatabaseFault.STARTING),
        ("53300", DatabaseFault.CROWDED),
        ("42501", DatabaseFault.DENIED),
        ("28P01", DatabaseFault.DENIED),
        ("55P03", DatabaseFault.LOCKED),
        ("25006", DatabaseFault.READ_ONLY),
        ("53100", DatabaseFault.FULL),
        ("XX001", DatabaseFault.DAMAGED),
        ("42703", DatabaseFault.NEWER),
        ("22001", DatabaseFault.UNKNOWN),
    ],
)
def test_postgresqls_codes_have_the_same_names(sqlstate: str | None, fault: DatabaseFault) -> None:
    assert fault_of(OperationalError("", {}, ServerError(sqlstate))) is fault


def test_a_lost_connection_and_an_exhausted_pool_have_names() -> None:
    lost = DatabaseError("", {}, ServerError("XX000"), connection_invalidated=True)
    assert fault_of(lost) is DatabaseFault.AWAY
    assert fault_of(PoolTimeoutError("QueuePool limit")) is DatabaseFault.CROWDED
    assert fault_of(CommandError("No such revision")) is DatabaseFault.UNKNOWN


def test_a_command_says_it_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(**options: object) -> None:
        raise PoolTimeoutError("QueuePool limit")

    monkeypatch.setattr(cli.slo_lab, "main", busy)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"slo-lab: {DatabaseFault.CROWDED.sentence}\n"
