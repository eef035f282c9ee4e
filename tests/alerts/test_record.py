"""What the alerts did during a burst is kept, by one process, whether or not a page is open."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.alerts import record
from portal.alerts.course import QUIET_S, SETTLE, alerts_during
from portal.alerts.follower import AlertFollower, look
from portal.alerts.models import AlertWatch
from portal.alerts.record import ABANDONED_AFTER
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.bursts.models import Burst
from portal.clients.prometheus import (
    Alert,
    LoadedGroup,
    PrometheusClient,
    Rows,
    Rule,
    RuleKind,
    Series,
)
from portal.config import Settings
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.forecast import Forecast
from portal.objectives.store import save_slo
from portal.rulefile.states import AlertState
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from tests.alerts.test_course import BEGAN, add_burst
from tests.conftest import NOWHERE, START, Clock
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana_shapes import alert
from tests.patient import services_at

HISTORY = AlertHistory(
    "Burn",
    {"severity": "page"},
    AlertState.INACTIVE,
    (Transition(AlertState.FIRING, BEGAN + 20), Transition(AlertState.RESOLVED, BEGAN + 60)),
)
BAD = 'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))'
RATIO = BAD + ' / sum(rate(http_requests_total{job="flask-app"}[1m]))'


class OneAlert(PrometheusClient):
    """One alert fires from 20 s to 60 s after START; ``value`` is that of its expression."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.value = 0.2
        self.asked = 0
        self.labels = {"alertname": "TooManyErrors"}

    def query(self, promql: str, at: float | None = None) -> Rows[Any]:
        return Rows([])

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        self.asked += 1
        if "timestamp" not in promql:
            return Rows([])
        fired = range(int(BEGAN) + 20, int(BEGAN) + 60)
        points = [(float(at), float(at)) for at in fired if start <= at <= end]
        labels = {**self.labels, "alertstate": "firing"}
        return Rows([Series(labels, points)] if points else [])

    def rules(self) -> Rows[LoadedGroup]:
        firing = Alert(
            labels=self.labels, annotations={}, state="firing", active_at=None, value=self.value
        )
        rule = Rule(
            kind=RuleKind.ALERTING,
            name="TooManyErrors",
            query="up",
            state="firing",
            health="ok",
            last_error="",
            last_evaluation=START,
            duration_s=0,
            labels={},
            annotations={},
            alerts=(firing,),
        )
        group = LoadedGroup(name="g", file="/r/mine.yml", interval_s=5, rules=(rule,))
        return Rows([group])


@pytest.fixture
def prometheus() -> OneAlert:
    return OneAlert()


@pytest.fixture
def services(services: Services, prometheus: OneAlert) -> Services:
    return replace(services, prometheus=prometheus)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    return add_burst(learner, 0)


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with FakeGrafana("12.4.3") as fake:
        fake.add_folder()
        yield fake


@pytest.fixture
def with_grafana(services: Services, grafana: FakeGrafana) -> Services:
    settings: Settings = replace(services.settings, grafana_url=grafana.url)
    told = services_at(settings)
    return replace(services, settings=settings, grafana=told.grafana)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def stands(grafana: FakeGrafana, state: str, since: float, now: float, value: str) -> None:
    """The rule's state and that of its alert; evaluated at ``now`` seconds after START."""
    words = {"pending": "Pending", "firing": "Alerting", "inactive": "Normal"}
    one = {**alert("Burn", words[state], value), "activeAt": at(since)}
    grafana.rule_states["Burn"] = {"state": state, "lastEvaluation": at(now), "alerts": [one]}


def followed(services: Services, clock: Clock, until: float, me: str = "me") -> None:
    """Look as a follower does, every 5 s, from now until so many seconds after START."""
    while clock.now < START + timedelta(seconds=until):
        look(services, me)
        clock.pass_seconds(5)
        services.readings.forget("managed")
        services.readings.forget("ruler")


def test_what_is_kept_is_read_back(burst: Burst) -> None:
    record.keep(burst, [HISTORY])
    db.session.commit()
    db.session.expire_all()
    assert record.histories(burst.id) == [HISTORY]
    longer = replace(HISTORY, transitions=HISTORY.transitions[:1])
    record.keep(burst, [longer])
    db.session.commit()
    assert record.histories(burst.id) == [longer]


def test_an_alert_is_the_same_in_whatever_order_its_labels_come(burst: Burst) -> None:
    one = replace(HISTORY, labels={"severity": "page", "slo": "a"})
    same = replace(one, labels={"slo": "a", "severity": "page"}, before=AlertState.PENDING)
    other = replace(one, labels={"severity": "page", "slo": "b"})
    for found in ([one], [same, other]):
        record.keep(burst, found)
        db.session.commit()
    kept = [(one.labels["slo"], one.before) for one in record.histories(burst.id)]
    assert kept == [("a", AlertState.PENDING), ("b", AlertState.INACTIVE)]


