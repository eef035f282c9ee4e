"""Which of Grafana's data sources ask the lab's Prometheus: a panel draws what its source has."""

from __future__ import annotations

from dataclasses import dataclass

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import DataSource, DataSources, SourceAnswer, SourceBook
from portal.clients.grafana.api import SYSTEM as GRAFANA
from portal.clients.grafana.data_sources import LAB_SOURCE
from portal.services import Services
from portal.shop.queries import SLIQueries

DEAD = frozenset({400, 404, 500, 502, 503, 504})
"""What Grafana answers for a data source that does not."""
NOT_LISTED = "Grafana does not let the portal list its data sources."
SLACK_S = 0.01
"""Prometheus cuts the time of a query to a millisecond, which may come out one too early."""


@dataclass(frozen=True)
class SourceListing:
    """Grafana's data sources; None where they can't be listed, and ``trouble`` says why."""

    sources: DataSources | None = None
    trouble: str = ""

    @property
    def lab_uid(self) -> str:
        """The uid of the Prometheus that the lab asks; that of its own where none is told."""
        first = next(iter(self.sources.prometheus if self.sources else []), None)
        return first.uid if first else LAB_SOURCE


def source_listing(services: Services) -> SourceListing:
    """The data sources as they were a moment ago; all open pages share one listing."""
    return services.readings.get(
        "data sources", services.limits.reading.sources_s, lambda: _listed(services)
    )


def source_book(services: Services, job: str) -> SourceBook:
    """What a panel or a rule of a learner asks; ``job``: their service."""
    known = source_listing(services).sources
    return SourceBook(known, lambda source: source_answer(services, source, job))


def _listed(services: Services) -> SourceListing:
    try:
        return SourceListing(services.grafana.datasources())
    except ClientError as error:
        if error.kind is ErrorKind.FORBIDDEN:
            return SourceListing(trouble=NOT_LISTED)
        return SourceListing(trouble=str(error))


def source_answer(services: Services, source: DataSource, job: str) -> SourceAnswer:
    """Whether the source asks the lab's Prometheus; asked once, and shared for a moment."""
    key, most_s = ("data source", source.uid, job), services.limits.reading.sources_s
    return services.readings.get(key, most_s, lambda: _answer(services, source.uid, job))


def _answer(services: Services, uid: str, job: str) -> SourceAnswer:
    """How long one scrape took, to the nanosecond, is told by one Prometheus alone.

    When it was is not enough: two on one machine may scrape in the same millisecond.
    """
    queries = SLIQueries(job)
    try:
        scraped = services.prometheus.numbers(queries.scraped_before)
        if not scraped:
            return SourceAnswer.UNKNOWN
        at = scraped[0].value + SLACK_S
        own = [one.value for one in services.prometheus.numbers(queries.scrape_seconds, at)]
        found = services.grafana.through_data_source(uid, queries.scrape_seconds, at)
    except ClientError as error:
        is_dead = error.system == GRAFANA and error.status in DEAD
        return SourceAnswer.SILENT if is_dead else SourceAnswer.UNKNOWN
    return SourceAnswer.THE_LAB if found and found == own else SourceAnswer.ANOTHER
