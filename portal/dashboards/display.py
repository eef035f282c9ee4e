"""What a panel makes of its queries before it draws them: its type, calculation and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
PERCENTILE = re.compile(r"p\d{1,2}")
TIME = "time"


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
        if self.kind in DRAWS_NONE or _hides(self.defaults.get("custom")):
            return Drawn.NO
        if self.kind in SINGLE:
            return calculated([self.value_name or "avg"])
        if self.kind and self.kind not in DRAWS_VALUES:
            return Drawn.UNSURE
        if self.kind in REDUCES:
            return self._reduced()
        return Drawn.YES

    def _reduced(self) -> Drawn:
        if self.options.get("textMode") in {"name", "none"}:
            return Drawn.UNSURE
        settings = _mapping(self.options.get("reduceOptions"))
        if settings.get("values") is True:
            return Drawn.YES
        calcs = settings.get("calcs")
        return calculated(calcs if isinstance(calcs, list) and calcs else ["lastNotNull"])

    @property
    def fields(self) -> Any:
        """The fields that a stat or gauge picks; "" for all numbers."""
        settings = _mapping(self.options.get("reduceOptions")) if self.kind in REDUCES else {}
        return settings.get("fields") or ""

    @property
    def hiding(self) -> Iterator[Mapping[str, Any]]:
        """The matchers of the overrides that take fields off the panel."""
        for override in self.overrides:
            properties = override.get("properties")
            listed = properties if isinstance(properties, list) else []
            if any(_takes_away(_mapping(one)) for one in listed):
                yield _mapping(override.get("matcher"))


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
        return _mapping(value).get("viz") is True
    return setting.get("id") in {"custom.hidden", "custom.hideFrom.viz"} and value is True


def _hides(custom: Any) -> bool:
    settings = _mapping(custom)
    return _mapping(settings.get("hideFrom")).get("viz") is True or settings.get("hidden") is True


def classic(found: Mapping[str, Any]) -> Display:
    """The display of a panel of the classic schema."""
    kind = found.get("type")
    made = of(kind if isinstance(kind, str) else "", found.get("options"), found.get("fieldConfig"))
    value_name = found.get("valueName")
    return Display(
        made.kind,
        made.options,
        made.defaults,
        (*made.overrides, *_series_overrides(found.get("seriesOverrides"))),
        value_name if isinstance(value_name, str) else "",
    )


def of(kind: str, options: Any, field_config: Any) -> Display:
    """The display of a panel of that type."""
    config = _mapping(field_config)
    overrides = config.get("overrides")
    listed = overrides if isinstance(overrides, list) else []
    return Display(
        kind,
        _mapping(options),
        _mapping(config.get("defaults")),
        tuple(one for one in listed[:100] if isinstance(one, Mapping)),
    )


def _series_overrides(listed: Any) -> Iterator[Mapping[str, Any]]:
    """What the old graph panel hides, written as overrides of today."""
    for item in listed[:100] if isinstance(listed, list) else []:
        if isinstance(item, Mapping) and item.get("hiddenSeries") is True:
            alias = str(item.get("alias", ""))
            kind = "byRegexp" if alias.startswith("/") else "byName"
            hide = {"id": "custom.hideFrom", "value": {"viz": True}}
            yield {"matcher": {"id": kind, "options": alias}, "properties": [hide]}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
