"""The alerts of an SLO before they exist: which can ever fire, and what it takes from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.clients.errors import ClientError
from portal.durations import prometheus_seconds
from portal.numbers import limit_percent
from portal.services import Services
from portal.slo.objective import SLO
from portal.slo.planner import Plan, PlannedBurst, WindowCounts, never_fires_because, plan_alerts
from portal.slo.queries import bad_events, total_events
from portal.slo.windows import AlertPair, alert_pairs

USUAL_BURST = PlannedBurst(rate=20, error_share=0.2)


@dataclass(frozen=True)
class Guard:
    """One alert pair: its limit as an error ratio, why it can never fire, the plan for a burst."""

    pair: AlertPair
    limit: float
    never: str | None
    plan: Plan

    @property
    def limit_percent(self) -> str:
        """The limit in percent, however small: ``0.0028 %``."""
        return limit_percent(self.limit)


@dataclass(frozen=True)
class Guards:
    """All alert pairs of an SLO; ``reason`` says why the present history is not known."""

    burst: PlannedBurst
    guards: tuple[Guard, ...]
    reason: str = ""

    @property
    def silent(self) -> int:
        """How many of the alerts can never fire."""
        return sum(guard.never is not None for guard in self.guards)


def read_guards(
    services: Services, slo: SLO, at: float, burst: PlannedBurst = USUAL_BURST
) -> Guards:
    """What ``burst`` would do to each alert, from the history at ``at`` on; never raises.

    What Prometheus counted is shared among all open pages.
    """
    key = ("windows", slo.sli, slo.window, slo.job, slo.threshold_s, at)
    found = services.readings.get(
        key, services.limits.reading.numbers_s, lambda: _ask(services, slo, at)
    )
    return _guards(slo, burst, *found)


def guards_at(services: Services, slo: SLO, burst: PlannedBurst, at: float) -> Guards:
    """The same from the history as it was at ``at`` (Unix time); never raises."""
    return _guards(slo, burst, *_ask(services, slo, at))


def _guards(
    slo: SLO, burst: PlannedBurst, histories: dict[str, WindowCounts], reason: str
) -> Guards:
    plans = plan_alerts(slo, histories, burst)
    guards = tuple(
        Guard(pair, pair.limit(slo.error_budget), never_fires_because(slo, pair), plan)
        for pair, plan in plans
    )
    return Guards(burst, guards, reason)


def _ask(services: Services, slo: SLO, at: float) -> tuple[dict[str, WindowCounts], str]:
    windows = sorted({w for pair in alert_pairs(slo.window) for w in (pair.long, pair.short)})
    try:
        return dict(zip(windows, histories(services, slo, windows, at), strict=True)), ""
    except ClientError as error:
        return {}, str(error)


def histories(
    services: Services, slo: SLO, windows: Sequence[str], at: float
) -> list[WindowCounts]:
    """What each window holds at ``at`` (Unix time); raises ClientError."""
    wanted = [
        count(slo, "increase", window) for window in windows for count in (total_events, bad_events)
    ]
    said = services.prometheus.all_numbers(wanted, at)
    # Counts are whole; increase() extrapolates a little beyond its samples.
    counts = [round(rows[0].value) if rows else 0 for rows in said]
    return [
        WindowCounts(requests, failed, prometheus_seconds(window))
        for window, requests, failed in zip(windows, counts[::2], counts[1::2], strict=True)
    ]
