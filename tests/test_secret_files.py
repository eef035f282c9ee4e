"""Secrets: made once, and a file that holds none is told with what to do."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.accounts import keep_token
from portal.clients.grafana.credentials import CredentialKind, Credentials, from_settings
from portal.config import Settings
from portal.secret_files import SecretFileError, read_or_make, secret_path
from portal.services import Services

NO_TEXT = b"\xe5\x00\xff"


def keep(data_dir: Path, name: str, content: bytes) -> Path:
    path = secret_path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = read_or_make(tmp_path, "secret-key")
    assert read_or_make(tmp_path, "secret-key") == made
    assert len(made) >= 32
    path = secret_path(tmp_path, "secret-key")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("content", [b"", b" \n", NO_TEXT])
def test_a_file_that_holds_no_secret_is_named_with_what_to_do(
    tmp_path: Path, content: bytes
) -> None:
    path = keep(tmp_path, "secret-key", content)
    with pytest.raises(SecretFileError) as refused:
        read_or_make(tmp_path, "secret-key")
    assert str(path) in str(refused.value)
    assert "Delete it, and the next start makes a new one." in str(refused.value)


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretFileError, match="set SLO_LAB_DATA_DIR to another folder"):
        read_or_make(tmp_path / "file" / "data", "secret-key")


def test_a_token_file_that_is_not_there_is_named_with_its_setting(settings: Settings) -> None:
    named = dataclasses.replace(settings, fault_token_file="/nowhere/token")
    with pytest.raises(SecretFileError, match=r"/nowhere/token .* SLO_LAB_FAULT_TOKEN_FILE"):
        read_or_make(named.data_dir, "fault-token", named)


def test_the_fault_token_is_asked_for_only_where_a_fault_is_set(settings: Settings) -> None:
    named = dataclasses.replace(settings, fault_token_file="/nowhere/token")
    services = Services.from_settings(named)
    with pytest.raises(ClientError) as away:
        services.mockapp.fault()
    with pytest.raises(ClientError) as refused:
        services.mockapp.set_fault(lifetime_seconds=5, error_ratio=1)
    assert away.value.kind is ErrorKind.UNREACHABLE
    assert "/nowhere/token" in str(refused.value)


def test_a_password_that_is_no_text_takes_down_no_page(
    client: FlaskClient, settings: Settings
) -> None:
    keep(settings.data_dir, "grafana-password", NO_TEXT)
    assert client.get("/lab").status_code == 200


def test_a_token_of_grafana_that_is_no_text_is_none(settings: Settings) -> None:
    path = keep(settings.data_dir, "grafana-token", NO_TEXT)
    assert from_settings(settings)().kind is CredentialKind.NONE
    with pytest.raises(ClientError):  # it asks for another one
        keep_token("http://127.0.0.1:9", Credentials(user="admin", password="x"), path)
