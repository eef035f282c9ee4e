"""How a panel writes the values of a field: unit, decimals, words in their place, axis, stacking.

Each setting is known to be harmless, known to hide the number, or the learner is asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.dashboards.columns import compiled
from portal.dashboards.document import mapping, mappings
from portal.dashboards.look import PLAIN, Look, reduced, unseen, unsure, worst
from portal.numbers import limit_percent, number
from portal.promql.findings import Indicator, Measure

LINES = frozenset({"timeseries", "trend"})
AXES = LINES | {"barchart", "xychart", "candlestick"}
"""Panels that draw a value as a place along an axis, and write no number."""
CLEAR = re.compile(
    r"transparent|(rgb|hsl)a?\(.*[,/]0*(\.0*)?%?\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0", re.IGNORECASE
)
MOST_MAPPINGS = 200
MOST_DECIMALS = 20
NO_NUMBER = re.compile(r"bool.*|datetime.*|time:.*|string|dtd?hms|clockm?s|timeticks|hex(0x)?")
"""Units that write yes or no, a date, a clock, a text or another base, in small letters."""
FINER = {"percentunit": 0.01, "s": 0.001}
"""Units that write a value larger than it is, so that a decimal stands for less of it."""
SHARES = {"percent": 100.0, "percentunit": 1.0}
"""Units of shares, with what they write as 100 %."""
TIMES = {
    "ns": 1e9,
    "µs": 1e6,
    "ms": 1000.0,
    "s": 1.0,
    "m": 1 / 60,
    "h": 1 / 3600,
    "d": 1 / 86400,
    "dtdurationms": 1000.0,
    "dtdurations": 1.0,
}
"""Units of time, with what a second is in each."""
A_HUNDRED = re.compile(r"(?<![\w.])(100(\.0*)?|1e\+?2)(?![\w.])", re.IGNORECASE)
FINEST_BUDGET = 0.001
"""The share of requests that a step of the number may stand for: what 99.9 % leaves to fail."""
FINEST_TIME_S = 0.05
FINEST_BUDGET_LEFT = 0.1
MIDDLE = 0.5
"""Along an axis a step of the numbers beside it must still tell nothing from all."""
HARMLESS = frozenset({
    *("displayName", "displayNameFromDS", "description", "noValue", "links", "actions", "path"),
    *("thresholds", "color", "fieldMinMax", "filterable", "writeable", "interval", "mappings"),
    *("nullValueMode", "unit", "decimals", "min", "max", "unitScale", "title", "type"),
})  # fmt: skip
HARMLESS_CUSTOM = frozenset({
    *("drawStyle", "lineInterpolation", "lineWidth", "lineStyle", "lineColor", "fillOpacity"),
    *("fillColor", "fillBelowTo", "gradientMode", "barAlignment", "barWidthFactor"),
    *("barMaxWidth", "showPoints", "pointSize", "pointSymbol", "pointShape", "pointColor"),
    *("pointStrokeWidth", "show", "axisPlacement", "axisLabel", "axisWidth", "axisSoftMin"),
    *("axisSoftMax", "axisGridShow", "axisColorMode", "axisBorderShow", "axisCenteredZero"),
    *("scaleDistribution", "stacking", "hideFrom", "thresholdsStyle", "spanNulls", "insertNulls"),
    *("transform", "showValues", "align", "displayMode", "cellOptions", "width", "minWidth"),
    *("hidden", "inspect", "filterable", "wrapText", "wrapHeaderText", "tooltip", "footer"),
    *("hideFrom.viz", "neutral", "symbolSize", "label", "log", "fillStyle"),
})  # fmt: skip
"""Settings whose values are looked at here, or that change no more than how a number looks."""
ODD_CELLS = frozenset({"image", "geo", "datalinks", "actions", "custom", "sparkline", "marker"})
BAD_SHARES = (0.0, 0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
SECONDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
SPENT = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.5, 2.0, 10.0)
"""What happens on days good and bad: shares that fail, durations, budgets spent."""
USUAL = 7
"""So many of these come before an outage; an axis without any of them shows nothing until then."""
SAMPLES = (("0", "0.05", "0.5", "0.999", "1"), ("0.5", "5", "50", "99.9", "100"))

STACKED = "Its series are stacked, so that heights are sums."
UNSTACKED = ("none", None, "", False)

Span = tuple[float, float]
EVERY_VALUE = {"type": "range", "options": {"result": {"text": ""}}}
EVERYTHING: Span = (-math.inf, math.inf)


@dataclass(frozen=True)
class Figure:
    """A field's settings, as far as they can hide its number.

    ``look``: what they make of any value. ``step``: how far apart two numbers are that are written
    differently, in the query's own unit; 0: as fine as need be. ``unit``: what is written behind
    the number. ``words``: spans of values that a text stands for. ``axis``: the span that is
    drawn. ``is_place``: no number is written, a value is a place along the axis.
    """

    look: Look = PLAIN
    step: float = 0.0
    unit: str = ""
    words: tuple[Span, ...] = ()
    axis: Span = EVERYTHING
    is_place: bool = False

    def look_of(
        self, indicator: Indicator | None, budget: float = FINEST_BUDGET, written: str = ""
    ) -> Look:
        """What is seen of such an SLI.

        ``budget``: the share that a step may stand for. ``written``: the PromQL, which tells
        percent from the burn rate of 99 %: both are a hundred times the share.
        """
        doubts = self._doubts(indicator, budget, written) if indicator else ()
        return worst([self.look, *doubts])

    def _doubts(self, indicator: Indicator, budget: float, written: str) -> Iterator[Look]:
        left = indicator.measure is Measure.BUDGET_LEFT
        whole = indicator.whole if left else abs(indicator.scale)
        if odd := self._odd_unit(indicator, whole, written):
            yield unsure(odd)
        values = [whole * value for value in _row(indicator.measure)]
        finest = MIDDLE if self.is_place else _finest(indicator.measure, budget)
        if self.step > whole * finest * (1 + 1e-6):
            yield unsure("Its number is rounded so far that a missed objective can look kept.")
        hidden = [v for v in values if any(low <= v <= high for low, high in self.words)]
        if 2 * len(hidden) > len(values):
            yield unsure("Texts stand in place of most of its values.")
        seen = [v for v in values if self.axis[0] <= v <= self.axis[1]]
        if len(seen) < 2 or not set(seen) & set(values[:USUAL]):
            yield unsure("Its values lie outside of the axis.")

    def _odd_unit(self, indicator: Indicator, whole: float, written: str) -> str:
        """What is wrong with the unit, in a sentence; "" where it fits, or says nothing."""
        timed = indicator.measure is Measure.QUANTILE
        fitting, others = (TIMES, SHARES) if timed else (SHARES, TIMES)
        unit = f"Its unit “{self.unit}”"
        if self.unit in others:
            return f"{unit} is one of {'shares' if timed else 'time'}; this is none."
        if self.unit not in fitting or _is_near(whole, fitting[self.unit]):
            return ""
        if _is_burn_rate(indicator, written) and self.unit == "percentunit":
            return ""
        seen = whole / fitting[self.unit]
        if timed:
            return f"{unit} fits another scale: a second is written as {number(seen)} s."
        what = "a burn rate of 1" if _is_burn_rate(indicator, written) else "all"
        return f"{unit} fits another scale: {what} is written as {limit_percent(seen)}."


def _is_burn_rate(indicator: Indicator, written: str) -> bool:
    if indicator.measure is not Measure.BAD or indicator.scale <= 1:
        return False
    return indicator.scale != SHARES["percent"] or not A_HUNDRED.search(written)


def _is_near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6)


def _finest(measure: Measure, budget: float) -> float:
    """How large a step of a number may be, as a part of the whole (of a second: seconds)."""
    return {Measure.QUANTILE: FINEST_TIME_S, Measure.BUDGET_LEFT: FINEST_BUDGET_LEFT}.get(
        measure, budget
    )


def _row(measure: Measure) -> list[float]:
    """The values that an SLI takes on days good and bad, as parts of the whole."""
    match measure:
        case Measure.GOOD:
            return [1 - bad for bad in BAD_SHARES]
        case Measure.BAD:
            return list(BAD_SHARES)
        case Measure.BUDGET_LEFT:
            return [1 - spent for spent in SPENT]
        case Measure.QUANTILE:
            return list(SECONDS)


def figure(kind: str, settings: Mapping[str, Any], is_alone: bool = True) -> Figure:
    """What these settings (``unit``, ``custom.lineWidth``...) make of a field on such a panel.

    ``is_alone``: the panel draws one series and no other.
    """
    place = kind in AXES
    stacking = mapping(settings.get("custom.stacking")).get("mode") if place else None
    return Figure(
        worst([*_looks(kind, settings), stacked(stacking, is_alone)]),
        _step(settings.get("unit"), settings.get("decimals")),
        str(settings.get("unit") or ""),
        tuple(_spans(settings.get("mappings"))),
        (_bound(settings.get("min"), -math.inf), _bound(settings.get("max"), math.inf))
        if place
        else EVERYTHING,
        place,
    )


def flat(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A panel's defaults with the names that overrides give them."""
    custom = mapping(defaults.get("custom"))
    plain = {name: value for name, value in defaults.items() if name != "custom"}
    return plain | {f"custom.{name}": value for name, value in custom.items()}


