"""What the alerts did during a burst, and the fragment that tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from portal.alerts.course import BEFORE_S, QUIET_S, SETTLE, alerts_during, watched_until
from portal.bursts.models import Burst, BurstState
from portal.clients.prometheus import PrometheusClient, Rows, Series
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from tests.conftest import START, Clock

BEGAN = START.timestamp()


class Kept(PrometheusClient):
    """Prometheus, which saw one alert fire from 20 s to 60 s after START."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.asked: list[tuple[str, float, float]] = []
        self.labels: dict[str, str] = {}

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        self.asked.append((promql, start, end))
        if "timestamp" not in promql:
            return Rows([])
        fired = range(int(BEGAN) + 20, int(BEGAN) + 60)
        points = [(float(at), float(at)) for at in fired if start <= at <= end]
        labels = {"alertname": "TooManyErrors", "alertstate": "firing", **self.labels}
        return Rows([Series(labels, points)] if points else [])


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def services(settings: object, services: Services, kept: Kept) -> Services:
    return replace(services, prometheus=kept)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    return add_burst(learner, 0)


def add_burst(learner: Learner, after: float, state: BurstState = BurstState.FINISHED) -> Burst:
    began = START + timedelta(seconds=after)
    burst = Burst(
        learner=learner,
        key=f"burst-{after}",
        preset="errors",
        title="Error burst",
        spec={"rate": 20, "duration": 30},
        state=state,
        requested_at=began,
        started_at=began if state is not BurstState.QUEUED else None,
        ended_at=began + timedelta(seconds=30) if state is BurstState.FINISHED else None,
        heartbeat_at=began,
        counts={"first_bad_due_at": began.timestamp() + 5},
    )
    db.session.add(burst)
    db.session.commit()
    return burst


def test_alerts_are_followed_from_before_the_burst_until_now(
    services: Services, clock: Clock, burst: Burst, kept: Kept
) -> None:
    clock.pass_seconds(50)
    told = alerts_during(services, burst)
    assert [history.name for history in told.histories] == ["TooManyErrors"]
    assert told.changing
    assert told.first_failure == BEGAN + 5
    assert kept.asked[0] == (
        'timestamp(ALERTS{job=~"|flask-app"})',
        BEGAN - BEFORE_S,
        BEGAN + 50,
    )


@pytest.mark.parametrize(
    ("labels", "is_ours"),
    [
        ({"sloth_service": "flask-app"}, True),
        ({"sloth_service": "other-app"}, False),
        ({"sloth_service": "other-app", "job": "flask-app"}, False),
    ],
)
def test_alerts_of_another_service_are_not_this_bursts(
    services: Services,
    clock: Clock,
    burst: Burst,
    kept: Kept,
    labels: dict[str, str],
    is_ours: bool,
) -> None:
    """An alert that an SLO of another service fires carries its name, and no job."""
    clock.pass_seconds(50)
    kept.labels = labels
    assert bool(alerts_during(services, burst).histories) is is_ours


def test_nobody_waits_once_alerts_are_quiet(services: Services, clock: Clock, burst: Burst) -> None:
    clock.pass_seconds(30 + QUIET_S + 1)
    assert not alerts_during(services, burst).changing


def test_what_comes_after_the_next_burst_is_not_this_ones(
    services: Services, clock: Clock, burst: Burst, learner: Learner, kept: Kept
) -> None:
    add_burst(learner, 40)
    clock.pass_seconds(200)
    told = alerts_during(services, burst)
    assert told.end == BEGAN + 40
    assert [one.state for one in told.histories[0].transitions] == ["firing"]
    assert not told.changing
    assert watched_until(burst, START + timedelta(seconds=20)) == START + timedelta(seconds=20)


def test_two_bursts_that_began_at_once_do_not_end_one_another(
    clock: Clock, burst: Burst, learner: Learner
) -> None:
    """A watch that ended where it began would see nothing."""
    other = add_burst(learner, 0.0001)
    other.started_at = burst.started_at
    db.session.commit()
    now = START + timedelta(seconds=100)
    assert watched_until(burst, now) == now == watched_until(other, now)


def test_old_bursts_are_not_followed_for_ever(
    services: Services, clock: Clock, burst: Burst
) -> None:
    clock.pass_seconds(86400)
    assert alerts_during(services, burst).end == BEGAN + 30 + SETTLE.total_seconds()


def test_queued_burst_has_no_alerts_yet(services: Services, learner: Learner) -> None:
    told = alerts_during(services, add_burst(learner, 0, BurstState.QUEUED))
    assert told.changing
    assert "has not started" in told.reason


def test_many_pages_ask_prometheus_once(
    services: Services, clock: Clock, burst: Burst, kept: Kept
) -> None:
    clock.pass_seconds(50)
    for _ in range(5):
        alerts_during(services, burst)
    assert len(kept.asked) == 2


def test_fragment_tells_seconds_and_goes_on_while_it_changes(
    client: FlaskClient, clock: Clock, burst: Burst
) -> None:
    clock.pass_seconds(50)
    page = client.get(f"/alerts/transitions?burst={burst.id}")
    assert page.text.lstrip().startswith('<section id="alert-transitions"')
    assert "TooManyErrors" in page.text
    assert '<td class="num">20 s</td><td class="num">15 s</td>' in page.text
    assert "every 5s" in page.text


def test_fragment_rests_when_the_alert_is_resolved(
    client: FlaskClient, clock: Clock, burst: Burst
) -> None:
    clock.pass_seconds(30 + QUIET_S + 1)
    page = client.get(f"/alerts/transitions?burst={burst.id}")
    assert "resolved" in page.text
    assert "hx-get" not in page.text


def test_page_tells_the_same_without_javascript(
    client: FlaskClient, clock: Clock, burst: Burst
) -> None:
    clock.pass_seconds(50)
    page = client.get(f"/alerts/bursts/{burst.id}")
    assert "<html" in page.text
    assert "TooManyErrors" in page.text


def test_other_pages_ask_later(app: Flask, burst: Burst, kept: Kept) -> None:
    db.session.refresh(burst)
    with app.test_request_context():
        placeholder = render_template("alerts/_transitions_later.html", burst=burst)
    assert f"/alerts/transitions?burst={burst.id}" in placeholder
    assert f'href="/alerts/bursts/{burst.id}"' in placeholder
    assert kept.asked == []


def test_unknown_burst_is_not_found(client: FlaskClient) -> None:
    assert client.get("/alerts/bursts/99").status_code == 404
    assert client.get("/alerts/transitions?burst=99").status_code == 404
    assert client.get("/alerts/transitions").status_code == 404


class TestWithoutPrometheus:
    @pytest.fixture
    def kept(self) -> PrometheusClient:
        return PrometheusClient("http://127.0.0.1:9")

    def test_reason_is_told_and_asked_again(
        self, client: FlaskClient, clock: Clock, burst: Burst
    ) -> None:
        clock.pass_seconds(50)
        page = client.get(f"/alerts/transitions?burst={burst.id}")
        assert page.status_code == 200
        assert "can&#39;t be reached" in page.text
        assert "every 5s" in page.text
