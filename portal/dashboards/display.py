"""What a panel makes of its queries before it draws them: its type, calculation and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

DRAWS_NONE = frozenset(
    {
        *("text", "news", "dashlist", "alertlist", "alertGroups", "annolist"),
        *("gettingstarted", "welcome", "pluginlist", "logs", "logstable", "traces"),
        *("flamegraph", "nodeGraph"),
    }
)
"""Panels that ask nobody, or that draw logs, traces and the like, never a number of ours."""
DRAWS_VALUES = frozenset(
    {
        *("timeseries", "graph", "stat", "gauge", "bargauge", "singlestat", "table"),
        *("table-old", "barchart", "piechart", "heatmap", "state-timeline"),
        *("status-history", "trend", "xychart", "grafana-singlestat-panel"),
        *("grafana-piechart-panel",),
    }
)
REDUCES = frozenset({"stat", "gauge", "bargauge", "piechart"})
SINGLE = frozenset({"singlestat", "grafana-singlestat-panel"})
KEEPS = frozenset(
    {
        *("last", "lastNotNull", "current", "first", "firstNotNull", "min", "max", "mean"),
        *("avg", "median", "logmin", "mode", "allValues"),
    }
)
"""Calculations whose result is a value of the series, or lies among them."""
LOSES = frozenset(
    {
        *("sum", "total", "count", "countAll", "range", "diff", "diffperc", "delta"),
        *("step", "changeCount", "distinctCount", "variance", "stdDev", "allIsZero"),
        *("allIsNull", "last_time", "name", "uniqueValues"),
    }
)
LINES = frozenset({"timeseries", "trend"})
CLEAR = re.compile(r"transparent|rgba\(.*,0(\.0*)?\)|#[0-9a-f]{6}00", re.IGNORECASE)
MOST_MAPPINGS = 200
PERCENTILE = re.compile(r"p\d{1,2}")
TIME = "time"
HIDE = {"id": "custom.hideFrom", "value": {"viz": True}}


class Drawn(StrEnum):
    """Whether a panel draws the values of its queries."""

    YES = "yes"
    NO = "no"
    REDUCED = "reduced"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Display:
    """A panel's type, options and field settings, as they stand in its JSON."""

    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Mapping[str, Any], ...] = ()
    value_name: str = ""

    @property
    def drawn(self) -> Drawn:
        """What the panel's type and calculation leave of the values."""
        if self.kind in DRAWS_NONE or _hides(self.defaults.get("custom")) or self._is_invisible({}):
            return Drawn.NO
        if self.kind in SINGLE:
            return calculated([self.value_name or "avg"])
        if self.kind and self.kind not in DRAWS_VALUES:
            return Drawn.UNSURE
        if _words_for_all(self.defaults.get("mappings")):
            return Drawn.UNSURE
        if self.kind in REDUCES:
            return self._reduced()
        return Drawn.YES

    def _is_invisible(self, changed: Mapping[str, Any]) -> bool:
        """Whether nothing is seen of a field with these settings changed."""
        color = mapping(changed.get("color", self.defaults.get("color")))
        if CLEAR.fullmatch(str(color.get("fixedColor", "")).replace(" ", "")):
            return bool(color.get("mode", "fixed") == "fixed")
        if self.kind not in LINES:
            return False
        custom = {**mapping(self.defaults.get("custom")), **changed}
        if custom.get("lineWidth", 1) or custom.get("fillOpacity", 0):
            return False
        style = custom.get("drawStyle", "line")
        return style == "bars" or (style == "line" and custom.get("showPoints") == "never")

    def _reduced(self) -> Drawn:
        if self.options.get("textMode") in {"name", "none"}:
            return Drawn.UNSURE
        settings = mapping(self.options.get("reduceOptions"))
        if settings.get("values") is True:
            return Drawn.YES
        calcs = settings.get("calcs")
        return calculated(calcs if isinstance(calcs, list) and calcs else ["lastNotNull"])

    @property
    def fields(self) -> Any:
        """The fields that a stat or gauge picks; "" for all numbers."""
        settings = mapping(self.options.get("reduceOptions")) if self.kind in REDUCES else {}
        return settings.get("fields") or ""

    @property
    def hiding(self) -> Iterator[Mapping[str, Any]]:
        """The matchers of the overrides that take fields off the panel."""
        for override in self.overrides:
            properties = override.get("properties")
            listed = properties if isinstance(properties, list) else []
            settings = [mapping(one) for one in listed]
            changed = {str(s.get("id")).removeprefix("custom."): s.get("value") for s in settings}
            if any(map(_takes_away, settings)) or (changed and self._is_invisible(changed)):
                yield mapping(override.get("matcher"))


