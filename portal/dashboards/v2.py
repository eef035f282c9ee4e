"""Walks schema v2 (v2alpha1, v2beta1, v2): ``elements`` in their order, those of the layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from portal.clients.grafana import SourceBook
from portal.dashboards import display, templating
from portal.dashboards.classic import (
    MAX_TARGETS,
    Placed,
    changes_series,
    limited,
    limited_steps,
    next_ref,
    title_of,
)
from portal.dashboards.document import mapping, mappings
from portal.dashboards.layout import Placement, Surroundings, placements
from portal.dashboards.model import Dashboard, Panel, PanelTarget, Transformation
from portal.dashboards.sources import Sources, known_sources

MAX_LAYOUT_DEPTH = 8
KINDS = {
    "QueryVariable": "query",
    "CustomVariable": "custom",
    "IntervalVariable": "interval",
    "DatasourceVariable": "datasource",
    "ConstantVariable": "constant",
    "TextVariable": "textbox",
    "AdhocVariable": "adhoc",
    "GroupByVariable": "groupby",
    "SwitchVariable": "custom",
}


def read(dashboard: Mapping[str, Any], book: SourceBook) -> Dashboard:
    """The dashboard's elements; raises UnreadableDashboardError beyond the caps."""
    entries = [
        {
            **_sourced(item),
            **mapping(item.get("spec")),
            "type": KINDS.get(str(item.get("kind")), ""),
        }
        for item in _variables(dashboard, 0)
    ]
    variables = templating.variables(entries)
    sources = replace(known_sources(dashboard, entries, book, variables), by_type=True)
    time = mapping(dashboard.get("timeSettings"))
    range_s = templating.opening_range(time.get("from"), time.get("to"))
    found = limited(_placed(dashboard, Surroundings(variables, range_s)))
    return Dashboard(
        title_of(dashboard),
        str(dashboard.get("uid") or ""),
        tuple(
            replace(_panel(element, sources), place=place.look, repeats=place.repeats)
            for element, place in found
        ),
        variables,
        range_s,
        templating.filters(entries),
    )


def _placed(dashboard: Mapping[str, Any], around: Surroundings) -> Iterator[Placed]:
    """The elements that the layout names; all of them where the document holds no layout."""
    layout = dashboard.get("layout")
    places = placements(layout, around)
    for name, element in mapping(dashboard.get("elements")).items():
        if isinstance(element, Mapping) and (name in places or layout is None):
            yield element, places.get(name, Placement())


def _sourced(variable: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data source of an ad hoc variable, which later versions write beside its ``spec``."""
    return {"datasource": {"type": variable["group"]}} if variable.get("group") else {}


def _variables(holder: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The dashboard's variables, then those that rows and tabs bring along."""
    if depth > MAX_LAYOUT_DEPTH:
        return
    yield from mappings(holder.get("variables"))
    layout = mapping(mapping(holder.get("layout")).get("spec"))
    for key in ("rows", "tabs"):
        for part in mappings(layout.get(key)):
            yield from _variables(mapping(part.get("spec")), depth + 1)


def _panel(element: Mapping[str, Any], sources: Sources) -> Panel:
    spec = mapping(element.get("spec"))
    if element.get("kind") == "LibraryPanel":
        library = mapping(spec.get("libraryPanel"))
        uid = library.get("uid") or library.get("name")
        title = title_of(spec) or title_of(library, "name")
        return Panel(title, spec.get("id"), library_uid=uid if isinstance(uid, str) else None)
    data = mapping(mapping(spec.get("data")).get("spec"))
    options = mapping(data.get("queryOptions"))
    return Panel(
        title_of(spec),
        spec.get("id"),
        _targets(data, sources),
        limited_steps(_transformation(item) for item in mappings(data.get("transformations"))),
        interval_s=templating.seconds(options.get("interval")),
        display=_display(mapping(spec.get("vizConfig"))),
    )


def _display(config: Mapping[str, Any]) -> display.Display:
    """v2alpha1 names the panel's type in ``vizConfig.kind``, later ones in ``group``."""
    kind = config.get("group") if config.get("kind") == "VizConfig" else config.get("kind")
    settings = mapping(config.get("spec"))
    return display.of(kind, settings.get("options"), settings.get("fieldConfig"))


def _targets(data: Mapping[str, Any], sources: Sources) -> tuple[PanelTarget, ...]:
    taken: set[str] = set()
    queries = mappings(data.get("queries"))[:MAX_TARGETS]
    return tuple(_target(mapping(query.get("spec")), sources, taken) for query in queries)


def _target(spec: Mapping[str, Any], sources: Sources, taken: set[str]) -> PanelTarget:
    query = mapping(spec.get("query"))
    settings = mapping(query.get("spec"))
    ref = spec.get("refId")
    name = ref if isinstance(ref, str) and ref else next_ref(taken)
    taken.add(name)
    written = {**settings, "datasource": _datasource(spec, query)}
    return PanelTarget(name, sources.of(written, None), spec.get("hidden") is True, written)


def _datasource(spec: Mapping[str, Any], query: Mapping[str, Any]) -> Any:
    """v2alpha1 names the plugin in ``query.kind``, later ones in ``query.group``."""
    own = mapping(spec.get("datasource"))
    kind = query.get("group") or own.get("type")
    if not kind and query.get("kind") != "DataQuery":
        kind = query.get("kind")
    uid = mapping(query.get("datasource")).get("name") or own.get("uid")
    return {"type": kind, "uid": uid} if kind or uid else None


def _transformation(item: Mapping[str, Any]) -> Transformation:
    spec = mapping(item.get("spec"))
    kind = item.get("group") or spec.get("id") or item.get("kind")
    return Transformation(
        str(kind) if changes_series(spec) else "",
        mapping(spec.get("options")),
        mapping(spec.get("filter")),
    )
