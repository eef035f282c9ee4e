from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from string import Template

import pytest
import yaml

from portal.config import Settings
from stack.layout import Layout
from stack.servers import (
    PROVISIONING,
    grafana_environ,
    grafana_server,
    mockapp_server,
    portal_server,
    prometheus_server,
)
from stack.sources import GrafanaInstall, PrometheusInstall

PROMETHEUS = PrometheusInstall(Path("/p/prometheus"), "3.5.3", "on PATH", Path("/p/promtool"))
GRAFANA = GrafanaInstall(Path("/g/bin/grafana"), "12.4.11", "on PATH", Path("/g"))


def test_prometheus_is_closed_to_pages_and_bounded(settings: Settings, layout: Layout) -> None:
    flags = dict(
        flag.removeprefix("--").partition("=")[::2]
        for flag in prometheus_server(settings, layout, PROMETHEUS).command[1:]
    )
    assert flags["web.listen-address"] == "127.0.0.1:9090"
    assert flags["web.cors.origin"] == "none"
    assert {"query.timeout", "query.max-samples", "query.max-concurrency"} <= set(flags)
    assert int(flags["storage.tsdb.retention.time"].removesuffix("d")) >= 35
    assert not {"web.enable-lifecycle", "web.enable-admin-api"} & set(flags)


def test_prometheus_data_is_keyed_by_its_major_version(settings: Settings, layout: Layout) -> None:
    older = replace(PROMETHEUS, version="2.42.0")
    three = prometheus_server(settings, layout, PROMETHEUS).command
    two = prometheus_server(settings, layout, older).command
    assert f"--storage.tsdb.path={layout.prometheus}/data-v3" in three
    assert f"--storage.tsdb.path={layout.prometheus}/data-v2" in two


def test_unpacked_packages_of_debian_find_their_web_pages(
    settings: Settings, layout: Layout, tmp_path: Path
) -> None:
    pages = tmp_path / "usr" / "share" / "prometheus" / "web"
    pages.mkdir(parents=True)
    unpacked = replace(PROMETHEUS, program=tmp_path / "usr" / "bin" / "prometheus")
    assert f"--web.local-assets={pages}" in prometheus_server(settings, layout, unpacked).command
    official = prometheus_server(settings, layout, PROMETHEUS).command
    assert not [flag for flag in official if "local-assets" in flag]


def test_the_mock_app_gets_its_token_as_a_file(settings: Settings, layout: Layout) -> None:
    environ = mockapp_server(settings, layout).environ
    assert set(environ) == {"SLO_LAB_FAULT_TOKEN_FILE"}
    assert Path(environ["SLO_LAB_FAULT_TOKEN_FILE"]).read_text().strip()


def test_a_given_token_is_handed_on(settings: Settings, layout: Layout) -> None:
    environ = mockapp_server(replace(settings, fault_token="mine"), layout).environ
    assert environ == {"SLO_LAB_FAULT_TOKEN": "mine"}


def test_the_portal_finds_the_promtool_that_belongs_to_prometheus(settings: Settings) -> None:
    path = portal_server(settings, PROMETHEUS).environ["PATH"]
    assert path.split(os.pathsep)[0] == "/p"


def test_grafana_listens_on_loopback_and_calls_nobody(settings: Settings, layout: Layout) -> None:
    server = grafana_server(settings, layout, GRAFANA)
    assert server.command == ("/g/bin/grafana", "server", "--homepath", "/g")
    assert server.optional
    assert server.environ["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert server.environ["GF_ANALYTICS_REPORTING_ENABLED"] == "false"
    assert server.environ["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    secret = (layout.secrets / "grafana-password").read_text().strip()
    assert server.environ["GF_SECURITY_ADMIN_PASSWORD"] == secret
    assert len(secret) > 20


def test_grafana_is_given_the_data_source_and_an_empty_folder(
    settings: Settings, layout: Layout
) -> None:
    environ = grafana_server(settings, layout, GRAFANA).environ
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())
    (prometheus,) = source["datasources"]
    assert prometheus["uid"] == "prometheus"
    assert prometheus["url"].removeprefix("$") in environ
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "slo-lab.yml").read_text())
    (folder,) = provider["providers"]
    assert (folder["folder"], folder["folderUid"]) == ("SLO lab", "slo-lab")
    assert folder["options"]["path"] == "$GF_PATHS_PROVISIONING/dashboards"
    assert environ["GF_PATHS_PROVISIONING"] == str(PROVISIONING)
    assert list(PROVISIONING.rglob("*.json")) == []


@pytest.mark.parametrize("every_s", [1, 5])
def test_grafana_knows_how_often_the_service_is_scraped(
    settings: Settings, layout: Layout, every_s: int
) -> None:
    """``$__rate_interval`` is four times that at least."""
    environ = grafana_environ(replace(settings, scrape_interval=every_s), layout)
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())
    given = source["datasources"][0]["jsonData"]["timeInterval"]
    assert Template(given).substitute(environ) == f"{every_s}s"
