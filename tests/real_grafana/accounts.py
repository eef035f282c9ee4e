"""Who may do what: right, wrong, viewer, revoked, none, anonymous."""

from __future__ import annotations

from collections.abc import Callable

from portal.clients.errors import ClientError
from portal.clients.grafana import Credentials, GrafanaClient
from tests.real_grafana.lab import token
from tests.real_grafana.rows import Table
from tests.real_grafana.server import RealGrafana


def tried(grafana: RealGrafana, login: Credentials) -> str:
    """What the portal may with that login: all its calls, reading alone, nothing; else each."""
    client = GrafanaClient(grafana.url, login, timeout=30)
    calls: dict[str, Callable[[], object]] = {
        "in": client.check,
        "sources": client.datasources,
        "dashboards": client.search,
        "rules": client.alert_definitions,
        "transitions": lambda: client.alert_annotations(start=0, end=1),
        "asks": client.data_source_answers,
        "writes": lambda: _write(client),
    }
    told = {name: _outcome(call) for name, call in calls.items()}
    write = told.pop("writes")
    if set(told.values()) == {FINE}:
        return {FINE: EVERYTHING, "forbidden": READING}.get(write, f"writes: {write}")
    if {*told.values(), write} == {"unauthorized"}:
        return NOTHING
    return ", ".join(f"{name}: {outcome}" for name, outcome in told.items())


def _write(client: GrafanaClient) -> None:
    client.save_dashboard({"title": "Walk: written", "uid": "walk-written"}, folder_uid="")
    client.delete_dashboard("walk-written")


def _outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return error.kind.value
    return FINE


FINE = "fine"
EVERYTHING = "reads and writes"
READING = "reads, may not write"
NOTHING = "login refused, by name"


def walk_accounts(grafana: RealGrafana, table: Table) -> None:
    """Each kind of login; anonymous access where this Grafana may be started anew."""
    table.part = "accounts"
    editor, _ = token(grafana, "Editor")
    viewer, _ = token(grafana, "Viewer")
    revoked, number = token(grafana, "Admin")
    table.see("an editor's token", EVERYTHING, lambda: tried(grafana, Credentials(token=editor)))
    table.see("a viewer's token", READING, lambda: tried(grafana, Credentials(token=viewer)))
    user, password = grafana.admin
    right = Credentials(user=user, password=password)
    table.see("the right password", EVERYTHING, lambda: tried(grafana, right))
    grafana.call("DELETE", f"/api/serviceaccounts/{number}")
    table.see("a revoked token", NOTHING, lambda: tried(grafana, Credentials(token=revoked)))
    nobody = Credentials(user="nobody", password="wrong")
    table.see("a wrong password", NOTHING, lambda: tried(grafana, nobody))
    table.see("no login", NOTHING, lambda: tried(grafana, Credentials()))
    if grafana.home:
        grafana.restart(GF_AUTH_ANONYMOUS_ENABLED="true")
        table.see("anonymous viewers", READING, lambda: tried(grafana, Credentials()))
        grafana.restart()