def _looks(kind: str, settings: Mapping[str, Any]) -> Iterator[Look]:
    if _hides(settings) or is_invisible(kind, settings):
        yield unseen("Its field is hidden on the panel.")
    unit = str(settings.get("unit") or "")
    if NO_NUMBER.fullmatch(unit.lower()):
        yield unsure(f"The unit “{unit[:40]}” writes another thing than its number.")
    if any(_replaces_all(one) for one in _mapped(settings.get("mappings"))):
        yield unsure("A text stands in place of its values.")
    if kind in AXES:
        yield from _along_the_axis(kind, settings)
    yield _cell(settings)
    strange = [name for name in settings if not _is_known(name)]
    if strange:
        yield unsure(f"Its setting “{strange[0][:40]}” is not known here.")


def _is_known(name: str) -> bool:
    if name.startswith("custom."):
        return name.removeprefix("custom.") in HARMLESS_CUSTOM
    return name in HARMLESS


def _hides(settings: Mapping[str, Any]) -> bool:
    shown = mapping(settings.get("custom.hideFrom")).get("viz")
    shown = settings.get("custom.hideFrom.viz", shown)
    return shown is True or settings.get("custom.hidden") is True


def is_invisible(kind: str, settings: Mapping[str, Any]) -> bool:
    """Whether nothing is seen of a field: its colour is clear, its line has no width."""
    color = mapping(settings.get("color"))
    if CLEAR.fullmatch(str(color.get("fixedColor", "")).replace(" ", "")):
        return bool(color.get("mode", "fixed") == "fixed")
    if kind not in LINES:
        return False
    style, points = settings.get("custom.drawStyle", "line"), settings.get("custom.showPoints")
    if not _is_thin(settings) or style not in ("line", "bars") or points == "always":
        return False
    return style == "bars" or points == "never"


