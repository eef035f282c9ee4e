"""Is what a query showed on the invented days an SLI? The first surprising day is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan

from portal.promql.findings import Indicator, Sli
from portal.promql.findings import Measure as Said
from portal.promql.reading import LEAST_BURN, SCALES, TIME_SCALES
from portal.shop import DURATIONS, REQUESTS
from portal.trial.days import FALLING, RISING, Moment
from portal.trial.evidence import PageScope, SeenSeries, TrialEvidence, scopes, statuses_in
from portal.trial.ledger import Page
from portal.trial.measure import (
    SERVER_ERROR,
    EachBucket,
    Measure,
    OfSeries,
    QuantileMeasure,
    Share,
    Under,
    shares,
    unders,
)
from portal.trial.traffic import OK
from portal.trial.windows import LimitedWindows, SteadyWindows, TruthsByPage
from portal.trial.world import World

EXACT = 1e-7
"""Of the full scale: what sums in another order, and short decimals, make of a share."""
EXACT_TIME = 1e-5
"""Of a time: the same, where the slowest few of few requests count."""
ROUNDED = 0.002
"""Of the full scale: what a step of a rounding may swallow; 99.9 % and 99.5 % stay apart."""
ROUNDED_TIME = 0.15
ROUNDED_STEP_S = 0.01
"""Of a time, and a hundredth of a second: what a step may swallow of it."""
RECORDED = 0.2
"""Of the value while things change: what was recorded is a moment older than what wasn't."""
LEAST_MOVE = 0.05
LEAST_MET = 4
DIFFERENT = 1e-6
AT_BEST = 0.25
"""How far from the best, of the way to the worst, what hides the worst still lies at most.

A median lies at half or beyond on some day, an average over few pages at a third.
"""
ROUNDING = frozenset({"round", "floor", "ceil"})
PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
MIXING = frozenset({"min", "max", "avg", "quantile"}) | PICKING
AVERAGING = frozenset({"avg", "quantile", "limitk", "limit_ratio"})
"""What is no page's own, or may be that of several together."""
EXTREME = frozenset({"max_over_time", "min_over_time"})
MEANS = frozenset({"avg_over_time", "sum_over_time", "quantile_over_time", "last_over_time"})
APART = 4
"""Times the shortest window that the longest has to be, so that a change is in few of them."""
COUNTING_WINDOWS = frozenset({"avg_over_time", "sum_over_time", "count_over_time"})
FLOORS = frozenset({"+", "clamp_min", "clamp", "or"})
MAX_FLOOR = 0.01
"""Requests a second that a guard against 0/0 may add."""


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
    """What a query shows: a measure at a scale; ``windows``: the share of good windows of it.

    ``scope``: the pages that it shows it of. ``hides``: where pages or moments differ, it is that
    of the best alone. ``diluted``: pages that nobody asks for count in the average.
    """

    measure: Measure
    affine: Affine = Affine(1.0)
    windows: bool = False
    scope: PageScope = PageScope()
    hides: bool = False
    diluted: bool = False


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


def measures(evidence: TrialEvidence, phis: Iterable[float]) -> Iterator[Measure]:
    """All that a query could show, by the metrics it reads."""
    if REQUESTS in evidence.world.metrics or evidence.world.own_counters:
        yield from shares()
    if DURATIONS in evidence.world.metrics:
        yield from (QuantileMeasure(phi) for phi in phis)
        yield from unders(evidence.world.bounds)


def judge(evidence: TrialEvidence, phis: Iterable[float]) -> Shown | None:
    """What the query shows on all days; None when on some day it shows nothing of that."""
    listed = list(measures(evidence, phis))
    scoped = list(scopes(evidence))
    hiding = None
    for measure in listed:
        for scope in scoped:
            shown = MeasureFit(evidence, measure, scope).shown()
            if shown is not None and not (shown.hides or shown.diluted):
                return shown
            hiding = hiding or shown
    return hiding


def surprise(evidence: TrialEvidence, phis: Iterable[float], read: Indicator) -> Surprise | None:
    """The day that speaks against what the query is read as; None when it shows nothing such."""
    best: tuple[int, Surprise] | None = None
    for measure in measures(evidence, phis):
        if not _is_read_as(measure, read, evidence.world):
            continue
        met, found = MeasureFit(evidence, measure, PageScope()).nearly(read)
        if found is not None and (best is None or met > best[0]):
            best = met, found
    return best[1] if best is not None else None


