"""What each day was like, and what an expression made of it: as values, to be drawn and told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import NamedTuple

from portal.numbers import exact, exact_percent, rounded
from portal.shop import REQUESTS
from portal.shop.queries import LATENCY_THRESHOLD
from portal.trial.days import FAILURES
from portal.trial.evidence import PageScope, SeenSeries, TrialEvidence
from portal.trial.judgement import Affine, MeasureFit, Shown
from portal.trial.ledger import Ledger, Page
from portal.trial.measure import (
    AMBIGUOUS,
    SERVER_ERROR,
    EachBucket,
    Measure,
    OfSeries,
    QuantileMeasure,
    Share,
    Under,
)
from portal.trial.scene import TrialAnswer
from portal.trial.sight import SeenPart, Sight
from portal.trial.traffic import OK
from portal.trial.wording import in_words

LEAST_CHANGE = 0.001
"""Of the full scale, or seconds: what is told as a change."""
LEAST_RIGHT = 2
"""Days on which a query must be right for a guess at what it is meant to show."""
DIGITS = 4


class Point(NamedTuple):
    """A moment, 0 to 1 over what is drawn of a day, and a value; None: there is none."""

    at: float
    value: float | None


class Span(NamedTuple):
    """A state of an alert, from moment to moment."""

    state: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TriedDay:
    """A day as it was tried; ``name`` completes "on the day on which".

    ``truth``: the corners of what really happened. ``line``: what a query's value means on the
    same scale; ``spans``: what an alert did. ``told``: that in words; ``surprised``: it should
    have done something else.
    """

    name: str
    truth: tuple[Point, ...]
    told: str
    surprised: bool = False
    line: tuple[Point, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def gap(self) -> float:
        """How far the value was from the truth at most; 1 where it was missing."""
        if not self.surprised or not self.line:
            return 0.0
        truths = [point.value for point in self.truth if point.value is not None] or [0.0]
        return max(
            1.0 if value is None else min(abs(value - truth) for truth in truths)
            for _, value in self.line
        )


@dataclass(frozen=True, slots=True)
class Diary:
    """All days that an expression was tried on.

    ``about``: what the days are measured in, to follow "the share of" or "the". ``good``: the
    truth is the share of good requests, what is missing below 100 % is bad. ``seconds``: it is a
    time, not a share. ``guess``: what a query that is no SLI is held against, in words.
    """

    days: tuple[TriedDay, ...] = ()
    about: str = ""
    good: bool = False
    seconds: bool = False
    guess: str = ""

    @property
    def surprising(self) -> int:
        """On how many days it did something else than it should."""
        return sum(day.surprised for day in self.days)

    @property
    def in_order(self) -> tuple[TriedDay, ...]:
        """The days, those that surprise first, the most glaring of them on top."""
        return tuple(sorted(self.days, key=lambda day: (not day.surprised, -day.gap)))


NOTHING = Diary()


def diary(evidence: TrialEvidence, shown: Shown | None, met: bool) -> Diary:
    """What a query did day by day.

    ``shown``: what it is held against, None for what it comes closest to; ``met``: it is that.
    """
    found = (shown or _guess(evidence)) if evidence.sights else None
    if found is None:
        return NOTHING
    writer = _Writer(evidence, found, met, plain=shown is None)
    about = _about(found.measure, evidence)
    return Diary(
        tuple(writer.days()),
        about,
        good=writer.is_good,
        seconds=isinstance(found.measure, QuantileMeasure),
        guess="" if shown else f"the share of {_well(found.measure) or about}",
    )


def _well(measure: Measure) -> str:
    """The good requests, where a measure is their share."""
    if not measure.good:
        return ""
    return "fast requests" if isinstance(measure, Under) else "requests that went well"


def _about(measure: Measure, evidence: TrialEvidence) -> str:
    match measure:
        case QuantileMeasure(phi):
            return f"time within which {exact_percent(phi)} of all requests were answered"
        case Under(places):
            bounds = sorted({evidence.world.bounds[place][1] for place in places})
            return f"requests slower than {' or '.join(f'{exact(bound)} s' for bound in bounds)}"
        case Share():
            return "requests that failed"
    return "slow requests"


def _guess(evidence: TrialEvidence) -> Shown | None:
    """The share that the query is right about on most days, where there are some."""
    rated = [
        (_right_days(evidence, WholeFit(evidence, measure, PageScope()), affine), measure, affine)
        for measure in _usual(evidence)
        for affine in (Affine(1.0), Affine(100.0))
    ]
    most, measure, affine = max(rated, key=lambda one: one[0])
    return Shown(measure, affine) if most >= LEAST_RIGHT else None


def _usual(evidence: TrialEvidence) -> Iterator[Measure]:
    world = evidence.world
    if REQUESTS in world.metrics or world.own_counters:
        every = frozenset({OK, SERVER_ERROR, *AMBIGUOUS})
        yield from (Share(FAILURES, every, good) for good in (True, False))
    else:
        finite = world.bounds[:-1]
        nearest = min(range(len(finite)), key=lambda n: abs(finite[n][1] - LATENCY_THRESHOLD))
        yield from (Under((nearest,), good) for good in (True, False))


def _right_days(evidence: TrialEvidence, fit: MeasureFit, affine: Affine) -> int:
    """On how many days all that was seen is what it should be."""
    right: dict[int, bool] = {}
    for seen in evidence.series:
        if seen.value is not None and seen.moment.now.up and fit.bounds(seen, spread=False):
            day, fine = id(seen.moment.day), fit.surprise_at(seen, affine) is None
            right[day] = right.get(day, True) and fine
    return sum(right.values())


class WholeFit(MeasureFit):
    """Holds each series against all requests to its pages, also one that counts a part of them."""

    def measure_of(self, seen: SeenSeries) -> OfSeries | None:
        """The measure itself."""
        return None if isinstance(self.measure, EachBucket) else self.measure


@dataclass(frozen=True)
class _Writer:
    """Writes a query's days.

    ``met``: it is what it is held against; ``plain``: that was guessed, and its numbers are told
    as they are.
    """

    evidence: TrialEvidence
    shown: Shown
    met: bool
    plain: bool

    @cached_property
    def fit(self) -> MeasureFit:
        """What it is held against."""
        kind = WholeFit if self.plain else MeasureFit
        return kind(self.evidence, self.shown.measure, self.shown.scope)

    @property
    def is_good(self) -> bool:
        """Whether the line of a right query is the share of good requests."""
        return self.shown.windows or self.shown.measure.good

    def days(self) -> Iterator[TriedDay]:
        """Each of them."""
        by_day: dict[int, list[SeenSeries]] = {}
        for seen in self.evidence.series:
            by_day.setdefault(id(seen.moment.day), []).append(seen)
        usual = None
        for sight, glances in zip(self.evidence.sights, self.evidence.glances, strict=True):
            series = by_day[id(sight.day)]
            seen, surprised = self._chosen(series)
            usual = usual or seen
            line = tuple(self._line(sight, series, glances, seen.labels))
            did = self._surprise_told(seen, usual) if surprised else self._told(seen, line)
            told = f"{_named(seen, self.evidence) or 'it'} {did}"
            truth = tuple(self._truth(sight, seen))
            yield TriedDay(sight.day.name, truth, told, surprised, line)

    def _chosen(self, series: Sequence[SeenSeries]) -> tuple[SeenSeries, bool]:
        """What surprises most, or else the end of the first series that has a value."""
        found = [] if self.met else [(self._miss(seen), seen) for seen in series]
        most, seen = max(found, key=lambda one: one[0], default=(0.0, series[0]))
        if most > 0:
            return seen, True
        known = [seen for seen in series if seen.value is not None] or list(series)
        same = [seen for seen in series if seen.labels == known[0].labels]
        return same[-1], False

    def _miss(self, seen: SeenSeries) -> float:
        """How far a value is from what it should have been; infinite where there is none."""
        found = self.fit.surprise_at(seen, self.shown.affine)
        if found is None:
            return 0.0
        if found.seen is None or not isfinite(found.seen):
            return inf
        return max(found.low - found.seen, found.seen - found.high)

    # What really happened

    def _truth(self, sight: Sight, chosen: SeenSeries) -> Iterator[Point]:
        for seen in sight.parts:
            value = self._share(seen, chosen)
            for at_s in (seen.start_s, seen.end_s):
                yield Point(_moment(sight, at_s), value)

    def _share(self, seen: SeenPart, chosen: SeenSeries) -> float | None:
        """What the measure was while a part lasted, of the requests that the series speaks of."""
        measure = self.fit.measure_of(chosen)
        if measure is None or not seen.part.up:
            return None
        ledger = Ledger(self.evidence.world, seen.part)
        takes = (p for p in ledger.by_status if self._speaks_of(p, chosen))
        value = measure.value(ledger, frozenset(takes))
        turned = self.shown.windows and not self.shown.measure.good
        return None if value is None else _short(1 - value if turned else value)

    def _speaks_of(self, page: Page, seen: SeenSeries) -> bool:
        return self.evidence.speaks_of(page, seen, self.shown.scope)

    # What it showed

    def _line(
        self,
        sight: Sight,
        series: Sequence[SeenSeries],
        glances: Sequence[TrialAnswer],
        labels: Mapping[str, str],
    ) -> Iterator[Point]:
        asked = [(seen.moment.at_s, seen.value) for seen in series if seen.labels == labels]
        besides = [
            (at_s, next((s.value for s in answer.samples if s.labels == labels), None))
            for at_s, answer in zip(sight.looks_s, glances, strict=True)
            if not answer.untried
        ]
        for at_s, value in sorted((*asked, *besides), key=lambda one: one[0]):
            yield Point(_moment(sight, at_s), self._meant(value))

    def _meant(self, value: float | None) -> float | None:
        """The value on the scale of the truth."""
        if value is None or not isfinite(value):
            return None
        affine = self.shown.affine
        return _short((value - affine.zero) / affine.slope)

    # In words

    def _surprise_told(self, seen: SeenSeries, usual: SeenSeries) -> str:
        found = self.fit.surprise_at(seen, self.shown.affine)
        assert found is not None  # noqa: S101 (it was chosen for it)
        low, high = self._number(found.low), self._number(found.high)
        true = low if low == high else f"something between {low} and {high}"
        stays = seen is not usual and seen.value == usual.value
        return f"{self._showed(seen.value, stays)}; {true} would have been true"

    def _told(self, seen: SeenSeries, line: Sequence[Point]) -> str:
        judged = seen.moment.now.up and self.fit.bounds(seen, spread=False) is not None
        fine = "as it should" if judged else "as it may"
        known = [point.value for point in line if point.value is not None]
        if len(known) > 1 and abs(known[-1] - known[0]) > LEAST_CHANGE:
            start, end = (self._number(self.shown.affine.of(one)) for one in (known[0], known[-1]))
            return f"went from {start} to {end}, {fine}"
        return f"{self._showed(seen.value)}, {fine}"

    def _showed(self, value: float | None, stays: bool = False) -> str:
        number = self._number(value)
        if not number:
            return "showed nothing"
        return f"stayed at {number}" if stays else f"showed {number}"

    def _number(self, value: float | None) -> str:
        rounded = value if value is None else round(value, 9) + 0.0
        text = in_words(rounded, self.shown, plain=self.plain).replace(" ", "\N{NO-BREAK SPACE}")
        return text.replace("-", "\N{MINUS SIGN}")


def _named(seen: SeenSeries, evidence: TrialEvidence) -> str:
    """The labels that tell a series from the others, in words; "" where there are no others."""
    every = [dict(one.labels) for one in evidence.series if one.moment is seen.moment]
    own = (v for k, v in seen.labels.items() if any(other.get(k) != v for other in every))
    return " ".join(own)


def _moment(sight: Sight, at_s: float) -> float:
    return _short(max(0.0, (at_s - sight.start_s) / (sight.end_s - sight.start_s)))


def _short(number: float) -> float:
    return rounded(number, DIGITS)
