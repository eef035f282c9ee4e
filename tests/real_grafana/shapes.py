"""Forty shapes of dashboards, saved in the real Grafana and read from it: how many panels count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.dashboards.build import (
    calculate,
    classic,
    math,
    panel,
    row,
    target,
    v2,
    v2_panel,
    v2_query,
)
from tests.real_grafana.lab import ALL, AVAILABILITY, BAD, P95, RATIO, Walk
from tests.real_grafana.rows import Table

PATHS = ("/", "/search")
EACH = RATIO.replace('job="flask-app"', 'job="flask-app",path="$path"')
RATE = AVAILABILITY.replace("30s", "$__rate_interval")
Json = dict[str, Any]
Shape = tuple[str, int, Json]


def variable(name: str, *values: str, kind: str = "custom", **more: Any) -> Json:
    """A variable with these options, of which all are chosen."""
    options = [{"text": one, "value": one, "selected": True} for one in values]
    current: Json = {"text": list(values), "value": list(values)}
    if len(values) == 1:
        current = {"text": values[0], "value": values[0]}
    made = {"name": name, "type": kind, "query": ",".join(values), "options": options}
    return {**made, "multi": len(values) > 1, "current": current, **more}


def with_variables(*variables: Json) -> Json:
    return {"templating": {"list": list(variables)}}


def kind(name: str, **more: Any) -> list[Json]:
    """Both SLIs as panels of that type."""
    return [panel("A", AVAILABILITY, type=name, **more), panel("B", P95, type=name, **more)]


def types() -> Iterator[Shape]:
    """Types of panels."""
    for name in ("timeseries", "stat", "gauge", "bargauge", "barchart", "state-timeline"):
        yield f"panels of type {name}", 2, classic(*kind(name))
    yield "the old graph", 2, classic(*kind("graph", lines=True, fill=1))
    yield "the old singlestat", 2, classic(*kind("singlestat", valueName="current"))
    for name in ("text", "news", "alertlist", "dashlist"):
        yield f"type {name} with queries left in it", 0, classic(*kind(name))
    odd = {"fieldConfig": {"defaults": {"unit": "dateTimeAsIso"}, "overrides": []}}
    yield "the unit of a date", 0, classic(*kind("stat", **odd))


def places() -> Iterator[Shape]:
    """Where panels stand."""
    two = kind("timeseries")
    yield "in an open row", 2, classic(row(collapsed=False), *two)
    yield "in a collapsed row", 2, classic(row(*two))
    yield "in the rows of old", 2, {"title": "x", "schemaVersion": 14, "rows": [{"panels": two}]}
    yield "without titles", 2, classic(panel("", AVAILABILITY), panel("", P95))
    yield "schema v2, which 9.4 keeps as nothing", 0, v2({"a": v2_panel("x", v2_query(RATIO))})


def queries() -> Iterator[Shape]:
    """What stands in their queries."""
    half = [target(BAD, "A", hide=True), target(ALL, "B", hide=True)]
    yield "math on hidden queries", 1, classic(panel("x", *half, math("1 - $A / $B")))
    yield "hidden alone", 0, classic(panel("x", target(RATIO, hide=True)))
    both = panel("x", BAD, ALL, transformations=[calculate("A", "/", "B", replaceFields=True)])
    yield "a calculated field", 1, classic({**both, "id": 1})
    shared = {"type": "datasource", "uid": "-- Dashboard --"}
    other = {"title": "y", "type": "stat", "datasource": shared, "targets": [{"panelId": 1}]}
    yield "another panel’s query", 2, classic(panel("x", RATIO, id=1), {**other, "id": 2})
    mixed = panel("x", RATIO, datasource={"type": "datasource", "uid": "-- Mixed --"})
    yield "a mixed source", 1, classic(mixed)
    yield "two queries in one panel", 1, classic(panel("x", RATIO, P95))
    yield "`$__rate_interval`", 1, classic(panel("x", RATE))
    yield "`$__range`", 1, classic(panel("x", RATIO.replace("30s", "$__range")))
    window = with_variables(variable("window", "1m", kind="interval"))
    yield (
        "a variable as the window",
        1,
        classic(panel("x", RATIO.replace("30s", "$window")), **window),
    )
    yield (
        "a variable as a label",
        1,
        classic(panel("x", EACH), **with_variables(variable("path", "/"))),
    )
    yield "ad hoc filters that match", 1, classic(panel("x", RATIO), **ad_hoc("path", "/"))
    yield (
        "ad hoc filters that match nothing",
        0,
        classic(panel("x", RATIO), **ad_hoc("path", "/no")),
    )
    for what, expr in (
        ("a raw counter", "http_requests_total"),
        ("a rate", ALL),
        ("errors without a total", BAD),
        ("an average", "sum(rate(http_request_duration_seconds_sum[30s])) / " + ALL),
        ("`up`", 'up{job="flask-app"}'),
        ("broken PromQL", "sum(rate("),
    ):
        yield what, 0, classic(panel("x", expr))


def ad_hoc(key: str, value: str) -> Json:
    source = {"type": "prometheus", "uid": "prometheus"}
    filters = [{"key": key, "operator": "=", "value": value}]
    return with_variables({"type": "adhoc", "name": "f", "datasource": source, "filters": filters})


def repeats() -> Iterator[Shape]:
    """Repeated panels and rows."""
    each = panel("x", EACH, repeat="path")
    several = with_variables(variable("path", *PATHS))
    everything = variable("path", *PATHS, includeAll=True)
    everything["current"] = {"text": "All", "value": "$__all"}
    yield "a panel repeated by two values", 1, classic(each, **several)
    yield "a panel repeated by All", 1, classic(each, **with_variables(everything))
    open_row = {**row(collapsed=False), "repeat": "path"}
    yield "a row repeated by two values", 1, classic(open_row, panel("x", EACH), **several)
    missing = with_variables(variable("path", "/no", "/"))
    yield "repeated, with data for one value", 1, classic(each, **missing)
    nowhere = with_variables(variable("path", "/no", "/nowhere"))
    yield "repeated, with data for none", 0, classic(each, **nowhere)
    yield "not repeated, as one expression", 0, classic(panel("x", EACH), **several)


def library(walk: Walk) -> Json:
    """A dashboard with a panel of the library."""
    model, named = {**panel("L", AVAILABILITY), "id": 1}, {"uid": "walk-library", "name": "Walk"}
    sent = {**named, "kind": 1, "model": model, "folderUid": "slo-lab"}
    walk.grafana.call("POST", "/api/library-elements", sent)
    place = {"gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}}
    return classic({"id": 1, "title": "L", "libraryPanel": named, **place})


def walk_shapes(walk: Walk, table: Table) -> None:
    """How many of each dashboard's panels show an SLI with data."""
    table.part = "dashboards"
    parts = (*types(), *places(), *queries(), ("a library panel", 1, library(walk)))
    _see(walk, table, parts)
    table.part = "repeats"
    _see(walk, table, tuple(repeats()))


def _see(walk: Walk, table: Table, shapes: tuple[Shape, ...]) -> None:
    for what, count, board in shapes:
        saved = {**board, "title": "Walk: shapes", "uid": "walk-shapes"}

        def look(saved: Json = saved) -> str:
            walk.grafana.call("DELETE", "/api/dashboards/uid/walk-shapes")
            answer = walk.save(saved)
            assert answer.get("status") == "success", answer
            found = walk.judged("walk-shapes")
            return told(len(found.with_data))

        table.see(what, told(count), look)


def told(count: int) -> str:
    return f"{count} of its panels" if count else "none"