def _is_thin(settings: Mapping[str, Any]) -> bool:
    return not (settings.get("custom.lineWidth", 1) or settings.get("custom.fillOpacity", 0))


def _along_the_axis(kind: str, settings: Mapping[str, Any]) -> Iterator[Look]:
    if _has_no_ink(kind, settings):
        yield unsure("Its line or bar may have nothing that is drawn.")
    elif kind in LINES and _is_thin(settings) and _points_where_few(settings):
        yield unsure("Its line has no width, and points are drawn only where values are few.")
    transform = settings.get("custom.transform")
    if transform == "constant":
        yield reduced("It draws its first value all along.")
    elif transform:
        yield unsure("It draws its values turned over.")
    if settings.get("custom.axisPlacement") == "hidden":
        yield unsure("Its axis is hidden, so that no number stands beside the line.")


def _has_no_ink(kind: str, settings: Mapping[str, Any]) -> bool:
    """Bars without border and filling; a line whose dashes have no length."""
    thin = settings.get("custom.lineWidth", 1) == 0 == settings.get("custom.fillOpacity", 80)
    style = mapping(settings.get("custom.lineStyle"))
    dashes = style.get("dash")
    drawn = dashes[::2] if isinstance(dashes, list) else []
    empty = style.get("fill") == "dash" and bool(drawn) and not any(drawn)
    return empty or (kind == "barchart" and thin)


