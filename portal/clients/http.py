"""One way to ask an outside system: a deadline for the whole call, a cap on the answer.

A system that is down, slow, lost behind a login or simply not what we take it for gives a
ClientError with a kind of its own; no exception of the HTTP library leaves this package.
"""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from portal.clients.calls import announce
from portal.clients.connections import DeadlineAdapter, deadline_of_call
from portal.clients.errors import ClientError, ErrorKind, NotAskedError, plain
from portal.clients.patience import Patience
from portal.clients.shape import decode_json
from portal.deadline import Deadline, shared_deadline
from portal.limits import ClientLimits
from portal.logins import split_login
from portal.numbers import exact, number

CHUNK = 64 * 1024
SURROGATES = "surrogateescape"
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError)
_DROPPED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
_UNSENDABLE = (requests.exceptions.InvalidHeader, UnicodeError)
_BROKEN = (http.client.HTTPException, urllib3.exceptions.DecodeError)
_KINDS = {
    401: ErrorKind.UNAUTHORIZED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    406: ErrorKind.NOT_ACCEPTABLE,
}
_SENTENCES = {
    ErrorKind.UNAUTHORIZED: "{system} at {base} refused the login ({status})",
    ErrorKind.FORBIDDEN: "{system} at {base} does not allow this ({status})",
    ErrorKind.NOT_FOUND: "{system} at {base} has nothing at {path} ({status})",
    ErrorKind.NOT_ACCEPTABLE: "{system} at {base} does not serve {path} in this form ({status})",
    ErrorKind.SERVER_ERROR: "{system} at {base} failed with an error of its own ({status})",
    ErrorKind.REDIRECT: "{system} at {base} sends us elsewhere ({status}), which is not followed",
    ErrorKind.LOGIN_PAGE: "{system} at {base} sends us to a login page ({status})",
    ErrorKind.REFUSED: "{system} at {base} refused the request ({status})",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer, read to its end: HTTP status, headers (names in lower case), body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become U+FFFD."""
        return self.body.decode("utf-8-sig", "replace")

    @property
    def is_html(self) -> bool:
        """Whether this is a page for a browser, and no bare text that only calls itself so."""
        start = self.body[:200].lstrip().lower()
        if self.headers.get("content-type", "").lower().startswith("text/html"):
            return start.startswith(b"<")
        return start.startswith((b"<!doctype html", b"<html"))


class Http:
    """Asks one system at one address. Safe to share between threads; connections are kept.

    ``timeout`` (default: that of ``limits``) is seconds for a whole call, connecting and reading
    included (only a slow name server can take longer). A system that has just been silent gets
    less time, or none (``portal.clients.patience``). Beyond the deadline that all calls share,
    where there is one (``portal.deadline``), nobody is asked: NotAskedError. Redirects are not
    followed, cookies not kept, proxy variables and netrc not read.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        timeout: float | None = None,
        limits: ClientLimits = ClientLimits(),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.system = system
        self.base_url, login = split_login(base_url)
        self.limits = limits if timeout is None else replace(limits, call_s=timeout)
        self._patience = Patience(limits.silence)
        own = {"Authorization": basic(*login)} if login else {}
        self._session = _session({**own, **(headers or {})})

    def get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """The answer to a GET; ``options`` as for send()."""
        return self.send("GET", path, params=params, **options)

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The decoded JSON of the answer to a GET; ``options`` as for send()."""
        return self.json(self.send("GET", path, params=params, **options))

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        safe: bool = False,
        insist: bool = False,
        timeout: float | Deadline | None = None,
    ) -> Answer:
        """The answer, when its status is 2xx or one of ``accept``; else a ClientError.

        ``timeout``: seconds for this call, or a deadline that several calls share.
        ``safe``: asking twice does no harm (a GET never does), so the call is made once more
        when a kept connection turns out to be closed.
        ``insist``: give the call its full time even when the system has just been silent.
        """
        announce(self.system)
        self._stop_if_over()
        turn = self._patience.turn(self.deadline(timeout), insist=insist)
        request = requests.Request(
            method, self.base_url + path, headers=headers, params=params, data=form, json=json
        )
        began = time.monotonic()
        try:
            answer = self._exchange(request, turn.deadline, again=safe or method == "GET")
        except ClientError as error:
            raise self._patience.failed(error, turn) from error
        finally:
            self._waited(time.monotonic() - began)
        self._patience.answered()
        if answer.status not in accept:
            self._raise_for_status(answer, path)
        return answer

    def deadline(self, timeout: float | Deadline | None = None) -> Deadline:
        """The deadline that is given, else one in ``timeout`` (or the usual) seconds; the shared
        one where that is sooner.
        """
        if not isinstance(timeout, Deadline):
            timeout = Deadline(self.limits.call_s if timeout is None else timeout)
        shared = shared_deadline()
        return timeout if shared is None or timeout.left <= shared.left else shared

    def json(self, answer: Answer) -> Any:
        """The answer's JSON; NaN, endless nesting and numbers beyond reason are garbage."""
        try:
            return decode_json(answer.body)
        except ValueError as error:
            message = f"{self.system} at {self.base_url} answered with something that is no JSON."
            raise self.error(message, ErrorKind.GARBAGE, answer.status, plain(error)) from error

    def garbage(self, what: str) -> ClientError:
        """The error for an answer that is JSON, but not of the expected shape."""
        message = f"{self.system} at {self.base_url} gave an answer without {what}."
        return self.error(message, ErrorKind.GARBAGE)

    def refusal(self, answer: Answer, path: str) -> ClientError:
        """The error for an answer whose status says that something is wrong."""
        kind, detail = _kind(answer), said(answer)
        sentence = _SENTENCES[kind].format(
            system=self.system, base=self.base_url, path=plain(path, 120), status=answer.status
        )
        message = f"{sentence}: {detail}" if detail else f"{sentence}."
        return self.error(message, kind, answer.status, detail)

    def error(
        self, message: str, kind: ErrorKind, status: int | None = None, detail: str = ""
    ) -> ClientError:
        """A ClientError of this system."""
        return ClientError(message, system=self.system, kind=kind, status=status, detail=detail)

    def late(self, deadline: Deadline) -> ClientError:
        """The error for an answer that did not come by then."""
        if deadline is shared_deadline():
            message = (
                f"{self.system} at {self.base_url} did not answer in what was left of the "
                f"{exact(deadline.seconds)} s that are waited for everything here."
            )
            return NotAskedError(message, system=self.system)
        message = f"{self.system} did not answer within {exact(deadline.seconds)} s"
        return self.error(f"{message} at {self.base_url}.", ErrorKind.TIMEOUT)

    def close(self) -> None:
        """Drop the kept connections; a later call opens new ones."""
        self._session.close()

    def _exchange(self, request: requests.Request, deadline: Deadline, *, again: bool) -> Answer:
        try:
            with deadline_of_call(deadline):
                return self._read(self._open(request, deadline), deadline)
        except _FAILURES as error:
            if again and not deadline.passed and _wraps(error, *_DROPPED):
                return self._exchange(request, deadline, again=False)
            raise self._failure(error, deadline) from error

    def _open(self, request: requests.Request, deadline: Deadline) -> requests.Response:
        try:
            prepared = self._session.prepare_request(request)
            _check_headers(prepared.headers)
        except _UNSENDABLE:
            # Not chained: these errors quote the header, and with it the login.
            raise self._unsendable() from None
        return self._session.send(
            prepared, stream=True, allow_redirects=False, timeout=deadline.remaining()
        )

    def _read(self, response: requests.Response, deadline: Deadline) -> Answer:
        with closing(response):
            body = bytearray()
            for chunk in response.raw.stream(CHUNK, decode_content=True):
                body += chunk
                if len(body) > self.limits.answer_bytes:
                    raise self._too_large()
                deadline.check()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=bytes(body))

    def _stop_if_over(self) -> None:
        shared = shared_deadline()
        if shared is None or not shared.passed:
            return
        slow = shared.slowest
        why = f"{slow} is too slow now" if slow else "there was no time left"
        message = f"{self.system} at {self.base_url} was not asked: {why}."
        raise NotAskedError(message, system=self.system)

    def _waited(self, seconds: float) -> None:
        shared = shared_deadline()
        if shared is not None:
            shared.waited_for(self.system, seconds)

    def _too_large(self) -> ClientError:
        size = f"{number(self.limits.answer_bytes / (1 << 20))} MiB"
        message = f"{self.system} at {self.base_url} answered with more than {size}."
        return self.error(message, ErrorKind.TOO_LARGE)

    def _unsendable(self) -> ClientError:
        message = (
            f"{self.system} at {self.base_url} was not asked: the portal's login for it has a line "
            "end or another character that can't be sent. Write the login anew in the settings."
        )
        return self.error(message, ErrorKind.UNAUTHORIZED)

    def _failure(self, error: BaseException, deadline: Deadline) -> ClientError:
        if deadline.passed or _wraps(error, TimeoutError):
            return self.late(deadline)
        if _wraps(error, *_BROKEN) and not _wraps(error, *_DROPPED):
            message = f"{self.system} at {self.base_url} does not speak HTTP as it should."
            return self.error(message, ErrorKind.GARBAGE, detail=plain(error))
        reason = _reason(error)
        message = f"{self.system} can't be reached at {self.base_url} ({reason}). Is it running?"
        return self.error(message, ErrorKind.UNREACHABLE, detail=reason)

    def _raise_for_status(self, answer: Answer, path: str) -> None:
        if not 200 <= answer.status < 300:
            raise self.refusal(answer, path)
        if answer.is_html:
            raise self._web_page(answer)

    def _web_page(self, answer: Answer) -> ClientError:
        message = (
            f"{self.system} at {self.base_url} answered with a web page where data was expected: "
            "a login page, or another program at that address."
        )
        return self.error(message, ErrorKind.LOGIN_PAGE, answer.status)


