"""Is what a query showed on the invented days an SLI? The first surprising day is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite, isnan

from portal.promql.findings import Indicator, Sli
from portal.promql.findings import Measure as Said
from portal.promql.reading import LEAST_BURN, SCALES
from portal.shop import DURATIONS, REQUESTS
from portal.trial.days import FALLING, RISING, Moment, Part
from portal.trial.ledger import Ledger, Page
from portal.trial.measure import EachBucket, Measure, Quantile, Share, Under, shares, unders
from portal.trial.reach import Reach
from portal.trial.scene import Answer, Sample
from portal.trial.world import World

EXACT = 1e-7
"""Of the full scale: what sums in another order, and short decimals, make of a share."""
ROUNDED = 0.01
"""Of the full scale: what a step of a rounding may swallow."""
ROUNDED_TIME = 0.15
ROUNDED_STEP_S = 0.001
"""Of a time, and a millisecond: what a step may swallow of it."""
RECORDED = 0.2
"""Of the value while things change: what was recorded is a moment older than what wasn't."""
LEAST_MOVE = 0.05
LEAST_MET = 4
ROUNDING = frozenset({"round", "floor", "ceil"})
PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
MIXING = frozenset({"min", "max", "avg", "quantile"}) | PICKING
FLOORS = frozenset({"+", "clamp_min", "clamp", "or"})
MAX_FLOOR = 0.01
"""Requests a second that a guard against 0/0 may add."""


Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Affine:
    """``zero + slope · measure``: a scale, or how much of a budget is left."""

    slope: float
    zero: float = 0.0

    def of(self, value: float) -> float:
        """The number that is shown."""
        return self.zero + self.slope * value


@dataclass(frozen=True)
class Shown:
    """What a query shows: a measure at a scale; ``windows``: the share of good windows of it."""

    measure: Measure
    affine: Affine = Affine(1.0)
    windows: bool = False


@dataclass(frozen=True)
class Surprise:
    """The first moment that a query showed something else than it should.

    ``seen`` None: nothing; ``low`` and ``high`` is what it should have shown, equal but for a
    moment at which a change is in sight.
    """

    moment: Moment
    seen: float | None
    low: float
    high: float
    shown: Shown
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Seen:
    """One series at one moment: its value (None: it isn't there) and its labels."""

    moment: Moment
    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class Scope:
    """The pages that a query limits itself to; None: all."""

    paths: frozenset[str] | None = None
    methods: frozenset[str] | None = None
    ours: bool = False

    def takes(self, page: Page) -> bool:
        """Whether requests to the page count."""
        return (
            (self.paths is None or page.path in self.paths)
            and (self.methods is None or page.method in self.methods)
            and (page.ours or not self.ours)
        )


