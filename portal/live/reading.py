"""What Prometheus says of a service now, and over the last minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial

from portal.clients.errors import ClientError
from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.clients.scrapes import scrape_of, scrape_queries
from portal.kit.age import is_old
from portal.kit.charts import CHART_SPAN, CHART_STEP_SECONDS
from portal.numbers import about, count, exact, finite, number, percent
from portal.shop.processes import MANY_FALLS, SEVERAL
from portal.shop.queries import QUANTILES, SLIQueries
from portal.shop.series import bucket_label
from portal.words import counted, listed

SELDOM = 0.1
"""Requests/s under which a rate is told by the minute."""
VISIBLE = 0.005
EXTRAPOLATED = (
    "Prometheus’ rate() stretches what each series gained to the whole minute, and one that began "
    "at 0 within it less far than the others; a minute later both say the same."
)


class ReadingState(StrEnum):
    """Why there is, or is not, a number."""

    OK = "ok"
    NO_TRAFFIC = "no traffic"
    NO_SCRAPES = "no scrapes"
    NO_BUCKET = "no bucket"
    NO_DATA = "no data yet"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class SLIReading:
    """The SLIs of one service. Ratios 0..1, quantiles in seconds, traffic in requests/s.

    ``scraped_at``: unix seconds of the newest scrape that it rests on. ``counted_availability``
    and ``counted_fast_share``: the same shares without what ``rate`` extrapolates.
    ``falls``: how often a counter fell. ``no_latency`` and its reason: why there is no share of
    fast requests.
    """

    state: ReadingState
    at: datetime
    reason: str = ""
    target_up: bool | None = None
    scraped_at: float | None = None
    total: float = 0.0
    failed: float = 0.0
    traffic: float = 0.0
    availability: float | None = None
    fast_share: float | None = None
    counted_availability: float | None = None
    counted_fast_share: float | None = None
    falls: float = 0.0
    no_latency: ReadingState | None = None
    no_latency_reason: str = ""
    quantiles: dict[float, float] = field(default_factory=dict)

    @property
    def pace(self) -> tuple[str, str]:
        """The traffic and its unit; what is rare is told by the minute."""
        if self.traffic < SELDOM:
            return number(self.traffic * 60, 2), "requests/min"
        return number(self.traffic, 3), "requests/s"

    @property
    def failed_words(self) -> str:
        """``About 130 of 660 requests failed``: Prometheus extrapolates, so no more digits."""
        asked = counted(_about(self.total), "request")
        if not self.failed:
            return f"None of about {asked} failed"
        return f"About {count(_about(self.failed))} of {asked} failed"

    @property
    def several_words(self) -> str:
        """That several processes answer at one address, where the counters say so; or ""."""
        return SEVERAL if self.falls >= MANY_FALLS else ""

    @property
    def difference_words(self) -> str:
        """What the counters' plain difference says where ``rate`` says something else; or ""."""
        shares = (
            ("succeeded", self.availability, self.counted_availability),
            ("were fast", self.fast_share, self.counted_fast_share),
        )
        told = [
            f"{percent(difference)} {what}"
            for what, share, difference in shares
            if share is not None and difference is not None and abs(share - difference) >= VISIBLE
        ]
        return f"Counted by plain difference, {listed(told)}. {EXTRAPOLATED}" if told else ""


@dataclass(frozen=True)
class HistoryRow:
    """One line of the table: the two ratios at that moment."""

    at: datetime
    availability: float | None
    fast_share: float | None


@dataclass(frozen=True)
class SLIHistory:
    """Points (unix seconds, ratio or None for a gap) of the two SLIs; empty when unreachable."""

    start: datetime
    end: datetime
    availability: tuple[tuple[float, float | None], ...] = ()
    fast_share: tuple[tuple[float, float | None], ...] = ()
    reason: str = ""

    @property
    def rows(self) -> list[HistoryRow]:
        """The table behind the chart: every third point, the newest first."""
        pairs = list(zip(self.availability, self.fast_share, strict=False))[::-3]
        return [
            HistoryRow(datetime.fromtimestamp(at, UTC), good, fast)
            for (at, good), (_, fast) in pairs
            if good is not None or fast is not None
        ]


def read(
    prometheus: PrometheusClient, queries: SLIQueries, now: datetime, interval_s: float
) -> SLIReading:
    """Ask Prometheus, which scrapes every ``interval_s``; never raises.

    An error of the client is a reading of its own.
    """
    try:
        return _read(prometheus, queries, now, interval_s)
    except ClientError as error:
        return SLIReading(ReadingState.UNREACHABLE, now, reason=str(error))


def read_after_scrape(
    prometheus: PrometheusClient,
    queries: SLIQueries,
    now: datetime,
    interval_s: float,
    last: SLIReading | None,
    settled_s: float,
) -> SLIReading:
    """``last`` while it is up to date: ``settled_s`` old at most, and no scrape came since."""
    long_ago = timedelta(seconds=settled_s)
    if last is None or last.scraped_at is None or is_old(last.at, now, long_ago):
        return read(prometheus, queries, now, interval_s)
    try:
        scraped_at = _only(prometheus.numbers(queries.scraped_at))
    except ClientError as error:
        return SLIReading(ReadingState.UNREACHABLE, now, reason=str(error))
    if scraped_at == last.scraped_at:
        return last
    return read(prometheus, queries, now, interval_s)


