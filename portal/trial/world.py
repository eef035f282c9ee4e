"""The names that invented traffic goes by: job, labels, paths, buckets, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.shop import (
    BUCKETS,
    DURATIONS,
    INSTANCE,
    JOB,
    METHODS,
    PATHS,
    SCRAPE_INTERVAL_S,
    STATUS,
    UNMATCHED,
)
from portal.trial.retelling import BORN
from portal.trial.traffic import Pace, Traffic

INF = float("inf")
USUAL = {
    BORN: -86400.0,
    "process_cpu_seconds_total": 0.0,
    "process_resident_memory_bytes": 5e7,
    "process_open_fds": 20.0,
    "scrape_duration_seconds": 0.01,
    "scrape_samples_scraped": 100.0,
}
"""Gauges that every target has, and what they stand at."""


@dataclass(frozen=True)
class World:
    """What the invented service's series are called.

    ``buckets``: ``le`` labels without ``+Inf``. ``extra``: further labels of every series of the
    service, by value. ``own_counters``: counters of failures, with the statuses they count.
    ``metrics``: the families that are written (of ``_bucket``, ``_count``, ``_sum`` the base).
    ``epoch_s``: what the clock says when a scene begins.
    ``never_asked``: the lab's series of requests that lead to no page are there, and stay at 0.
    """

    job: str = JOB
    instance: str = INSTANCE
    paths: tuple[str, ...] = PATHS
    methods: tuple[str, ...] = (*METHODS, "POST")
    status_labels: tuple[str, ...] = (STATUS,)
    buckets: tuple[str, ...] = tuple(repr(bound) for bound in BUCKETS)
    scrape_interval_s: float = SCRAPE_INTERVAL_S
    extra: tuple[tuple[str, str], ...] = ()
    own_counters: tuple[tuple[str, frozenset[int]], ...] = ()
    metrics: frozenset[str] = field(default_factory=frozenset)
    never_asked: bool = False
    epoch_s: float = 0.0

    @property
    def target(self) -> dict[str, str]:
        """The labels that the scrape itself gives."""
        return {"job": self.job, "instance": self.instance}

    @property
    def labels(self) -> dict[str, str]:
        """The labels that all series of the service carry."""
        return {**self.target, **dict(self.extra)}

    @property
    def other_labels(self) -> dict[str, str]:
        """The labels of a service that is not the learner's."""
        other = {name: f"not {value}" for name, value in self.extra}
        return {"job": f"not-{self.job}", "instance": f"not-{self.instance}", **other}

    @property
    def bounds(self) -> tuple[tuple[str, float], ...]:
        """Every ``le`` label with its bound in seconds, ascending, ``+Inf`` last."""
        finite = sorted((float(le), le) for le in self.buckets if float(le) < INF)
        return (*((le, bound) for bound, le in finite), ("+Inf", INF))

    @property
    def width(self) -> int:
        """How many series the widest of its metrics has, about."""
        pages = len(self.paths) + len(self.methods) - 1
        return pages * (len(self.buckets) + 1 if DURATIONS in self.metrics else 5)

    def known_pages(self) -> list[tuple[str, str]]:
        """Path and method of the series that are there from the start."""
        paths = (*self.paths, UNMATCHED) if self.never_asked else self.paths
        return [(path, self.methods[0]) for path in paths]

    def page(self, page: int, method: int) -> tuple[str, str]:
        """Path and method of a flow."""
        path = UNMATCHED if page < 0 else self.paths[page % len(self.paths)]
        return path, self.methods[method % len(self.methods)]

    def by_status(self, traffic: Traffic) -> dict[tuple[str, str, int], float]:
        """Requests per second by path, method and status."""
        found: dict[tuple[str, str, int], float] = {}
        for flow in traffic.flows:
            page = self.page(flow.page, flow.method)
            for status, rate in flow.by_status().items():
                found[(*page, status)] = found.get((*page, status), 0.0) + rate
        return found

    def by_pace(self, traffic: Traffic) -> dict[tuple[str, str], list[tuple[float, Pace]]]:
        """For each path and method the rates of its requests, and how long these take."""
        found: dict[tuple[str, str], list[tuple[float, Pace]]] = {}
        for flow in traffic.flows:
            page = self.page(flow.page, flow.method)
            found.setdefault(page, []).append((flow.rate, flow.pace))
        return found

    def gauges(self) -> Iterator[tuple[str, Mapping[str, str], float]]:
        """The usual series besides ``up`` that are wanted: name, labels, value."""
        for metric in sorted(self.metrics):
            if metric in USUAL:
                yield metric, {}, USUAL[metric] + (self.epoch_s if metric == BORN else 0.0)
            elif metric.endswith("_info"):
                yield metric, {"version": "1"}, 1.0