def at_odd_scale(evidence: TrialEvidence, phis: Iterable[float], read: Indicator) -> Shown | None:
    """What it is read as, and is on all days, at a scale that says nothing to anybody."""
    fits = (
        MeasureFit(evidence, measure, PageScope())
        for measure in measures(evidence, phis)
        if read.measure is not Said.BUDGET_LEFT and _is_read_as(measure, read, evidence.world)
    )
    met = (fit.measure for fit in fits if fit.is_at_odd_scale(read))
    return next((Shown(measure, Affine(read.scale)) for measure in met), None)


def _read_scales(read: Indicator) -> list[Affine]:
    if read.measure is Said.BUDGET_LEFT:
        return [Affine(-read.scale * full, full) for full in (1.0, 100.0)]
    return [Affine(read.scale)]


def _is_read_as(measure: Measure, read: Indicator, world: World) -> bool:
    """Whether the measure is what the reading says that the query shows."""
    match measure:
        case QuantileMeasure(phi):
            return read.quantile == phi
        case Share():
            return read.sli is Sli.AVAILABILITY and measure.good == (read.measure is Said.GOOD)
        case Under(places):
            thresholds = tuple(world.bounds[place][1] for place in places)
            return read.thresholds == thresholds and measure.good == (read.measure is Said.GOOD)
        case EachBucket():
            return False


