"""Walks the classic schema: ``panels`` or the older ``rows``, rows inside, library panels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.dashboards import display, templating
from portal.dashboards.errors import UnreadableDashboardError
from portal.dashboards.model import Dashboard, Panel, PanelSource, PanelTarget, Transformation
from portal.dashboards.sources import Sources, known_sources

MAX_PANELS = 1000
MAX_TARGETS = 50
MAX_NESTED_ROWS = 5
MAX_TITLE = 300


def read(dashboard: Mapping[str, Any], given: Mapping[str, str]) -> Dashboard:
    """The dashboard's panels in document order; raises UnreadableDashboardError."""
    templates = display.mapping(dashboard.get("templating")).get("list")
    entries = templates if isinstance(templates, list) else []
    sources = known_sources(dashboard, entries, given)
    time = display.mapping(dashboard.get("time"))
    panels = [panel(found, sources) for found in limited(_panels(dashboard, 0))]
    return Dashboard(
        title_of(dashboard),
        str(dashboard.get("uid") or ""),
        tuple(panels),
        templating.variables(entries),
        templating.opening_range(time.get("from"), time.get("to")),
    )


def limited(panels: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """At most MAX_PANELS; raises UnreadableDashboardError beyond."""
    found: list[Mapping[str, Any]] = []
    for item in panels:
        if len(found) == MAX_PANELS:
            sentence = f"The dashboard has more than {MAX_PANELS} panels; the check reads no more."
            raise UnreadableDashboardError(sentence)
        found.append(item)
    return found


def _panels(holder: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """Every panel that is no row; what a row holds stands in its place."""
    if depth > MAX_NESTED_ROWS:
        return
    for key, value in holder.items():
        if key not in {"panels", "rows"} or not isinstance(value, list):
            continue
        for item in value:
            if not isinstance(item, Mapping):
                continue
            if key == "rows" or item.get("type") == "row":
                yield from _panels(item, depth + 1)
            else:
                yield item


def panel(found: Mapping[str, Any], sources: Sources) -> Panel:
    """One panel of the classic schema."""
    library = display.mapping(found.get("libraryPanel"))
    uid = library.get("uid") if not found.get("targets") else None
    return Panel(
        title_of(found) or title_of(library, "name"),
        found.get("id"),
        _targets(found, sources),
        _transformations(found.get("transformations")),
        uid if isinstance(uid, str) and uid else None,
        found.get("repeatPanelId") is not None,
        templating.seconds(found.get("interval")),
        display.classic(found),
    )


def _targets(found: Mapping[str, Any], sources: Sources) -> tuple[PanelTarget, ...]:
    listed = found.get("targets")
    items = (
        [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    )
    taken: set[str] = set()
    return tuple(_target(item, found, sources, taken) for item in items[:MAX_TARGETS])


def _target(
    item: Mapping[str, Any], found: Mapping[str, Any], sources: Sources, taken: set[str]
) -> PanelTarget:
    ref = item.get("refId")
    name = ref if isinstance(ref, str) and ref else next_ref(taken)
    taken.add(name)
    source = sources.of(item, found.get("datasource"))
    if source is PanelSource.PROMETHEUS and "panelId" in item and "expr" not in item:
        source = PanelSource.DASHBOARD
    return PanelTarget(name, source, item.get("hide") is True, item)


def next_ref(taken: set[str]) -> str:
    """The first letter that no query has, as Grafana names them."""
    letters = (chr(code) for code in range(ord("A"), ord("Z") + 1))
    return next((letter for letter in letters if letter not in taken), f"Q{len(taken)}")


def _transformations(listed: Any) -> tuple[Transformation, ...]:
    items = (
        [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    )
    return tuple(
        Transformation(str(item.get("id", "")), display.mapping(item.get("options")))
        for item in items[:MAX_TARGETS]
        if item.get("disabled") is not True
    )


def title_of(holder: Mapping[str, Any], key: str = "title") -> str:
    """The title, cut to a length that fits on a page."""
    title = holder.get(key)
    return title[:MAX_TITLE] if isinstance(title, str) else ""
