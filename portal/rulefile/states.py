"""The state of alert rules, as Prometheus' and Grafana's rules APIs tell it.

Both answer ``GET .../api/v1/rules`` in the same shape; what was seen of a Grafana 9.4 is in the
tests. A firing counts as proof only when it was evaluated after the last reload and rests on a
number: Grafana fires on NaN too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

MAX_RULES = 5000
_ZERO_TIME = "0001-01-01"


class AlertState(StrEnum):
    """Where an alert stands, whoever evaluates it.

    ``RESOLVED``: inactive after it fired. ``NO_DATA``: Prometheus stopped evaluating it, or
    Grafana's query found nothing. ``ERROR``: it could not be evaluated.
    """

    NOT_EVALUATED = "not evaluated yet"
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    NO_DATA = "no data"
    ERROR = "error"


ACTIVE = (AlertState.PENDING, AlertState.FIRING)


@dataclass(frozen=True)
class ToldRule:
    """The state of one alert rule.

    ``values`` are those of its active alerts (NaN included), as far as they are told: after a
    restart Grafana has none until the next evaluation. ``active_at`` is since when the first of
    them is active; ``without_data``: Grafana's queries found nothing, whatever that makes of the
    rule; ``credited`` tells whether the state may count as proof; ``uid`` is told by Grafana
    alone, from 12 on.
    """

    name: str
    group: str
    file: str
    state: AlertState
    health: str
    last_error: str = ""
    last_evaluation: datetime | None = None
    active_at: datetime | None = None
    values: tuple[float, ...] = ()
    without_data: bool = False
    credited: bool = False
    uid: str = ""

    @property
    def is_told(self) -> bool:
        """Whether it is told what an active alert rests on."""
        return self.state not in ACTIVE or bool(self.values)

    @property
    def fires_on_nothing(self) -> bool:
        """Whether it is known to be active without a single number behind it."""
        return (
            self.state in ACTIVE
            and bool(self.values)
            and all(math.isnan(value) for value in self.values)
        )


def read_states(payload: Any, reloaded_at: datetime | None = None) -> list[ToldRule]:
    """The alert rules in the answer of a rules API. Never raises.

    A state that was evaluated before ``reloaded_at`` (UTC) is another rule's, so not credited.
    """
    states: list[ToldRule] = []
    for group, rule in _alerting(payload):
        if len(states) >= MAX_RULES:
            break
        states.append(_state(group, rule, reloaded_at))
    return states


def _alerting(payload: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    data = payload.get("data") if isinstance(payload, Mapping) else None
    groups = data.get("groups") if isinstance(data, Mapping) else None
    for group in groups if isinstance(groups, list) else []:
        rules = group.get("rules") if isinstance(group, Mapping) else None
        for rule in rules if isinstance(rules, list) else []:
            if isinstance(rule, Mapping) and rule.get("type") == "alerting":
                yield group, rule


def _state(
    group: Mapping[str, Any], rule: Mapping[str, Any], reloaded_at: datetime | None
) -> ToldRule:
    evaluated = _time(rule.get("lastEvaluation"))
    alerts = _alerts(rule)
    active = [alert for alert in alerts if _is_active(alert)]
    times = [moment for alert in active if (moment := _time(alert.get("activeAt")))]
    state = ToldRule(
        name=str(rule.get("name", "")),
        group=str(group.get("name", "")),
        file=str(group.get("file", "")),
        state=_named(rule, evaluated),
        health=str(rule.get("health", "")),
        last_error=str(rule.get("lastError", "")),
        last_evaluation=evaluated,
        active_at=min(times, default=None),
        values=tuple(value for alert in active for value in _values(alert)),
        without_data=bool(alerts) and all("NoData" in str(one.get("state")) for one in alerts),
        uid=str(rule.get("uid", "")),
    )
    return _credited(state, reloaded_at)


def _credited(state: ToldRule, reloaded_at: datetime | None) -> ToldRule:
    known = state.last_evaluation is not None and state.state not in (
        AlertState.ERROR,
        AlertState.NO_DATA,
    )
    fresh = reloaded_at is None or (
        state.last_evaluation is not None and state.last_evaluation > reloaded_at
    )
    proves = state.is_told and not state.fires_on_nothing
    return replace(state, credited=known and fresh and proves)


def _named(rule: Mapping[str, Any], evaluated: datetime | None) -> AlertState:
    health = str(rule.get("health", "")).lower()
    if health in {"err", "error"}:
        return AlertState.ERROR
    if evaluated is None or health == "unknown":
        return AlertState.NOT_EVALUATED
    told = {"pending": AlertState.PENDING, "firing": AlertState.FIRING}
    state = told.get(str(rule.get("state", "")).lower(), AlertState.INACTIVE)
    if state is AlertState.INACTIVE and health == "nodata":
        return AlertState.NO_DATA
    return state


def _alerts(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    alerts = rule.get("alerts")
    entries = alerts if isinstance(alerts, list) else []
    return [alert for alert in entries if isinstance(alert, Mapping)]


def _is_active(alert: Mapping[str, Any]) -> bool:
    """Also with a reason behind the state: ``Alerting (NoData)``."""
    state = str(alert.get("state", "")).lower().partition(" (")[0]
    return state in {"pending", "firing", "alerting"}


def _values(alert: Mapping[str, Any]) -> list[float]:
    """``0.5``, or ``B0: 0.5, B1: 2`` of a classic condition; NaN: known to be no number.

    Nothing: it is not told. Grafana tells "" until the rule is evaluated again after a restart.
    """
    if "(" in str(alert.get("state", "")):
        return [math.nan]  # for want of data, or after an error
    told = alert.get("value")
    written = "" if told is None else str(told)
    return [_value(part.rpartition(": ")[2]) for part in written.split(", ") if part]


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _time(text: Any) -> datetime | None:
    """An RFC 3339 time; None for Go's zero time, which means "never"."""
    if not isinstance(text, str) or text.startswith(_ZERO_TIME):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
