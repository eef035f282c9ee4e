"""How far an alert is from firing: the value now beside the limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from portal.alerts.nearness import Nearness, ValueUnit, nearness
from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.promql.context import RecordingRule
from portal.promql.parser import parse
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.slo.rules import AlertingRule, rule_groups
from portal.slo.rules import GeneratedRecord as Recorded
from portal.slo.windows import Window

BAD = 'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))'
ALL = 'sum(rate(http_requests_total{job="flask-app"}[1m]))'
BUCKETS = "http_request_duration_seconds_bucket"
P95 = f'histogram_quantile(0.95, sum by (le) (rate({BUCKETS}{{job="flask-app"}}[2m])))'


class Apart(PrometheusClient):
    """A Prometheus whose own client is left alone: learners' queries have one apart."""

    def __init__(self, learners: PrometheusClient) -> None:
        super().__init__("http://127.0.0.1:9")
        self._learners = learners

    def apart(self, *, max_bytes: int, refuse: Callable[[str], str]) -> PrometheusClient:
        return self._learners


class Answering(PrometheusClient):
    """Knows some expressions' values, by their trees."""

    def __init__(self, values: Mapping[str, list[float]]) -> None:
        super().__init__("http://127.0.0.1:9")
        self.values = {parse(expr): numbers for expr, numbers in values.items()}
        self.asked: list[str] = []

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        self.asked.append(promql)
        return Rows([Sample({}, number, 0.0) for number in self.values.get(parse(promql), [])])


def asking(services: Services, learners: PrometheusClient) -> Services:
    return replace(services, prometheus=Apart(learners))


def told(services: Services, expr: str, values: Mapping[str, list[float]]) -> list[str]:
    return [one.words for one in nearness(asking(services, Answering(values)), expr)]


RATIO = f"{BAD} / {ALL}"


@pytest.mark.parametrize(
    ("expr", "value", "words"),
    [
        (f"{RATIO} > 0.144", [0.1333], "last 1 min: 13.33 % now, needs more than 14.4 %"),
        (f"0.144 <= {RATIO}", [0.2], "last 1 min: 20 % now, needs 14.4 % or more"),
        (f"{RATIO} > 0.144 and {ALL} > 0", [0.1], "last 1 min: 10 % now, needs more than 14.4 %"),
        (f"{RATIO} > 0.144", [float("nan")], "last 1 min: no value now, needs more than 14.4 %"),
        (f"{RATIO} > 0.144", [], "last 1 min: no value now, needs more than 14.4 %"),
        (f"sum({RATIO} > 0.144)", [0.1, 0.12], "last 1 min: 12 % now, needs more than 14.4 %"),
    ],
)
def test_the_value_stands_beside_the_limit(
    services: Services, expr: str, value: list[float], words: str
) -> None:
    assert told(services, expr, {RATIO: value}) == [words]


def test_numbers_keep_the_unit_in_which_they_were_written(services: Services) -> None:
    in_percent = f"{RATIO} * 100"
    assert told(services, f"{in_percent} > 5", {in_percent: [4.2]}) == [
        "last 1 min: 4.2 now, needs more than 5"
    ]
    assert told(services, f"{P95} > 0.3", {P95: [0.25]}) == [
        "last 2 min: 0.25 s now, needs more than 0.3 s"
    ]
    good = f"1 - {RATIO}"
    assert told(services, f"{good} < 0.99", {good: [0.982]}) == [
        "last 1 min: 98.2 % now, needs less than 99 %"
    ]


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        (f"{RATIO} > 0.144", ValueUnit.SHARE),
        (f"{RATIO} * 100 > 5", ValueUnit.NUMBER),
        (f"{ALL} > 5", ValueUnit.NUMBER),
        (f"{P95} > 0.3", ValueUnit.SECONDS),
    ],
)
def test_a_number_is_a_share_or_a_time_only_as_it_was_measured(
    services: Services, expr: str, unit: ValueUnit
) -> None:
    (found,) = nearness(asking(services, Answering({})), expr)
    assert found.unit is unit


def test_of_several_values_the_one_that_makes_it_fire_is_told(services: Services) -> None:
    up = 'up{job="flask-app"}'
    assert told(services, f"{up} == 0", {up: [1, 0, 1]}) == ["0 now, needs exactly 0"]


@pytest.mark.parametrize("expr", [RATIO, "sum(", f"{RATIO} > bool 0.1", f"{ALL} > 0", "up @ end()"])
def test_without_a_limit_nothing_is_told(services: Services, expr: str) -> None:
    assert told(services, expr, {}) == []


def test_a_prometheus_that_is_down_is_told_elsewhere(services: Services) -> None:
    asked = asking(services, PrometheusClient("http://127.0.0.1:9"))
    assert nearness(asked, f"{RATIO} > 0.144") == ()


def test_both_windows_of_a_generated_alert_are_told(services: Services) -> None:
    slo = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.LAB)
    rules = [rule for group in rule_groups(slo) for rule in group.rules]
    records = [RecordingRule(r.record, r.expr, r.labels) for r in rules if isinstance(r, Recorded)]
    page = next(rule for rule in rules if isinstance(rule, AlertingRule))
    asked = asking(services, Answering({}))
    assert [one.words for one in nearness(asked, page.expr, records)] == [
        "last 5 min: no value now, needs more than 3 %",
        "last 25 s: no value now, needs more than 3 %",
    ]


def test_open_pages_share_one_answer(services: Services) -> None:
    client = Answering({RATIO: [0.1]})
    asked = asking(services, client)
    for _ in range(5):
        nearness(asked, f"{RATIO} > 0.144")
    assert len(client.asked) == 1


def test_words_for_a_single_number() -> None:
    assert Nearness(1.0, "==", 0.0, ValueUnit.NUMBER).words == "1 now, needs exactly 0"
