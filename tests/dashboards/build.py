"""Dashboards in every shape that Grafana writes."""

from __future__ import annotations

from typing import Any

BAD = 'sum(rate(http_requests_total{status=~"5.."}[$__rate_interval]))'
TOTAL = "sum(rate(http_requests_total[$__rate_interval]))"
AVAILABILITY = f"1 - {BAD} / {TOTAL}"
P95 = (
    "histogram_quantile(0.95,"
    " sum by (le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))"
)
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
EXPRESSION = {"type": "__expr__", "uid": "__expr__"}

Json = dict[str, Any]


def target(expr: str, ref: str = "A", **more: Any) -> Json:
    """A Prometheus target."""
    return {"refId": ref, "datasource": PROMETHEUS, "expr": expr, **more}


def math(expression: str, ref: str = "C", kind: str = "math", **more: Any) -> Json:
    """An expression target."""
    return {
        "refId": ref,
        "datasource": EXPRESSION,
        "type": kind,
        "expression": expression,
        **more,
    }


def panel(title: str, *targets: Json | str, **more: Any) -> Json:
    """A panel; a plain string is a Prometheus query."""
    listed = [target(t, chr(65 + n)) if isinstance(t, str) else t for n, t in enumerate(targets)]
    return {"type": "timeseries", "title": title, "datasource": PROMETHEUS} | {
        "targets": listed,
        **more,
    }


def classic(*panels: Json, **more: Any) -> Json:
    """A dashboard of schema 37."""
    return {"title": "Mine", "uid": "mine", "schemaVersion": 37, "panels": list(panels), **more}


def row(*panels: Json, collapsed: bool = True) -> Json:
    """A row that holds panels."""
    return {"type": "row", "title": "row", "collapsed": collapsed, "panels": list(panels)}


def calculate(left: Any, operator: str, right: Any, **options: Any) -> Json:
    """A transformation that computes a field from two."""
    binary = {"left": left, "operator": operator, "right": right}
    return {"id": "calculateField", "options": {"mode": "binary", "binary": binary, **options}}


def v2_query(expr: str, ref: str = "A", hidden: bool = False, version: str = "v2") -> Json:
    """A query of schema v2."""
    if version == "v2alpha1":
        query: Json = {"kind": "prometheus", "spec": {"expr": expr}}
        spec = {"refId": ref, "hidden": hidden, "datasource": PROMETHEUS, "query": query}
    else:
        query = {"kind": "DataQuery", "group": "prometheus", "version": "v0"}
        query |= {"datasource": {"name": "prometheus"}, "spec": {"expr": expr}}
        spec = {"refId": ref, "hidden": hidden, "query": query}
    return {"kind": "PanelQuery", "spec": spec}


def v2_panel(title: str, *queries: Json, transformations: tuple[Json, ...] = ()) -> Json:
    """A panel of schema v2."""
    data = {"queries": list(queries), "transformations": list(transformations)}
    return {
        "kind": "Panel",
        "spec": {
            "id": 1,
            "title": title,
            "data": {"kind": "QueryGroup", "spec": {**data, "queryOptions": {}}},
            "vizConfig": {"kind": "VizConfig", "group": "timeseries", "spec": {}},
        },
    }


def grid_item(name: str, **more: Any) -> Json:
    """An element in a grid."""
    element = {"kind": "ElementReference", "name": name}
    return {"kind": "GridLayoutItem", "spec": {"element": element, **more}}


def grid(*names: str) -> Json:
    """A grid with these elements."""
    return {"kind": "GridLayout", "spec": {"items": [grid_item(name) for name in names]}}


def v2(elements: Json, **more: Any) -> Json:
    """A bare dashboard of schema v2, with all elements in its grid."""
    bare = {"title": "Two", "elements": elements, "layout": grid(*elements), "variables": []}
    return {**bare, "timeSettings": {"from": "now-1h", "to": "now"}, "cursorSync": "Off", **more}
