"""Recording rules out of Prometheus rule files."""

from __future__ import annotations

from collections.abc import Iterable

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


def by_name(found: Iterable[RecordingRule]) -> dict[str, tuple[RecordingRule, ...]]:
    """The rules as the classifier wants them."""
    named: dict[str, tuple[RecordingRule, ...]] = {}
    for rule in found:
        named[rule.name] = (*named.get(rule.name, ()), rule)
    return named
