"""Calls to Grafana's API: with the login, and with the memory that it was refused."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.credentials import CredentialKind, Credentials
from portal.clients.grafana.lockout import Lockout, Refusal, Turnstile
from portal.clients.http import Answer, Http
from portal.deadline import Deadline
from portal.words import counted

SYSTEM = "Grafana"
DEAD_TOKEN = "invalid api key"  # noqa: S105 (Grafana's words for it, with status 500)


class GrafanaApi:
    """Sends requests as the portal; safe to share between threads.

    A call with a login that was refused lately raises at once, without asking.
    """

    def __init__(
        self, http: Http, credentials: Callable[[], Credentials], lockout: Lockout
    ) -> None:
        self.http = http
        self._credentials = credentials
        self._lockout = lockout
        self._turnstile = Turnstile(lockout.limits.at_once)

    @property
    def login(self) -> CredentialKind:
        """How the portal logs in just now."""
        return self._credentials().kind

    def get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The JSON of the answer to a GET."""
        return self.http.json(self.send("GET", path, params=params, **options))

    def post(self, path: str, content: object, **options: Any) -> Any:
        """The JSON of the answer to a POST of JSON."""
        return self.http.json(self.send("POST", path, json=content, **options))

    def send(
        self,
        method: str,
        path: str,
        *,
        timeout: float | Deadline | None = None,
        **options: Any,
    ) -> Answer:
        """The answer; ``options`` as for Http.send(). Waiting for a turn is part of the time."""
        credentials = self._credentials()
        fingerprint = credentials.fingerprint(self.http.base_url)
        deadline = self.http.deadline(timeout)
        with self._turn(credentials, fingerprint, deadline):
            self._stop_if_refused(credentials, fingerprint)
            try:
                answer = self.http.send(
                    method,
                    path,
                    headers=credentials.headers,
                    timeout=deadline,
                    **options,
                )
            except ClientError as error:
                raise self._after(error, credentials, fingerprint) from error
            self._turnstile.prove(fingerprint)
            return answer

    def try_token_again(self) -> None:
        """Let the present token be tried at once, although it was refused; never a password."""
        self._lockout.forget_token(self._credentials().fingerprint(self.http.base_url))

    @contextlib.contextmanager
    def _turn(
        self, credentials: Credentials, fingerprint: str, deadline: Deadline
    ) -> Iterator[None]:
        if credentials.kind is not CredentialKind.BASIC:
            yield
            return
        self._stop_if_refused(credentials, fingerprint)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._turnstile.enter(fingerprint, deadline.left))
                deadline.check()
            except TimeoutError as error:
                raise self.http.late(deadline) from error
            yield

    def _stop_if_refused(self, credentials: Credentials, fingerprint: str) -> None:
        refusal = self._lockout.refusal(fingerprint)
        if refusal is not None:
            raise self._refused(credentials, refusal)

    def _after(self, error: ClientError, credentials: Credentials, fingerprint: str) -> ClientError:
        """The error to raise; a refused login is remembered, a 4xx of another kind proves it."""
        dead = error.status == 500 and error.detail.lower() == DEAD_TOKEN
        if error.status != 401 and not dead:  # without a status nobody was asked
            if error.kind in {ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND}:
                self._turnstile.prove(fingerprint)
            return error
        if credentials.kind is CredentialKind.NONE:
            message = (
                f"Grafana at {self.http.base_url} asks for a login and the portal has none: "
                "set SLO_LAB_GRAFANA_TOKEN."
            )
            return self.http.error(message, ErrorKind.UNAUTHORIZED, error.status, error.detail)
        self._turnstile.doubt(fingerprint)
        is_token = credentials.kind is CredentialKind.TOKEN
        refuse = self._lockout.refuse_token if is_token else self._lockout.refuse_password
        return self._refused(credentials, refuse(fingerprint, error.detail))

    def _refused(self, credentials: Credentials, refusal: Refusal) -> ClientError:
        words = f" ({refusal.reason})" if refusal.reason else ""
        message = f"Grafana at {self.http.base_url} refused the portal's "
        if credentials.kind is CredentialKind.TOKEN:
            message += f"token{words}."
        else:
            minutes = math.ceil(self._lockout.seconds_left(refusal) / 60)
            message += (
                f"user and password{words}. They are tried again when they change in the "
                f"settings, else in {counted(minutes, 'minute')}: "
                "five wrong tries would lock the account."
            )
        return self.http.error(message, ErrorKind.UNAUTHORIZED, 401, refusal.reason)


def segment(api: GrafanaApi, uid: str) -> str:
    """The uid as one segment of a path; what can't be one is a uid that doesn't exist."""
    if not uid.strip(".") or len(uid) > 253 or not uid.isprintable():
        raise api.http.error(f"Grafana has nothing with the uid {uid[:60]!r}.", ErrorKind.NOT_FOUND)
    return quote(uid, safe="")
