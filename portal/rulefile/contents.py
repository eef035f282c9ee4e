"""A Prometheus rule file: its alerts and its recording rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.durations import prometheus_seconds
from portal.promql.context import RecordingRule
from portal.rulefile.reader import RuleFileError, labels, rules, scalar


@dataclass(frozen=True)
class AlertRule:
    """A Prometheus alert rule; ``for_s`` in seconds."""

    name: str
    expr: str
    for_s: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True)
class RuleFile:
    """What a rule file holds, in its order."""

    alerts: tuple[AlertRule, ...]
    records: tuple[RecordingRule, ...]


def read_rule_file(text: str) -> RuleFile:
    """The rules of a rule file's text; raises ``RuleFileError`` with one clear sentence."""
    alerts: list[AlertRule] = []
    records: list[RecordingRule] = []
    for group, rule in rules(text):
        expr = scalar(rule.get("expr"), f"a rule in group {group} has no expr")
        if "alert" in rule:
            alerts.append(_alert(rule, expr, group))
        elif "record" in rule:
            name = scalar(rule["record"], f"a rule in group {group} has an empty record")
            records.append(RecordingRule(name, expr, labels(rule.get("labels"))))
        else:
            raise RuleFileError(f"A rule in group {group} is neither an alert nor a record.")
    return RuleFile(tuple(alerts), tuple(records))


def _alert(rule: Mapping[str, Any], expr: str, group: str) -> AlertRule:
    name = scalar(rule["alert"], f"an alert in group {group} has no name")
    return AlertRule(name, expr, seconds(rule.get("for")), labels(rule.get("labels")), group)


def seconds(duration: Any) -> float:
    """The seconds of a Prometheus duration (``"1m30s"``); 0 where there is none."""
    return (prometheus_seconds(duration) or 0.0) if isinstance(duration, str) else 0.0
