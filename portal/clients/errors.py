"""What can go wrong when an outside system is asked: one error, its kind, one sentence."""

from __future__ import annotations

import re
from enum import StrEnum

from portal.errors import SLOLabError

MESSAGE_LIMIT = 300
"""Characters kept of a text that came from outside."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class ErrorKind(StrEnum):
    """Why a call did not give what was asked for; the values are stable codes.

    NOT_ASKED: the time that all calls of a page share was over before the answer could come.
    """

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_ASKED = "not_asked"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_ACCEPTABLE = "not_acceptable"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    LOGIN_PAGE = "login_page"
    GARBAGE = "garbage"
    TOO_LARGE = "too_large"
    REFUSED = "refused"


class ClientError(SLOLabError):
    """An outside system did not do what it was asked.

    ``system`` is its name for people ("Prometheus"), ``kind`` the code, ``status`` the HTTP
    status where there was one, ``detail`` what the system itself said (cut, one line).
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        kind: ErrorKind,
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.system = system
        self.kind = kind
        self.status = status
        self.detail = detail


class NotAskedError(ClientError):
    """The time that all calls share was over: nobody was asked, or no answer was waited for.

    It says nothing of the system but that it, or another one, is too slow now.
    """

    def __init__(self, message: str, *, system: str) -> None:
        super().__init__(message, system=system, kind=ErrorKind.NOT_ASKED)


def plain(text: object, limit: int = MESSAGE_LIMIT) -> str:
    """A text from outside as one line without control characters, at most ``limit`` long."""
    line = _CONTROL.sub(" ", str(text)[: limit * 4]).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
