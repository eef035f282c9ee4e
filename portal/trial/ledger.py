"""What really happened in a part of an invented day, by page: the truth a query is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from portal.trial.days import DayPart
from portal.trial.traffic import Traffic
from portal.trial.world import World


@dataclass(frozen=True)
class Page:
    """Where requests go: ``ours`` or another job's, path and method."""

    ours: bool
    path: str
    method: str

    def by_path(self) -> Page:
        """What it is called where methods are not told apart."""
        return Page(self.ours, self.path, "")

    def by_method(self) -> Page:
        """What it is called where paths are not told apart."""
        return Page(self.ours, "", self.method)

    def by_itself(self) -> Page:
        """What it is called where they are."""
        return self


@dataclass(frozen=True)
class Ledger:
    """The requests of one part of a day; rates per second."""

    world: World
    part: DayPart

    @cached_property
    def by_status(self) -> Mapping[Page, Mapping[int, float]]:
        """Requests by page and status."""
        found: dict[Page, dict[int, float]] = {}
        for ours, traffic in self._both():
            for (path, method, status), rate in self.world.by_status(traffic).items():
                found.setdefault(Page(ours, path, method), {})[status] = rate
        return found

    @cached_property
    def by_bucket(self) -> Mapping[Page, tuple[float, ...]]:
        """Requests by page that are in each bucket, cumulative, the last one all of them."""
        found: dict[Page, tuple[float, ...]] = {}
        for ours, traffic in self._both():
            for (path, method), flows in self.world.by_pace(traffic).items():
                found[Page(ours, path, method)] = tuple(
                    sum(rate * pace.under(bound) for rate, pace in flows)
                    for _, bound in self.world.bounds
                )
        return found

    def _both(self) -> Iterator[tuple[bool, Traffic]]:
        yield True, self.part.traffic
        yield False, self.part.elsewhere

    @cached_property
    def pages(self) -> frozenset[Page]:
        """The pages that were asked for."""
        return frozenset(page for page, found in self.by_status.items() if sum(found.values()) > 0)

    def requests(self, pages: Iterable[Page], statuses: frozenset[int]) -> float:
        """Requests per second to the pages that got one of the statuses."""
        return sum(
            rate
            for page in pages
            for status, rate in self.by_status.get(page, {}).items()
            if status in statuses
        )

    def buckets(self, pages: frozenset[Page]) -> tuple[float, ...]:
        """The cumulative buckets of the pages together."""
        if pages not in self._buckets:
            self._buckets[pages] = self._summed(pages)
        return self._buckets[pages]

    @cached_property
    def _buckets(self) -> dict[frozenset[Page], tuple[float, ...]]:
        return {}

    def _summed(self, pages: frozenset[Page]) -> tuple[float, ...]:
        found = [self.by_bucket[page] for page in pages if page in self.by_bucket]
        if not found:
            return (0.0,) * len(self.world.bounds)
        return tuple(sum(column) for column in zip(*found, strict=True))


def quantile(phi: float, bounds: tuple[float, ...], counts: tuple[float, ...]) -> float | None:
    """What ``histogram_quantile`` gives for cumulative counts; None without any.

    Linear within a bucket, the last finite bound beyond it, as Prometheus documents it.
    """
    total = counts[-1]
    if total <= 0:
        return None
    rank = phi * total
    place = next((n for n, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if place == len(counts) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    start = bounds[place - 1] if place else 0.0
    below = counts[place - 1] if place else 0.0
    return start + (bounds[place] - start) * (rank - below) / (counts[place] - below)
