"""Traffic: judged on evidence, and on what a real Prometheus answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from portal.clients.prometheus import PrometheusClient
from portal.criteria.base import Status, Subject
from portal.learners.models import Learner
from portal.live.criterion import TrafficCriterion, TrafficEvidence
from portal.services import Services
from portal.shop.queries import SLIQueries
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS


def evidence(
    scrapes: int, requests: float | None, *, up: bool = True, overdue: str = ""
) -> TrafficEvidence:
    return TrafficEvidence(scrapes, requests, up, scrape_interval=5, overdue=overdue)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        (evidence(0, None), Status.NOT_ENOUGH_DATA, "too_few_scrapes"),
        (evidence(1, 500), Status.NOT_ENOUGH_DATA, "too_few_scrapes"),
        (evidence(2, None), Status.NOT_ENOUGH_DATA, "too_few_scrapes"),
        (evidence(2, None, up=False), Status.CANNOT_CHECK, "target_down"),
        (evidence(2, 0), Status.NOT_MET, "no_traffic"),
        (evidence(12, 99.4), Status.NOT_MET, "too_little_traffic"),
        (evidence(12, 99.5), Status.MET, "traffic"),
        (evidence(12, 100), Status.MET, "traffic"),
        (evidence(12, 100, up=False), Status.MET, "traffic"),
        (evidence(12, 99, up=False), Status.CANNOT_CHECK, "target_down"),
        (evidence(12, 0, overdue="late"), Status.CANNOT_CHECK, "no_scrapes"),
        (evidence(2, None, overdue="late"), Status.CANNOT_CHECK, "no_scrapes"),
        (evidence(12, 100, overdue="late"), Status.MET, "traffic"),
    ],
)
def test_verdict(given: TrafficEvidence, status: Status, code: str) -> None:
    verdict = TrafficCriterion().judge(given)
    assert (verdict.status, verdict.code) == (status, code)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (evidence(0, None), "Prometheus has not read the service’s numbers yet"),
        (evidence(1, 3), "Prometheus has read the service’s numbers once"),
        (evidence(2, None), "Prometheus has no counter of requests yet."),
        (evidence(2, 0), "Prometheus counted no requests in the last 15 minutes."),
        (evidence(2, 1), "Prometheus counted 1 request in the last 15 minutes."),
        (evidence(2, 1200), "Prometheus counted 1,200 requests in the last 15 minutes."),
    ],
)
def test_it_says_what_was_seen(given: TrafficEvidence, words: str) -> None:
    assert TrafficCriterion().judge(given).observed.startswith(words)


def test_waiting_for_scrapes_is_told_in_seconds() -> None:
    assert TrafficCriterion().judge(evidence(0, None)).wait_seconds == 10
    assert TrafficCriterion().judge(evidence(1, 3)).wait_seconds == 5


def collected(
    services: Services, learner: Learner, told: Mapping[str, float | None], now: float = 9
) -> TrafficEvidence:
    """The evidence where Prometheus answers so at ``now``; 9 to what is not told."""

    def answer(request: Request) -> Reply:
        value = told.get(request.form["query"], 9)
        found = [] if value is None else [{"metric": {}, "value": [now, str(value)]}]
        data = {"resultType": "vector", "result": found}
        return Reply.of({"status": "success", "data": data})

    with LocalServer(answer) as server:
        asking = replace(services, prometheus=PrometheusClient(server.url, timeout=SECONDS))
        return TrafficCriterion().collect(Subject(asking, learner))


@pytest.mark.parametrize(
    ("resets", "raw", "counted"),
    [(0, 90, 90), (1, 20, 120), (1, -400, 120), (0, -400, 120), (0, None, 120)],
)
def test_an_estimate_counts_only_where_the_counter_began_anew(
    services: Services, learner: Learner, resets: int, raw: int | None, counted: int
) -> None:
    queries = SLIQueries(learner.service.job, window="15m")
    told: dict[str, float | None] = {
        queries.counted: 120,
        queries.counted_from_zero: raw,
        queries.resets: resets,
    }
    assert collected(services, learner, told).requests == counted


@pytest.mark.parametrize(
    ("up", "now", "is_up", "overdue"),
    [
        (1, 10, True, ""),
        (0, 10, False, ""),
        (None, 10, False, ""),
        (1, 59, True, "Prometheus has not scraped flask-app for 50 s"),
    ],
)
def test_how_fresh_the_count_is_belongs_to_the_evidence(
    services: Services,
    learner: Learner,
    up: float | None,
    now: float,
    is_up: bool,
    overdue: str,
) -> None:
    told = {SLIQueries(learner.service.job).target_up: up}
    found = collected(services, learner, told, now)
    assert (found.target_up, bool(found.overdue)) == (is_up, bool(overdue))
    assert found.overdue.startswith(overdue)
    assert found.scrapes == 9


@pytest.mark.parametrize("scrapes", [0, 12])
def test_without_scrapes_the_reason_is_that_and_no_target(scrapes: int) -> None:
    """Whatever `up` said last: it is as old as the rest."""
    given = evidence(scrapes, None, up=False, overdue="Nobody scraped.")
    verdict = TrafficCriterion().judge(given)
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "no_scrapes")
    assert verdict.observed == "Nobody scraped. Your work is not at fault."
