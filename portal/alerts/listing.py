"""The loaded rules as the page lists them: by file, alerts apart from recordings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from portal.alerts.loaded import LoadedRule, Origin, loaded_rules
from portal.clients.errors import ClientError
from portal.clients.prometheus import RuleKind
from portal.services import Services


@dataclass(frozen=True)
class ListedFile:
    """A rule file as loaded."""

    name: str
    origin: Origin
    alerts: tuple[LoadedRule, ...]
    recordings: tuple[LoadedRule, ...]


@dataclass(frozen=True)
class Listing:
    """What is loaded; or, as ``reason``, why nobody knows."""

    files: tuple[ListedFile, ...] = ()
    reason: str = ""


def listing(services: Services) -> Listing:
    """The loaded rules, the file of the editor first."""
    try:
        rules = loaded_rules(services)
    except ClientError as error:
        return Listing(reason=str(error))
    order = list(Origin)
    rules.sort(key=lambda rule: (order.index(rule.origin), rule.file))
    return Listing(tuple(_file(list(own)) for _, own in groupby(rules, lambda rule: rule.file)))


def _file(rules: list[LoadedRule]) -> ListedFile:
    return ListedFile(
        name=rules[0].file,
        origin=rules[0].origin,
        alerts=tuple(rule for rule in rules if rule.kind is RuleKind.ALERTING),
        recordings=tuple(rule for rule in rules if rule.kind is RuleKind.RECORDING),
    )
