"""A Grafana for tests: answers as 9.4 was recorded to, or as 10 to 13 are documented to."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from typing import Any

from tests.fakes import grafana_shapes as shapes
from tests.fakes.grafana_routes import ROUTES, Denied, message
from tests.fakes.grafana_shapes import RECORDED_URL, Account, Stored
from tests.fakes.hostile import Misbehaviour, misbehave
from tests.fakes.server import LocalServer, Reply, Request

RANK = {"Viewer": 1, "Editor": 2, "Admin": 3}


class FakeGrafana(LocalServer):
    """Serves on a free port; a context manager. Tests set its attributes while it runs.

    ``version``: "9.4.0" to "13.2.0". ``anonymous``: role of those without a login, or None.
    ``how``: misbehave in that way instead of answering. ``data_source_up``: whether Prometheus
    answers through them; ``hides_sources``: only an Admin may list them; ``native_reads``: whether
    /apis gives dashboards; ``hidden_searches``: how many searches for accounts find nothing;
    ``sub_path``: what ``url`` begins with in answers, as under ``serve_from_sub_path``. Users
    admin, editor and viewer have their name as
    password; after five wrong passwords a user is locked.
    """

    def __init__(self, version: str = "9.4.0", *, anonymous: str | None = "Viewer") -> None:
        self.version = version
        self.anonymous = anonymous
        self.how: Misbehaviour | None = None
        self.slow_s = 30.0
        self.data_source_up = True
        self.ignore_pages = False
        self.native_reads = True
        self.hidden_searches = 0
        self.organisation = 1
        self.sub_path = ""
        self.users = {name: (name, name.title()) for name in ("admin", "editor", "viewer")}
        self.wrong_passwords: Counter[str] = Counter()
        self.accounts: dict[int, Account] = {}
        self.dead_tokens: set[str] = set()
        self.hides_sources = False
        self.sources: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, Stored] = {}
        self.library_panels: dict[str, dict[str, Any]] = {}
        self.rule_groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.rule_states: dict[str, dict[str, Any]] = {}
        self.annotations: dict[int, dict[str, Any]] = {}
        self.alert_annotations: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self.add_source("prometheus", "Prometheus", is_default=True)
        super().__init__(self._serve)

    def __enter__(self) -> FakeGrafana:
        return self

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def number(self) -> int:
        return next(self._numbers)

    def add_source(
        self,
        uid: str,
        name: str,
        *,
        plugin: str = "prometheus",
        url: str = RECORDED_URL,
        interval: str = "5s",
        is_default: bool = False,
    ) -> None:
        """Put a data source there; at any other ``url`` than the recorded one it is asked."""
        row = (self.number(), uid, name, plugin, url, interval, is_default)
        if is_default:
            for other in self.sources.values():
                other["isDefault"] = False
        self.sources[uid] = shapes.datasource(*row)

    def stand_before(self, prometheus: str) -> None:
        """Let its own data source ask this Prometheus, as Grafana would."""
        self.sources["prometheus"]["url"] = prometheus

    def add_folder(self, uid: str = "slo-lab", title: str = "SLO lab") -> None:
        self.folders[uid] = title

    def add_dashboard(self, content: dict[str, Any], uid: str, **more: Any) -> Stored:
        """Put a dashboard there; ``more`` are fields of Stored (folder, stored_as, hidden …)."""
        board = Stored(self.number(), uid, content, **more)
        self.dashboards[uid] = board
        return board

    def add_library_panel(self, uid: str, name: str, model: dict[str, Any]) -> None:
        self.library_panels[uid] = {"uid": uid, "name": name, "kind": 1, "model": model}

    def add_rule(
        self, title: str, expr: str, *, folder: str = "slo-lab", group: str = "slo", **more: Any
    ) -> None:
        """Put an alert rule there; it is not evaluated until ``rule_states[title]`` says so."""
        number = self.number()
        written = shapes.rule(
            title, expr, uid=f"r{number}", folder=folder, group=group, **{"id": number, **more}
        )
        groups = self.rule_groups.setdefault(self.folders.setdefault(folder, folder), {})
        groups.setdefault(group, []).append(written)

    def make_token(self, role: str = "Editor", name: str = "someone") -> str:
        """A token of a new service account."""
        account = Account(self.number(), name, role)
        self.accounts[account.number] = account
        return self.add_token(account)

    def add_token(self, account: Account) -> str:
        key = f"glsa_{account.number}_{len(account.tokens)}_{self.number()}"
        account.tokens.append(key)
        return key

    def delete_account(self, name: str) -> None:
        """Delete a service account; its tokens then answer 500, as recorded."""
        for account in [one for one in self.accounts.values() if one.name == name]:
            del self.accounts[account.number]
            self.dead_tokens.update(account.tokens)

    def visible(self, role: str) -> list[Stored]:
        boards = [b for b in self.dashboards.values() if not b.hidden or role == "Admin"]
        return sorted(boards, key=lambda board: board.title)

    def of_same_name(self, content: dict[str, Any], folder: str) -> Stored | None:
        """The dashboard of the folder whose address would have the same name."""
        name = shapes.slug(str(content.get("title", "")))
        boards = [board for board in self.dashboards.values() if board.folder == folder]
        return next((board for board in boards if shapes.slug(board.title) == name), None)

    def folder_title(self, uid: str) -> str:
        return self.folders.get(uid, "")

    def _serve(self, request: Request) -> Reply:
        if self.how is not None:
            return misbehave(self.how, self.slow_s)
        if not request.path.startswith(("/api/", "/apis/")):
            return Reply(302, b'<a href="/login">Found</a>.', "text/html", {"Location": "/login"})
        try:
            return self._dispatch(request)
        except Denied as denied:
            return denied.reply

    def _dispatch(self, request: Request) -> Reply:
        for method, path, role, handler in ROUTES:
            found = path.fullmatch(request.path)
            if found and method == request.method:
                if role:
                    self.require(request, role)
                return handler(self, request, found)
        self.require(request, "Viewer")
        return message("Not found", 404)

    def require(self, request: Request, role: str) -> None:
        if RANK[self.role_of(request)] < RANK[role]:
            more = {"accessErrorId": "ACE0000000001", "title": "Access denied"}
            needed = "You'll need additional permissions to perform this action."
            raise Denied(message(needed, 403, **more))

    def role_of(self, request: Request) -> str:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            return self._role_of_user(*base64.b64decode(secret).decode().split(":", 1))
        if kind == "Bearer":
            return self._role_of_token(secret)
        if self.anonymous is None:
            raise Denied(message("Unauthorized", 401))
        return self.anonymous

    def _role_of_user(self, user: str, password: str) -> str:
        known, role = self.users.get(user, (None, ""))
        if self.wrong_passwords[user] < 5 and password == known:
            return role
        self.wrong_passwords[user] += 1
        raise Denied(message("invalid username or password", 401, traceID=""))

    def _role_of_token(self, key: str) -> str:
        if key in self.dead_tokens:
            raise Denied(message("invalid API key", 500, traceID=""))
        for account in self.accounts.values():
            if key in account.tokens and not account.disabled:
                return account.role
        raise Denied(message("invalid API key", 401, traceID=""))
