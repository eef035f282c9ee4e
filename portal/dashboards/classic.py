"""Walks the classic schema: ``panels`` or the older ``rows``, rows inside, library panels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portal.clients.grafana import SourceBook
from portal.dashboards import display, templating
from portal.dashboards.angular import modern
from portal.dashboards.document import mapping, mappings
from portal.dashboards.errors import UnreadableDashboardError
from portal.dashboards.layout import Placement, room
from portal.dashboards.look import PLAIN, Look, unsure, worst
from portal.dashboards.model import (
    Dashboard,
    Panel,
    PanelSource,
    PanelTarget,
    TargetSource,
    Transformation,
)
from portal.dashboards.sources import Sources, known_sources

MAX_PANELS = 1000
MAX_TARGETS = 50
MAX_NESTED_ROWS = 5
MAX_TITLE = 300
Placed = tuple[Mapping[str, Any], Placement]


def read(dashboard: Mapping[str, Any], book: SourceBook) -> Dashboard:
    """The dashboard's panels in document order; raises UnreadableDashboardError."""
    templates = mapping(dashboard.get("templating")).get("list")
    entries = templates if isinstance(templates, list) else []
    variables = templating.variables(entries)
    sources = known_sources(dashboard, entries, book, variables)
    time = mapping(dashboard.get("time"))
    panels = [panel(found, sources, place) for found, place in limited(_panels(dashboard, (), 0))]
    return Dashboard(
        title_of(dashboard),
        str(dashboard.get("uid") or ""),
        tuple(panels),
        variables,
        templating.opening_range(time.get("from"), time.get("to")),
        templating.filters(entries),
    )


def limited(panels: Iterator[Placed]) -> list[Placed]:
    """At most MAX_PANELS; raises UnreadableDashboardError beyond."""
    found: list[Placed] = []
    for item in panels:
        if len(found) == MAX_PANELS:
            sentence = f"The dashboard has more than {MAX_PANELS} panels; the check reads no more."
            raise UnreadableDashboardError(sentence)
        found.append(item)
    return found


def _panels(holder: Mapping[str, Any], outer: tuple[str, ...], depth: int) -> Iterator[Placed]:
    """Every panel that is no row; what a row holds stands in its place.

    An open row of today holds nothing: what follows it is its own, up to the next row.
    """
    if depth > MAX_NESTED_ROWS:
        return
    for key, value in holder.items():
        if key not in {"panels", "rows"}:
            continue
        above = outer
        for item in mappings(value):
            own = _repeat(item)
            if key == "rows" or item.get("type") == "row":
                is_open = key == "panels" and item.get("collapsed") is not True
                above = (*outer, *own) if is_open else outer
                yield from _panels(item, (*outer, *own), depth + 1)
            else:
                yield item, Placement(room(mapping(item.get("gridPos"))), (*above, *own))


def _repeat(item: Mapping[str, Any]) -> tuple[str, ...]:
    name = item.get("repeat")
    return (name,) if isinstance(name, str) and name else ()


def panel(found: Mapping[str, Any], sources: Sources, place: Placement | None = None) -> Panel:
    """One panel of the classic schema."""
    found = modern(found)
    place = place or Placement()
    library = mapping(found.get("libraryPanel"))
    uid = library.get("uid") if not found.get("targets") else None
    return Panel(
        title_of(found) or title_of(library, "name"),
        found.get("id"),
        _targets(found, sources),
        _transformations(found.get("transformations")),
        uid if isinstance(uid, str) and uid else None,
        found.get("repeatPanelId") is not None,
        templating.seconds(found.get("interval")),
        display.of(found.get("type"), found.get("options"), found.get("fieldConfig")),
        worst([place.look, _stored(found)]),
        place.repeats,
    )


def _stored(found: Mapping[str, Any]) -> Look:
    """A panel of a snapshot draws data that were kept in it."""
    return unsure("It draws data that were stored in it.") if found.get("snapshotData") else PLAIN


def _targets(found: Mapping[str, Any], sources: Sources) -> tuple[PanelTarget, ...]:
    items = mappings(found.get("targets"))
    taken: set[str] = set()
    return tuple(_target(item, found, sources, taken) for item in items[:MAX_TARGETS])


def _target(
    item: Mapping[str, Any], found: Mapping[str, Any], sources: Sources, taken: set[str]
) -> PanelTarget:
    ref = item.get("refId")
    name = ref if isinstance(ref, str) and ref else next_ref(taken)
    taken.add(name)
    source = sources.of(item, found.get("datasource"))
    if source.kind is PanelSource.PROMETHEUS and "panelId" in item and "expr" not in item:
        source = TargetSource(PanelSource.DASHBOARD)
    return PanelTarget(name, source, item.get("hide") is True, item)


def next_ref(taken: set[str]) -> str:
    """The first letter that no query has, as Grafana names them."""
    letters = (chr(code) for code in range(ord("A"), ord("Z") + 1))
    return next((letter for letter in letters if letter not in taken), f"Q{len(taken)}")


def _transformations(listed: Any) -> tuple[Transformation, ...]:
    return limited_steps(
        Transformation(
            str(item.get("id", "")), mapping(item.get("options")), mapping(item.get("filter"))
        )
        for item in mappings(listed)
        if changes_series(item)
    )


def limited_steps(steps: Iterable[Transformation]) -> tuple[Transformation, ...]:
    """The first of them, and where there are more one that nobody knows."""
    found = tuple(steps)
    more = (Transformation("more steps", {}),) if len(found) > MAX_TARGETS else ()
    return (*found[:MAX_TARGETS], *more)


def changes_series(step: Mapping[str, Any]) -> bool:
    """Whether a transformation is switched on, and is for more than annotations."""
    return step.get("disabled") is not True and step.get("topic") in (None, "", "series")


def title_of(holder: Mapping[str, Any], key: str = "title") -> str:
    """The title, cut to a length that fits on a page."""
    title = holder.get(key)
    return title[:MAX_TITLE] if isinstance(title, str) else ""