def test_one_process_has_the_watch_until_it_falls_silent(burst: Burst) -> None:
    assert record.claim(burst, "one", START)
    assert not record.claim(burst, "two", START + timedelta(seconds=5))
    assert record.claim(burst, "one", START + timedelta(seconds=5))
    silent = START + timedelta(seconds=6) + ABANDONED_AFTER
    assert record.claim(burst, "two", silent)
    assert not record.claim(burst, "one", silent)


class TakingOver(OneAlert):
    """While it is asked, another process takes the watch over."""

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        db.session.execute(update(AlertWatch).values(claimed_by="another"))
        db.session.commit()
        return super().query_range(promql, start, end, step)


def test_what_was_gathered_too_slowly_is_left_to_the_process_that_took_over(
    services: Services, burst: Burst
) -> None:
    look(replace(services, prometheus=TakingOver()), "me")
    watch = record.watch_of(burst.id)
    assert watch is not None
    assert watch.claimed_by == "another"
    assert record.histories(burst.id) == []


def test_a_finished_watch_is_nobodys(burst: Burst) -> None:
    record.claim(burst, "one", START)
    watch = record.watch_of(burst.id)
    assert watch is not None
    watch.done_at = START
    db.session.commit()
    assert not record.claim(burst, "one", START)
    assert record.unwatched(START + timedelta(seconds=60)) == []


def test_prometheus_alerts_are_kept_without_a_page_until_they_are_quiet(
    services: Services, clock: Clock, burst: Burst, prometheus: OneAlert
) -> None:
    followed(services, clock, 60 + QUIET_S + 20)
    watch = record.watch_of(burst.id)
    assert watch is not None
    assert watch.done_at is not None
    (history,) = record.histories(burst.id)
    assert [t.state for t in history.transitions] == ["firing", "resolved"]
    asked = prometheus.asked
    told = alerts_during(services, burst)
    assert told.histories == (history,)
    assert not told.changing
    assert prometheus.asked == asked


def test_a_portal_that_was_down_asks_for_what_it_missed(
    services: Services, clock: Clock, burst: Burst
) -> None:
    clock.pass_seconds(SETTLE.total_seconds() * 3)
    look(services, "me")
    (history,) = record.histories(burst.id)
    assert [t.state for t in history.transitions] == ["firing", "resolved"]
    assert record.unwatched(clock.now) == []


def test_prometheus_firing_on_nan_is_marked(
    services: Services, clock: Clock, burst: Burst, prometheus: OneAlert
) -> None:
    prometheus.value = math.nan
    followed(services, clock, 60 + QUIET_S + 20)
    (history,) = record.histories(burst.id)
    assert [t.on_nothing for t in history.transitions] == [True, False]
    assert history.fired is None
    told = alerts_during(services, burst)
    assert told.histories[0].on_nothing


