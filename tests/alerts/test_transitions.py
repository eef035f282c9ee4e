"""Transitions of alerts out of what Prometheus kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.alerts.transitions import PATIENCE_S, AlertHistory, collect, histories
from portal.clients.prometheus import PrometheusClient, Rows, Series
from portal.rulefile.states import AlertState
from portal.rulefolder.rules import loaded_rules
from portal.services import Services
from tests.conftest import NOWHERE
from tests.rulefolder.conftest import PATIENCE, Lab

P, F, R = AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED
INACTIVE, NO_DATA = AlertState.INACTIVE, AlertState.NO_DATA
EVERY = 5
T = TypeVar("T")


def alerts(state: AlertState, first: int, last: int, **labels: str) -> Series:
    """``timestamp(ALERTS)``: evaluated each 5 s from ``first``, asked for each second."""
    points = [
        (float(at), float(first + (at - first) // EVERY * EVERY)) for at in range(first, last)
    ]
    return Series({"alertname": "A", "alertstate": state.value, **labels}, points)


def active_since(since: int, first: int, last: int, **labels: str) -> Series:
    points = [(float(at), float(since)) for at in range(first, last)]
    return Series({"__name__": "ALERTS_FOR_STATE", "alertname": "A", **labels}, points)


def told(history: AlertHistory) -> list[tuple[AlertState, float]]:
    return [(one.state, one.at) for one in history.transitions]


def only(*series: Series, since: tuple[Series, ...] = (), until: int = 200) -> AlertHistory:
    [history] = histories(series, since, range(100, until + 1))
    return history


def test_whole_path_with_its_times() -> None:
    history = only(alerts(P, 110, 120), alerts(F, 120, 150))
    assert history.before is INACTIVE
    assert told(history) == [(P, 110), (F, 120), (R, 150)]
    assert history.whole_path
    assert history.now is R
    fired = history.first(F)
    assert fired is not None
    assert fired.seconds_after(105) == 15


def test_pending_that_never_fired_goes_back_to_inactive() -> None:
    history = only(alerts(P, 110, 125))
    assert told(history) == [(P, 110), (INACTIVE, 125)]
    assert not history.whole_path
    assert history.first(F) is None


def test_alert_without_for_fires_at_once() -> None:
    assert told(only(alerts(F, 110, 130))) == [(F, 110), (R, 130)]
    late = Series(
        {"alertname": "A", "alertstate": "firing"}, [(float(at), 110.4) for at in range(111, 130)]
    )
    truncated = active_since(110, 111, 130)
    assert told(only(late, since=(truncated,))) == [(F, 110.4), (R, 130)]


def test_pending_time_that_no_step_saw_is_known_from_for_state() -> None:
    history = only(alerts(F, 120, 150), since=(active_since(112, 120, 150),))
    assert told(history) == [(P, 112), (F, 120), (R, 150)]


def test_alert_that_fired_before_is_not_credited() -> None:
    history = only(alerts(F, 90, 130))
    assert history.before is F
    assert told(history) == [(R, 130)]
    assert not history.whole_path


def test_second_incident_counts_anew() -> None:
    history = only(alerts(F, 90, 110), alerts(P, 120, 130), alerts(F, 130, 140))
    assert told(history) == [(R, 110), (P, 120), (F, 130), (R, 140)]
    assert not history.whole_path


def test_a_restart_of_prometheus_resolves_nothing() -> None:
    stuck = Series(
        {"alertname": "A", "alertstate": "firing"},
        [(float(at), float(min(at - at % EVERY, 125))) for at in range(110, 150)],
    )
    history = only(stuck, alerts(P, 140, 150), alerts(F, 150, 160))
    assert told(history) == [(F, 110), (NO_DATA, 125), (P, 140), (F, 150), (R, 160)]


def test_still_firing_has_no_resolution() -> None:
    history = only(alerts(P, 110, 120), alerts(F, 120, 201))
    assert told(history) == [(P, 110), (F, 120)]
    assert history.now is F


def test_sample_that_is_only_repeated_is_no_data() -> None:
    stuck = Series(
        {"alertname": "A", "alertstate": "firing"}, [(float(at), 110.0) for at in range(110, 201)]
    )
    history = only(stuck)
    assert told(history) == [(F, 110), (NO_DATA, 110)]
    assert PATIENCE_S < 200 - 110
    assert not history.whole_path


def test_lingering_pending_series_does_not_hide_the_firing_one() -> None:
    lingering = Series(
        {"alertname": "A", "alertstate": "pending"}, [(float(at), 110.0) for at in range(110, 150)]
    )
    assert told(only(lingering, alerts(F, 120, 150))) == [(P, 110), (F, 120), (R, 150)]


def test_alerts_are_told_apart_by_their_labels() -> None:
    page, ticket = histories(
        [alerts(F, 110, 120, severity="page"), alerts(P, 130, 140, severity="ticket")],
        [],
        range(100, 201),
    )
    assert page.labels == {"alertname": "A", "severity": "page"}
    assert told(page) == [(F, 110), (R, 120)]
    assert told(ticket) == [(P, 130), (INACTIVE, 140)]


@given(st.lists(st.sampled_from([None, P, F]), min_size=1, max_size=40).filter(any))
def test_every_transition_changes_the_state_and_none_goes_back(
    states: list[AlertState | None],
) -> None:
    series = [
        Series(
            {"alertname": "A", "alertstate": state.value},
            [(float(100 + n), float(100 + n)) for n, seen in enumerate(states) if seen is state],
        )
        for state in (P, F)
    ]
    [history] = histories(series, [], range(100, 100 + len(states)))
    times = [one.at for one in history.transitions]
    path = [history.before, *(one.state for one in history.transitions)]
    assert times == sorted(times)
    assert all(one is not other for one, other in pairwise(path))
    assert history.now is states[-1] or (states[-1] is None and history.now in (R, INACTIVE))


class Asked(PrometheusClient):
    """Has no alert, and notes what it was asked for."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.asked: list[tuple[str, float, float, float]] = []

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        self.asked.append((promql, start, end, step))
        return Rows([])


