"""What the fake Grafana answers at each address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

from tests.fakes import grafana_shapes as shapes
from tests.fakes.grafana_shapes import GROUP, RECORDED_URL, Account
from tests.fakes.server import Reply, Request

if TYPE_CHECKING:
    from tests.fakes.grafana import FakeGrafana

Found = re.Match[str]
Handler = Callable[["FakeGrafana", Request, Found], Reply]
NATIVE = rf"/apis/{re.escape(GROUP)}/(v\w+)/namespaces/([\w-]+)/dashboards"
SERVED = {
    12: ("v0alpha1", "v1beta1", "v2alpha1", "v2beta1"),
    13: ("v0alpha1", "v1beta1", "v1", "v2beta1", "v2"),
}
"""Versions of the dashboard API, by Grafana's major version."""
ROUTES: list[tuple[str, re.Pattern[str], str, Handler]] = []


class Denied(Exception):  # noqa: N818 (an answer, not a mistake)
    """The answer to somebody who may not."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def route(method: str, path: str, role: str = "Viewer") -> Callable[[Handler], Handler]:
    """Register a function for a path, open to those with the role or more."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(path), role, handler))
        return handler

    return register


def message(text: str, status: int, /, **more: Any) -> Reply:
    return Reply.of({"message": text, **more}, status)


