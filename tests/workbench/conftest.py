"""Portals for the workbench: with nothing behind, and at a real lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.config import Settings
from tests.apps import portal_app
from tests.workbench.lab import RealLab, at_lab, real_lab, services_of


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLab]:
    """The running lab."""
    with real_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab_app(settings: Settings, lab: RealLab) -> Iterator[Flask]:
    """The portal at the real lab, without a Grafana."""
    settings = at_lab(settings, lab)
    with portal_app(settings, services_of(settings)) as app:
        yield app


@pytest.fixture
def at_the_lab(lab_app: Flask) -> FlaskClient:
    """Asks that portal without a browser."""
    return lab_app.test_client()
