"""How each server is started: its command, environment, addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portal.clients.grafana.credentials import ADMIN
from portal.config import Settings
from portal.secret_files import read_or_make, secret_path
from stack.grafana_account import admin_password
from stack.layout import Layout
from stack.prometheus_config import write_config
from stack.sources import GrafanaInstall, PrometheusInstall

# -P: the folder that a command is started in must not lend it modules.
PYTHON = (sys.executable, "-P", "-m")
LOOPBACK = "127.0.0.1"
PROVISIONING = Path(__file__).parent / "grafana" / "provisioning"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One server of the lab. ``ready`` is an address that answers 200 when it is up."""

    name: str
    title: str
    command: tuple[str, ...]
    url: str
    ready: str
    version: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    grace: float = 6.0  # seconds to end by itself
    optional: bool = False  # the lab is of use without it

    @property
    def subject(self) -> str:
        """The title as a sentence begins with it: a product's name has no article."""
        return self.title if self.title[0].isupper() else f"The {self.title}"


def mockapp_server(settings: Settings, layout: Layout) -> Server:
    """The mock service."""
    read_or_make(layout.root, "fault-token", settings)
    own_file = secret_path(layout.root, "fault-token")
    token = (
        {"SLO_LAB_FAULT_TOKEN": settings.fault_token}
        if settings.fault_token
        else {"SLO_LAB_FAULT_TOKEN_FILE": settings.fault_token_file or str(own_file)}
    )
    port = str(settings.mockapp_port)
    return Server(
        name="mockapp",
        title="mock app",
        command=(*PYTHON, "mockapp", "--host", LOOPBACK, "--port", port),
        url=f"http://localhost:{port}",
        ready=f"http://{LOOPBACK}:{port}/healthz",
        environ=token,
    )


def prometheus_server(settings: Settings, layout: Layout, install: PrometheusInstall) -> Server:
    """Prometheus: loopback only, no CORS, no admin or lifecycle API, bounded queries."""
    config = write_config(settings, layout)
    port = settings.prometheus_port
    pages = [f"--web.local-assets={install.pages}"] if install.pages else []
    return Server(
        name="prometheus",
        title="Prometheus",
        version=install.version,
        command=(
            str(install.program),
            f"--config.file={config}",
            f"--storage.tsdb.path={layout.prometheus_data(install.major)}",
            "--storage.tsdb.retention.time=35d",
            f"--web.listen-address={LOOPBACK}:{port}",
            f"--web.external-url={settings.prometheus_link}/",
            "--web.cors.origin=none",
            "--query.timeout=10s",
            "--query.max-samples=5000000",
            "--query.max-concurrency=8",
            *pages,
        ),
        url=settings.prometheus_link,
        ready=f"http://{LOOPBACK}:{port}/-/ready",
        grace=10.0,
    )


def portal_server(settings: Settings, install: PrometheusInstall | None) -> Server:
    """The portal. ``promtool`` of the Prometheus that runs comes first on its PATH."""
    path = os.environ.get("PATH", os.defpath)
    if install:
        path = f"{install.promtool.parent}{os.pathsep}{path}"
    return Server(
        name="portal",
        title="portal",
        command=(*PYTHON, "portal.wsgi"),
        url=settings.portal_base,
        ready=settings.portal_ready,
        environ={"PATH": path},
    )


def grafana_server(settings: Settings, layout: Layout, install: GrafanaInstall) -> Server:
    """Grafana with our data source, an empty folder for the learner, and no calls home."""
    port = str(settings.grafana_port)
    return Server(
        name="grafana",
        title="Grafana",
        version=install.version,
        command=(*install.command, "--homepath", str(install.home)),
        url=settings.grafana_link,
        ready=f"http://{LOOPBACK}:{port}/api/health",
        environ=grafana_environ(settings, layout),
        grace=8.0,
        optional=True,
    )


def grafana_environ(settings: Settings, layout: Layout) -> dict[str, str]:
    """Grafana's settings, as it reads them from its environment."""
    data = layout.grafana
    return {
        "SLO_LAB_PROMETHEUS_URL": settings.prometheus_base,
        "SLO_LAB_SCRAPE_INTERVAL": str(settings.scrape_interval),
        "GF_PATHS_DATA": str(data),
        "GF_PATHS_LOGS": str(data / "log"),
        "GF_PATHS_PLUGINS": str(data / "plugins"),
        "GF_PATHS_PROVISIONING": str(PROVISIONING),
        "GF_SERVER_HTTP_ADDR": LOOPBACK,
        "GF_SERVER_HTTP_PORT": str(settings.grafana_port),
        "GF_SERVER_ROOT_URL": f"{settings.grafana_link}/",
        "GF_LOG_MODE": "console",
        "GF_SECURITY_ADMIN_USER": ADMIN,
        "GF_SECURITY_ADMIN_PASSWORD": admin_password(settings),
        "GF_DASHBOARDS_MIN_REFRESH_INTERVAL": "5s",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false",
    }
