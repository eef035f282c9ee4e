"""Has the service had traffic that Prometheus counted?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from portal.clients.prometheus import Sample
from portal.clients.scrapes import last_scrape
from portal.criteria.base import Status, Subject, Verdict, Where
from portal.shop.queries import SLIQueries
from portal.words import counted

NEEDED = 100
WINDOW = "15m"
LATELY = "in the last 15 minutes"
READINGS = {
    0: "Prometheus has not read the service’s numbers yet; a count needs two readings.",
    1: "Prometheus has read the service’s numbers once; a count needs two readings.",
}
BURSTS = Where("Send a burst", "/bursts")


@dataclass(frozen=True)
class TrafficEvidence:
    """Scrapes and requests (None: no such series) that Prometheus has from the window.

    ``overdue``: why nobody knows what happened of late.
    """

    scrapes: int
    requests: float | None
    target_up: bool
    scrape_interval: int
    overdue: str = ""


class TrafficCriterion:
    """At least 100 requests counted by Prometheus in the last 15 minutes."""

    id: ClassVar[str] = "traffic"
    title: ClassVar[str] = "Traffic that Prometheus counted"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> TrafficEvidence:
        """Ask Prometheus for scrapes and what the counter gained.

        Exactly where it never began anew; ``increase`` bridges a restart, but it estimates.
        """
        asked, job = subject.services.prometheus, subject.learner.service.job
        queries = SLIQueries(job, window=WINDOW)
        ask = asked.numbers
        increase, raw = ask(queries.counted), ask(queries.counted_from_zero)
        scrapes, last = ask(queries.scrapes), last_scrape(asked, queries.target_up)
        interval = subject.services.settings.scrape_interval
        exact = bool(raw) and _sum(ask(queries.resets)) == 0 and _sum(raw) >= 0
        return TrafficEvidence(
            scrapes=int(scrapes[0].value) if scrapes else 0,
            requests=_requests(_sum(increase), _sum(raw), exact) if increase or raw else None,
            target_up=last is not None and last.up,
            scrape_interval=interval,
            overdue=last.overdue_words(job) if last and last.is_overdue(interval) else "",
        )

    def judge(self, evidence: TrafficEvidence) -> Verdict:
        """Met from 100 requests on."""
        expected = f"At least {NEEDED} requests that Prometheus counted {LATELY}."
        if evidence.scrapes < 2 or evidence.requests is None:
            return _too_early(evidence, expected)
        requests = math.floor(evidence.requests + 0.5)
        if requests >= NEEDED:
            return Verdict(
                Status.MET,
                "traffic",
                "Your service has traffic",
                f"Prometheus counted {counted(requests, 'request')} {LATELY}.",
                expected,
            )
        if evidence.overdue or not evidence.target_up:
            return _unknown(evidence, expected)
        seen = counted(requests, "request") if requests else "no requests"
        seen = f"Prometheus counted {seen} {LATELY}."
        code = "too_little_traffic" if requests else "no_traffic"
        return Verdict(Status.NOT_MET, code, "Not enough traffic yet", seen, expected, BURSTS)


def _requests(increase: float, raw: float, exact: bool) -> float:
    return raw if exact else max(increase, raw)


def _sum(samples: list[Sample]) -> float:
    return sum(sample.value for sample in samples)


def _unknown(evidence: TrafficEvidence, expected: str) -> Verdict:
    """What was counted may be all, or not: the last scrapes are missing."""
    where = Where("How is the lab?", "/lab")
    if evidence.overdue:
        headline = "Can’t check: Prometheus does not scrape"
        said = f"{evidence.overdue} Your work is not at fault."
        return Verdict(Status.CANNOT_CHECK, "no_scrapes", headline, said, expected, where)
    headline = "Can’t check: Prometheus can’t reach the mock service"
    said = "Its last scrape failed, so no request is counted. Your work is not at fault."
    return Verdict(Status.CANNOT_CHECK, "target_down", headline, said, expected, where)


def _too_early(evidence: TrafficEvidence, expected: str) -> Verdict:
    if evidence.overdue or (evidence.scrapes >= 2 and not evidence.target_up):
        return _unknown(evidence, expected)
    return Verdict(
        Status.NOT_ENOUGH_DATA,
        "too_few_scrapes",
        "Not enough data yet",
        READINGS.get(evidence.scrapes, "Prometheus has no counter of requests yet."),
        expected,
        wait_seconds=evidence.scrape_interval * max(1, 2 - evidence.scrapes),
    )
