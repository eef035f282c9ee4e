"""Recording rules out of Prometheus rule files."""

from __future__ import annotations

from portal.promql.context import RecordingRule
from portal.rulefile.reader import labels, rules, scalar

MAX_BYTES = 2 << 20


def recording_rules(text: str) -> list[RecordingRule]:
    """The recording rules of one rule file; raises RuleFileError."""
    return [
        RecordingRule(
            scalar(rule["record"], f"a rule in group {group} has an empty record"),
            scalar(rule.get("expr"), f"a rule in group {group} has no expr"),
            labels(rule.get("labels")),
        )
        for group, rule in rules(text, MAX_BYTES)
        if "record" in rule
    ]
