"""The portal's own account in Grafana: a service account with a token, made by the admin login.

Its role is Editor: the least one that may write annotations on the learner's dashboard and
save a dashboard into the folder "SLO lab" (a Viewer gets 403 for both); it needs nothing of
what an Admin may, and can't change users or data sources.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.api import SYSTEM, GrafanaApi
from portal.clients.grafana.client import GrafanaClient
from portal.clients.grafana.credentials import Credentials, kept_token
from portal.clients.grafana.lockout import Lockout
from portal.clients.http import Http
from portal.clients.shape import number, record, records, text
from portal.files import write_whole
from portal.logins import split_login

NAME = "slo-lab-portal"
ROLE = "Editor"


def ensure_service_account(
    base_url: str, admin: Credentials, *, lockout: Lockout | None = None, timeout: float = 5.0
) -> str:
    """A new token of the portal's service account, which is made when it isn't there.

    ``admin`` may create service accounts. Raises ClientError.
    """
    http = Http(SYSTEM, split_login(base_url)[0], timeout=timeout)
    api = GrafanaApi(http, lambda: admin, lockout or Lockout())
    account = _find(api)
    if account is None:
        account = _create(api)
    # A token's name must be new within the account, and a key is told only when it is made.
    name = f"portal-{secrets.token_hex(4)}"
    answer = api.post(f"/api/serviceaccounts/{account}/tokens", {"name": name})
    key = text(record(answer).get("key"))
    if not key:
        raise api.http.garbage("the token's key")
    return key


def keep_token(
    base_url: str,
    admin: Credentials,
    path: Path,
    *,
    lockout: Lockout | None = None,
    timeout: float = 5.0,
) -> None:
    """See to it that ``path`` (mode 0600) holds a token that works; asks for one when not.

    Raises ClientError, or OSError when the file can't be written.
    """
    token = kept_token(path)
    if token and _works(base_url, token, timeout):
        return
    _write(path, ensure_service_account(base_url, admin, lockout=lockout, timeout=timeout))


def _works(base_url: str, token: str, timeout: float) -> bool:
    try:
        GrafanaClient(base_url, Credentials(token=token), timeout=timeout).check()
    except ClientError as error:
        if error.kind is ErrorKind.UNAUTHORIZED:
            return False
        raise
    return True


def _find(api: GrafanaApi) -> int | None:
    """The number of the portal's account; search finds similar names too."""
    answer = record(api.get("/api/serviceaccounts/search", {"query": NAME}))
    for account in records(answer.get("serviceAccounts")):
        found = number(account.get("id"))
        if account.get("name") == NAME and found is not None:
            if account.get("role") != ROLE or account.get("isDisabled"):
                _mend(api, int(found))
            return int(found)
    return None


def _mend(api: GrafanaApi, account: int) -> None:
    wanted = {"name": NAME, "role": ROLE, "isDisabled": False}
    api.send("PATCH", f"/api/serviceaccounts/{account}", json=wanted)


def _create(api: GrafanaApi) -> int:
    try:
        answer = api.post("/api/serviceaccounts", {"name": NAME, "role": ROLE, "isDisabled": False})
    except ClientError as error:
        # 400: somebody else made it meanwhile (9.4 gives no other reason).
        found = _find(api) if error.status in {400, 409} else None
        if found is None:
            raise
        return found
    made = number(record(answer).get("id"))
    if made is None:
        raise api.http.garbage("the service account's id")
    return int(made)


def _write(path: Path, token: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, f"{token}\n")
