"""Grafana-managed alert rules: what they say (the ruler) and how they stand (the state)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.clients.errors import plain
from portal.clients.prometheus import duration_seconds
from portal.clients.shape import (
    decode_json,
    labels,
    moment,
    number,
    numeral,
    record,
    records,
    text,
)

EXPRESSION = "__expr__"
"""The data source uid of a node that computes with other nodes."""


@dataclass(frozen=True, kw_only=True)
class RuleNode:
    """A query or an expression of a rule; ``model`` is its JSON, with ``expr`` for Prometheus."""

    ref_id: str
    datasource_uid: str
    model: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RuleInstance:
    """One alert of a rule. ``state`` is Normal, Pending, Alerting, NoData or Error, maybe with a
    reason behind it; ``value`` may be NaN: a rule fires on idle traffic's 0/0, too.
    """

    labels: dict[str, str]
    state: str
    active_at: datetime | None
    value: float | None


@dataclass(frozen=True, kw_only=True)
class RuleState:
    """How a rule stands. ``last_evaluation`` is None before the first; ``health`` is ok, nodata
    or error, and says "ok" before the first evaluation, too.
    """

    state: str
    health: str
    last_error: str
    last_evaluation: datetime | None
    instances: tuple[RuleInstance, ...]


@dataclass(frozen=True, kw_only=True)
class GrafanaRule:
    """A Grafana-managed rule. Times are seconds; ``condition`` is the ref_id that decides.

    ``state`` is None where Grafana tells none: it leaves out groups with a data source that the
    portal may not query.
    """

    uid: str
    title: str
    folder: str
    folder_uid: str
    group: str
    interval_s: float
    for_s: float
    condition: str
    nodes: tuple[RuleNode, ...]
    labels: dict[str, str]
    annotations: dict[str, str]
    no_data_state: str
    exec_err_state: str
    is_paused: bool
    is_recording: bool
    state: RuleState | None = None


def definitions(answer: object) -> Iterator[GrafanaRule]:
    """The rules in the ruler's answer, an object of folders."""
    for folder, groups in record(answer).items():
        for group in records(groups):
            for rule in records(group.get("rules")):
                if isinstance(rule.get("grafana_alert"), dict):
                    yield _definition(folder, group, rule)


def with_states(rules: list[GrafanaRule], answer: object) -> list[GrafanaRule]:
    """The rules, each with its state from the answer of the state's endpoint."""
    states = _States(answer)
    return [replace(rule, state=states.of(rule)) for rule in rules]


def _definition(folder: str, group: Mapping[str, Any], rule: Mapping[str, Any]) -> GrafanaRule:
    own = record(rule.get("grafana_alert"))
    return GrafanaRule(
        uid=text(own.get("uid")),
        title=text(own.get("title")),
        folder=folder,
        folder_uid=text(own.get("namespace_uid")),
        group=text(group.get("name")),
        interval_s=duration_seconds(text(group.get("interval"))) or 0.0,
        for_s=duration_seconds(text(rule.get("for"))) or 0.0,
        condition=text(own.get("condition")),
        nodes=tuple(_node(item) for item in records(own.get("data"))),
        labels=labels(rule.get("labels")),
        annotations=labels(rule.get("annotations")),
        no_data_state=text(own.get("no_data_state")),
        exec_err_state=text(own.get("exec_err_state")),
        is_paused=own.get("is_paused") is True,
        is_recording=bool(own.get("record")),
    )


def _node(item: Mapping[str, Any]) -> RuleNode:
    return RuleNode(
        ref_id=text(item.get("refId")),
        datasource_uid=text(item.get("datasourceUid")),
        model=_model(item.get("model")),
    )


def _model(value: object) -> dict[str, Any]:
    """The model, which older exports wrote as a text that holds JSON."""
    if isinstance(value, str):
        try:
            return record(decode_json(value.encode()))
        except ValueError:
            return {}
    return record(value)


class _States:
    """States by the rule's uid where told (12 on), else by folder, group and name."""

    def __init__(self, answer: object) -> None:
        self._by_uid: dict[str, RuleState] = {}
        self._by_name: dict[tuple[str, str, str], RuleState] = {}
        for group in records(record(record(answer).get("data")).get("groups")):
            for rule in records(group.get("rules")):
                self._add(group, rule)

    def _add(self, group: Mapping[str, Any], rule: Mapping[str, Any]) -> None:
        state = _state(rule)
        if text(rule.get("uid")):
            self._by_uid[text(rule.get("uid"))] = state
        name = (text(group.get("file")), text(group.get("name")), text(rule.get("name")))
        self._by_name[name] = state

    def of(self, rule: GrafanaRule) -> RuleState | None:
        """The state of a rule; nested folders are told with their path, or without."""
        if rule.uid in self._by_uid:
            return self._by_uid[rule.uid]
        for folder in (rule.folder, rule.folder.rpartition("/")[2]):
            state = self._by_name.get((folder, rule.group, rule.title))
            if state is not None:
                return state
        return None


def _state(rule: Mapping[str, Any]) -> RuleState:
    return RuleState(
        state=text(rule.get("state")),
        health=text(rule.get("health")),
        last_error=plain(text(rule.get("lastError"))),
        last_evaluation=moment(rule.get("lastEvaluation")),
        instances=tuple(_instance(item) for item in records(rule.get("alerts"))),
    )


def _instance(item: Mapping[str, Any]) -> RuleInstance:
    value = item.get("value")
    return RuleInstance(
        labels=labels(item.get("labels")),
        state=text(item.get("state")),
        active_at=moment(item.get("activeAt")),
        value=number(value) if numeral(value) is None else numeral(value),
    )
