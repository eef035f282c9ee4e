"""An outside system that misbehaves, in every way that we know of."""

from __future__ import annotations

from enum import StrEnum

from tests.fakes.server import LocalServer, Reply, Request


class Misbehaviour(StrEnum):
    """What is wrong with the system."""

    DOWN = "down"
    SLOW = "slow"
    DRIP_HEADERS = "drip_headers"
    DRIP_BODY = "drip_body"
    DROP = "drop"
    ERROR_500 = "error_500"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    GARBAGE = "garbage"
    NO_HTTP = "no_http"
    HTML = "html"
    LOGIN_REDIRECT = "login_redirect"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    DEEP_JSON = "deep_json"
    NAN_JSON = "nan_json"
    HUGE_NUMBER = "huge_number"
    WRONG_SHAPE = "wrong_shape"
    LIST_OF_NOTHING = "list_of_nothing"


BOMB = 10 << 20
_LOGIN_PAGE = b"<!DOCTYPE html><html><body><form action=/login><input name=password></form></html>"
_REPLIES = {
    Misbehaviour.DRIP_HEADERS: Reply(raw=b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 3000, drip_s=0.05),
    Misbehaviour.DRIP_BODY: Reply(body=b"[" + b" " * 3000, drip_s=0.05),
    Misbehaviour.DROP: Reply(drop=True),
    Misbehaviour.ERROR_500: Reply.of({"message": "it broke\x00\x1b[31m " + "y" * 900}, 500),
    Misbehaviour.UNAUTHORIZED: Reply.of({"message": "Unauthorized"}, 401),
    Misbehaviour.FORBIDDEN: Reply.of({"message": "Access denied"}, 403),
    Misbehaviour.GARBAGE: Reply(body=b"\x89PNG\r\n\x1a\n\x00\xff{not json"),
    Misbehaviour.NO_HTTP: Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
    Misbehaviour.HTML: Reply(body=_LOGIN_PAGE, content_type="text/html; charset=UTF-8"),
    Misbehaviour.LOGIN_REDIRECT: Reply(
        302, b'<a href="/login">Found</a>.', "text/html", {"Location": "/login"}
    ),
    Misbehaviour.REDIRECT: Reply(301, b"", None, {"Location": "http://127.0.0.1:9/elsewhere"}),
    Misbehaviour.TOO_LARGE: Reply(body=b'["' + b"x" * BOMB + b'"]'),
    Misbehaviour.DEEP_JSON: Reply(body=b"[" * 100_000 + b"]" * 100_000),
    Misbehaviour.NAN_JSON: Reply(body=b'{"status": NaN}'),
    Misbehaviour.HUGE_NUMBER: Reply(body=b'{"status": 1' + b"0" * 5000 + b"}"),
    Misbehaviour.WRONG_SHAPE: Reply.of({"status": "success", "data": 7, "result": [1, None]}),
    Misbehaviour.LIST_OF_NOTHING: Reply.of([None, 7, "x", [], {}]),
}


def misbehave(how: Misbehaviour, slow_s: float = 30.0) -> Reply:
    """The answer of a system that misbehaves so; DOWN is the server's own matter."""
    if how in {Misbehaviour.SLOW, Misbehaviour.DOWN}:
        return Reply(body=b"[]", delay_s=slow_s)
    return _REPLIES[how]


class HostileServer(LocalServer):
    """Answers every request in one bad way; ``how`` can be changed while it runs."""

    def __init__(self, how: Misbehaviour, slow_s: float = 30.0) -> None:
        self.how = how
        self.slow_s = slow_s
        super().__init__(self._misbehave)
        if how is Misbehaviour.DOWN:
            self.stop()

    def _misbehave(self, request: Request) -> Reply:
        return misbehave(self.how, self.slow_s)
