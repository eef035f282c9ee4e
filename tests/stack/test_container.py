"""The container arrangement, as far as it can be read; `tests/compose.sh` runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.config import Settings, variable
from portal.secret_files import secret_path
from stack import container
from stack.container import main, set_up
from stack.grafana_account import GrafanaAccount, admin_password
from stack.layout import SECRETS, Layout
from stack.servers import PROVISIONING, grafana_environ, prometheus_server
from stack.sources import PrometheusInstall
from stack.sources.releases import GRAFANA, PROMETHEUS
from tests.fakes.grafana import FakeGrafana
from tests.stack.labs import ROOT, wait_until


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


def test_every_setting_counts_there_or_the_table_says_what_stands_in_its_place(
    compose: dict[str, Any],
) -> None:
    handed_on = compose["services"]["portal"]["environment"]
    assert compose["services"]["setup"]["environment"] == compose["x-settings"]
    account = compose["services"]["grafana-account"]["environment"]
    assert account == {**compose["x-settings"], "SLO_LAB_GRAFANA_URL": "http://grafana:3000"}
    for one in fields(Settings):
        name = variable(one.name)
        if "in_containers" in one.metadata:
            assert name not in handed_on
        else:
            assert handed_on[name] is None or re.match(rf"\$\{{{name}(:?-|\}})", handed_on[name])


def test_what_is_preset_there_is_preset_alike_for_all(compose: dict[str, Any]) -> None:
    """`${NAME:-value}` says the same wherever it stands, and the ports are the native ones."""
    text = (ROOT / "docker-compose.yml").read_text()
    presets = set(re.findall(r"\$\{(SLO_LAB_\w+):?-((?:\$\{[^}]*\}|[^${}])*)\}", text))
    assert len(presets) == len(dict(presets)) == 11
    given = Settings.from_env({name: value for name, value in presets if "$" not in value})
    assert given.scrape_interval == 5
    assert [given.port, given.mockapp_port, given.prometheus_port] == [8080, 8000, 9090]


def test_one_service_builds_the_image_of_all(compose: dict[str, Any]) -> None:
    """Each that built it too would make another one, and `up` anew what did not change."""
    ours = {n for n, s in compose["services"].items() if s["image"] == "slo-lab:local"}
    assert ours == {"setup", "mockapp", "grafana-account", "portal"}
    assert [n for n, s in compose["services"].items() if "build" in s] == ["setup"]


def test_somebody_waits_for_what_ends(compose: dict[str, Any]) -> None:
    """`up --wait` takes the end of a service that nobody waits for as a failure."""
    services = compose["services"]
    ends = {name for name, service in services.items() if "restart" not in service}
    waited_for = {
        name
        for service in services.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert ends == waited_for == {"setup"}


def test_no_server_reads_a_file_of_the_host(
    compose: dict[str, Any], on_host: dict[str, Any]
) -> None:
    """Its mode may close it to the server's user: a clone made under `umask 077`."""
    for document in (compose, on_host):
        for service in document["services"].values():
            for volume in service.get("volumes", []):
                assert volume.split(":")[0] in compose["volumes"]


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


@pytest.fixture
def for_others(tmp_path: Path) -> Iterator[Path]:
    """The volumes of the other servers, as the image makes them; our umask closes what we make."""
    for name in ("mockapp", "prometheus", "provisioning", "grafana", "postgresql"):
        (tmp_path / "for" / name).mkdir(parents=True)
    before = os.umask(0o077)
    yield tmp_path / "for"
    os.umask(before)


