"""What Prometheus counted while a burst ran: the raw counters after it, minus before it."""

from __future__ import annotations

import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from portal.clients.errors import ClientError
from portal.clients.prometheus import PrometheusClient, Series
from portal.numbers import quantile_name
from portal.records import RecordError, read_record
from portal.services import Services
from portal.shop.facts import DURATIONS, REQUESTS, STATUS
from portal.shop.histogram import quantile
from portal.shop.processes import MANY_FALLS
from portal.shop.queries import QUANTILES, SLIQueries
from portal.shop.series import bucket_label

SLOW_SECONDS = 0.5
EVERYTHING = "+Inf"


@dataclass(frozen=True)
class Counters:
    """Counted since the service started: requests by status, and answers by bucket (``le``)."""

    by_status: dict[str, float] = field(default_factory=dict)
    within: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_record(cls, kept: dict[str, Any] | None) -> Counters | None:
        """The counters as a burst's record keeps them; None where there are none to be read."""
        try:
            return read_record(cls, kept) if kept else None
        except RecordError:
            return None


@dataclass(frozen=True)
class ServerView:
    """What the service counted of one burst; quantiles in seconds by name (``p95``).

    ``within``: answers by bucket (``le``); empty in the records of older versions.
    ``restarted``: the service was started anew meanwhile, so its counters began at zero;
    ``several``: it is several processes, whose counters Prometheus met in turn; ``unscraped``:
    nobody scraped it between the burst's end and its own.
    """

    by_status: dict[str, float] = field(default_factory=dict)
    slow: float = 0.0
    quantiles: dict[str, float] = field(default_factory=dict)
    restarted: bool = False
    several: bool = False
    unscraped: bool = False
    within: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Requests of all statuses."""
        return sum(self.by_status.values())

    @property
    def failed(self) -> float:
        """Requests answered with a 5xx."""
        return sum(n for status, n in self.by_status.items() if status.startswith("5"))

    def answered(self, threshold_s: float) -> tuple[float, float] | None:
        """Answers that took longer than a bucket's bound, and all; None where it was not kept."""
        fast, total = self.within.get(bucket_label(threshold_s)), self.within.get(EVERYTHING)
        return None if fast is None or total is None else (total - fast, total)

    @classmethod
    def of_record(cls, kept: dict[str, Any] | None) -> ServerView | None:
        """The view as a burst's record keeps it; None where there is none, or none to be read."""
        if not kept:
            return None
        try:
            return read_record(cls, kept)
        except RecordError:
            return None


def counters_now(prometheus: PrometheusClient, job: str) -> Counters | None:
    """The counters as last scraped; None when they can't be asked."""
    queries = SLIQueries(job)
    try:
        requests, answers = prometheus.all_numbers((queries.counter, queries.answers))
    except ClientError:
        return None
    return Counters(
        by_status={sample.labels.get(STATUS, ""): sample.value for sample in requests},
        within={sample.labels.get("le", ""): sample.value for sample in answers},
    )


def counters_before(services: Services, job: str) -> Counters | None:
    """The counters this moment, from the service itself; else as Prometheus last scraped them.

    The last scrape may be older than the end of the burst before, whose last requests would then
    be counted as this one's.
    """
    try:
        return _counters_in(services.mockapp.metrics_text())
    except (ClientError, ValueError):
        return counters_now(services.prometheus, job)


def _counters_in(metrics_text: str) -> Counters:
    by_status: dict[str, float] = defaultdict(float)
    within: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(metrics_text):
        for name, labels, value, *_ in family.samples:
            if not math.isfinite(value):
                continue
            if name == REQUESTS:
                by_status[labels.get(STATUS, "")] += value
            elif name == f"{DURATIONS}_bucket":
                within[labels.get("le", "")] += value
    return Counters(dict(by_status), dict(within))


def seen_since(
    services: Services, job: str, before: Counters | None, ended: datetime
) -> ServerView | None:
    """The difference, once a scrape after ``ended`` is in; None when it can't be told.

    Waits for three scrape intervals at most. A service that was started anew meanwhile counts
    from zero again, so its difference is what it counted since.
    """
    if before is None or not _scraped_after(services, job, ended):
        return None
    after = counters_now(services.prometheus, job)
    if after is None:
        return None
    restarted = _was_reset(before, after)
    base = Counters() if restarted else before
    return _completed(
        ServerView(
            by_status=_difference(after.by_status, base.by_status),
            restarted=restarted,
            several=_are_several(services, job),
            within=_difference(after.within, base.within),
        )
    )


