"""Grafana-managed rules: definition and state, of each version; and as the page lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.alerts.grafana_rules import managed_rules, with_states
from portal.alerts.listing import listing
from portal.rulefile.states import AlertState, ToldRule
from portal.services import Services
from portal.tie.grafana import GrafanaRule
from tests.conftest import NOWHERE
from tests.fakes.boards import AVAILABILITY
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana_shapes import alert
from tests.fakes.recorded import MATH, define_recorded_rules, tell_recorded_states
from tests.patient import services_at

VERSIONS = ("9.4.0", "10.4.2", "11.6.1", "12.4.3", "13.2.0")
NOW = "2026-11-22T19:51:50Z"


@pytest.fixture(params=VERSIONS)
def grafana(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    with FakeGrafana(request.param) as fake:
        fake.add_folder()
        yield fake


def asking(services: Services, url: str) -> Services:
    settings = replace(services.settings, grafana_url=url)
    return replace(services, settings=settings, grafana=services_at(settings).grafana)


def test_a_rule_has_its_definition_and_its_state(services: Services, grafana: FakeGrafana) -> None:
    grafana.add_rule("Burn", AVAILABILITY, threshold=0.144, wait="1m30s")
    grafana.rule_states["Burn"] = {
        "state": "firing",
        "lastEvaluation": NOW,
        "alerts": [alert("Burn", "Alerting", "3.05e-01")],
    }
    (one,) = managed_rules(asking(services, grafana.url))
    assert (one.rule.title, one.rule.folder, one.rule.group) == ("Burn", "SLO lab", "slo")
    assert (one.rule.for_s, one.rule.condition) == (90.0, "C")
    assert (one.state.state, one.state.values) == (AlertState.FIRING, (0.305,))
    assert one.labels["severity"] == "page"


def test_two_rules_of_one_name_in_two_groups_keep_their_own_state(
    services: Services, grafana: FakeGrafana
) -> None:
    for group, state in (("slow", "inactive"), ("fast", "firing")):
        grafana.add_rule("Burn", AVAILABILITY, group=group)
        grafana.rule_states[f"{group}/Burn"] = {"state": state, "lastEvaluation": NOW}
    found = managed_rules(asking(services, grafana.url))
    assert {one.rule.group: one.state.state for one in found} == {
        "slow": AlertState.INACTIVE,
        "fast": AlertState.FIRING,
    }


def test_without_rules_no_state_is_asked_for(services: Services, grafana: FakeGrafana) -> None:
    assert managed_rules(asking(services, grafana.url)) == []
    assert grafana.paths() == ["GET /api/ruler/grafana/api/v1/rules"]


def test_a_nested_folder_is_found_by_its_last_name_and_a_missing_state_is_none_yet() -> None:
    rules = [
        GrafanaRule("u1", "Burn", "C", (), folder="top/SLO lab", group="g"),
        GrafanaRule("u2", "Hidden", "C", (), folder="SLO lab", group="g"),
    ]
    told = ToldRule("Burn", "g", "SLO lab", AlertState.PENDING, "ok")
    states = [one.state.state for one in with_states(rules, [told])]
    assert states == [AlertState.PENDING, AlertState.NOT_EVALUATED]


def test_long_errors_are_cut_to_a_line() -> None:
    told = ToldRule("Burn", "g", "f", AlertState.ERROR, "error", last_error="a\nb" * 1000)
    rule = GrafanaRule("", "Burn", "C", (), folder="f", group="g")
    (one,) = with_states([rule], [told])
    assert one.state.last_error.isprintable()
    assert len(one.state.last_error) <= 300


class TestThePage:
    @pytest.fixture
    def grafana(self) -> Iterator[FakeGrafana]:
        with FakeGrafana() as fake:
            define_recorded_rules(fake)
            yield fake

    @pytest.fixture
    def services(self, services: Services, grafana: FakeGrafana) -> Services:
        return asking(services, grafana.url)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ("prometheus_rules_right_after_create", "not evaluated yet"),
            ("prometheus_rules_firing", "firing"),
            ("prometheus_rules_no_traffic_viewer", "It is firing on NaN"),
            ("prometheus_rules_no_traffic_viewer", "no data"),
            ("prometheus_rules_prometheus_down", "connection refused"),
        ],
    )
    def test_it_shows_how_grafanas_rules_stand(
        self, client: FlaskClient, grafana: FakeGrafana, answer: str, words: str
    ) -> None:
        tell_recorded_states(grafana, answer)
        page = client.get("/alerts/rules/loaded").text
        assert MATH in page
        assert words in page
        assert "Prometheus can&#39;t be reached" in page

    def test_a_grafana_that_is_down_leaves_the_rest(self, services: Services) -> None:
        found = listing(asking(services, NOWHERE))
        assert "Grafana can't be reached" in found.grafana_reason
        assert found.managed == ()


def test_a_lab_without_grafana_speaks_of_none(app: Flask, client: FlaskClient) -> None:
    page = client.get("/alerts/rules/loaded").text
    assert "Grafana" not in page