def test_grafanas_alerts_are_sampled_until_they_resolve(
    with_grafana: Services, clock: Clock, burst: Burst, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    followed(with_grafana, clock, 20)
    stands(grafana, "pending", 20, 20, "3e-01")
    followed(with_grafana, clock, 40)
    stands(grafana, "firing", 40, 40, "3e-01")
    followed(with_grafana, clock, 90)
    stands(grafana, "inactive", 90, 90, "")
    followed(with_grafana, clock, 110)
    history = next(h for h in record.histories(burst.id) if h.source is AlertSource.GRAFANA)
    assert [(t.state, t.at - BEGAN) for t in history.transitions] == [
        ("pending", 20),
        ("firing", 40),
        ("resolved", 90),
    ]
    assert history.is_page


def annotated(grafana: FakeGrafana, *moves: tuple[str, str, float]) -> None:
    """Have Grafana keep these transitions of the first rule."""
    [rule] = grafana.rule_groups["SLO lab"]["slo"]
    for before, state, at in moves:
        one = {"alertId": rule["grafana_alert"]["id"], "prevState": before, "newState": state}
        text = "Burn {alertname=Burn} - A=0.3, C=1"
        grafana.alert_annotations.append({**one, "text": text, "time": (BEGAN + at) * 1000})


def test_grafanas_own_account_puts_the_times_right(
    with_grafana: Services, clock: Clock, burst: Burst, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    stands(grafana, "firing", 23, 23, "3e-01")
    followed(with_grafana, clock, 40)
    annotated(grafana, ("Normal", "Pending", 10), ("Pending", "Alerting", 20))
    followed(with_grafana, clock, 60)
    history = next(h for h in record.histories(burst.id) if h.source is AlertSource.GRAFANA)
    assert [(t.state, t.at - BEGAN) for t in history.transitions] == [
        ("pending", 10),
        ("firing", 20),
    ]


def test_a_portal_that_was_down_reads_what_grafana_kept(
    with_grafana: Services, clock: Clock, burst: Burst, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    annotated(grafana, ("Normal", "Alerting", 20), ("Alerting", "Normal", 90))
    clock.pass_seconds(SETTLE.total_seconds() + 3600)
    look(with_grafana, "me")
    history = next(h for h in record.histories(burst.id) if h.source is AlertSource.GRAFANA)
    assert [(t.state, t.at - BEGAN) for t in history.transitions] == [
        ("firing", 20),
        ("resolved", 90),
    ]


def test_another_process_goes_on_where_the_first_one_stopped(
    with_grafana: Services, clock: Clock, burst: Burst, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    stands(grafana, "pending", 2, 5, "3e-01")
    followed(with_grafana, clock, 10)
    clock.pass_seconds(ABANDONED_AFTER.total_seconds() + 1)
    stands(grafana, "firing", 25, 25, "3e-01")
    followed(with_grafana, clock, 40, me="another")
    history = next(h for h in record.histories(burst.id) if h.source is AlertSource.GRAFANA)
    assert [t.state for t in history.transitions] == ["pending", "firing"]


def test_grafanas_alerts_on_other_services_are_left_out(
    with_grafana: Services, clock: Clock, burst: Burst, learner: Learner, grafana: FakeGrafana
) -> None:
    save_slo(learner.id, SLO("availability", SLIKind.AVAILABILITY, 0.99), START)
    grafana.add_rule("Burn", RATIO.replace("flask-app", "other-app"), threshold=0.144)
    stands(grafana, "firing", 2, 5, "3e-01")
    followed(with_grafana, clock, 15)
    assert [h for h in record.histories(burst.id) if h.source is AlertSource.GRAFANA] == []


def test_a_grafana_that_is_down_is_told_and_prometheus_kept(
    services: Services, clock: Clock, burst: Burst
) -> None:
    settings = replace(services.settings, grafana_url=NOWHERE)
    services = replace(services, settings=settings)
    followed(services, clock, 100)
    watch = record.watch_of(burst.id)
    assert watch is not None
    assert "Grafana" in watch.trouble
    assert watch.done_at is None
    assert [h.name for h in record.histories(burst.id)] == ["TooManyErrors"]
    clock.pass_seconds(SETTLE.total_seconds())
    look(services, "me")
    db.session.refresh(watch)
    assert watch.done_at is not None


def test_the_planner_is_asked_for_the_moment_of_the_start(
    services: Services, clock: Clock, learner: Learner
) -> None:
    slo = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.LAB, title="Availability")
    save_slo(learner.id, slo, START - timedelta(minutes=5))
    burst = add_burst(learner, 0)
    burst.spec = {**burst.spec, "mode": "open", "mix": [{"path": "/", "weight": 1}]}
    burst.spec = {
        **burst.spec,
        "fault": {"error_ratio": 0.2, "latency_seconds": 0.0, "hang": False},
    }
    db.session.commit()
    clock.pass_seconds(3)
    look(services, "me")
    watch = record.watch_of(burst.id)
    assert watch is not None
    forecasts = list(Forecast.readable(watch.plans or ()))
    assert [(one.pair, one.failures, one.is_page) for one in forecasts] == [
        ("page 5m/25s", 1, True),
        ("ticket 15m/75s", 1, False),
    ]


def test_the_page_shows_what_grafana_did_and_marks_nothing(
    client: FlaskClient, services: Services, clock: Clock, burst: Burst
) -> None:
    on_nan = Transition(AlertState.FIRING, BEGAN + 20, on_nothing=True)
    record.keep(burst, [replace(HISTORY, transitions=(on_nan,), source=AlertSource.GRAFANA)])
    db.session.commit()
    clock.pass_seconds(50)
    page = client.get(f"/alerts/bursts/{burst.id}").text
    assert '<span class="badge">Grafana</span>' in page
    assert "firing on nothing" in page
    assert "That proves nothing" in page


def test_without_prometheus_what_was_kept_is_shown_beside_the_reason(
    app: Flask, services: Services, clock: Clock, burst: Burst
) -> None:
    record.keep(burst, [HISTORY])
    db.session.commit()
    clock.pass_seconds(50)
    told = alerts_during(replace(services, prometheus=PrometheusClient(NOWHERE)), burst)
    assert "Prometheus can't be reached" in told.reason
    assert told.histories == (HISTORY,)


def test_the_thread_survives_a_failing_look_and_ends_when_told(
    app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    background = services.background
    looks: list[str] = []
    second = threading.Event()

    def failing(services: Services, me: str) -> None:
        looks.append(me)
        if len(looks) == 2:
            second.set()
        raise RuntimeError("as if")

    monkeypatch.setattr("portal.alerts.follower.look", failing)
    limits = replace(services.limits, follow_every_s=0.01)
    app.extensions["slo_lab"] = replace(services, limits=limits)
    AlertFollower(app).start()
    assert second.wait(60)
    assert background.stop(60) == []
    assert len(looks) >= 2
    assert len(set(looks)) == 1
