"""The portal in this process: its outside systems in the test's hands, an SLO and a panel saved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import create_app
from portal.config import Settings
from portal.criteria.checker import current_checker
from portal.features import CRITERIA
from portal.kit.db import db, migrate_to_head
from portal.learners import ensure_solo_learner
from portal.services import utc_now
from portal.steps import catalog

QUERY = "sum(rate(http_requests_total[1m]))"
NOBODY = "http://127.0.0.1:9"
SLO_FORM = {
    "title": "Shop",
    "sli": "availability",
    "objective": "99",
    "window": "28d",
    "why": "People buy here, and one failure in a hundred is what they forgive.",
}
PAGES = (
    "/",
    "/steps",
    *(f"/steps/{step.id}" for step in catalog.load()),
    "/steps/rail",
    "/steps/traffic/turn",
    "/bursts",
    "/slis",
    "/slis/readout",
    "/slos",
    "/slos/list",
    "/slos/shop",
    "/slos/shop/alerts",
    "/slos/shop/budget",
    "/slos/shop/rules.yml",
    "/slos/openslo.yaml",
    "/slos/preview?sli=availability&objective=99.9&window=28d",
    "/slos/scale",
    "/workbench",
    f"/workbench?expr={QUERY}",
    f"/workbench/try?expr={QUERY}",
    "/workbench/dashboards",
    "/workbench/dashboard.json",
    "/reflections",
    "/reflections/export.md",
    "/reflections/export.json",
    "/reflections/export.html",
    "/alerts/rules",
    "/alerts/rules/loaded",
    "/lab",
    "/lab/fragment",
    "/criteria",
    *(f"/criteria/{criterion.id}" for criterion in CRITERIA),
    "/criteria/impact",
    "/criteria/reflection",
    "/impact",
    "/reset",
    "/healthz",
    "/readyz",
    "/metrics",
)


@dataclass(frozen=True)
class Answered:
    """A page's answer, and the seconds it took."""

    path: str
    status: int
    text: str
    seconds: float


@contextmanager
def portal_app(settings: Settings) -> Iterator[Flask]:
    """The portal with its tables and its learner; errors become pages, as they do for people."""
    app = create_app(settings, config={"PROPAGATE_EXCEPTIONS": False})
    migrate_to_head(app)
    with app.app_context():
        ensure_solo_learner(utc_now())
    try:
        yield app
    finally:
        with app.app_context():
            current_checker()._pool.shutdown(cancel_futures=True)
            db.session.remove()
            db.engine.dispose()


def settings_in(folder: Path, **more: str) -> Settings:
    """Settings of a portal whose outside systems are not there, but for those in ``more``."""
    urls = {"mockapp_url": NOBODY, "prometheus_url": NOBODY, "grafana_url": NOBODY, **more}
    return Settings(data_dir=folder / "data", cache_dir=folder, htmx="vendored", **urls)


def ask(client: FlaskClient, path: str) -> Answered:
    """GET the page."""
    before = time.monotonic()
    answer = client.get(path)
    seconds = time.monotonic() - before
    text = answer.get_data(as_text=True)
    answer.close()
    return Answered(path, answer.status_code, text, seconds)


def save_slo(client: FlaskClient, **fields: str) -> TestResponse:
    """POST the form of an SLO."""
    return client.post("/slos", data={**SLO_FORM, **fields})
