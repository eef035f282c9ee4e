"""Prometheus rule files, read within bounds."""

from __future__ import annotations

import pytest

from portal.rulefile.contents import read_rule_file, seconds
from portal.rulefile.reader import RuleFileError

FILE = """
groups:
  - name: slo
    interval: 5s
    rules:
      - record: job:errors:ratio
        expr: a / b
        labels: {window: 5m}
      - alert: Burn
        expr: |
          job:errors:ratio
          > 0.144
        for: 1m30s
        labels: {severity: page, tier: 1}
        annotations: {summary: burning}
      - alert: Constant
        expr: 1
  - name: empty
"""


def test_alerts_and_records_are_read_in_order() -> None:
    found = read_rule_file(FILE)
    assert [(alert.name, alert.for_s, alert.group) for alert in found.alerts] == [
        ("Burn", 90.0, "slo"),
        ("Constant", 0.0, "slo"),
    ]
    assert found.alerts[0].labels == {"severity": "page", "tier": "1"}
    assert found.alerts[1].expr == "1"
    [record] = found.records
    assert (record.name, record.expr, dict(record.labels)) == (
        "job:errors:ratio", "a / b", {"window": "5m"},
    )  # fmt: skip


def test_a_file_without_alerts_is_a_rule_file() -> None:
    assert read_rule_file("groups: []").alerts == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "groups"),
        ("just text", "groups"),
        ("rules: []", "groups"),
        ("groups: {}", "groups"),
        ("groups: [1]", "list of rules"),
        ("groups: [{name: g, rules: 1}]", "list of rules"),
        ("groups: [{name: g, rules: [1]}]", "no mapping"),
        ("groups: [{name: g, rules: [{expr: up}]}]", "neither"),
        ("groups: [{name: g, rules: [{alert: A}]}]", "expr"),
        ("groups: [{name: g, rules: [{alert: [A], expr: up}]}]", "name"),
        ("groups: [", "Line"),
        ("groups: []\n---\ngroups: []\n", "several"),
        ("groups: []\ngroups: []\n", 'the key "groups" stands twice'),
        ("groups: [{name: g, rules: [{alert: A, expr: up, expr: up}]}]", '"expr" stands twice'),
        ("kind: List\nitems: []\n", "groups"),
        ("kind: List\nitems: [{kind: Service, spec: {}}]\n", "groups"),
        ("kind: Service\n---\nkind: ConfigMap\n", "groups"),
    ],
)
def test_what_is_no_rule_file_gets_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(RuleFileError, match=reason):
        read_rule_file(text)


RULE = (
    "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n"
    "spec: {{groups: [{{name: g, rules: [{{alert: {}, expr: up}}]}}]}}\n"
)
A, B = RULE.format("A"), RULE.format("B")


def _listed(kind: str, *objects: str) -> str:
    indented = ("  - " + text.strip().replace("\n", "\n    ") for text in objects)
    return f"apiVersion: v1\nkind: {kind}\nitems:\n" + "\n".join(indented)


@pytest.mark.parametrize(
    "text",
    [
        f"{A}---\n{B}",
        f"{A}---\nkind: Service\nspec: {{}}\n---\n{B}",
        _listed("List", A, B),
        _listed("List", A, "kind: ConfigMap", B),
        _listed("PrometheusRuleList", A, B),
        f"{_listed('List', A)}\n---\n{B}",
    ],
)
def test_all_prometheus_rules_among_the_objects_of_a_file_are_read(text: str) -> None:
    assert [alert.name for alert in read_rule_file(text).alerts] == ["A", "B"]


@pytest.mark.parametrize(
    ("duration", "wanted"), [("5m", 300), ("1h30m", 5400), ("20s", 20), (None, 0), (5, 0)]
)
def test_durations_are_read_as_prometheus_does(duration: object, wanted: float) -> None:
    assert seconds(duration) == wanted


def test_anchors_are_read_as_prometheus_does() -> None:
    text = """
groups:
  - name: g
    rules:
      - &burn {alert: A, expr: up == 0}
      - {<<: *burn, alert: B}
"""
    assert [alert.expr for alert in read_rule_file(text).alerts] == ["up == 0", "up == 0"]


def test_a_file_that_multiplies_itself_is_stopped() -> None:
    rules = ", ".join(["{alert: A, expr: up}"] * 1000)
    groups = "\n".join("  - {name: g, rules: *r}" for _ in range(100))
    with pytest.raises(RuleFileError, match="more than"):
        read_rule_file(f"groups:\n  - {{name: g, rules: &r [{rules}]}}\n{groups}\n")
