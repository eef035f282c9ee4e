"""A burst that its portal left behind still gets what Prometheus counted of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from flask import Flask

from portal.bursts.models import Burst, BurstState
from portal.bursts.recount import recount
from portal.bursts.server_view import Counters, ServerView
from portal.bursts.settler import start_settling
from portal.bursts.sides import SENT_LAST, UNSCRAPED, sides
from portal.bursts.store import ABANDONED_REASON
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import PrometheusClient, Rows, Sample, Series
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from tests.alerts.test_course import add_burst
from tests.conftest import NOWHERE, START, Clock
from tests.stack.labs import wait_until

BEGAN = START.timestamp()
BEFORE = Counters({"200": 100.0, "500": 10.0}, {"0.5": 100.0, "+Inf": 110.0})
PACE = 5.0


class Keeping(PrometheusClient):
    """Keeps scrapes: how many seconds after the burst's begin, and what had been counted then."""

    def __init__(self, scrapes: Sequence[tuple[float, float, float]], *, away: bool = False):
        super().__init__(NOWHERE)
        self.scrapes = [(BEGAN + after, good, bad) for after, good, bad in scrapes]
        self.away = away
        self.asked = 0

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        self.asked += 1
        if self.away:
            raise ClientError("It is away.", system="Prometheus", kind=ErrorKind.UNREACHABLE)
        looks = [start + n * step for n in range(int((end - start) // step) + 1)]
        known = [(at, row) for at in looks if (row := self._newest(at))]
        if "timestamp" in promql:
            return Rows([Series({}, [(at, row[0]) for at, row in known])])
        good = [(at, row[1]) for at, row in known]
        bad = [(at, row[2]) for at, row in known]
        if "by (le)" in promql:
            both = [(at, row[1] + row[2]) for at, row in known]
            return Rows([Series({"le": "0.5"}, good), Series({"le": "+Inf"}, both)])
        return Rows([Series({"status": "200"}, good), Series({"status": "500"}, bad)])

    def _newest(self, at: float) -> tuple[float, float, float] | None:
        """The scrape that a look at that moment finds: of the last five minutes."""
        found = [row for row in self.scrapes if at - 300 < row[0] <= at]
        return found[-1] if found else None

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        return Rows([])


@pytest.fixture
def left(learner: Learner) -> Burst:
    """A burst of 30 s that ended with its portal."""
    burst = add_burst(learner, 0)
    burst.state, burst.counts = BurstState.FAILED, {"sent": 60, "good": 50, "failed": {"500": 10}}
    burst.counted_before = asdict(BEFORE)
    db.session.commit()
    return burst


def counted(services: Services, clock: Clock, burst: Burst, prometheus: Keeping) -> Burst:
    """The burst after a look that comes when its runner must be gone."""
    clock.now = burst.heartbeat_at + timedelta(seconds=services.limits.burst.uncounted_s + 1)
    recount(replace(services, prometheus=prometheus))
    db.session.expire_all()
    return burst


DURING = [(-3, 95, 10), (2, 102, 10), (17, 130, 15), (27, 145, 18)]
"""The first one is of before the burst, and older than what the service itself told then."""


@pytest.mark.parametrize(
    ("scrapes", "requests", "failed", "marks"),
    [
        pytest.param([*DURING, (32, 150, 20), (37, 900, 99)], 60, 10, "", id="as if followed"),
        pytest.param(DURING, 53, 8, "unscraped", id="all ended together"),
        pytest.param(
            [*DURING, (33, 4, 1), (38, 9, 9)], 58, 9, "restarted", id="the service began anew"
        ),
    ],
)
def test_what_prometheus_keeps_of_that_time_is_counted(
    services: Services,
    clock: Clock,
    left: Burst,
    scrapes: list[tuple[float, float, float]],
    requests: float,
    failed: float,
    marks: str,
) -> None:
    burst = counted(services, clock, left, Keeping(scrapes))
    view = ServerView.of_record(burst.server_counts)
    assert view is not None
    assert (view.total, view.failed) == (requests, failed)
    assert [name for name in ("unscraped", "restarted") if getattr(view, name)] == marks.split()
    assert view.within["+Inf"] == requests
    assert view.slow == failed  # what its bucket says
    assert "p95" in view.quantiles


def test_what_came_after_the_last_scrape_is_told_to_be_missing(
    services: Services, clock: Clock, left: Burst
) -> None:
    assert UNSCRAPED in sides(counted(services, clock, left, Keeping(DURING))).sentence


def test_what_was_sent_after_the_record_ends_is_told_too(
    services: Services, clock: Clock, left: Burst
) -> None:
    left.reason = ABANDONED_REASON
    db.session.commit()
    told = sides(counted(services, clock, left, Keeping([*DURING, (32, 155, 20)]))).sentence
    assert told == f"The service counted 5 more than this record knows of: {SENT_LAST}"


def test_a_burst_of_which_prometheus_keeps_nothing_is_not_waited_for(
    services: Services, clock: Clock, left: Burst
) -> None:
    burst = counted(services, clock, left, Keeping([(-3, 95, 10)]))
    assert burst.server_counts == {}


def test_nor_is_one_of_which_nobody_knows_where_it_began(
    services: Services, clock: Clock, left: Burst
) -> None:
    left.counted_before = None
    db.session.commit()
    prometheus = Keeping(DURING)
    assert counted(services, clock, left, prometheus).server_counts == {}
    assert prometheus.asked == 0


def test_a_prometheus_that_is_away_is_asked_again(
    services: Services, clock: Clock, left: Burst
) -> None:
    prometheus = Keeping([*DURING, (32, 150, 20)], away=True)
    assert counted(services, clock, left, prometheus).server_counts is None
    prometheus.away = False
    view = ServerView.of_record(counted(services, clock, left, prometheus).server_counts)
    assert view is not None
    assert view.total == 60


def test_a_runner_that_may_still_be_there_asks_itself(
    services: Services, clock: Clock, left: Burst
) -> None:
    prometheus = Keeping([*DURING, (32, 150, 20)])
    clock.now = left.heartbeat_at + timedelta(seconds=services.limits.burst.uncounted_s - 1)
    recount(replace(services, prometheus=prometheus))
    assert prometheus.asked == 0


def test_nobody_has_to_look_for_it(
    app: Flask, services: Services, clock: Clock, left: Burst
) -> None:
    limits = replace(services.limits.burst, recount_every_s=0.05)
    app.extensions["slo_lab"] = replace(
        services,
        prometheus=Keeping([*DURING, (32, 150, 20)]),
        limits=replace(services.limits, burst=limits),
    )
    clock.now += timedelta(hours=1)
    start_settling(app)

    def is_counted() -> bool:
        db.session.expire_all()
        return left.server_counts is not None

    wait_until(is_counted)
