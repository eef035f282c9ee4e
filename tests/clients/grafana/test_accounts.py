"""The portal's own account: made once, with a token that works, never twice."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient, ensure_service_account, keep_token
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import Misbehaviour
from tests.patience import SECONDS

ADMIN = Credentials(user="admin", password="admin")


def test_the_account_may_do_what_the_portal_needs_and_no_more(each_version: FakeGrafana) -> None:
    token = ensure_service_account(each_version.url, ADMIN)
    client = GrafanaClient(each_version.url, Credentials(token=token), timeout=SECONDS)
    saved = client.save_dashboard({**classic_board(), "uid": "mine"})
    assert client.annotate(saved.uid, start=1, end=2, text="burst", tags=("burst",))
    (account,) = each_version.accounts.values()
    assert (account.name, account.role) == ("slo-lab-portal", "Editor")


def test_a_second_call_gives_a_new_token_of_the_same_account(fake: FakeGrafana) -> None:
    first, second = (ensure_service_account(fake.url, ADMIN) for _ in range(2))
    assert first != second
    assert len(fake.accounts) == 1


def test_a_similar_name_is_another_account(fake: FakeGrafana) -> None:
    fake.make_token("Viewer", name="slo-lab-portal-2")
    ensure_service_account(fake.url, ADMIN)
    assert [account.name for account in fake.accounts.values()] == [
        "slo-lab-portal-2",
        "slo-lab-portal",
    ]


def test_an_account_that_was_changed_is_mended(fake: FakeGrafana) -> None:
    fake.make_token("Viewer", name="slo-lab-portal")
    (account,) = fake.accounts.values()
    account.disabled = True
    token = ensure_service_account(fake.url, ADMIN)
    assert (account.role, account.disabled) == ("Editor", False)
    assert GrafanaClient(fake.url, Credentials(token=token), timeout=SECONDS).check().version


def test_an_account_made_meanwhile_is_taken(fake: FakeGrafana) -> None:
    fake.make_token("Editor", name="slo-lab-portal")
    fake.hidden_searches = 1
    assert ensure_service_account(fake.url, ADMIN)
    assert len(fake.accounts) == 1


def test_a_login_that_may_not_make_accounts_is_told(fake: FakeGrafana) -> None:
    with pytest.raises(ClientError) as caught:
        ensure_service_account(fake.url, Credentials(user="viewer", password="viewer"))
    assert caught.value.kind is ErrorKind.FORBIDDEN


def test_the_token_is_kept_for_its_owner_alone(fake: FakeGrafana, tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "grafana-token"
    keep_token(fake.url, ADMIN, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["grafana-token"]
    GrafanaClient(fake.url, Credentials(token=path.read_text().strip()), timeout=SECONDS).check()


def test_a_token_that_works_is_not_replaced(fake: FakeGrafana, tmp_path: Path) -> None:
    path = tmp_path / "token"
    keep_token(fake.url, ADMIN, path)
    before = path.read_text()
    fake.requests.clear()
    keep_token(fake.url, ADMIN, path)
    assert path.read_text() == before
    assert fake.paths() == ["GET /api/health", "GET /api/org"]


def test_a_token_of_a_deleted_account_is_replaced(fake: FakeGrafana, tmp_path: Path) -> None:
    path = tmp_path / "token"
    keep_token(fake.url, ADMIN, path)
    fake.delete_account("slo-lab-portal")
    keep_token(fake.url, ADMIN, path)
    assert (
        GrafanaClient(fake.url, Credentials(token=path.read_text().strip()), timeout=SECONDS)
        .check()
        .version
    )


def test_a_grafana_that_is_ill_does_not_cost_the_token(fake: FakeGrafana, tmp_path: Path) -> None:
    path = tmp_path / "token"
    keep_token(fake.url, ADMIN, path)
    before = path.read_text()
    fake.how = Misbehaviour.ERROR_500
    with pytest.raises(ClientError):
        keep_token(fake.url, ADMIN, path)
    assert path.read_text() == before
