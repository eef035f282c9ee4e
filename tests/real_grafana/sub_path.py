"""The same Grafana under a path of its own: links lead there."""

from __future__ import annotations

from dataclasses import replace

from portal.clients.grafana import Credentials, GrafanaClient
from tests.real_grafana.lab import Walk, token
from tests.real_grafana.rows import Table
from tests.real_grafana.sources import board


def walk_sub_path(walk: Walk, table: Table) -> None:
    """The address of a dashboard, as the check links it."""
    table.part = "sub path"
    grafana, root = walk.grafana, walk.grafana.url
    walk.save(board("Prometheus"))
    login = Credentials(token=token(grafana, "Editor")[0])
    grafana.url = f"{root}/grafana"
    more = {"GF_SERVER_SERVE_FROM_SUB_PATH": "true", "GF_SERVER_ROOT_URL": grafana.url}
    try:
        grafana.restart(**more)
        client = GrafanaClient(grafana.url, login, timeout=30)
        settings = replace(walk.services.settings, grafana_url=grafana.url)
        link = settings.grafana_link
        table.see("it answers", True, lambda: bool(client.check().version))
        table.see(
            "the link of a dashboard",
            f"{root}/grafana/d/walk-sources/walk-sources".removeprefix(root),
            lambda: f"{link}{client.dashboard('walk-sources').url}".removeprefix(root),
        )
    finally:
        grafana.url = root
        grafana.restart()
