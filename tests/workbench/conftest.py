"""Portals for the workbench: with nothing behind, and at a real lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Settings
from portal.kit.db import migrate_to_head
from portal.learners import ensure_solo_learner
from tests.conftest import START
from tests.workbench.lab import RealLab, at_lab, real_lab, services_of


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLab]:
    """The running lab."""
    with real_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab_app(settings: Settings, lab: RealLab) -> Flask:
    """The portal at the real lab, without a Grafana."""
    settings = at_lab(settings, lab)
    app = create_app(settings, services_of(settings), {"TESTING": True})
    migrate_to_head(app)
    with app.app_context():
        ensure_solo_learner(START)
    return app


@pytest.fixture
def at_the_lab(lab_app: Flask) -> FlaskClient:
    """Asks that portal without a browser."""
    return lab_app.test_client()
