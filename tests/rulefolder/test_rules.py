"""Loaded rules, their states as they may be believed, and how the page lists them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.alerts.listing import listing
from portal.clients.prometheus import LoadedGroup, PrometheusClient, Rule, RuleKind
from portal.rulefolder.rules import LoadedState, RuleOrigin, loaded_rule, loaded_rules
from portal.services import Services
from tests.conftest import START


def rule(**given: Any) -> Rule:
    whole: dict[str, Any] = {
        "kind": RuleKind.ALERTING,
        "name": "A",
        "query": "up == 0",
        "state": "inactive",
        "health": "ok",
        "last_error": "",
        "last_evaluation": START,
        "duration_s": 10.0,
        "labels": {},
        "annotations": {},
        "alerts": (),
    }
    return Rule(**{**whole, **given})


def group(file: str, *rules: Rule) -> LoadedGroup:
    return LoadedGroup(name="g", file=file, interval_s=5.0, rules=rules)


class Told(PrometheusClient):
    """Prometheus with these rules."""

    def __init__(self, *groups: LoadedGroup) -> None:
        super().__init__("http://127.0.0.1:9")
        self.groups = list(groups)

    def rules(self) -> list[LoadedGroup]:
        return self.groups


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, LoadedState.INACTIVE),
        ({"state": "pending"}, LoadedState.PENDING),
        ({"state": "firing"}, LoadedState.FIRING),
        ({"state": "firing", "health": "unknown"}, LoadedState.NOT_EVALUATED),
        ({"state": "firing", "last_evaluation": None}, LoadedState.NOT_EVALUATED),
        ({"state": "firing", "health": "err"}, LoadedState.ERROR),
        ({"state": "unknown"}, LoadedState.NOT_EVALUATED),
        ({"state": "", "kind": RuleKind.RECORDING}, LoadedState.RECORDING),
        ({"state": "", "kind": RuleKind.RECORDING, "health": "err"}, LoadedState.ERROR),
    ],
)
def test_state_is_only_what_the_present_expression_said(
    given: dict[str, Any], state: LoadedState
) -> None:
    assert loaded_rule(group("x.yml"), rule(**given)).state is state


@pytest.mark.parametrize(
    ("file", "origin", "learner_id"),
    [
        ("/data/rules/learner-7.rules.yml", RuleOrigin.EDITOR, 7),
        ("/etc/prometheus/rules/slo-7-a-b.rules.yml", RuleOrigin.SLO, 7),
        ("rules/mine.yaml", RuleOrigin.HAND, None),
        ("rules/my-learner-7.rules.yml", RuleOrigin.HAND, None),
    ],
)
def test_origin_is_known_by_the_files_name(
    file: str, origin: RuleOrigin, learner_id: int | None
) -> None:
    found = loaded_rule(group(file), rule())
    assert (found.origin, found.learner_id) == (origin, learner_id)


def test_every_rule_is_listed_the_editors_first(services: Services) -> None:
    told = Told(
        group("/r/a.yml", rule(name="Hand")),
        group("/r/learner-1.rules.yml", rule(name="Mine")),
        group("/r/slo-1-x.rules.yml", rule(name="r", kind=RuleKind.RECORDING), rule(name="Page")),
    )
    asked = replace(services, prometheus=told)
    assert [one.name for one in loaded_rules(asked)] == ["Hand", "Mine", "r", "Page"]
    files = listing(asked).files
    assert [(file.name, len(file.alerts), len(file.recordings)) for file in files] == [
        ("learner-1.rules.yml", 1, 0),
        ("slo-1-x.rules.yml", 1, 1),
        ("a.yml", 1, 0),
    ]


def test_unreachable_prometheus_is_a_reason(services: Services) -> None:
    found = listing(services)
    assert found.files == ()
    assert "can't be reached" in found.reason
