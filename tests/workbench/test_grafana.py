"""From the workbench into Grafana: exported, imported, pushed, and then checked there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.criteria.base import Status, Subject
from portal.criteria.checker import judge
from portal.dashboards import CheckContext
from portal.kit.db import db
from portal.learners.models import Learner
from portal.promql.context import Context
from portal.services import Services
from portal.workbench import store
from portal.workbench.criterion import DashboardCriterion
from portal.workbench.export import file_name
from portal.workbench.units import UNITS
from tests.apps import portal_app
from tests.conftest import NOWHERE, START
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS
from tests.patient import TRIALS
from tests.patient import judge as judge_dashboard
from tests.workbench.lab import RealLab, at_lab, services_of

VERSIONS = ("9.4.0", "10.4.2", "11.6.1", "12.4.3", "13.2.0")
EACH_SECOND = CheckContext(TRIALS, Context(scrape_interval_s=1))
EXPRS = (AVAILABILITY.replace("1m", "30s"), P95.replace("1m", "30s"))
ONE_VERSION = pytest.mark.parametrize("grafana", ["12.4.3"], indirect=True)


@pytest.fixture(params=VERSIONS)
def grafana(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    """An empty Grafana of each version."""
    with FakeGrafana(request.param, anonymous=None) as fake:
        yield fake


@contextmanager
def portal_with(settings: Settings, lab: RealLab, url: str, login: Credentials) -> Iterator[Flask]:
    settings = at_lab(settings, lab, grafana_url=url)
    services = replace(services_of(settings), grafana=GrafanaClient(url, login, timeout=SECONDS))
    with portal_app(settings, services) as app:
        with app.app_context():
            for title, expr in zip(("Failed share", "p95"), EXPRS, strict=True):
                store.add_panel(1, title, expr, "none", START)
        yield app


@pytest.fixture
def app(settings: Settings, lab: RealLab, grafana: FakeGrafana) -> Iterator[Flask]:
    """A portal whose learner has two panels, at that Grafana as an editor."""
    grafana.stand_before(lab.prometheus)
    login = Credentials(token=grafana.make_token("Editor"))
    with portal_with(settings, lab, grafana.url, login) as app:
        yield app


def status_of(app: Flask) -> tuple[Status, str]:
    services: Services = app.extensions["slo_lab"]
    with app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        verdict = judge(DashboardCriterion(), Subject(services, learner))
    return verdict.status, verdict.observed


def test_the_export_is_imported_with_its_data_source_mapped(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    exported = client.get("/workbench/dashboard.json")
    assert 'filename="my-slis.json"' in exported.headers["Content-Disposition"]
    assert judge_dashboard(exported.json, EACH_SECOND).sli_panels == 2
    services: Services = app.extensions["slo_lab"]
    sent: dict[str, Any] = {"dashboard": exported.json, "overwrite": True, "inputs": []}
    refused = services.grafana._http.send
    token = {"Authorization": f"Bearer {grafana.make_token('Editor')}"}
    answer = refused("POST", "/api/dashboards/import", json=sent, headers=token, accept=(400,))
    assert answer.status == 400
    chosen = {"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"}
    sent["inputs"] = [{**chosen, "value": "prometheus"}]
    refused("POST", "/api/dashboards/import", json=sent, headers=token)
    [board] = grafana.dashboards.values()
    panels = board.content["panels"]
    assert [panel["title"] for panel in panels] == ["Failed share", "p95"]
    assert {panel["targets"][0]["datasource"]["uid"] for panel in panels} == {"prometheus"}
    assert judge_dashboard(board.content, EACH_SECOND).sli_panels == 2


def test_pushed_it_meets_the_criterion_from_grafana(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    assert "not in Grafana yet" in status_of(app)[1]
    client.post("/workbench/title", data={"title": "Our shop"})
    page = client.post("/workbench/push", follow_redirects=True).text
    assert "It is in Grafana now" in page
    [board] = grafana.dashboards.values()
    assert (board.folder, board.title) == ("slo-lab", "Our shop")
    assert "slo-lab-assisted" not in board.content["tags"]
    assert 'href="/workbench/pushed"' in page
    there = client.get("/workbench/pushed")
    assert there.headers["Location"] == f"{grafana.url}/d/{board.uid}/our-shop"
    status, observed = status_of(app)
    assert status is Status.MET
    assert "“Our shop”, in Grafana" in observed


@ONE_VERSION
def test_pushed_again_it_is_the_same_dashboard(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    for _ in range(2):
        client.post("/workbench/push")
    [board] = grafana.dashboards.values()
    assert board.version == 2
    assert "Push into Grafana again" in client.get("/workbench").text


def test_two_labs_at_one_grafana_keep_out_of_each_others_way(learner: Learner) -> None:
    mine = store.grafana_uid(learner.id)
    assert store.grafana_uid(learner.id) == mine
    other = Learner(name="other", created_at=START)
    db.session.add(other)
    db.session.commit()
    assert store.grafana_uid(other.id) != mine


@pytest.mark.parametrize(
    ("role", "words"), [("Viewer", "does not allow this"), ("", "refused the portal")]
)
def test_why_it_could_not_be_pushed_is_told(
    settings: Settings, lab: RealLab, role: str, words: str
) -> None:
    with FakeGrafana("9.4.0", anonymous=None) as fake:
        login = Credentials(token=fake.make_token(role) if role else "wrong")
        with portal_with(settings, lab, fake.url, login) as app:
            page = app.test_client().post("/workbench/push", follow_redirects=True).text
    assert "Not pushed: " in page
    assert words in page


def test_a_grafana_that_is_down_is_told(settings: Settings, lab: RealLab) -> None:
    with portal_with(settings, lab, NOWHERE, Credentials(token="x")) as app:
        page = app.test_client().post("/workbench/push", follow_redirects=True).text
    assert "Not pushed: Grafana can&#39;t be reached" in page
    assert "is in Grafana now" not in page


@ONE_VERSION
def test_every_dashboard_is_a_click_away(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_dashboard(classic_board("Theirs", "up", *EXPRS), "theirs")
    grafana.add_dashboard(classic_board("Lab", *EXPRS, tags=("slo-lab-assisted",)), "lab")
    page = client.get("/workbench/dashboards").text
    assert "Theirs" in page
    assert "✓ 2 of 3 panels show SLIs" in page
    assert "not in Grafana yet" in page
    assert "up says whether the scrape worked" in page
    assert "not counted as yours: 1" in page
    assert client.get("/workbench/dashboards/fragment").text.count("<html") == 0


@ONE_VERSION
def test_a_query_is_confirmed_on_the_page_of_all_dashboards(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    deep = "(" * 70 + EXPRS[0] + ")" * 70
    grafana.add_dashboard(classic_board("Deep", deep, EXPRS[1]), "deep")
    page = client.get("/workbench/dashboards").text
    assert "I confirm that it shows" in page
    sent = {"expr": deep, "sli": "availability", "then": "dashboards"}
    back = client.post("/workbench/confirm", data=sent)
    assert back.headers["Location"] == "/workbench/dashboards"
    page = client.get("/workbench/dashboards").text
    assert "You confirmed what it shows" in page
    assert "I confirm that it shows" not in page


def test_every_unit_is_one_that_grafana_knows() -> None:
    assert {unit.grafana for unit in UNITS.values()} <= {
        "percentunit",
        "percent",
        "s",
        "reqps",
        "none",
    }
    assert file_name('../"Our" SLIs\r\n') == "our-slis.json"
    assert file_name("日本") == "dashboard.json"


@ONE_VERSION
def test_a_dashboard_that_was_deleted_in_grafana_is_no_dead_link(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    assert client.get("/workbench/pushed").headers["Location"] == "/workbench"
    client.post("/workbench/push")
    grafana.dashboards.clear()
    page = client.get("/workbench/pushed", follow_redirects=True).text
    assert "Your dashboard is not in Grafana now. Push it, and it is there." in page


@ONE_VERSION
def test_a_path_that_an_older_portal_kept_leads_there_once(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_dashboard(classic_board(), "mine")
    with app.app_context():
        store.pushed(1, "mine", "/grafana/d/mine/our-shop", 1, START)
    there = client.get("/workbench/pushed").headers["Location"]
    assert there == f"{grafana.url}/d/mine/our-shop"