@dataclass(frozen=True)
class Evidence:
    """A query's answers on the days, and what it reads."""

    world: World
    reach: Reach
    moments: Sequence[Moment]
    answers: Sequence[Answer]

    @cached_property
    def ledgers(self) -> Mapping[int, Ledger]:
        """The truth of each part, by its id."""
        parts = {id(part): part for moment in self.moments for part in moment.seen}
        return {key: Ledger(self.world, part) for key, part in parts.items()}

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions and operators that the query uses, its rules' too."""
        return self.reach.functions

    @cached_property
    def series(self) -> list[Seen]:
        """Each series at each moment, also where it is missing."""
        kinds = {self._kind(s): s.labels for answer in self.answers for s in answer.samples}
        flat = [kind for kind, labels in kinds.items() if not labels and self._is_flat(kind)]
        if len(kinds) > len(flat):
            kinds = {kind: labels for kind, labels in kinds.items() if kind not in flat}
        found: list[Seen] = []
        for moment, answer in zip(self.moments, self.answers, strict=True):
            values = {self._kind(sample): sample for sample in answer.samples}
            for kind, labels in (kinds or {(): {}}).items():
                sample = values.get(kind)
                found.append(Seen(moment, labels, None if sample is None else sample.value))
        return found

    def _is_flat(self, kind: Labels) -> bool:
        """Whether it is what ``or vector(0)`` adds beside series with labels: a line at 0 or 1."""
        values = {s.value for a in self.answers for s in a.samples if self._kind(s) == kind}
        return len(values) == 1 and values <= {0.0, 1.0, 100.0}

    @property
    def is_never_a_number(self) -> bool:
        """Whether all it ever showed is not a number."""
        values = [seen.value for seen in self.series if seen.value is not None]
        return bool(values) and all(map(isnan, values))

    @staticmethod
    def _kind(sample: Sample) -> Labels:
        return tuple(sorted(sample.labels.items()))

    def truth(self, part: Part) -> Ledger:
        """What happened in a part."""
        return self.ledgers[id(part)]

    @cached_property
    def _asked(self) -> dict[tuple[int, Scope], list[tuple[Ledger, frozenset[Page]]]]:
        return {}

    def asked(self, seen: Seen, scope: Scope) -> list[tuple[Ledger, frozenset[Page]]]:
        """The truth of each part in sight, and the pages that a series speaks of."""
        key = id(seen), scope
        if key not in self._asked:
            ledgers = [self.truth(part) for part in seen.moment.seen]
            self._asked[key] = [
                (ledger, frozenset(p for p in ledger.by_status if self.speaks_of(p, seen, scope)))
                for ledger in ledgers
            ]
        return self._asked[key]

    def speaks_of(self, page: Page, seen: Seen, scope: Scope) -> bool:
        """Whether a series counts the requests to the page."""
        own = self.world.labels if page.ours else self.world.other_labels
        mine = {**own, "path": page.path, "method": page.method}
        return scope.takes(page) and all(
            mine[name] == value for name, value in seen.labels.items() if name in mine
        )


def scopes(evidence: Evidence) -> Iterator[Scope]:
    """Every choice of pages that the matchers of the query could mean, all of them first."""
    named = {m.label for s in evidence.reach.selectors for m in s.matchers}
    pages = {page for ledger in evidence.ledgers.values() for page in ledger.by_status}
    paths = _choices("path" in named, {page.path for page in pages})
    methods = _choices("method" in named, {page.method for page in pages})
    others = any(not page.ours for page in pages)
    for ours in (True, False) if others else (False,):
        for path in paths:
            yield from (Scope(path, method, ours) for method in methods)


def _choices(named: bool, values: set[str]) -> list[frozenset[str] | None]:
    if not named:
        return [None]
    listed = sorted(values)
    count = 1 << len(listed)
    chosen = [
        frozenset(v for n, v in enumerate(listed) if bits >> n & 1) for bits in range(1, count - 1)
    ]
    return [None, *sorted(chosen, key=len)]


def measures(evidence: Evidence, phis: Iterable[float]) -> Iterator[Measure]:
    """All that a query could show, by the metrics it reads."""
    if REQUESTS in evidence.world.metrics or evidence.world.own_counters:
        yield from shares()
    if DURATIONS in evidence.world.metrics:
        yield from (Quantile(phi) for phi in phis)
        yield from unders(evidence.world.bounds)


def judge(evidence: Evidence, phis: Iterable[float]) -> Shown | None:
    """What the query shows on all days; None when on some day it shows nothing of that."""
    listed = list(measures(evidence, phis))
    scoped = list(scopes(evidence))
    for measure in listed:
        for scope in scoped:
            shown = Matching(evidence, measure, scope).shown()
            if shown is not None:
                return shown
    return None


def surprise(evidence: Evidence, phis: Iterable[float], read: Indicator) -> Surprise | None:
    """The day that speaks against what the query is read as; None when it shows nothing such."""
    best: tuple[int, Surprise] | None = None
    for measure in measures(evidence, phis):
        if not _is_read_as(measure, read, evidence.world):
            continue
        met, found = Matching(evidence, measure, Scope()).nearly(read)
        if found is not None and (best is None or met > best[0]):
            best = met, found
    return best[1] if best is not None else None


