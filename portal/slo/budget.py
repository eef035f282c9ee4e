"""Error budget and burn rate: every formula in one place, pure.

Ratios are 0..1, events are counts, times are seconds unless a name says minutes. An SLI over a
window is weighted by events: good events / all events of the window, never a mean of ratios.
Sources: Google's *Site Reliability Workbook*, chapter 2 "Implementing SLOs" (error budget) and
chapter 5 "Alerting on SLOs" (burn rate).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from portal.numbers import about
from portal.slo.objective import SLO, error_budget


class BudgetState(StrEnum):
    """What can be said about the budget; without data or traffic there is no number to show."""

    NO_DATA = "no data yet"
    NO_TRAFFIC = "no traffic"
    WITHIN = "within budget"
    EXHAUSTED = "exhausted"


class ExhaustionState(StrEnum):
    """When the whole window's budget will be gone at the present burn rate."""

    NO_DATA = "no data yet"
    NO_TRAFFIC = "no traffic"
    NOT_AT_THIS_RATE = "not at this rate"
    ALREADY = "already exhausted"
    IN_TIME = "at this rate"


@dataclass(frozen=True)
class Events:
    """Bad and total events counted over some time; counts needn't be whole (``increase``)."""

    bad: float
    total: float

    @property
    def good(self) -> float:
        """Events that are not bad."""
        return self.total - self.bad


@dataclass(frozen=True)
class Exhaustion:
    """``seconds`` from now until the budget is gone; a number only when ``state`` is IN_TIME."""

    state: ExhaustionState
    seconds: float | None = None


@dataclass(frozen=True)
class Budget:
    """The error budget of one SLO at one moment; a number that can't be known is None.

    ``allowed`` and ``remaining`` speak of the time so far (``age_s``), ``share_used`` of the whole
    window at this traffic, ``allowed_minutes`` of the whole window in minutes of full outage.
    """

    state: BudgetState
    events: Events | None
    age_s: float
    allowed_minutes: float
    allowed: float | None
    sli: float | None
    remaining: float | None
    share_used: float | None
    burn_rate: float | None
    exhaustion: Exhaustion

    @property
    def bad_is_estimated(self) -> bool:
        """Whether the count of bad events is more or less what it is shown as."""
        bad = self.events.bad if self.events else 0.0
        return bad >= 100 or abs(bad - round(bad)) >= 0.005

    @property
    def allowed_shown(self) -> float | None:
        """``allowed`` for people: of the total that they are shown, whole events from 1 on."""
        if self.allowed is None or self.events is None or self.events.total <= 0:
            return None
        allowed = self.allowed / self.events.total * about(self.events.total)
        return math.floor(allowed + 1e-9) if allowed >= 1 else allowed


def error_ratio(events: Events) -> float | None:
    """Bad / total, a ratio; None without traffic, since 0/0 is neither 0 % nor 100 %."""
    return events.bad / events.total if events.total > 0 else None


def allowed_bad_events(objective: float, total: float) -> float:
    """The budget in events: (1 - objective) × total events of the window so far."""
    return error_budget(objective) * total


def allowed_minutes(objective: float, window_s: float) -> float:
    """The budget in minutes of full outage: (1 - objective) × window."""
    return error_budget(objective) * window_s / 60


def remaining(objective: float, events: Events) -> float | None:
    """The share of the budget so far that is left: 1 - bad / budget.

    At most 1, negative when overspent; None without traffic.
    """
    if events.total <= 0:
        return None
    return 1 - events.bad / allowed_bad_events(objective, events.total)


def burn_rate(objective: float, ratio: float) -> float:
    """How many times too fast the budget burns: error ratio over some window / (1 - objective).

    1 uses up the budget exactly at the window's end.
    """
    return ratio / error_budget(objective)


def window_share_used(remaining_so_far: float, age_s: float, window_s: float) -> float:
    """The share of the whole window's budget used at this traffic: (1 - remaining) × age / window.

    The data cover only ``age_s`` of the window; the rest is taken to bring the same traffic.
    """
    return (1 - remaining_so_far) * min(age_s, window_s) / window_s


def exhaustion(
    remaining_so_far: float, age_s: float, window_s: float, rate: float | None
) -> Exhaustion:
    """When the whole window's budget is gone: (window - age × (1 - remaining)) / burn rate.

    ``rate`` is the burn rate over the long page window, None when that saw no traffic.
    """
    left_s = window_s - min(age_s, window_s) * (1 - remaining_so_far)
    if left_s <= 0:
        return Exhaustion(ExhaustionState.ALREADY)
    if rate is None:
        return Exhaustion(ExhaustionState.NO_TRAFFIC)
    if rate <= 0 or math.isinf(left_s / rate):
        return Exhaustion(ExhaustionState.NOT_AT_THIS_RATE)
    return Exhaustion(ExhaustionState.IN_TIME, left_s / rate)


def burst_cost(objective: float, burst: Events, whole: Events) -> float | None:
    """The share of the budget so far that one burst cost: its bad events / allowed bad events.

    ``whole`` counts the window so far, the burst included; None without traffic.
    """
    allowed = allowed_bad_events(objective, whole.total)
    return burst.bad / allowed if allowed > 0 else None


def assess(slo: SLO, so_far: Events | None, age_s: float, lately: Events | None) -> Budget:
    """Every figure of an SLO's budget.

    ``so_far`` counts the SLO's window, of which the data cover ``age_s`` seconds; ``lately`` the
    long page window. None means that Prometheus had no data at all.
    """
    if so_far is None:
        return _unknown(slo, BudgetState.NO_DATA, ExhaustionState.NO_DATA, age_s)
    left = remaining(slo.objective, so_far)
    if left is None:
        return _unknown(slo, BudgetState.NO_TRAFFIC, ExhaustionState.NO_TRAFFIC, age_s, so_far)
    ratio_lately = error_ratio(lately) if lately else None
    rate = None if ratio_lately is None else burn_rate(slo.objective, ratio_lately)
    return Budget(
        state=BudgetState.EXHAUSTED if left <= 0 else BudgetState.WITHIN,
        events=so_far,
        age_s=age_s,
        allowed_minutes=allowed_minutes(slo.objective, slo.window.seconds),
        allowed=allowed_bad_events(slo.objective, so_far.total),
        sli=so_far.good / so_far.total,
        remaining=left,
        share_used=window_share_used(left, age_s, slo.window.seconds),
        burn_rate=rate,
        exhaustion=exhaustion(left, age_s, slo.window.seconds, rate),
    )


def _unknown(
    slo: SLO,
    state: BudgetState,
    exhausted: ExhaustionState,
    age_s: float,
    events: Events | None = None,
) -> Budget:
    """A budget of which only the minutes are known."""
    return Budget(
        state=state,
        events=events,
        age_s=age_s,
        allowed_minutes=allowed_minutes(slo.objective, slo.window.seconds),
        allowed=None,
        sli=None,
        remaining=None,
        share_used=None,
        burn_rate=None,
        exhaustion=Exhaustion(exhausted),
    )