def calculated(calcs: Iterable[Any]) -> Drawn:
    """What is left after these calculations: it is enough when one keeps a value."""
    kinds = {_calculation(str(calc)) for calc in calcs}
    for kind in (Drawn.YES, Drawn.UNSURE, Drawn.REDUCED):
        if kind in kinds:
            return kind
    return Drawn.YES


def _calculation(calc: str) -> Drawn:
    if calc in KEEPS or PERCENTILE.fullmatch(calc):
        return Drawn.YES
    return Drawn.REDUCED if calc in LOSES else Drawn.UNSURE


def _takes_away(setting: Mapping[str, Any]) -> bool:
    value = setting.get("value")
    if setting.get("id") == "custom.hideFrom":
        return mapping(value).get("viz") is True
    return setting.get("id") in {"custom.hidden", "custom.hideFrom.viz"} and value is True


def _hides(custom: Any) -> bool:
    settings = mapping(custom)
    return mapping(settings.get("hideFrom")).get("viz") is True or settings.get("hidden") is True


def classic(found: Mapping[str, Any]) -> Display:
    """The display of a panel of the classic schema."""
    kind = found.get("type")
    made = of(kind if isinstance(kind, str) else "", found.get("options"), found.get("fieldConfig"))
    value_name = found.get("valueName")
    if made.kind == "graph" and (found.get("hiddenSeries") is True or _draws_nothing(found, {})):
        made = replace(made, defaults={"custom": {"hideFrom": {"viz": True}}})
    return Display(
        made.kind,
        made.options,
        made.defaults,
        (*made.overrides, *_series_overrides(found)),
        value_name if isinstance(value_name, str) else "",
    )


def of(kind: str, options: Any, field_config: Any) -> Display:
    """The display of a panel of that type."""
    config = mapping(field_config)
    overrides = config.get("overrides")
    listed = overrides if isinstance(overrides, list) else []
    return Display(
        kind,
        mapping(options),
        mapping(config.get("defaults")),
        tuple(one for one in listed[:100] if isinstance(one, Mapping)),
    )


def _series_overrides(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What the old graph panel hides, written as overrides of today."""
    listed = found.get("seriesOverrides")
    for item in listed[:100] if isinstance(listed, list) else []:
        if not isinstance(item, Mapping):
            continue
        if item.get("hiddenSeries") is True or _draws_nothing(found, item):
            alias = str(item.get("alias", ""))
            kind = "byRegexp" if alias.startswith("/") else "byName"
            yield {"matcher": {"id": kind, "options": alias}, "properties": [HIDE]}


def _draws_nothing(panel: Mapping[str, Any], series: Mapping[str, Any]) -> bool:
    """Whether the old graph panel draws no line, bar or point (of a series with its override)."""
    settings = {**panel, **series}
    if settings.get("bars") is True or settings.get("points") is True:
        return False
    thin = settings.get("linewidth") == 0 and settings.get("fill", 1) == 0
    return settings.get("lines") is False or thin


def _words_for_all(mappings: Any) -> bool:
    """Whether a text stands in for every share from 0 to 1, or for whatever there is."""
    listed = mappings[:MOST_MAPPINGS] if isinstance(mappings, list) else []
    return any(_stands_for_all(mapping(one)) for one in listed)


def _stands_for_all(found: Mapping[str, Any]) -> bool:
    options = mapping(found.get("options"))
    if not mapping(options.get("result")).get("text"):
        return False
    if found.get("type") == "regex":
        return str(options.get("pattern")) in {".*", ".+", "/.*/", "/.+/"}
    low, high = options.get("from"), options.get("to")
    covers = (low is None or _at_most(low, 0)) and (high is None or _at_most(1, high))
    return found.get("type") == "range" and covers


def _at_most(low: Any, high: Any) -> bool:
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    return bool(numbers and low <= high)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}
