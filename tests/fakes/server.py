"""A small HTTP server for tests: a function answers, and what was asked is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.ports import take_port


@dataclass(frozen=True)
class Request:
    """A request as the server saw it; query and form hold the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return _last(self.body.decode())


@dataclass(frozen=True)
class Reply:
    """What is answered. ``raw`` replaces all of it, status line included; with ``drip_s`` the
    bytes come one by one; ``delay_s`` is the wait before the first; ``drop``: no answer at all.
    """

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    delay_s: float = 0.0
    drip_s: float = 0.0
    drop: bool = False

    @classmethod
    def of(cls, content: object, status: int = 200, **more: Any) -> Reply:
        return cls(status=status, body=json.dumps(content).encode(), **more)


class LocalServer:
    """Serves ``answer`` on a free port of the loopback; a context manager.

    ``requests`` holds what was asked. After ``stop()`` connections are refused; ``start()``
    listens on the same port again.
    """

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._mistakes: list[Exception] = []
        self._place = take_port()
        self._port = int(self._place.getsockname()[1])
        self._server: _Server | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        if self._server is None:
            self._server = _Server(("127.0.0.1", self._port), self._asked)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def paths(self) -> list[str]:
        """What was asked, as "GET /api/org"."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._place.close()
        if self._mistakes:
            raise self._mistakes[0]

    def _asked(self, request: Request) -> Reply:
        self.requests.append(request)
        try:
            return self._answer(request)
        except Exception as mistake:
            self._mistakes.append(mistake)
            return Reply.of({"message": f"the fake is broken: {mistake!r}"}, 500)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Reply]) -> None:
        super().__init__(address, _Handler)
        self.answer = answer
        self.closing = threading.Event()
        self._open: set[Any] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests are about."""

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for request in list(self._open):
            self.shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, _last(parts.query), headers, body)
        self._send(self.server.answer(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if self.server.closing.wait(reply.delay_s) or reply.drop:
            self.close_connection = True
        elif reply.raw is not None:
            self.close_connection = True
            self._write(reply.raw, reply.drip_s)
        else:
            self._head(reply)
            self._write(reply.body, reply.drip_s)

    def _head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.content_type is not None:
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _write(self, content: bytes, drip_s: float) -> None:
        if not drip_s:
            self.wfile.write(content)
            return
        for position in range(len(content)):
            self.wfile.write(content[position : position + 1])
            if self.server.closing.wait(drip_s):
                return

    def log_message(self, *_: object) -> None:
        """Tests read ``requests``, not a log."""


def _last(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
