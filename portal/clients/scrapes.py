"""How fresh what Prometheus knows of a target is: by its own clock, whatever ours says."""

from __future__ import annotations

from dataclasses import dataclass

from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.durations import duration

MISSED = 2
SLACK_S = 5.0
"""A scrape of a slow service, or on a busy machine, may come that much later."""


@dataclass(frozen=True)
class LastScrape:
    """The newest scrape of a job: when it was (Unix s), its age in seconds, whether it worked."""

    at: float
    age_s: float
    up: bool

    def is_overdue(self, interval_s: float) -> bool:
        """Whether scrapes are missing, so that the present is not known: neither up nor down."""
        return self.age_s > MISSED * interval_s + SLACK_S

    def overdue_words(self, job: str) -> str:
        """Why nothing is known."""
        return (
            f"Prometheus has not scraped {job} for {duration(self.age_s)}, so what happened "
            "since is not counted."
        )


def scrape_queries(selector: str) -> tuple[str, str]:
    """What tells of the last scrape of the targets that ``selector`` (of ``up``) names."""
    return f"max(timestamp({selector}))", selector


def scrape_of(times: Rows[Sample], states: Rows[Sample]) -> LastScrape | None:
    """The last scrape, as the answers to these queries tell it; None before the first."""
    if not times or not states:
        return None
    newest = times[0]
    up = any(state.value == 1 for state in states)
    return LastScrape(newest.value, max(0.0, newest.at - newest.value), up)


def last_scrape(prometheus: PrometheusClient, selector: str) -> LastScrape | None:
    """The last scrape of the targets that ``selector`` (of ``up``) names; None before the first.

    Raises ClientError.
    """
    times, states = prometheus.all_numbers(scrape_queries(selector))
    return scrape_of(times, states)
