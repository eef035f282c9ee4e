"""Settings are read from the environment, and a wrong one is told in a sentence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from portal.config import SettingError, Settings, variable


def test_without_variables_everything_is_on_loopback() -> None:
    settings = Settings.from_env({})
    assert settings.host == "127.0.0.1"
    assert settings.prometheus_base == "http://127.0.0.1:9090"
    assert settings.mockapp_base == "http://127.0.0.1:8000"
    assert settings.grafana_link == "http://localhost:3000"
    assert settings.sqlalchemy_url.endswith("slo-lab/slo-lab.db")


def test_a_variable_wins_over_the_default(tmp_path: Path) -> None:
    settings = Settings.from_env({"SLO_LAB_PORT": "8181", "SLO_LAB_DATA_DIR": str(tmp_path)})
    assert (settings.port, settings.data_dir) == (8181, tmp_path)


def test_the_browser_may_find_a_server_elsewhere_than_the_portal_does() -> None:
    inside = {"SLO_LAB_MOCKAPP_URL": "http://mockapp:8000"}
    public = {"SLO_LAB_MOCKAPP_PUBLIC_URL": "http://localhost:8100"}
    assert Settings.from_env({"SLO_LAB_MOCKAPP_PORT": "8100"}).mockapp_link.endswith(":8100")
    assert Settings.from_env(inside).mockapp_link == "http://mockapp:8000"
    settings = Settings.from_env(inside | public)
    assert settings.mockapp_link == "http://localhost:8100"
    assert settings.mockapp_base == "http://mockapp:8000"


def test_an_empty_variable_means_the_default() -> None:
    assert Settings.from_env({"SLO_LAB_PORT": ""}).port == 8080


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLO_LAB_PORT", "eighty"),
        ("SLO_LAB_PORT", "0"),
        ("SLO_LAB_PORT", "65536"),
        ("SLO_LAB_PORT", "٨"),
        ("SLO_LAB_SCRAPE_INTERVAL", "6"),
        ("SLO_LAB_HOST", "::1"),
        ("SLO_LAB_PROMETHEUS_URL", "localhost:9090"),
        ("SLO_LAB_PROMETHEUS_URL", "file:///etc/passwd"),
        ("SLO_LAB_GRAFANA_URL", "http://[::1"),
        ("SLO_LAB_HTMX", "unpkg"),
    ],
)
def test_a_value_of_no_use_is_told_with_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_env({name: value})


def test_an_interval_that_no_window_holds_is_refused_with_the_window() -> None:
    with pytest.raises(SettingError, match=r"a number from 1 to 5: the shortest window .* 25 s"):
        Settings.from_env({"SLO_LAB_SCRAPE_INTERVAL": "20"})


def test_the_docs_tell_every_setting() -> None:
    table = (Path(__file__).parent.parent / "docs" / "settings.md").read_text()
    for one in fields(Settings):
        row = next(line for line in table.splitlines() if f"`{variable(one.name)}`" in line)
        assert one.metadata["help"] in row


def test_without_a_home_folder_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object) -> KeyError:
        raise KeyError("no such user")

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", homeless)
    with pytest.raises(SettingError, match="set HOME, or SLO_LAB_DATA_DIR"):
        Settings.from_env({})
    with pytest.raises(SettingError, match="set HOME, or SLO_LAB_CACHE_DIR"):
        Settings.from_env({"SLO_LAB_DATA_DIR": "/srv/lab"})
    with pytest.raises(SettingError, match="SLO_LAB_DATA_DIR is '~/lab'"):
        Settings.from_env({"SLO_LAB_DATA_DIR": "~/lab"})


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/healthz"),
        ("0.0.0.0", "http://127.0.0.1:8080/healthz"),
        ("192.0.2.7", "http://192.0.2.7:8080/healthz"),
        ("::1", "http://[::1]:8080/healthz"),
    ],
)
def test_the_portal_is_asked_where_it_listens(host: str, asked: str) -> None:
    assert Settings(host=host).portal_ready == asked
