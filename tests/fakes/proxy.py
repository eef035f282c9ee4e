"""What stands between the portal and a real server, and spoils its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.fakes.hostile import Misbehaviour, misbehave
from tests.fakes.server import LocalServer, Reply, Request

LONG_S = 60.0
SLOW_S = 1.0
PASSED_ON = ("authorization", "content-type")

Answering = Callable[[], Reply]
"""Asks the real server."""

Spoiling = Callable[[Answering], Reply]


def stopped(answering: Answering) -> Reply:
    """Accepts connections, and never answers: a process that got SIGSTOP."""
    return Reply(delay_s=LONG_S)


def slow(answering: Answering) -> Reply:
    """The right answer, a second late."""
    return replace(answering(), delay_s=SLOW_S)


def cut(answering: Answering) -> Reply:
    """The connection ends in the middle of the right answer."""
    right = answering()
    head = f"HTTP/1.1 {right.status} OK\r\nContent-Type: {right.content_type}\r\n"
    length = f"Content-Length: {len(right.body) + 1}\r\n\r\n"
    return Reply(raw=(head + length).encode() + right.body[: len(right.body) // 2])


def wrong_shape(answering: Answering) -> Reply:
    """JSON as it was, but with a list for each object, a number for each text, and so on."""
    right = answering()
    try:
        content = json.loads(right.body)
    except ValueError:
        return replace(right, body=b'{"status": 7}', content_type="application/json")
    return replace(right, body=json.dumps(misshapen(content)).encode())


def misshapen(content: Any, depth: int = 0) -> Any:
    """Another kind of value at each place but the first two levels of objects."""
    if isinstance(content, dict) and depth < 2:
        return {name: misshapen(value, depth + 1) for name, value in content.items()}
    if content == "success":
        return content
    match content:
        case dict():
            return list(content)
        case list():
            return {"0": len(content)}
        case str():
            return len(content)
    return str(content)


def bad(how: Misbehaviour) -> Spoiling:
    """Another answer altogether."""
    return lambda answering: misbehave(how)


class SpoilingProxy(LocalServer):
    """Passes requests on to ``target``; a context manager.

    ``spoil``: what becomes of the answers; None: they come as they are.
    """

    def __init__(self, target: str) -> None:
        self.spoil: Spoiling | None = None
        self._target = target
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=100))
        super().__init__(self._serve)

    def break_off(self) -> None:
        """End what hangs, and listen again."""
        self.stop()
        self.start()

    def _serve(self, request: Request) -> Reply:
        if self.spoil is None:
            return self._ask(request)
        return self.spoil(lambda: self._ask(request))

    def _ask(self, request: Request) -> Reply:
        answer = self._session.request(
            request.method,
            f"{self._target}{request.path}",
            params=request.query,
            data=request.body or None,
            headers={name: request.headers[name] for name in PASSED_ON if name in request.headers},
            timeout=LONG_S,
            allow_redirects=False,
        )
        return Reply(answer.status_code, answer.content, answer.headers.get("content-type"))
