"""How Grafana writes down what it holds, by version: 9.4 as recorded, 10 to 13 as documented."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

ZERO_TIME = "0001-01-01T00:00:00Z"
MADE = "2026-11-22T19:45:45Z"
GROUP = "dashboard.grafana.app"
RECORDED_URL = "http://127.0.0.1:9090"
"""The Prometheus that was behind the recordings; the fake answers in its place."""


@dataclass
class Stored:
    """A dashboard as the fake keeps it; ``stored_as`` is "classic" or a v2 version."""

    number: int
    uid: str
    content: dict[str, Any]
    folder: str = ""
    by: str = "editor"
    version: int = 1
    provisioned: bool = False
    hidden: bool = False
    stored_as: str = "classic"

    @property
    def title(self) -> str:
        return str(self.content.get("title", ""))

    @property
    def is_v2(self) -> bool:
        return self.stored_as != "classic"


@dataclass
class Account:
    """A service account; ``tokens`` are their keys."""

    number: int
    name: str
    role: str
    disabled: bool = False
    tokens: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        return {
            "id": self.number,
            "name": self.name,
            "login": f"sa-{self.name}",
            "orgId": 1,
            "isDisabled": self.disabled,
            "role": self.role,
            "tokens": len(self.tokens),
            "avatarUrl": "",
        }


def datasource(
    number: int, uid: str, name: str, plugin: str, url: str, interval: str, is_default: bool
) -> dict[str, Any]:
    """A row of ``/api/datasources``."""
    return {
        "id": number,
        "uid": uid,
        "orgId": 1,
        "name": name,
        "type": plugin,
        "access": "proxy",
        "url": url,
        "isDefault": is_default,
        "jsonData": {"timeInterval": interval} if interval else {},
        "readOnly": True,
    }


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def folder_keys(uid: str, title: str) -> dict[str, Any]:
    """What tells the folder of a dashboard; nothing for the root."""
    if not uid:
        return {}
    url = f"/dashboards/f/{uid}/{slug(title)}"
    return {"folderId": 1, "folderUid": uid, "folderTitle": title, "folderUrl": url}


def search_row(board: Stored, folder_title: str, sub_path: str = "") -> dict[str, Any]:
    name = slug(board.title)
    return {
        "id": board.number,
        "uid": board.uid,
        "title": board.title,
        "uri": f"db/{name}",
        "url": f"{sub_path}/d/{board.uid}/{name}",
        "slug": "",
        "type": "dash-db",
        "tags": board.content.get("tags", []),
        "isStarred": False,
        **folder_keys(board.folder, folder_title),
        "sortMeta": 0,
    }


def legacy(board: Stored, folder_title: str, may_edit: bool, sub_path: str = "") -> dict[str, Any]:
    """The answer of ``/api/dashboards/uid/…``; a v2 dashboard comes converted, with losses."""
    name = slug(board.title)
    in_root = {"folderId": 0, "folderUid": "", "folderTitle": "General", "folderUrl": ""}
    meta = {
        "type": "db",
        "canSave": may_edit,
        "canEdit": may_edit,
        "slug": name,
        "url": f"{sub_path}/d/{board.uid}/{name}",
        "created": MADE,
        "updated": MADE,
        "createdBy": board.by,
        "updatedBy": board.by,
        "version": board.version,
        "isFolder": False,
        **(folder_keys(board.folder, folder_title) or in_root),
        "provisioned": board.provisioned,
        "provisionedExternalId": "board.json" if board.provisioned else "",
    }
    content = classic_of(board.content) if board.is_v2 else board.content
    own = {"id": board.number, "uid": board.uid, "version": board.version}
    return {"meta": meta, "dashboard": {**content, **own}}


def native(board: Stored, version: str) -> dict[str, Any]:
    """The answer of ``/apis/dashboard.grafana.app/{version}/…``."""
    asked_v2 = version.startswith("v2")
    answer: dict[str, Any] = {
        "kind": "Dashboard",
        "apiVersion": f"{GROUP}/{version}",
        "metadata": {
            "name": board.uid,
            "namespace": "default",
            "generation": board.version,
            "annotations": {
                **({"grafana.app/folder": board.folder} if board.folder else {}),
                **(
                    {"grafana.app/managedBy": "classic-file-provisioning"}
                    if board.provisioned
                    else {}
                ),
                "grafana.app/createdBy": f"user:{board.by}",
            },
        },
        "spec": board.content if asked_v2 == board.is_v2 else classic_of(board.content),
        "status": {},
    }
    stored = board.stored_as if board.is_v2 else "v1beta1"
    if stored != version:
        answer["status"] = {"conversion": {"failed": False, "storedVersion": stored}}
    return answer


def classic_of(spec: dict[str, Any]) -> dict[str, Any]:
    """A v2 spec as 13 converts it to the classic schema: layout and conditions are lost."""
    elements = spec.get("elements", {})
    panels = [_panel(element["spec"]) for element in elements.values()]
    tags = spec.get("tags", [])
    return {"title": spec.get("title", ""), "tags": tags, "schemaVersion": 42, "panels": panels}


def _panel(spec: dict[str, Any]) -> dict[str, Any]:
    if "libraryPanel" in spec:
        return {"id": spec.get("id"), "title": spec["title"], "libraryPanel": spec["libraryPanel"]}
    queries = spec.get("data", {}).get("spec", {}).get("queries", [])
    return {
        "id": spec.get("id"),
        "title": spec.get("title", ""),
        "type": spec.get("vizConfig", {}).get("group", "timeseries"),
        "targets": [_target(query["spec"]) for query in queries],
    }


def _target(query: dict[str, Any]) -> dict[str, Any]:
    inner = query.get("query", {})
    uid = inner.get("datasource", {}).get("name", "")
    source = {"type": inner.get("group", "prometheus"), "uid": uid}
    return {"refId": query.get("refId", "A"), "datasource": source, **inner.get("spec", {})}


def rule(
    title: str,
    expr: str,
    *,
    uid: str,
    folder: str,
    group: str,
    threshold: float = 0.01,
    wait: str = "20s",
    **more: Any,
) -> dict[str, Any]:
    """A rule of the ruler: query A, reduced to B, compared in C."""
    data = [
        _node("A", "prometheus", {"expr": expr, "instant": True, "range": False}),
        _node("B", "__expr__", {"type": "reduce", "expression": "A", "reducer": "last"}),
        _node(
            "C",
            "__expr__",
            {
                "type": "threshold",
                "expression": "B",
                "conditions": [{"evaluator": {"type": "gt", "params": [threshold]}}],
            },
        ),
    ]
    own = {
        "id": 1,
        "orgId": 1,
        "uid": uid,
        "title": title,
        "condition": "C",
        "data": data,
        "updated": MADE,
        "intervalSeconds": 10,
        "version": 1,
        "namespace_uid": folder,
        "rule_group": group,
        "no_data_state": "NoData",
        "exec_err_state": "Error",
    }
    return {
        "expr": "",
        "for": wait,
        "labels": {"severity": "page"},
        "annotations": {"summary": title},
        "grafana_alert": {**own, **more},
    }


def _node(ref_id: str, source: str, model: dict[str, Any]) -> dict[str, Any]:
    span = {"from": 600 if source != "__expr__" else 0, "to": 0}
    return {
        "refId": ref_id,
        "queryType": "",
        "relativeTimeRange": span,
        "datasourceUid": source,
        "model": {**model, "refId": ref_id},
    }


def rule_state(written: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """The state of a rule; without ``state`` it is not evaluated yet."""
    own = written["grafana_alert"]
    queries = [node["model"]["expr"] for node in own["data"] if "expr" in node["model"]]
    return {
        "state": "inactive",
        "name": own["title"],
        "query": " | ".join(queries),
        "duration": 20,
        "annotations": written["annotations"],
        "labels": written["labels"],
        "health": "ok",
        "type": "alerting",
        "lastEvaluation": ZERO_TIME,
        "evaluationTime": 0,
        **state,
    }


def alert(title: str, state: str, value: str = "1e+00", **labels: str) -> dict[str, Any]:
    """An alert of a rule's state."""
    return {
        "labels": {"alertname": title, **labels},
        "annotations": {},
        "state": state,
        "activeAt": MADE if state != "Normal" else ZERO_TIME,
        "value": value,
    }
