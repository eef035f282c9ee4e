"""One refusal of a login is enough: the portal never locks the learner out of Grafana."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient, Lockout
from portal.clients.grafana.credentials import from_settings, token_path
from portal.config import Settings
from portal.limits import GrafanaLimits
from tests import conftest
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import Misbehaviour
from tests.patience import SECONDS

WRONG = Credentials(user="editor", password="guess")
RIGHT = Credentials(user="editor", password="editor")


class Clock(conftest.Clock):
    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


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


def test_a_login_that_was_refused_is_no_longer_trusted(fake: FakeGrafana, clock: Clock) -> None:
    """What worked once is tried by several at a time; after a refusal by one alone, as at first."""
    client = GrafanaClient(fake.url, RIGHT, lockout=Lockout(clock=clock.seconds), timeout=SECONDS)
    client.check()
    fake.users["editor"] = ("new", "Editor")
    refusal(client)
    for _ in range(3):
        clock.pass_seconds(GrafanaLimits().password_held_s)
        fake.requests.clear()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: refusal(client), range(32)))
        assert len(fake.requests) == 1


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


def test_a_refused_password_is_tried_again_when_it_locks_no_account_any_more(
    fake: FakeGrafana, tmp_path: Path, clock: Clock
) -> None:
    client = GrafanaClient(
        fake.url, WRONG, lockout=Lockout(tmp_path, clock.seconds), timeout=SECONDS
    )
    assert "else in 6 minutes" in str(refusal(client))
    client.try_token_again()
    fake.users["editor"] = ("guess", "Editor")
    clock.pass_seconds(301)
    assert "else in 1 minute:" in str(refusal(client))
    assert len(fake.requests) == 1
    clock.pass_seconds(30)
    assert client.check().version


@pytest.mark.parametrize("seconds", [-3600, 400])
def test_a_refusal_ends_for_later_starts_and_when_the_clock_went_back(
    fake: FakeGrafana, tmp_path: Path, clock: Clock, seconds: int
) -> None:
    refusal(GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path, clock.seconds)))
    clock.pass_seconds(seconds)
    refusal(GrafanaClient(fake.url, WRONG, lockout=Lockout(tmp_path, clock.seconds)))
    assert len(fake.requests) == 2


def test_what_an_older_portal_wrote_of_a_refusal_holds_nobody_back(
    fake: FakeGrafana, tmp_path: Path
) -> None:
    (tmp_path / RIGHT.fingerprint(fake.url)).write_text("invalid username or password")
    client = GrafanaClient(fake.url, RIGHT, lockout=Lockout(tmp_path), timeout=SECONDS)
    assert client.check().version


def test_a_refused_token_is_tried_again_after_a_pause(
    fake: FakeGrafana, tmp_path: Path, clock: Clock
) -> None:
    token = fake.make_token()
    (account,) = fake.accounts.values()
    account.disabled = True
    lockout = Lockout(tmp_path, clock.seconds)
    client = GrafanaClient(fake.url, Credentials(token=token), lockout=lockout, timeout=SECONDS)
    assert str(refusal(client)).endswith("refused the portal's token (invalid API key).")
    refusal(client)
    assert len(fake.requests) == 1
    account.disabled = False
    clock.pass_seconds(GrafanaLimits().token_pause_s)
    assert client.check().login == "token"


def test_a_refused_token_is_tried_at_a_start_and_when_a_person_asks(
    fake: FakeGrafana, tmp_path: Path, clock: Clock
) -> None:
    wrong = Credentials(token="glsa_wrong")
    first = GrafanaClient(fake.url, wrong, lockout=Lockout(tmp_path, clock.seconds))
    refusal(first)
    refusal(GrafanaClient(fake.url, wrong, lockout=Lockout(tmp_path, clock.seconds)))
    assert len(fake.requests) == 2
    first.try_token_again()
    refusal(first)
    assert len(fake.requests) == 3


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
