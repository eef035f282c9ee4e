"""SLO windows, and the pairs of alert windows that belong to each.

A pair fires when the error ratio over its long *and* its short window exceeds
``factor × (1 - objective)``: the long window says that it matters, the short one that it still
goes on. Source: Google's *Site Reliability Workbook*, chapter 5, "Alerting on SLOs" (table 5-8
and the listing below it).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.words import counted

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Severity(StrEnum):
    """Who is to act: wake somebody now, or look at it in working hours."""

    PAGE = "page"
    TICKET = "ticket"


class Window(StrEnum):
    """The windows an SLO may have, as Prometheus durations."""

    LAB = "1h"
    WEEK = "7d"
    FOUR_WEEKS = "28d"
    MONTH = "30d"

    @property
    def seconds(self) -> int:
        """The window's length in seconds."""
        return seconds(self.value)

    @property
    def label(self) -> str:
        """The window in words: ``"30 days"``, ``"1 hour (lab window)"``."""
        if self is Window.LAB:
            return "1 hour (lab window)"
        return counted(self.seconds / 86_400, "day")


@dataclass(frozen=True)
class AlertPair:
    """One pair of windows: ``long`` and ``short`` are Prometheus durations (``"1h"``, ``"5m"``).

    ``budget_percent`` of the whole window's error budget is gone when the pair's long window has
    burned at ``factor`` from end to end.
    """

    severity: Severity
    long: str
    short: str
    budget_percent: float
    period: Window

    @property
    def factor(self) -> float:
        """Burn rate (no unit) above which the pair fires: budget share × period / long window."""
        return self.budget_percent * self.period.seconds / (100 * seconds(self.long))

    @property
    def name(self) -> str:
        """What people call the pair: ``"page 1h/5m"``."""
        return f"{self.severity} {self.long}/{self.short}"

    def limit(self, error_budget: float) -> float:
        """The error ratio (0..1, or above: then it can never fire) at which the pair fires."""
        return self.factor * error_budget


def seconds(duration: str) -> int:
    """The seconds in a Prometheus duration with one unit: ``seconds("5m") == 300``."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


_WORKBOOK = (
    (Severity.PAGE, "1h", "5m"),
    (Severity.PAGE, "6h", "30m"),
    (Severity.TICKET, "1d", "2h"),
    (Severity.TICKET, "3d", "6h"),
)
_LAB = ((Severity.PAGE, "5m", "25s"), (Severity.TICKET, "15m", "75s"))
_BUDGET_PERCENT: dict[Window, tuple[float, ...]] = {
    Window.LAB: (25, 25),
    Window.WEEK: (8, 12.5, 20, 42),
    Window.FOUR_WEEKS: (2, 5, 10, 10),
    Window.MONTH: (2, 5, 10, 10),
}


def alert_pairs(window: Window) -> tuple[AlertPair, ...]:
    """The alert pairs of an SLO window, the most urgent first."""
    pairs = _LAB if window is Window.LAB else _WORKBOOK
    shares = _BUDGET_PERCENT[window]
    return tuple(
        AlertPair(*pair, budget_percent=share, period=window)
        for pair, share in zip(pairs, shares, strict=True)
    )


def page_window(window: Window) -> str:
    """The long window of the most urgent page pair: over it, burn rate "now" is measured."""
    return alert_pairs(window)[0].long


def current_window(window: Window) -> str:
    """The short window of that pair: what Sloth's ``slo:current_burn_rate:ratio`` is over."""
    return alert_pairs(window)[0].short


def recorded_windows(window: Window) -> tuple[str, ...]:
    """Every window whose error ratio is recorded, shortest first, the SLO's own one last."""
    pairs = alert_pairs(window)
    durations = {pair.long for pair in pairs} | {pair.short for pair in pairs}
    return (*sorted(durations - {window.value}, key=seconds), window.value)