def _read(
    prometheus: PrometheusClient, queries: SLIQueries, now: datetime, interval_s: float
) -> SLIReading:
    times, states, requests = prometheus.all_numbers(
        [*scrape_queries(queries.target_up), queries.requests]
    )
    scrape = scrape_of(times, states)
    target_up = scrape.up if scrape else None
    if scrape and scrape.is_overdue(interval_s):
        why = scrape.overdue_words(queries.job)
        return SLIReading(ReadingState.NO_SCRAPES, now, why, scraped_at=scrape.at)
    traffic = _only(requests)
    if traffic is None:
        return SLIReading(ReadingState.NO_DATA, now, _why_no_data(target_up), target_up)
    if traffic == 0:
        return SLIReading(ReadingState.NO_TRAFFIC, now, "", target_up)
    said = _ask_all(prometheus, queries)
    by_status = {s.labels.get("status", ""): s.value for s in said[queries.counted]}
    fast_share = _only(said[queries.fast_share])
    no_latency, why = (None, "") if fast_share is not None else _no_latency(prometheus, queries)
    return SLIReading(
        state=ReadingState.OK,
        at=now,
        target_up=target_up,
        scraped_at=scrape.at if scrape else None,
        traffic=traffic,
        total=sum(by_status.values()),
        failed=sum(n for status, n in by_status.items() if status.startswith("5")),
        availability=_only(said[queries.availability]),
        fast_share=fast_share,
        counted_availability=_share(said[queries.counted_availability]),
        counted_fast_share=_share(said[queries.counted_fast_share]),
        falls=_only(said[queries.falls]) or 0.0,
        no_latency=no_latency,
        no_latency_reason=why,
        quantiles=_quantiles(said, queries),
    )


def _ask_all(prometheus: PrometheusClient, queries: SLIQueries) -> Mapping[str, Rows[Sample]]:
    """What is shown of a service with traffic, by query."""
    wanted = (
        *(queries.counted, queries.fast_share, queries.availability),
        *(queries.counted_availability, queries.counted_fast_share, queries.falls),
        *(queries.quantile(phi) for phi in QUANTILES),
    )
    return dict(zip(wanted, prometheus.all_numbers(wanted), strict=True))


def _about(value: float) -> int:
    """655.2 as 660: two digits; never 0."""
    return max(about(value, 2), 1)


def _why_no_data(target_up: bool | None) -> str:
    if target_up is None:
        return "Prometheus has not scraped the service yet."
    if not target_up:
        return "Prometheus can't reach the mock service."
    return "A rate needs two scrapes; the second one comes within seconds."


def _no_latency(prometheus: PrometheusClient, queries: SLIQueries) -> tuple[ReadingState, str]:
    """Why requests were counted, but not how many were fast."""
    bounds = {sample.labels.get("le", "") for sample in prometheus.numbers(queries.buckets)}
    if not bounds:
        return ReadingState.NO_BUCKET, "The service has no histogram of how long its answers took."
    if bucket_label(queries.threshold) not in bounds:
        return ReadingState.NO_BUCKET, (
            f"The service’s histogram has no bucket that ends at {exact(queries.threshold)} s, so "
            "nobody can count the requests that were faster."
        )
    return ReadingState.NO_DATA, "The histogram of how long answers took has counted nothing yet."


def _share(samples: Sequence[Sample]) -> float | None:
    share = _only(samples)
    return share if share is not None and 0 <= share <= 1 else None


def _quantiles(said: Mapping[str, Rows[Sample]], queries: SLIQueries) -> dict[float, float]:
    read_out = {phi: _only(said[queries.quantile(phi)]) for phi in QUANTILES}
    return {phi: value for phi, value in read_out.items() if value is not None}


def _only(samples: Sequence[Sample]) -> float | None:
    """The one value of an instant query; None where there is none or it is no number."""
    if not samples or not math.isfinite(samples[0].value):
        return None
    return samples[0].value


def read_history(
    prometheus: PrometheusClient, queries: SLIQueries, now: datetime, span: timedelta = CHART_SPAN
) -> SLIHistory:
    """The SLIs over ``span`` up to now; never raises."""
    end = _aligned(now)
    start = end - span
    try:
        shares = (queries.availability, queries.fast_share)
        ask = [partial(points, prometheus, promql, start, end) for promql in shares]
        availability, fast_share = prometheus.side_by_side(ask)
        return SLIHistory(start, end, availability, fast_share)
    except ClientError as error:
        return SLIHistory(start, end, reason=str(error))


def no_history(now: datetime, reason: str) -> SLIHistory:
    """The history when nobody can be asked for one."""
    end = _aligned(now)
    return SLIHistory(end - CHART_SPAN, end, reason=reason)


def points(
    prometheus: PrometheusClient, promql: str, start: datetime, end: datetime
) -> tuple[tuple[float, float | None], ...]:
    """The first series of a range query, with None at each step that has no number."""
    step = max(CHART_STEP_SECONDS, math.ceil((end - start).total_seconds() / 240))
    series = prometheus.query_range(promql, start.timestamp(), end.timestamp(), step)
    known = dict(series[0].points) if series else {}
    moments = _steps(start.timestamp(), end.timestamp(), step)
    return tuple((at, finite(known.get(at))) for at in moments)


def _steps(start: float, end: float, step: float) -> list[float]:
    return [start + i * step for i in range(int((end - start) // step) + 1)]


def _aligned(now: datetime) -> datetime:
    """On the step's grid, so that neighbouring pages ask the same and points don't dance."""
    seconds = int(now.timestamp()) // CHART_STEP_SECONDS * CHART_STEP_SECONDS
    return datetime.fromtimestamp(seconds, UTC)
