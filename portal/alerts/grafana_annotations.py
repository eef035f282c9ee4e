"""Grafana's own account of its alerts: each transition is kept as an annotation.

It knows the second of the evaluation, and what happened while nobody looked. Two things it does
not know, so samples stay beside it: an alert about NaN leaves no annotation (9.4), and the newest
ones come seconds late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from portal.alerts.grafana_rules import ManagedRule
from portal.alerts.grafana_samples import MAX_TRANSITIONS
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.clients.grafana import AlertAnnotation
from portal.rulefile.states import ACTIVE, AlertState

STATES = {
    "Normal": AlertState.INACTIVE,
    "NoData": AlertState.NO_DATA,
    "Error": AlertState.ERROR,
    "Pending": AlertState.PENDING,
    "Alerting": AlertState.FIRING,
}
WORST = list(STATES.values())
"""A rule is what the worst of its alerts is; the last one is the worst."""


def corrected(
    sampled: AlertHistory | None, kept: Iterable[AlertAnnotation], managed: ManagedRule
) -> AlertHistory | None:
    """The rule's history: with Grafana's own times, and what no sample saw.

    ``kept``: the annotations of all rules since the history's beginning.
    """
    own = [one for one in kept if _is_of(one, managed) and _state(one.state)]
    if not own:
        return sampled
    own.sort(key=lambda one: one.at)
    told = _told(own, managed)
    if sampled is None:
        return told if any(one.state in ACTIVE for one in told.transitions) else None
    if sampled.before in ACTIVE and told.before not in ACTIVE:
        return sampled  # one of its alerts was active before, and never moved
    moves = [*told.transitions, *_unkept(sampled.transitions, own[-1].at)]
    return replace(told, transitions=_joined(told.before, moves)[:MAX_TRANSITIONS])


def _is_of(one: AlertAnnotation, managed: ManagedRule) -> bool:
    rule = managed.rule
    return one.rule == rule.number if rule.number else one.title == rule.title


def _state(written: str) -> AlertState | None:
    """``Alerting (NoData)`` is a firing, for want of data."""
    return STATES.get(written.partition(" (")[0])


@dataclass
class _AnnotatedCourse:
    """A rule's alerts, put together to the state of the rule."""

    series: dict[str, str]
    moves: list[Transition] = field(default_factory=list)

    @property
    def state(self) -> AlertState:
        """What the worst of its alerts is."""
        states = [_state(one) or AlertState.INACTIVE for one in self.series.values()]
        return max(states, key=WORST.index)

    @property
    def on_nothing(self) -> bool:
        """Whether each of its alerts that is active is so for want of data."""
        active = [one for one in self.series.values() if _state(one) in ACTIVE]
        return bool(active) and all("(" in one for one in active)

    def take(self, one: AlertAnnotation) -> None:
        """Go on with one of its alerts."""
        self.series[one.series] = one.state
        self.moves.append(Transition(self.state, one.at, self.on_nothing))


def _told(own: Sequence[AlertAnnotation], managed: ManagedRule) -> AlertHistory:
    course = _AnnotatedCourse({one.series: one.before for one in reversed(own)})
    before = course.state
    for one in own:
        course.take(one)
    moves = _joined(before, course.moves)[:MAX_TRANSITIONS]
    return AlertHistory(managed.rule.title, managed.labels, before, moves, AlertSource.GRAFANA)


def _unkept(sampled: Sequence[Transition], last: float) -> list[Transition]:
    """What samples alone know: what is newer, and what came and went without a number."""
    before = [None, *sampled]
    return [
        one
        for one, earlier in zip(sampled, before, strict=False)
        if one.at > last or one.on_nothing or (earlier is not None and earlier.on_nothing)
    ]


def _joined(before: AlertState, moves: Iterable[Transition]) -> tuple[Transition, ...]:
    """In the order of time, without those that change nothing; quiet is resolved, once it fired."""
    found: list[Transition] = []
    last, fired = Transition(before, 0.0), before is AlertState.FIRING
    for move in sorted(moves, key=lambda one: one.at):
        is_quiet = move.state in (AlertState.INACTIVE, AlertState.RESOLVED)
        quiet = AlertState.RESOLVED if fired else AlertState.INACTIVE
        one = replace(move, state=quiet) if is_quiet else move
        fired = fired or one.state is AlertState.FIRING
        changes = one.state is not last.state or (
            one.state in ACTIVE and one.on_nothing != last.on_nothing
        )
        if changes:
            found.append(one)
            last = one
    return tuple(found)