def modes_in(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


def test_the_image_has_a_folder_for_each_volume_that_setup_writes(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "stack" / "docker" / "Dockerfile").read_text()
    made = re.search(r"cd /for && mkdir (.*) \\", dockerfile)
    assert made
    targets = [volume.split(":")[1] for volume in compose["services"]["setup"]["volumes"]]
    assert targets == ["/data/secrets", *(f"/for/{name}" for name in made[1].split())]


def test_the_secrets_are_made_once_and_each_server_reads_its_own(
    settings: Settings, for_others: Path
) -> None:
    set_up(settings, for_others)
    folder = settings.data_dir / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(before) == {*SECRETS, "postgresql-password", "pgpass"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    set_up(settings, for_others)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    for server, secret in (
        ("mockapp", "fault-token"),
        ("grafana", "grafana-password"),
        ("postgresql", "postgresql-password"),
    ):
        (theirs,) = (for_others / server).iterdir()
        assert (theirs.name, theirs.read_text().strip()) == (secret, before[secret].strip())
    password = before["postgresql-password"].strip()
    assert before["pgpass"] == f"*:*:*:slo_lab:{password}\n"


@pytest.mark.parametrize("server", ["grafana", "postgresql"])
def test_a_server_that_kept_its_data_keeps_its_password(
    settings: Settings, for_others: Path, tmp_path: Path, server: str
) -> None:
    set_up(settings, for_others)
    theirs = for_others / server / f"{server}-password"
    before = theirs.read_text()
    anew = replace(settings, data_dir=tmp_path / "another volume")
    set_up(anew, for_others)
    assert theirs.read_text() == secret_path(anew.data_dir, theirs.name).read_text() == before
    theirs.unlink()
    set_up(anew, for_others)
    assert theirs.read_text() == before
    assert theirs.stat().st_mode & 0o777 == 0o640


def test_what_is_set_counts_before_what_was_made(settings: Settings, for_others: Path) -> None:
    set_up(settings, for_others)
    given = replace(settings, grafana_password="my own", fault_token="mine")
    set_up(given, for_others)
    set_up(settings, for_others)
    assert (for_others / "grafana" / "grafana-password").read_text() == "my own\n"
    assert secret_path(settings.data_dir, "grafana-password").read_text() == "my own\n"
    set_up(given, for_others)
    assert (for_others / "mockapp" / "fault-token").read_text() == "mine"


def test_prometheus_and_grafana_may_read_what_they_are_given(
    settings: Settings, for_others: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    shutil.copytree(PROVISIONING, closed)
    for path in (closed, *closed.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setattr("stack.container.PROVISIONING", closed)
    address = "http://host.docker.internal:8001"
    given = replace(settings, scrape_interval=1, mockapp_url=address, rules_dir="/rules")
    set_up(replace(given, rules_dir=str(settings.data_dir / "rules")), for_others)
    config = yaml.safe_load((for_others / "prometheus" / "prometheus.yml").read_text())
    assert config["global"]["scrape_interval"] == "1s"
    assert config["rule_files"][0] == f"{settings.data_dir}/rules/*.yml"
    targets = json.loads((for_others / "prometheus" / "targets" / "flask-app.json").read_text())
    assert targets[0]["targets"] == ["host.docker.internal:8001"]
    assert (for_others / "provisioning" / "datasources" / "prometheus.yml").exists()
    for name in ("prometheus", "provisioning"):
        assert modes_in(for_others / name) == {0o755, 0o644}


def test_no_image_but_ours_owns_what_setup_writes(compose: dict[str, Any]) -> None:
    """Docker fills a new volume from the image of any container that has it, started or not."""
    services = compose["services"]
    written = {volume.split(":")[0] for volume in services["setup"]["volumes"]}
    for service in services.values():
        for volume in service.get("volumes", []):
            if volume.split(":")[0] in written and service["image"] != "slo-lab:local":
                assert "nocopy" in volume.split(":")[-1].split(",")


def test_the_mock_app_sees_no_secret_but_its_own(compose: dict[str, Any]) -> None:
    (volume,) = compose["services"]["mockapp"]["volumes"]
    assert volume == "mockapp-secrets:/data/secrets:ro"
    assert "mockapp-secrets:/for/mockapp" in compose["services"]["setup"]["volumes"]


def test_a_server_reads_its_password_beside_its_data(compose: dict[str, Any]) -> None:
    for name, setting in (
        ("grafana", "GF_SECURITY_ADMIN_PASSWORD__FILE"),
        ("postgresql", "POSTGRES_PASSWORD_FILE"),
    ):
        service = compose["services"][name]
        folder, file = service["environment"][setting].rsplit("/", 1)
        assert file == f"{name}-password"
        assert f"{name}:{folder}:nocopy" in service["volumes"]
        assert not [volume for volume in service["volumes"] if "secrets" in volume]


def test_the_browser_is_led_to_published_ports(compose: dict[str, Any]) -> None:
    environ = compose["services"]["portal"]["environment"]
    for server in ("MOCKAPP", "PROMETHEUS", "GRAFANA"):
        public = f"SLO_LAB_{server}_PUBLIC_URL"
        assert environ[public].startswith(f"${{{public}:-http://localhost:${{SLO_LAB_{server}_PORT")


def test_the_mock_app_on_the_host_is_where_all_look_for_it(on_host: dict[str, Any]) -> None:
    address = "http://host.docker.internal:${SLO_LAB_MOCKAPP_PORT:-8000}"
    for name in ("setup", "portal"):
        assert on_host["services"][name]["environment"]["SLO_LAB_MOCKAPP_URL"] == address
    for name in ("prometheus", "portal"):
        assert on_host["services"][name]["extra_hosts"] == ["host.docker.internal:host-gateway"]


def test_a_file_says_whether_the_account_stands(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compose: dict[str, Any]
) -> None:
    check = compose["services"]["grafana-account"]["healthcheck"]["test"]
    assert check == ["CMD", "test", "-e", str(container.STANDS)]
    monkeypatch.setattr(container, "STANDS", tmp_path / "stands")
    with FakeGrafana(anonymous=None) as grafana:
        Layout(settings.data_dir).make()
        ours = replace(settings, grafana_url=grafana.url)
        grafana.users["admin"] = (admin_password(ours), "Admin")
        account = GrafanaAccount(ours, lambda *_: None, 0.05, container.tell_health)
        account.start()
        try:
            wait_until(container.STANDS.exists)
            grafana.users["admin"] = ("another", "Admin")
            grafana.delete_account("slo-lab-portal")
            wait_until(lambda: not container.STANDS.exists())
        finally:
            account.end()


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"setup\|grafana-account"):
        main(["dance"])


def test_an_empty_address_is_a_lab_without_grafana(compose: dict[str, Any]) -> None:
    given = compose["services"]["portal"]["environment"]["SLO_LAB_GRAFANA_URL"]
    assert given == "${SLO_LAB_GRAFANA_URL-http://grafana:3000}"
    assert "`SLO_LAB_GRAFANA_URL= docker compose up" in (ROOT / "docs" / "stack.md").read_text()
