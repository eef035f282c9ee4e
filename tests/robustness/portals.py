"""The portal in this process: its outside systems in the test's hands, an SLO and a panel saved."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Settings
from portal.features import CRITERIA
from portal.limits import Limits
from portal.steps import catalog
from tests import apps
from tests.patience import PATIENT
from tests.robustness.rows import QUERY

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


def portal_app(settings: Settings, limits: Limits = PATIENT) -> AbstractContextManager[Flask]:
    """The portal; errors become pages, as they do for people."""
    return apps.portal_app(settings, config={"PROPAGATE_EXCEPTIONS": False}, limits=limits)


def settings_in(folder: Path, **more: str) -> Settings:
    """Settings of a portal whose outside systems are not there, but for those in ``more``."""
    urls: dict[str, Any] = {
        "mockapp_url": NOBODY,
        "prometheus_url": NOBODY,
        "grafana_url": NOBODY,
        **more,
    }
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
