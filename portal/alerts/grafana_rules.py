"""Grafana-managed alert rules: what they say (the ruler) with how they stand (the state)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from portal.clients.errors import plain
from portal.lab.grafana_state import grafana_absence
from portal.rulefile.states import AlertState, ToldRule, read_states
from portal.services import Services
from portal.tie.grafana import GrafanaRule, read_ruler


@dataclass(frozen=True)
class ManagedRule:
    """A Grafana-managed rule and its state. Grafana tells no state of a group with a data source
    that the portal may not query: that is *not evaluated yet* without a time.
    """

    rule: GrafanaRule
    state: ToldRule

    @property
    def labels(self) -> dict[str, str]:
        """Its own labels, and where it is found in Grafana; these tell it from all others."""
        place = {"grafana_folder": self.rule.folder, "grafana_group": self.rule.group}
        return {**self.rule.labels, **place, "grafana_uid": self.rule.uid}


def managed_rules(services: Services) -> list[ManagedRule]:
    """Every Grafana-managed rule as it stands now; none where the lab has no Grafana.

    Raises ClientError.
    """
    if grafana_absence(services.settings):
        return []
    ask, definitions_s = services.grafana.alert_definitions, services.limits.reading.definitions_s
    rules = services.readings.get("ruler", definitions_s, lambda: read_ruler(ask()))
    return with_states(rules, read_states(services.grafana.alert_states())) if rules else []


def with_states(rules: Iterable[GrafanaRule], states: Iterable[ToldRule]) -> list[ManagedRule]:
    """The rules, each with its state: by uid where that is told, else by folder, group and name.

    Nested folders are told with their path in one answer, and without it in the other.
    """
    by_uid, by_name = {}, {}
    for told in states:
        state = replace(told, last_error=plain(told.last_error))
        by_uid[state.uid] = by_name[state.file, state.group, state.name] = state
    by_uid.pop("", None)
    found = []
    for rule in rules:
        last = rule.folder.rpartition("/")[2]
        names = ((folder, rule.group, rule.title) for folder in (rule.folder, last))
        by_its_name = next((by_name[name] for name in names if name in by_name), None)
        found.append(ManagedRule(rule, by_uid.get(rule.uid) or by_its_name or _untold(rule)))
    return found


def _untold(rule: GrafanaRule) -> ToldRule:
    return ToldRule(rule.title, rule.group, rule.folder, AlertState.NOT_EVALUATED, "unknown")