@pytest.mark.parametrize(("seconds", "step"), [(0, 1), (3000, 1), (3001, 2), (9000, 3)])
def test_a_long_stretch_is_looked_at_in_longer_steps(seconds: int, step: int) -> None:
    prometheus = Asked()
    assert collect(prometheus, 100.9, 100.2 + seconds) == []
    assert prometheus.asked == [
        ("timestamp(ALERTS)", 100, 100 + seconds, step),
        ("ALERTS_FOR_STATE", 100, 100 + seconds, step),
    ]


def test_the_name_of_a_job_is_no_pattern_and_an_alert_without_job_is_everybodys() -> None:
    prometheus = Asked()
    collect(prometheus, 0, 1, 'my.app|"x"')
    asked = prometheus.asked[0][0]
    assert asked == r'timestamp(ALERTS{job=~"|my\\.app\\|\\\"x\\\""})'


RULES = """\
groups:
  - name: alerts
    interval: 1s
    rules:
      - {alert: Soon, for: 1s, expr: 'it_hurts == 1'}
      - {alert: Others, expr: vector(1), labels: {job: another}}
"""
HURT = "groups: [{name: hurt, interval: 1s, rules: [{record: it_hurts, expr: vector(%d)}]}]\n"


@pytest.mark.stack
def test_real_prometheus_tells_the_whole_path(lab: Lab, lab_services: Services) -> None:
    lab.write("alerts.yml", RULES)
    lab.write("hurt.yml", HURT % 0)
    _wait_until(lambda: {"Soon", "it_hurts"} <= {r.name for r in loaded_rules(lab_services)})
    began = int(time.time())
    lab.write("hurt.yml", HURT % 1)
    _wait_until(lambda: _soon(lab_services, began, F))
    mended = time.time()
    lab.write("hurt.yml", HURT % 0)
    history = _wait_until(lambda: _soon(lab_services, began, R))
    assert history.whole_path
    pending, fired, resolved = (history.first(state) for state in (P, F, R))
    assert pending and fired and resolved  # noqa: PT018 (they narrow the types)
    assert began <= pending.at
    assert pending.at + 0.9 <= fired.at < mended
    assert mended - 1 <= resolved.at


def _soon(services: Services, began: int, state: AlertState) -> AlertHistory | None:
    """What became of the alert, once it was in ``state``."""
    found = collect(services.prometheus, began, time.time(), "flask-app")
    assert "Others" not in {history.name for history in found}
    named = (history for history in found if history.name == "Soon")
    return next((history for history in named if history.first(state)), None)


def _wait_until(found: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not (one := found()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return one


def test_what_somebody_recorded_as_alerts_blinds_nobody() -> None:
    """Rules that were there before such names were refused, or in a folder of somebody else."""
    points = [(float(at), 1.0) for at in range(100, 150)]
    alien = [
        Series({"__name__": "ALERTS", "team": "b", **more}, points)
        for more in ({}, {"alertstate": "broken"})
    ]
    unreadable = Series({"alertname": "A", "alertstate": "firing"}, [(111.0, math.nan)])
    history = only(alerts(F, 120, 150), unreadable, *alien)
    assert told(history) == [(F, 120), (R, 150)]