def _points_where_few(settings: Mapping[str, Any]) -> bool:
    """Grafana's own way with points: it leaves them out where they would touch each other."""
    style, points = settings.get("custom.drawStyle", "line"), settings.get("custom.showPoints")
    return style == "line" and points in ("auto", None, "")


def stacked(mode: Any, is_alone: bool = False) -> Look:
    """What stacking leaves of values: parts of a sum, or heights that hold others."""
    if mode == "percent":
        return reduced("Stacked to 100 %, a series is drawn as its part of their sum.")
    return PLAIN if is_alone or mode in UNSTACKED else unsure(STACKED)


def _cell(settings: Mapping[str, Any]) -> Look:
    cell = mapping(settings.get("custom.cellOptions"))
    kind = str(cell.get("type") or settings.get("custom.displayMode") or "").lower()
    if kind in ODD_CELLS or cell.get("valueDisplayMode") == "hidden" or cell.get("hideValue"):
        return unsure("Its cells write no number.")
    return PLAIN


def _step(unit: Any, decimals: Any) -> float:
    if isinstance(decimals, bool) or not isinstance(decimals, int | float):
        return 0.0
    places = max(0, min(MOST_DECIMALS, decimals))
    return float(10.0**-places * FINER.get(str(unit), 1.0))


def _bound(value: Any, otherwise: float) -> float:
    try:
        found = otherwise if isinstance(value, bool) or value in (None, "") else float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return otherwise if math.isnan(found) else found


# Value mappings


def _mapped(listed: Any) -> list[Mapping[str, Any]]:
    """The value mappings; more than are read are taken for one that hides everything."""
    found = mappings(listed)
    more = [EVERY_VALUE] if len(found) > MOST_MAPPINGS else []
    return [*found[:MOST_MAPPINGS], *more]


def _spans(listed: Any) -> Iterator[Span]:
    """The spans of values that a text stands for; the oldest mappings have numbers for types."""
    for one in _mapped(listed):
        options = mapping(one.get("options"))
        match one.get("type"):
            case "range" if _has_text(options.get("result")):
                yield _bound(options.get("from"), -math.inf), _bound(options.get("to"), math.inf)
            case "value":
                named = [name for name, result in options.items() if _has_text(result)]
                yield from ((n, n) for n in (_bound(name, math.nan) for name in named) if n == n)
            case 2 | "2" if "null" not in (one.get("from"), one.get("to")):
                yield _bound(one.get("from"), -math.inf), _bound(one.get("to"), math.inf)
            case 1 | "1":
                number = _bound(one.get("value"), math.nan)
                yield (number, number)


def _has_text(result: Any) -> bool:
    return mapping(result).get("text") is not None


def _replaces_all(found: Mapping[str, Any]) -> bool:
    """Whether a pattern puts one text in place of whatever number there is."""
    options = mapping(found.get("options"))
    text = mapping(options.get("result")).get("text")
    if found.get("type") != "regex" or text is None or "$" in str(text):
        return False
    pattern = str(options.get("pattern"))
    body = re.sub(r"^/|/[a-z]*$", "", pattern) if pattern.startswith("/") else pattern
    return _matches_numbers(body)


def _matches_numbers(body: str) -> bool:
    """Whether it fits most numbers; what can't be read here might."""
    pattern = compiled(body)
    if pattern is None:
        return True
    return any(2 * sum(bool(pattern.search(s)) for s in row) > len(row) for row in SAMPLES)
