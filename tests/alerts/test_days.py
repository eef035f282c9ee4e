"""The fold with the days that the learner's own alerts were tried on."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.alerts import store
from portal.alerts.views import MAX_FOLDS
from portal.learners.models import Learner
from portal.objectives.store import save_slo
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.trial.distraction import DISTRACTIONS
from portal.trial.engine import TrialEngine
from portal.trial.ladder import FACTORS
from portal.trial.memory import TrialMemory
from tests.conftest import START
from tests.patience import PATIENT
from tests.promtool import no_promtool

RATIO = (
    'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[5m]))'
    ' / sum(rate(http_requests_total{job="flask-app"}[5m]))'
)
FOLD = r'<details class="tried".*?<summary>“(.*?)”: (.*?)</summary>'
MOST_BYTES = 25_000


def rules(*exprs: str) -> str:
    """A rule file with an alert for each expression: Alert0, Alert1 ..."""
    alerts = "".join(
        f"      - {{alert: Alert{number}, for: 1m, expr: '{expr}'}}\n"
        for number, expr in enumerate(exprs)
    )
    return f"groups:\n  - name: mine\n    rules:\n{alerts}"


def applied(learner: Learner, text: str) -> None:
    """A text in the editor that Prometheus works with, and an SLO."""
    save_slo(learner.id, SLO("availability", SLIKind.AVAILABILITY, 0.99), START)
    store.save_draft(learner.id, text, START)
    store.mark_applied(learner.id, text, START, assisted=False)


def folds(client: FlaskClient) -> list[tuple[str, str]]:
    """Name and summary of each fold."""
    found = re.findall(FOLD, client.get("/alerts/rules").text, re.S)
    return [(name, re.sub(r"<[^>]*>", "", summary)) for name, summary in found]


def test_each_applied_alert_has_a_fold(client: FlaskClient, learner: Learner) -> None:
    assert folds(client) == []
    applied(learner, rules(f"{RATIO} > 0.144", "up == 0", "queue_length > 1"))
    assert folds(client) == [
        ("Alert0", f"we tried it on {len(FACTORS) + 1 + len(DISTRACTIONS)} days"),
        ("Alert1", f"we tried it on {len(FACTORS) + 1 + len(DISTRACTIONS)} days: 3 surprised"),
    ]


def test_a_draft_has_none(client: FlaskClient, learner: Learner) -> None:
    applied(learner, rules(f"{RATIO} > 0.144"))
    store.save_draft(learner.id, rules("up == 0"), START)
    assert folds(client) == []


def test_the_pictures_tell_what_the_alert_did(client: FlaskClient, learner: Learner) -> None:
    applied(learner, rules(f"{RATIO} > 0.144", "up == 0"))
    page = client.get("/alerts/rules").text
    links = re.findall(r'<a href="(/alerts/rules/days\?[^"]*)">See the days', page)
    parts = re.findall(r'hx-get="(/alerts/rules/days/drawn\?[^"]*)"', page)
    assert len(links) == len(parts) == 2
    whole, part = client.get(links[0]).text, client.get(parts[0]).text
    assert "“Alert0”, tried on invented days" in whole
    assert "<html" not in part
    assert part.count("<svg") == whole.count("<svg") == len(FACTORS) + 1 + len(DISTRACTIONS)
    assert 'class="lane pending"' in part
    assert "Filled: 14.4 %. Below: pending, then firing." in part
    down = unescape(client.get(parts[1]).text)
    assert down.index("The service could not be scraped") < down.index("No requests failed")
    assert "it fires, though that is none of its SLO’s business" in down
    assert max(len(part.encode()), len(down.encode())) < MOST_BYTES


@pytest.mark.parametrize("number", ["", "7", "-1", "x"])
def test_an_alert_that_is_not_there_is_not_found(
    client: FlaskClient, learner: Learner, number: str
) -> None:
    applied(learner, rules(f"{RATIO} > 0.144"))
    for path in ("", "/drawn"):
        assert client.get(f"/alerts/rules/days{path}?number={number}").status_code == 404


def test_without_promtool_there_is_no_fold(
    app: Flask, client: FlaskClient, learner: Learner
) -> None:
    services: Services = app.extensions["slo_lab"]
    app.extensions["slo_lab"] = replace(
        services, trials=TrialMemory(TrialEngine(PATIENT.promtool, no_promtool))
    )
    applied(learner, rules(f"{RATIO} > 0.144"))
    assert folds(client) == []


def test_a_file_of_many_alerts_has_some_folds(client: FlaskClient, learner: Learner) -> None:
    applied(learner, rules(*(f"{RATIO} > 0.1{number:02}" for number in range(MAX_FOLDS + 3))))
    assert len(folds(client)) == MAX_FOLDS
