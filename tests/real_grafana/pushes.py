"""Pushes from the workbench: what is there by hand stays."""

from __future__ import annotations

from typing import Any

from portal.workbench import store
from tests.conftest import START
from tests.real_grafana.lab import AVAILABILITY, P95, Walk
from tests.real_grafana.rows import Table

BY_HAND = "Made by hand"
PUSHED = "It is in Grafana now"


def push(walk: Walk) -> str:
    """Whether the page says that it is in Grafana."""
    page = walk.app.test_client().post("/workbench/push", follow_redirects=True).text
    if PUSHED in page:
        return "pushed"
    return "asked first" if "copy" in page else "not"


def boards(walk: Walk) -> list[dict[str, Any]]:
    """The dashboards called as the workbench's, with what is in them."""
    found = walk.grafana.call("GET", "/api/search", type="dash-db", query="My SLIs")
    return [
        walk.grafana.call("GET", f"/api/dashboards/uid/{one['uid']}")
        for one in found
        if one["title"] == "My SLIs"
    ]


def titles(walk: Walk) -> list[str]:
    return [one["title"] for board in boards(walk) for one in board["dashboard"].get("panels", [])]


def walk_pushes(walk: Walk, table: Table) -> None:
    """Twice, after an edit, moved, deleted, and beside one of the same title."""
    table.part = "pushes"
    same = {"title": "My SLIs", "uid": "by-hand", "schemaVersion": 37}
    hand = {"id": 1, "type": "text", "title": BY_HAND}
    for title, expr in (("Availability", AVAILABILITY), ("p95", P95)):
        store.add_panel(walk.learner.id, title, expr, "ratio", START)
    table.see("pushed", "pushed", lambda: push(walk))
    table.see("pushed twice: one dashboard", 1, lambda: (push(walk), len(boards(walk)))[1])
    walk.save({**boards(walk)[0]["dashboard"], "panels": [hand]})
    table.see("after an edit by hand", "asked first", lambda: push(walk))
    table.see("what was made by hand", [BY_HAND], lambda: titles(walk))
    for one in boards(walk):
        walk.grafana.call("DELETE", f"/api/dashboards/uid/{one['dashboard']['uid']}")
    table.see("after it was deleted", "pushed", lambda: push(walk))
    walk.grafana.call("POST", "/api/folders", {"uid": "walk", "title": "Walk"})
    walk.save(boards(walk)[0]["dashboard"], folder="walk")
    table.see("after it was moved", ["walk"], lambda: (push(walk), _folders(walk))[1])
    for one in boards(walk):
        walk.grafana.call("DELETE", f"/api/dashboards/uid/{one['dashboard']['uid']}")
    walk.save({**same, "panels": [hand]})
    table.see("beside one of the same title", "asked first", lambda: push(walk))
    table.see("that one", [BY_HAND], lambda: titles(walk))


def _folders(walk: Walk) -> list[str]:
    return [board["meta"]["folderUid"] for board in boards(walk)]
