"""One refusal of a login is enough: the portal never locks the learner out of Grafana."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient, Lockout
from portal.clients.grafana.credentials import from_settings, token_path
from portal.config import Settings
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import Misbehaviour
from tests.patience import SECONDS

WRONG = Credentials(user="editor", password="guess")
RIGHT = Credentials(user="editor", password="editor")


def refusal(client: GrafanaClient) -> ClientError:
    with pytest.raises(ClientError) as caught:
        client.search()
    assert caught.value.kind is ErrorKind.UNAUTHORIZED
    return caught.value


def test_a_wrong_password_is_tried_once(fake: FakeGrafana) -> None:
    client = GrafanaClient(fake.url, WRONG, timeout=SECONDS)
    first = refusal(client)
    again = [refusal(client) for _ in range(10)]
    assert len(fake.requests) == 1
    assert "invalid username or password" in str(first)
    assert {str(error) for error in again} == {str(first)}
    assert "guess" not in str(first)


def test_threads_that_start_together_try_a_wrong_password_once(fake: FakeGrafana) -> None:
    client = GrafanaClient(fake.url, WRONG, timeout=SECONDS)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: refusal(client), range(32)))
    assert len(fake.requests) == 1
    assert GrafanaClient(fake.url, RIGHT, timeout=SECONDS).check().version


def test_a_password_changed_in_flight_does_not_lock_the_account(fake: FakeGrafana) -> None:
    client = GrafanaClient(fake.url, RIGHT, timeout=SECONDS)
    client.check()
    fake.users["editor"] = ("new", "Editor")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: refusal(client), range(32)))
    assert fake.wrong_passwords["editor"] < 5
    assert (
        GrafanaClient(fake.url, Credentials(user="editor", password="new"), timeout=SECONDS)
        .check()
        .version
    )


def test_the_refusal_outlives_the_process(fake: FakeGrafana, tmp_path: Path) -> None:
    refusal(GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path / "refused"), timeout=SECONDS))
    refusal(GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path / "refused"), timeout=SECONDS))
    assert len(fake.requests) == 1
    kept = "".join(path.name + path.read_text() for path in (tmp_path / "refused").iterdir())
    assert "guess" not in kept
    assert "editor" not in kept


def test_a_folder_that_cannot_be_written_is_no_obstacle(fake: FakeGrafana, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    client = GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path / "file"), timeout=SECONDS)
    refusal(client)
    refusal(client)
    assert len(fake.requests) == 1


def test_another_login_is_tried_at_once(fake: FakeGrafana, tmp_path: Path) -> None:
    lockout = Lockout(tmp_path)
    refusal(GrafanaClient(fake.url, WRONG, lockout=lockout, timeout=SECONDS))
    assert GrafanaClient(fake.url, RIGHT, lockout=lockout, timeout=SECONDS).check().version


def test_a_person_can_ask_for_another_try(fake: FakeGrafana, tmp_path: Path) -> None:
    client = GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path), timeout=SECONDS)
    refusal(client)
    fake.users["editor"] = ("guess", "Editor")
    client.forget_refusal()
    assert client.check().version


def test_a_refused_token_is_tried_once_too(fake: FakeGrafana) -> None:
    client = GrafanaClient(fake.url, Credentials(token="glsa_wrong"), timeout=SECONDS)
    assert "token" in str(refusal(client))
    refusal(client)
    assert len(fake.requests) == 1


def test_the_token_of_a_deleted_account_is_refused_although_grafana_says_500(
    fake: FakeGrafana,
) -> None:
    client = GrafanaClient(
        fake.url, Credentials(token=fake.make_token(name="gone")), timeout=SECONDS
    )
    client.check()
    fake.delete_account("gone")
    assert "invalid API key" in str(refusal(client))


def test_an_error_of_grafanas_own_is_no_refusal(fake: FakeGrafana) -> None:
    client = GrafanaClient(fake.url, RIGHT, timeout=SECONDS)
    fake.how = Misbehaviour.ERROR_500
    with pytest.raises(ClientError) as caught:
        client.search()
    assert caught.value.kind is ErrorKind.SERVER_ERROR
    fake.how = None
    assert client.check().version


def test_nobody_is_not_refused_for_ever(fake: FakeGrafana) -> None:
    fake.anonymous = None
    client = GrafanaClient(fake.url, timeout=SECONDS)
    refusal(client)
    fake.anonymous = "Viewer"
    assert client.search() == []


def test_waiting_behind_a_slow_call_is_part_of_the_time(fake: FakeGrafana) -> None:
    fake.how = Misbehaviour.SLOW
    client = GrafanaClient(fake.url, RIGHT, timeout=2)

    def kind(_: int) -> ErrorKind:
        with pytest.raises(ClientError) as caught:
            client.search()
        return caught.value.kind

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(kind, range(6), timeout=10)) == {ErrorKind.TIMEOUT}


def test_the_own_accounts_token_is_found_when_it_appears(fake: FakeGrafana, tmp_path: Path) -> None:
    login = from_settings(Settings(data_dir=tmp_path))
    client = GrafanaClient(fake.url, login, timeout=SECONDS)
    assert client.check().login == "none"
    path = token_path(tmp_path)
    path.parent.mkdir()
    path.write_text(fake.make_token() + "\n")
    assert client.check().login == "token"


def test_a_given_grafana_never_gets_the_own_accounts_token(tmp_path: Path) -> None:
    token_path(tmp_path).parent.mkdir()
    token_path(tmp_path).write_text("glsa_own")
    given = Settings(data_dir=tmp_path, grafana_url="http://anna:pw@elsewhere:3000")
    login = from_settings(given)()
    assert (login.user, login.password, login.token) == ("anna", "pw", "")


def test_a_login_is_never_shown() -> None:
    shown = f"{Credentials(token='geheim')!r} {Credentials(user='u', password='geheim')!r}"
    assert shown == "Credentials(token) Credentials(basic)"
