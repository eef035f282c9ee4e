"""Portals within a test's own process: tables migrated, the learner there, ended with the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask

from portal import create_app, end_app
from portal.config import Settings
from portal.kit.db import migrate_to_head
from portal.learners import ensure_solo_learner
from portal.limits import Limits
from portal.services import Services
from tests.patience import PATIENT, SECONDS
from tests.patient import services_at

TESTING: Mapping[str, object] = {"TESTING": True}


@contextmanager
def portal_app(
    settings: Settings,
    services: Services | None = None,
    config: Mapping[str, object] = TESTING,
    limits: Limits = PATIENT,
) -> Iterator[Flask]:
    """The portal, until the block ends; nothing that it began is left then.

    ``limits``: those of the services, where none are handed in.
    """
    app = create_app(settings, services or services_at(settings, limits), config)
    migrate_to_head(app)
    made: Services = app.extensions["slo_lab"]
    with app.app_context():
        ensure_solo_learner(made.clock())
    try:
        yield app
    finally:
        assert end_app(app, 2 * SECONDS) == []
