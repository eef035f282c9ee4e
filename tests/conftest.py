"""Fixtures of all tests: the portal with services handed in, a learner, a client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from portal.config import Settings
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from tests import order
from tests.apps import portal_app
from tests.emptied_database import emptied_database
from tests.patient import services_at
from tests.rendering import watched_rendering
from tests.write_lock import watched

NOWHERE = "http://127.0.0.1:9"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# An example that takes long says something about the machine alone.
hypothesis_settings.register_profile("slo-lab", deadline=None)
hypothesis_settings.load_profile("slo-lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin first; the others keep their order."""
    items.sort(key=lambda item: order.rank(item.path))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def nobody_is_asked_while_the_database_waits() -> Iterator[None]:
    """No test passes in which another system is asked inside a write transaction."""
    with watched() as watch:
        yield
    assert watch.held == [], "\n".join(watch.held)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """A command that runs in a test's process makes its files private, and the next test's too."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def no_template_asks_anybody() -> Iterator[None]:
    """No test passes in which a template asks the database or another system by itself."""
    with watched_rendering() as watch:
        yield
    assert watch.asked == [], "\n".join(watch.asked)


@pytest.fixture
def clock() -> Clock:
    """A clock in the test's hands."""
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked so runs on SQLite and on PostgreSQL."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "settings" in metafunc.fixturenames:
        metafunc.parametrize("database_url", ("sqlite", "postgresql"), indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with nothing but its tables; "": SQLite's, in the data folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    with emptied_database().for_one_test() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a lab in which nothing runs: every outside system is unreachable."""
    return Settings(
        database_url=database_url,
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        mockapp_url=NOWHERE,
        prometheus_url=NOWHERE,
        htmx="vendored",
    )


@pytest.fixture
def services(settings: Settings, clock: Clock) -> Services:
    """The real clients, pointing nowhere; a test replaces the one it needs."""
    return replace(services_at(settings), clock=clock)


@pytest.fixture
def app(settings: Settings, services: Services) -> Iterator[Flask]:
    """The portal with its tables migrated and its one learner."""
    with portal_app(settings, services) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Asks the portal without a browser."""
    return app.test_client()


@pytest.fixture
def learner(app: Flask) -> Iterator[Learner]:
    """The learner of solo mode, within an app context."""
    with app.app_context():
        yield db.session.execute(db.select(Learner)).scalar_one()
