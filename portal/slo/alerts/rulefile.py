"""A Prometheus rule file: its alerts and its recording rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.promql.context import RecordingRule
from portal.rulefile.reader import RuleFileError, labels, rules, scalar
from portal.slo.alerts.analysis import AlertRule

__all__ = ["RuleFile", "RuleFileError", "read_rule_file", "seconds"]

_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


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
    if not isinstance(duration, str):
        return 0.0
    return float(sum(int(n) * _SECONDS[unit] for n, unit in _DURATION.findall(duration)))
