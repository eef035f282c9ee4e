"""Every alert rule that could guard a learner's SLO, wherever it was made, with its finding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from portal.alerts import store
from portal.alerts.grafana_rules import ManagedRule, managed_rules
from portal.alerts.transitions import AlertSource
from portal.clients.errors import ClientError
from portal.clients.grafana import UNLISTED, SourceBook
from portal.clients.prometheus import RuleKind
from portal.lab.data_sources import source_book
from portal.learners.models import Learner
from portal.promql.context import RecordingRule, by_name
from portal.rulefile.states import AlertState
from portal.rulefolder.rules import LoadedRule, RuleOrigin, loaded_rules
from portal.services import Services
from portal.slo.objective import SLO
from portal.tie import AlertFinding, AlertRule
from portal.tie.analysis import alert_case
from portal.tie.findings import AlertCase, findings
from portal.tie.grafana import asked, grafana_case

ACTIVE = (AlertState.PENDING, AlertState.FIRING)


@dataclass(frozen=True, kw_only=True)
class JudgedAlert:
    """An alert rule, how it stands, and what it is worth for the learner's SLOs.

    ``made_for_you``: the portal wrote it; ``on_nothing``: it is active now without a number
    behind it, which proves nothing; ``blind``: Grafana finds no data for it where Prometheus has
    some; ``every_s``: seconds between two evaluations.
    """

    name: str
    source: AlertSource
    state: AlertState
    finding: AlertFinding
    health: str = "ok"
    last_error: str = ""
    paused: bool = False
    made_for_you: bool = False
    on_nothing: bool = False
    blind: bool = False
    every_s: float = 10.0

    @property
    def works(self) -> bool:
        """Whether somebody evaluates it, without an error, on the data that there are."""
        evaluated = self.state not in (AlertState.NOT_EVALUATED, AlertState.ERROR)
        return evaluated and not self.paused and not self.blind


@dataclass(frozen=True)
class JudgedAlerts:
    """The best alert first; ``troubles`` are the systems that could not be asked."""

    alerts: tuple[JudgedAlert, ...] = ()
    troubles: tuple[ClientError, ...] = ()


def judged_alerts(services: Services, learner: Learner, slos: Sequence[SLO]) -> JudgedAlerts:
    """The alert rules of Prometheus and Grafana; one that can't be asked never hides the other."""
    troubles: list[ClientError] = []
    loaded: list[LoadedRule] = []
    managed: list[ManagedRule] = []
    try:
        loaded = loaded_rules(services)
    except ClientError as error:
        troubles.append(error)
    try:
        managed = managed_rules(services)
    except ClientError as error:
        troubles.append(error)
    own = [
        rule
        for rule in loaded
        if rule.learner_id in (None, learner.id) and rule.kind is RuleKind.ALERTING
    ]
    book = source_book(services, learner.service.job) if managed else UNLISTED
    cases = _cases(own, managed, _records(loaded), book)
    said = iter(findings(cases, slos, services.trials))
    helped = _was_helped(learner.id)
    found = [
        *(_loaded(rule, next(said), helped) for rule in own),
        *(_managed(services, rule, next(said), book) for rule in managed),
    ]
    return JudgedAlerts(tuple(sorted(found, key=_worth, reverse=True)), tuple(troubles))


def _worth(one: JudgedAlert) -> tuple[int, bool, bool]:
    """Closest to tied first; those that work before the others, the learner's own before ours."""
    return one.finding.code.rank, one.works, not one.made_for_you


def _cases(
    loaded: Sequence[LoadedRule],
    managed: Sequence[ManagedRule],
    records: Iterable[RecordingRule],
    book: SourceBook,
) -> list[AlertCase]:
    """Prometheus' alerts, then Grafana's: they are tried out together."""
    named = by_name(records)
    cases = [
        alert_case(
            AlertRule(rule.name, rule.query, rule.duration_s, rule.labels, rule.group), named
        )
        for rule in loaded
    ]
    return [*cases, *(grafana_case(one.rule, named, book) for one in managed)]


def _loaded(rule: LoadedRule, finding: AlertFinding, helped: bool) -> JudgedAlert:
    state = AlertState(str(rule.state))
    values = [alert.value for alert in rule.alerts if alert.value is not None]
    return JudgedAlert(
        name=rule.name,
        source=AlertSource.PROMETHEUS,
        state=state,
        finding=finding,
        health=rule.health,
        last_error=rule.last_error,
        made_for_you=rule.origin is RuleOrigin.SLO or (rule.origin is RuleOrigin.EDITOR and helped),
        on_nothing=state in ACTIVE and bool(values) and all(map(math.isnan, values)),
        every_s=rule.interval_s,
    )


def _managed(
    services: Services, managed: ManagedRule, finding: AlertFinding, book: SourceBook
) -> JudgedAlert:
    return JudgedAlert(
        name=managed.rule.title,
        source=AlertSource.GRAFANA,
        state=managed.state.state,
        finding=finding,
        health=managed.state.health,
        last_error=managed.state.last_error,
        paused=managed.rule.paused,
        on_nothing=managed.state.fires_on_nothing,
        blind=finding.tied and _is_blind(services, managed, book),
    )


def _is_blind(services: Services, managed: ManagedRule, book: SourceBook) -> bool:
    """Whether Grafana found no data at its last evaluation, and Prometheus has some of then."""
    state = managed.state
    if not state.without_data or state.last_evaluation is None:
        return False
    at, queries = state.last_evaluation.timestamp(), asked(managed.rule, book)
    key, most_s = ("blind", managed.rule.uid, at), services.limits.reading.sources_s
    ask = partial(_have_data, services, queries, at)
    return bool(queries) and services.readings.get(key, most_s, ask)


def _have_data(services: Services, queries: Sequence[str], at: float) -> bool:
    """Whether each query has a result; nobody knows where Prometheus can't be asked."""
    try:
        return all(services.learners_prometheus.query(expr, at) for expr in queries)
    except ClientError:
        return False


def _records(loaded: Iterable[LoadedRule]) -> Iterable[RecordingRule]:
    for rule in loaded:
        if rule.kind is RuleKind.RECORDING:
            yield RecordingRule(rule.name, rule.query, rule.labels)


def _was_helped(learner_id: int) -> bool:
    """Whether the portal wrote what stands in the rule editor."""
    row = store.find(learner_id)
    return row is not None and row.assisted and row.removed_at is None
