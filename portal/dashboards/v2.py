"""Walks schema v2 (v2alpha1, v2beta1, v2): ``elements`` in their order, whatever the layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.dashboards import display, templating
from portal.dashboards.classic import MAX_TARGETS, limited, next_ref, title_of
from portal.dashboards.display import mapping
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


def read(dashboard: Mapping[str, Any], given: Mapping[str, str]) -> Dashboard:
    """The dashboard's elements; raises UnreadableDashboardError beyond the caps."""
    entries = [
        {**mapping(item.get("spec")), "type": KINDS.get(str(item.get("kind")), "")}
        for item in _variables(dashboard, 0)
    ]
    sources = known_sources(dashboard, entries, given)
    elements = mapping(dashboard.get("elements"))
    placed = set(_placed(dashboard.get("layout"), 0)) or elements.keys()
    found = limited(
        element
        for name, element in elements.items()
        if name in placed and isinstance(element, Mapping)
    )
    time = mapping(dashboard.get("timeSettings"))
    return Dashboard(
        title_of(dashboard),
        str(dashboard.get("uid") or ""),
        tuple(_panel(element, sources) for element in found),
        templating.variables(entries),
        templating.opening_range(time.get("from"), time.get("to")),
    )


def _variables(holder: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The dashboard's variables, then those that rows and tabs bring along."""
    if depth > MAX_LAYOUT_DEPTH:
        return
    yield from _mappings(holder.get("variables"))
    layout = mapping(mapping(holder.get("layout")).get("spec"))
    for key in ("rows", "tabs"):
        for part in _mappings(layout.get(key)):
            yield from _variables(mapping(part.get("spec")), depth + 1)


def _placed(layout: Any, depth: int) -> Iterator[str]:
    """The names of the elements that the layout shows somewhere."""
    if depth > MAX_LAYOUT_DEPTH * 4:
        return
    if isinstance(layout, list):
        for item in layout:
            yield from _placed(item, depth + 1)
    elif isinstance(layout, Mapping):
        name = layout.get("name")
        if layout.get("kind") == "ElementReference" and isinstance(name, str):
            yield name
        for value in layout.values():
            if isinstance(value, Mapping | list):
                yield from _placed(value, depth + 1)


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
        tuple(
            _transformation(item) for item in _mappings(data.get("transformations"))[:MAX_TARGETS]
        ),
        interval_s=templating.seconds(options.get("interval")),
        display=_display(mapping(spec.get("vizConfig"))),
    )


def _display(config: Mapping[str, Any]) -> display.Display:
    """v2alpha1 names the panel's type in ``vizConfig.kind``, later ones in ``group``."""
    kind = config.get("group") if config.get("kind") == "VizConfig" else config.get("kind")
    settings = mapping(config.get("spec"))
    name = kind if isinstance(kind, str) else ""
    return display.of(name, settings.get("options"), settings.get("fieldConfig"))


def _targets(data: Mapping[str, Any], sources: Sources) -> tuple[PanelTarget, ...]:
    taken: set[str] = set()
    queries = _mappings(data.get("queries"))[:MAX_TARGETS]
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
    disabled = spec.get("disabled") is True
    return Transformation("" if disabled else str(kind), mapping(spec.get("options")))


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    items = found if isinstance(found, list) else []
    return [item for item in items if isinstance(item, Mapping)]
