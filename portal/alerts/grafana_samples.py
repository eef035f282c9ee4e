"""Grafana's alerts over time, put together from samples, for what Grafana itself doesn't keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from portal.alerts.grafana_rules import ManagedRule
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.rulefile.states import ACTIVE, AlertState

MAX_TRANSITIONS = 200


def continued(
    history: AlertHistory | None, sample: ManagedRule, since: float, at: float
) -> AlertHistory | None:
    """The history with what a sample at ``at`` adds to it; None while the alert never moved.

    ``since`` (Unix time, like ``at``) is where the history begins. Times are Grafana's own (since
    when an alert is active, when it was evaluated) where they fit, else that of the sample.
    """
    state = sample.state.state
    if state is AlertState.NOT_EVALUATED:
        return history
    if history is None:
        return _begun(sample, state, since, at) if state in ACTIVE else None
    new = _entered(history, sample, state, at)
    if new is None or len(history.transitions) >= MAX_TRANSITIONS:
        return history
    return replace(history, transitions=(*history.transitions, new))


def _begun(sample: ManagedRule, state: AlertState, since: float, at: float) -> AlertHistory:
    entered = _unix(sample.state.active_at, at)
    first = Transition(state, entered, sample.state.fires_on_nothing)
    was_so = entered < since
    return AlertHistory(
        sample.rule.title,
        sample.labels,
        before=state if was_so else AlertState.INACTIVE,
        transitions=() if was_so else (first,),
        source=AlertSource.GRAFANA,
    )


def _entered(
    history: AlertHistory, sample: ManagedRule, state: AlertState, at: float
) -> Transition | None:
    """The transition that the sample tells; None where nothing changed."""
    last = history.transitions[-1] if history.transitions else Transition(history.before, 0.0)
    told = sample.state.is_told
    on_nothing = sample.state.fires_on_nothing if told else last.on_nothing
    if state is AlertState.INACTIVE:
        state = _quiet(history)
    if state is history.now and (state not in ACTIVE or on_nothing == last.on_nothing):
        return None
    since = sample.state.active_at if state in ACTIVE else sample.state.last_evaluation
    moment = _unix(since, at)
    return Transition(state, moment if last.at < moment <= at else at, on_nothing)


def _quiet(history: AlertHistory) -> AlertState:
    """What an inactive alert is called: resolved once it fired, as long as nothing follows."""
    states = [history.before, *(transition.state for transition in history.transitions)]
    for state in reversed(states):
        if state is AlertState.FIRING:
            return AlertState.RESOLVED
        if state in (AlertState.RESOLVED, AlertState.INACTIVE):
            return state
    return AlertState.INACTIVE


def _unix(moment: datetime | None, otherwise: float) -> float:
    return moment.timestamp() if moment else otherwise
