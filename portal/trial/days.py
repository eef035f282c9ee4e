"""The invented days: what a service may live through.

A day is one or more stages. The first is as long as any window of the expression sees, so that
what was before is out of sight. Its name completes "on the day on which ...".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

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

SELDOM, OFTEN = 1 / 60, 5000.0
"""Requests a second, far from those that a limit of traffic would be written for."""
TYPICAL = ((302, 0.02), (404, 0.03))
BRISK = Pace(spread=((1.0, 0.008),))
QUICK = Pace(spread=((1.0, 0.002),))
SLOWISH = Pace(spread=((0.8, 0.09), (0.2, 0.7)))
SLOW = Pace(spread=((0.4, 0.3), (0.6, 2.0)))
CRAWLING = Pace(spread=((1.0, 4.0),))
STUCK = Pace(exact=((1.0, 30.0),))
FAILURES = frozenset({500, 503})


def _day(name: str, traffic: Traffic) -> Day:
    return Day(name, (DayPart(traffic),))


ALL_WELL = _day(
    "no request failed and all were quick",
    shared(20, pace=QUICK, others=((302, 0.01), (404, 0.02))),
)
QUIET = _day(
    "one request a minute came in and 0.4 % failed",
    shared(SELDOM, 0.004, others=TYPICAL, unavailable=0.25),
)
QUIET_INCIDENT = _day(
    "one request a minute came in and 60 % failed",
    shared(SELDOM, 0.6, SLOWISH, others=TYPICAL, unavailable=0.25),
)
USUAL = _day(
    "twenty requests a second came in and 0.5 % failed",
    shared(20, (0.002, 0.009, 0.0065), (FAST, SLOWISH, FAST), others=TYPICAL, unavailable=0.5),
)
BUSY = _day(
    "five thousand requests a second came in and 0.2 % failed",
    shared(OFTEN, 0.002, BRISK, others=((404, 0.01),), unavailable=0.3),
)
NO_SERIES = Day(
    "no request had failed yet and there was no series of failures",
    (DayPart(shared(20, others=((404, 0.02),)), unborn=FAILURES),),
)
A_TENTH = _day(
    "a tenth of all requests failed",
    shared(20, (0.02, 0.3, 0.0), (FAST, SLOWISH, FAST), others=TYPICAL, unavailable=0.3),
)
HALF = _day(
    "half of all requests failed",
    shared(20, 0.5, others=((404, 0.04),), unavailable=0.2, weights=(0.2, 0.2, 0.6)),
)
EVERYTHING = _day(
    "all of five thousand requests a second failed", shared(OFTEN, 1.0, unavailable=0.1)
)
ONE_PAGE = _day(
    "only one page was asked for and 30 % of its requests failed",
    Traffic((Flow(1, 10, ((404, 0.1), (500, 0.2), (503, 0.1)), SLOWISH),)),
)
ONE_METHOD = _day(
    "requests of one method failed most",
    Traffic(
        (
            Flow(0, 10, (*TYPICAL, (500, 0.04))),
            Flow(1, 5, TYPICAL, SLOWISH),
            Flow(2, 2, TYPICAL),
            Flow(2, 5, ((404, 0.05), (500, 0.3), (503, 0.1)), SLOW, method=1),
        )
    ),
)
SLOW_TENTH = _day(
    "one page was slow",
    shared(20, 0.001, (FAST, SLOW, FAST), others=TYPICAL, weights=(0.5, 0.2, 0.3)),
)
SLOW_DAY = _day("most requests were slow", shared(20, 0.002, SLOW, others=TYPICAL))
CRAWL = _day("nearly all requests were slow", shared(12, 0.003, CRAWLING, others=((302, 0.05),)))
# Not 1 %: at a limit that many a query has, the last bit of a sum would decide.
HANGING = _day("all requests took longer than any bucket", shared(5, 0.008, STUCK))
IDLE = _day("nobody asked", NOBODY)
AGO = Day(
    "requests had failed some time ago and all went well since",
    (
        DayPart(shared(20, 0.4, SLOW, others=TYPICAL, unavailable=0.4), Length.SHORT, asked=False),
        DayPart(shared(20, 0.0, others=TYPICAL)),
    ),
)
RISING = Day(
    "all requests began to fail and to be slow",
    (
        DayPart(shared(20, 0.0, QUICK, others=TYPICAL)),
        DayPart(shared(20, 1.0, STUCK, unavailable=0.3), Length.HALF),
    ),
)
FALLING = Day(
    "all requests stopped failing and being slow",
    (
        DayPart(shared(20, 1.0, STUCK, unavailable=0.3)),
        DayPart(shared(20, 0.0, QUICK, others=TYPICAL), Length.HALF),
    ),
)
FEWER = Day(
    "ever fewer requests came in while the same share of them failed",
    (
        DayPart(shared(50, 0.1, SLOWISH, others=TYPICAL, unavailable=0.3)),
        DayPart(shared(5, 0.1, SLOWISH, others=TYPICAL, unavailable=0.3), Length.HALF),
    ),
)
RESTART = Day(
    "the service was restarted",
    (
        DayPart(shared(20, 0.2, SLOWISH, others=TYPICAL, unavailable=0.3), asked=False),
        DayPart(
            shared(20, 0.2, SLOWISH, others=TYPICAL, unavailable=0.3),
            Length.HALF,
            restarted=True,
        ),
    ),
)
DOWN = Day(
    "the service could not be scraped",
    (
        DayPart(shared(20, 0.01, others=TYPICAL), asked=False),
        DayPart(NOBODY, Length.HALF, up=False),
    ),
)
NOT_FOUND = _day("all requests were answered with 404", Traffic((Flow(2, 10, ((404, 1.0),)),)))

DAYS = (
    *(ALL_WELL, QUIET, USUAL, BUSY, QUIET_INCIDENT, A_TENTH, HALF, EVERYTHING, NO_SERIES),
    *(ONE_PAGE, ONE_METHOD, SLOW_TENTH, SLOW_DAY, CRAWL, HANGING, IDLE, AGO),
    *(RISING, FALLING, FEWER, RESTART, DOWN, NOT_FOUND),
)
