"""A Prometheus rule file: its alerts and its recording rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.documents import DocumentError, load_documents
from portal.errors import SLOLabError
from portal.promql.context import RecordingRule

MAX_RULES = 20_000
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


class RuleFileError(SLOLabError):
    """The text is no Prometheus rule file."""


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
    try:
        documents = load_documents(text)
    except DocumentError as error:
        raise RuleFileError(str(error)) from None
    alerts: list[AlertRule] = []
    records: list[RecordingRule] = []
    for number, (group, rule) in enumerate(_rules(documents)):
        if number >= MAX_RULES:
            raise RuleFileError(f"The file holds more than {MAX_RULES} rules.")
        expr = _text(rule.get("expr"), f"a rule in group {group} has no expr")
        if "alert" in rule:
            alerts.append(_alert(rule, expr, group))
        elif "record" in rule:
            name = _text(rule["record"], f"a rule in group {group} has an empty record")
            records.append(RecordingRule(name, expr, _labels(rule.get("labels"))))
        else:
            raise RuleFileError(f"A rule in group {group} is neither an alert nor a record.")
    return RuleFile(tuple(alerts), tuple(records))


def _alert(rule: Mapping[str, Any], expr: str, group: str) -> AlertRule:
    name = _text(rule["alert"], f"an alert in group {group} has no name")
    return AlertRule(name, expr, seconds(rule.get("for")), _labels(rule.get("labels")), group)


def seconds(duration: Any) -> float:
    """The seconds of a Prometheus duration (``"1m30s"``); 0 where there is none."""
    if not isinstance(duration, str):
        return 0.0
    return float(sum(int(n) * _SECONDS[unit] for n, unit in _DURATION.findall(duration)))


def _rules(documents: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each rule with the name of its group."""
    if len(documents) > 1:
        raise RuleFileError("A rule file is a single YAML document; this text holds several.")
    document = documents[0] if documents else {}
    if not isinstance(document, Mapping) or not isinstance(document.get("groups"), list):
        raise RuleFileError("This is no Prometheus rule file: it has no list of groups.")
    for group in document["groups"]:
        if not isinstance(group, Mapping) or not isinstance(group.get("rules") or [], list):
            raise RuleFileError("A group of the rule file has no list of rules.")
        name = str(group.get("name"))[:80] if isinstance(group.get("name"), str) else "(no name)"
        for rule in group.get("rules") or []:
            if not isinstance(rule, Mapping):
                raise RuleFileError(f"A rule in group {name} is no mapping.")
            yield name, rule


def _text(value: Any, problem: str) -> str:
    """A scalar as text: YAML reads ``expr: 1`` as a number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise RuleFileError(f"{problem[:1].upper()}{problem[1:]}.")


def _labels(value: Any) -> dict[str, str]:
    entries = value if isinstance(value, Mapping) else {}
    return {
        str(name): str(label)
        for name, label in entries.items()
        if isinstance(label, str | int | float)
    }
