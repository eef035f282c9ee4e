"""The SLO pages: saved, previewed, deleted; with htmx, without, and from nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.alerts.rule_files import RuleFolder, slo_file
from portal.bursts.models import Burst, BurstState
from portal.db import db
from portal.learners.models import Learner
from portal.services import Services
from portal.slo.store import find_slo, list_slos
from tests.conftest import START, Clock
from tests.slo.counting import FORM, Counting

HTMX = {"HX-Request": "true"}
POSTS = ["/slos", "/slos/availability", "/slos/availability/delete", "/slos/availability/restore"]


@pytest.fixture
def prometheus() -> Counting:
    return Counting()


@pytest.fixture
def services(services: Services, prometheus: Counting) -> Services:
    return replace(services, prometheus=prometheus)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    began = START - timedelta(minutes=3)
    found = Burst(
        learner=learner,
        key="k",
        preset="error-burst",
        title="Error burst",
        spec={"rate": 20, "duration": 60},
        state=BurstState.FINISHED,
        requested_at=began,
        started_at=began,
        ended_at=began + timedelta(seconds=60),
        heartbeat_at=began,
        counts={"sent": 100, "good": 97, "failed": {"500": 3}},
        server_counts={},
    )
    db.session.add(found)
    db.session.commit()
    return found


def preview(client: FlaskClient, **typed: str) -> str:
    return client.get("/slos/preview", query_string={**FORM, **typed}).text


@pytest.mark.parametrize("path", POSTS)
def test_another_site_changes_nothing(client: FlaskClient, learner: Learner, path: str) -> None:
    client.post("/slos", data=FORM)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(path, data=FORM, headers=headers).status_code == 403
    assert [row.name for row in list_slos(learner.id)] == ["availability"]


@pytest.mark.parametrize("path", POSTS[2:])
def test_a_get_changes_nothing(client: FlaskClient, learner: Learner, path: str) -> None:
    client.post("/slos", data=FORM)
    assert client.get(path).status_code == 405
    assert len(list_slos(learner.id)) == 1


def test_deleting_twice_is_deleting_once(client: FlaskClient, learner: Learner) -> None:
    client.post("/slos", data=FORM)
    first = client.post("/slos/availability/delete", headers=HTMX)
    assert first.status_code == 200
    assert first.text.lstrip().startswith('<section id="slo-list"')
    assert client.post("/slos/availability/delete", headers=HTMX).status_code == 404
    assert client.post("/slos/availability/restore").status_code == 303
    assert client.post("/slos/availability/restore", headers=HTMX).status_code == 200
    row = find_slo(learner.id, "availability")
    assert row is not None
    assert row.deleted_at is None


def test_a_deleted_slo_tries_to_take_its_rules_along(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    client.post("/slos", data=FORM)
    folder, name = RuleFolder.of(services.settings), slo_file(learner.id, "availability")
    with folder.locked(1):
        folder.begin(name, "groups: []")
        folder.commit(name)
    page = client.post("/slos/availability/delete", follow_redirects=True).text
    assert "Its rules are still in Prometheus" in page
    assert "Undo" in page


class TestPreview:
    def test_it_says_of_each_alert_whether_it_can_fire(self, client: FlaskClient) -> None:
        page = preview(client)
        assert "page 5m/25s: fires above 3 % errors" in page
        assert "can never fire" not in page
        page = preview(client, objective="60", window="28d")
        assert "can never fire" in page
        assert "13.44 × 0.4 = 5.376" in page

    def test_much_is_promised_on_little_traffic(self, client: FlaskClient) -> None:
        page = preview(client, objective="99.999")
        assert "600 requests × 1e-05 = 0.006 bad requests allowed" in page
        assert "page 5m/25s: fires above 0.003 % errors" in page

    def test_it_says_what_the_last_burst_would_have_cost(
        self, client: FlaskClient, burst: Burst
    ) -> None:
        page = preview(client)
        assert "would have cost 50 % of the budget so far: 3 bad of 100 requests" in page

    def test_a_latency_slo_counts_its_own_slow_requests(
        self, client: FlaskClient, burst: Burst, prometheus: Counting
    ) -> None:
        prometheus.bad = 12.0
        page = preview(client, sli="latency", threshold="0.1")
        assert "would have cost 200 % of the budget so far: 12 bad of 600 requests" in page
        asked = [(query, at) for query, at in prometheus.asked if at is not None]
        assert asked
        assert all('le="0.1"' in query or "_count" in query for query, _ in asked)
        assert {at for _, at in asked} == {(START - timedelta(minutes=2)).timestamp() + 10}

    def test_a_burst_that_runs_or_just_ended_costs_nothing_yet(
        self, client: FlaskClient, burst: Burst, clock: Clock
    ) -> None:
        clock.now = START - timedelta(minutes=2)
        assert "would have cost" not in preview(client, sli="latency")
        burst.state, burst.ended_at = BurstState.RUNNING, None
        db.session.commit()
        assert "would have cost" not in preview(client)

    def test_without_javascript_the_page_itself_shows_it(self, client: FlaskClient) -> None:
        page = client.get("/slos", query_string=FORM).text
        assert "fires above 3 % errors" in page
        assert 'value="99 %"' in page
        refused = client.post("/slos", data={**FORM, "why": ""}).text
        assert "fires above 3 % errors" in refused
        assert "why this number" in refused

    def test_nothing_typed_is_nothing_previewed(self, client: FlaskClient) -> None:
        assert preview(client, objective="").strip() == ""

    def test_a_hundred_percent_is_refused_with_the_reason(self, client: FlaskClient) -> None:
        assert "leaves no error budget" in preview(client, objective="100")


class TestAlertsOfAnSLO:
    def test_rules_of_an_earlier_state_are_called_so(
        self, client: FlaskClient, learner: Learner, services: Services
    ) -> None:
        client.post("/slos", data=FORM)
        folder, name = RuleFolder.of(services.settings), slo_file(learner.id, "availability")
        with folder.locked(1):
            folder.begin(name, client.get("/slos/availability/rules.yml").text)
            folder.commit(name)
        assert "not those of this SLO" not in client.get("/slos/availability").text
        client.post("/slos/availability", data={**FORM, "objective": "99.5"})
        assert "not those of this SLO" in client.get("/slos/availability").text

    def test_a_plan_is_made_for_the_burst_that_is_asked_for(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        page = client.get("/slos/availability?rate=20&errors=20").text
        assert "(600 × 0.03 - 3) / (20 × (0.2 - 0.03))" in page
        page = client.get("/slos/availability/alerts?rate=20&errors=2").text
        assert page.lstrip().startswith('<section id="slo-alerts"')
        assert "With 2 % errors this alert never fires" in page

    @pytest.mark.parametrize("query", ["rate=-1&errors=20", "rate=x&errors=", "errors=500&rate=1"])
    def test_a_plan_that_makes_no_sense_is_the_usual_one(
        self, client: FlaskClient, query: str
    ) -> None:
        client.post("/slos", data=FORM)
        assert 'value="20"' in client.get(f"/slos/availability/alerts?{query}").text

    @pytest.mark.parametrize("path", ["rules", "rules/remove"])
    def test_rules_are_changed_by_our_own_forms_alone(self, client: FlaskClient, path: str) -> None:
        client.post("/slos", data=FORM)
        url = f"/slos/availability/{path}"
        assert client.get(url).status_code == 405
        assert client.post(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403

    def test_a_lab_that_is_down_is_told_with_htmx_and_without(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        answer = client.post("/slos/availability/rules", headers=HTMX)
        assert "Not applied" in answer.text
        assert "<html" not in answer.text
        page = client.post("/slos/availability/rules", follow_redirects=True)
        assert "Not applied" in page.text
