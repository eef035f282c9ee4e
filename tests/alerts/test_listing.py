"""The rules as the page lists them: by origin and file, alerts apart from what is recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.alerts.listing import Listing, listing
from portal.clients.prometheus import LoadedGroup, PrometheusClient, Rows, Rule, RuleKind
from portal.promql.context import RecordingRule
from portal.services import Services
from tests.conftest import NOWHERE, START

ALERT = Rule(
    kind=RuleKind.ALERTING,
    name="Burn",
    query="a:b > 0.1",
    state="inactive",
    health="ok",
    last_error="",
    last_evaluation=START,
    duration_s=0,
    labels={},
    annotations={},
    alerts=(),
)
RECORD = replace(ALERT, kind=RuleKind.RECORDING, name="a:b", query="up", state="")


class Loaded(PrometheusClient):
    """Has these rules by file."""

    def __init__(self, **files: tuple[Rule, ...]) -> None:
        super().__init__(NOWHERE)
        self.files = files

    def rules(self) -> Rows[LoadedGroup]:
        return Rows(
            [
                LoadedGroup(name="g", file=f"/rules/{name}.rules.yml", interval_s=5, rules=rules)
                for name, rules in self.files.items()
            ]
        )


def listed(services: Services, **files: tuple[Rule, ...]) -> Listing:
    named = {name.replace("__", "-"): rules for name, rules in files.items()}
    return listing(replace(services, prometheus=Loaded(**named)))


def test_alerts_and_records_are_told_apart_and_the_editors_come_first(services: Services) -> None:
    found = listed(services, mine=(ALERT,), slo__1__a=(RECORD, ALERT), learner__1=(ALERT, RECORD))
    assert [(one.name, len(one.alerts), len(one.recordings)) for one in found.files] == [
        ("learner-1.rules.yml", 1, 1),
        ("slo-1-a.rules.yml", 1, 1),
        ("mine.rules.yml", 1, 0),
    ]
    assert all(rule.kind is RuleKind.ALERTING for one in found.files for rule in one.alerts)
    assert found.records == (RecordingRule("a:b", "up"), RecordingRule("a:b", "up"))


def test_alerts_of_another_learner_are_not_the_learners(services: Services) -> None:
    found = listed(services, learner__1=(ALERT,), learner__2=(ALERT,), mine=(ALERT,))
    assert [rule.file for rule in found.alerts_of(1)] == ["learner-1.rules.yml", "mine.rules.yml"]


@pytest.mark.parametrize(("rules", "waits"), [((ALERT, RECORD), False), ((ALERT,), True)])
def test_it_waits_until_each_rule_was_evaluated(
    services: Services, rules: tuple[Rule, ...], waits: bool
) -> None:
    young = replace(RECORD, health="unknown")
    assert listed(services, mine=(*rules, young) if waits else rules).waits is waits


def test_its_mark_changes_with_the_state_of_an_alert_alone(services: Services) -> None:
    mark = listed(services, mine=(ALERT, RECORD)).states
    failing = replace(RECORD, health="err")
    assert listed(services, mine=(ALERT, failing)).states == mark
    assert listed(services, mine=(replace(ALERT, state="firing"), RECORD)).states != mark


def test_a_prometheus_that_is_away_is_a_reason(services: Services) -> None:
    found = listing(services)
    assert found.files == ()
    assert "Prometheus can't be reached" in found.reason