def said(answer: Answer) -> str:
    """What an answer that is an error says in its own words ("" for a web page)."""
    if answer.is_html:
        return ""
    try:
        content = decode_json(answer.body)
    except ValueError:
        return plain(answer.text)
    if isinstance(content, dict):
        return plain(content.get("message") or content.get("error") or "")
    return ""


def _kind(answer: Answer) -> ErrorKind:
    if 300 <= answer.status < 400:
        target = urlsplit(answer.headers.get("location", "")).path.rstrip("/")
        return ErrorKind.LOGIN_PAGE if target.endswith("/login") else ErrorKind.REDIRECT
    if answer.status >= 500:
        return ErrorKind.SERVER_ERROR
    return _KINDS.get(answer.status, ErrorKind.REFUSED)


def _session(headers: Mapping[str, str]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": "slo-lab", "Accept-Encoding": "identity", **headers})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(pool_maxsize=16))
    return session


def _check_headers(headers: Mapping[str, str | bytes]) -> None:
    """What http.client would only find out when it sends; raises UnicodeError."""
    for value in headers.values():
        if isinstance(value, str):
            value.encode("latin-1")


def basic(user: str, password: str) -> str:
    """The Authorization header's value for a user and a password.

    Bytes of the environment that are no UTF-8 are sent as they are.
    """
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(errors=SURROGATES)).decode()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps: by ``from``, by context, or as an argument."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _wraps(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(one, kinds) for one in _chain(error))


def _reason(error: BaseException) -> str:
    """The innermost system error in plain words: "Connection refused"."""
    for one in _chain(error):
        words = getattr(one, "strerror", None)
        if words and not isinstance(one, requests.RequestException):
            return plain(words, 120)
    return "the connection broke" if _wraps(error, *_DROPPED) else plain(error, 120)
