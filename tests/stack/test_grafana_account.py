"""The portal's account in the lab's Grafana is given again when it is lost, while the lab runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from portal.clients.grafana.credentials import token_path
from portal.config import Settings
from portal.files import write_whole
from stack.grafana_account import GrafanaAccount, admin_password
from stack.layout import Layout
from tests.fakes.grafana import FakeGrafana
from tests.stack.labs import wait_until


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    """A Grafana that knows nobody yet but its admin."""
    with FakeGrafana(anonymous=None) as fake:
        yield fake


@pytest.fixture
def settings(settings: Settings, grafana: FakeGrafana) -> Settings:
    """Those of a lab whose own Grafana that is; its admin has the lab's password."""
    settings = replace(settings, grafana_port=int(grafana.url.rpartition(":")[2]))
    Layout(settings.data_dir).make()
    grafana.users["admin"] = (admin_password(settings), "Admin")
    return settings


@contextmanager
def looked_after(settings: Settings) -> Iterator[list[str]]:
    """The account is seen to; what was told of it."""
    told: list[str] = []
    account = GrafanaAccount(settings, lambda _, text: told.append(text), pause=0.05)
    account.start()
    account.start()
    try:
        yield told
    finally:
        account.end()


def works(settings: Settings, grafana: FakeGrafana) -> bool:
    path = token_path(settings.data_dir)
    token = path.read_text().strip() if path.exists() else ""
    return any(token in account.tokens for account in grafana.accounts.values())


def test_a_token_that_is_revoked_or_lost_is_made_anew(
    settings: Settings, grafana: FakeGrafana
) -> None:
    with looked_after(settings) as told:
        wait_until(lambda: works(settings, grafana))
        grafana.delete_account("slo-lab-portal")
        wait_until(lambda: works(settings, grafana))
        token_path(settings.data_dir).unlink()
        wait_until(lambda: works(settings, grafana))
    assert told == []
    assert len(grafana.accounts) == 1


def test_a_changed_password_is_told_once_with_its_place_and_taken_from_there(
    settings: Settings, grafana: FakeGrafana
) -> None:
    grafana.users["admin"] = ("my own", "Admin")
    place = Layout(settings.data_dir).secrets / "grafana-password"
    with looked_after(settings) as told:
        wait_until(lambda: bool(told))
        write_whole(place, "my own\n")
        wait_until(lambda: works(settings, grafana))
        wait_until(lambda: len(told) == 2)
    assert f"changed the password of admin in Grafana, write the new one into {place}." in told[0]
    assert told[1] == "The portal has an account in Grafana again."
    assert grafana.wrong_passwords["admin"] == 1
