"""A Prometheus rule file's rules, as they stand in it; PrometheusRules of Kubernetes as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.documents import MAX_BYTES, DocumentError, load_documents
from portal.errors import SLOLabError

MAX_RULES = 20_000
NO_GROUPS = "This is no Prometheus rule file: it has no list of groups."


class RuleFileError(SLOLabError):
    """The text is no Prometheus rule file."""


def rules(text: str, max_bytes: int = MAX_BYTES) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each rule with the name of its group; raises ``RuleFileError`` with one clear sentence."""
    try:
        documents = load_documents(text, max_bytes)
    except DocumentError as error:
        raise RuleFileError(str(error)) from None
    for number, found in enumerate(_rules(_groups(documents))):
        if number >= MAX_RULES:
            raise RuleFileError(f"The file holds more than {MAX_RULES} rules.")
        yield found


def _groups(documents: list[Any]) -> list[Any]:
    """The groups of a rule file, or of all PrometheusRules among Kubernetes' objects."""
    objects = [one for document in documents for one in _objects(document)]
    if len(documents) > 1 and any("groups" in one for one in objects):
        raise RuleFileError("A rule file is a single YAML document; this text holds several.")
    if len(objects) > 1:
        objects = [one for one in objects if one.get("kind") == "PrometheusRule"]
    if not objects:
        raise RuleFileError(NO_GROUPS)
    return [group for one in objects for group in _groups_of(one)]


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """A document's object; of Kubernetes' lists those that are in them."""
    if not isinstance(document, Mapping):
        raise RuleFileError(NO_GROUPS)
    items = document.get("items")
    if str(document.get("kind")).endswith("List") and isinstance(items, list):
        yield from (item for item in items if isinstance(item, Mapping))
    else:
        yield document


def _groups_of(found: Mapping[str, Any]) -> list[Any]:
    inside = found if "groups" in found else found.get("spec")
    groups = inside.get("groups") if isinstance(inside, Mapping) else None
    if not isinstance(groups, list):
        raise RuleFileError(NO_GROUPS)
    return groups


def _rules(groups: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in groups:
        if not isinstance(group, Mapping) or not isinstance(group.get("rules") or [], list):
            raise RuleFileError("A group of the rule file has no list of rules.")
        name = str(group.get("name"))[:80] if isinstance(group.get("name"), str) else "(no name)"
        for rule in group.get("rules") or []:
            if not isinstance(rule, Mapping):
                raise RuleFileError(f"A rule in group {name} is no mapping.")
            yield name, rule


def scalar(value: Any, problem: str) -> str:
    """A scalar as text: YAML reads ``expr: 1`` as a number; raises RuleFileError."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise RuleFileError(f"{problem[:1].upper()}{problem[1:]}.")


def labels(value: Any) -> dict[str, str]:
    """A rule's labels, or its annotations: what is no text or number is left out."""
    entries = value if isinstance(value, Mapping) else {}
    return {
        str(name): str(label)
        for name, label in entries.items()
        if isinstance(label, str | int | float)
    }
