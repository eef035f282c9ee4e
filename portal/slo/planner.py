"""What it takes to make an alert fire: plain arithmetic, before the burst.

With ``n`` requests in the window of which ``b`` failed, a limit ``θ`` (an error ratio), and a burst
of ``r`` requests/s of which the share ``e`` fails, the ratio after ``t`` seconds is
``(b + e·r·t) / (n + r·t)``. It passes the limit at ``t = (n·θ - b) / (r·(e - θ))``. The workbook's
warning that an alert may never fire (*Site Reliability Workbook*, chapter 5, "Extreme Availability
Goals") is the case ``θ ≥ 1``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.durations import duration, spelled_seconds
from portal.numbers import about, count, exact, limit_percent, number
from portal.slo.objective import SLO
from portal.slo.windows import AlertPair, alert_pairs, seconds
from portal.words import counted, measured, plural

_EPSILON = 1e-9


@dataclass(frozen=True)
class WindowCounts:
    """What a window holds already: ``requests`` events, of which ``failed`` were bad.

    ``window_s``: its length; None where that isn't known.
    """

    requests: float
    failed: float = 0.0
    window_s: float | None = None

    @property
    def time(self) -> str:
        """The window in words: ``in the last 5 min``."""
        return f"in the last {duration(self.window_s)}" if self.window_s else "in its window"


@dataclass(frozen=True)
class PlannedBurst:
    """A planned burst: ``rate`` in requests/s, ``error_share`` the ratio 0..1 of bad ones."""

    rate: float
    error_share: float = 1.0


@dataclass(frozen=True)
class Plan:
    """What a burst must bring until an alert's condition holds.

    ``seconds``, ``requests`` and ``failures`` are None when it never does; ``sentence`` is the
    arithmetic in words. Scraping, evaluating and the alert's ``for`` come on top.
    """

    limit: float
    seconds: float | None
    requests: int | None
    failures: int | None
    sentence: str

    @property
    def can_fire(self) -> bool:
        """Whether this burst can ever bring the alert to fire."""
        return self.seconds is not None


def plan(limit: float, history: WindowCounts, burst: PlannedBurst) -> Plan:
    """How long the burst must last until the error ratio exceeds ``limit`` (a ratio, θ).

    The window is taken to keep what it holds. In a window that forgets old requests meanwhile,
    the alert fires no later.
    """
    if limit >= 1 - _EPSILON:
        return Plan(limit, None, None, None, _above_one(limit))
    missing = history.requests * limit - history.failed
    if missing < -_EPSILON:
        return Plan(limit, 0.0, 0, 0, _already(limit, history))
    if burst.error_share <= limit + _EPSILON or burst.rate <= _EPSILON:
        return Plan(limit, None, None, None, _too_few_errors(limit, burst))
    time_s = missing / (burst.rate * (burst.error_share - limit))
    failures = _just_more_than(time_s * burst.rate * burst.error_share)
    sentence = _in_time(limit, history, burst, time_s)
    return Plan(limit, time_s, _just_more_than(time_s * burst.rate), failures, sentence)


def plan_pair(
    slo: SLO, pair: AlertPair, long: WindowCounts, short: WindowCounts, burst: PlannedBurst
) -> Plan:
    """The plan for a pair of windows: both must exceed the limit, so the later one decides."""
    limit = pair.limit(slo.error_budget)
    plans = [plan(limit, history, burst) for history in (short, long)]
    return max(plans, key=lambda one: math.inf if one.seconds is None else one.seconds)


def plan_alerts(
    slo: SLO, histories: dict[str, WindowCounts], burst: PlannedBurst
) -> list[tuple[AlertPair, Plan]]:
    """A plan for each alert of an SLO; ``histories`` are keyed by window (``"5m"``).

    A window that is missing in ``histories`` is taken to be empty.
    """
    held = {
        window: histories.get(window) or WindowCounts(0, window_s=seconds(window))
        for pair in alert_pairs(slo.window)
        for window in (pair.long, pair.short)
    }
    return [
        (pair, plan_pair(slo, pair, held[pair.long], held[pair.short], burst))
        for pair in alert_pairs(slo.window)
    ]


def never_fires_because(slo: SLO, pair: AlertPair) -> str | None:
    """Why the pair can never fire for this objective, with the arithmetic; None when it can."""
    limit = pair.limit(slo.error_budget)
    if limit < 1 - _EPSILON:
        return None
    outage = duration(seconds(pair.long))
    share = 100 * seconds(pair.long) / pair.period.seconds / slo.error_budget
    return (
        f"Can never fire: {number(pair.factor)} × {exact(slo.error_budget)} = {number(limit)}, and "
        f"no more than all requests can fail. Even a full outage of {outage} uses only "
        f"{number(share, 2)} % of the budget. Choose an objective above {_least_objective(pair)} "
        "or another alert."
    )


def needs_arithmetic(slo: SLO, total: float) -> str | None:
    """What an objective means for this little traffic; None when the budget allows an event.

    With 600 requests and 99.999 %, the budget is 0.006 requests: one failure is 167 times too many.
    """
    total = about(total)
    allowed = slo.error_budget * total
    if total <= 0 or allowed >= 1:
        return None
    asked, least = (counted(one, "request") for one in (total, 1 / slo.error_budget))
    return (
        f"{asked} × {exact(slo.error_budget)} = {_allowed(allowed)}: one failure "
        f"overspends the budget {_times(1 / allowed)}. {slo.percent} needs at least {least} in the "
        "window before it allows one."
    )


def _allowed(allowed: float) -> str:
    shown = number(allowed, 3)
    return f"{shown} bad {plural(float(shown), 'request')} allowed"


def _times(times: float) -> str:
    shown = number(times, 2)
    return "a little" if shown == "1" else f"{shown} times"


def _least_objective(pair: AlertPair) -> str:
    """The objective, in percent, above which the pair can fire: 1 - 1 / factor."""
    return limit_percent(max(0.0, 1 - 1 / pair.factor))


def _above_one(limit: float) -> str:
    return (
        f"This alert can never fire: its limit is {limit_percent(limit)} of the requests, "
        "and no more than all of them can fail."
    )


def _too_few_errors(limit: float, burst: PlannedBurst) -> str:
    if burst.rate <= _EPSILON:
        return "This alert can't fire without requests."
    return (
        f"With {limit_percent(burst.error_share)} errors this alert never fires: "
        f"it needs more than {limit_percent(limit)}."
    )


def _already(limit: float, history: WindowCounts) -> str:
    return (
        f"{number(history.failed, 6)} of {_requests(history)} {history.time} failed: "
        f"that is above the limit of {limit_percent(limit)} already."
    )


def _in_time(limit: float, history: WindowCounts, burst: PlannedBurst, time_s: float) -> str:
    if history.requests <= 0:
        return f"No request came {history.time}: the first one that fails is enough."
    held, had = f"{_requests(history)} {history.time}", ""
    if history.failed:
        failed_before = number(history.failed, 6)
        held, had = f"{held}, {failed_before} failed", f" - {failed_before}"
    failed = time_s * burst.rate * burst.error_share
    took, errors = spelled_seconds(time_s), limit_percent(burst.error_share)
    rate, share, least = (number(one, 6) for one in (burst.rate, burst.error_share, limit))
    return (
        f"{held}: ({number(history.requests, 6)} × {least}{had}) / ({rate} × ({share} - {least})) "
        f"= {took}. By then {rate}/s with {errors} errors bring "
        f"{_failed(failed)}, so it takes {count(_just_more_than(failed))}."
    )


def _just_more_than(count: float) -> int:
    """The least whole number above ``count``: at the limit itself an alert is still silent."""
    return math.floor(count + _EPSILON) + 1


def _requests(history: WindowCounts) -> str:
    return counted(history.requests, "request")


def _failed(failed: float) -> str:
    return measured(round(failed, 1), "failed request")
