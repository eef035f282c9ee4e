"""A finished burst from two sides: what users saw, and what Prometheus counted; pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from portal.bursts.models import Burst
from portal.bursts.server_view import SLOW_SECONDS, ServerView
from portal.bursts.store import ABANDONED_REASON
from portal.durations import duration, milliseconds
from portal.numbers import count, exact, percent
from portal.shop import BUCKETS
from portal.shop.processes import SEVERAL
from portal.shop.queries import LATENCY_THRESHOLD
from portal.words import listed

UNKNOWN = "–"
WAITING = "waiting for the next scrape"
NEVER_COUNTED = "What never reaches the counter never shows in the SLI."
RESTARTED = (
    "The service was started anew meanwhile, so its counters began at zero: what it had counted "
    "before may be missing here."
)
SENT_LAST = "the portal was gone when the last of them were sent, or somebody else asked too."
UNSCRAPED = (
    "The service ended soon after this burst, and Prometheus did not scrape it again: what came "
    "after the last scrape is missing here."
)
ESTIMATED = "What users saw is exact; Prometheus estimates p50 to p99 from its buckets."
SMALLEST = (
    "What users saw is exact; of p50 to p99 Prometheus only knows that they are under "
    f"{milliseconds(BUCKETS[0])}, its smallest bucket."
)
WAITED_OUTSIDE = (
    "users waited longer than the service measured. Its clock runs only while it works on a "
    "request; the rest is waiting for a connection, in a queue, or for a busy machine."
)
SLOW = (
    f"Slow here: over {exact(SLOW_SECONDS)} s, where people notice; the live latency SLI counts "
    f"from {exact(LATENCY_THRESHOLD)} s."
)


@dataclass(frozen=True)
class Row:
    """One line of the comparison, ready to be shown."""

    label: str
    users: str
    server: str


@dataclass(frozen=True)
class Sides:
    """The comparison, a sentence that explains a difference, and what to know when reading it."""

    rows: tuple[Row, ...]
    sentence: str
    note: str


def sides(burst: Burst) -> Sides:
    """Compare the engine's record with the counters' difference."""
    view = ServerView.of_record(burst.server_counts)
    unknown = WAITING if burst.server_counts is None else UNKNOWN
    times = (
        Row(
            name,
            _seconds(burst.count_of(name)),
            _seconds(view.quantiles.get(name) if view else None),
        )
        for name in ("p50", "p95", "p99")
    )
    rows = (
        Row("requests", count(burst.sent), count(view.total) if view else unknown),
        Row("failed", count(burst.failed), count(view.failed) if view else unknown),
        Row(
            "availability",
            _share(burst.good, burst.sent),
            _share(view.total - view.failed, view.total) if view else unknown,
        ),
        Row("slow (over 0.5 s)", count(burst.slow), count(view.slow) if view else unknown),
        *times,
    )
    return Sides(rows, _explain(burst, view), f"{_explain_times(burst, view)} {SLOW}")


def _share(good: float, total: float) -> str:
    return percent(good / total) if total else UNKNOWN


def _seconds(value: float | None) -> str:
    """In milliseconds, to be compared; what is no latency any more as a duration."""
    if value is None:
        return UNKNOWN
    return f"{count(value * 1000)} ms" if value < 60 else duration(value)


def _explain(burst: Burst, view: ServerView | None) -> str:
    if burst.server_counts is None:
        return "Prometheus will have counted all of it after its next scrape."
    if view is None:
        return "Prometheus could not be asked about this burst, so there is nothing to compare."
    if view.several:
        return SEVERAL
    missing = burst.sent - round(view.total)
    if missing > 0:
        unseen = sum(n for kind, n in burst.failed_by_kind.items() if not kind.isdigit())
        return (
            f"The service counted {count(missing)} fewer than users sent; {count(unseen)} ended in "
            f"a timeout or a broken connection. {_why_fewer(view)}"
        )
    if missing < 0:
        more = f"The service counted {count(-missing)} more than"
        if burst.reason.startswith(ABANDONED_REASON):
            return f"{more} this record knows of: {SENT_LAST}"
        return f"{more} this burst sent: somebody else asked too."
    if burst.failed != round(view.failed):
        return (
            f"Both counted the same requests; {count(burst.failed)} of them failed for users, "
            f"{count(view.failed)} as the service counted."
        )
    return "Both counted the same requests and failures."


def _why_fewer(view: ServerView) -> str:
    if view.unscraped:
        return UNSCRAPED
    return RESTARTED if view.restarted else NEVER_COUNTED


def _explain_times(burst: Burst, view: ServerView | None) -> str:
    """Why the quantiles of the same requests differ: an estimate never leaves its bucket."""
    if view is None:
        return ESTIMATED
    estimates = view.quantiles.values()
    known = SMALLEST if estimates and max(estimates) <= BUCKETS[0] else ESTIMATED
    waited = _waited_outside(burst, view) if burst.sent == round(view.total) else []
    return f"{known} At {listed(waited)} {WAITED_OUTSIDE}" if waited else known


def _waited_outside(burst: Burst, view: ServerView) -> list[str]:
    """The quantiles that were longer for users than the bucket of the service's ends."""
    return [
        name
        for name, estimate in view.quantiles.items()
        if (exact := burst.count_of(name)) is not None and exact > _bucket_end(estimate)
    ]


def _bucket_end(seconds: float) -> float:
    """The bound of the service's bucket that holds ``seconds``; the last one has none."""
    above = bisect_left(BUCKETS, seconds)
    return math.inf if above == len(BUCKETS) else BUCKETS[above]
