"""The invented days: what a service may live through.

A day is one or more stages. The first is as long as any window of the expression sees, so that
what was before is out of sight. Its name completes "on the day on which ...".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from portal.numbers import limit_percent
from portal.trial.reach import Reach
from portal.trial.timeline import Stage, Timeline
from portal.trial.traffic import FAST, NOBODY, Flow, Pace, Traffic, shared
from portal.trial.world import World

SAMPLES = 60
"""As many samples as a window gets where they need not be as dense as the lab's."""
COARSEST_S = 120.0
MAX_POINTS = 9000
"""Samples that one part of an expression may hold at a time: promtool allows 10,000."""
MAX_STEPS = 150
"""Scrapes that a window may see on a timeline of all days: beyond that a day stands alone."""
HALFWAY = 0.55
"""Of the longest window: a median tells what is now by then."""
LATE = 0.9
"""Of the time between two scrapes: an expression is asked just before the next one."""


class Length(StrEnum):
    """How long a part of a day lasts."""

    WHOLE = "whole"
    """As far as the expression looks back: nothing else is in sight at its end."""
    HALF = "half"
    """About half of the longest window: at its end both sides of the change are in sight."""
    SHORT = "short"
    """A few scrapes."""


@dataclass(frozen=True)
class DayPart:
    """A part of a day. ``asked``: whether the expression is asked at its end."""

    traffic: Traffic
    length: Length = Length.WHOLE
    asked: bool = True
    up: bool = True
    restarted: bool = False
    unborn: frozenset[int] = frozenset()
    elsewhere: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True)
class Day:
    """What happens, in words that follow "on the day on which", and in parts."""

    name: str
    parts: tuple[DayPart, ...]


@dataclass(frozen=True)
class Moment:
    """When an expression is asked: ``seen`` are the day's parts in sight, the latest last."""

    day: Day
    part: int
    at_s: float
    seen: tuple[DayPart, ...]

    @property
    def now(self) -> DayPart:
        """The part that it is asked in."""
        return self.seen[-1]

    @property
    def is_steady(self) -> bool:
        """Whether nothing changes as far back as can be seen."""
        return len(self.seen) == 1


@dataclass(frozen=True)
class Pacing:
    """Steps in seconds and lengths in steps of the days of an expression.

    ``apart``: each day is a lab of its own that has not run longer, as the windows would see more.
    """

    step_s: float
    whole: int
    half: int
    apart: bool = False

    def steps(self, length: Length) -> int:
        """How many scrapes a part lasts."""
        return {Length.WHOLE: self.whole, Length.HALF: self.half, Length.SHORT: 4}[length]


