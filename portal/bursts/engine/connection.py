"""One TCP connection, never blocking, with at most one request on its way."""

from __future__ import annotations

import errno
import socket
from enum import Enum, auto

from portal.bursts.engine.answers import Answer, GarbageError, TooLargeError
from portal.bursts.engine.target import Request, Target

READ_BYTES = 64 << 10


class Outcome(Enum):
    """What came of a readable or writable connection."""

    WAITING = auto()
    SENT = auto()
    ANSWERED = auto()
    BROKEN = auto()
    GARBAGE = auto()
    TOO_LARGE = auto()
    UNREAD = auto()
    """The service had closed a kept connection before the request came: nobody has read it."""


class Connection:
    """A connection to the target. ``due`` and ``sent_at`` are seconds of the engine's clock.

    Raises OSError when it can't even be tried.
    """

    __slots__ = ("_is_reused", "answer", "due", "is_open", "request", "sent_at", "socket")

    def __init__(self, target: Target) -> None:
        self.request: Request | None = None
        self.answer = Answer()
        self.due = self.sent_at = 0.0
        self.is_open = False
        self._is_reused = False
        self.socket = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            self._connect(target)
        except OSError:
            self.socket.close()
            raise

    def _connect(self, target: Target) -> None:
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = self.socket.connect_ex(target.address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "the connection could not be tried")

    def carry(self, request: Request, due: float, now: float) -> Outcome:
        """Take a request on; it is sent at once where the connection is open."""
        self.request, self.due, self.sent_at = request, due, now
        self.answer = Answer(request.method)
        self._is_reused = self.is_open
        return self._send() if self.is_open else Outcome.WAITING

    def on_writable(self) -> Outcome:
        """The connection was made, or not: send what it is to carry."""
        if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return Outcome.BROKEN
        self.is_open = True
        return self._send()

    def on_readable(self) -> Outcome:
        """Read what came. An idle connection that can be read is of no use any more: BROKEN."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return Outcome.WAITING
        except OSError:
            return Outcome.BROKEN
        if self.request is None:
            return Outcome.BROKEN
        return self._read(data) if data else self._read_end()

    def rest(self) -> None:
        """The request has ended; the connection waits for another one."""
        self.request = None

    def _send(self) -> Outcome:
        """A request is small and the buffer empty: it goes out whole, or something is wrong."""
        data = self.request.data if self.request else b""
        try:
            sent = self.socket.send(data)
        except OSError:
            return Outcome.UNREAD if self._is_reused else Outcome.BROKEN
        return Outcome.SENT if sent == len(data) else Outcome.BROKEN

    def _read(self, data: bytes) -> Outcome:
        try:
            return Outcome.ANSWERED if self.answer.feed(data) else Outcome.WAITING
        except GarbageError:
            return Outcome.GARBAGE
        except TooLargeError:
            return Outcome.TOO_LARGE

    def _read_end(self) -> Outcome:
        if self.answer.end():
            return Outcome.ANSWERED
        if self._is_reused and self.answer.is_empty and self._came_too_late():
            return Outcome.UNREAD
        return Outcome.BROKEN

    def _came_too_late(self) -> bool:
        """Whether the service had closed its end before our bytes arrived.

        The kernel then refuses them, which turns up here as EPIPE. A service that has read the
        request and closes without an answer leaves no error: such a request is never repeated,
        since it may have been counted.
        """
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.EPIPE
