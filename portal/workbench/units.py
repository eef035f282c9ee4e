"""The units of panels: how a value is written, how an axis counts, which one fits a query."""

from __future__ import annotations

from dataclasses import dataclass

from portal.durations import milliseconds
from portal.numbers import number, percent
from portal.promql.findings import Indicator, Measure

READABLE = 1e9
OF_THE_QUERY = "query"
"""Chosen in the form: the unit that fits what the query gives."""


@dataclass(frozen=True)
class PanelUnit:
    """A unit: its name for people and in Grafana.

    ``factor`` takes a value to the scale of the axis, ``axis`` names that scale; ``whole``: what
    stands for all requests on it, None where the values are no shares.
    """

    words: str
    grafana: str
    axis: str = ""
    factor: float = 1.0
    whole: float | None = None

    def write(self, value: float) -> str:
        """The value for people: 0.9987 of the unit ratio as ``99.87 %``."""
        if self.axis == "%" and abs(value) < READABLE:
            return percent(value * self.factor / 100)
        if self.grafana == "s" and abs(value) < READABLE:
            return milliseconds(value)
        digits = 3 if self.axis and abs(value) < 100 else 4
        return f"{number(value, digits)} {self.axis}".strip()


UNITS = {
    "ratio": PanelUnit("ratio (0 to 1)", "percentunit", "%", 100.0, 100.0),
    "percent": PanelUnit("percent (0 to 100)", "percent", "%", 1.0, 100.0),
    "seconds": PanelUnit("seconds", "s", "seconds"),
    "rate": PanelUnit("requests/s", "reqps", "requests/s"),
    "none": PanelUnit("none", "none"),
}
NONE = UNITS["none"]
FITTING = {
    (Measure.GOOD, 1.0): "ratio",
    (Measure.BAD, 1.0): "ratio",
    (Measure.GOOD, 100.0): "percent",
    (Measure.BAD, 100.0): "percent",
    (Measure.QUANTILE, 1.0): "seconds",
}
GIVES = {"ratio": "a share from 0 to 1", "percent": "a share from 0 to 100", "seconds": "seconds"}


def fitting_unit(indicator: Indicator | None) -> PanelUnit:
    """The unit of what the query gives; none where that isn't known."""
    return UNITS[fitting_name(indicator)]


def fitting_name(indicator: Indicator | None) -> str:
    """Its name among the units."""
    return _fitting(indicator) or "none"


def unit_remark(indicator: Indicator | None, unit: str) -> str:
    """What is odd about showing this SLI in that unit; "" when it fits, or has none."""
    fitting = _fitting(indicator)
    if not fitting or unit in {fitting, "none"} or unit not in UNITS:
        return ""
    return f"The query gives {GIVES[fitting]}, but the unit says {UNITS[unit].words}."


def _fitting(indicator: Indicator | None) -> str:
    if indicator is None:
        return ""
    return FITTING.get((indicator.measure, indicator.scale), "")
