"""Who the portal is to Grafana: nobody, a user with a password, or a service account's token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from portal.clients.http import SURROGATES, basic
from portal.commands import in_containers
from portal.config import Settings, variable
from portal.logins import split_login
from portal.secret_files import secret_path

ADMIN = "admin"


class CredentialKind(StrEnum):
    """How the portal logs in."""

    NONE = "none"
    BASIC = "basic"
    TOKEN = "token"  # noqa: S105 (a kind, no secret)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A login; a token wins over a user. Never shown: its repr names the kind alone."""

    user: str = ""
    password: str = ""
    token: str = ""

    @property
    def kind(self) -> CredentialKind:
        """Which of the three ways this is."""
        if self.token:
            return CredentialKind.TOKEN
        return CredentialKind.BASIC if self.user else CredentialKind.NONE

    @property
    def headers(self) -> dict[str, str]:
        """What a request carries."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"Authorization": basic(self.user, self.password)} if self.user else {}

    def fingerprint(self, base_url: str) -> str:
        """A name for this login at that address that gives neither away."""
        secret = "\0".join((base_url, self.user, self.password, self.token))
        return hashlib.sha256(secret.encode(errors=SURROGATES)).hexdigest()[:32]

    def __repr__(self) -> str:
        return f"Credentials({self.kind})"


def from_settings(settings: Settings) -> Callable[[], Credentials]:
    """The login that the settings name, else the token of the portal's own service account.

    That token's file is read at each call: the account is made while the portal already runs.
    """
    given = Credentials(
        token=settings.grafana_token,
        user=settings.grafana_user,
        password=settings.grafana_password,
    )
    if given.kind is CredentialKind.NONE and settings.grafana_url:
        given = from_url(settings.grafana_url)
    named = settings.grafana_token_file
    if given.kind is not CredentialKind.NONE or (settings.grafana_url and not named):
        return lambda: given
    file = Path(named) if named else token_path(settings.data_dir)
    return lambda: Credentials(token=kept_token(file))


def from_url(url: str) -> Credentials:
    """The login that stands in an address: ``http://user:password@host``."""
    user, password = split_login(url)[1] or ("", "")
    return Credentials(user=user, password=password)


def token_path(data_dir: Path) -> Path:
    """The file that holds the token of the portal's own service account."""
    return data_dir / "secrets" / "grafana-token"


def kept_token(path: Path) -> str:
    """The token in that file; empty where there is none, or nothing that could be one."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeError):
        return ""


def password_advice(settings: Settings) -> str:
    """What to do when Grafana's admin has another password than the lab knows."""
    if settings.is_in_containers:
        return (
            f"If you changed the password of {ADMIN} in Grafana, set {variable('grafana_password')}"
            f" to the new one and run `{in_containers('up')}`."
        )
    place = (
        variable("grafana_password")
        if settings.grafana_password
        else str(secret_path(settings.data_dir, "grafana-password"))
    )
    return f"If you changed the password of {ADMIN} in Grafana, write the new one into {place}."