@dataclass
class MeasureFit:
    """One measure over one scope, held against what was seen."""

    evidence: TrialEvidence
    measure: Measure
    scope: PageScope

    def shown(self) -> Shown | None:
        """The measure with its scale, when it is what was seen at every moment."""
        for spread in (False, True) if self.evidence.reach.functions & MIXING else (False,):
            for slack in (False, True) if self.evidence.reach.functions & FLOORS else (False,):
                for affine in self._affines(spread):
                    if self._met(affine, spread, slack):
                        hides = self._hides_the_worst(affine, spread)
                        return Shown(self.measure, affine, scope=self.scope, hides=hides)
        return self._windows()

    def nearly(self, read: Indicator) -> tuple[int, Surprise | None]:
        """At how many moments it was met at the scale it is read as, and where first it wasn't."""
        return max((self._nearly(affine) for affine in _read_scales(read)), key=lambda one: one[0])

    def is_at_odd_scale(self, read: Indicator) -> bool:
        """Whether it is met everywhere at the scale it is read as, and that is none."""
        if self._snapped(read.scale) is not None:
            return False
        met, found = self.nearly(read)
        return met >= LEAST_MET and found is None

    def surprise_at(self, seen: SeenSeries, affine: Affine) -> Surprise | None:
        """What surprises at one moment; None when it showed what it should."""
        slack = bool(self.evidence.reach.functions & FLOORS)
        return self._surprise(seen, affine, spread=False, slack=slack)

    def _nearly(self, affine: Affine) -> tuple[int, Surprise | None]:
        met, first = 0, None
        for seen in self.evidence.series:
            found = self.surprise_at(seen, affine)
            met += found is None and seen.value is not None
            first = first or found
        return met, first

    # What it should show

    def bounds(self, seen: SeenSeries, spread: bool) -> tuple[float, float] | None:
        """The least and the most that the measure is at the moment; None where nobody asked."""
        found = self._truths(seen, spread)
        return (min(found), max(found)) if found else None

    def _truths(self, seen: SeenSeries, spread: bool) -> list[float]:
        """What the measure is of all that was asked for; ``spread``: and of each page."""
        measure = self.measure_of(seen)
        if measure is None:
            return []
        found: list[float] = []
        for ledger, pages in self.evidence.asked(seen, self.scope):
            for group in (pages, *(_groups(pages) if spread else ())):
                value = measure.value(ledger, group)
                if value is not None:
                    found.append(value)
        return found

    def measure_of(self, seen: SeenSeries) -> OfSeries | None:
        """What the measure is for a series that speaks of some requests only."""
        named, le = statuses_in(seen.labels, self.evidence), seen.labels.get("le")
        return self.measure.of_series(named, le)

    def _belongs(self, seen: SeenSeries) -> bool:
        return self.measure_of(seen) is not None

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
        if not isinstance(self.measure, QuantileMeasure) and not self.measure.good:
            for full in (1.0, 100.0):
                slope = (full - value) / truth
                if slope / full >= LEAST_BURN and is_budget(full / slope):
                    yield Affine(-slope, full)

    def _snapped(self, scale: float) -> float | None:
        """The known scale that this is; None: it is none."""
        near = 0.02 if self.evidence.reach.functions & (ROUNDING | FLOORS) else 1e-6
        quantile = isinstance(self.measure, QuantileMeasure)
        usual = TIME_SCALES if quantile else SCALES
        known = next((full for full in usual if abs(scale - full) <= near * full), None)
        if known is not None or quantile:
            return known
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
        return len(values) >= LEAST_MET and self._moves(affine) and self._tells_the_matter()

    def _tells_the_matter(self) -> bool:
        """Where series are split by status: whether 200, or 500 of a bad share, is among them."""
        if not isinstance(self.measure, Share):
            return True
        matter = OK if self.measure.good else SERVER_ERROR
        named = (statuses_in(seen.labels, self.evidence) for seen in self.evidence.series)
        return any(statuses is None or matter in statuses for statuses in named)

    def _surprise(
        self, seen: SeenSeries, affine: Affine, spread: bool, slack: bool
    ) -> Surprise | None:
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
        within = low - tolerance <= seen.value <= high + tolerance
        if within and self._is_attained(seen, affine, spread, tolerance):
            return None
        return self._told(seen, affine, bounds)

    def _is_attained(
        self, seen: SeenSeries, affine: Affine, spread: bool, tolerance: float
    ) -> bool:
        """Whether it is that of some page, or of some moment: the best, the worst, a picked one.

        Something in between is an average; where nothing is averaged it belongs to none, as the
        most failures of any page or moment, divided by the most requests of any.
        """
        if not self._picks(seen, spread):
            return True
        truths = (affine.of(truth) for truth in self._truths(seen, spread))
        return any(abs(truth - (seen.value or 0.0)) <= tolerance for truth in truths)

    def _picks(self, seen: SeenSeries, spread: bool) -> bool:
        """Whether one page is picked, or one of moments that are well apart."""
        reach = self.evidence.reach
        if reach.functions & AVERAGING:
            return False
        if seen.moment.is_steady:
            return spread
        apart = reach.longest_s >= APART * reach.shortest_s and not reach.rules
        return apart and bool(reach.functions & EXTREME) and not reach.functions & MEANS

    def _tolerance(self, affine: Affine, high: float, slack: bool, seen: SeenSeries) -> float:
        rounding = bool(self.evidence.reach.functions & ROUNDING)
        if isinstance(self.measure, QuantileMeasure):
            step = ROUNDED_STEP_S * affine.slope if rounding else 0.0
            return abs(high) * (ROUNDED_TIME if rounding else EXACT_TIME) + step + 1e-9
        share = max(ROUNDED * (1 + 1e-6), self._of_a_request(seen) / 2) if rounding else EXACT
        if self.evidence.reach.rules and len(seen.moment.seen) > 1:
            share = max(share, RECORDED * abs(high / affine.slope))
        if slack:
            share = max(share, 1.01 * self._of_a_request(seen, MAX_FLOOR))
        return abs(affine.slope) * share

    def _of_a_request(self, seen: SeenSeries, least: float = 0.0) -> float:
        """The share that one request is of all in the window; of a rate of ``least`` at least."""
        window = self.evidence.reach.shortest_s or inf
        rate = min((part.traffic.rate for part in seen.moment.seen), default=0.0)
        return max(least, 1 / window) / rate if rate else inf

    def _may_be_missing(self, seen: SeenSeries, bounds: tuple[float, float], spread: bool) -> bool:
        """Nothing is there where there is nothing to tell, and where something else tells it.

        Without a series of failures there is no share of them; a comparison around it all may
        leave out its own bound, 0 or 100 %.
        """
        if self._stands_in(seen):
            return True
        if self.evidence.reach.functions & PICKING and self._has_company(seen):
            return True
        if spread and "avg" in self.evidence.reach.functions and self._has_idle_page(seen):
            return True
        if isinstance(self.measure, QuantileMeasure) or bounds[0] != bounds[1]:
            return False
        edge = min(abs(bounds[0]), abs(1 - bounds[0])) < EXACT
        return edge and (bool(seen.moment.now.unborn) or self.evidence.reach.filtered)

    def _has_idle_page(self, seen: SeenSeries) -> bool:
        ledger = self.evidence.truth(seen.moment.now)
        idle = set(self.evidence.world.known_pages()) - {(p.path, p.method) for p in ledger.pages}
        return bool(idle)

    def _stands_in(self, seen: SeenSeries) -> bool:
        """Whether another series of the moment speaks of the same requests."""
        if seen.value is not None:
            return False
        mine = self._speaks_of(seen)
        return any(
            other.value is not None and self._speaks_of(other) == mine
            for other in self._together(seen)
        )

    def _speaks_of(self, seen: SeenSeries) -> tuple[object, ...]:
        pages = (p for ledger in self.evidence.ledgers.values() for p in ledger.by_status)
        mine = frozenset(p for p in pages if self.evidence.speaks_of(p, seen, self.scope))
        return mine, statuses_in(seen.labels, self.evidence), seen.labels.get("le")

    def _has_company(self, seen: SeenSeries) -> bool:
        """Whether others of the moment are there: the picked ones."""
        return any(other.value is not None for other in self._together(seen))

    def _together(self, seen: SeenSeries) -> list[SeenSeries]:
        return [one for one in self.evidence.series if one.moment is seen.moment]

    def _told(self, seen: SeenSeries, affine: Affine, bounds: tuple[float, float]) -> Surprise:
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

    # The worst

    def _hides_the_worst(self, affine: Affine, spread: bool) -> bool:
        """Whether of pages or moments that differ only the best is ever told."""
        picks = self.evidence.reach.functions & PICKING
        found = (list(self._picked()) if picks else []) or list(self._placed(affine, spread))
        return bool(found) and max(found) <= AT_BEST

    def _placed(self, affine: Affine, spread: bool) -> Iterator[float]:
        """Where between best (0) and worst (1) each value lies."""
        for seen in self.evidence.series:
            bounds = self.bounds(seen, spread) if seen.moment.now.up else None
            if bounds is None or bounds[1] - bounds[0] < DIFFERENT or seen.value is None:
                continue
            if isfinite(seen.value) and spread is seen.moment.is_steady:
                truth = (seen.value - affine.zero) / affine.slope
                place = (truth - bounds[0]) / (bounds[1] - bounds[0])
                yield 1 - place if self.measure.good else place

    def _picked(self) -> Iterator[float]:
        """For each moment at which series differ, whether (1) the worst of them was picked."""
        worst_of = min if self.measure.good else max
        for moment in (one for one in self.evidence.moments if one.is_steady):
            known = [
                (bounds[0], seen.value is not None)
                for seen in self.evidence.series
                if seen.moment is moment and (bounds := self.bounds(seen, spread=False))
            ]
            truths = [truth for truth, _ in known]
            if truths and max(truths) - min(truths) > DIFFERENT:
                worst = worst_of(truths)
                yield float(any(there for truth, there in known if truth == worst))

    # Good windows

    def _windows(self) -> Shown | None:
        """The share of windows in which the measure kept to a limit."""
        functions = self.evidence.reach.functions
        if not functions & COUNTING_WINDOWS:
            return None
        seen = self._limited()
        if seen is None:
            return None
        full = seen.full
        if full is None and not seen.is_diluted:
            return None
        shown = Shown(self.measure, Affine(full or 1.0), windows=True, scope=self.scope)
        return replace(shown, diluted=full is None)

    def _limited(self) -> LimitedWindows | None:
        """What was shown where it could be told, beside the truth; None: something was missing."""
        functions = self.evidence.reach.functions
        mixed = bool(functions & MIXING)
        steady: list[SteadyWindows] = []
        changing: list[float] = []
        for seen in self.evidence.series:
            bounds = self.bounds(seen, spread=False)
            if bounds is None or not seen.moment.now.up:
                continue
            if seen.value is None and self._may_be_missing(seen, bounds, spread=False):
                continue
            if seen.value is None or isnan(seen.value):
                return None
            if bounds[0] == bounds[1]:
                groups = self._groups(seen) if mixed and seen.moment.is_steady else ()
                steady.append(SteadyWindows(seen.value, bounds[0], tuple(groups)))
            else:
                changing.append(seen.value)
        is_share = not isinstance(self.measure, QuantileMeasure)
        averaged = "avg" in functions
        return LimitedWindows(steady, changing, self.measure.good, is_share, averaged)

    def _groups(self, seen: SeenSeries) -> Iterator[TruthsByPage]:
        """The truths of all paths, then of all paths and methods."""
        measure = self.measure_of(seen)
        [(ledger, pages)] = self.evidence.asked(seen, self.scope)
        every = {page for one in self.evidence.ledgers.values() for page in one.by_status}
        every = {page for page in every if self.evidence.speaks_of(page, seen, self.scope)}
        unmatched = int(self.evidence.world.never_asked)
        for key in (Page.by_path, Page.by_itself):
            known = {key(page) for page in every}
            parted = {one: frozenset(p for p in pages if key(p) == one) for one in known}
            found = [measure.value(ledger, group) for group in parted.values()] if measure else []
            truths = tuple(value for value in found if value is not None)
            yield TruthsByPage(truths, len(known) - len(truths) + unmatched)


def _groups(pages: frozenset[Page]) -> list[frozenset[Page]]:
    """The pages one by one, and together by path and by method."""
    keys = (Page.by_itself, Page.by_path, Page.by_method)
    return [
        frozenset(page for page in pages if key(page) == one)
        for key in keys
        for one in sorted({key(page) for page in pages}, key=str)
    ]


def is_budget(share: float) -> bool:
    """Whether it is 1 - objective for an objective that a person would write (99.95 %)."""
    digits = f"{share:.8e}".partition("e")[0].rstrip("0")
    return len(digits) <= 5
