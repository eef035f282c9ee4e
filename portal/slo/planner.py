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

from portal.slo.budget import about
from portal.slo.objective import SLO
from portal.slo.windows import AlertPair, alert_pairs, seconds

SHORT_S = 100.0
_EPSILON = 1e-9


@dataclass(frozen=True)
class WindowCounts:
    """What the window holds already: ``requests`` events, of which ``failed`` were bad."""

    requests: float
    failed: float = 0.0


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
    if burst.error_share <= limit + _EPSILON or burst.rate <= 0:
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
    empty = WindowCounts(0)
    return [
        (
            pair,
            plan_pair(
                slo, pair, histories.get(pair.long, empty), histories.get(pair.short, empty), burst
            ),
        )
        for pair in alert_pairs(slo.window)
    ]


def never_fires_because(slo: SLO, pair: AlertPair) -> str | None:
    """Why the pair can never fire for this objective, with the arithmetic; None when it can."""
    limit = pair.limit(slo.error_budget)
    if limit < 1 - _EPSILON:
        return None
    share = 100 * seconds(pair.long) / pair.period.seconds / slo.error_budget
    return (
        f"Can never fire: {pair.factor:.4g} × {slo.error_budget:g} = {limit:.4g}, and no more than "
        f"all requests can fail. Even a full outage of {pair.long} uses only {share:.2g} % of the "
        f"budget. Choose an objective above {_least_objective(pair)} % or another alert."
    )


def needs_arithmetic(slo: SLO, total: float) -> str | None:
    """What an objective means for this little traffic; None when the budget allows an event.

    With 600 requests and 99.999 %, the budget is 0.006 requests: one failure is 167 times too many.
    """
    total = about(total)
    allowed = slo.error_budget * total
    if total <= 0 or allowed >= 1:
        return None
    times = 1 / allowed
    return (
        f"{total:,} requests × {_plain(slo.error_budget)} = {_plain(allowed)} bad requests "
        f"allowed: one failure overspends the budget {times:,.{0 if times >= 10 else 1}f} times. "
        f"{slo.percent} needs at least "
        f"{1 / slo.error_budget:,.0f} requests in the window before it allows one."
    )


def _least_objective(pair: AlertPair) -> str:
    """The objective, in percent, above which the pair can fire: 1 - 1 / factor."""
    return f"{max(0.0, 100 * (1 - 1 / pair.factor)):.4g}"


def _above_one(limit: float) -> str:
    return (
        f"This alert can never fire: its limit is {_percent(limit)} of the requests, "
        "and no more than all of them can fail."
    )


def _too_few_errors(limit: float, burst: PlannedBurst) -> str:
    if burst.rate <= 0:
        return "This alert can't fire without requests."
    return (
        f"With {_percent(burst.error_share)} errors this alert never fires: "
        f"it needs more than {_percent(limit)}."
    )


def _already(limit: float, history: WindowCounts) -> str:
    return (
        f"{history.failed:.6g} of {history.requests:.6g} requests failed: "
        f"that is above the limit of {_percent(limit)} already."
    )


def _in_time(limit: float, history: WindowCounts, burst: PlannedBurst, time_s: float) -> str:
    if history.requests <= 0:
        return "No request came in this time yet: the first one that fails is enough."
    held, had = f"{_requests(round(history.requests))} in its window", ""
    if history.failed:
        held, had = f"{held}, {history.failed:.6g} failed", f" - {history.failed:.6g}"
    failed = time_s * burst.rate * burst.error_share
    return (
        f"{held}: ({history.requests:.6g} × {limit:.6g}{had}) / ({burst.rate:.6g} × "
        f"({burst.error_share:.6g} - {limit:.6g})) = {time_s:.{1 if time_s < SHORT_S else 0}f} s. "
        f"By then {burst.rate:.6g}/s with {_percent(burst.error_share)} errors bring "
        f"{round(failed, 1):g} failed requests, so it takes {_just_more_than(failed)}."
    )


def _just_more_than(count: float) -> int:
    """The least whole number above ``count``: at the limit itself an alert is still silent."""
    return math.floor(count + _EPSILON) + 1


def _plain(number: float) -> str:
    """Three digits, and no exponent however small it is."""
    return f"{float(f'{number:.3g}'):.12f}".rstrip("0").rstrip(".")


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.4g} %"
