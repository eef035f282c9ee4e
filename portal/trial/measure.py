"""What a query may show, as values that can be worked out for an invented day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations

from portal.promql.findings import Sli
from portal.trial.days import FAILURES
from portal.trial.ledger import Ledger, Page, quantile
from portal.trial.traffic import OK

AMBIGUOUS = (302, 404, 503)
"""Statuses that a person may count as good, as bad, or not at all."""
SERVER_ERROR = 500


@dataclass(frozen=True)
class Share:
    """The share of requests that failed (or went well): ``bad`` of ``total`` statuses."""

    bad: frozenset[int]
    total: frozenset[int]
    good: bool = False
    sli = Sli.AVAILABILITY

    def value(self, ledger: Ledger, pages: frozenset[Page]) -> float | None:
        """The share, 0 to 1; None where nobody asked."""
        total = ledger.requests(pages, self.total)
        if total <= 0:
            return None
        return ledger.requests(pages, self.total - self.bad if self.good else self.bad) / total

    def of_series(
        self, statuses: frozenset[int] | None, le: str | None
    ) -> Share | StatusShare | None:
        """The same for a series that speaks of some statuses only; None: it doesn't belong."""
        if le is not None:
            return None
        if statuses is None:
            return self
        counted = self.total - self.bad if self.good else self.bad
        return StatusShare(statuses & counted, self.total) if statuses & counted else None


@dataclass(frozen=True)
class StatusShare:
    """The share of requests with one of these statuses."""

    counted: frozenset[int]
    total: frozenset[int]

    def value(self, ledger: Ledger, pages: frozenset[Page]) -> float | None:
        """The share, 0 to 1; None where nobody asked."""
        total = ledger.requests(pages, self.total)
        return ledger.requests(pages, self.counted) / total if total > 0 else None


@dataclass(frozen=True)
class Under:
    """The share of requests under a threshold (or over it); of two thresholds the average.

    ``places``: which bounds of the world's.
    """

    places: tuple[int, ...]
    good: bool = True
    sli = Sli.LATENCY

    def value(self, ledger: Ledger, pages: frozenset[Page]) -> float | None:
        """The share, 0 to 1; None where nobody asked."""
        counts = ledger.buckets(pages)
        if counts[-1] <= 0:
            return None
        under = sum(counts[place] for place in self.places) / len(self.places) / counts[-1]
        return under if self.good else 1 - under

    def of_series(self, statuses: frozenset[int] | None, le: str | None) -> Under | None:
        """The same for a series that speaks of one bucket only."""
        return None if statuses is not None or le is not None else self


@dataclass(frozen=True)
class EachBucket:
    """Each series is the share under the threshold that its label ``le`` names."""

    good: bool = True
    sli = Sli.LATENCY
    labels: tuple[str, ...] = ()

    def value(self, ledger: Ledger, pages: frozenset[Page]) -> float | None:
        """Of the first bucket; series have their own."""
        return Under((0,), self.good).value(ledger, pages)

    def of_series(self, statuses: frozenset[int] | None, le: str | None) -> Under | None:
        """The share under the series' own threshold."""
        if statuses is not None or le not in self.labels:
            return None
        return Under((self.labels.index(le),), self.good)


@dataclass(frozen=True)
class QuantileMeasure:
    """A quantile of the durations in seconds."""

    phi: float
    sli = Sli.LATENCY
    good: bool = False

    def value(self, ledger: Ledger, pages: frozenset[Page]) -> float | None:
        """Seconds; None where nobody asked."""
        bounds = tuple(bound for _, bound in ledger.world.bounds)
        return quantile(self.phi, bounds, ledger.buckets(pages))

    def of_series(self, statuses: frozenset[int] | None, le: str | None) -> QuantileMeasure | None:
        """A quantile has no buckets any more."""
        return None if statuses is not None or le is not None else self


Measure = Share | Under | EachBucket | QuantileMeasure
OfSeries = Share | StatusShare | Under | QuantileMeasure


def shares() -> Iterator[Share]:
    """Every way to tell good from bad statuses, the usual ones first."""
    for left_out in _subsets(AMBIGUOUS):
        total = frozenset({OK, SERVER_ERROR, *AMBIGUOUS}) - left_out
        for more in sorted(_subsets(total & set(AMBIGUOUS)), key=_unusual):
            bad = frozenset({SERVER_ERROR}) | more
            yield from (Share(bad, total), Share(bad, total, good=True))


def _unusual(more: frozenset[int]) -> int:
    return len((more | {SERVER_ERROR}) ^ FAILURES)


def _subsets(items: Iterable[int]) -> Iterator[frozenset[int]]:
    listed = sorted(items)
    sizes = (combinations(listed, size) for size in range(len(listed) + 1))
    return map(frozenset, chain.from_iterable(sizes))


def unders(bounds: tuple[tuple[str, float], ...]) -> Iterator[Under | EachBucket]:
    """A share under each threshold, and each apdex."""
    finite = range(len(bounds) - 1)
    labels = tuple(le for le, _ in bounds)
    for good in (True, False):
        yield from (Under((place,), good) for place in finite)
        yield EachBucket(good, labels=labels)
        yield from (Under(pair, good) for pair in combinations(finite, 2))
