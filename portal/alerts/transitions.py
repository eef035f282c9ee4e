"""How alerts went through their states while a burst ran: inactive, pending, firing, resolved.

Prometheus keeps what it saw: the series ``ALERTS`` has a sample at each evaluation that finds the
alert pending or firing, and ``ALERTS_FOR_STATE`` holds the time since which the condition is true
(https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/, "Inspecting alerts
during runtime"). A range query repeats an old sample for five minutes when a series ends without
a mark (the server was killed), so the time of each sample is asked for too (``timestamp()``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from portal.clients.prometheus import PrometheusClient, Series
from portal.rulefile.states import AlertState

PATIENCE_S = 75.0
"""A sample older than this says nothing about the present: nobody evaluates the rule."""

MAX_STEPS = 3000
_OWN_LABELS = frozenset({"__name__", "alertstate"})

STATES = frozenset({AlertState.PENDING.value, AlertState.FIRING.value})
Labels = tuple[tuple[str, str], ...]


class AlertSource(StrEnum):
    """Who evaluates an alert."""

    PROMETHEUS = "Prometheus"
    GRAFANA = "Grafana"


@dataclass(frozen=True)
class Observation:
    """What was known of an alert at ``at`` (Unix time): its state, and since when it is true."""

    at: float
    state: AlertState
    active_since: float | None = None


@dataclass(frozen=True)
class Transition:
    """The alert is in ``state`` from ``at`` (Unix time) on.

    ``on_nothing``: no number stands behind it (0/0, no traffic), so it proves nothing.
    """

    state: AlertState
    at: float
    on_nothing: bool = False

    def seconds_after(self, origin: float) -> float:
        """Seconds from ``origin`` (Unix time) to here; negative before it."""
        return self.at - origin


@dataclass(frozen=True)
class AlertHistory:
    """One alert (a name with its labels) and its transitions, in the order of time.

    ``before`` is its state as the interval began.
    """

    name: str
    labels: dict[str, str]
    before: AlertState
    transitions: tuple[Transition, ...]
    source: AlertSource = AlertSource.PROMETHEUS

    @property
    def now(self) -> AlertState:
        """The last state of the interval."""
        return self.transitions[-1].state if self.transitions else self.before

    @property
    def whole_path(self) -> bool:
        """Whether it went from inactive to firing and was resolved, all in the interval."""
        states = [transition.state for transition in self.transitions]
        if self.before is not AlertState.INACTIVE or AlertState.FIRING not in states:
            return False
        return AlertState.RESOLVED in states[states.index(AlertState.FIRING) :]

    @property
    def on_nothing(self) -> bool:
        """Whether it was active without a number behind it; that proves nothing."""
        return any(transition.on_nothing for transition in self.transitions)

    @property
    def fired(self) -> Transition | None:
        """When it began to fire in the interval, on a number."""
        firing = (t for t in self.transitions if t.state is AlertState.FIRING)
        return next((one for one in firing if not one.on_nothing), None)

    @property
    def is_page(self) -> bool:
        """Whether its labels say that it wakes somebody."""
        return "page" in (self.labels.get("severity"), self.labels.get("sloth_severity"))

    def first(self, state: AlertState) -> Transition | None:
        """The first transition into ``state``."""
        return next((one for one in self.transitions if one.state is state), None)


def collect(
    prometheus: PrometheusClient, start: float, end: float, job: str = ""
) -> list[AlertHistory]:
    """The alerts that were pending or firing from ``start`` to ``end`` (Unix times).

    ``job``: alerts that carry another job's label are left out. Raises ClientError.
    """
    first, last = math.floor(start), math.floor(end)
    step = max(1, math.ceil((last - first) / MAX_STEPS))
    match = f"{{job=~{_quoted(f'|{_escaped(job)}')}}}" if job else ""
    ask = prometheus.query_range
    wanted = (f"timestamp(ALERTS{match})", f"ALERTS_FOR_STATE{match}")
    sampled, since = prometheus.side_by_side([partial(ask, q, first, last, step) for q in wanted])
    return histories(sampled, since, range(first, last + 1, step))


def histories(
    sampled: Iterable[Series], since: Iterable[Series], steps: Sequence[int]
) -> list[AlertHistory]:
    """Histories out of ``timestamp(ALERTS)`` and ``ALERTS_FOR_STATE``, by name and labels.

    ``steps`` are the Unix times that both queries answered for, one or more.
    """
    active_since = {_identity(one): dict(one.points) for one in since}
    seen: dict[Labels, dict[float, Observation]] = defaultdict(dict)
    for series in sampled:
        identity = _identity(series)
        if series.labels.get("alertstate") not in STATES:
            continue  # a rule that somebody called ALERTS
        for at, sampled_at in series.points:
            if not math.isfinite(sampled_at):
                continue
            told = active_since.get(identity, {}).get(at)
            told = told if told is not None and math.isfinite(told) else None
            _keep_newest(seen[identity], at, _observation(series, at, sampled_at, told))
    return [
        AlertHistory(dict(identity).get("alertname", ""), dict(identity), *_walk(found, steps))
        for identity, found in sorted(seen.items())
    ]


def _observation(
    series: Series, at: float, sampled_at: float, active_since: float | None
) -> Observation:
    if at - sampled_at > PATIENCE_S:
        return Observation(sampled_at, AlertState.NO_DATA)
    return Observation(sampled_at, AlertState(series.labels["alertstate"]), active_since)


def _keep_newest(found: dict[float, Observation], at: float, new: Observation) -> None:
    """A pending series may linger beside the firing one; the later sample is the truth."""
    old = found.get(at)
    if old is None or new.at > old.at:
        found[at] = new


def _walk(
    found: dict[float, Observation], steps: Sequence[int]
) -> tuple[AlertState, tuple[Transition, ...]]:
    last = found.get(steps[0])
    before = state = last.state if last else AlertState.INACTIVE
    transitions: list[Transition] = []
    for at in steps[1:]:
        one = found.get(at)
        new = _next(state, one)
        if new is not state:
            transitions += _entered(state, new, at, one, last)
            state = new
        last = one
    return before, tuple(transitions)


def _next(state: AlertState, observation: Observation | None) -> AlertState:
    if observation is not None:
        return observation.state
    if state is AlertState.FIRING:
        return AlertState.RESOLVED
    return AlertState.INACTIVE if state is AlertState.PENDING else state


def _entered(
    old: AlertState,
    new: AlertState,
    at: float,
    observation: Observation | None,
    last: Observation | None,
) -> list[Transition]:
    """The transition to ``new``, with one that fell between two steps; ``last``: seen before it.

    ``ALERTS_FOR_STATE`` counts in whole seconds, so less than one says nothing. An alert that is
    resolved leaves a gap. Firing with pending right behind it is a restart of Prometheus, which
    forgot that the alert had fired: nobody knows what was between the two.
    """
    entered = Transition(new, observation.at if observation else at)
    since = observation.active_since if observation else None
    was_quiet = old in (AlertState.INACTIVE, AlertState.RESOLVED)
    if new is AlertState.FIRING and was_quiet and since and since + 1 <= entered.at:
        return [Transition(AlertState.PENDING, since), entered]
    if new is AlertState.PENDING and old is AlertState.FIRING and last:
        return [Transition(AlertState.NO_DATA, last.at), entered]
    return [entered]


def _identity(series: Series) -> Labels:
    return tuple(sorted((k, v) for k, v in series.labels.items() if k not in _OWN_LABELS))


def _escaped(text: str) -> str:
    """For a regular expression of Prometheus (RE2)."""
    return "".join(c if c.isalnum() or c in "-_" else f"\\{c}" for c in text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
