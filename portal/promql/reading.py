"""Reads a ratio of event sums: what does one request of each kind add to the number?

Every request is a cell: its status and the duration bin it falls into. A ratio gives each cell a
value, numerator weight over denominator weight. An availability SLI gives a 200 and a 500
different values; a latency SLI gives fast and slow requests different values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import isfinite

from portal.promql import statuses
from portal.promql.events import STATUS, CountedEvents, EventKind, Linear, counts_requests
from portal.promql.findings import Code, Measure, Sli
from portal.promql.values import Opaque, Quantity
from portal.words import listed

SCALES = (1.0, 100.0, 1000.0, 1e6)
TIME_SCALES = (1.0, 1000.0, 1e6)
"""What a second may be: itself, in milliseconds, in microseconds."""
TINY = 1e-9
LEAST_BURN = 4.0
"""1/(1 - objective) for an objective of 75 %: below that nothing is an error budget."""
FLAWS = (Code.NO_SUCH_LABEL, Code.NO_SUCH_STATUS, Code.THRESHOLD_NO_BUCKET)


@dataclass(frozen=True)
class Shape:
    """What a ratio shows: the value of an all-good service, and of an all-bad one."""

    sli: Sli
    good: float
    bad: float
    bad_statuses: frozenset[int]
    total: frozenset[int]
    thresholds: tuple[float, ...] = ()
    steps: int = 2


class RatioReading:
    """The ratio's cells; ``outcome`` is the shape, or why there is none."""

    def __init__(self, value: Quantity, *, turned: bool = False) -> None:
        self.value = value
        self.turned = turned
        self.events = [*value.num.terms, *value.den.terms]
        self.kinds = {events.kind for events in self.events}

    def shape(self) -> Shape | None:
        """The shape, or None."""
        return self.outcome if isinstance(self.outcome, Shape) else None

    @cached_property
    def outcome(self) -> Shape | Opaque:
        """The shape, or the reason why this ratio is no SLI."""
        refusal = self._refusal()
        if refusal is not None:
            return refusal
        if "le" in self.value.split:
            return RatioReading(_one_bucket(self.value)).outcome
        return self._cells()

    def _refusal(self) -> Opaque | None:
        for check in (self._flaws, self._metrics, self._selections, self._split):
            refusal = check()
            if refusal is not None:
                return refusal
        return None

    def _flaws(self) -> Opaque | None:
        for events in self.events:
            if events.flaw and events.flaw.code in FLAWS:
                return Opaque(events.flaw.code, events.flaw.detail)
        return None

    def _metrics(self) -> Opaque | None:
        den = {events.kind for events in self.value.den.terms}
        if any(_is_strange(events) for events in self.events):
            return self._foreign()
        if not self.value.num.terms:
            return Opaque(Code.UNRELATED, "It divides a number by requests.")
        if EventKind.SECONDS in self.kinds:
            average = EventKind.SECONDS not in den
            return Opaque(Code.AVERAGE_LATENCY if average else Code.UNRELATED)
        if EventKind.NATIVE in self.kinds:
            return Opaque(Code.QUANTILE_INPUT)
        if EventKind.ERRORS in self.kinds and not den & {EventKind.REQUESTS, EventKind.COUNT}:
            if self.kinds != {EventKind.ERRORS}:
                return Opaque(Code.INVERTED_RATIO)
            return Opaque(Code.OTHER_METRIC, _names(self.events))
        return None

    def _foreign(self) -> Opaque:
        if all(events.metric == "up" for events in self.events):
            return Opaque(Code.UP)
        strange = [events for events in self.events if _is_strange(events)]
        alone = self.kinds <= {EventKind.OTHER, EventKind.ERRORS}
        code = Code.OTHER_METRIC if alone else Code.UNRELATED
        return Opaque(code, _names(strange))

    def _selections(self) -> Opaque | None:
        if any(not events.stages for events in self.events):
            raw = "Without rate or increase it covers everything since the process started."
            return Opaque(Code.RAW_COUNTER, raw)
        if len({events.restriction for events in self.events}) > 1:
            return Opaque(Code.DIFFERENT_EVENTS, self._scopes())
        if len({events.stages for events in self.events}) > 1:
            averaged = any(n.startswith("avg of") for e in self.events for n, _ in e.stages)
            return Opaque(Code.SERIES_AVERAGED if averaged else Code.DIFFERENT_WINDOWS)
        if len({events.offset for events in self.events}) > 1:
            return Opaque(Code.DIFFERENT_WINDOWS, "Their offsets differ.")
        return None

    def _scopes(self) -> str:
        above = {str(m) for events in self.value.num.terms for m in events.restriction}
        below = {str(m) for events in self.value.den.terms for m in events.restriction}
        only = listed(sorted(above ^ below))
        return f"Only one of them is limited to {only}." if only else ""

    def _split(self) -> Opaque | None:
        parts = self.value.split - {STATUS, "le"}
        if parts:
            each = ", ".join(sorted(parts))
            return Opaque(Code.DIFFERENT_EVENTS, f"Each {each} is divided by all of them.")
        return None

    # Cells

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        """The bounds in seconds that tell durations apart, ascending."""
        found = {float(le) for events in self.events for le in events.le}
        return tuple(sorted(found - {float("inf")}))

    @cached_property
    def classes(self) -> tuple[frozenset[int], ...]:
        """Statuses that no event set tells apart, together."""
        groups: dict[tuple[bool, ...], set[int]] = {}
        picked = [events.statuses for events in self.events]
        for status in statuses.ALL:
            groups.setdefault(tuple(status in chosen for chosen in picked), set()).add(status)
        return tuple(frozenset(group) for group in groups.values())

    def _profile(self, total: Linear, status: int) -> list[float]:
        """The weight of a request with this status in each duration bin, fastest first."""
        bins = [0.0] * (len(self.thresholds) + 1)
        for events, weight in total.terms.items():
            if status not in events.statuses:
                continue
            for index, slowest in enumerate((*self.thresholds, float("inf"))):
                bins[index] += weight * _within(events, slowest)
        return bins

    def _cells(self) -> Shape | Opaque:
        num = {group: self._profile(self.value.num, min(group)) for group in self.classes}
        den = {group: self._profile(self.value.den, min(group)) for group in self.classes}
        weights = [weight for bins in den.values() for weight in bins]
        if not all(isfinite(w) for bins in (*num.values(), *den.values()) for w in bins):
            return Opaque(Code.DISTORTED, "It uses a number without end.")
        unit = max(weights)
        if unit <= TINY or min(weights) < -TINY * unit:
            return Opaque(Code.UNRELATED, "The denominator is no sum of requests.")
        if any(TINY * unit < weight < unit * (1 - 1e-6) for weight in weights):
            return Opaque(Code.UNRELATED, "The denominator counts some requests twice.")
        if self._strays(num, den, unit):
            return self._upside_down()
        if self._constant_matters(unit):
            return Opaque(Code.CONSTANT_ADDED)
        inside = {g: [n / unit for n in num[g]] for g in self.classes if den[g][0] > TINY * unit}
        if any(den[group][-1] <= TINY * unit for group in inside):
            return Opaque(Code.UNRELATED, "The denominator leaves out the slow requests.")
        return self._judge(inside)

    @staticmethod
    def _strays(
        num: dict[frozenset[int], list[float]], den: dict[frozenset[int], list[float]], unit: float
    ) -> bool:
        """Some requests count in the numerator and not in the denominator."""
        return any(
            abs(above) > TINY * unit and below <= TINY * unit
            for group in num
            for above, below in zip(num[group], den[group], strict=True)
        )

    def _upside_down(self) -> Opaque:
        upright = replace(self.value, num=self.value.den, den=self.value.num, split=frozenset())
        if not self.turned and RatioReading(upright, turned=True).shape() is not None:
            return Opaque(Code.INVERTED_RATIO)
        return Opaque(Code.NOT_PART_OF_TOTAL)

    def _constant_matters(self, unit: float) -> bool:
        """More than a hundredth of a request per second, or than one request in the range."""
        window = self.events[0].stages[0][1]
        allowed = max(0.01, 1 / window if window else 0.01) * (1 + 1e-6) * unit
        scale = max(1.0, abs(_largest(self.value.num)) / unit)
        return abs(self.value.den.const) > allowed or abs(self.value.num.const) > allowed * scale

    def _judge(self, cells: dict[frozenset[int], list[float]]) -> Shape | Opaque:
        total = frozenset().union(*cells)
        values = [value for bins in cells.values() for value in bins]
        if same(min(values), max(values)):
            if STATUS in self.value.split:
                return Opaque(Code.SHARE_BY_STATUS)
            return Opaque(Code.ALWAYS_THE_SAME)
        if 200 not in total or (500 not in total and not self._by_duration(cells)):
            missing = "200" if 200 not in total else "500"
            return Opaque(Code.STATUS_SET, f"The total has no {missing} in it.")
        if self._by_duration(cells):
            return self._latency(cells, total)
        return self._availability({group: bins[0] for group, bins in cells.items()}, total)

    @staticmethod
    def _by_duration(cells: dict[frozenset[int], list[float]]) -> bool:
        return any(not same(min(bins), max(bins)) for bins in cells.values())

    def _availability(
        self, cells: dict[frozenset[int], float], total: frozenset[int]
    ) -> Shape | Opaque:
        good = next(value for group, value in cells.items() if 200 in group)
        bad = next(value for group, value in cells.items() if 500 in group)
        if same(good, bad):
            different = frozenset().union(*(g for g, v in cells.items() if not same(v, good)))
            if different <= statuses.CLIENT_ERRORS:
                return Opaque(Code.CLIENT_ERRORS_ONLY)
            return Opaque(Code.STATUS_SET, f"It tells {statuses.spoken(different)} from the rest.")
        if any(not same(v, good) and not same(v, bad) for v in cells.values()):
            return Opaque(Code.UNRELATED, "It counts some statuses more than others.")
        failing = frozenset().union(*(g for g, value in cells.items() if same(value, bad)))
        return Shape(Sli.AVAILABILITY, good, bad, failing, total)

    def _latency(
        self, cells: dict[frozenset[int], list[float]], total: frozenset[int]
    ) -> Shape | Opaque:
        bins = next(bins for group, bins in cells.items() if 200 in group)
        steps = list(pairwise(bins))
        changes = [i for i, (before, after) in enumerate(steps) if not same(before, after)]
        falling = all(steps[i][0] > steps[i][1] for i in changes)
        rising = all(steps[i][0] < steps[i][1] for i in changes)
        if not changes or not (falling or rising):
            return Opaque(Code.BETWEEN_THRESHOLDS)
        failing: frozenset[int] = frozenset()
        for group, others in cells.items():
            if all(same(mine, theirs) for mine, theirs in zip(bins, others, strict=True)):
                continue
            if not all(same(value, bins[-1]) for value in others):
                return Opaque(Code.UNRELATED, "It counts some statuses more than others.")
            failing |= group
        if len(changes) == 2 and not same(bins[changes[1]], (bins[0] + bins[-1]) / 2):
            return Opaque(Code.ODD_SCALE)
        if len(changes) > 2:
            return Opaque(Code.RAW_BUCKETS, "Buckets hold each other; their sum is no share.")
        thresholds = tuple(self.thresholds[i] for i in changes)
        return Shape(Sli.LATENCY, bins[0], bins[-1], failing, total, thresholds, len(changes) + 1)


