"""The rules as the page lists them: Prometheus' by file, then those that Grafana manages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from zlib import crc32

from portal.alerts.grafana_rules import ManagedRule, managed_rules
from portal.clients.errors import ClientError
from portal.clients.prometheus import RuleKind
from portal.promql.context import RecordingRule
from portal.rulefolder.changes import RULES
from portal.rulefolder.rules import LoadedRule, LoadedState, RuleOrigin, loaded_rules
from portal.services import Services


@dataclass(frozen=True)
class ListedFile:
    """A rule file as loaded."""

    name: str
    origin: RuleOrigin
    alerts: tuple[LoadedRule, ...]
    recordings: tuple[LoadedRule, ...]


@dataclass(frozen=True)
class Listing:
    """What is loaded, and what Grafana manages; a ``reason`` says why one of them is not known."""

    files: tuple[ListedFile, ...] = ()
    reason: str = ""
    managed: tuple[ManagedRule, ...] = ()
    grafana_reason: str = ""

    @property
    def waits(self) -> bool:
        """Whether a loaded rule is still to be evaluated for the first time."""
        rules = (rule for file in self.files for rule in (*file.alerts, *file.recordings))
        return any(rule.state is LoadedState.NOT_EVALUATED for rule in rules)

    @property
    def states(self) -> str:
        """A short mark that changes when the state of an alert does."""
        loaded = [(file.name, r.group, r.name, r.state) for file in self.files for r in file.alerts]
        managed = [(one.rule.title, one.state.state) for one in self.managed]
        return f"{crc32(repr((loaded, managed)).encode()):08x}"

    @property
    def records(self) -> tuple[RecordingRule, ...]:
        """The recording rules, for whoever follows an expression."""
        loaded = (rule for file in self.files for rule in file.recordings)
        return tuple(RecordingRule(rule.name, rule.query, rule.labels) for rule in loaded)

    def alerts_of(self, learner_id: int) -> tuple[LoadedRule, ...]:
        """The learner's alerts in Prometheus, and those of nobody in particular."""
        alerts = (rule for file in self.files for rule in file.alerts)
        return tuple(rule for rule in alerts if rule.learner_id in (None, learner_id))


def shared_listing(services: Services) -> Listing:
    """The rules as they were a moment ago; all open pages share one listing."""
    return services.readings.get(RULES, services.limits.reading.alerts_s, lambda: listing(services))


def listing(services: Services) -> Listing:
    """The loaded rules, the file of the editor first; one system never hides the other's."""
    files, reason = _files(services)
    try:
        managed = managed_rules(services)
    except ClientError as error:
        return Listing(files, reason, grafana_reason=str(error))
    return Listing(files, reason, tuple(managed))


def _files(services: Services) -> tuple[tuple[ListedFile, ...], str]:
    try:
        rules = loaded_rules(services)
    except ClientError as error:
        return (), str(error)
    order = list(RuleOrigin)
    rules.sort(key=lambda rule: (order.index(rule.origin), rule.file))
    grouped = groupby(rules, lambda rule: rule.file)
    return tuple(_file(list(own)) for _, own in grouped), ""


def _file(rules: list[LoadedRule]) -> ListedFile:
    return ListedFile(
        name=rules[0].file,
        origin=rules[0].origin,
        alerts=tuple(rule for rule in rules if rule.kind is RuleKind.ALERTING),
        recordings=tuple(rule for rule in rules if rule.kind is RuleKind.RECORDING),
    )
