"""Panels of Grafana's Angular days (singlestat, graph, table-old...) written as those of today.

Grafana draws them still, or migrates them; either way what they draw is what is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.dashboards.document import mapping, mappings
from portal.dashboards.figure import flat

SINGLE = frozenset({"singlestat", "grafana-singlestat-panel"})
MOST = 100
HIDDEN = {"viz": True}
Json = dict[str, Any]


def modern(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The panel as one of today; as it is where it is one already."""
    kind = str(found.get("type", ""))
    if kind in SINGLE:
        return _with(found, "stat", _single_settings(found), options=_single_options(found))
    if kind == "graph":
        return _graph(found)
    if kind == "table-old" or (kind == "table" and _is_styled(found)):
        return _table(found)
    if kind == "grafana-piechart-panel":
        return _pie(found)
    if kind == "heatmap" and not isinstance(found.get("options"), Mapping):
        rows = found.get("dataFormat") == "tsbuckets"
        return {**found, "options": {"calculate": not rows}}
    return _first_gauge(found)


def _with(found: Mapping[str, Any], kind: str, defaults: Json, **more: Any) -> Json:
    """The panel with another type and settings; those that are of today already win."""
    config = mapping(found.get("fieldConfig"))
    own = mapping(config.get("defaults"))
    custom = {**mapping(defaults.get("custom")), **mapping(own.get("custom"))}
    overrides = [*more.pop("overrides", ()), *mappings(config.get("overrides"))]
    settings = {**defaults, **own, **({"custom": custom} if custom else {})}
    return {
        **found,
        "type": kind,
        "fieldConfig": {"defaults": settings, "overrides": overrides},
    } | {**more}


def _known(**settings: Any) -> Json:
    return {name: value for name, value in settings.items() if value is not None}


# singlestat


def _single_settings(found: Mapping[str, Any]) -> Json:
    return _known(
        unit=found.get("format"), decimals=found.get("decimals"), mappings=_old_mappings(found)
    )


def _single_options(found: Mapping[str, Any]) -> Json:
    calc = found.get("valueName")
    text = "name" if calc == "name" else "auto"
    return {
        "textMode": text,
        "reduceOptions": {"calcs": [calc if isinstance(calc, str) else "avg"]},
    }


def _old_mappings(found: Mapping[str, Any]) -> list[Json] | None:
    """Values (type 1) or ranges (type 2), whichever is switched on."""
    values, ranges = mappings(found.get("valueMaps")), mappings(found.get("rangeMaps"))
    chosen = found.get("mappingType") or (1 if values else 2)
    listed = values if chosen == 1 else ranges if chosen == 2 else []
    return [{**one, "type": chosen} for one in listed] or None


# graph


def _graph(found: Mapping[str, Any]) -> Json:
    axis = mapping(found.get("xaxis"))
    if axis.get("mode") == "histogram":
        return {**found, "type": "histogram"}
    overrides = [*_colors(found), *_series(found)]
    made = _with(found, "timeseries", _axis(found, 0), overrides=overrides)
    defaults = made["fieldConfig"]["defaults"]
    defaults["custom"] = {**mapping(defaults.get("custom")), **_strokes(found, found)}
    if axis.get("mode") == "series":
        values = axis.get("values")
        calcs = values if isinstance(values, list) and values else ["total"]
        step = {"id": "reduce", "options": {"reducers": calcs}}
        made["transformations"] = [*mappings(found.get("transformations")), step]
    return made


def _axis(found: Mapping[str, Any], number: int) -> Json:
    axes = mappings(found.get("yaxes"))
    axis = axes[number] if number < len(axes) else {}
    return _known(
        unit=axis.get("format"),
        decimals=axis.get("decimals"),
        min=axis.get("min"),
        max=axis.get("max"),
        **({"custom": {"axisPlacement": "hidden"}} if axis.get("show") is False else {}),
    )


def _strokes(found: Mapping[str, Any], series: Mapping[str, Any]) -> Json:
    """The lines of a panel, or of a series with its override."""
    settings = {**found, **series}
    custom: Json = {}
    if settings.get("hiddenSeries") is True or _draws_nothing(settings):
        custom["hideFrom"] = HIDDEN
    if settings.get("stack") not in (None, False):
        custom["stacking"] = {"mode": "percent" if settings.get("percentage") else "normal"}
    if series.get("transform"):
        custom["transform"] = series["transform"]
    return custom


def _draws_nothing(settings: Mapping[str, Any]) -> bool:
    """Whether there is no line, bar or point."""
    if settings.get("bars") is True or settings.get("points") is True:
        return False
    thin = settings.get("linewidth") == 0 and settings.get("fill", 1) == 0
    return settings.get("lines") is False or thin


