"""Grafana-managed alert rules: definition and state, as recorded from 9.4."""

from __future__ import annotations

import math

from portal.clients.grafana import GrafanaClient
from portal.clients.grafana.rules import definitions, with_states
from tests.fakes.boards import AVAILABILITY
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana_shapes import alert

NOW = "2026-11-22T19:51:50Z"


def test_a_rule_has_its_definition_and_its_state(each_version: FakeGrafana) -> None:
    each_version.add_rule("Burn", AVAILABILITY, threshold=0.144, wait="1m30s")
    each_version.rule_states["Burn"] = {
        "state": "firing",
        "lastEvaluation": NOW,
        "alerts": [alert("Burn", "Alerting", "3.05e-01", severity="page")],
    }
    (rule,) = GrafanaClient(each_version.url).alert_rules()
    assert (rule.title, rule.folder, rule.folder_uid, rule.group) == (
        "Burn",
        "SLO lab",
        "slo-lab",
        "slo",
    )
    assert (rule.interval_s, rule.for_s, rule.condition) == (10.0, 90.0, "C")
    assert [node.ref_id for node in rule.nodes] == ["A", "B", "C"]
    assert rule.nodes[0].model["expr"] == AVAILABILITY
    assert rule.nodes[2].datasource_uid == "__expr__"
    assert (rule.is_paused, rule.is_recording) == (False, False)
    assert rule.state is not None
    assert (rule.state.state, rule.state.health) == ("firing", "ok")
    assert rule.state.last_evaluation is not None
    (instance,) = rule.state.instances
    assert (instance.state, instance.value) == ("Alerting", 0.305)


def test_a_new_rule_is_not_evaluated_yet(fake: FakeGrafana) -> None:
    fake.add_rule("Burn", AVAILABILITY)
    (rule,) = GrafanaClient(fake.url).alert_rules()
    assert rule.state is not None
    assert (rule.state.health, rule.state.last_evaluation) == ("ok", None)


def test_firing_on_idle_traffic_shows_as_nan(fake: FakeGrafana) -> None:
    fake.add_rule("Burn", AVAILABILITY)
    fake.rule_states["Burn"] = {"alerts": [alert("Burn", "Alerting", "NaN")]}
    (rule,) = GrafanaClient(fake.url).alert_rules()
    assert rule.state is not None
    assert math.isnan(rule.state.instances[0].value or 0)


def test_no_data_has_no_value(fake: FakeGrafana) -> None:
    fake.add_rule("Burn", "sum(rate(")
    none = [alert("Burn", "NoData", ""), alert("Burn", "Normal (NoData)", "")]
    fake.rule_states["Burn"] = {"health": "nodata", "alerts": none}
    (rule,) = GrafanaClient(fake.url).alert_rules()
    assert rule.state is not None
    assert rule.state.health == "nodata"
    assert [instance.value for instance in rule.state.instances] == [None, None]


def test_two_rules_of_one_name_in_two_groups_keep_their_own_state(
    each_version: FakeGrafana,
) -> None:
    for group, state in (("slow", "inactive"), ("fast", "firing")):
        each_version.add_rule("Burn", AVAILABILITY, group=group)
        each_version.rule_states[f"{group}/Burn"] = {"state": state}
    rules = GrafanaClient(each_version.url).alert_rules()
    assert {rule.group: rule.state and rule.state.state for rule in rules} == {
        "slow": "inactive",
        "fast": "firing",
    }


def test_without_rules_no_state_is_asked_for(fake: FakeGrafana) -> None:
    assert GrafanaClient(fake.url).alert_rules() == []
    assert fake.paths() == ["GET /api/ruler/grafana/api/v1/rules"]


def test_a_rule_whose_state_is_left_out_has_none() -> None:
    own = {"grafana_alert": {"title": "Burn", "data": [{"refId": "A", "model": '{"expr": "up"}'}]}}
    answer = {"a/b": [{"name": "g", "rules": [own, {"record": "x"}]}], "c": 7, "d": [None]}
    rules = with_states(list(definitions(answer)), {"data": {"groups": [{"rules": [7]}]}})
    assert [(rule.title, rule.state) for rule in rules] == [("Burn", None)]
    assert rules[0].nodes[0].model == {"expr": "up"}


def test_a_nested_folder_is_found_by_its_last_name() -> None:
    own = {"grafana_alert": {"title": "Burn", "data": []}}
    rules = list(definitions({"top/SLO lab": [{"name": "g", "rules": [own]}]}))
    state = {"name": "g", "file": "SLO lab", "rules": [{"name": "Burn", "state": "pending"}]}
    (rule,) = with_states(rules, {"data": {"groups": [state]}})
    assert rule.state is not None
    assert rule.state.state == "pending"