def pacing(reach: Reach, world: World, evaluation_s: float = 0.0) -> Pacing:
    """The days' steps: the lab's interval for short windows, coarser ones for long windows.

    A window that is longer than the samples reach is that of a lab that has not run so long.
    ``evaluation_s``: between two evaluations of rules, and of subqueries that name no step.
    """
    interval_s = world.scrape_interval_s
    shortest = reach.shortest_s / 4 if reach.shortest_s else interval_s
    wanted = min(shortest, reach.back_s / SAMPLES, COARSEST_S)
    step = max(1, int(wanted / interval_s)) * interval_s
    margin = 3 * step + 2 * evaluation_s
    finest = min(step, reach.finest_s or step)
    most = min(MAX_STEPS, max(12, int(MAX_POINTS / world.width * finest / step)))
    whole = max(ceil((reach.back_s + margin) / step), 6)
    half = max(4, min(round(reach.longest_s * HALFWAY / step), min(whole, most) // 2))
    return (
        Pacing(step, min(whole, most * 2 // 3), half, apart=True)
        if whole > most
        else Pacing(step, whole, half)
    )


def laid_out(
    days: Iterable[Day], world: World, pacing: Pacing
) -> tuple[Timeline, tuple[Moment, ...]]:
    """The days one after the other, and the moments at which an expression is asked."""
    stages: list[Stage] = []
    moments: list[Moment] = []
    steps = 0
    for day in days:
        for number, part in enumerate(day.parts):
            count = pacing.steps(part.length)
            steps += count
            stages.append(
                Stage(part.traffic, count, part.up, part.restarted, part.unborn, part.elsewhere)
            )
            if part.asked:
                at_s = (steps - 1) * pacing.step_s + LATE * world.scrape_interval_s
                seen = day.parts[: number + 1]
                moments.append(Moment(day, number, at_s, seen if pacing.apart else _seen(seen)))
    return Timeline(world, pacing.step_s, tuple(stages)), tuple(moments)


def _seen(parts: tuple[DayPart, ...]) -> tuple[DayPart, ...]:
    whole = [n for n, part in enumerate(parts) if part.length is Length.WHOLE]
    return parts[whole[-1] :]


# The days

SELDOM, OFTEN, MOST = 1 / 300, 5000.0, 200_000.0
"""Requests a second, far from those that a limit of traffic would be written for."""
ASIDE = 4e-6
"""How far a share lies beside the number that names it.

A limit that a person types is such a number: if a day lay on it, the last bit of a sum, whose order
Prometheus leaves open, would decide.
"""
HARDLY = 3e-5
"""The share of failures on an all but spotless day, and of good requests on the worst.

A query that leaves out what is close to none or all does so on one of these days.
"""
TYPICAL = ((302, 0.02), (404, 0.03))
BRISK = Pace(spread=((1.0, 0.0084),))
QUICK = Pace(spread=((1.0, 0.0021),))
SLOWISH = Pace(spread=((0.8, 0.09), (0.2, 0.7)))
SLOW = Pace(spread=((0.41, 0.3), (0.59, 2.0)))
CRAWLING = Pace(spread=((1.0, 4.0),))
STUCK = Pace(exact=((1.0, 30.0),))
HARDLY_STUCK = Pace(exact=((1 - HARDLY, 0.001), (HARDLY, 30.0)))
NEARLY_STUCK = Pace(exact=((HARDLY, 0.001), (1 - HARDLY, 30.0)))
FAILURES = frozenset({500, 503})


def aside(share: float) -> float:
    """A share that nobody types, and that reads like this one."""
    return share + ASIDE if 0 < share < 1 else share


def _day(name: str, traffic: Traffic) -> Day:
    return Day(name, (DayPart(traffic),))


def _flow(
    page: int,
    rate: float,
    statuses: tuple[tuple[int, float], ...],
    pace: Pace = FAST,
    method: int = 0,
) -> Flow:
    """A flow whose shares of statuses lie aside of those that are named."""
    moved = tuple((status, aside(share)) for status, share in statuses)
    return Flow(page, rate, moved, pace, method)


def _shared(
    rate: float,
    bad: float | tuple[float, ...] = 0.0,
    pace: Pace | tuple[Pace, ...] = FAST,
    *,
    weights: tuple[float, ...] = (0.5, 0.3, 0.2),
    others: tuple[tuple[int, float], ...] = (),
    unavailable: float = 0.0,
) -> Traffic:
    """Traffic over all pages whose shares of statuses lie aside of those that are named."""
    beside = tuple(map(aside, bad)) if isinstance(bad, tuple) else aside(bad)
    moved = tuple((status, aside(share)) for status, share in others)
    kind = max(0.0, unavailable - ASIDE)
    return shared(rate, beside, pace, weights=weights, others=moved, unavailable=kind)


def day_of(share: float) -> Day:
    """A day on which that share of requests fails, and is slow."""
    bad = aside(share)
    stuck = Pace(exact=((1 - bad, 0.001), (bad, 30.0)))
    name = f"{limit_percent(share)} of all requests failed and were slow"
    return _day(name, shared(20, bad, stuck, unavailable=0.3))


ALL_WELL = _day(
    "no request failed and all were quick",
    _shared(20, pace=QUICK, others=((302, 0.01), (404, 0.02))),
)
QUIET = _day(
    "one request in five minutes came in and 0.4 % failed",
    _shared(SELDOM, 0.004, others=TYPICAL, unavailable=0.25),
)
QUIET_INCIDENT = _day(
    "one request in five minutes came in and 60 % failed",
    _shared(SELDOM, 0.6, SLOWISH, others=TYPICAL, unavailable=0.25),
)
USUAL = _day(
    "twenty requests a second came in and 0.72 % failed",
    _shared(20, (0.002, 0.014, 0.01), (FAST, SLOWISH, FAST), others=TYPICAL, unavailable=0.5),
)
BUSY = _day(
    "two hundred thousand requests a second came in and 0.003 % failed",
    shared(MOST, HARDLY, HARDLY_STUCK, others=((404, aside(0.01)),), unavailable=0.3),
)
NO_SERIES = Day(
    "no request had failed yet and there was no series of failures",
    (DayPart(_shared(20, pace=BRISK, others=((404, 0.02),)), unborn=FAILURES),),
)
A_TENTH = _day(
    "a tenth of all requests failed",
    _shared(20, (0.02, 0.3, 0.0), (FAST, SLOWISH, FAST), others=TYPICAL, unavailable=0.3),
)
HALF = _day(
    "half of all requests failed",
    _shared(20, 0.5, others=((404, 0.04),), unavailable=0.2, weights=(0.2, 0.2, 0.6)),
)
EVERYTHING = _day(
    "all of five thousand requests a second failed", _shared(OFTEN, 1.0, unavailable=0.1)
)
ONE_PAGE = _day(
    "only one page was asked for and 30 % of its requests failed",
    Traffic((_flow(1, 10, ((404, 0.1), (500, 0.2), (503, 0.1)), SLOWISH),)),
)
ONE_METHOD = _day(
    "requests of one method failed most",
    Traffic(
        (
            _flow(0, 10, (*TYPICAL, (500, 0.04))),
            _flow(1, 5, TYPICAL, SLOWISH),
            _flow(2, 2, TYPICAL),
            _flow(2, 30, ((404, 0.05), (500, 0.8), (503, 0.1)), SLOW, method=1),
        )
    ),
)
SLOW_TENTH = _day(
    "one page was slow and 8 % of all requests failed",
    _shared(20, 0.08, (FAST, SLOW, FAST), others=TYPICAL, weights=(0.5, 0.2, 0.3)),
)
SLOW_DAY = _day("most requests were slow and 41 % failed", _shared(20, 0.41, SLOW, others=TYPICAL))
CRAWL = _day(
    "nearly all requests were slow and 75 % failed",
    _shared(12, 0.75, CRAWLING, others=((302, 0.05),)),
)
HANGING = _day("all requests took longer than any bucket and 90 % failed", _shared(5, 0.9, STUCK))
IDLE = _day("nobody asked", NOBODY)
AGO = Day(
    "requests had failed some time ago and all went well since",
    (
        DayPart(
            _shared(20, 0.41, SLOW, others=TYPICAL, unavailable=0.4), Length.SHORT, asked=False
        ),
        DayPart(_shared(20, 0.0, others=TYPICAL)),
    ),
)
RISING = Day(
    "three times as many requests came in and all began to fail and to be slow",
    (
        DayPart(_shared(20, 0.0, QUICK, others=TYPICAL)),
        DayPart(_shared(60, 1.0, STUCK, unavailable=0.3), Length.HALF),
    ),
)
FALLING = Day(
    "nearly all requests failed and were slow until all went well again",
    (
        DayPart(shared(20, 1 - HARDLY, NEARLY_STUCK, unavailable=0.3)),
        DayPart(_shared(20, 0.0, QUICK, others=TYPICAL), Length.HALF),
    ),
)
FEWER = Day(
    "ever fewer requests came in while 97 % of them failed",
    (
        DayPart(_shared(50, 0.97, SLOWISH, others=((404, 0.01),), unavailable=0.3)),
        DayPart(_shared(5, 0.97, SLOWISH, others=((404, 0.01),), unavailable=0.3), Length.HALF),
    ),
)
AFTER_RUSH = Day(
    "many requests went well until few came in and nine in ten of these failed",
    (
        DayPart(_shared(400, 0.0, QUICK, others=TYPICAL)),
        DayPart(_shared(4, 0.9, SLOWISH, others=((404, 0.02),), unavailable=0.3), Length.HALF),
    ),
)
RESTART = Day(
    "the service was restarted and 1.5 % of the requests failed",
    (
        DayPart(_shared(20, 0.015, SLOWISH, others=TYPICAL, unavailable=0.3), asked=False),
        DayPart(
            _shared(20, 0.015, SLOWISH, others=TYPICAL, unavailable=0.3),
            Length.HALF,
            restarted=True,
        ),
    ),
)
DOWN = Day(
    "the service could not be scraped",
    (
        DayPart(_shared(20, 0.01, others=TYPICAL), asked=False),
        DayPart(NOBODY, Length.HALF, up=False),
    ),
)
NOT_FOUND = _day("all requests were answered with 404", Traffic((Flow(2, 10, ((404, 1.0),)),)))

DAYS = (
    *(ALL_WELL, QUIET, USUAL, QUIET_INCIDENT, A_TENTH, HALF, EVERYTHING, NO_SERIES),
    *(ONE_PAGE, ONE_METHOD, SLOW_TENTH, SLOW_DAY, CRAWL, HANGING, IDLE, AGO),
    *(RISING, FALLING, FEWER, AFTER_RUSH, RESTART, DOWN, NOT_FOUND, BUSY),
)
"""The busiest last: counters that stand high lose the small steps of a quiet day."""
