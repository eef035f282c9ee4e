"""The ladder that an alert climbs, and the days that must leave it alone.

A rung is a share of bad requests in units of the error budget. Each rung is a lab of its own that
has seen nothing else, so windows of any length see the same share; what an alert may not mistake
for it (a rush, a restart, somebody else's failures) are days.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf

from portal.shop import BUCKETS
from portal.trial.timeline import Stage
from portal.trial.traffic import FAST, Flow, Pace, Traffic, shared

FACTORS = (0.0, 0.2, 0.85, 1.0, 5.0, 14.4, 20.0)
"""Times the rate at which the error budget may burn; above them stands everything."""
ABOVE = 1.001
"""How far above its factor a rung stands, so that a limit of just that factor is exceeded."""
RATE = 20.0
"""Requests a second on an ordinary day."""
RUSH = 250.0
"""Times the ordinary traffic: beyond what a limit of traffic would be written for."""
EBBING = 20.0
EASE = 5.0
"""Of the ordinary traffic, what is left where few ask: a limit of a count isn't met then."""
BUSY_PAGE, RARE_PAGE = 0.6, 0.1
"""Of all requests, what a page gets that has all the bad ones, unless they are more."""
SLOWEST_S = 600.0
"""So slow that a few such requests spoil an average."""
BARELY_OVER = 0.02
"""Of the way from the threshold to the next, how far a request barely misses it."""
QUICKEST_S = 0.001


class Trouble(StrEnum):
    """What makes a request a bad one."""

    ERRORS = "errors"
    SLOWNESS = "slowness"


class Way(StrEnum):
    """Where the bad requests of a ladder are, in words that follow "on the day on which"."""

    PLAIN = "they were spread over all pages"
    ONE_PAGE = "one page had all of them"
    ANOTHER_PAGE = "another page had all of them, by another method, while few asked"
    RUSH = "five thousand requests a second came in, half of them for pages that don't exist"
    BARELY = "they took little longer than promised"
    EBB = "the requests fell to a twentieth all at once"


@dataclass(frozen=True)
class Allowance:
    """What an SLO allows: the share of bad requests; ``threshold_s`` makes slow ones bad."""

    share: float
    threshold_s: float | None = None

    @property
    def trouble(self) -> Trouble:
        """What its bad requests suffer from."""
        return Trouble.ERRORS if self.threshold_s is None else Trouble.SLOWNESS

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ladders that are climbed, the plain one first."""
        barely = () if self.threshold_s is None else (Way.BARELY,)
        return (Way.PLAIN, Way.ONE_PAGE, Way.ANOTHER_PAGE, Way.RUSH, *barely)

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """From no bad request at all to nothing but bad ones."""
        below = [Rung(f, f * self.share * ABOVE) for f in FACTORS if f * self.share * ABOVE < 1]
        return (*below, Rung(1 / self.share, 1.0))


@dataclass(frozen=True)
class Rung:
    """``factor`` times the rate that the budget allows, and the share of bad requests it means."""

    factor: float
    share: float


@dataclass(frozen=True)
class LadderStep:
    """A rung on one of a budget's ladders."""

    allowance: Allowance
    way: Way
    rung: Rung

    def stages(self, steps: int) -> tuple[Stage, ...]:
        """What happens, for so many scrapes."""
        return (Stage(self._traffic(), steps),)

    def _traffic(self) -> Traffic:
        match self.way:
            case Way.ONE_PAGE:
                return self._on_one_page(0, 0, BUSY_PAGE)
            case Way.ANOTHER_PAGE:
                return self._on_one_page(2, 1, RARE_PAGE, RATE / EASE)
            case Way.RUSH:
                return self.everywhere(RATE * RUSH, missing=0.5)
        return self.everywhere(RATE)

    def everywhere(self, rate: float, missing: float = 0.0) -> Traffic:
        """Bad requests on all pages, ``rate`` a second.

        ``missing``: of the good ones, those that lead nowhere.
        """
        share = self.rung.share
        if self.allowance.threshold_s is None:
            return shared(rate, share, others=((404, (1 - share) * missing),))
        return shared(rate, 0.0, self._paced(share), others=((404, missing),))

    def _on_one_page(self, page: int, method: int, weight: float, rate: float = RATE) -> Traffic:
        """All bad requests on one page, which is all that the page gets where they are many."""
        weight = max(weight, self.rung.share)
        share = self.rung.share / weight
        errors = self.allowance.threshold_s is None
        statuses, pace = (((500, share),), FAST) if errors else ((), self._paced(share))
        well = FAST if errors else self._paced(0.0)
        rest = rate * (1 - weight) / 2
        others = (Flow(other, rest, pace=well) for other in range(3) if other != page)
        return Traffic((Flow(page, rate * weight, statuses, pace, method), *others))

    def _paced(self, share: float) -> Pace:
        """A share of slow requests among fast ones, near the threshold or far from it."""
        threshold_s = self.allowance.threshold_s or inf
        above = min((bound for bound in BUCKETS if bound > threshold_s), default=inf)
        below = max((bound for bound in BUCKETS if bound < threshold_s), default=0.0)
        fast_s = min(QUICKEST_S, threshold_s / 2)
        near_s = threshold_s + BARELY_OVER * (min(above, threshold_s * 2) - threshold_s)
        match self.way:
            case Way.BARELY:
                return mixed(share, (threshold_s + below) / 2, near_s)
            case Way.ONE_PAGE | Way.ANOTHER_PAGE:
                return mixed(share, fast_s, near_s)
        return mixed(share, fast_s, max(SLOWEST_S, threshold_s * 2))


LONGEST_BEFORE = 30
"""Times the short window, that an ebb follows on ordinary traffic at most."""
DENSE = 8
"""Scrapes that the short window holds while an ebb is tried."""


@dataclass(frozen=True)
class Ebb:
    """Traffic that falls while the share of bad requests stays the same.

    The short window sees little traffic, the long one what was before.

    An alert that counts bad requests over one window and all over another sees a share of neither.
    """

    allowance: Allowance
    short_s: float
    long_s: float
    rung: Rung

    def step_s(self, interval_s: float) -> float:
        """As many seconds between two scrapes as the short window allows.

        A multiple of ``interval_s``, the lab's own.
        """
        return self.short_s / DENSE // interval_s * interval_s

    def stages(self, step_s: float, held_s: float) -> tuple[Stage, ...]:
        """Ordinary traffic as long as the long window sees, then as long as the short one does.

        ``held_s``: how long a rung is held for the alert.
        """
        before_s = max(held_s, min(self.long_s, LONGEST_BEFORE * self.short_s))
        step = LadderStep(self.allowance, Way.PLAIN, self.rung)
        return (
            Stage(step.everywhere(RATE), ceil(before_s / step_s) + 2),
            Stage(step.everywhere(RATE / EBBING), ceil(self.short_s / step_s) + 2),
        )


def mixed(share: float, fast_s: float, slow_s: float) -> Pace:
    """A share of slow requests among fast ones."""
    return Pace(exact=((1 - share, fast_s), (share, slow_s)))