def seen_then(
    services: Services, job: str, before: Counters, began: datetime, ended: datetime
) -> ServerView | None:
    """The same from what Prometheus keeps of that time; None when it keeps nothing of it.

    The counters' gains from scrape to scrape are added up, to the first scrape after ``ended``:
    within three intervals, else the service was gone. Raises ClientError.
    """
    step, queries = services.settings.scrape_interval, SLIQueries(job)
    start, end = began.timestamp(), ended.timestamp()
    asked = (queries.counted_at, queries.counter, queries.answers)
    ask = services.prometheus.query_range
    scrapes, requests, answers = services.prometheus.side_by_side(
        [partial(ask, promql, start, end + 3 * step, step) for promql in asked]
    )
    looks = [look for series in scrapes for look in series.points]
    fresh = [at for at, scraped in looks if scraped >= start]
    after = [at for at, scraped in looks if scraped > end]
    if not fresh:
        return None
    span = (min(fresh), min(after, default=math.inf))
    by_status = _gains(requests, STATUS, before.by_status, span)
    restarted = any(gain.fell for gain in by_status.values())
    within = _gains(answers, "le", before.within, span)
    return _completed(
        ServerView(
            by_status={status: gain.total for status, gain in by_status.items()},
            restarted=restarted,
            several=_are_several(services, job, end),
            within={bucket: gain.total for bucket, gain in within.items()},
            unscraped=not after,
        )
    )


def _completed(view: ServerView) -> ServerView:
    """With what follows from its buckets."""
    slow, _ = view.answered(SLOW_SECONDS) or (0.0, 0.0)
    return replace(view, slow=slow, quantiles=_quantiles(view.within))


@dataclass(frozen=True)
class _Gain:
    """What a counter gained, and whether it began at zero meanwhile."""

    total: float
    fell: bool


def _gains(
    found: Sequence[Series],
    label: str,
    before: Mapping[str, float],
    span: tuple[float, float],
) -> dict[str, _Gain]:
    gains = {}
    for series in found:
        name, (since, until) = series.labels.get(label, ""), span
        scraped = (value for at, value in series.points if since <= at <= until)
        gains[name] = _gain([before.get(name, 0.0), *scraped])
    return gains


def _gain(values: Sequence[float]) -> _Gain:
    """From each to the next; one that is less began at zero in between."""
    steps = list(pairwise(values))
    total = sum(new - old if new >= old else new for old, new in steps)
    return _Gain(total, any(new < old for old, new in steps))


def _difference(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {label: number - before.get(label, 0.0) for label, number in after.items()}


def _are_several(services: Services, job: str, at: float | None = None) -> bool:
    """Whether a counter fell more often of late than any service starts."""
    try:
        falls = services.prometheus.numbers(SLIQueries(job).falls, at)
    except ClientError:
        return False
    return any(sample.value >= MANY_FALLS for sample in falls)


def _was_reset(before: Counters, after: Counters) -> bool:
    return any(after.by_status.get(s, 0.0) < n for s, n in before.by_status.items())


def _quantiles(within: dict[str, float]) -> dict[str, float]:
    """Of these very answers: ``rate`` would take those of a window that is longer than they."""
    found = ((quantile_name(phi), quantile(phi, within)) for phi in QUANTILES)
    return {name: seconds for name, seconds in found if seconds is not None}


def _scraped_after(services: Services, job: str, moment: datetime) -> bool:
    give_up = time.monotonic() + 3 * services.settings.scrape_interval + 2
    query = SLIQueries(job).scraped_at
    while time.monotonic() < give_up:
        with contextlib.suppress(ClientError):  # it may just be starting anew
            samples = services.prometheus.numbers(query)
            if samples and samples[0].value > moment.timestamp():
                return True
        if services.background.stopping.wait(services.limits.burst.ask_every_s):
            return False
    return False
