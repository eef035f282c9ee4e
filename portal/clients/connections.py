"""Connections that keep the deadline of a whole HTTP call, however slowly the other side drips.

A socket's timeout starts anew with each read, so a server that sends a byte a second keeps a
call alive for ever. Here every read gets only what is left of the call's time.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from portal.deadline import Deadline

_current: ContextVar[Deadline | None] = ContextVar("deadline of the call", default=None)


@contextmanager
def deadline_of_call(deadline: Deadline) -> Iterator[None]:
    """Everything this thread reads from a DeadlineAdapter's connections ends by ``deadline``."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class _TimedReads(io.RawIOBase):
    """Reads from a socket's file, each with the time that is left."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        deadline = _current.get()
        if deadline is not None:
            self._sock.settimeout(deadline.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReads(sock, self.fp.detach()))


def _connect(connection: HTTPConnection, port: int) -> socket.socket:
    """A connection to the first of the host's addresses that answers in the time left.

    Raises urllib3's own error: of a bare ConnectionResetError it takes the request for sent,
    and then waits for an answer on a connection that was never made.
    """
    try:
        return _first_that_answers(connection.host, port)
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


def _first_that_answers(host: str, port: int) -> socket.socket:
    deadline = _current.get() or Deadline(10)
    failure: OSError | None = None
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            numeric = (str(address[0]), port)
            sock = socket.create_connection(numeric, timeout=deadline.remaining())
        except OSError as error:
            failure = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise failure or OSError(f"{host} has no address.")


class _Plain(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.port or 80)


class _Tls(HTTPSConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.port or 443)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter with connections that keep the deadline of the call."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
