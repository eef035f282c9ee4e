"""A login in an address is used, and never shown."""

from __future__ import annotations

import pytest

from portal.config import SettingError, Settings
from portal.logins import redacted, split_login, without_login

SECRET = "geheim-17"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://anna:geheim@host:3000/grafana", "http://host:3000/grafana"),
        ("https://anna@host", "https://host"),
        ("http://anna:ge@heim@host/", "http://host/"),
        ("http://host:3000/with@sign?a=b@c", "http://host:3000/with@sign?a=b@c"),
    ],
)
def test_an_address_is_shown_without_its_login(url: str, shown: str) -> None:
    assert without_login(url) == shown


def test_the_login_is_read_as_it_was_meant() -> None:
    assert split_login("http://an%40na:ge%3Aheim@host:3000/") == (
        "http://host:3000",
        ("an@na", "ge:heim"),
    )


@pytest.mark.parametrize(
    "text",
    [
        f"htp://anna:{SECRET}@host",
        f"anna:{SECRET}@host",
        f"http://anna:{SECRET}/x@host",
        f"http://anna:{SECRET}@[::1",
        f"http://anna\n:{SECRET}@host:x",
    ],
)
def test_what_is_no_address_is_told_without_what_may_be_its_login(text: str) -> None:
    assert "host" in redacted(text) or "[::1" in redacted(text)
    with pytest.raises(SettingError) as caught:
        Settings.from_env({"SLO_LAB_GRAFANA_URL": text})
    assert SECRET not in str(caught.value)
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize("system", ["grafana", "prometheus", "mockapp"])
def test_links_for_the_browser_bear_no_login(system: str) -> None:
    named = f"SLO_LAB_{system.upper()}_"
    address = f"http://anna:{SECRET}@host:3000/sub/"
    for more in ("URL", "PUBLIC_URL"):
        settings = Settings.from_env({named + more: address})
        assert getattr(settings, f"{system}_link") == "http://host:3000/sub"


def test_the_line_end_of_a_secret_is_no_part_of_it() -> None:
    settings = Settings.from_env({
        "SLO_LAB_GRAFANA_TOKEN": "glsa_abc\n",
        "SLO_LAB_GRAFANA_PASSWORD": " pass word \r\n",
        "SLO_LAB_FAULT_TOKEN": "\ttoken ",
        "SLO_LAB_GRAFANA_URL": " http://host:3000\n",
        "SLO_LAB_GRAFANA_USER": " \n",
    })  # fmt: skip
    assert (settings.grafana_token, settings.fault_token) == ("glsa_abc", "token")
    assert settings.grafana_password == " pass word "
    assert (settings.grafana_url, settings.grafana_user) == ("http://host:3000", "")


def test_settings_never_show_a_secret() -> None:
    names = ("grafana_token", "grafana_password", "fault_token", "secret_key")
    assert SECRET not in repr(Settings(**dict.fromkeys(names, SECRET)))  # type: ignore[arg-type]
