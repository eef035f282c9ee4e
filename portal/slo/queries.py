"""The PromQL behind every number of an SLO: named, in one place.

Each query survives "no 5xx yet" (a missing bad series counts as 0, not as nothing). Idle traffic
gives no sample instead of 0/0, so that NaN never reaches a recording or a reader.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.numbers import promql_number
from portal.shop import series
from portal.slo.objective import SLO
from portal.slo.windows import page_window


@dataclass(frozen=True)
class NamedQuery:
    """One PromQL expression: its ``name``, the ``unit`` of its value and its meaning in words."""

    name: str
    promql: str
    unit: str
    meaning: str


def total_selector(slo: SLO) -> str:
    """The series that count every event of the SLO's service."""
    return series.requests(slo.job) if slo.threshold_s is None else series.answers(slo.job)


def good_selector(slo: SLO) -> str:
    """The series that count good events: not a 5xx, or faster than the threshold's bucket."""
    if slo.threshold_s is None:
        return series.good_requests(slo.job)
    return series.fast_answers(slo.job, slo.threshold_s)


def bad_events(slo: SLO, function: str, window: str) -> str:
    """Bad events of the window: ``function`` is ``increase`` (events) or ``rate`` (per second)."""
    if slo.threshold_s is None:
        failed = series.failed_requests(slo.job)
        return f"(sum({function}({failed}[{window}])) or vector(0))"
    total = f"sum({function}({total_selector(slo)}[{window}]))"
    return f"({total} - sum({function}({good_selector(slo)}[{window}])))"


def total_events(slo: SLO, function: str, window: str) -> str:
    """All events of the window: ``function`` is ``increase`` (events) or ``rate`` (per second)."""
    return f"sum({function}({total_selector(slo)}[{window}]))"


def error_ratio(slo: SLO, window: str, function: str = "rate") -> str:
    """Bad / total over the window, weighted by events; no sample without traffic."""
    return f"{bad_events(slo, function, window)} / ({total_events(slo, function, window)} > 0)"


def budget_queries(slo: SLO, scrape_interval_s: float) -> list[NamedQuery]:
    """Every number on an SLO's page, as the query that gives it."""
    window, page = slo.window.value, page_window(slo.window)
    ratio = error_ratio(slo, window, "increase")
    budget = f"{slo.error_budget!r}"
    return [
        NamedQuery(
            "total_events",
            total_events(slo, "increase", window),
            "events",
            f"All requests of the last {window}, as far as the data go.",
        ),
        NamedQuery(
            "bad_events",
            bad_events(slo, "increase", window),
            "events",
            f"Requests of the last {window} that were not {slo.good}.",
        ),
        NamedQuery(
            "allowed_bad_events",
            f"{budget} * {total_events(slo, 'increase', window)}",
            "events",
            f"The error budget of the time so far: {budget} of all requests.",
        ),
        NamedQuery("sli", f"1 - {ratio}", "ratio", f"The share of requests {slo.good}."),
        NamedQuery(
            "error_budget_remaining",
            f"1 - {ratio} / {budget}",
            "ratio",
            "The share of the error budget of the time so far that is left.",
        ),
        NamedQuery(
            "burn_rate",
            f"{error_ratio(slo, page)} / {budget}",
            "times",
            f"How many times too fast the budget burned over the last {page}.",
        ),
        NamedQuery(
            "page_total_events",
            total_events(slo, "increase", page),
            "events",
            f"All requests of the last {page}, the long page window.",
        ),
        NamedQuery(
            "page_bad_events",
            bad_events(slo, "increase", page),
            "events",
            f"Requests of the last {page} that were not {slo.good}.",
        ),
        age_query(slo, scrape_interval_s),
    ]


def age_query(slo: SLO, scrape_interval_s: float) -> NamedQuery:
    """How much of the window the data cover, in seconds: scrapes seen × scrape interval.

    Time in which Prometheus was not running doesn't count: nothing is known about it.
    """
    scrapes = f"max(count_over_time({series.target(slo.job)}[{slo.window.value}]))"
    return NamedQuery(
        "age",
        f"{scrapes} * {promql_number(scrape_interval_s)}",
        "seconds",
        "How much of the window the data cover: scrapes seen × scrape interval.",
    )


def query_named(slo: SLO, name: str, scrape_interval_s: float) -> NamedQuery:
    """The query of ``budget_queries`` with that name."""
    return next(query for query in budget_queries(slo, scrape_interval_s) if query.name == name)
