"""The learner's own alerts on an SLO's page, with what it takes to fire them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from portal.clients.prometheus import LoadedGroup, Rule, RuleKind
from portal.learners.models import Learner
from portal.rulefolder.folder import learner_file, slo_file
from portal.services import Services
from tests.conftest import START
from tests.objectives.counting import FORM, Counting

RATIO = (
    'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{job="flask-app"}[1m]))'
)


class WithRules(Counting):
    """It has loaded one alert, from the file named ``file``."""

    def __init__(self) -> None:
        super().__init__()
        self.bad, self.expr, self.file = 0.0, f"{RATIO} > 0.03", learner_file(1)
        self.for_s = 0.0

    def rules(self) -> list[LoadedGroup]:
        rule = Rule(
            kind=RuleKind.ALERTING,
            name="ShopFails",
            query=self.expr,
            state="inactive",
            health="ok",
            last_error="",
            last_evaluation=START,
            duration_s=self.for_s,
            labels={},
            annotations={},
            alerts=(),
        )
        return [LoadedGroup(name="g", file=f"/rules/{self.file}", interval_s=5, rules=(rule,))]


@pytest.fixture
def prometheus() -> WithRules:
    return WithRules()


@pytest.fixture
def services(services: Services, prometheus: WithRules) -> Services:
    return replace(services, prometheus=prometheus)


def alerts_of(client: FlaskClient) -> str:
    client.post("/slos", data=FORM)
    page = client.get("/slos/availability/alerts?rate=20&errors=20").text
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_an_alert_that_is_too_lax_for_the_slo_is_not_planned(
    client: FlaskClient, learner: Learner, prometheus: WithRules
) -> None:
    prometheus.expr = f"{RATIO} > 0.9"
    assert "ShopFails" not in alerts_of(client)


def test_the_time_that_an_alert_waits_comes_on_top(
    client: FlaskClient, learner: Learner, prometheus: WithRules
) -> None:
    prometheus.for_s = 30.0
    assert "so it takes 22. That must last 30 s, its for , before it fires." in alerts_of(client)


def test_own_alert_on_the_slo_is_planned_in_place_of_those_that_are_not_there(
    client: FlaskClient, learner: Learner, prometheus: WithRules
) -> None:
    told = alerts_of(client)
    assert "a later step" not in told
    assert "(600 × 0.03) / (20 × (0.2 - 0.03)) = 5.3 s." in told
    assert "its for , before it fires" not in told
    assert re.search(r"ShopFails yours \S+× 3 %", told)
    assert "page 5m" not in told
    assert any("[60s]" in promql for promql, _ in prometheus.asked)


def test_a_window_of_weeks_is_asked_for_as_prometheus_writes_it(
    client: FlaskClient, learner: Learner, prometheus: WithRules
) -> None:
    prometheus.expr = f"{RATIO} > 0.03".replace("1m", "28d")
    alerts_of(client)
    assert any("[2419200s]" in promql for promql, _ in prometheus.asked)


def test_what_cannot_be_planned_leads_to_how_near_the_alert_is(
    client: FlaskClient, learner: Learner, prometheus: WithRules
) -> None:
    prometheus.expr = f"{RATIO} > 0.03 or {RATIO} > 0.5"
    assert "See how near it is among the rules" in alerts_of(client)


@pytest.mark.parametrize(
    ("expr", "file"),
    [
        ("up == 0", learner_file(1)),
        (f"{RATIO} > 0.03", learner_file(2)),
        (f"{RATIO} > 0.03", slo_file(1, "availability")),
    ],
)
def test_alerts_of_others_and_of_something_else_are_not_the_learners(
    client: FlaskClient, learner: Learner, prometheus: WithRules, expr: str, file: str
) -> None:
    prometheus.expr, prometheus.file = expr, file
    told = alerts_of(client)
    assert "ShopFails" not in told
    assert "page 5m" in told
