"""What a panel makes of its queries before it draws them: its type, calculation and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.dashboards.document import mapping, mappings
from portal.dashboards.figure import flat, stacked
from portal.dashboards.look import PLAIN, Drawn, Look, reduced, unseen, unsure, worst

DRAWS_NONE = frozenset({
    *("text", "news", "dashlist", "alertlist", "alertGroups", "annolist", "live", "row"),
    *("gettingstarted", "welcome", "pluginlist", "logs", "logstable", "traces"),
    *("flamegraph", "nodeGraph", "grafana-clock-panel"),
})  # fmt: skip
"""Panels that ask nobody (Grafana's ``skipDataQuery``), or that draw logs, traces and the like."""
DRAWS_VALUES = frozenset({
    *("timeseries", "stat", "gauge", "bargauge", "table", "barchart", "piechart", "heatmap"),
    *("state-timeline", "status-history", "trend", "xychart", "histogram"),
})  # fmt: skip
REDUCES = frozenset({"stat", "gauge", "bargauge", "piechart"})
STATES = frozenset({"state-timeline", "status-history"})
KEEPS = frozenset({
    *("last", "lastNotNull", "current", "first", "firstNotNull", "min", "max", "mean"),
    *("avg", "median", "logmin", "mode", "allValues"),
})  # fmt: skip
"""Calculations whose result is a value of the series, or lies among them."""
LOSES = frozenset({
    *("sum", "total", "count", "countAll", "range", "diff", "diffperc", "delta"),
    *("step", "changeCount", "distinctCount", "variance", "stdDev", "allIsZero"),
    *("allIsNull", "last_time", "name", "uniqueValues"),
})  # fmt: skip
MOST_OVERRIDES = 100
PERCENTILE = re.compile(r"p\d{1,2}")


@dataclass(frozen=True)
class Override:
    """What is set for the fields that a matcher picks: setting -> value."""

    matcher: Mapping[str, Any]
    settings: Mapping[str, Any]


MORE = Override({"id": "more"}, {"more overrides": True})
"""Stands for overrides that are too many to be read: nobody knows what they are for."""


@dataclass(frozen=True)
class Display:
    """A panel's type, options and field settings, as they stand in its JSON.

    ``settings``: those of all fields, by the names that overrides give them.
    """

    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()

    @property
    def look(self) -> Look:
        """What the panel's type, calculation and options leave of the values."""
        if self.kind in DRAWS_NONE:
            return unseen()
        if self.kind and self.kind not in DRAWS_VALUES:
            return unsure()
        if self.kind in REDUCES:
            return worst([self._worded(), self._calculated(), self._pie()])
        if self.kind in STATES and self.options.get("showValue") == "never":
            return unsure("It shows colours and no number.")
        if self.kind == "barchart":
            return stacked(self.options.get("stacking"))
        if self.kind == "xychart" and "manual" in self._mapped:
            return unsure("Its fields are chosen by hand.")
        return {"heatmap": self._heatmap(), "histogram": reduced(COUNTED)}.get(self.kind, PLAIN)

    @property
    def _mapped(self) -> tuple[Any, Any]:
        """How an XY chart finds its fields, in older and newer versions."""
        return self.options.get("seriesMapping"), self.options.get("mapping")

    def _calculated(self) -> Look:
        settings = mapping(self.options.get("reduceOptions"))
        if settings.get("values") is True:
            return PLAIN
        calcs = settings.get("calcs")
        return calculated(calcs if isinstance(calcs, list) and calcs else ["lastNotNull"])

    def _worded(self) -> Look:
        hidden = self.options.get("textMode") in ("name", "none")
        hidden |= self.kind == "bargauge" and self.options.get("valueMode") == "hidden"
        return unsure("It is set to show no number.") if hidden else PLAIN

    def _pie(self) -> Look:
        """A pie draws parts of a sum; the value itself stands in its labels, or in its legend."""
        if self.kind != "piechart":
            return PLAIN
        labels, legend = self.options.get("displayLabels"), mapping(self.options.get("legend"))
        shown = legend.get("showLegend") is not False and legend.get("displayMode") != "hidden"
        written = [*_texts(labels), *(_texts(legend.get("values")) if shown else ())]
        if "value" in written:
            return PLAIN
        return reduced(PARTS) if "percent" in written else unsure(PARTS)

    def _heatmap(self) -> Look:
        if self.options.get("calculate") is True:
            return reduced(COUNTED)
        return unsure("It shows colours and no number.")

    @property
    def fields(self) -> Any:
        """The fields that a stat or gauge picks; "" for all numbers."""
        settings = mapping(self.options.get("reduceOptions")) if self.kind in REDUCES else {}
        return settings.get("fields") or ""

    @property
    def category(self) -> Any:
        """The field whose values a bar chart writes below its bars; None for the first it finds."""
        return self.options.get("xField") if self.kind == "barchart" else None


COUNTED = "It counts how often values come."
PARTS = "A pie draws the parts of a sum."


def calculated(calcs: Iterable[Any]) -> Look:
    """What is left after these calculations: it is enough when one keeps a value."""
    kinds = {_calculation(str(calc)) for calc in calcs}
    for kind in (Drawn.YES, Drawn.UNSURE, Drawn.REDUCED):
        if kind in kinds:
            return Look(kind)
    return PLAIN


def _calculation(calc: str) -> Drawn:
    if calc in KEEPS or PERCENTILE.fullmatch(calc):
        return Drawn.YES
    return Drawn.REDUCED if calc in LOSES else Drawn.UNSURE


def _texts(listed: Any) -> list[str]:
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


def of(kind: Any, options: Any, field_config: Any) -> Display:
    """The display of a panel of that type."""
    config = mapping(field_config)
    overrides = mappings(config.get("overrides"))
    return Display(
        kind if isinstance(kind, str) else "",
        mapping(options),
        flat(mapping(config.get("defaults"))),
        (
            *(
                Override(mapping(o.get("matcher")), _settings(o))
                for o in overrides[:MOST_OVERRIDES]
            ),
            *([MORE] if len(overrides) > MOST_OVERRIDES else []),
        ),
    )


def _settings(override: Mapping[str, Any]) -> dict[str, Any]:
    listed = mappings(override.get("properties"))
    return {str(one.get("id")): one.get("value") for one in listed}