def _read_scales(read: Indicator) -> list[Affine]:
    if read.measure is Said.BUDGET_LEFT:
        return [Affine(-read.scale * full, full) for full in (1.0, 100.0)]
    return [Affine(read.scale)]


def _is_read_as(measure: Measure, read: Indicator, world: World) -> bool:
    """Whether the measure is what the reading says that the query shows."""
    match measure:
        case Quantile(phi):
            return read.quantile == phi
        case Share():
            return read.sli is Sli.AVAILABILITY and measure.good == (read.measure is Said.GOOD)
        case Under(places):
            thresholds = tuple(world.bounds[place][1] for place in places)
            return read.thresholds == thresholds and measure.good == (read.measure is Said.GOOD)
        case EachBucket():
            return False


@dataclass
class Matching:
    """One measure over one scope, held against what was seen."""

    evidence: Evidence
    measure: Measure
    scope: Scope

    def shown(self) -> Shown | None:
        """The measure with its scale, when it is what was seen at every moment."""
        for spread in (False, True) if self.evidence.functions & MIXING else (False,):
            for slack in (False, True) if self.evidence.functions & FLOORS else (False,):
                for affine in self._affines(spread):
                    if self._met(affine, spread, slack):
                        return Shown(self.measure, affine)
        return self._windows()

    def nearly(self, read: Indicator) -> tuple[int, Surprise | None]:
        """At how many moments it was met at the scale it is read as, and where first it wasn't."""
        return max((self._nearly(affine) for affine in _read_scales(read)), key=lambda one: one[0])

    def _nearly(self, affine: Affine) -> tuple[int, Surprise | None]:
        slack = bool(self.evidence.functions & FLOORS)
        met, first = 0, None
        for seen in self.evidence.series:
            found = self._surprise(seen, affine, spread=False, slack=slack)
            met += found is None and seen.value is not None
            first = first or found
        return met, first

    # What it should show

    def bounds(self, seen: Seen, spread: bool) -> tuple[float, float] | None:
        """The least and the most that the measure is at the moment; None where nobody asked."""
        measure = self._measure_of(seen)
        if measure is None:
            return None
        found: list[float] = []
        for ledger, pages in self.evidence.asked(seen, self.scope):
            groups = [frozenset({page}) for page in pages] if spread else []
            for group in (pages, *groups):
                value = measure.value(ledger, group)
                if value is not None:
                    found.append(value)
        return (min(found), max(found)) if found else None

    def _measure_of(self, seen: Seen) -> Measure | None:
        named, le = _statuses_in(seen.labels, self.evidence), seen.labels.get("le")
        return self.measure.of_series(named, le)  # type: ignore[return-value]

    def _belongs(self, seen: Seen) -> bool:
        return self._measure_of(seen) is not None

    # Scales

    def _affines(self, spread: bool) -> Iterator[Affine]:
        """The scales at which the moment with the largest truth would be met."""
        exact = [
            (seen, low)
            for seen in self.evidence.series
            if seen.value is not None and isfinite(seen.value) and seen.moment.now.up
            for low, high in [self.bounds(seen, spread) or (0.0, 0.0)]
            if low == high > 0
        ]
        if not exact:
            return
        seen, truth = max(exact, key=lambda pair: pair[1])
        value = seen.value or 0.0
        if value > 0:
            scale = self._snapped(value / truth)
            if scale is not None:
                yield Affine(scale)
        if not isinstance(self.measure, Quantile) and not self.measure.good:
            for full in (1.0, 100.0):
                slope = (full - value) / truth
                if slope / full >= LEAST_BURN and is_budget(full / slope):
                    yield Affine(-slope, full)

    def _snapped(self, scale: float) -> float | None:
        """The known scale that this is; None: it is none."""
        near = 0.02 if self.evidence.functions & (ROUNDING | FLOORS) else 1e-6
        known = next((full for full in SCALES if abs(scale - full) <= near * full), None)
        if known is not None or isinstance(self.measure, Quantile):
            return known or scale
        plain = isinstance(self.measure, Share) or len(getattr(self.measure, "places", "1")) == 1
        if self.measure.good or not plain or scale < LEAST_BURN * (1 - 1e-9):
            return None
        return scale if is_budget(1 / scale) else None

    # Held against what was seen

    def _met(self, affine: Affine, spread: bool, slack: bool) -> bool:
        values: set[float] = set()
        for seen in self.evidence.series:
            if self._surprise(seen, affine, spread, slack) is not None:
                return False
            known = self.bounds(seen, spread) is not None
            if known and seen.value is not None and isfinite(seen.value):
                values.add(round(seen.value, 9))
        return len(values) >= LEAST_MET and self._moves(affine)

    def _surprise(self, seen: Seen, affine: Affine, spread: bool, slack: bool) -> Surprise | None:
        if not seen.moment.now.up:
            return None
        bounds = self.bounds(seen, spread)
        if bounds is None:
            stray = not self._belongs(seen) and seen.value
            return self._told(seen, affine, (0.0, 0.0)) if stray else None
        low, high = sorted(affine.of(bound) for bound in bounds)
        if seen.value is None or isnan(seen.value):
            fine = self._may_be_missing(seen, bounds, spread)
            return None if fine else self._told(seen, affine, bounds)
        tolerance = self._tolerance(affine, high, slack, seen)
        if low - tolerance <= seen.value <= high + tolerance:
            return None
        return self._told(seen, affine, bounds)

    def _tolerance(self, affine: Affine, high: float, slack: bool, seen: Seen) -> float:
        rounding = bool(self.evidence.functions & ROUNDING)
        if isinstance(self.measure, Quantile):
            step = ROUNDED_STEP_S * affine.slope if rounding else 0.0
            return abs(high) * (ROUNDED_TIME if rounding else 1e-6) + step + 1e-9
        share = ROUNDED * (1 + 1e-6) if rounding else EXACT
        if self.evidence.reach.rules and len(seen.moment.seen) > 1:
            share = max(share, RECORDED * abs(high / affine.slope))
        if slack:
            window = self.evidence.reach.shortest_s or inf
            rate = min((part.traffic.rate for part in seen.moment.seen), default=0.0)
            share = max(share, 1.01 * max(MAX_FLOOR, 1 / window) / rate if rate else inf)
        return abs(affine.slope) * share

    def _may_be_missing(self, seen: Seen, bounds: tuple[float, float], spread: bool) -> bool:
        """Nothing is there where there is nothing to tell, and where something else tells it.

        Without a series of failures there is no share of them; a comparison around it all may
        leave out its own bound, 0 or 100 %.
        """
        if self._stands_in(seen):
            return True
        if self.evidence.functions & PICKING and len(self._together(seen)) > 1:
            return True
        if spread and "avg" in self.evidence.functions and self._has_idle_page(seen):
            return True
        if isinstance(self.measure, Quantile) or bounds[0] != bounds[1]:
            return False
        edge = bounds[0] in (0.0, 1.0)
        return edge and (bool(seen.moment.now.unborn) or self.evidence.reach.filtered)

    def _has_idle_page(self, seen: Seen) -> bool:
        ledger = self.evidence.truth(seen.moment.now)
        idle = set(self.evidence.world.known_pages()) - {(p.path, p.method) for p in ledger.pages}
        return bool(idle)

    def _stands_in(self, seen: Seen) -> bool:
        """Whether another series of the moment speaks of the same requests."""
        if seen.value is not None:
            return False
        mine = self._speaks_of(seen)
        return any(
            other.value is not None and self._speaks_of(other) == mine
            for other in self._together(seen)
        )

    def _speaks_of(self, seen: Seen) -> tuple[object, ...]:
        pages = (p for ledger in self.evidence.ledgers.values() for p in ledger.by_status)
        mine = frozenset(p for p in pages if self.evidence.speaks_of(p, seen, self.scope))
        return mine, _statuses_in(seen.labels, self.evidence), seen.labels.get("le")

    def _together(self, seen: Seen) -> list[Seen]:
        return [one for one in self.evidence.series if one.moment is seen.moment]

    def _told(self, seen: Seen, affine: Affine, bounds: tuple[float, float]) -> Surprise:
        low, high = sorted(affine.of(bound) for bound in bounds)
        shown = Shown(self.measure, affine)
        return Surprise(seen.moment, seen.value, low, high, shown, seen.labels)

    def _moves(self, affine: Affine) -> bool:
        """Whether the value follows when things change: it is not that of a fixed moment."""
        tried = False
        for day in (RISING, FALLING):
            for kind in {tuple(sorted(seen.labels.items())) for seen in self.evidence.series}:
                found = [
                    (seen.value, self.bounds(seen, spread=False))
                    for seen in self.evidence.series
                    if seen.moment.day is day and tuple(sorted(seen.labels.items())) == kind
                ]
                known = [(v, b) for v, b in found if v is not None and b is not None]
                if len(known) < 2:
                    continue
                (before, was), (after, sees) = known[0], known[-1]
                span = abs(affine.slope) * (sees[1] - sees[0])
                if span <= 0 or was[0] != was[1]:
                    continue
                tried = True
                if abs(after - before) > LEAST_MOVE * span:
                    return True
        return not tried

    # Good windows

    def _windows(self) -> Shown | None:
        """The share of windows in which the measure kept to a limit."""
        if not self.evidence.functions & {"avg_over_time", "sum_over_time", "count_over_time"}:
            return None
        steady, changing = self._steady_and_changing()
        most = max((value for _, value in steady), default=0.0)
        full = next((one for one in (1.0, 100.0) if abs(most - one) <= EXACT * one), None)
        if full is None:
            return None
        high = [truth for truth, value in steady if abs(value - full) <= EXACT * full]
        low = [truth for truth, value in steady if abs(value) <= EXACT * full]
        if len(high) + len(low) < len(steady):
            return None
        if not high or not low or not (max(high) < min(low) or max(low) < min(high)):
            return None
        between = any(0 < value < full for value in changing)
        inside = all(0 <= value <= full for value in changing)
        return Shown(self.measure, Affine(full), windows=True) if between and inside else None

    def _steady_and_changing(self) -> tuple[list[tuple[float, float]], list[float]]:
        steady: list[tuple[float, float]] = []
        changing: list[float] = []
        for seen in self.evidence.series:
            bounds = self.bounds(seen, spread=False)
            if bounds is None or not seen.moment.now.up:
                continue
            if seen.value is None and self._may_be_missing(seen, bounds, spread=False):
                continue
            value = -1.0 if seen.value is None else seen.value
            if bounds[0] == bounds[1]:
                steady.append((bounds[0], value))
            else:
                changing.append(value)
        return steady, changing


def is_budget(share: float) -> bool:
    """Whether it is 1 - objective for an objective that a person would write (99.95 %)."""
    digits = f"{share:.8e}".partition("e")[0].rstrip("0")
    return len(digits) <= 5


def _statuses_in(labels: Mapping[str, str], evidence: Evidence) -> frozenset[int] | None:
    """The statuses that a series' labels name; None: they name none."""
    found: frozenset[int] | None = None
    for name in {*evidence.world.status_labels, *evidence.reach.made} & labels.keys():
        named = _statuses_of(labels[name])
        if named is not None:
            found = named if found is None else found & named
    return found


def _statuses_of(value: str) -> frozenset[int] | None:
    """``500``, ``5xx``, ``5..`` and ``5`` name statuses."""
    text = value.lower().rstrip("x.*")
    if not text.isdigit() or len(text) not in (1, 3):
        return None
    if len(text) == 3:
        return frozenset({int(text)})
    return frozenset(range(int(text) * 100, int(text) * 100 + 100)) if text in "12345" else None
