"""Grafana-managed alert rules: from the condition back through the expressions to the queries.

The definition comes from the ruler (``GET /api/ruler/grafana/api/v1/rules``). Shapes: Grafana's
documentation, "Alerting", and what a Grafana 9.4 was seen to answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.clients.grafana import UNLISTED, SourceBook
from portal.clients.shape import number, record
from portal.promql.context import Context, RecordingRule, by_name
from portal.promql.nodes import Binary, Expr, Number
from portal.promql.notation import written
from portal.promql.parser import ParseError, parse
from portal.rulefile.contents import seconds
from portal.slo.objective import SLO
from portal.tie.analysis import FIRES_ON_NOTHING, RulesByName, contexts, readings
from portal.tie.codes import TieCode
from portal.tie.findings import AlertCase, AlertFinding, findings
from portal.tie.grafana_nodes import GrafanaQuery, Graph, GraphError
from portal.tie.value_labels import templates
from portal.trial.attempt import AlertAttempt
from portal.trial.memory import TrialMemory

MAX_RULES = 2000
DEFAULT_RANGE_S = 600.0
MOST_RANGE_S = 1e9
NO_LIMIT = (
    "Nothing in it is compared with a limit, and Grafana takes any number but 0 for a reason to "
    "fire."
)
NO_DATA_ALERTING = "Alerting"
FIRES_ON_NAN = (
    "Without traffic its ratio is 0/0 (NaN), and Grafana takes NaN for true: it fires on nothing, "
    "and such a firing proves nothing. Let the query return nothing without traffic: "
    "add `and sum(rate(...[1m])) > 0` over all requests to it."
)
FIRES_ON_NO_DATA = (
    "Without traffic its query returns nothing, and the rule is set to alert on no data: it fires "
    "on nothing. Set its no-data state to OK."
)


@dataclass(frozen=True)
class GrafanaRule:
    """One Grafana-managed alert rule; ``condition`` is the refId that decides.

    ``number`` is what its annotations call it by; 0 where Grafana tells none.
    """

    uid: str
    title: str
    condition: str
    queries: tuple[GrafanaQuery, ...]
    folder: str = ""
    group: str = ""
    for_s: float = 0.0
    no_data_state: str = "NoData"
    paused: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    number: int = 0


def read_ruler(payload: Any) -> list[GrafanaRule]:
    """The rules in the ruler's answer; what is no alert rule is left out. Never raises."""
    rules: list[GrafanaRule] = []
    for folder, group, entry in _entries(payload):
        rule = _rule(entry, folder, group)
        if rule is not None and len(rules) < MAX_RULES:
            rules.append(rule)
    return rules


def analyse_grafana(
    alerts: Sequence[GrafanaRule],
    slos: Sequence[SLO],
    rules: Sequence[RecordingRule] = (),
    *,
    memory: TrialMemory,
    book: SourceBook = UNLISTED,
) -> list[AlertFinding]:
    """The findings for Grafana-managed rules, tried in one process; never raises.

    ``rules`` are Prometheus' recording rules, which a query may read.
    """
    named = by_name(rules)
    return findings([grafana_case(alert, named, book) for alert in alerts], slos, memory)


def asked(rule: GrafanaRule, book: SourceBook) -> list[str]:
    """The PromQL that the rule's queries are; none where that can't be told."""
    try:
        return Graph(rule.queries, book).asked()
    except GraphError:
        return []


