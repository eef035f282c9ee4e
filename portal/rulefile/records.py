"""Recording rules out of Prometheus rule files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from portal.errors import SLOLabError
from portal.promql.context import RecordingRule

MAX_BYTES = 2 << 20
MAX_RULES = 5000


class UnreadableRulesError(SLOLabError):
    """A file holds no Prometheus rules."""


def recording_rules(text: str) -> list[RecordingRule]:
    """The recording rules of one rule file; raises UnreadableRulesError."""
    if len(text) > MAX_BYTES:
        raise UnreadableRulesError("The rule file is larger than 2 MB.")
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableRulesError("The rule file is not valid YAML.") from error
    if isinstance(document, Mapping) and "groups" not in document:
        document = document.get("spec")  # a PrometheusRule of Kubernetes
    if not isinstance(document, Mapping) or not isinstance(document.get("groups"), list):
        raise UnreadableRulesError("The rule file has no groups of rules.")
    return list(_rules(document["groups"]))[:MAX_RULES]


def _rules(groups: Iterable[Any]) -> Iterable[RecordingRule]:
    for group in _mappings(groups):
        for rule in _mappings(group.get("rules")):
            name, expr, labels = rule.get("record"), rule.get("expr"), rule.get("labels")
            if isinstance(name, str) and isinstance(expr, str | int | float):
                texts = labels.items() if isinstance(labels, Mapping) else ()
                yield RecordingRule(name, str(expr), {str(k): str(v) for k, v in texts})


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    items = found if isinstance(found, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def by_name(rules: Iterable[RecordingRule]) -> dict[str, tuple[RecordingRule, ...]]:
    """The rules as the classifier wants them."""
    found: dict[str, tuple[RecordingRule, ...]] = {}
    for rule in rules:
        found[rule.name] = (*found.get(rule.name, ()), rule)
    return found
