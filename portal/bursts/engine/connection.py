"""One TCP connection, never blocking, with at most one request on its way."""

from __future__ import annotations

import errno
import socket
from enum import Enum, auto

from portal.bursts.engine.answers import GarbageError, Reply, TooLargeError
from portal.bursts.engine.target import BurstTarget, Request

READ_BYTES = 64 << 10


class SendOutcome(Enum):
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

    def __init__(self, target: BurstTarget) -> None:
        self.request: Request | None = None
        self.answer = Reply()
        self.due = self.sent_at = 0.0
        self.is_open = False
        self._is_reused = False
        self.socket = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            self._connect(target)
        except OSError:
            self.socket.close()
            raise

    def _connect(self, target: BurstTarget) -> None:
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = self.socket.connect_ex(target.address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "the connection could not be tried")

    @property
    def path(self) -> str:
        """The path of the request on its way; "" without one."""
        return self.request.path if self.request else ""

    def carry(self, request: Request, due: float, now: float) -> SendOutcome:
        """Take a request on; it is sent at once where the connection is open."""
        self.request, self.due, self.sent_at = request, due, now
        self.answer = Reply(request.method)
        self._is_reused = self.is_open
        return self._send() if self.is_open else SendOutcome.WAITING

    def on_writable(self) -> SendOutcome:
        """The connection was made, or not: send what it is to carry."""
        if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return SendOutcome.BROKEN
        self.is_open = True
        return self._send()

    def on_readable(self) -> SendOutcome:
        """Read what came. An idle connection that can be read is of no use any more: BROKEN."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return SendOutcome.WAITING
        except OSError:
            return SendOutcome.BROKEN
        if self.request is None:
            return SendOutcome.BROKEN
        return self._read(data) if data else self._read_end()

    def rest(self) -> None:
        """The request has ended; the connection waits for another one."""
        self.request = None

    def _send(self) -> SendOutcome:
        """A request is small and the buffer empty: it goes out whole, or something is wrong."""
        data = self.request.data if self.request else b""
        try:
            sent = self.socket.send(data)
        except OSError:
            return SendOutcome.UNREAD if self._is_reused else SendOutcome.BROKEN
        return SendOutcome.SENT if sent == len(data) else SendOutcome.BROKEN

    def _read(self, data: bytes) -> SendOutcome:
        try:
            return SendOutcome.ANSWERED if self.answer.feed(data) else SendOutcome.WAITING
        except GarbageError:
            return SendOutcome.GARBAGE
        except TooLargeError:
            return SendOutcome.TOO_LARGE

    def _read_end(self) -> SendOutcome:
        if self.answer.end():
            return SendOutcome.ANSWERED
        if self._is_reused and self.answer.is_empty and self._came_too_late():
            return SendOutcome.UNREAD
        return SendOutcome.BROKEN

    def _came_too_late(self) -> bool:
        """Whether the service had closed its end before our bytes arrived.

        The kernel then refuses them, which turns up here as EPIPE. A service that has read the
        request and closes without an answer leaves no error: such a request is never repeated,
        since it may have been counted.
        """
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.EPIPE
