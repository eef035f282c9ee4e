"""Dashboards for tests, small ones in the shapes that Grafana keeps."""

from __future__ import annotations

from typing import Any

AVAILABILITY = (
    '1 - sum(rate(http_requests_total{status=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))'
)
P95 = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))"


def classic_board(
    title: str = "My SLIs", *exprs: str, tags: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A classic dashboard with a panel for each expression (default: both SLIs)."""
    panels = [_panel(number, expr) for number, expr in enumerate(exprs or (AVAILABILITY, P95), 1)]
    return {"title": title, "schemaVersion": 37, "tags": list(tags), "panels": panels}


def _panel(number: int, expr: str) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "prometheus"}
    target = {"refId": "A", "expr": expr, "datasource": source}
    title = f"Panel {number}"
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 8 * number},
        "targets": [target],
    }


def v2_board(title: str = "My SLIs", *exprs: str) -> dict[str, Any]:
    """The spec of a schema v2 dashboard with an element for each expression."""
    elements = {
        f"panel-{number}": _element(number, expr)
        for number, expr in enumerate(exprs or (AVAILABILITY, P95), 1)
    }
    items = [
        {"kind": "AutoGridLayoutItem", "spec": {"element": {"kind": "ElementReference", "name": n}}}
        for n in elements
    ]
    layout = {"kind": "AutoGridLayout", "spec": {"items": items}}
    return {"title": title, "tags": [], "elements": elements, "layout": layout, "variables": []}


def _element(number: int, expr: str) -> dict[str, Any]:
    query = {
        "kind": "DataQuery",
        "group": "prometheus",
        "version": "v0",
        "datasource": {"name": "prometheus"},
        "spec": {"expr": expr},
    }
    asked = {"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, "query": query}}
    return {
        "kind": "Panel",
        "spec": {
            "id": number,
            "title": f"Panel {number}",
            "data": {"kind": "QueryGroup", "spec": {"queries": [asked], "transformations": []}},
            "vizConfig": {"kind": "VizConfig", "group": "timeseries", "version": "13", "spec": {}},
        },
    }


def v2alpha1_board(title: str = "My SLIs", *exprs: str) -> dict[str, Any]:
    """The same as 12.0 and 12.1 write it: the kinds name the data source and the panel type."""
    board = v2_board(title, *exprs)
    for element in board["elements"].values():
        asked = element["spec"]["data"]["spec"]["queries"][0]["spec"]
        asked["datasource"] = {"type": "prometheus", "uid": "prometheus"}
        asked["query"] = {"kind": "prometheus", "spec": asked["query"]["spec"]}
        element["spec"]["vizConfig"] = {"kind": "timeseries", "spec": {"pluginVersion": "12.1.0"}}
    return board