def grafana_case(rule: GrafanaRule, named: RulesByName, book: SourceBook = UNLISTED) -> AlertCase:
    """A Grafana-managed rule, read and ready to be tried as the PromQL that it amounts to.

    ``book``: what its queries ask.
    """
    graph = Graph(rule.queries, book)
    try:
        tree = graph.tree(rule.condition)
    except GraphError as error:
        return AlertCase(rule.title, said=AlertFinding(rule.title, error.code, str(error)))
    if _alerts_on_a_filter(rule, tree):
        reason = (
            "It fires while all is well: its query returns nothing then, and the rule is set to "
            "alert on no data."
        )
        return AlertCase(rule.title, said=AlertFinding(rule.title, TieCode.ALWAYS_FIRES, reason))
    fires = Binary("!=", tree, Number(0.0))
    known = contexts(tree, named)
    attempt = _attempt(fires, known[0])
    return AlertCase(
        rule.title,
        readings(fires, known),
        attempt,
        untried="" if attempt else "Prometheus has no words for what Grafana computes there",
        labels=templates(rule.labels),
        for_s=rule.for_s,
        on_nothing=_on_nothing(graph.fires_when_idle(rule.condition, known[0]), rule),
        unlimited="" if Graph.compares(tree) else NO_LIMIT,
    )


def _attempt(fires: Expr, context: Context) -> AlertAttempt | None:
    """None where PromQL can't say what the rule computes.

    Labels are left out: Grafana's templates know other names than Prometheus'.
    """
    try:
        text = written(fires)
        return AlertAttempt(text, parse(text), context.rules)
    except (ParseError, ValueError):
        return None


def _on_nothing(idle: str, rule: GrafanaRule) -> str:
    if idle == "nan":
        return FIRES_ON_NAN
    if idle == "number":
        return FIRES_ON_NOTHING
    return FIRES_ON_NO_DATA if idle == "empty" and rule.no_data_state == NO_DATA_ALERTING else ""


def _entries(payload: Any) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Each rule with its folder and its group."""
    folders = payload if isinstance(payload, Mapping) else {}
    for folder, groups in folders.items():
        for group in groups if isinstance(groups, list) else []:
            rules = group.get("rules") if isinstance(group, Mapping) else None
            for entry in rules if isinstance(rules, list) else []:
                if isinstance(entry, Mapping):
                    yield str(folder), group, entry


def _rule(entry: Mapping[str, Any], folder: str, group: Mapping[str, Any]) -> GrafanaRule | None:
    alert = entry.get("grafana_alert")
    if not isinstance(alert, Mapping) or not alert.get("condition"):
        return None  # a recording rule, or a rule of another data source
    return GrafanaRule(
        uid=str(alert.get("uid", "")),
        title=str(alert.get("title", "")),
        condition=str(alert["condition"]),
        queries=_queries(alert.get("data")),
        folder=folder,
        group=str(group.get("name", "")),
        for_s=seconds(entry.get("for")),
        no_data_state=str(alert.get("no_data_state", "NoData")),
        paused=bool(alert.get("is_paused", False)),
        labels=_labels(entry.get("labels")),
        number=int(number(alert.get("id")) or 0),
    )


def _labels(labels: Any) -> dict[str, str]:
    entries = labels if isinstance(labels, Mapping) else {}
    return {str(name): str(value) for name, value in entries.items()}


def _queries(data: Any) -> tuple[GrafanaQuery, ...]:
    entries = data if isinstance(data, list) else []
    return tuple(_query(entry) for entry in entries if isinstance(entry, Mapping))


def _query(entry: Mapping[str, Any]) -> GrafanaQuery:
    model = entry.get("model")
    if isinstance(model, str):  # some exports hold the model as JSON text
        try:
            model = json.loads(model)
        except (ValueError, RecursionError):
            model = {}
    source = str(entry.get("datasourceUid", ""))
    model = model if isinstance(model, Mapping) else {}
    return GrafanaQuery(str(entry.get("refId", "")), source, model, _range(entry))


def _range(entry: Mapping[str, Any]) -> float:
    """Seconds, out of ``{from: 600, to: 0}`` ago."""
    written = record(entry.get("relativeTimeRange"))
    start, end = number(written.get("from")) or 0.0, number(written.get("to")) or 0.0
    return max(start - end, 0.0) or GrafanaQuery.range_s


def _alerts_on_a_filter(rule: GrafanaRule, tree: Expr) -> bool:
    """A query that returns nothing while healthy, in a rule that takes nothing for an alarm."""
    if rule.no_data_state != NO_DATA_ALERTING:
        return False
    return Graph.filters(tree)