@route("GET", "/api/health", role="")
def health(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    return Reply.of({"commit": "NA", "database": "ok", "version": grafana.version})


@route("GET", "/api/org")
def organisation(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    return Reply.of(
        {"id": grafana.organisation, "name": "Main Org.", "address": {"city": "", "country": ""}}
    )


@route("GET", "/api/datasources")
def datasources(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if grafana.hides_sources:
        grafana.require(request, "Admin")
    return Reply.of(list(grafana.sources.values()))


@route("GET", "/api/datasources/uid/([^/]+)")
def datasource(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if found[1] not in grafana.sources:
        return message("Data source not found", 404)
    return Reply.of(grafana.sources[found[1]])


@route("GET", "/api/datasources/uid/([^/]+)/health")
def datasource_health(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if grafana.major == 9:
        return message("Not found", 404, traceID="")
    up = grafana.data_source_up
    return Reply.of({"status": "OK" if up else "ERROR", "message": ""}, 200 if up else 400)


@route("GET", "/api/datasources/proxy/uid/([^/]+)/api/v1/query")
def proxy(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if found[1] not in grafana.sources:
        return message("Unable to find datasource", 404, traceID="")
    if not grafana.data_source_up:
        return Reply(502, b"", None)
    url = str(grafana.sources[found[1]]["url"])
    if url != RECORDED_URL:
        return _passed_on(url, request)
    up = {"__name__": "up", "instance": "127.0.0.1:8000", "job": "flask-app"}
    data = {"resultType": "vector", "result": [{"metric": up, "value": [1795377677.392, "1"]}]}
    return Reply.of({"status": "success", "data": data})


def _passed_on(url: str, request: Request) -> Reply:
    """What the data source itself answers."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            query = f"{url}/api/v1/query"
            answer = session.get(query, params=request.query, timeout=10)
    except requests.ConnectionError:
        return Reply(502, b"", None)
    return Reply(answer.status_code, answer.content, answer.headers.get("content-type"))


@route("GET", "/api/search")
def search(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    limit, page = (
        int(request.query.get(name, other)) for name, other in (("limit", "1000"), ("page", "1"))
    )
    page = 1 if grafana.ignore_pages else page
    if limit > 5000:
        return message("Limit is above maximum allowed (5000), use page parameter", 422)
    boards = grafana.visible(grafana.role_of(request))
    if "tag" in request.query:
        boards = [b for b in boards if request.query["tag"] in b.content.get("tags", [])]
    if "folderUIDs" in request.query and grafana.major >= 10:
        boards = [b for b in boards if b.folder == request.query["folderUIDs"]]
    titled = [(board, grafana.folder_title(board.folder)) for board in boards]
    rows = [shapes.search_row(board, title, grafana.sub_path) for board, title in titled]
    return Reply.of(rows[limit * (page - 1) : limit * page])


@route("GET", "/api/dashboards/uid/([^/]+)")
def dashboard(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    role = grafana.role_of(request)
    board = grafana.dashboards.get(found[1])
    if board is None and role != "Admin" and not grafana.folders:
        needed = "You'll need additional permissions to perform this action."
        return message(f"{needed} Permissions needed: dashboards:read", 403, title="Access denied")
    if board is None:
        return message("Dashboard not found", 404, traceID="")
    if board.hidden and role != "Admin":
        return message("Access denied to this dashboard", 403)
    if board.is_v2 and grafana.major == 12:
        path = f"/apis/{GROUP}/{board.stored_as}/namespaces/default/dashboards/{board.uid}"
        return message(f"dashboard api version not supported, use {path} instead", 406)
    title = grafana.folder_title(board.folder)
    may_edit = role != "Viewer"
    return Reply.of(shapes.legacy(board, title, may_edit, grafana.sub_path))


@route("DELETE", "/api/dashboards/uid/([^/]+)", "Editor")
def delete_dashboard(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    board = grafana.dashboards.pop(found[1], None)
    if board is None:
        return message("Dashboard not found", 404)
    return message(f"Dashboard {board.title} deleted", 200, title=board.title)


@route("POST", "/api/dashboards/db", "Editor")
def save_dashboard(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    content, folder = dict(request.json["dashboard"]), request.json.get("folderUid", "")
    if folder and folder not in grafana.folders:
        return message("Folder not found", 400, traceID="")
    if "elements" in content and grafana.major >= 13:
        return message("dashboard appears to be in v2 format. Please use the /apis API", 400)
    uid = content.get("uid") or f"made{grafana.number()}"
    before = grafana.dashboards.get(uid)
    if before and before.provisioned:
        return message("Cannot save provisioned dashboard", 400)
    overwrites = request.json.get("overwrite")
    if before and content.get("version") != before.version and not overwrites:
        text = "The dashboard has been changed by someone else"
        return message(text, 412, status="version-mismatch")
    # Recorded: another dashboard of that name in the folder is in the way, or is overwritten.
    same = grafana.of_same_name(content, folder)
    if same and same.uid != uid:
        if not overwrites:
            text = "A dashboard with the same name in the folder already exists"
            return message(text, 412, status="name-exists")
        uid, before = same.uid, same
    content.pop("version", None)
    board = grafana.add_dashboard(content, uid, folder=folder)
    board.version = before.version + 1 if before else 1
    answer = shapes.search_row(board, "", grafana.sub_path)
    answer = {name: answer[name] for name in ("id", "uid", "url")}
    return Reply.of({**answer, "slug": "", "status": "success", "version": board.version})


@route("POST", "/api/dashboards/import", "Editor")
def import_dashboard(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    """What the import page sends: the file, and the data source chosen for each input."""
    content, chosen = dict(request.json["dashboard"]), request.json.get("inputs", [])
    written = json.dumps(content)
    for wanted in content.get("__inputs", []):
        value = next((one["value"] for one in chosen if one["name"] == wanted["name"]), None)
        if value is None:
            text = f"Dashboard input variable: {wanted['name']} missing from import command"
            return message(text, 400)
        written = written.replace("${" + wanted["name"] + "}", value)
    kept = {name: v for name, v in json.loads(written).items() if name[:2] != "__"}
    uid = kept.get("uid") or f"made{grafana.number()}"
    board = grafana.add_dashboard(kept, uid, folder=request.json.get("folderUid", ""))
    url = shapes.search_row(board, "")["url"]
    return Reply.of({"uid": uid, "title": board.title, "imported": True, "importedUrl": url})


@route("GET", "/api/library-elements/([^/]+)")
def library_panel(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    panel = grafana.library_panels.get(found[1])
    if panel is None:
        return message("library element could not be found", 404, traceID="")
    return Reply.of({"result": panel})


@route("GET", "/api/folders")
def folders(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    return Reply.of([_folder(grafana, uid) for uid in grafana.folders])


@route("GET", "/api/folders/([^/]+)")
def folder(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if found[1] not in grafana.folders:
        return message("folder not found", 404, status="not-found")
    return Reply.of(_folder(grafana, found[1]))


@route("POST", "/api/folders", "Editor")
def create_folder(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    uid, title = request.json.get("uid") or f"f{grafana.number()}", request.json["title"]
    if uid in grafana.folders:
        text = "the folder has been changed by someone else"
        return message(text, 412, status="version-mismatch")
    if title in grafana.folders.values():
        return message("a folder with the same name already exists", 409)
    grafana.add_folder(uid, title)
    return Reply.of(_folder(grafana, uid))


@route("GET", rf"/apis/{re.escape(GROUP)}/?")
def group(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if grafana.major not in SERVED:
        return message("Not found", 404)
    versions = [{"groupVersion": f"{GROUP}/{v}", "version": v} for v in SERVED[grafana.major]]
    return Reply.of({"kind": "APIGroup", "name": GROUP, "versions": versions})


@route("GET", NATIVE + "/([^/]+)")
def native(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    board = grafana.dashboards.get(found[3])
    namespace = "default" if grafana.organisation == 1 else f"org-{grafana.organisation}"
    served = SERVED.get(grafana.major, ()) if grafana.native_reads else ()
    if found[1] not in served or found[2] != namespace or board is None:
        return message("Not found", 404)
    if board.hidden and grafana.role_of(request) != "Admin":
        return message("forbidden", 403)
    return Reply.of(shapes.native(board, found[1]))


@route("GET", "/api/annotations")
def annotations_of(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if request.query.get("type") == "alert":
        return Reply.of(grafana.alert_annotations)
    wanted, tag = request.query.get("dashboardUID"), request.query.get("tags")
    kept = [one for one in grafana.annotations.values() if tag is None or tag in one["tags"]]
    return Reply.of([one for one in kept if wanted in (None, one["dashboardUID"])])


@route("PATCH", r"/api/annotations/(\d+)", "Editor")
def change_annotation(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    kept = grafana.annotations.get(int(found[1]))
    if kept is None:
        return message("Annotation not found", 404)
    kept.update(request.json)
    return message("Annotation patched", 200)


@route("POST", "/api/annotations")
def annotate(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    if grafana.role_of(request) == "Viewer":
        return message("Access denied to this dashboard", 403)
    if not request.json.get("text"):
        return message("Failed to save annotation", 400, traceID="")
    # Recorded: with an unknown dashboard it belongs to the organisation.
    uid = request.json.get("dashboardUID")
    number = grafana.number()
    own = {"id": number, "dashboardUID": uid if uid in grafana.dashboards else None}
    grafana.annotations[number] = {"tags": [], **request.json, **own}
    return message("Annotation added", 200, id=number)


@route("DELETE", r"/api/annotations/(\d+)", "Editor")
def delete_annotation(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    grafana.annotations.pop(int(found[1]), None)
    return message("Annotation deleted", 200)


@route("GET", "/api/ruler/grafana/api/v1/rules")
def rules(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    return Reply.of(
        {
            title: [
                {"name": name, "interval": "10s", "rules": written}
                for name, written in groups.items()
            ]
            for title, groups in grafana.rule_groups.items()
        }
    )


@route("GET", "/api/prometheus/grafana/api/v1/rules")
def rule_states(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    groups = [
        {
            "name": name,
            "file": title,
            "interval": 10,
            "rules": [_state(grafana, r) for r in written],
        }
        for title, named in grafana.rule_groups.items()
        for name, written in named.items()
    ]
    return Reply.of({"status": "success", "data": {"groups": groups}})


@route("GET", "/api/v1/provisioning/alert-rules", "Viewer")
def provisioned_rules(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    grafana.require(request, "Admin" if grafana.major < 13 else "Viewer")
    written = [
        rule for named in grafana.rule_groups.values() for rules in named.values() for rule in rules
    ]
    return Reply.of([_provisioned(rule["grafana_alert"]) for rule in written])


@route("GET", "/api/serviceaccounts/search", "Admin")
def search_accounts(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    query = request.query.get("query", "")
    if grafana.hidden_searches:
        grafana.hidden_searches -= 1
        query = "nobody has this name"
    rows = [account.row() for account in grafana.accounts.values() if query in account.name]
    return Reply.of({"totalCount": len(rows), "serviceAccounts": rows, "page": 1})


@route("POST", "/api/serviceaccounts", "Admin")
def create_account(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    name = request.json["name"]
    if name in [account.name for account in grafana.accounts.values()]:
        return message("Failed to create service account", 400, traceID="")
    account = Account(grafana.number(), name, request.json["role"])
    grafana.accounts[account.number] = account
    return Reply.of(account.row(), 201)


@route("PATCH", r"/api/serviceaccounts/(\d+)", "Admin")
def change_account(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    account = grafana.accounts[int(found[1])]
    account.role = request.json.get("role", account.role)
    account.disabled = request.json.get("isDisabled", account.disabled)
    return Reply.of({"message": "Service account updated", "serviceaccount": account.row()})


@route("POST", r"/api/serviceaccounts/(\d+)/tokens", "Admin")
def create_token(grafana: FakeGrafana, request: Request, found: Found) -> Reply:
    account = grafana.accounts[int(found[1])]
    number = grafana.number()
    name = request.json["name"]
    return Reply.of({"id": number, "name": name, "key": grafana.add_token(account)})


def _folder(grafana: FakeGrafana, uid: str) -> dict[str, Any]:
    return {"id": 1, "uid": uid, "title": grafana.folders[uid]}


def _state(grafana: FakeGrafana, written: dict[str, Any]) -> dict[str, Any]:
    own = written["grafana_alert"]
    names = (f"{own['rule_group']}/{own['title']}", own["title"])
    told = next((grafana.rule_states[name] for name in names if name in grafana.rule_states), {})
    state = shapes.rule_state(written, told)
    later = {"uid": own["uid"], "folderUid": own["namespace_uid"]}
    return {**state, **(later if grafana.major >= 12 else {})}


def _provisioned(own: dict[str, Any]) -> dict[str, Any]:
    return {
        "uid": own["uid"],
        "orgID": 1,
        "folderUID": own["namespace_uid"],
        "title": own["title"],
        "ruleGroup": own["rule_group"],
        "condition": own["condition"],
        "data": own["data"],
    }
