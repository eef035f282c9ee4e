"""A database that a release has made is brought up to date, and its migrations stay as they are."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import pytest
from alembic import command
from flask import Flask
from sqlalchemy import MetaData, create_engine

from portal import end_app
from portal.config import Settings
from portal.copies.store import copies
from portal.errors import SLOLabError
from portal.features import CRITERIA
from portal.kit.db import db, migrate, newest_version
from portal.wsgi import prepared_app
from tests.migrations.store import STORED, fingerprints
from tests.robustness.portals import ask
from tests.robustness.postgresql import needed_programs, running_postgresql
from tests.robustness.rows import pages
from tests.robustness.test_database import IdleChecker, settings_in

TAGS = sorted(path.stem for path in STORED.glob("*.json"))
KINDS = ("sqlite", "postgresql")
OUR_OWN = "alembic_version"
Rows = dict[str, list[tuple[Any, ...]]]


@cache
def facts(tag: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STORED / f"{tag}.json").read_text())
    return found


def tables_of(tag: str) -> set[str]:
    """The tables that the release had; there are more by now."""
    script = (STORED / f"{tag}.sqlite.sql").read_text()
    return set(re.findall(r'CREATE TABLE "?(\w+)', script)) - {OUR_OWN}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_postgresql(needed_programs()) as url:
        yield url


@pytest.fixture(params=TAGS)
def tag(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tag: str, tmp_path: Path) -> Settings:
    """A lab whose database a release has made."""
    script = (STORED / f"{tag}.{request.param}.sql").read_text()
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "slo-lab.db")) as connection:
            connection.executescript(script)
        return settings_in(tmp_path)
    url = request.getfixturevalue("server")
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS stored")
        connection.execute("CREATE DATABASE stored")
    url = f"{url.rpartition('/')[0]}/stored"
    with psycopg.connect(plain(url)) as connection:
        connection.execute(script.encode())
    return replace(settings_in(tmp_path), database_url=url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = prepared_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["slo_lab_checker"] = IdleChecker(app, CRITERIA)
    yield app
    assert end_app(app) == []


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def rows(url: str) -> Rows:
    """Every row of every table, by the table's name."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in tables.sorted_tables
            if table.name != OUR_OWN
        }
    engine.dispose()
    return found


def test_the_present_version_is_stored_once_it_is_released() -> None:
    assert TAGS, "there is no stored database"
    assert all((STORED / f"{tag}.{kind}.sql").exists() for tag in TAGS for kind in KINDS)
    assert f"v{version('slo-lab')}" in TAGS, "python -m tests.migrations.store"


def test_a_released_migration_is_never_changed(tag: str) -> None:
    now = fingerprints()
    released = facts(tag)["migrations"]
    assert {name: now.get(name) for name in released} == released


def test_a_database_of_a_release_is_brought_up_to_date_with_all_that_is_in_it(
    settings: Settings, app: Flask, tag: str
) -> None:
    with app.app_context():
        flask_migrate.check()
    kept = rows(settings.sqlalchemy_url)
    assert [name for name in sorted(tables_of(tag)) if not kept[name]] == []
    client = app.test_client()
    failed = {one.path: one.status for one in (ask(client, p) for p in pages(app))}
    assert {path: status for path, status in failed.items() if status >= 500} == {}


def test_what_the_present_version_did_to_it_can_be_taken_back(
    settings: Settings, app: Flask, tag: str
) -> None:
    before = rows(settings.sqlalchemy_url)
    with app.app_context():
        db.session.remove()
        command.downgrade(migrate.get_config(), facts(tag)["revision"])
        command.upgrade(migrate.get_config(), "head")
        assert {name: len(found) for name, found in rows(settings.sqlalchemy_url).items()} == {
            name: len(found) for name, found in before.items()
        }
        command.downgrade(migrate.get_config(), "base")
        assert set(rows(settings.sqlalchemy_url)) == set()
        command.upgrade(migrate.get_config(), "head")
        flask_migrate.check()


def test_an_older_database_is_copied_before_its_tables_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_app(prepared_app(settings_in(tmp_path)))
    assert copies(tmp_path / "slo-lab.db") == []
    monkeypatch.setattr("portal.wsgi.newest_version", lambda: "9999")
    end_app(prepared_app(settings_in(tmp_path)))
    assert len(copies(tmp_path / "slo-lab.db")) == 1


def test_a_database_of_an_unreleased_state_is_refused_with_what_to_do(settings: Settings) -> None:
    engine = create_engine(settings.sqlalchemy_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE burst RENAME COLUMN reason TO cause")
    engine.dispose()
    with pytest.raises(SLOLabError) as refused:
        prepared_app(settings)
    assert "unreleased state of SLO Lab" in str(refused.value)
    assert "burst.reason is not in it" in str(refused.value)
    assert "slo-lab clean" in str(refused.value)


def test_the_newest_version_is_the_one_that_the_migrations_end_with(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    assert found == newest_version()