def _series(found: Mapping[str, Any]) -> Iterator[Json]:
    """What is set for single series, as overrides of today."""
    for item in mappings(found.get("seriesOverrides"))[:MOST]:
        alias = str(item.get("alias", ""))
        kind = "byRegexp" if alias.startswith("/") else "byName"
        custom = _strokes(found, item)
        settings = {f"custom.{name}": value for name, value in custom.items()}
        if item.get("stack") is False:
            settings["custom.stacking"] = {"mode": "none"}
        if item.get("color") is not None:
            settings["color"] = {"mode": "fixed", "fixedColor": item["color"]}
        if item.get("yaxis") == 2:
            names = ("unit", "decimals", "min", "max", "custom.axisPlacement")
            settings |= {**dict.fromkeys(names), **flat(_axis(found, 1))}
        yield _override(kind, alias, settings)
    if len(mappings(found.get("seriesOverrides"))) > MOST:
        yield _override("more", "", {"more overrides": True})


def _colors(found: Mapping[str, Any]) -> Iterator[Json]:
    """The colours that series have by their names."""
    for alias, color in list(mapping(found.get("aliasColors")).items())[:MOST]:
        yield _override("byName", str(alias), {"color": {"mode": "fixed", "fixedColor": color}})


def _override(kind: str, options: str, settings: Json) -> Json:
    properties = [{"id": name, "value": value} for name, value in settings.items()]
    return {"matcher": {"id": kind, "options": options}, "properties": properties}


# table-old, pie, the first gauges

COLUMNS = {"timeseries_to_rows": "seriesToRows", "timeseries_to_columns": "seriesToColumns"}


def _is_styled(found: Mapping[str, Any]) -> bool:
    """Whether a table is one of before 7.0; later ones have field settings, and leave styles."""
    return isinstance(found.get("styles"), list) and not mapping(found.get("fieldConfig"))


def _table(found: Mapping[str, Any]) -> Json:
    """The first style that fits a column counts, so they come last as overrides."""
    styles = [_style(one) for one in mappings(found.get("styles"))[:MOST]]
    steps = [*mappings(found.get("transformations")), *_reshaped(found)]
    return _with(found, "table", {}, overrides=styles[::-1], transformations=steps)


def _reshaped(found: Mapping[str, Any]) -> Iterator[Json]:
    kind = str(found.get("transform"))
    if kind == "timeseries_aggregations":
        calcs = [column.get("value") for column in mappings(found.get("columns"))]
        yield {"id": "reduce", "options": {"reducers": calcs or ["avg"]}}
    elif kind in COLUMNS:
        yield {"id": COLUMNS[kind], "options": {}}
    elif kind in {"annotations", "json"}:
        yield {"id": str(kind), "options": {}}


def _style(style: Mapping[str, Any]) -> Json:
    pattern = str(style.get("pattern", ""))
    kind = "byRegexp" if pattern.startswith("/") else "byName"
    settings: Json = {"custom.hidden": style.get("type") == "hidden"}
    match style.get("type"):
        case "date":
            settings["unit"] = "dateTimeAsIso"
        case "number":
            settings |= {"unit": style.get("unit"), "decimals": style.get("decimals")}
        case "string":
            settings["mappings"] = _old_mappings(style)
    return _override(kind, pattern, settings)


def _pie(found: Mapping[str, Any]) -> Json:
    legend = mapping(found.get("legend"))
    values = ["value"] if legend.get("values") is True else []
    values += ["percent"] if legend.get("percentage") is True else []
    options = {**_single_options(found), "legend": {"values": values}}
    return _with(found, "piechart", _single_settings(found), options=options)


def _first_gauge(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first gauges had ``fieldOptions``, and before those ``valueOptions``."""
    options = mapping(found.get("options"))
    old = mapping(options.get("fieldOptions"))
    values = mapping(options.get("valueOptions"))
    if "reduceOptions" in options or not (old or values):
        return found
    calcs = old.get("calcs") or [values.get("stat") or "lastNotNull"]
    reduce = {"calcs": calcs, "values": old.get("values") is True}
    defaults = {
        **_known(unit=values.get("unit"), decimals=values.get("decimals")),
        **mapping(old.get("defaults")),
    }
    return _with(
        found,
        str(found.get("type", "")),
        {**defaults, **_known(mappings=options.get("valueMappings"))},
        overrides=mappings(old.get("overrides")),
        options={**options, "reduceOptions": reduce},
    )
