"""The portal's HTTP server: waitress, which reads every connection on one thread, within bounds.

A request that does not come to its end holds a connection and no thread, and only for so long; a
body too large is read and thrown away, so that the page that refuses it arrives; when there are
too many connections, the one that has been idle for the longest makes room for the next.
"""

from __future__ import annotations

import functools
import socket
import time
from typing import Any, Protocol

import waitress
from flask import Flask
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, MultiSocketServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import RequestEntityTooLarge

from portal.kit.body_size import FILE_BYTES, body_limit
from portal.limits import ServerLimits

IN_MEMORY = FILE_BYTES + (1 << 20)
HEALTH = "/healthz"
ROOM = 8
"""Connections between "full" and waitress' own limit, at which it would accept no more."""


class PortalServer(Protocol):
    """What waitress makes for one address or for several."""

    def run(self) -> None:
        """Serve until SystemExit or KeyboardInterrupt."""


def create_server(app: Flask, host: str, port: int, limits: ServerLimits) -> PortalServer:
    """Listen; raises OSError for an address in use, ValueError for a name that nobody knows."""
    server: PortalServer = waitress.create_server(
        app,
        _dispatcher=Turns(limits.threads),
        host=host,
        port=port,
        threads=limits.threads,
        connection_limit=limits.connections + ROOM,
        channel_timeout=limits.idle_s,
        max_request_body_size=limits.refused_bytes,
        asyncore_use_poll=True,  # select() fails beyond file number 1,023
        ident=None,
        # What comes and goes stays in memory: a full disk must not cut a form off.
        inbuf_overflow=IN_MEMORY,
        outbuf_overflow=IN_MEMORY,
    )
    channel = functools.partial(BoundedConnection, app=app, limits=limits)
    for listener in _listeners(server):
        listener.channel_class = channel
    return server


def _listeners(server: PortalServer) -> list[BaseWSGIServer]:
    several = server.map.values() if isinstance(server, MultiSocketServer) else [server]
    return [one for one in several if isinstance(one, BaseWSGIServer)]


class Turns(ThreadedTaskDispatcher):
    """The threads that answer, and one apart for whoever asks whether the portal lives.

    All others may wait for a database that stands still.
    """

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.set_thread_count(threads)
        self._health = ThreadedTaskDispatcher()
        self._health.set_thread_count(1)

    def add_task(self, task: HTTPChannel) -> None:
        """Let the next free thread answer the connection's next request."""
        if task.requests and getattr(task.requests[0], "path", "") == HEALTH:
            self._health.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End them all."""
        self._health.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


class BoundedConnection(HTTPChannel):
    """One connection; its requests have an end in sight."""

    def __init__(
        self,
        server: BaseWSGIServer,
        sock: socket.socket,
        addr: Any,
        adj: Adjustments,
        map: dict[int, Any],  # noqa: A002 (waitress names it so)
        *,
        app: Flask,
        limits: ServerLimits,
    ) -> None:
        self._limits, self._begun_s = limits, 0.0
        self.parser_class = functools.partial(BoundedRequest, app=app)
        super().__init__(server, sock, addr, adj, map=map)
        _make_room(map, limits.connections)

    @property
    def is_idle(self) -> bool:
        """Nobody waits for an answer, and no request has begun."""
        return not (self.request or self.requests or self.total_outbufs_len or self.will_close)

    def received(self, data: bytes) -> Any:
        """Note when a request begins."""
        before = self.request
        answer = super().received(data)
        if self.request is not before:
            self._begun_s = time.monotonic()
        return answer

    def readable(self) -> bool:
        """Asked at least once a second: the place to end a late one."""
        if self._is_late():
            self.will_close = True
        return bool(super().readable())

    def _is_late(self) -> bool:
        if self.request is None or self.requests:  # nothing is read while one is answered
            return False
        longest = self._limits.body_s if self.request.headers_finished else self._limits.head_s
        return time.monotonic() - self._begun_s > longest


def _make_room(map: dict[int, Any], connections: int) -> None:  # noqa: A002
    held = [one for one in map.values() if isinstance(one, BoundedConnection)]
    if len(held) <= connections:
        return
    idle = [one for one in held[:-1] if one.is_idle]
    if idle:
        min(idle, key=lambda one: one.last_activity).will_close = True


class BoundedRequest(HTTPRequestParser):
    """A request whose body is kept up to its page's limit."""

    def __init__(self, adj: Adjustments, *, app: Flask) -> None:
        super().__init__(adj)
        self._app, self._limit = app, 0

    def parse_header(self, header_plus: bytes) -> None:
        """Choose how the body is read: what the portal refuses by its length isn't kept."""
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self._limit = body_limit(self._app, self.command, self.path)
            if self.content_length > self._limit:
                self.body_rcv.buf = _Nowhere(0)

    def received(self, data: bytes) -> int:
        """Cut off a body of no declared length where it becomes too long."""
        consumed: int = super().received(data)
        if self.chunked and self.body_bytes_received > self._limit:
            self.error = RequestEntityTooLarge(f"more than {self._limit} B")
            self.completed = True
        return consumed


class _Nowhere(OverflowableBuffer):
    """Keeps nothing."""

    def append(self, s: bytes) -> None:
        """Throw it away."""
