"""Stages of traffic one after the other, and the series that a scrape of them leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from portal.numbers import plain
from portal.shop import DURATIONS, REQUESTS
from portal.trial.scene import InventedSeries
from portal.trial.traffic import Traffic
from portal.trial.world import World

BASES = (1009.0, 211.0, 4001.0, 97.0, 577.0, 3001.0)
"""What counters stand at when a scene begins: their shares are like those of no day."""
FAR_FROM_ZERO = 1.0
OF_THE_FIRST = 0.1
"""Requests a second, and of those that come first, for which a counter is older than any window.

No larger than that: counters that stand high lose the small steps of a quiet day.
"""
DIGITS = 13
"""Of what a counter grows by between two scrapes: a quiet day has small shares of few requests."""


@dataclass(frozen=True)
class Stage:
    """Traffic for ``steps`` scrapes.

    ``restarted``: the service starts anew, its counters at 0. ``unborn``: statuses that have no
    series. ``elsewhere``: what another job is asked meanwhile, where there is one.
    """

    traffic: Traffic
    steps: int
    up: bool = True
    restarted: bool = False
    unborn: frozenset[int] = frozenset()
    elsewhere: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True)
class Timeline:
    """Stages in their order, the first sample at 0 s; ``step_s`` between two scrapes."""

    world: World
    step_s: float
    stages: tuple[Stage, ...]

    def end_s(self, index: int) -> float:
        """The moment of a stage's last scrape."""
        return (sum(stage.steps for stage in self.stages[: index + 1]) - 1) * self.step_s

    def series(self) -> tuple[InventedSeries, ...]:
        """All series that the world's metrics have in these stages."""
        return tuple(self._series())

    def _series(self) -> Iterator[InventedSeries]:
        world = self.world
        if REQUESTS in world.metrics:
            yield from self._requests(self._rates, world.labels, BASES)
            if any(stage.elsewhere.flows for stage in self.stages):
                yield from self._requests(self._rates_elsewhere, world.other_labels, BASES[1:])
        if DURATIONS in world.metrics:
            yield from self._durations()
        yield from self._own_counters()
        yield from self._usual()

    # The two metrics of the service

    @cached_property
    def _rates(self) -> list[Mapping[tuple[str, str, int], float]]:
        return [self.world.by_status(stage.traffic) for stage in self.stages]

    @cached_property
    def _rates_elsewhere(self) -> list[Mapping[tuple[str, str, int], float]]:
        return [self.world.by_status(stage.elsewhere) for stage in self.stages]

    def _requests(
        self,
        rates: list[Mapping[tuple[str, str, int], float]],
        labels: Mapping[str, str],
        bases: Sequence[float],
    ) -> Iterator[InventedSeries]:
        for number, key in enumerate(self._keys(rates)):
            path, method, status = key
            base = bases[number % len(bases)] + number
            unborn = [status in stage.unborn for stage in self.stages]
            values = self._counter(base, [found.get(key, 0.0) for found in rates], unborn)
            names = {**labels, "path": path, "method": method}
            names |= dict.fromkeys(self.world.status_labels, str(status))
            yield InventedSeries(selector(REQUESTS, names), values)

    def _keys(
        self, rates: list[Mapping[tuple[str, str, int], float]]
    ) -> list[tuple[str, str, int]]:
        """Every series there is: what the service counts from its start, and what is met."""
        first = {(p, m, s) for p, m in self.world.known_pages() for s in (200, 404, 500)}
        return sorted(first.union(*rates))

    def _durations(self) -> Iterator[InventedSeries]:
        world = self.world
        paces = [world.by_pace(stage.traffic) for stage in self.stages]
        pages = sorted(set(world.known_pages()).union(*paces))
        for number, (path, method) in enumerate(pages):
            labels = {**world.labels, "path": path, "method": method}
            flows = [found.get((path, method), []) for found in paces]
            base = BASES[number % len(BASES)]
            for place, (le, bound) in enumerate(world.bounds):
                rates = [sum(r * pace.under(bound) for r, pace in one) for one in flows]
                values = self._counter(base * (1 + place), rates)
                yield InventedSeries(selector(f"{DURATIONS}_bucket", {**labels, "le": le}), values)
            rates = [sum(r for r, _ in one) for one in flows]
            last = base * len(world.bounds)
            yield InventedSeries(selector(f"{DURATIONS}_count", labels), self._counter(last, rates))
            rates = [sum(r * pace.mean_s for r, pace in one) for one in flows]
            yield InventedSeries(
                selector(f"{DURATIONS}_sum", labels), self._counter(base * 7, rates)
            )

    def _own_counters(self) -> Iterator[InventedSeries]:
        """Counters of failures of their own, beside the requests."""
        for metric, statuses in self.world.own_counters:
            pages = {(p, m) for found in self._rates for p, m, _ in found}
            pages |= set(self.world.known_pages())
            for number, (path, method) in enumerate(sorted(pages)):
                rates = [
                    sum(found.get((path, method, status), 0.0) for status in statuses)
                    for found in self._rates
                ]
                labels = {**self.world.labels, "path": path, "method": method}
                unborn = [bool(stage.unborn & statuses) for stage in self.stages]
                values = self._counter(BASES[number % len(BASES)], rates, unborn)
                yield InventedSeries(selector(metric, labels), values)

    # What every target has

    def _usual(self) -> Iterator[InventedSeries]:
        target = self.world.target
        downs = [not stage.up for stage in self.stages]
        if "up" in self.world.metrics:
            ups = [0.0 if down else 1.0 for down in downs]
            values = " ".join(
                f"{plain(up)}x{stage.steps - 1}" for up, stage in zip(ups, self.stages, strict=True)
            )
            yield InventedSeries(selector("up", target), values)
        for metric, labels, value in self.world.gauges():
            yield InventedSeries(selector(metric, {**target, **labels}), self._steady(value, downs))

    def _steady(self, value: float, gone: Sequence[bool]) -> str:
        parts = [
            _absent(stage.steps) if away else f"{plain(value)}x{stage.steps - 1}"
            for stage, away in zip(self.stages, gone, strict=True)
        ]
        return " ".join(parts)

    def _counter(
        self, base: float, rates: Sequence[float], unborn: Sequence[bool] | None = None
    ) -> str:
        """A counter's samples: it grows by each stage's rate; a target that is down gives none."""
        parts: list[str] = []
        first = OF_THE_FIRST * self.stages[0].traffic.rate
        value = base * max(FAR_FROM_ZERO, first) * self.step_s
        for number, (stage, rate) in enumerate(zip(self.stages, rates, strict=True)):
            growth = round(rate * self.step_s, DIGITS)
            if stage.restarted:
                value = 0.0
            if unborn and unborn[number]:
                parts.append(_absent(stage.steps))
                continue
            if stage.up:
                parts.append(f"{plain(value + growth)}+{plain(growth)}x{stage.steps - 1}")
            else:
                parts.append(_absent(stage.steps))
            for _ in range(stage.steps):  # as promtool adds: a counter that is off resets
                value += growth
        return " ".join(parts)


def selector(name: str, labels: Mapping[str, str]) -> str:
    """A series as promtool reads it."""
    inside = ",".join(f'{label}="{_quoted(value)}"' for label, value in labels.items())
    return f"{name}{{{inside}}}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _absent(steps: int) -> str:
    """As Prometheus marks the end of a series, and nothing after it."""
    return "stale" if steps == 1 else f"stale _x{steps - 1}"
