"""Does a number stand behind an alert that is active now? 0/0 is none, and proves nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from portal.alerts.transitions import AlertHistory, Transition
from portal.rulefile.states import ACTIVE
from portal.rulefolder.rules import LoadedRule


def marked(histories: Iterable[AlertHistory], rules: Iterable[LoadedRule]) -> list[AlertHistory]:
    """Prometheus' histories; those active now are marked by the value that their rule has now.

    ``ALERTS`` is 1 whatever the value is, so only the present one can be looked at.
    """
    nothing = {
        frozenset(alert.labels.items()): math.isnan(alert.value)
        for rule in rules
        for alert in rule.alerts
        if alert.value is not None
    }
    return [_marked(one, nothing.get(frozenset(one.labels.items()))) for one in histories]


def _marked(history: AlertHistory, on_nothing: bool | None) -> AlertHistory:
    if on_nothing is None or history.now not in ACTIVE:
        return history
    quiet, active = _split(history.transitions)
    now = (replace(transition, on_nothing=on_nothing) for transition in active)
    return replace(history, transitions=(*quiet, *now))


def _split(transitions: Sequence[Transition]) -> tuple[list[Transition], list[Transition]]:
    """What was before the present alarm, and the alarm: its last run of pending and firing."""
    start = len(transitions)
    while start and transitions[start - 1].state in ACTIVE:
        start -= 1
    return list(transitions[:start]), list(transitions[start:])
