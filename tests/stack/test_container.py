"""The container arrangement, as far as it can be read; it is run by hand (docs/stack.md)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.config import Settings
from stack.container import FOR_MOCKAPP, main, make_secrets
from stack.layout import Layout
from stack.prometheus_config import SHIPPED
from stack.servers import grafana_environ, prometheus_server
from stack.sources import PrometheusInstall
from stack.sources.releases import GRAFANA, PROMETHEUS
from tests.stack.labs import ROOT


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="module")
def on_host() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.host.yml").read_text())
    return document


def test_every_port_is_on_loopback_and_can_be_moved(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 4
    for port in ports:
        assert re.match(r"127\.0\.0\.1:\$\{SLO_LAB_\w*PORT:-\d+\}:", port)


def test_the_releases_are_those_of_the_native_runner(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["prometheus"]["image"] == f"prom/prometheus:v{PROMETHEUS}"
    assert services["grafana"]["image"] == f"grafana/grafana:{GRAFANA}"
    dockerfile = (ROOT / "stack" / "docker" / "Dockerfile").read_text()
    assert f"prom/prometheus:v{PROMETHEUS}" in dockerfile


def test_prometheus_has_the_flags_of_the_native_one(
    compose: dict[str, Any], settings: Settings, layout: Layout
) -> None:
    install = PrometheusInstall(Path("/p/prometheus"), PROMETHEUS, "on PATH", Path("/p/promtool"))
    where = ("--config.file", "--storage.tsdb.path", "--web.listen-address", "--web.external-url")
    native = set(prometheus_server(settings, layout, install).command[1:])
    native = {flag for flag in native if not flag.startswith(where)}
    flags = set(compose["services"]["prometheus"]["command"])
    assert native <= flags
    assert "--enable-feature=auto-reload-config" in flags
    assert not [flag for flag in flags if "lifecycle" in flag or "admin" in flag]


def test_grafana_has_the_settings_of_the_native_one(
    compose: dict[str, Any], settings: Settings, layout: Layout
) -> None:
    elsewhere = ("GF_PATHS_", "GF_SERVER_", "GF_LOG_", "GF_SECURITY_ADMIN_PASSWORD", "SLO_LAB_")
    native = {
        name: value
        for name, value in grafana_environ(settings, layout).items()
        if not name.startswith(elsewhere)
    }
    environ = compose["services"]["grafana"]["environment"]
    assert native.items() <= environ.items()
    assert "GF_SECURITY_ADMIN_PASSWORD" not in environ


def test_all_know_how_often_prometheus_scrapes(compose: dict[str, Any]) -> None:
    """Compose can't write into the shipped file, so its interval is the one of all."""
    shipped = yaml.safe_load(SHIPPED.read_text())["global"]["scrape_interval"]
    for name in ("portal", "grafana"):
        environ = compose["services"][name]["environment"]
        assert f"{environ['SLO_LAB_SCRAPE_INTERVAL']}s" == shipped


def test_nobody_is_root_and_all_that_stays_up_is_looked_after(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "stack" / "docker" / "Dockerfile").read_text()
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["10001:0"]
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"]
        assert service.get("user") != "root"
        assert ("healthcheck" in service) == (service.get("restart") == "unless-stopped"), name


def test_no_secret_stands_in_the_files() -> None:
    for name in ("docker-compose.yml", "docker-compose.host.yml", "stack/docker/Dockerfile"):
        assert not re.search(
            r"(password|token|secret_key)\s*[:=]\s*[\"']?\w{6,}[\"']?$",
            (ROOT / name).read_text(),
            re.IGNORECASE | re.MULTILINE,
        )


@pytest.mark.parametrize(
    ("arrangement", "target"),
    [("containers", "mockapp:8000"), ("host", "host.docker.internal:8000")],
)
def test_each_arrangement_has_its_target_and_the_same_configuration(
    compose: dict[str, Any], on_host: dict[str, Any], arrangement: str, target: str
) -> None:
    file = ROOT / "stack" / "docker" / "targets" / arrangement / "flask-app.json"
    assert json.loads(file.read_text()) == [{"targets": [target]}]
    document = compose if arrangement == "containers" else on_host
    volumes = document["services"]["prometheus"]["volumes"]
    assert f"./stack/docker/targets/{arrangement}:/etc/prometheus/targets:ro" in volumes
    shared = compose["services"]["prometheus"]["volumes"]
    assert "./stack/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro" in shared


def test_the_secrets_are_made_once_and_each_server_reads_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    for_mockapp = tmp_path / "for-mockapp"
    for_mockapp.mkdir()
    make_secrets(settings, for_mockapp)
    folder = settings.data_dir / "secrets"
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"secret-key": 0o600, "fault-token": 0o600, "grafana-password": 0o640}
    before = (folder / "secret-key").read_text()
    make_secrets(settings, for_mockapp)
    assert (folder / "secret-key").read_text() == before
    assert [path.name for path in for_mockapp.iterdir()] == ["fault-token"]
    token = (folder / "fault-token").read_text()
    assert (for_mockapp / "fault-token").read_text() == token


def test_the_mock_app_sees_no_secret_but_its_own(compose: dict[str, Any]) -> None:
    volume, folder = compose["services"]["secrets"]["volumes"][1].split(":")
    assert folder == str(FOR_MOCKAPP)
    assert compose["services"]["mockapp"]["volumes"] == [f"{volume}:/data/secrets:ro"]


def test_the_browser_is_led_to_published_ports(
    compose: dict[str, Any], on_host: dict[str, Any]
) -> None:
    for document in (compose, on_host):
        environ = document["services"]["portal"]["environment"]
        for name, inside in environ.items():
            if re.fullmatch(r"SLO_LAB_\w+(?<!PUBLIC)_URL", name):
                public = environ[name.replace("_URL", "_PUBLIC_URL")]
                assert public.startswith("http://localhost:")
                assert public != inside


def test_a_grafana_that_is_not_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SLO_LAB_GRAFANA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SLO_LAB_GRAFANA_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(SystemExit, match=r"Grafana can't be reached"):
        main(["grafana-account"])


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"secrets\|grafana-account"):
        main(["dance"])


def test_an_empty_address_is_a_lab_without_grafana(compose: dict[str, Any]) -> None:
    given = compose["services"]["portal"]["environment"]["SLO_LAB_GRAFANA_URL"]
    assert given == "${SLO_LAB_GRAFANA_URL-http://grafana:3000}"
    assert "`SLO_LAB_GRAFANA_URL= docker compose up" in (ROOT / "docs" / "stack.md").read_text()