def measure(shape: Shape, functions: set[str]) -> tuple[Measure, float] | Code:
    """What the number says and what stands for all requests, or why it is no share."""
    good, bad = shape.good, shape.bad
    span = max(abs(good), abs(bad))
    if abs(bad) <= 1e-6 * span and good > 0:
        kind, scale = Measure.GOOD, good
    elif abs(good) <= 1e-6 * span and bad > 0:
        kind, scale = Measure.BAD, bad
    elif bad < 0 < good and (good - bad) / good >= LEAST_BURN and _is_whole(good):
        kind, scale = Measure.BUDGET_LEFT, (good - bad) / good
    else:
        return Code.ODD_SCALE
    plain = any(same(scale, full) for full in SCALES)
    if len(functions) > 1 and not plain:
        return Code.DIFFERENT_UNITS
    if not plain and (kind is Measure.GOOD or scale < LEAST_BURN or shape.steps > 2):
        return Code.ODD_SCALE
    return kind, next((full for full in SCALES if same(scale, full)), scale)


def _is_whole(number: float) -> bool:
    return same(number, 1.0) or same(number, 100.0)


def _within(events: CountedEvents, slowest: float) -> float:
    """How many of the buckets picked hold a request of this bin."""
    if not events.le:
        return 0.0 if events.kind is EventKind.BUCKET else 1.0
    return float(sum(slowest <= float(bound) for bound in events.le))


def _one_bucket(value: Quantity) -> Quantity:
    """Split by ``le`` each series is a bucket share of its own: look at the first."""
    terms = [
        (replace(e, le=e.le[:1]) if e.kind is EventKind.BUCKET else e, w)
        for e, w in value.num.terms.items()
    ]
    return replace(value, num=value.num.mapped(terms), split=value.split - {"le"})


def _largest(total: Linear) -> float:
    return max(total.terms.values(), key=abs, default=0.0)


def same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1e-3, abs(one), abs(other))


def _is_strange(events: CountedEvents) -> bool:
    """Whether it counts something else than requests."""
    other = events.kind is EventKind.ERRORS and not counts_requests(events.metric)
    return other or events.kind is EventKind.OTHER


def _names(events: list[CountedEvents]) -> str:
    names = sorted({e.metric or "a metric without a name" for e in events})
    return f"It is {', '.join(names)}."
